//! Which documents of which files of a bundle are Gatekeeper's.

use std::sync::Arc;

use super::super::node;
use crate::document::{Document, DocumentLimits};
use crate::domain::place::SourceFile;
use crate::domain::value::Value;
use crate::rego::Fault;

/// A document that was kept.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) file: Arc<SourceFile>,
    /// The path of its file within the bundle.
    pub(super) inner: String,
    pub(super) document: Document,
}

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Template,
    Constraint,
    Other,
}

/// Whether a file may hold a template or a constraint; the loader need not keep any other.
pub(in crate::policy) fn may_be_one(text: &str) -> bool {
    text.contains(TEMPLATES) || text.contains(CONSTRAINTS)
}

const TEMPLATES: &str = "templates.gatekeeper.sh/";
const CONSTRAINTS: &str = "constraints.gatekeeper.sh/";

impl Sort {
    fn of(value: &Value) -> Self {
        let version = value.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
        let kind = value.get("kind").and_then(Value::as_str).unwrap_or_default();
        if version.starts_with(TEMPLATES) && kind == "ConstraintTemplate" {
            Self::Template
        } else if version.starts_with(CONSTRAINTS) {
            Self::Constraint
        } else {
            Self::Other
        }
    }
}

/// The templates, then the constraints, of one file.
pub(super) fn documents(
    file: &Arc<SourceFile>,
    inner: &str,
    faults: &mut Vec<Fault>,
) -> (Vec<Kept>, Vec<Kept>) {
    let (documents, found) = node::all(file, &DocumentLimits::default());
    faults.extend(found);
    let (mut templates, mut constraints) = (Vec::new(), Vec::new());
    for document in documents {
        let list = match Sort::of(&document.value) {
            Sort::Template => &mut templates,
            Sort::Constraint => &mut constraints,
            Sort::Other => continue,
        };
        list.push(Kept { file: Arc::clone(file), inner: inner.to_owned(), document });
    }
    (templates, constraints)
}
