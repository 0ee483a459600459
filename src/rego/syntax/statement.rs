//! Bodies and their statements.

use super::ast::{Statement, StatementKind, Term, TermKind, With};
use super::fault::Code;
use super::parser::Parser;
use super::token::TokenKind;

impl Parser<'_, '_, '_> {
    /// The statements up to `end`, which is taken; at least one.
    pub(super) fn body(&mut self, end: TokenKind) -> Option<Vec<Statement>> {
        if self.is(end) {
            let span = self.peek().span;
            self.fault(span, "found an empty body", "write what must hold, or `true`");
            return None;
        }
        let mut body = Vec::new();
        let mut sound = true;
        loop {
            if body.len() >= self.limits.max_statements {
                let span = self.peek().span;
                let message =
                    format!("a body has more than {} statements", self.limits.max_statements);
                self.report.fault(Code::Limit, span, message).help("split it into rules");
                return None;
            }
            if let Some(statement) = self.statement() {
                body.push(statement);
            } else if self.trials > 0 || !self.recover(end) {
                return None;
            } else {
                sound = false;
            }
            if self.eat(TokenKind::Semicolon) {
                continue;
            }
            if self.eat(end) {
                return sound.then_some(body);
            }
            if self.is(TokenKind::End) {
                self.unexpected("the end of the body");
                return None;
            }
            if !self.peek().begins_line {
                let close = match end {
                    TokenKind::RightBracket => "`]`",
                    _ => "`}`",
                };
                self.unexpected(&format!("a new line, `;` or {close}"));
                if self.trials > 0 || !self.recover(end) {
                    return None;
                }
                sound = false;
                if self.eat(end) {
                    return None;
                }
                self.eat(TokenKind::Semicolon);
            }
        }
    }

    /// Goes on to where the next statement may begin; `false` where the body cannot be found again.
    fn recover(&mut self, end: TokenKind) -> bool {
        let mut depth = 0_usize;
        loop {
            let token = self.peek();
            match token.kind {
                TokenKind::End => return false,
                kind if kind == end && depth == 0 => return true,
                TokenKind::Semicolon if depth == 0 => return true,
                TokenKind::LeftParen | TokenKind::LeftBracket | TokenKind::LeftBrace => depth += 1,
                TokenKind::RightParen | TokenKind::RightBracket | TokenKind::RightBrace => {
                    let Some(outer) = depth.checked_sub(1) else { return false };
                    depth = outer;
                }
                _ => {}
            }
            self.at += 1;
            if depth == 0 && self.peek().begins_line {
                return !self.is(TokenKind::End);
            }
        }
    }

    /// One statement with its `with`.
    pub(super) fn statement(&mut self) -> Option<Statement> {
        let start = self.peek().span;
        let logical = self.keywords.and || self.keywords.or;
        let kind = if logical { self.disjunction()? } else { self.simple()? };
        let span = self.span_from(start);
        let mut with = Vec::new();
        while self.is_word("with") && !self.begins_reference() {
            with.push(self.with()?);
        }
        Some(Statement { span, kind, with })
    }

    /// One statement that is not joined to others.
    pub(super) fn simple(&mut self) -> Option<StatementKind> {
        match self.word() {
            _ if self.begins_reference() => self.expression(),
            Some("not") => {
                self.at += 1;
                if self.is_word("some") || (self.keywords.every && self.is_word("every")) {
                    let span = self.peek().span;
                    self.fault(
                        span,
                        "`some` and `every` cannot be negated",
                        "put them into a rule of their own and negate that",
                    );
                    return None;
                }
                if self.keywords.not {
                    return self.negation();
                }
                let inner = self.peek().span;
                let kind = self.expression()?;
                let span = self.span_from(inner);
                Some(StatementKind::Not(Box::new(Statement { span, kind, with: Vec::new() })))
            }
            Some("some") => self.some(),
            Some("every") if self.keywords.every => self.every(),
            _ => self.expression(),
        }
    }

    pub(super) fn expression(&mut self) -> Option<StatementKind> {
        let left = self.keyed_term()?;
        match self.kind() {
            TokenKind::Assign => {
                self.at += 1;
                Some(StatementKind::Assign(left, self.keyed_term()?))
            }
            TokenKind::Unify => {
                self.at += 1;
                Some(StatementKind::Unify(left, self.keyed_term()?))
            }
            _ => Some(StatementKind::Term(left)),
        }
    }

    fn with(&mut self) -> Option<With> {
        let start = self.take().span;
        let target = self.plain_term()?;
        if !matches!(target.kind, TermKind::Name(_) | TermKind::Reference(..)) {
            self.fault(
                target.span,
                "`with` cannot replace this",
                "name `input`, `data` or a path below them, or a function",
            );
            return None;
        }
        if !self.is_word("as") {
            self.unexpected("`as` and a value");
            return None;
        }
        self.at += 1;
        let value = self.keyed_term()?;
        Some(With { span: self.span_from(start), target, value })
    }

    fn some(&mut self) -> Option<StatementKind> {
        let start = self.take().span;
        let mut terms = vec![self.union_term()?];
        while self.eat(TokenKind::Comma) {
            terms.push(self.union_term()?);
        }
        if self.is_keyword_in() {
            self.at += 1;
            let collection = self.union_term()?;
            let value = terms.pop()?;
            let key = terms.pop();
            if !terms.is_empty() {
                let span = self.span_from(start);
                self.fault(
                    span,
                    "`some … in` takes at most a key and a value",
                    "write `some key, value in collection`",
                );
                return None;
            }
            return Some(StatementKind::SomeIn { key, value, collection });
        }
        let mut names = Vec::new();
        for term in terms {
            let TermKind::Name(text) = term.kind else {
                let help = if self.is_word("in") && !self.keywords.membership {
                    "add `import rego.v1` for `some … in`"
                } else {
                    "write `some x, y`, or `some x in xs`"
                };
                self.fault(term.span, "`some` declares names only", help);
                return None;
            };
            names.push(super::ast::Name { text, span: term.span });
        }
        if self.is_word("in") && !self.keywords.membership {
            let span = self.peek().span;
            self.fault(span, "`in` is no keyword in this file", "add `import rego.v1`");
            return None;
        }
        Some(StatementKind::Some(names))
    }

    fn every(&mut self) -> Option<StatementKind> {
        self.at += 1;
        let first = self.name("a name: `every x in xs { … }`")?;
        let (key, value) = if self.eat(TokenKind::Comma) {
            (Some(first), self.name("a name: `every k, v in xs { … }`")?)
        } else {
            (None, first)
        };
        if !self.is_keyword_in() {
            self.unexpected("`in`: `every x in xs { … }`");
            return None;
        }
        self.at += 1;
        let domain = self.union_term()?;
        self.expect(TokenKind::LeftBrace, "`{` and what must hold for each")?;
        let body = self.body(TokenKind::RightBrace)?;
        Some(StatementKind::Every { key, value, domain, body })
    }

    /// A comparison or what binds tighter, but no `in`.
    fn union_term(&mut self) -> Option<Term> {
        self.infix(None, 1)
    }
}
