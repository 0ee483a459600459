//! Makes faults of the release out of what went wrong with a file or a field.

use super::code::{self, InputCode};
use crate::document::{Fault, FaultKind};
use crate::domain::code::Code;
use crate::domain::place::{Location, SourceFile, Span};
use crate::domain::release::InputFault;
use crate::domain::resource::{Resource, ResourceId};

/// A fault of `code` at `location`.
pub(super) fn at(code: &InputCode, location: Location, message: impl Into<String>) -> InputFault {
    InputFault {
        code: Code::from_source(code.code),
        severity: code.severity,
        title: code.title,
        message: message.into(),
        remediation: code.remediation.to_owned(),
        location,
        related: None,
        resource: ResourceId::default(),
        named: false,
    }
}

/// A fault of a file as a whole.
pub(super) fn of_file(
    code: &InputCode,
    path: &str,
    named: bool,
    message: impl Into<String>,
) -> InputFault {
    let start = Location {
        file: path.to_owned(),
        line: 1,
        column: 1,
        end_line: 1,
        end_column: 1,
        path: String::new(),
    };
    InputFault { named, ..at(code, start, message) }
}

/// A fault that a reader found in a document; `syntax` is the code for text that is not even YAML or JSON.
pub(super) fn of_document(
    fault: &Fault,
    syntax: &InputCode,
    file: &SourceFile,
    named: bool,
) -> InputFault {
    let code = match fault.kind {
        FaultKind::Syntax => syntax,
        FaultKind::DuplicateKey => &code::DUPLICATE_KEY,
        FaultKind::Ambiguous => &code::AMBIGUOUS,
        FaultKind::Limit => &code::LIMIT,
    };
    let location = |span: Span| file.location(span, "");
    let mut made = at(code, location(fault.span), fault.message.clone());
    made.related = fault.related.map(location);
    made.named = named;
    if let Some(help) = &fault.help {
        made.remediation = sentence(help);
    }
    made
}

/// A field of a resource that has not the shape Kubernetes expects; the resource stays in the release.
pub(super) fn of_field(resource: &Resource, path: &str, message: impl Into<String>) -> InputFault {
    let mut made = at(&code::SCHEMA, resource.location(path), message);
    made.resource = resource.id.clone();
    made
}

/// A help as a sentence.
fn sentence(help: &str) -> String {
    let mut chars = help.chars();
    let first = chars.next().map(|char| char.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}
