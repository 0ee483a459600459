//! The order of bodies: every variable is bound before it is needed, and statements move only when they must.
//!
//! Source: OPA's behaviour: passes over what is left, in order, taking each statement whose needs are met.

use std::sync::Arc;

use super::hoist::{Taken, out_of_not};
use super::slots::{Part, Slots, of_body, of_literal, of_term};
use crate::rego::ir::{Body, Collects, Literal, LiteralKind, Replacement, Span, Term};

/// A variable (or `_`, without a slot) that nothing binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unsafe {
    pub(super) slot: Option<u32>,
    pub(super) span: Span,
}

/// What a literal needs before it, and what it binds.
#[derive(Clone, Debug, Default)]
struct Needs {
    missing: Slots,
    wildcard: bool,
    outputs: Slots,
}

/// Orders bodies and gathers what is unsafe in them.
#[derive(Debug)]
pub(super) struct Scheduler<'n> {
    /// The names of the frame's slots.
    pub(super) names: &'n mut Vec<Option<Arc<str>>>,
    pub(super) faults: Vec<Unsafe>,
}

impl Scheduler<'_> {
    /// The body in order; `bound` gains what it binds.
    pub(super) fn order(&mut self, body: Body, bound: &mut Slots) -> Body {
        let mut open = Slots::default();
        of_body(&body, Part::Open, &mut open);
        let mut left: Vec<Option<Literal>> = body.into_iter().map(Some).collect();
        let mut ordered = Vec::with_capacity(left.len());
        loop {
            let mut moved = false;
            for slot in &mut left {
                let Some(literal) = slot.as_ref() else { continue };
                let needs = needs(literal, bound, &open);
                if needs.missing.iter().any(|slot| !needs.outputs.contains(slot)) || needs.wildcard
                {
                    continue;
                }
                let Some(mut literal) = slot.take() else { continue };
                moved = true;
                bound.extend(&needs.outputs);
                self.inner(&mut literal, bound);
                if let LiteralKind::Not(body) = &mut literal.kind {
                    for mut before in out_of_not(body, self.names, Taken::References) {
                        before.with.clone_from(&literal.with);
                        if let LiteralKind::Unify(Term::Local(slot), _) = before.kind {
                            bound.insert(slot);
                        }
                        ordered.push(before);
                    }
                }
                ordered.push(literal);
            }
            if !moved {
                break;
            }
        }
        for literal in left.into_iter().flatten() {
            let needs = needs(&literal, bound, &open);
            let span = literal.span;
            self.faults.extend(needs.missing.iter().map(|slot| Unsafe { slot: Some(slot), span }));
            if needs.wildcard {
                self.faults.push(Unsafe { slot: None, span });
            }
            ordered.push(literal);
        }
        ordered
    }

    /// Orders the bodies nested in a literal.
    fn inner(&mut self, literal: &mut Literal, bound: &Slots) {
        for with in &mut literal.with {
            if let Replacement::Value(value) = &mut with.value {
                self.term(value, bound);
            }
        }
        match &mut literal.kind {
            LiteralKind::Expression(term) => self.term(term, bound),
            LiteralKind::Unify(left, right) => {
                self.term(left, bound);
                self.term(right, bound);
            }
            LiteralKind::Not(body) => {
                for inner in body {
                    self.inner(inner, bound);
                }
            }
            LiteralKind::SomeIn { key, value, collection } => {
                if let Some(key) = key {
                    self.term(key, bound);
                }
                self.term(value, bound);
                self.term(collection, bound);
            }
            LiteralKind::Every { key, value, domain, body } => {
                self.term(domain, bound);
                let mut inner = bound.clone();
                for slot in key.iter() {
                    inner.insert(*slot);
                }
                inner.insert(*value);
                *body = self.order(std::mem::take(body), &mut inner);
            }
        }
    }

    fn term(&mut self, term: &mut Term, bound: &Slots) {
        match term {
            Term::Constant(_) | Term::Wildcard | Term::Local(_) => {}
            Term::Input(steps) | Term::Data(steps) | Term::Array(steps) | Term::Set(steps) => {
                for step in steps.iter_mut() {
                    self.term(step, bound);
                }
            }
            Term::Reference(base, steps) => {
                self.term(base, bound);
                for step in steps.iter_mut() {
                    self.term(step, bound);
                }
            }
            Term::Call(call) => {
                for it in &mut call.arguments {
                    self.term(it, bound);
                }
            }
            Term::Object(entries) => {
                for (key, value) in entries {
                    self.term(key, bound);
                    self.term(value, bound);
                }
            }
            Term::Comprehension(comprehension) => {
                let span = comprehension.span;
                let mut inner = bound.clone();
                let body = std::mem::take(&mut comprehension.body);
                comprehension.body = self.order(body, &mut inner);
                match &mut comprehension.collects {
                    Collects::Array(term) | Collects::Set(term) => {
                        self.collected(term, &mut inner, span);
                    }
                    Collects::Object(key, value) => {
                        self.collected(key, &mut inner, span);
                        self.collected(value, &mut inner, span);
                    }
                }
            }
        }
    }

    fn collected(&mut self, term: &mut Term, bound: &mut Slots, span: Span) {
        let mut needs = Needs::default();
        read(term, bound, &Slots::default(), &mut needs, Steps::Free);
        self.faults.extend(needs.missing.iter().map(|slot| Unsafe { slot: Some(slot), span }));
        if needs.wildcard {
            self.faults.push(Unsafe { slot: None, span });
        }
        bound.extend(&needs.outputs);
        self.term(term, bound);
    }
}

/// Whether a variable as a step of a reference is bound by it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Steps {
    Free,
    Bound,
}

fn needs(literal: &Literal, bound: &Slots, open: &Slots) -> Needs {
    let mut needs = Needs::default();
    for with in &literal.with {
        if let Replacement::Value(value) = &with.value {
            read(value, bound, open, &mut needs, Steps::Bound);
        }
    }
    match &literal.kind {
        LiteralKind::Expression(term) => read(term, bound, open, &mut needs, Steps::Free),
        LiteralKind::Unify(left, right) => unify(left, right, bound, open, &mut needs),
        LiteralKind::Not(body) => {
            for inner in body {
                negated(inner, bound, open, &mut needs);
            }
        }
        LiteralKind::SomeIn { key, value, collection } => {
            read(collection, bound, open, &mut needs, Steps::Free);
            if let Some(key) = key {
                pattern(key, bound, open, &mut needs);
            }
            pattern(value, bound, open, &mut needs);
        }
        LiteralKind::Every { key, value, domain, body } => {
            read(domain, bound, open, &mut needs, Steps::Free);
            let mut inside = Slots::default();
            of_body(body, Part::All, &mut inside);
            let own = |slot: u32| Some(slot) == *key || slot == *value;
            for slot in inside.iter().filter(|slot| !own(*slot)) {
                closed_over(slot, bound, open, &mut needs);
            }
        }
    }
    needs
}

/// A variable inside a closure must be bound when the body around it speaks of it too.
fn closed_over(slot: u32, bound: &Slots, open: &Slots, needs: &mut Needs) {
    if open.contains(slot) && !bound.contains(slot) && !needs.outputs.contains(slot) {
        needs.missing.insert(slot);
    }
}

/// Inside `not` nothing is bound.
fn negated(literal: &Literal, bound: &Slots, open: &Slots, needs: &mut Needs) {
    let mut all = Slots::default();
    of_literal(literal, Part::Open, &mut all);
    all.iter().filter(|slot| !bound.contains(*slot)).for_each(|slot| needs.missing.insert(slot));
    let mut closed = Slots::default();
    of_literal(literal, Part::Closed, &mut closed);
    for slot in closed.iter() {
        closed_over(slot, bound, open, needs);
    }
    let mut wild = Needs::default();
    match &literal.kind {
        LiteralKind::Expression(term) => read(term, bound, open, &mut wild, Steps::Bound),
        LiteralKind::Unify(left, right) => {
            read(left, bound, open, &mut wild, Steps::Bound);
            read(right, bound, open, &mut wild, Steps::Bound);
        }
        _ => {}
    }
    needs.wildcard |= wild.wildcard;
}

/// Reads the value of a term; variables as steps of references are bound by it where they are free.
fn read(term: &Term, bound: &Slots, open: &Slots, needs: &mut Needs, free: Steps) {
    match term {
        Term::Constant(_) => {}
        Term::Wildcard => needs.wildcard = true,
        Term::Local(slot) => {
            if !bound.contains(*slot) && !needs.outputs.contains(*slot) {
                needs.missing.insert(*slot);
            }
        }
        Term::Input(steps) | Term::Data(steps) => self::steps(steps, bound, open, needs, free),
        Term::Reference(base, steps) => {
            read(base, bound, open, needs, free);
            self::steps(steps, bound, open, needs, free);
        }
        Term::Array(items) | Term::Set(items) => {
            for item in items {
                read(item, bound, open, needs, free);
            }
        }
        Term::Call(call) => {
            for it in &call.arguments {
                read(it, bound, open, needs, free);
            }
        }
        Term::Object(entries) => {
            for (key, value) in entries {
                read(key, bound, open, needs, free);
                read(value, bound, open, needs, free);
            }
        }
        Term::Comprehension(_) => {
            let mut closed = Slots::default();
            of_term(term, Part::Closed, &mut closed);
            for slot in closed.iter() {
                closed_over(slot, bound, open, needs);
            }
        }
    }
}

fn steps(steps: &[Term], bound: &Slots, open: &Slots, needs: &mut Needs, free: Steps) {
    for step in steps {
        match (step, free) {
            (Term::Wildcard | Term::Local(_) | Term::Array(_) | Term::Object(_), Steps::Free) => {
                pattern(step, bound, open, needs);
            }
            _ => read(step, bound, open, needs, free),
        }
    }
}

/// A pattern binds the variables that are not bound yet.
fn pattern(term: &Term, bound: &Slots, open: &Slots, needs: &mut Needs) {
    match term {
        Term::Wildcard => {}
        Term::Local(slot) => {
            if !bound.contains(*slot) {
                needs.outputs.insert(*slot);
            }
        }
        Term::Array(items) => {
            for item in items {
                pattern(item, bound, open, needs);
            }
        }
        Term::Object(entries) => {
            for (key, value) in entries {
                read(key, bound, open, needs, Steps::Free);
                pattern(value, bound, open, needs);
            }
        }
        _ => read(term, bound, open, needs, Steps::Free),
    }
}

fn unify(left: &Term, right: &Term, bound: &Slots, open: &Slots, needs: &mut Needs) {
    if let (Term::Array(lefts), Term::Array(rights)) = (left, right)
        && lefts.len() == rights.len()
    {
        let mut bound = bound.clone();
        for (left, right) in lefts.iter().zip(rights) {
            unify(left, right, &bound, open, needs);
            bound.extend(&needs.outputs);
        }
        return;
    }
    if let (Some(n_left), Some(n_right)) = (length(left), length(right))
        && n_left != n_right
    {
        // Arrays of different lengths are never equal, and bind nothing.
        read(left, bound, open, needs, Steps::Free);
        read(right, bound, open, needs, Steps::Free);
        return;
    }
    if let (Term::Object(lefts), Term::Object(rights)) = (left, right)
        && let Some(pairs) = by_constant_key(lefts, rights)
    {
        let mut bound = bound.clone();
        for (left, right) in pairs {
            unify(left, right, &bound, open, needs);
            bound.extend(&needs.outputs);
        }
        return;
    }
    for (pattern_side, value_side) in [(left, right), (right, left)] {
        let mut value = needs.clone();
        read(value_side, bound, open, &mut value, Steps::Free);
        if value.missing.is_empty() && !value.wildcard {
            let mut bound = bound.clone();
            bound.extend(&value.outputs);
            pattern(pattern_side, &bound, open, &mut value);
            *needs = value;
            return;
        }
    }
    read(left, bound, open, needs, Steps::Free);
    read(right, bound, open, needs, Steps::Free);
}

/// The values of two objects with the same constant keys, side by side.
fn by_constant_key<'t>(
    lefts: &'t [(Term, Term)],
    rights: &'t [(Term, Term)],
) -> Option<Vec<(&'t Term, &'t Term)>> {
    if lefts.len() != rights.len() {
        return None;
    }
    let constant = |term: &'t Term| if let Term::Constant(key) = term { Some(key) } else { None };
    lefts
        .iter()
        .map(|(key, left)| {
            let key = constant(key)?;
            let same = rights.iter().find(|(other, _)| constant(other) == Some(key))?;
            Some((left, &same.1))
        })
        .collect()
}

/// The length of an array that is written out.
fn length(term: &Term) -> Option<usize> {
    match term {
        Term::Array(items) => Some(items.len()),
        Term::Constant(value) => value.as_array().map(<[_]>::len),
        _ => None,
    }
}
