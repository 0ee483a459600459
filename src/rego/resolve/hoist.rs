//! What OPA takes out of `not`: whatever may be undefined beside the negated thing itself.
//!
//! `not f(input.x)` does not hold where `input.x` is missing, but `not input.x == "a"` does: references that are operands
//! of a call are evaluated before, those of `==` and `=` are part of what is negated; calls inside either are evaluated before.

use std::sync::Arc;

use crate::rego::ir::{Body, Callee, Literal, LiteralKind, Slot, Span, Term};

/// The names of a frame's slots.
type Slots = Vec<Option<Arc<str>>>;

/// What is taken out: calls before variables are checked (a call may bind some), references after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    Calls,
    /// Calls too, but not the negated one itself, whose output is written as its last argument.
    CallsInArguments,
    References,
}

/// Takes it out of the only literal of `body` and returns what must stand before the `not`.
pub(super) fn out_of_not(body: &mut Body, names: &mut Slots, taken: Taken) -> Vec<Literal> {
    let Some(literal) = body.last_mut() else { return Vec::new() };
    let has_output = taken != Taken::Calls;
    let taken = if taken == Taken::CallsInArguments { Taken::Calls } else { taken };
    let mut hoist = Hoist { names, before: Vec::new(), span: literal.span, taken };
    match &mut literal.kind {
        LiteralKind::Unify(output, Term::Call(call)) if has_output => {
            hoist.whole(output);
            for argument in &mut call.arguments {
                hoist.whole(argument);
            }
        }
        LiteralKind::Unify(left, right) => {
            hoist.operand(left);
            hoist.operand(right);
        }
        LiteralKind::Expression(Term::Call(call)) => {
            let equality =
                matches!(&call.callee, Callee::Builtin(name) if name.as_ref() == "equal");
            for argument in &mut call.arguments {
                if equality {
                    hoist.operand(argument);
                } else {
                    hoist.whole(argument);
                }
            }
        }
        LiteralKind::Expression(term) => hoist.operand(term),
        _ => {}
    }
    hoist.before
}

struct Hoist<'f> {
    names: &'f mut Slots,
    before: Vec<Literal>,
    span: Span,
    taken: Taken,
}

impl Hoist<'_> {
    /// Leaves the reference itself where it stands, but not what it is looked up by.
    fn operand(&mut self, term: &mut Term) {
        match term {
            Term::Input(steps) | Term::Data(steps) => {
                for it in steps.iter_mut() {
                    self.whole(it);
                }
            }
            Term::Reference(base, steps) => {
                self.whole(base);
                for step in steps.iter_mut() {
                    self.whole(step);
                }
            }
            Term::Call(_) | Term::Array(_) | Term::Set(_) | Term::Object(_) => self.whole(term),
            Term::Constant(_) | Term::Wildcard | Term::Local(_) | Term::Comprehension(_) => {}
        }
    }

    fn whole(&mut self, term: &mut Term) {
        match term {
            Term::Constant(_) | Term::Wildcard | Term::Local(_) | Term::Comprehension(_) => return,
            Term::Array(items) | Term::Set(items) => {
                for item in items.iter_mut() {
                    self.whole(item);
                }
                return;
            }
            Term::Object(entries) => {
                for (key, value) in entries {
                    self.whole(key);
                    self.whole(value);
                }
                return;
            }
            Term::Input(_) | Term::Data(_) | Term::Reference(..) if self.taken == Taken::Calls => {
                self.operand(term);
                return;
            }
            Term::Input(_) | Term::Data(_) | Term::Reference(..) | Term::Call(_) => {}
        }
        let slot = fresh(self.names);
        let value = std::mem::replace(term, Term::Local(slot));
        let kind = LiteralKind::Unify(Term::Local(slot), value);
        self.before.push(Literal { kind, with: Vec::new(), span: self.span });
    }
}

fn fresh(names: &mut Slots) -> Slot {
    names.push(None);
    u32::try_from(names.len() - 1).unwrap_or(u32::MAX)
}
