//! The parts of a syntax tree, one level at a time: for those who look for something and care little where it stands.

use super::ast::{
    Else, Logical, Makes, Piece, Rule, Statement, StatementKind, Term, TermKind, With,
};
use crate::domain::place::Span;

/// A node of a tree.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Visited<'t> {
    Rule(&'t Rule),
    Branch(&'t Else),
    Statement(&'t Statement),
    Term(&'t Term),
}

impl Visited<'_> {
    /// Where it stands.
    pub(crate) fn span(self) -> Span {
        match self {
            Self::Rule(rule) => rule.span,
            Self::Branch(branch) => branch.span,
            Self::Statement(statement) => statement.span,
            Self::Term(term) => term.span,
        }
    }

    /// Whether it is written in brackets of its own.
    pub(crate) fn is_literal(self) -> bool {
        let Self::Term(term) = self else { return false };
        matches!(
            term.kind,
            TermKind::Array(_)
                | TermKind::Set(_)
                | TermKind::Object(_)
                | TermKind::ArrayComprehension(..)
                | TermKind::SetComprehension(..)
                | TermKind::ObjectComprehension(..)
        )
    }
}

/// Shows the direct parts of a node, in no order.
pub(crate) fn each_part<'t>(node: Visited<'t>, show: &mut dyn FnMut(Visited<'t>)) {
    match node {
        Visited::Rule(rule) => {
            let head = &rule.head;
            terms(&head.steps, show);
            terms(head.arguments.as_deref().unwrap_or_default(), show);
            match &head.makes {
                Makes::Value(value) => value.iter().for_each(|term| show(Visited::Term(term))),
                Makes::Element(element) => show(Visited::Term(element)),
            }
            statements(&rule.body, show);
            rule.branches.iter().for_each(|branch| show(Visited::Branch(branch)));
        }
        Visited::Branch(branch) => {
            branch.value.iter().for_each(|term| show(Visited::Term(term)));
            statements(&branch.body, show);
        }
        Visited::Statement(statement) => {
            for With { target, value, .. } in &statement.with {
                show(Visited::Term(target));
                show(Visited::Term(value));
            }
            each_of_statement(&statement.kind, show);
        }
        Visited::Term(term) => each_of_term(&term.kind, show),
    }
}

fn terms<'t>(list: &'t [Term], show: &mut dyn FnMut(Visited<'t>)) {
    for term in list {
        show(Visited::Term(term));
    }
}

fn statements<'t>(list: &'t [Statement], show: &mut dyn FnMut(Visited<'t>)) {
    for statement in list {
        show(Visited::Statement(statement));
    }
}

fn each_of_statement<'t>(kind: &'t StatementKind, show: &mut dyn FnMut(Visited<'t>)) {
    match kind {
        StatementKind::Term(term) => show(Visited::Term(term)),
        StatementKind::Assign(left, right) | StatementKind::Unify(left, right) => {
            show(Visited::Term(left));
            show(Visited::Term(right));
        }
        StatementKind::Not(inner) => show(Visited::Statement(inner)),
        StatementKind::Logical(Logical::Not(body) | Logical::Both(body)) => statements(body, show),
        StatementKind::Logical(Logical::And(left, right) | Logical::Or(left, right)) => {
            statements(left, show);
            statements(right, show);
        }
        StatementKind::Some(_) => {}
        StatementKind::SomeIn { key, value, collection } => {
            key.iter().chain([value, collection]).for_each(|term| show(Visited::Term(term)));
        }
        StatementKind::Every { domain, body, .. } => {
            show(Visited::Term(domain));
            statements(body, show);
        }
    }
}

fn each_of_term<'t>(kind: &'t TermKind, show: &mut dyn FnMut(Visited<'t>)) {
    match kind {
        TermKind::Null
        | TermKind::Bool(_)
        | TermKind::Number(_)
        | TermKind::String(_)
        | TermKind::Name(_) => {}
        TermKind::Template(pieces) => {
            for piece in pieces {
                if let Piece::Expression(statement) = piece {
                    show(Visited::Statement(statement));
                }
            }
        }
        TermKind::Reference(base, list) | TermKind::Call(base, list) => {
            show(Visited::Term(base));
            terms(list, show);
        }
        TermKind::Operation(_, list) | TermKind::Array(list) | TermKind::Set(list) => {
            terms(list, show);
        }
        TermKind::Object(entries) => {
            for (key, value) in entries {
                show(Visited::Term(key));
                show(Visited::Term(value));
            }
        }
        TermKind::ArrayComprehension(head, body) | TermKind::SetComprehension(head, body) => {
            show(Visited::Term(head));
            statements(body, show);
        }
        TermKind::ObjectComprehension(head, body) => {
            show(Visited::Term(&head.0));
            show(Visited::Term(&head.1));
            statements(body, show);
        }
    }
}
