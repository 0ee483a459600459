//! Calls and replacements: which function, which document.

use std::sync::Arc;

use super::globals::{Meaning, deprecated};
use super::lower::{Lower, strings};
use crate::domain::place;
use crate::domain::value::Value;
use crate::rego::ir::{Call, Callee, Replacement, Target, Term, With};
use crate::rego::syntax::ast::{self, TermKind};
use crate::rego::syntax::fault::Code;

impl Lower<'_, '_, '_> {
    pub(super) fn with(&mut self, with: &ast::With) -> Option<With> {
        let target = match self.path_of(&with.target) {
            Some(Meaning::Input(path)) => Target::Input(path),
            Some(Meaning::Data(path)) if self.globals.is_function(&path) => {
                Target::Function(Callee::Rule(path))
            }
            Some(Meaning::Data(path)) => Target::Data(path),
            Some(Meaning::Builtin(name)) => Target::Function(Callee::Builtin(name)),
            None => {
                let message =
                    "with keyword target must reference existing input, data, or a function";
                self.complain(
                    Code::Type,
                    with.target.span,
                    message.to_owned(),
                    "name `input`, `data`, a path below them, or a function",
                );
                return None;
            }
        };
        if let Target::Data(path) | Target::Function(Callee::Rule(path)) = &target {
            self.globals.uses.borrow_mut().replaced.push(path.clone());
        }
        let function = match (&target, self.path_of(&with.value)) {
            (Target::Function(_), Some(Meaning::Builtin(name))) => Some(Callee::Builtin(name)),
            (Target::Function(_), Some(Meaning::Data(path))) if self.globals.is_function(&path) => {
                Some(Callee::Rule(path))
            }
            _ => None,
        };
        let value = match function {
            Some(function) => Replacement::Function(function),
            None => Replacement::Value(self.term(&with.value)),
        };
        Some(With { target, value, span: self.span(with.span) })
    }

    /// What a name or a constant path means outside the rule.
    fn path_of(&self, term: &ast::Term) -> Option<Meaning> {
        let (head, steps): (_, &[ast::Term]) = match &term.kind {
            TermKind::Name(name) => (name, &[]),
            TermKind::Reference(base, steps) => match &base.kind {
                TermKind::Name(name) => (name, steps),
                _ => return None,
            },
            _ => return None,
        };
        let mut path = Vec::with_capacity(steps.len());
        for step in steps {
            let TermKind::String(text) = &step.kind else { return None };
            path.push(Arc::clone(text));
        }
        let shadowed = self.frame.declared(head).is_some() && head.as_ref() != "input";
        if shadowed { None } else { self.globals.meaning(head, &path) }
    }

    pub(super) fn call(
        &mut self,
        operator: &ast::Term,
        arguments: &[ast::Term],
        span: place::Span,
    ) -> Term {
        let most = usize::from(std::mem::take(&mut self.is_statement));
        let written = written(operator);
        if matches!(written.as_str(), "rego.metadata.chain" | "rego.metadata.rule") {
            let (chain, rule) = (self.metadata)();
            return Term::Constant(if written.ends_with("chain") { chain } else { rule });
        }
        let arguments: Vec<Term> = arguments.iter().map(|argument| self.term(argument)).collect();
        let head = written.split('.').next().unwrap_or("");
        if self.frame.declared(head).is_some() {
            let message = format!("called function {written} shadowed");
            self.complain(Code::Compile, operator.span, message, "rename the variable");
            return Term::Constant(Value::Null);
        }
        let callee = match self.path_of(operator) {
            Some(Meaning::Data(path)) if arguments.is_empty() && self.globals.is_value(&path) => {
                let mut uses = self.globals.uses.borrow_mut();
                uses.called(&path, operator.span);
                let value = Term::Data(strings(path));
                uses.read(&value, operator.span);
                return value;
            }
            Some(Meaning::Data(path)) => Callee::Rule(path),
            Some(Meaning::Builtin(name)) => Callee::Builtin(name),
            Some(Meaning::Input(_)) | None => {
                let help = self.globals.similar_function(&written);
                self.complain(Code::Type, span, format!("undefined function {written}"), &help);
                return Term::Constant(Value::Null);
            }
        };
        if let Callee::Builtin(name) = &callee
            && self.globals.is_v1()
            && let Some(instead) = deprecated(name)
        {
            let message = format!("deprecated built-in function calls in expression: {name}");
            self.complain(Code::Type, span, message, instead);
        }
        if let Callee::Builtin(name) = &callee {
            self.globals.uses.borrow_mut().call(name, operator.span);
        }
        let n = arguments.len();
        match self.globals.arity(&callee) {
            None if self.globals.may_be_missing(&callee) => {}
            None => {
                let help = match &callee {
                    Callee::Rule(path) => self.globals.similar_rule(path),
                    Callee::Builtin(_) => self.globals.similar_function(&written),
                };
                self.complain(Code::Type, span, format!("undefined function {written}"), &help);
            }
            Some(arity) if !(arity..=arity + most).contains(&n) && written != "print" => {
                let plural = if n == 1 { "" } else { "s" };
                let message =
                    format!("function {written} has arity {arity}, got {n} argument{plural}");
                self.complain(Code::Type, span, message, "give it as many arguments as it takes");
            }
            Some(_) => {}
        }
        Term::Call(Box::new(Call { callee, arguments, span: self.span(span) }))
    }
}

/// A function as it was written: `a.b.c`.
pub(in crate::rego) fn written(operator: &ast::Term) -> String {
    match &operator.kind {
        TermKind::Name(name) => name.to_string(),
        TermKind::Reference(base, steps) => {
            let mut text = written(base);
            for step in steps {
                if let TermKind::String(step) = &step.kind {
                    text.push('.');
                    text.push_str(step);
                }
            }
            text
        }
        _ => String::new(),
    }
}
