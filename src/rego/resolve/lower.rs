//! Statements and terms to the IR: names become slots or absolute references, calls know their functions.

use std::sync::Arc;

use super::fold::{constant, number};
use super::globals::{Globals, Meaning};
use super::hoist::{Taken, out_of_not};
use super::scope::{Frame, Origin, Unused, pattern_names};
use crate::domain::place;
use crate::domain::value::Value;
use crate::rego::ir::{
    Body, Call, Callee, Collects, Comprehension, Literal, LiteralKind, Slot, Span, Term, With,
};
use crate::rego::syntax::ast::{self, Piece, Statement, StatementKind, TermKind};
use crate::rego::syntax::fault::{Code, Report};

/// Lowers the statements of one rule.
pub(super) struct Lower<'a, 'r, 'f> {
    pub(super) globals: &'a Globals<'a>,
    pub(super) frame: Frame,
    pub(super) report: &'r mut Report<'f>,
    /// Arguments that a branch does not use, once for each such branch.
    pub(super) unused_arguments: Vec<Unused>,
    /// The next call is a statement, where one argument more than there are is where the result goes.
    pub(super) is_statement: bool,
    /// The faults of the file before this rule: behind another fault of the same rule, nothing is called unsafe.
    pub(super) n_faults: usize,
    pub(super) span_of: &'a dyn Fn(place::Span) -> Span,
    /// What `rego.metadata.chain()` and `rego.metadata.rule()` answer here.
    pub(super) metadata: &'a dyn Fn() -> (Value, Value),
}

impl Lower<'_, '_, '_> {
    pub(super) fn span(&self, span: place::Span) -> Span {
        (self.span_of)(span)
    }

    pub(super) fn complain(&mut self, code: Code, span: place::Span, message: String, help: &str) {
        self.report.fault(code, span, message).help(help);
    }

    /// Closes a scope; a declared name that nobody used is a fault, an assigned one only where that is asked for.
    pub(super) fn close(&mut self) {
        for unused in self.frame.close() {
            let name = &unused.name;
            let message = match unused.origin {
                Origin::Declared => format!("declared var {name} unused"),
                Origin::Assigned if self.globals.is_strict() => {
                    format!("assigned var {name} unused")
                }
                Origin::Argument => {
                    self.unused_arguments.push(unused);
                    continue;
                }
                Origin::Assigned | Origin::Seen => continue,
            };
            self.complain(Code::Compile, unused.span, message, "remove it, or write `_`");
        }
    }

    /// Since v1 a variable cannot be called like the two documents.
    pub(super) fn refuse_shadow(&mut self, name: &str, span: place::Span, what: &str) {
        // Old rules may hide a document in their bodies, but not by an argument.
        let is_refused = what == "args" || self.globals.is_v1();
        if matches!(name, "input" | "data") && is_refused {
            let message = format!("{what} must not shadow {name} (use a different variable name)");
            self.complain(Code::Compile, span, message, "choose another name");
        }
    }

    /// The statements of a body in a scope that is open.
    pub(super) fn body(&mut self, statements: &[Statement]) -> Body {
        let mut body = Vec::with_capacity(statements.len());
        for statement in statements {
            self.statement(statement, &mut body);
        }
        body
    }

    fn statement(&mut self, statement: &Statement, body: &mut Body) {
        let with: Vec<With> = statement.with.iter().filter_map(|with| self.with(with)).collect();
        let span = self.span(statement.span);
        let kind = match &statement.kind {
            StatementKind::Term(term) => match self.term_statement(term) {
                Some(kind) => kind,
                None => return,
            },
            StatementKind::Unify(left, right) => {
                LiteralKind::Unify(self.term(left), self.term(right))
            }
            StatementKind::Assign(left, right) => {
                let right = self.term(right);
                LiteralKind::Unify(self.assigned(left), right)
            }
            StatementKind::Not(inner) => {
                if let StatementKind::Assign(..) = inner.kind {
                    let message = "cannot assign vars inside negated expression".to_owned();
                    self.complain(
                        Code::Compile,
                        inner.span,
                        message,
                        "assign before it, or compare with `==`",
                    );
                    return;
                }
                let mut one = Vec::new();
                self.statement(inner, &mut one);
                let taken =
                    if may_have_output(inner) { Taken::CallsInArguments } else { Taken::Calls };
                let mut hoisted = out_of_not(&mut one, &mut self.frame.names, taken);
                for literal in &mut hoisted {
                    literal.with.clone_from(&with);
                }
                body.extend(hoisted);
                LiteralKind::Not(one)
            }
            StatementKind::Logical(logical) => {
                for kind in self.logical(logical, span) {
                    body.push(Literal { kind, with: with.clone(), span });
                }
                return;
            }
            StatementKind::Some(names) => {
                for name in names {
                    self.declare(&name.text, name.span, Origin::Declared);
                }
                return;
            }
            StatementKind::SomeIn { key, value, collection } => {
                let collection = self.term(collection);
                for term in key.iter().chain([value]) {
                    pattern_names(term, &mut |name| {
                        self.declare(name, term.span, Origin::Declared);
                    });
                }
                let key = key.as_ref().map(|key| self.term(key));
                LiteralKind::SomeIn { key, value: self.term(value), collection }
            }
            StatementKind::Every { key, value, domain, body } => {
                let domain = self.term(domain);
                self.frame.open(body);
                let key = key.as_ref().map(|key| self.member(key));
                let value = self.member(value);
                let body = self.body(body);
                self.close();
                LiteralKind::Every { key, value, domain, body }
            }
        };
        body.push(Literal { kind, with, span });
    }

    fn member(&mut self, name: &ast::Name) -> Slot {
        if name.text.as_ref() == "_" {
            return self.frame.fresh(None);
        }
        self.declare(&name.text, name.span, Origin::Declared)
    }

    fn declare(&mut self, name: &Arc<str>, span: place::Span, origin: Origin) -> Slot {
        match self.frame.declare(name, origin, span) {
            Ok(slot) => slot,
            Err(before) => {
                self.complain(Code::Compile, span, before.objection(name), "choose another name");
                self.frame.fresh(None)
            }
        }
    }

    /// A term as a statement: an output argument makes it a unification; `print` says nothing here.
    fn term_statement(&mut self, term: &ast::Term) -> Option<LiteralKind> {
        self.is_statement = matches!(term.kind, TermKind::Call(..));
        let mut lowered = self.term(term);
        let Term::Call(call) = &mut lowered else { return Some(LiteralKind::Expression(lowered)) };
        if matches!(&call.callee, Callee::Builtin(name) if name.as_ref() == "print") {
            return None;
        }
        if matches!(&call.callee, Callee::Builtin(name) if matches!(name.as_ref(), "eq" | "assign"))
        {
            let right = call.arguments.pop()?;
            return Some(LiteralKind::Unify(call.arguments.pop()?, right));
        }
        if self.globals.arity(&call.callee).is_some_and(|arity| arity + 1 == call.arguments.len()) {
            let output = call.arguments.pop()?;
            return Some(LiteralKind::Unify(output, lowered));
        }
        Some(LiteralKind::Expression(lowered))
    }

    /// The left side of `:=`: its names are new.
    fn assigned(&mut self, term: &ast::Term) -> Term {
        match &term.kind {
            TermKind::Name(name) if name.as_ref() == "_" => Term::Wildcard,
            TermKind::Name(name) => {
                self.refuse_shadow(name, term.span, "variables");
                Term::Local(self.declare(name, term.span, Origin::Assigned))
            }
            TermKind::Array(items) => {
                Term::Array(items.iter().map(|item| self.assigned(item)).collect())
            }
            TermKind::Object(entries) => Term::Object(
                entries.iter().map(|(key, value)| (self.term(key), self.assigned(value))).collect(),
            ),
            _ => {
                let message = "cannot assign to this".to_owned();
                self.complain(
                    Code::Compile,
                    term.span,
                    message,
                    "assign to a name, or compare with `==`",
                );
                Term::Wildcard
            }
        }
    }

    /// A term.
    pub(super) fn term(&mut self, term: &ast::Term) -> Term {
        match &term.kind {
            TermKind::Null => Term::Constant(Value::Null),
            TermKind::Bool(value) => Term::Constant(Value::Bool(*value)),
            TermKind::Number(text) => Term::Constant(number(text)),
            TermKind::String(text) => Term::Constant(Value::String(Arc::clone(text))),
            TermKind::Template(pieces) => self.template(pieces, term.span),
            TermKind::Name(name) => {
                let lowered = self.name(name, Vec::new());
                self.globals.uses.borrow_mut().read(&lowered, term.span);
                lowered
            }
            TermKind::Reference(base, steps) => {
                let steps_of =
                    |lower: &mut Self| steps.iter().map(|step| lower.term(step)).collect();
                if let TermKind::Name(name) = &base.kind {
                    let base = self.name(name, Vec::new());
                    let steps = steps_of(self);
                    let lowered = extend(base, steps);
                    self.globals.uses.borrow_mut().read(&lowered, term.span);
                    return lowered;
                }
                let base = self.term(base);
                extend(base, steps_of(self))
            }
            TermKind::Call(operator, arguments) => self.call(operator, arguments, term.span),
            TermKind::Operation(builtin, parts) => {
                let arguments = parts.iter().map(|part| self.term(part)).collect();
                let callee = Callee::Builtin(Arc::from(*builtin));
                Term::Call(Box::new(Call { callee, arguments, span: self.span(term.span) }))
            }
            TermKind::Array(items) => {
                constant(Term::Array(items.iter().map(|item| self.term(item)).collect()))
            }
            TermKind::Set(items) => {
                constant(Term::Set(items.iter().map(|item| self.term(item)).collect()))
            }
            TermKind::Object(entries) => {
                let lowered = entries.iter().map(|(key, value)| (self.term(key), self.term(value)));
                constant(Term::Object(lowered.collect()))
            }
            TermKind::ArrayComprehension(head, body) => {
                self.comprehension(term.span, body, |lower| Collects::Array(lower.term(head)))
            }
            TermKind::SetComprehension(head, body) => {
                self.comprehension(term.span, body, |lower| Collects::Set(lower.term(head)))
            }
            TermKind::ObjectComprehension(head, body) => {
                self.comprehension(term.span, body, |lower| {
                    Collects::Object(lower.term(&head.0), lower.term(&head.1))
                })
            }
        }
    }

    fn comprehension(
        &mut self,
        span: place::Span,
        body: &[Statement],
        collects: impl FnOnce(&mut Self) -> Collects,
    ) -> Term {
        self.frame.open(body);
        let body = self.body(body);
        let collects = collects(self);
        self.close();
        let span = self.span(span);
        Term::Comprehension(Box::new(Comprehension { collects, body, span }))
    }

    /// A name in the place of a value.
    fn name(&mut self, name: &Arc<str>, steps: Vec<Term>) -> Term {
        if name.as_ref() == "_" {
            return Term::Wildcard;
        }
        if let Some(slot) = self.frame.used(name) {
            return Term::Local(slot);
        }
        if !self.frame.is_upcoming(name) {
            match self.globals.value(name) {
                Some(Meaning::Input(path)) => return extend(Term::Input(strings(path)), steps),
                Some(Meaning::Data(path)) => return extend(Term::Data(strings(path)), steps),
                Some(Meaning::Builtin(_)) | None => {}
            }
        }
        Term::Local(self.frame.implicit(name))
    }

    fn template(&mut self, pieces: &[Piece], span: place::Span) -> Term {
        let mut parts = Vec::with_capacity(pieces.len());
        for piece in pieces {
            match piece {
                Piece::Text(text) => parts.push(Term::Constant(Value::String(Arc::clone(text)))),
                Piece::Expression(statement) => {
                    let StatementKind::Term(term) = &statement.kind else { continue };
                    let with: Vec<With> =
                        statement.with.iter().filter_map(|with| self.with(with)).collect();
                    let value = self.term(term);
                    // A composite stands in a set of its own, as a computed part does.
                    let is_scalar = |value: &Value| value.size().is_none();
                    if matches!(&value, Term::Constant(value) if is_scalar(value)) {
                        parts.push(value);
                        continue;
                    }
                    let slot = self.frame.fresh(None);
                    let span = self.span(statement.span);
                    let kind = LiteralKind::Unify(Term::Local(slot), value);
                    let body = vec![Literal { kind, with, span }];
                    let collects = Collects::Set(Term::Local(slot));
                    parts.push(Term::Comprehension(Box::new(Comprehension {
                        collects,
                        body,
                        span,
                    })));
                }
            }
        }
        let callee = Callee::Builtin(Arc::from("internal.template_string"));
        let arguments = vec![Term::Array(parts)];
        Term::Call(Box::new(Call { callee, arguments, span: self.span(span) }))
    }
}

/// Whether the statement is a call that may have its output as its last argument.
fn may_have_output(statement: &Statement) -> bool {
    let StatementKind::Term(term) = &statement.kind else { return false };
    let TermKind::Call(operator, _) = &term.kind else { return false };
    !matches!(&operator.kind, TermKind::Name(name) if matches!(name.as_ref(), "eq" | "assign"))
}

pub(super) fn strings(path: Vec<Arc<str>>) -> Vec<Term> {
    path.into_iter().map(|step| Term::Constant(Value::String(step))).collect()
}

/// `steps` behind `base`.
pub(super) fn extend(base: Term, steps: Vec<Term>) -> Term {
    if steps.is_empty() {
        return base;
    }
    match base {
        Term::Input(mut before) => {
            before.extend(steps);
            Term::Input(before)
        }
        Term::Data(mut before) => {
            before.extend(steps);
            Term::Data(before)
        }
        Term::Reference(base, mut before) => {
            before.extend(steps);
            Term::Reference(base, before)
        }
        other => Term::Reference(Box::new(other), steps),
    }
}
