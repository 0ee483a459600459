//! Bills of materials and lock files: text to components, with what depends on what.

mod cargo_lock;
mod cyclonedx;
mod npm_lock;
mod purl;
mod spdx;

use crate::domain::clock::Timestamp;
use crate::domain::license;
use crate::domain::package::{Component, Licence};
use crate::domain::place::{SourceFile, Span};
use crate::domain::sbom::{Sbom, SbomFormat, SbomSource};

/// A bill while it is being read.
struct Bill {
    format: SbomFormat,
    format_version: String,
    subject: Option<String>,
    tools: Vec<String>,
    created: Option<String>,
    components: Vec<Component>,
    direct: Vec<usize>,
    depends_on: Vec<Vec<usize>>,
}

impl Bill {
    fn new(format: SbomFormat, format_version: &str) -> Self {
        Self {
            format,
            format_version: format_version.to_owned(),
            subject: None,
            tools: Vec::new(),
            created: None,
            components: Vec::new(),
            direct: Vec::new(),
            depends_on: Vec::new(),
        }
    }

    fn add(&mut self, component: Component) -> usize {
        self.components.push(component);
        self.depends_on.push(Vec::new());
        self.components.len() - 1
    }

    fn add_edges(&mut self, from: usize, to: impl IntoIterator<Item = usize>) {
        if let Some(edges) = self.depends_on.get_mut(from) {
            edges.extend(to);
        }
    }

    fn into_sbom(self, file: &SourceFile) -> Sbom {
        let source = SbomSource {
            file: file.path.clone(),
            digest: file.digest(),
            format: self.format,
            format_version: self.format_version,
            subject: self.subject,
            tools: self.tools,
            created: self.created.and_then(|created| created.parse::<Timestamp>().ok()),
        };
        Sbom::new(source, self.components, &self.direct, &self.depends_on)
    }
}

/// What is wrong with a text that means to be a bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BillFault {
    /// What is wrong.
    pub(super) message: String,
    /// Where.
    pub(super) span: Span,
}

/// Reads a bill or a lock file. None when the text is neither, which its name or its own words decide.
pub(super) fn read(file: &SourceFile) -> Option<Result<Sbom, BillFault>> {
    let text = file.text.trim_start_matches('\u{feff}');
    let shift = file.text.len() - text.len();
    let read = match reader_of(&file.path, text)? {
        Reader::Cyclonedx => cyclonedx::read(text).map_err(|error| json_fault(text, &error)),
        Reader::Spdx => spdx::read(text).map_err(|error| json_fault(text, &error)),
        Reader::NpmLock => npm_lock::read(text).map_err(|error| json_fault(text, &error)),
        Reader::CargoLock => cargo_lock::read(text).map(Some).map_err(|error| toml_fault(&error)),
    };
    let moved = |fault: BillFault| {
        let range = fault.span.range();
        BillFault { span: Span::new(range.start + shift, range.end + shift), ..fault }
    };
    read.map(|bill| bill.map(|bill| bill.into_sbom(file))).map_err(moved).transpose()
}

/// Whether a file is a lock file by its name, wherever it lies.
pub(super) fn is_lock_file(path: &str) -> bool {
    matches!(name_of(path), "Cargo.lock" | "package-lock.json" | "npm-shrinkwrap.json")
}

#[derive(Clone, Copy)]
enum Reader {
    Cyclonedx,
    Spdx,
    CargoLock,
    NpmLock,
}

fn reader_of(path: &str, text: &str) -> Option<Reader> {
    match name_of(path) {
        "Cargo.lock" => return Some(Reader::CargoLock),
        "package-lock.json" | "npm-shrinkwrap.json" => return Some(Reader::NpmLock),
        _ => {}
    }
    if !text.trim_start().starts_with('{') {
        return None;
    }
    // The words stand at the top of what a generator writes, but the order of JSON keys is free.
    let named = |key: &str| text.contains(key);
    if named("\"bomFormat\"") && named("\"CycloneDX\"") {
        return Some(Reader::Cyclonedx);
    }
    (named("\"spdxVersion\"") && named("\"SPDXRef-DOCUMENT\"")).then_some(Reader::Spdx)
}

fn name_of(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// The licence that one or several texts say; several apply together.
fn licence(texts: impl IntoIterator<Item = String>) -> Licence {
    let texts: Vec<String> = texts
        .into_iter()
        .filter(|text| !text.trim().is_empty())
        .map(|text| license::bounded(&text))
        .collect();
    let joined = match texts.as_slice() {
        [] => return Licence::None,
        [only] => only.clone(),
        several => several
            .iter()
            .map(|text| if text.contains(' ') { format!("({text})") } else { text.clone() })
            .collect::<Vec<_>>()
            .join(" AND "),
    };
    match spdx::expression(&joined) {
        Some(expression) => Licence::Expression(expression),
        None => Licence::Unknown(joined),
    }
}

fn json_fault(text: &str, error: &serde_json::Error) -> BillFault {
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or(&message).to_owned();
    let before: usize =
        text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let at = (before + error.column().saturating_sub(1)).min(text.len());
    BillFault { message, span: Span::new(at, at) }
}

fn toml_fault(error: &toml::de::Error) -> BillFault {
    let range = error.span().unwrap_or_default();
    BillFault { message: error.message().to_owned(), span: Span::new(range.start, range.end) }
}

#[cfg(test)]
mod tests;
