//! A text under the name of any lock file, or under none, is a bill or no bill, and the same each time; every way in it ends.
#![no_main]

use goldgate::domain::place::SourceFile;
use goldgate::intake::sbom;
use libfuzzer_sys::fuzz_target;

const NAMES: [&str; 14] = [
    "bom",
    "Cargo.lock",
    "package-lock.json",
    "pnpm-lock.yaml",
    "yarn.lock",
    "poetry.lock",
    "uv.lock",
    "requirements.txt",
    "go.mod",
    "go.sum",
    "gradle.lockfile",
    "Gemfile.lock",
    "composer.lock",
    "report.sarif",
];

fuzz_target!(|input: (u8, &str)| {
    let (name, text) = input;
    let file = SourceFile::new(NAMES[usize::from(name) % NAMES.len()], text);
    let once = sbom::read(&file);
    assert_eq!(format!("{once:?}"), format!("{:?}", sbom::read(&file)));
    match once {
        Some(Ok(bill)) => {
            for index in 0..bill.components.len() {
                assert!(bill.path_to(index).len() <= bill.components.len());
            }
        }
        Some(Err(fault)) => {
            let _ = file.location(fault.span, "");
        }
        None => {}
    }
});
