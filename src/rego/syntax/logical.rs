//! `and`, `or`, and `not` over bodies: what `import future.keywords` brings.
//!
//! `or` binds least. An operand is an expression, a body in braces, a negation, or a group in parentheses.

use super::ast::{Logical, Statement, StatementKind};
use super::parser::Parser;
use super::token::TokenKind;
use crate::domain::place::Span;

impl Parser<'_, '_, '_> {
    /// Operands joined by `or`.
    pub(super) fn disjunction(&mut self) -> Option<StatementKind> {
        let start = self.peek().span;
        let mut left = self.conjunction(true)?;
        while self.keywords.or && self.is_word("or") && !self.begins_reference() {
            self.at += 1;
            let right = self.conjunction(false)?;
            left = vec![self.joined(start, Logical::Or(left, right))];
        }
        match (left.pop(), left.is_empty()) {
            (Some(only), true) if only.with.is_empty() => Some(only.kind),
            (Some(only), _) => {
                left.push(only);
                // A group with replacements of its own stays a body.
                Some(StatementKind::Logical(Logical::Both(left)))
            }
            (None, _) => None,
        }
    }

    /// Operands joined by `and`.
    fn conjunction(&mut self, first: bool) -> Option<Vec<Statement>> {
        let start = self.peek().span;
        let mut left = self.operand(first)?;
        while self.keywords.and && self.is_word("and") && !self.begins_reference() {
            self.at += 1;
            let right = self.operand(false)?;
            left = vec![self.joined(start, Logical::And(left, right))];
        }
        Some(left)
    }

    fn joined(&self, start: Span, logical: Logical) -> Statement {
        let kind = StatementKind::Logical(logical);
        Statement { span: self.span_from(start), kind, with: Vec::new() }
    }

    fn operand(&mut self, first: bool) -> Option<Vec<Statement>> {
        let start = self.peek().span;
        if self.is(TokenKind::LeftBrace) {
            let body = self.attempt(|parser| {
                parser.at += 1;
                let body = parser.body(TokenKind::RightBrace)?;
                (!first || parser.begins_operator()).then_some(body)
            });
            if body.is_some() {
                return body;
            }
        }
        if self.is(TokenKind::LeftParen) {
            let group = self.attempt(Parser::group);
            if group.is_some() {
                return group;
            }
        }
        let kind = self.simple()?;
        Some(vec![Statement { span: self.span_from(start), kind, with: Vec::new() }])
    }

    fn begins_operator(&self) -> bool {
        (self.keywords.and && self.is_word("and")) || (self.keywords.or && self.is_word("or"))
    }

    /// Operands in parentheses, which are no term.
    fn group(&mut self) -> Option<Vec<Statement>> {
        self.at += 1;
        let statement = self.statement()?;
        self.expect(TokenKind::RightParen, "`)`")?;
        let is_group = !statement.with.is_empty()
            || matches!(statement.kind, StatementKind::Logical(_) | StatementKind::Not(_));
        is_group.then(|| vec![statement])
    }

    /// What follows a `not` that takes bodies.
    pub(super) fn negation(&mut self) -> Option<StatementKind> {
        let start = self.peek().span;
        if self.is(TokenKind::LeftBrace) {
            let body = self.attempt(|parser| {
                parser.at += 1;
                parser.body(TokenKind::RightBrace)
            });
            if let Some(body) = body {
                return Some(StatementKind::Logical(Logical::Not(body)));
            }
        }
        if self.is(TokenKind::LeftParen) {
            let group = self.attempt(Parser::group);
            if let Some(group) = group {
                return Some(StatementKind::Logical(Logical::Not(group)));
            }
        }
        let kind = self.expression()?;
        let inner = Statement { span: self.span_from(start), kind, with: Vec::new() };
        Some(StatementKind::Logical(Logical::Not(vec![inner])))
    }
}
