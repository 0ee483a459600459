//! Bodies as truth: `and`, `or`, and `not` over bodies ask whether a body has a solution.
//!
//! A body has one where the array of its solutions is not empty: a comprehension is the scope that such a body is, with
//! nothing bound outside.

use std::sync::Arc;

use super::lower::Lower;
use crate::domain::value::Value;
use crate::rego::ir::{
    Body, Call, Callee, Collects, Comprehension, Literal, LiteralKind, Span, Term,
};
use crate::rego::syntax::ast::{Logical, Statement};

impl Lower<'_, '_, '_> {
    /// What must hold, as literals.
    pub(super) fn logical(&mut self, logical: &Logical, span: Span) -> Vec<LiteralKind> {
        match logical {
            Logical::Not(body) => vec![fails(self.solutions(body, span))],
            Logical::Both(body) => vec![holds(self.solutions(body, span), span)],
            Logical::And(left, right) => {
                let left = self.solutions(left, span);
                vec![holds(left, span), holds(self.solutions(right, span), span)]
            }
            Logical::Or(left, right) => {
                let neither = [left, right].map(|body| {
                    let kind = fails(self.solutions(body, span));
                    Literal { kind, with: Vec::new(), span }
                });
                vec![fails(collected(neither.into(), span))]
            }
        }
    }

    fn solutions(&mut self, body: &[Statement], span: Span) -> Term {
        self.frame.open(body);
        let body = self.body(body);
        self.close();
        collected(body, span)
    }
}

/// `[true | body]`.
fn collected(body: Body, span: Span) -> Term {
    let collects = Collects::Array(Term::Constant(Value::Bool(true)));
    Term::Comprehension(Box::new(Comprehension { collects, body, span }))
}

fn fails(solutions: Term) -> LiteralKind {
    LiteralKind::Unify(Term::Constant(Value::array(Vec::new())), solutions)
}

fn holds(solutions: Term, span: Span) -> LiteralKind {
    let callee = Callee::Builtin(Arc::from("neq"));
    let arguments = vec![solutions, Term::Constant(Value::array(Vec::new()))];
    LiteralKind::Expression(Term::Call(Box::new(Call { callee, arguments, span })))
}
