//! Sets of slots, and which slots a term speaks of.

use crate::rego::ir::{Body, Collects, Literal, LiteralKind, Replacement, Slot, Term};

/// A set of slots, one bit each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Slots(Vec<u64>);

impl Slots {
    pub(super) fn insert(&mut self, slot: Slot) {
        let (word, bit) = (slot as usize / 64, slot % 64);
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(bits) = self.0.get_mut(word) {
            *bits |= 1 << bit;
        }
    }

    pub(super) fn contains(&self, slot: Slot) -> bool {
        self.0.get(slot as usize / 64).is_some_and(|bits| bits & (1 << (slot % 64)) != 0)
    }

    pub(super) fn extend(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (bits, more) in self.0.iter_mut().zip(&other.0) {
            *bits |= more;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|bits| *bits == 0)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Slot> + '_ {
        let words = (0_u32..).step_by(64).zip(&self.0);
        words.flat_map(|(base, bits)| {
            (0..64).filter(move |bit| bits & (1 << bit) != 0).map(move |bit| base + bit)
        })
    }
}

/// What to gather of a term.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Locals outside comprehensions and the bodies of `every`.
    Open,
    /// Locals inside them.
    Closed,
    /// Both.
    All,
}

/// Gathers the locals of `term`.
pub(super) fn of_term(term: &Term, part: Part, slots: &mut Slots) {
    match term {
        Term::Constant(_) | Term::Wildcard => {}
        Term::Local(slot) => {
            if part != Part::Closed {
                slots.insert(*slot);
            }
        }
        Term::Input(steps) | Term::Data(steps) | Term::Array(steps) | Term::Set(steps) => {
            for step in steps {
                of_term(step, part, slots);
            }
        }
        Term::Reference(base, steps) => {
            of_term(base, part, slots);
            for step in steps {
                of_term(step, part, slots);
            }
        }
        Term::Call(call) => {
            for it in &call.arguments {
                of_term(it, part, slots);
            }
        }
        Term::Object(entries) => {
            for (key, value) in entries {
                of_term(key, part, slots);
                of_term(value, part, slots);
            }
        }
        Term::Comprehension(comprehension) => {
            if part == Part::Open {
                return;
            }
            match &comprehension.collects {
                Collects::Array(term) | Collects::Set(term) => of_term(term, Part::All, slots),
                Collects::Object(key, value) => {
                    of_term(key, Part::All, slots);
                    of_term(value, Part::All, slots);
                }
            }
            of_body(&comprehension.body, Part::All, slots);
        }
    }
}

/// Gathers the locals of a body.
pub(super) fn of_body(body: &Body, part: Part, slots: &mut Slots) {
    for literal in body {
        of_literal(literal, part, slots);
    }
}

/// Gathers the locals of a literal.
pub(super) fn of_literal(literal: &Literal, part: Part, slots: &mut Slots) {
    for with in &literal.with {
        if let Replacement::Value(value) = &with.value {
            of_term(value, part, slots);
        }
    }
    match &literal.kind {
        LiteralKind::Expression(term) => of_term(term, part, slots),
        LiteralKind::Unify(left, right) => {
            of_term(left, part, slots);
            of_term(right, part, slots);
        }
        LiteralKind::Not(body) => of_body(body, part, slots),
        LiteralKind::SomeIn { key, value, collection } => {
            if let Some(key) = key {
                of_term(key, part, slots);
            }
            of_term(value, part, slots);
            of_term(collection, part, slots);
        }
        LiteralKind::Every { key, value, domain, body } => {
            of_term(domain, part, slots);
            if part != Part::Open {
                if let Some(slot) = key {
                    slots.insert(*slot);
                }
                slots.insert(*value);
                of_body(body, Part::All, slots);
            }
        }
    }
}
