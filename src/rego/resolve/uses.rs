//! What the rules of a module speak of outside themselves, as it was written: what a gate has to say of it is not the
//! language's business.

use std::sync::Arc;

use crate::domain::place::Span;
use crate::rego::ir::{Path, Term};

/// What the rules of one module use.
#[derive(Debug, Default)]
pub(crate) struct Uses {
    /// Reads of `data`, as far as their paths are constant.
    pub(crate) reads: Vec<Read>,
    /// What `with` replaces below `data`.
    pub(crate) replaced: Vec<Path>,
    /// Calls of built-in functions.
    pub(crate) calls: Vec<BuiltinCall>,
    /// Rules without arguments that are called nonetheless: `f()`.
    pub(crate) called: Vec<Read>,
}

/// A read of `data`.
#[derive(Debug)]
pub(crate) struct Read {
    /// The constant beginning of the path behind `data`.
    pub(crate) path: Path,
    pub(crate) span: Span,
}

/// A call of a built-in function.
#[derive(Debug)]
pub(crate) struct BuiltinCall {
    pub(crate) name: Arc<str>,
    /// The name where it stands.
    pub(crate) span: Span,
}

impl Uses {
    /// Notes a term that was lowered, if it reads `data`.
    pub(super) fn read(&mut self, term: &Term, span: Span) {
        let Term::Data(steps) = term else { return };
        let path: Path = steps
            .iter()
            .map_while(|step| match step {
                Term::Constant(value) => value.as_str().map(Arc::from),
                _ => None,
            })
            .collect();
        self.reads.push(Read { path, span });
    }

    /// Notes that a rule without arguments is called.
    pub(super) fn called(&mut self, path: &Path, span: Span) {
        self.called.push(Read { path: path.clone(), span });
    }

    /// Notes a call of a built-in.
    pub(super) fn call(&mut self, name: &Arc<str>, span: Span) {
        self.calls.push(BuiltinCall { name: Arc::clone(name), span });
    }
}
