//! Questions about modules and programs: what a `with` replaces, what a body reads.

use std::collections::BTreeSet;

use crate::rego::ir::{self, Body, Collects, Literal, LiteralKind, Slot, Target, Term, Unit};

use super::program::{
    Call, Callee, Collect, Collection, Definition, Op, Pattern, Replacement, With,
};

/// The functions that a `with` somewhere replaces.
pub(super) fn replaced_functions(unit: &Unit) -> BTreeSet<ir::Callee> {
    let mut found = BTreeSet::new();
    for rule in &unit.rules {
        for definition in rule.definitions.iter().chain(&rule.default) {
            of_terms(definition.keys.iter().chain(&definition.parameters), &mut found);
            for branch in &definition.branches {
                of_body(&branch.body, &mut found);
                let (ir::Head::Value(term) | ir::Head::Element(term)) = &branch.value;
                of_term(term, &mut found);
            }
        }
    }
    found
}

fn of_body(body: &Body, found: &mut BTreeSet<ir::Callee>) {
    for literal in body {
        of_literal(literal, found);
    }
}

fn of_literal(literal: &Literal, found: &mut BTreeSet<ir::Callee>) {
    for with in &literal.with {
        if let Target::Function(callee) = &with.target {
            found.insert(callee.clone());
        }
        if let ir::Replacement::Value(term) = &with.value {
            of_term(term, found);
        }
    }
    match &literal.kind {
        LiteralKind::Expression(term) => of_term(term, found),
        LiteralKind::Unify(a, b) => of_terms([a, b], found),
        LiteralKind::Not(body) => of_body(body, found),
        LiteralKind::SomeIn { key, value, collection } => {
            of_terms(key.iter().chain([value, collection]), found);
        }
        LiteralKind::Every { domain, body, .. } => {
            of_term(domain, found);
            of_body(body, found);
        }
    }
}

fn of_terms<'t>(terms: impl IntoIterator<Item = &'t Term>, found: &mut BTreeSet<ir::Callee>) {
    for term in terms {
        of_term(term, found);
    }
}

fn of_term(term: &Term, found: &mut BTreeSet<ir::Callee>) {
    match term {
        Term::Constant(_) | Term::Local(_) | Term::Wildcard => {}
        Term::Input(steps) | Term::Data(steps) => of_terms(steps, found),
        Term::Reference(base, steps) => {
            of_term(base, found);
            of_terms(steps, found);
        }
        Term::Call(call) => of_terms(&call.arguments, found),
        Term::Array(items) | Term::Set(items) => of_terms(items, found),
        Term::Object(entries) => of_terms(entries.iter().flat_map(|(k, v)| [k, v]), found),
        Term::Comprehension(comprehension) => {
            of_body(&comprehension.body, found);
            match &comprehension.collects {
                Collects::Array(value) | Collects::Set(value) => of_term(value, found),
                Collects::Object(key, value) => of_terms([key, value], found),
            }
        }
    }
}

/// Whether remembering a call's result is likely to be worth its key.
pub(super) fn is_costly(definition: &Definition) -> bool {
    definition.branches.iter().flat_map(|branch| &branch.body).any(is_costly_op)
}

fn is_costly_op(op: &Op) -> bool {
    match op {
        Op::Bind(..)
        | Op::Test(_)
        | Op::Guard(_)
        | Op::Match(..)
        | Op::Rule(..)
        | Op::Cover(_)
        | Op::Held(_) => false,
        Op::Iterate(_)
        | Op::Walk(_)
        | Op::Read(_)
        | Op::Collect(_)
        | Op::Every(_)
        | Op::With(_) => true,
        Op::Call(call) => matches!(call.callee, Callee::Rule(_)),
        Op::Not(body) => body.iter().any(is_costly_op),
    }
}

/// Whether a step may end in an error.
pub(super) fn may_fail(op: &Op) -> bool {
    match op {
        Op::Bind(..)
        | Op::Test(_)
        | Op::Guard(_)
        | Op::Match(..)
        | Op::Iterate(_)
        | Op::Walk(_)
        | Op::Cover(_)
        | Op::Held(_) => false,
        Op::Rule(..) | Op::Read(_) | Op::Call(_) | Op::With(_) => true,
        Op::Collect(collect) => {
            matches!(collect.what, Collection::Object(..)) || collect.body.iter().any(may_fail)
        }
        Op::Not(body) => body.iter().any(may_fail),
        Op::Every(every) => every.body.iter().any(may_fail),
    }
}

/// Whether a comprehension reads a slot that `chosen` chooses.
pub(super) fn reads(collect: &Collect, chosen: &dyn Fn(Slot) -> bool) -> bool {
    collection_reads(&collect.what, chosen) || body_reads(&collect.body, chosen)
}

fn collection_reads(what: &Collection, chosen: &dyn Fn(Slot) -> bool) -> bool {
    match what {
        Collection::Array(value) | Collection::Set(value) => value.reads(chosen),
        Collection::Object(key, value) => key.reads(chosen) || value.reads(chosen),
    }
}

fn body_reads(body: &[Op], chosen: &dyn Fn(Slot) -> bool) -> bool {
    body.iter().any(|op| op_reads(op, chosen))
}

fn op_reads(op: &Op, chosen: &dyn Fn(Slot) -> bool) -> bool {
    match op {
        Op::Bind(_, expr) | Op::Test(expr) => expr.reads(chosen),
        Op::Match(pattern, expr) => pattern_reads(pattern, chosen) || expr.reads(chosen),
        Op::Guard(guard) => guard.on.reads(chosen),
        Op::Rule(..) | Op::Cover(_) | Op::Held(_) => false,
        Op::Iterate(iterate) => {
            iterate.collection.reads(chosen)
                || pattern_reads(&iterate.key, chosen)
                || pattern_reads(&iterate.value, chosen)
                || iterate.join.as_ref().is_some_and(|join| join.probe.reads(chosen))
        }
        Op::Walk(walk) => walk.0.reads(chosen) || pattern_reads(&walk.1, chosen),
        Op::Read(read) => read.keys.iter().any(|key| pattern_reads(key, chosen)),
        Op::Call(call) => call_reads(call, chosen),
        Op::Collect(collect) => reads(collect, chosen),
        Op::Not(body) => body_reads(body, chosen),
        Op::Every(every) => every.domain.reads(chosen) || body_reads(&every.body, chosen),
        Op::With(with) => with_reads(with, chosen),
    }
}

fn call_reads(call: &Call, chosen: &dyn Fn(Slot) -> bool) -> bool {
    call.arguments.iter().any(|argument| argument.reads(chosen))
}

fn with_reads(with: &With, chosen: &dyn Fn(Slot) -> bool) -> bool {
    let mut replacements = with.replacements.iter();
    replacements.any(|(_, value)| matches!(value, Replacement::Value(expr) if expr.reads(chosen)))
        || body_reads(&with.body, chosen)
}

fn pattern_reads(pattern: &Pattern, chosen: &dyn Fn(Slot) -> bool) -> bool {
    match pattern {
        Pattern::Any | Pattern::Bind(_) => false,
        Pattern::Equal(expr) => expr.reads(chosen),
        Pattern::Array(items) => items.iter().any(|item| pattern_reads(item, chosen)),
        Pattern::Object(entries) => {
            entries.iter().any(|(key, value)| key.reads(chosen) || pattern_reads(value, chosen))
        }
    }
}
