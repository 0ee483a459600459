//! Terms: operators, references, calls, collections, comprehensions, template strings.

use std::sync::Arc;

use super::ast::{Piece, StatementKind, Term, TermKind};
use super::escape::unescape;
use super::fault::Code;
use super::parser::Parser;
use super::token::{Operator, Token, TokenKind};
use crate::domain::place::Span;

/// What an infix operator calls, and how tightly it binds: `in` least of all.
struct Infix {
    builtin: &'static str,
    precedence: u8,
}

impl Parser<'_, '_, '_> {
    /// A term where `key, value in collection` may stand.
    pub(super) fn keyed_term(&mut self) -> Option<Term> {
        let start = self.peek().span;
        let first = self.infix(None, 1)?;
        let mut left = first;
        if self.keywords.membership && self.is(TokenKind::Comma) {
            let pair = self.attempt(|parser| {
                parser.at += 1;
                let value = parser.infix(None, 1)?;
                parser.is_keyword_in().then_some(value)
            });
            if let Some(value) = pair {
                self.at += 1;
                let collection = self.infix(None, 1)?;
                let parts = vec![left, value, collection];
                left = self.operation("internal.member_3", parts, start);
            }
        }
        self.infix(Some(left), 0)
    }

    /// A term of a list, where a comma ends it.
    pub(super) fn listed_term(&mut self) -> Option<Term> {
        self.infix(None, 0)
    }

    fn operator(&self) -> Option<Infix> {
        if self.is_keyword_in() {
            return Some(Infix { builtin: "internal.member_2", precedence: 0 });
        }
        match self.kind() {
            TokenKind::Operator(operator) => {
                Some(Infix { builtin: operator.builtin(), precedence: operator.precedence() })
            }
            _ => None,
        }
    }

    /// Operators of at least this precedence, behind `left` if that has been read already.
    pub(super) fn infix(&mut self, left: Option<Term>, least: u8) -> Option<Term> {
        // Terms beside one another are as high as the highest of them.
        let beside = if left.is_some() { 0 } else { std::mem::take(&mut self.height) };
        let term = self.operands(left, least);
        self.height = self.height.max(beside);
        term
    }

    fn operands(&mut self, left: Option<Term>, least: u8) -> Option<Term> {
        let mut left = match left {
            Some(left) => left,
            None => self.plain_term()?,
        };
        let start = left.span;
        let mut n_operators = 0;
        while let Some(infix) = self.operator().filter(|infix| infix.precedence >= least) {
            let at = self.take().span;
            n_operators += 1;
            if n_operators > self.limits.max_operators {
                let message = format!("more than {} operators in a row", self.limits.max_operators);
                self.report
                    .fault(Code::Limit, at, message)
                    .help("give parts of the expression names of their own");
                return None;
            }
            let right = self.infix(None, infix.precedence + 1)?;
            self.grow(at)?;
            left = self.operation(infix.builtin, vec![left, right], start);
        }
        Some(left)
    }

    fn operation(&self, builtin: &'static str, parts: Vec<Term>, start: Span) -> Term {
        Term { span: self.span_from(start), kind: TermKind::Operation(builtin, parts) }
    }

    /// A term without operators outside brackets.
    pub(super) fn plain_term(&mut self) -> Option<Term> {
        let around = std::mem::take(&mut self.height);
        let term = self.bare_term();
        self.height = around.max(self.height + 1);
        term
    }

    /// Refuses a term that would take the passes behind the parser too deep.
    fn grow(&mut self, at: Span) -> Option<()> {
        self.height += 1;
        if self.height <= self.limits.max_height {
            return Some(());
        }
        self.report
            .fault(Code::Limit, at, "the expression is nested too deeply")
            .help("give parts of the expression names of their own");
        None
    }

    /// Refuses a reference, path or head with more steps than there may be.
    pub(super) fn within_steps(&mut self, n_steps: usize, span: Span) -> Option<()> {
        if n_steps <= self.limits.max_steps {
            return Some(());
        }
        let message = format!("the reference has more than {} steps", self.limits.max_steps);
        self.report.fault(Code::Limit, span, message).help("give a part of it a name of its own");
        None
    }

    fn bare_term(&mut self) -> Option<Term> {
        let token = self.peek();
        let kind = match token.kind {
            TokenKind::Word => return self.word_term(),
            TokenKind::Number => self.number("")?,
            TokenKind::Dot => {
                self.at += 1;
                self.number(".")?
            }
            TokenKind::Operator(Operator::Minus) => return self.negative(),
            TokenKind::Text | TokenKind::RawText => self.string()?,
            TokenKind::Template { first: true, .. } => self.template()?,
            TokenKind::LeftParen => {
                self.at += 1;
                let inner = self.keyed_term()?;
                self.expect(TokenKind::RightParen, "`)`")?;
                inner.kind
            }
            TokenKind::LeftBracket => self.array()?,
            TokenKind::LeftBrace => self.braces()?,
            _ => {
                self.unexpected("a term");
                return None;
            }
        };
        let term = Term { span: self.span_from(token.span), kind };
        self.suffixes(term)
    }

    fn word_term(&mut self) -> Option<Term> {
        let token = self.peek();
        let constant = match self.word() {
            _ if self.begins_reference() => None,
            Some("null") => Some(TermKind::Null),
            Some("true") => Some(TermKind::Bool(true)),
            Some("false") => Some(TermKind::Bool(false)),
            _ => None,
        };
        if let Some(kind) = constant {
            self.at += 1;
            return Some(Term { span: token.span, kind });
        }
        let name = self.name("a term")?;
        let term = Term { span: name.span, kind: TermKind::Name(name.text) };
        self.suffixes(term)
    }

    fn negative(&mut self) -> Option<Term> {
        let start = self.take().span;
        if self.is(TokenKind::Word) {
            let term = self.word_term()?;
            let zero = Term { span: start, kind: TermKind::Number(Arc::from("0")) };
            return Some(self.operation("minus", vec![zero, term], start));
        }
        let prefix = if self.eat(TokenKind::Dot) { "-." } else { "-" };
        let kind = self.number(prefix)?;
        Some(Term { span: self.span_from(start), kind })
    }

    fn number(&mut self, prefix: &str) -> Option<TermKind> {
        let token = self.expect(TokenKind::Number, "a number")?;
        let text = self.text_of(token.span);
        let exponent = text.split_once(['e', 'E']).map_or("", |(_, exponent)| exponent);
        if exponent.trim_start_matches(['+', '-', '0']).len() > 4 {
            self.fault(token.span, "the number is too big", "write a smaller exponent");
            return None;
        }
        Some(TermKind::Number(Arc::from(format!("{prefix}{text}"))))
    }

    fn string(&mut self) -> Option<TermKind> {
        let token = self.take();
        let text = self.text_of(token.span);
        let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or("");
        self.words(token, inner, token.kind == TokenKind::RawText).map(TermKind::String)
    }

    fn words(&mut self, token: Token, inner: &str, raw: bool) -> Option<Arc<str>> {
        if raw || !inner.contains('\\') {
            return Some(Arc::from(inner));
        }
        let said = unescape(inner);
        if said.is_none() {
            self.fault(
                token.span,
                "`\\u` must be followed by four hexadecimal digits",
                "write e.g. `\\u00e9`",
            );
        }
        said.map(Arc::from)
    }

    fn template(&mut self) -> Option<TermKind> {
        let mut pieces = Vec::new();
        loop {
            let token = self.take();
            let TokenKind::Template { first, last, raw } = token.kind else { return None };
            let text = self.text_of(token.span);
            let begin = if first { 2 } else { 1 };
            let inner = text.get(begin..text.len().saturating_sub(1)).unwrap_or("");
            let inner = inner.replace("\\{", "{");
            let words = self.words(token, &inner, raw)?;
            if !words.is_empty() {
                pieces.push(Piece::Text(words));
            }
            if last {
                return Some(TermKind::Template(pieces));
            }
            let statement = self.statement()?;
            if !matches!(statement.kind, StatementKind::Term(_)) {
                self.fault(
                    statement.span,
                    "this cannot stand in a template string",
                    "write one expression that has a value",
                );
                return None;
            }
            pieces.push(Piece::Expression(statement));
            if !matches!(self.kind(), TokenKind::Template { first: false, .. }) {
                self.unexpected("`}` and the rest of the template string");
                return None;
            }
        }
    }

    /// What is glued to a term: `.name`, `[index]`, `(arguments)`.
    fn suffixes(&mut self, head: Term) -> Option<Term> {
        let start = head.span;
        let mut term = head;
        let mut steps: Vec<Term> = Vec::new();
        loop {
            let token = self.peek();
            if !token.glued {
                break;
            }
            match token.kind {
                TokenKind::Dot => {
                    self.at += 1;
                    steps.push(self.field()?);
                }
                TokenKind::LeftBracket => {
                    self.at += 1;
                    steps.push(self.keyed_term()?);
                    self.expect(TokenKind::RightBracket, "`]`")?;
                }
                TokenKind::LeftParen if matches!(term.kind, TermKind::Name(_)) => {
                    let operator = self.reference(term, std::mem::take(&mut steps), start)?;
                    term = self.call(operator, start)?;
                }
                _ => break,
            }
        }
        self.reference(term, steps, start)
    }

    /// `steps` behind `head`, which is returned as it is where there are none.
    fn reference(&mut self, head: Term, steps: Vec<Term>, start: Span) -> Option<Term> {
        if steps.is_empty() {
            return Some(head);
        }
        let span = self.span_from(start);
        self.within_steps(steps.len(), span)?;
        match head.kind {
            TermKind::Null
            | TermKind::Bool(_)
            | TermKind::Number(_)
            | TermKind::String(_)
            | TermKind::Template(_) => {
                self.fault(
                    head.span,
                    "nothing can be looked up in this",
                    "look up in an array, a set, an object or a name",
                );
                None
            }
            TermKind::Reference(inner, mut before) => {
                before.extend(steps);
                Some(Term { span, kind: TermKind::Reference(inner, before) })
            }
            _ => Some(Term { span, kind: TermKind::Reference(Box::new(head), steps) }),
        }
    }

    /// The word behind a dot, which may be a keyword.
    pub(super) fn field(&mut self) -> Option<Term> {
        let token = self.peek();
        match self.word() {
            Some(word) if token.glued => {
                self.at += 1;
                Some(Term { span: token.span, kind: TermKind::String(Arc::from(word)) })
            }
            _ => {
                self.unexpected("a name behind the dot");
                None
            }
        }
    }

    fn call(&mut self, operator: Term, start: Span) -> Option<Term> {
        self.at += 1;
        let arguments = self.list(TokenKind::RightParen, "`,` or `)`")?;
        let empty_set = arguments.is_empty()
            && matches!(&operator.kind, TermKind::Name(name) if name.as_ref() == "set");
        let kind = if empty_set {
            TermKind::Set(Vec::new())
        } else {
            TermKind::Call(Box::new(operator), arguments)
        };
        Some(Term { span: self.span_from(start), kind })
    }

    /// Terms up to `end`, which is taken; a comma may stand before it.
    pub(super) fn list(&mut self, end: TokenKind, expected: &str) -> Option<Vec<Term>> {
        let mut terms = Vec::new();
        while !self.eat(end) {
            terms.push(self.listed_term()?);
            if !self.eat(TokenKind::Comma) {
                self.expect(end, expected)?;
                break;
            }
        }
        Some(terms)
    }
}
