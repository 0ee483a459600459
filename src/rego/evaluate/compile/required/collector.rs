//! What the literals of a body ask, in the order of the body.

use std::collections::BTreeMap;

use super::super::Compiler;
use super::{Frequencies, Need, Place, Root, Wanted, constants};
use crate::domain::value::Value;
use crate::rego::ir::{Callee, Literal, LiteralKind, Replacement, Slot, Span, Term};

pub(super) struct Collector<'c> {
    pub(super) compiler: &'c Compiler,
    pub(super) arity: Slot,
    pub(super) needs: Vec<Need>,
    /// What locals are assigned.
    pub(super) constants: BTreeMap<Slot, Value>,
    pub(super) order: &'c mut Frequencies,
    pub(super) span: Span,
    pub(super) may_have_failed: bool,
}

impl Collector<'_> {
    pub(super) fn literal(&mut self, literal: &Literal) {
        self.span = literal.span;
        for with in &literal.with {
            if let Replacement::Value(term) = &with.value {
                self.parts(term);
            }
        }
        if literal.with.is_empty() {
            self.kind(&literal.kind);
        }
        self.may_have_failed |= self.compiler.literal_may_fail(literal);
    }

    fn kind(&mut self, kind: &LiteralKind) {
        match kind {
            LiteralKind::Expression(Term::Call(call)) => {
                let name =
                    if let Callee::Builtin(name) = &call.callee { name.as_ref() } else { "" };
                match (name, call.arguments.as_slice()) {
                    ("equal", [left, right]) => self.equal(left, right),
                    ("internal.member_2", [item, collection]) => self.member(item, collection),
                    (_, arguments) => self.siblings(&arguments.iter().collect::<Vec<_>>()),
                }
            }
            LiteralKind::Expression(term) => {
                self.steps_of(term);
                if let Some(place) = self.place(term) {
                    self.need(place, Wanted::Anything);
                }
            }
            LiteralKind::Unify(left, right) => self.equal(left, right),
            LiteralKind::Every { domain, .. } => self.parts(domain),
            LiteralKind::SomeIn { collection, .. } => self.steps_of(collection),
            LiteralKind::Not(_) => {}
        }
    }

    /// References anywhere in a term that is computed before: they must be defined.
    pub(super) fn parts(&mut self, term: &Term) {
        self.steps_of(term);
        if let Some(place) = self.place(term) {
            self.need(place, Wanted::Anything);
        }
    }

    /// The same, but for the term itself.
    fn steps_of(&mut self, term: &Term) {
        match term {
            Term::Constant(_) | Term::Local(_) | Term::Wildcard | Term::Comprehension(_) => {}
            Term::Input(items) | Term::Data(items) | Term::Array(items) | Term::Set(items) => {
                self.siblings(&items.iter().collect::<Vec<_>>());
            }
            Term::Reference(base, steps) => {
                self.siblings(&std::iter::once(&**base).chain(steps).collect::<Vec<_>>());
            }
            Term::Call(call) => {
                let was = self.may_have_failed;
                self.siblings(&call.arguments.iter().collect::<Vec<_>>());
                self.may_have_failed = was || self.compiler.may_fail(term);
            }
            Term::Object(entries) => {
                let parts = entries.iter().flat_map(|(key, value)| [key, value]);
                self.siblings(&parts.collect::<Vec<_>>());
            }
        }
    }

    /// The parts of terms that stand in one: calls among them are computed first, wherever they stand.
    fn siblings(&mut self, terms: &[&Term]) {
        let was = self.may_have_failed;
        let fails: Vec<bool> = terms.iter().map(|term| self.compiler.may_fail(term)).collect();
        let n_failing = fails.iter().filter(|fails| **fails).count();
        for (term, fails) in terms.iter().zip(&fails) {
            self.may_have_failed = was || n_failing > usize::from(*fails);
            self.parts(term);
        }
        self.may_have_failed = was || n_failing > 0;
    }

    fn equal(&mut self, left: &Term, right: &Term) {
        let was = self.may_have_failed;
        let (left_fails, right_fails) =
            (self.compiler.may_fail(left), self.compiler.may_fail(right));
        self.may_have_failed = was || right_fails;
        self.steps_of(left);
        self.may_have_failed = was || left_fails;
        self.steps_of(right);
        self.may_have_failed = was || left_fails || right_fails;
        let is_done = self.wildcard(left, right) || self.wildcard(right, left);
        if !is_done && !self.one_way(left, right) {
            self.one_way(right, left);
        }
    }

    /// `input.xs[_] = "a"`: the value must be among them.
    fn wildcard(&mut self, reference: &Term, value: &Term) -> bool {
        let (Term::Input(steps) | Term::Data(steps)) = reference else { return false };
        let Some((last, before)) = steps.split_last() else { return false };
        if matches!(last, Term::Constant(_)) {
            return false;
        }
        let Some(scalar) = self.constant(value).filter(|value| value.size().is_none()) else {
            return false;
        };
        let Some(place) = self.place_of(reference, before) else { return false };
        self.need(place, Wanted::Scalar(scalar));
        true
    }

    fn constant(&self, term: &Term) -> Option<Value> {
        match term {
            Term::Constant(value) => Some(value.clone()),
            Term::Local(slot) => self.constants.get(slot).cloned(),
            _ => None,
        }
    }

    fn one_way(&mut self, side: &Term, other: &Term) -> bool {
        if let Term::Local(slot) = side {
            if let Term::Constant(value) = other {
                self.constants.insert(*slot, value.clone());
            }
            let (Some(wanted), Some(place)) = (wanted(other), self.place_of_local(*slot)) else {
                return false;
            };
            self.need(place, wanted);
            return true;
        }
        let Some(place) = self.place(side) else { return false };
        let resolved = self.constant(other).map(Term::Constant);
        let Some(wanted) = wanted(resolved.as_ref().unwrap_or(other)) else { return false };
        self.need(place, wanted);
        true
    }

    fn member(&mut self, item: &Term, collection: &Term) {
        self.siblings(&[item, collection]);
        let place_of_item = match item {
            Term::Local(slot) => self.place_of_local(*slot),
            _ => self.place(item),
        };
        if let Some(place) = place_of_item {
            if let Some(members) = self.constant(collection) {
                let members: Vec<Value> = match &members {
                    Value::Array(items) => items.to_vec(),
                    Value::Set(set) => set.items().to_vec(),
                    _ => members.pairs().map(|(_, value)| value.clone()).collect(),
                };
                for member in members {
                    self.need(place.clone(), member_of(&member));
                }
            }
            return;
        }
        let wanted = match self.constant(item) {
            Some(value) if value.size().is_none() => Wanted::Scalar(value),
            _ if matches!(item, Term::Local(_)) => Wanted::Anything,
            _ => return,
        };
        // Of members of an argument the index knows nothing.
        let place = match collection {
            Term::Local(slot) => self.place_read_into(*slot),
            _ => self.place(collection),
        };
        if let Some(place) = place {
            self.need(place, wanted);
        }
    }

    /// Where a local was read from, or the argument that it is.
    fn place_of_local(&self, slot: Slot) -> Option<Place> {
        let argument =
            || (slot < self.arity).then(|| Place { root: Root::Argument(slot), path: Vec::new() });
        self.place_read_into(slot).or_else(argument)
    }

    fn place_read_into(&self, slot: Slot) -> Option<Place> {
        let read = self.needs.iter().find(|need| need.wanted == Wanted::Local(slot));
        read.map(|need| need.at.clone())
    }

    fn place(&self, term: &Term) -> Option<Place> {
        let (Term::Input(steps) | Term::Data(steps)) = term else { return None };
        self.place_of(term, steps)
    }

    fn place_of(&self, term: &Term, steps: &[Term]) -> Option<Place> {
        let path = constants(steps)?;
        let root = if matches!(term, Term::Input(_)) { Root::Input } else { Root::Base };
        (root == Root::Input || self.compiler.is_base(&path)).then_some(Place { root, path })
    }

    fn need(&mut self, at: Place, wanted: Wanted) {
        self.order.count(&at, self.span);
        for known in self.needs.iter_mut().filter(|need| need.at == at) {
            if known.wanted == wanted && wanted.is_exact() {
                return;
            }
            if known.wanted.is_open() && !wanted.is_open() {
                known.wanted = wanted;
                known.is_late |= self.may_have_failed;
                return;
            }
        }
        self.needs.push(Need { at, wanted, is_late: self.may_have_failed });
    }
}

fn wanted(term: &Term) -> Option<Wanted> {
    match term {
        Term::Constant(value) if value.size().is_none() => Some(Wanted::Scalar(value.clone())),
        Term::Constant(Value::Array(items)) => {
            let is_flat = items.iter().all(|item| item.size().is_none());
            is_flat.then(|| Wanted::Array(items.iter().cloned().map(Some).collect()))
        }
        Term::Array(items) => items.iter().map(item_of).collect::<Option<_>>().map(Wanted::Array),
        Term::Local(slot) => Some(Wanted::Local(*slot)),
        // The result of a call, and what else is computed, stands in a local of its own.
        Term::Call(_) | Term::Wildcard => Some(Wanted::Anything),
        _ => None,
    }
}

/// An item of an array; nothing where the array holds collections, which the index does not compare.
#[expect(clippy::option_option, reason = "an item that may be anything is not one that is none")]
fn item_of(item: &Term) -> Option<Option<Value>> {
    match item {
        Term::Constant(value) => value.size().is_none().then(|| Some(value.clone())),
        Term::Array(_) | Term::Set(_) | Term::Object(_) => None,
        _ => Some(None),
    }
}

/// One of the values among which a place must be.
fn member_of(member: &Value) -> Wanted {
    let scalar = |value: &Value| value.size().is_none().then(|| value.clone());
    match member {
        Value::Array(items) => Wanted::Array(items.iter().map(scalar).collect()),
        _ => scalar(member).map_or(Wanted::Composite, Wanted::Scalar),
    }
}
