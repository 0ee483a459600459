//! What is said to the loader beside the bundles.

use std::path::PathBuf;
use std::time::Duration;

use crate::rego::syntax::Limits;

/// How bundles are loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadOptions {
    /// How long one evaluation of one policy may take.
    pub budget: Duration,
    /// How long all evaluations of one request may take together.
    pub request_budget: Duration,
    /// Bounds of each policy file.
    pub limits: Limits,
    /// Files and folders of data beside the bundles, each document mounted at its folder whatever its name is.
    pub data: Vec<PathBuf>,
    /// Whether imports, variables and arguments that nobody uses are faults.
    pub strict: bool,
    /// The packages of plain policies (Conftest) that are run; empty: every one.
    pub namespaces: Vec<String>,
    /// Whether everything is compiled once more, for [`super::Revision::trace`].
    pub trace: bool,
    /// Whether plain policies see everything at once, as a list of `{"path": …, "contents": …}`.
    pub combine: bool,
    /// Where compiled policies are kept and read again; `None`: they are compiled each time.
    ///
    /// The folder above it must exist.
    pub cache: Option<PathBuf>,
}

impl Default for LoadOptions {
    fn default() -> Self {
        Self {
            budget: Duration::from_millis(250),
            request_budget: Duration::from_mins(1),
            limits: Limits::default(),
            data: Vec::new(),
            strict: false,
            namespaces: Vec::new(),
            combine: false,
            cache: None,
            trace: false,
        }
    }
}
