//! Rules: heads, bodies, `else`.

use std::sync::Arc;

use super::ast::{Else, Head, Makes, Rule, Statement, StatementKind, Term, TermKind, Version};
use super::fault::Code;
use super::parser::Parser;
use super::token::TokenKind;
use crate::domain::place::Span;

impl Parser<'_, '_, '_> {
    /// One rule with its chained bodies.
    pub(super) fn rule(&mut self, rules: &mut Vec<Rule>) -> Option<()> {
        let start = self.peek().span;
        let default = self.is_word("default") && !self.begins_reference();
        if default {
            self.at += 1;
        }
        let mut head = self.head(start)?;
        if default {
            return self.default_rule(head, start, rules);
        }
        let conditional = self.is_keyword_if();
        self.make_old_set(&mut head, conditional);
        let is_set = matches!(head.makes, Makes::Element(_));
        let has_value = !matches!(head.makes, Makes::Value(None));
        let head = Arc::new(head);
        let body = if conditional {
            self.at += 1;
            self.conditional_body()?
        } else if self.is(TokenKind::LeftBrace) {
            self.refuse_bare_body();
            self.at += 1;
            self.body(TokenKind::RightBrace)?
        } else {
            self.check_bodiless(&head, has_value);
            let span = self.span_from(start);
            rules.push(Rule { span, default, head, body: Vec::new(), branches: Vec::new() });
            return Some(());
        };
        let mut branches = Vec::new();
        while self.is_word("else") && !self.begins_reference() {
            if is_set {
                let span = self.peek().span;
                self.fault(
                    span,
                    "a set cannot have `else`",
                    "write a rule with a value, or a second rule",
                );
            }
            if branches.len() >= self.limits.max_statements {
                let span = self.peek().span;
                let message = format!("a rule has more than {} `else`", self.limits.max_statements);
                self.report.fault(Code::Limit, span, message).help("look it up in an object");
                return None;
            }
            branches.push(self.branch()?);
        }
        let has_else = !branches.is_empty();
        let span = self.span_from(start);
        rules.push(Rule { span, default, head: Arc::clone(&head), body, branches });
        while self.is(TokenKind::LeftBrace) {
            let start = self.peek().span;
            if has_else {
                self.unexpected("`else`, or the next rule");
                return None;
            }
            self.at += 1;
            let body = self.body(TokenKind::RightBrace)?;
            let span = self.span_from(start);
            let head = Arc::clone(&head);
            rules.push(Rule { span, default, head, body, branches: Vec::new() });
        }
        Some(())
    }

    fn default_rule(&mut self, head: Head, start: Span, rules: &mut Vec<Rule>) -> Option<()> {
        let span = self.span_from(start);
        if !matches!(head.makes, Makes::Value(Some(_))) {
            self.fault(span, "a default rule needs a value", "write `default name := value`");
            return None;
        }
        let (body, branches) = (Vec::new(), Vec::new());
        rules.push(Rule { span, default: true, head: Arc::new(head), body, branches });
        Some(())
    }

    /// Before v1, `p[x] { … }` and `p[x]` made the set `p`.
    fn make_old_set(&mut self, head: &mut Head, conditional: bool) {
        let plain = matches!(head.makes, Makes::Value(None)) && head.arguments.is_none();
        if conditional || !plain || head.steps.len() != 1 {
            return;
        }
        if self.version == Version::V1 {
            self.fault(
                head.span,
                "a set needs `contains`",
                "write `name contains element if { … }`",
            );
        }
        if let Some(element) = head.steps.pop() {
            head.makes = Makes::Element(element);
        }
    }

    fn refuse_bare_body(&mut self) {
        if self.version == Version::V1 {
            let span = self.peek().span;
            self.fault(span, "`if` is missing before the body", "write `if {`");
        }
    }

    /// A rule without a body must have a value, an element or steps.
    fn check_bodiless(&mut self, head: &Head, has_value: bool) {
        if has_value {
            return;
        }
        let bare = head.steps.is_empty() && head.arguments.is_none();
        if bare || self.version == Version::V1 {
            let span = head.span;
            if self.report.faults.last().is_none_or(|last| last.span != span) {
                let message =
                    format!("the rule `{}` has neither a value nor a body", head.name.text);
                self.fault(span, message, "write `name := value`, or `name if { … }`");
            }
        }
    }

    fn head(&mut self, start: Span) -> Option<Head> {
        let name = self.name("a rule")?;
        let mut steps = Vec::new();
        let mut arguments = None;
        // A blank may stand before the first bracket of a head, nowhere else.
        let mut first = true;
        loop {
            let token = self.peek();
            let blank = first && !token.glued && token.kind != TokenKind::Dot;
            if !token.glued && !blank {
                break;
            }
            first = false;
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
                TokenKind::LeftParen => {
                    self.at += 1;
                    // `f()` is a rule without arguments.
                    let list = self.list(TokenKind::RightParen, "`,` or `)`")?;
                    arguments = Some(list).filter(|list| !list.is_empty());
                    break;
                }
                _ => break,
            }
        }
        let span = self.span_from(start);
        self.within_steps(steps.len(), span)?;
        if steps.is_empty() && self.is_keyword(&name.text) {
            let message = format!("{} keyword cannot be used for rule name", name.text);
            self.fault(name.span, message, "choose another name");
        }
        let makes = self.makes(arguments.is_some())?;
        Some(Head { span: self.span_from(start), name, steps, arguments, makes })
    }

    fn makes(&mut self, is_function: bool) -> Option<Makes> {
        if self.is_word("contains") && self.keywords.contains {
            if is_function {
                let span = self.peek().span;
                self.fault(
                    span,
                    "a function cannot make a set with `contains`",
                    "give it a value: `f(x) := {…}`",
                );
                return None;
            }
            self.at += 1;
            return self.keyed_term().map(Makes::Element);
        }
        if self.eat(TokenKind::Assign) || self.eat(TokenKind::Unify) {
            return self.keyed_term().map(|value| Makes::Value(Some(value)));
        }
        Some(Makes::Value(None))
    }

    /// What follows `if`: one statement, or a body in braces.
    fn conditional_body(&mut self) -> Option<Vec<Statement>> {
        if !self.is(TokenKind::LeftBrace) {
            return self.statement().map(|statement| vec![statement]);
        }
        // Braces may also begin an object, or a comprehension; a set of terms is read as a body.
        let single = self.attempt(|parser| {
            let statement = parser.statement()?;
            let is_set =
                matches!(&statement.kind, StatementKind::Term(Term { kind: TermKind::Set(_), .. }));
            (!is_set).then_some(statement)
        });
        if let Some(statement) = single {
            return Some(vec![statement]);
        }
        self.at += 1;
        self.body(TokenKind::RightBrace)
    }

    fn branch(&mut self) -> Option<Else> {
        let start = self.take().span;
        let value = if self.eat(TokenKind::Assign) || self.eat(TokenKind::Unify) {
            Some(self.keyed_term()?)
        } else {
            None
        };
        let body = if self.is_keyword_if() {
            self.at += 1;
            if self.eat(TokenKind::LeftBrace) {
                self.body(TokenKind::RightBrace)?
            } else {
                vec![self.statement()?]
            }
        } else if self.is(TokenKind::LeftBrace) {
            self.refuse_bare_body();
            self.at += 1;
            self.body(TokenKind::RightBrace)?
        } else if value.is_some() {
            Vec::new()
        } else {
            self.unexpected("a value or a body behind `else`");
            return None;
        };
        Some(Else { span: self.span_from(start), value, body })
    }
}
