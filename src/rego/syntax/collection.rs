//! Arrays, sets, objects, and their comprehensions.

use super::ast::{Statement, Term, TermKind};
use super::parser::Parser;
use super::token::{Operator, TokenKind};

/// What stands behind a `|`.
enum Behind {
    Body(Vec<Statement>),
    Union,
    Fault,
}

impl Parser<'_, '_, '_> {
    pub(super) fn array(&mut self) -> Option<TermKind> {
        self.at += 1;
        if self.eat(TokenKind::RightBracket) {
            return Some(TermKind::Array(Vec::new()));
        }
        let leading_comma = self.eat(TokenKind::Comma);
        let first = self.plain_term()?;
        if self.is(TokenKind::Operator(Operator::Or)) && !leading_comma {
            match self.union_or_comprehension(TokenKind::RightBracket) {
                Behind::Body(body) => {
                    return Some(TermKind::ArrayComprehension(Box::new(first), body));
                }
                Behind::Union => {}
                Behind::Fault => return None,
            }
        }
        let first = self.infix(Some(first), 0)?;
        self.rest_of_list(first, TokenKind::RightBracket, "`,` or `]`").map(TermKind::Array)
    }

    fn rest_of_list(&mut self, first: Term, end: TokenKind, expected: &str) -> Option<Vec<Term>> {
        let mut terms = vec![first];
        if self.eat(TokenKind::Comma) {
            terms.extend(self.list(end, expected)?);
        } else {
            self.expect(end, expected)?;
        }
        Some(terms)
    }

    /// At `|`: the body of a comprehension, or a union with a comma behind it.
    fn union_or_comprehension(&mut self, end: TokenKind) -> Behind {
        let at = self.at;
        let n_faults = self.report.faults.len();
        self.trials += 1;
        self.at += 1;
        let body = self.body(end);
        self.trials -= 1;
        match body {
            Some(body) if self.report.faults.len() == n_faults => Behind::Body(body),
            _ if self.is(TokenKind::Comma) => {
                self.report.faults.truncate(n_faults);
                self.reread(at);
                Behind::Union
            }
            _ => Behind::Fault,
        }
    }

    /// An object, a set, or a comprehension of either.
    pub(super) fn braces(&mut self) -> Option<TermKind> {
        self.at += 1;
        let end = TokenKind::RightBrace;
        if self.eat(end) {
            return Some(TermKind::Object(Vec::new()));
        }
        let leading_comma = self.eat(TokenKind::Comma);
        let first = self.plain_term()?;
        if self.is(TokenKind::Operator(Operator::Or)) && !leading_comma {
            match self.union_or_comprehension(end) {
                Behind::Body(body) => {
                    return Some(TermKind::SetComprehension(Box::new(first), body));
                }
                Behind::Union => {}
                Behind::Fault => return None,
            }
        }
        let first = self.infix(Some(first), 0)?;
        if !self.eat(TokenKind::Colon) {
            return self.rest_of_list(first, end, "`,`, `:` or `}`").map(TermKind::Set);
        }
        let value = self.plain_term()?;
        if self.is(TokenKind::Operator(Operator::Or)) && !leading_comma {
            match self.union_or_comprehension(end) {
                Behind::Body(body) => {
                    return Some(TermKind::ObjectComprehension(Box::new((first, value)), body));
                }
                Behind::Union => {}
                Behind::Fault => return None,
            }
        }
        let value = self.infix(Some(value), 0)?;
        self.rest_of_object((first, value)).map(TermKind::Object)
    }

    fn rest_of_object(&mut self, first: (Term, Term)) -> Option<Vec<(Term, Term)>> {
        let mut entries = vec![first];
        while !self.eat(TokenKind::RightBrace) {
            self.expect(TokenKind::Comma, "`,` or `}`")?;
            if self.eat(TokenKind::RightBrace) {
                break;
            }
            let key = self.listed_term()?;
            self.expect(TokenKind::Colon, "`:` and a value")?;
            entries.push((key, self.listed_term()?));
        }
        Some(entries)
    }
}
