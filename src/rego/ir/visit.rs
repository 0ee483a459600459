//! The calls of a definition, wherever they stand in it.

use super::{Body, Call, Collects, Definition, Head, LiteralKind, Replacement, Term};

/// Shows every call, outer ones before those in their arguments.
pub(crate) fn each_call(definition: &Definition, show: &mut dyn FnMut(&Call)) {
    definition.parameters.iter().chain(&definition.keys).for_each(|term| in_term(term, show));
    for branch in &definition.branches {
        in_body(&branch.body, show);
        match &branch.value {
            Head::Value(term) | Head::Element(term) => in_term(term, show),
        }
    }
}

fn in_body(body: &Body, show: &mut dyn FnMut(&Call)) {
    for literal in body {
        for with in &literal.with {
            if let Replacement::Value(term) = &with.value {
                in_term(term, show);
            }
        }
        match &literal.kind {
            LiteralKind::Expression(term) => in_term(term, show),
            LiteralKind::Unify(left, right) => {
                in_term(left, show);
                in_term(right, show);
            }
            LiteralKind::Not(body) => in_body(body, show),
            LiteralKind::SomeIn { key, value, collection } => {
                key.iter().chain([value, collection]).for_each(|term| in_term(term, show));
            }
            LiteralKind::Every { domain, body, .. } => {
                in_term(domain, show);
                in_body(body, show);
            }
        }
    }
}

fn in_term(term: &Term, show: &mut dyn FnMut(&Call)) {
    match term {
        Term::Constant(_) | Term::Local(_) | Term::Wildcard => {}
        Term::Input(items) | Term::Data(items) | Term::Array(items) | Term::Set(items) => {
            for item in items {
                in_term(item, show);
            }
        }
        Term::Reference(base, steps) => {
            in_term(base, show);
            for step in steps {
                in_term(step, show);
            }
        }
        Term::Call(call) => {
            show(call);
            call.arguments.iter().for_each(|argument| in_term(argument, show));
        }
        Term::Object(entries) => {
            for (key, value) in entries {
                in_term(key, show);
                in_term(value, show);
            }
        }
        Term::Comprehension(comprehension) => {
            in_body(&comprehension.body, show);
            match &comprehension.collects {
                Collects::Array(term) | Collects::Set(term) => in_term(term, show),
                Collects::Object(key, value) => {
                    in_term(key, show);
                    in_term(value, show);
                }
            }
        }
    }
}
