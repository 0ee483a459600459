//! Bills of materials and lock files, read from `tests/cases/bills/<case>/` and compared with its `expect.txt`.
//!
//! `GOLDGATE_BLESS=1` rewrites what is expected.

mod hostile;
mod order;
mod refresh;
mod rustsec;
mod same;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use goldgate::domain::package::Licence;
use goldgate::domain::place::SourceFile;
use goldgate::domain::sbom::Sbom;
use goldgate::intake::sbom;

pub(crate) fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/bills")
}

/// The bill in a file of the cases.
pub(crate) fn bill(case: &str) -> Sbom {
    let text = fs::read_to_string(cases().join(case)).unwrap();
    match sbom::read(&SourceFile::new(case, text)) {
        Some(Ok(bill)) => bill,
        other => panic!("{case}: {other:?}"),
    }
}

#[test]
fn every_case_is_read_as_expected() {
    let mut folders: Vec<_> =
        fs::read_dir(cases()).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let bless = std::env::var_os("GOLDGATE_BLESS").is_some();
    let mut wrong = String::new();
    for folder in folders.iter().filter(|path| path.is_dir()) {
        let mut shown = String::new();
        let mut files: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        for file in files.iter().filter(|file| !file.ends_with("expect.txt")) {
            show(file, &mut shown);
        }
        let expected = folder.join("expect.txt");
        if bless {
            fs::write(&expected, &shown).unwrap();
        } else if shown != fs::read_to_string(&expected).unwrap_or_default() {
            let _ = writeln!(wrong, "== {}\n{shown}", folder.display());
        }
    }
    assert!(wrong.is_empty(), "{wrong}\nset GOLDGATE_BLESS=1 to take what was found");
}

fn show(file: &Path, shown: &mut String) {
    let name = file.file_name().unwrap().to_string_lossy();
    let text = SourceFile::new(name.as_ref(), fs::read_to_string(file).unwrap());
    let _ = writeln!(shown, "# {name}");
    let bill = match sbom::read(&text) {
        None => {
            shown.push_str("no bill\n");
            return;
        }
        Some(Err(fault)) => {
            let (line, column) = text.line_and_column(fault.span.start);
            let _ = writeln!(shown, "fault at {line}:{column}: {}", fault.message);
            return;
        }
        Some(Ok(bill)) => bill,
    };
    let source = &bill.source;
    let _ = writeln!(shown, "{} {}", source.format.as_str(), source.format_version);
    for (key, value) in [
        ("subject", source.subject.clone().unwrap_or_default()),
        ("digests", bill.claims.subject_digests.join(" ")),
        ("tools", source.tools.join(", ")),
        ("authors", bill.claims.authors.join(", ")),
        ("created", source.created.map(|time| time.to_string()).unwrap_or_default()),
        ("serial", bill.claims.serial.clone().unwrap_or_default()),
    ] {
        if !value.is_empty() {
            let _ = writeln!(shown, "{key}: {value}");
        }
    }
    if let Some(scan) = &bill.scan {
        let database = scan.database.map(|time| time.to_string()).unwrap_or_default();
        let version = scan.version.as_deref().unwrap_or("?");
        let _ = writeln!(shown, "scan: {} {version} with data of {database}", scan.tool);
        for one in &scan.reported {
            let found = &one.advisory;
            let severity = found.severity.map_or("unrated", |severity| severity.as_str());
            let _ = writeln!(
                shown,
                "reported: {} {:?} in {} ({severity}; fixed in {})",
                found.id,
                found.aliases,
                bill.components[one.component].name,
                one.fixed.as_deref().unwrap_or("nothing")
            );
        }
    }
    for line in &bill.claims.left_out {
        let _ = writeln!(shown, "left out: {line}");
    }
    for index in 0..bill.components.len() {
        component(&bill, index, shown);
    }
}

/// One line: the package URL, what advisories compare, how it is reached, and what else is said.
fn component(bill: &Sbom, index: usize, shown: &mut String) {
    let component = &bill.components[index];
    let version = |index: usize| bill.components[index].version.as_deref().unwrap_or("?");
    let _ = write!(shown, "- {} {}", component.name, version(index));
    if let Some(package) = &component.package {
        let _ = write!(shown, " = {} {}", package.ecosystem, package.name);
    }
    if component.compared_version != component.version {
        let _ = write!(shown, " @{}", component.compared_version.as_deref().unwrap_or("?"));
    }
    match &component.licence {
        Licence::Expression(text) => write!(shown, " [{text}]").unwrap(),
        Licence::Unknown(text) => write!(shown, " [? {text}]").unwrap(),
        Licence::None => {}
    }
    if let Some(supplier) = &component.supplier {
        let _ = write!(shown, " by {supplier}");
    }
    if let Some(digest) = &component.digest {
        let short: String = digest.chars().take(15).collect();
        let _ = write!(shown, " {short}");
    }
    let way: Vec<&str> =
        bill.path_to(index).iter().map(|index| bill.components[*index].name.as_ref()).collect();
    let _ = match (bill.is_direct(index), bill.is_connected(index)) {
        (true, _) => writeln!(shown, " (direct)"),
        (false, true) => writeln!(shown, " (via {})", way[..way.len() - 1].join(" > ")),
        (false, false) => writeln!(shown),
    };
}
