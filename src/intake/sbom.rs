//! Bills of materials and lock files: text to components, with what depends on what.
//!
//! [`read`] is the way in, for a file that was handed in as for a bill that was attested.

mod cargo_lock;
mod composer_lock;
mod cyclonedx;
mod gemfile_lock;
mod go_mod;
mod gradle_lock;
mod index;
mod licence;
mod npm_lock;
mod pnpm_lock;
mod poetry_lock;
mod purl;
mod reader;
mod requirements;
mod scan;
mod spdx;
mod uv_lock;
mod yarn_lock;

use std::collections::BTreeSet;

use crate::document::text;
use crate::domain::clock::Timestamp;
use crate::domain::package::Component;
use crate::domain::place::{SourceFile, Span};
use crate::domain::sbom::{Sbom, SbomClaims, SbomFormat, SbomSource, Scan};

pub(super) use reader::is_lock_file;

/// A bill while it is being read.
struct Bill {
    format: SbomFormat,
    format_version: String,
    subject: Option<String>,
    tools: Vec<String>,
    created: Option<String>,
    claims: SbomClaims,
    scan: Option<Scan>,
    components: Vec<Component>,
    direct: Vec<usize>,
    edges: Vec<(u32, u32)>,
}

impl Bill {
    fn new(format: SbomFormat, format_version: &str) -> Self {
        Self {
            format,
            format_version: format_version.to_owned(),
            subject: None,
            tools: Vec::new(),
            created: None,
            claims: SbomClaims::default(),
            scan: None,
            components: Vec::new(),
            direct: Vec::new(),
            edges: Vec::new(),
        }
    }

    fn add(&mut self, component: Component) -> usize {
        self.components.push(component);
        self.components.len() - 1
    }

    fn add_edges(&mut self, from: usize, to: impl IntoIterator<Item = usize>) {
        let number = |index: usize| u32::try_from(index).ok();
        if let Some(from) = number(from) {
            self.edges.extend(to.into_iter().filter_map(|to| Some((from, number(to)?))));
        }
    }

    /// Says that something in the bill is no component that could be compared.
    fn leave_out(&mut self, what: String) {
        self.claims.left_out.push(what);
    }

    /// Says of which components the package URL names another version than the bill.
    fn leave_out_contradictions(&mut self) {
        let torn = self.components.iter().filter_map(|component| {
            let (version, purl) = (component.version.as_ref()?, component.purl.as_ref()?);
            let is_torn = component.package.is_some() && component.compared_version.is_none();
            is_torn.then(|| format!("`{version}` is not the version that `{purl}` names"))
        });
        let torn: Vec<String> = torn.collect();
        self.claims.left_out.extend(torn);
    }

    fn into_sbom(mut self, file: &SourceFile) -> Sbom {
        self.leave_out_contradictions();
        let source = SbomSource {
            file: file.path.clone(),
            digest: file.digest(),
            format: self.format,
            format_version: self.format_version,
            subject: self.subject,
            tools: self.tools,
            created: self.created.and_then(|created| created.parse::<Timestamp>().ok()),
        };
        let mut bill = Sbom::new(source, self.components, &self.direct, &self.edges);
        bill.claims = self.claims;
        bill.scan = self.scan;
        bill
    }
}

/// What is wrong with a text that means to be a bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillFault {
    /// What is wrong.
    pub message: String,
    /// Where.
    pub span: Span,
}

impl BillFault {
    fn new(message: impl Into<String>, span: Span) -> Self {
        Self { message: message.into(), span }
    }

    /// A fault of the whole text.
    fn of_text(message: impl Into<String>) -> Self {
        Self::new(message, Span::default())
    }
}

#[doc(hidden)]
pub use cyclonedx::members as cyclonedx_members;
pub use purl::package_of;

/// Whether a text means to be a bill, a scanner's report or a lock file.
pub fn is_bill(path: &str, text: &str) -> bool {
    reader::of(path, text.trim_start_matches('\u{feff}')).is_some()
}

/// Reads a bill or a lock file. None when the text is neither, which its name or its own words decide.
///
/// # Errors
/// The first place where the text is not what it means to be.
pub fn read(file: &SourceFile) -> Option<Result<Sbom, BillFault>> {
    let text = file.text.trim_start_matches('\u{feff}');
    let shift = file.text.len() - text.len();
    let read = reader::of(&file.path, text)?(text);
    let moved = |fault: BillFault| {
        let range = fault.span.range();
        BillFault { span: Span::new(range.start + shift, range.end + shift), ..fault }
    };
    read.map(|bill| bill.map(|bill| bill.into_sbom(file))).map_err(moved).transpose()
}

/// Takes away each `go.sum` beside a `go.mod` that says the same and more.
pub(super) fn without_doubles(bills: &mut Vec<Sbom>) {
    let folder = |bill: &Sbom| {
        let file = bill.source.file.as_str();
        file.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned()
    };
    let is_whole = |bill: &&Sbom| {
        bill.source.format == SbomFormat::GoMod && go_mod::lists_all(&bill.source.format_version)
    };
    let whole: BTreeSet<String> = bills.iter().filter(is_whole).map(folder).collect();
    bills.retain(|bill| bill.source.format != SbomFormat::GoSum || !whole.contains(&folder(bill)));
}

/// `name@version`, or the name alone.
fn named(name: &str, version: Option<&str>) -> String {
    match version {
        Some(version) if !version.is_empty() => format!("{name}@{version}"),
        Some(_) | None => name.to_owned(),
    }
}

/// The strongest of several digests; an algorithm is written as `SHA-256`, `SHA256` or `sha256`.
fn strongest<A: AsRef<str>, V: AsRef<str>>(
    digests: impl IntoIterator<Item = (A, V)>,
) -> Option<String> {
    const ALGORITHMS: [&str; 5] = ["md5", "sha1", "sha256", "sha384", "sha512"];
    let place = |algorithm: &str| {
        let word = algorithm.replace('-', "").to_ascii_lowercase();
        ALGORITHMS.iter().position(|known| *known == word)
    };
    let known = digests.into_iter().filter_map(|(algorithm, value)| {
        let place = place(algorithm.as_ref())?;
        Some((place, value.as_ref().trim().to_ascii_lowercase()))
    });
    let (place, value) = known.max_by_key(|(place, _)| *place)?;
    Some(format!("{}:{value}", ALGORITHMS.get(place)?))
}

fn json_fault(source: &str, error: &serde_json::Error) -> BillFault {
    let before: usize =
        source.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let at = (before + error.column().saturating_sub(1)).min(source.len());
    BillFault::new(text::reason(error), Span::new(at, at))
}

#[cfg(test)]
mod tests;
