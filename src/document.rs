//! Documents: text to [`Value`] with a place for every value, from YAML or JSON.
//!
//! Intake reads manifests with it, the policy room reads METADATA and data, config reads `goldgate.yaml`: one reader,
//! so that all of them agree on what a text means and where a fault stands.

pub mod json;
pub mod yaml;

use std::sync::Arc;

use crate::domain::place::{Place, Places, Span};
use crate::domain::value::Value;

/// One document of a text.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its value.
    pub value: Value,
    /// The places of all its values, as byte offsets in the whole text.
    pub places: Arc<Places>,
    /// The place of the root.
    pub root: Place,
}

/// Bounds of one document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DocumentLimits {
    /// Nesting of collections.
    pub max_depth: usize,
    /// Values after aliases and merge keys are expanded.
    pub max_nodes: usize,
    /// Bytes of one scalar.
    pub max_scalar_bytes: usize,
    /// Documents in one text.
    pub max_documents: usize,
}

impl Default for DocumentLimits {
    fn default() -> Self {
        Self {
            max_depth: 100,
            max_nodes: 1_000_000,
            max_scalar_bytes: 1_048_576,
            max_documents: 10_000,
        }
    }
}

/// Why a document cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What sort of fault.
    pub kind: FaultKind,
    /// What is wrong: lower case, no final stop.
    pub message: String,
    /// Where, in bytes of the whole text.
    pub span: Span,
    /// The other place (the first of two equal keys).
    pub related: Option<Span>,
    /// What to write instead.
    pub help: Option<String>,
}

/// The sort of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultKind {
    /// The text is not YAML or JSON.
    Syntax,
    /// Two equal keys in one mapping.
    DuplicateKey,
    /// It is YAML, but readers disagree on what it means, so it is refused.
    Ambiguous,
    /// A limit is exceeded.
    Limit,
}
