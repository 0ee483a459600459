//! The names of a rule: which are locals, and which slot each has.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::domain::place::Span;
use crate::rego::ir::Slot;
use crate::rego::syntax::ast::{Statement, StatementKind, Term, TermKind};

/// How a name came into a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Argument,
    Seen,
    Assigned,
    Declared,
}

impl Origin {
    /// Why it cannot be declared again.
    pub(super) fn objection(self, name: &str) -> String {
        match self {
            Self::Argument => format!("arg {name} redeclared"),
            Self::Seen => format!("var {name} referenced above"),
            Self::Assigned => format!("var {name} assigned above"),
            Self::Declared => format!("var {name} declared above"),
        }
    }
}

/// One name of a body.
#[derive(Clone, Debug)]
struct Entry {
    slot: Slot,
    origin: Origin,
    span: Span,
    used: bool,
}

/// A name that was declared and never used.
#[derive(Clone, Debug)]
pub(super) struct Unused {
    pub(super) name: Arc<str>,
    pub(super) origin: Origin,
    pub(super) span: Span,
}

/// The names of one body.
#[derive(Clone, Debug, Default)]
struct Scope {
    names: BTreeMap<Arc<str>, Entry>,
    /// Names that this body declares further down: they are no rules' names in it.
    upcoming: BTreeSet<Arc<str>>,
}

/// The locals of one frame.
#[derive(Clone, Debug, Default)]
pub(super) struct Frame {
    scopes: Vec<Scope>,
    implicit: BTreeMap<Arc<str>, Slot>,
    /// The name of each slot; `None` for those that were made here.
    pub(super) names: Vec<Option<Arc<str>>>,
}

impl Frame {
    pub(super) fn fresh(&mut self, name: Option<&Arc<str>>) -> Slot {
        let slot = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(name.cloned());
        slot
    }

    pub(super) fn open(&mut self, body: &[Statement]) {
        let mut upcoming = BTreeSet::new();
        for statement in body {
            declared(statement, &mut upcoming);
        }
        self.scopes.push(Scope { names: BTreeMap::new(), upcoming });
    }

    /// Closes the innermost scope and tells which of its names nobody used.
    pub(super) fn close(&mut self) -> Vec<Unused> {
        let names = self.scopes.pop().map(|scope| scope.names).unwrap_or_default();
        let unused = names.into_iter().filter(|(_, entry)| !entry.used);
        unused
            .map(|(name, entry)| Unused { name, origin: entry.origin, span: entry.span })
            .collect()
    }

    /// The slot of a name that a scope knows, which is used herewith.
    pub(super) fn used(&mut self, name: &str) -> Option<Slot> {
        let found = self.scopes.iter_mut().rev().find_map(|scope| scope.names.get_mut(name));
        found.map(|entry| {
            entry.used = true;
            entry.slot
        })
    }

    /// Begins a branch: what the branch before has bound without a declaration is forgotten.
    pub(super) fn begin_branch(&mut self) {
        self.implicit.clear();
    }

    /// The slot of a name that a scope knows.
    pub(super) fn declared(&self, name: &str) -> Option<Slot> {
        let found = self.scopes.iter().rev().find_map(|scope| scope.names.get(name));
        found.map(|entry| entry.slot)
    }

    /// Whether a scope will declare the name.
    pub(super) fn is_upcoming(&self, name: &str) -> bool {
        self.scopes.iter().any(|scope| scope.upcoming.contains(name))
    }

    /// Declares a name in the innermost scope.
    pub(super) fn declare(
        &mut self,
        name: &Arc<str>,
        origin: Origin,
        span: Span,
    ) -> Result<Slot, Origin> {
        if let Some(before) = self.scopes.last().and_then(|scope| scope.names.get(name)) {
            return Err(before.origin);
        }
        let slot = self.fresh(Some(name));
        self.bind(name, slot, origin, span);
        Ok(slot)
    }

    /// Gives a name a slot in the innermost scope.
    pub(super) fn bind(&mut self, name: &Arc<str>, slot: Slot, origin: Origin, span: Span) {
        if let Some(scope) = self.scopes.last_mut() {
            let entry = Entry { slot, origin, span, used: false };
            scope.names.insert(Arc::clone(name), entry);
        }
    }

    /// The slot of a name that nothing declares: the same in the whole branch.
    pub(super) fn implicit(&mut self, name: &Arc<str>) -> Slot {
        let slot = match self.implicit.get(name) {
            Some(slot) => *slot,
            None => self.fresh(Some(name)),
        };
        self.implicit.insert(Arc::clone(name), slot);
        self.bind(name, slot, Origin::Seen, Span::default());
        slot
    }
}

/// The names that a statement declares in its body.
fn declared(statement: &Statement, names: &mut BTreeSet<Arc<str>>) {
    match &statement.kind {
        StatementKind::Assign(left, _) => pattern_names(left, &mut |name| {
            names.insert(Arc::clone(name));
        }),
        StatementKind::Some(declared) => {
            names.extend(declared.iter().map(|name| Arc::clone(&name.text)));
        }
        StatementKind::SomeIn { key, value, .. } => {
            for term in key.iter().chain([value]) {
                pattern_names(term, &mut |name| {
                    names.insert(Arc::clone(name));
                });
            }
        }
        StatementKind::Term(_)
        | StatementKind::Unify(..)
        | StatementKind::Not(_)
        | StatementKind::Logical(_)
        | StatementKind::Every { .. } => {}
    }
}

/// The names that a pattern binds.
pub(super) fn pattern_names(term: &Term, found: &mut dyn FnMut(&Arc<str>)) {
    match &term.kind {
        TermKind::Name(name) if name.as_ref() != "_" => found(name),
        TermKind::Array(items) => {
            for item in items {
                pattern_names(item, found);
            }
        }
        TermKind::Object(entries) => {
            for (_, value) in entries {
                pattern_names(value, found);
            }
        }
        _ => {}
    }
}
