//! One written rule to one definition.

use std::sync::Arc;

use super::fold::constant;
use super::lower::Lower;
use super::safety::Scheduler;
use super::scope::{Origin, pattern_names};
use super::slots::Slots;
use crate::domain::place;
use crate::domain::value::Value;
use crate::rego::ir::{
    Body, Branch, Definition, Head, Literal, LiteralKind, Path, RuleKind, Slot, Span, Term,
};
use crate::rego::syntax::ast::{Makes, Rule, Statement, Term as SyntaxTerm, TermKind};
use crate::rego::syntax::fault::{Code, Report};

/// A definition and where it belongs.
pub(super) struct Resolved {
    pub(super) path: Path,
    pub(super) kind: RuleKind,
    pub(super) default: bool,
    pub(super) definition: Definition,
}

/// The constant path of a rule below its package, and how many steps of the head it takes.
pub(super) fn constant_path(rule: &Rule) -> (Path, usize) {
    let mut path = vec![Arc::clone(&rule.head.name.text)];
    for step in &rule.head.steps {
        let TermKind::String(text) = &step.kind else { break };
        path.push(Arc::clone(text));
    }
    let taken = path.len() - 1;
    (path, taken)
}

impl Lower<'_, '_, '_> {
    /// Lowers a whole rule.
    pub(super) fn rule(&mut self, rule: &Rule, package: &[Arc<str>]) -> Resolved {
        let (below, taken) = constant_path(rule);
        let mut path = package.to_vec();
        path.extend(below);
        let dynamic: Vec<_> = rule.head.steps.iter().skip(taken).collect();
        self.frame.open(&rule.body);
        let parameters = self.parameters(rule);
        let arguments: Vec<Slot> = (0..self.slot_count()).collect();
        let templates = templates(rule);
        let (value, is_set) = match &rule.head.makes {
            Makes::Value(value) => (value.as_ref(), false),
            Makes::Element(element) => (Some(element), true),
        };
        let mut keys = Vec::new();
        let mut branches = Vec::with_capacity(1 + rule.branches.len());
        let span = (self.span_of)(rule.span);
        branches.push(self.branch(
            &rule.body,
            (&arguments, &templates),
            span,
            |lower, bound, body| {
                keys = dynamic.iter().map(|step| lower.head_term(step, bound, body)).collect();
                lower.value(value, is_set, bound, body)
            },
        ));
        for branch in &rule.branches {
            self.close();
            self.frame.open(&branch.body);
            self.frame.begin_branch();
            self.declare_arguments(rule);
            let span = (self.span_of)(branch.span);
            branches.push(self.branch(
                &branch.body,
                (&arguments, &templates),
                span,
                |lower, bound, body| lower.value(branch.value.as_ref(), false, bound, body),
            ));
        }
        self.close();
        if self.globals.is_strict() && !rule.default {
            self.refuse_unused_arguments(branches.len());
        }
        let kind = match (&rule.head.arguments, dynamic.is_empty(), is_set) {
            (Some(arguments), ..) => RuleKind::Function { arity: arguments.len() },
            (None, true, true) => RuleKind::Set,
            (None, true, false) => RuleKind::Complete,
            (None, false, _) => RuleKind::Object,
        };
        let definition = Definition {
            parameters,
            keys,
            branches,
            slots: self.slot_count(),
            names: self.frame.names.clone(),
            span,
            head: (self.span_of)(rule.head.span),
        };
        Resolved { path, kind, default: rule.default, definition }
    }

    /// Arguments that no branch uses.
    fn refuse_unused_arguments(&mut self, n_branches: usize) {
        let mut unused = std::mem::take(&mut self.unused_arguments);
        unused.sort_by(|a, b| a.name.cmp(&b.name));
        for same in unused.chunk_by(|a, b| a.name == b.name) {
            if let (Some(argument), true) = (same.first(), same.len() == n_branches) {
                let message = format!("unused argument {}", argument.name);
                self.complain(Code::Compile, argument.span, message, "write `_` in its place");
            }
        }
    }

    fn slot_count(&self) -> u32 {
        u32::try_from(self.frame.names.len()).unwrap_or(u32::MAX)
    }

    /// The patterns of the arguments: plain names take the first slots.
    fn parameters(&mut self, rule: &Rule) -> Vec<Term> {
        let Some(arguments) = &rule.head.arguments else { return Vec::new() };
        let slots: Vec<Slot> = arguments.iter().map(|_| self.frame.fresh(None)).collect();
        for (argument, slot) in arguments.iter().zip(&slots) {
            if let TermKind::Name(name) = &argument.kind
                && name.as_ref() != "_"
                && self.frame.declared(name).is_none()
            {
                self.refuse_shadow(name, argument.span, "args");
                self.frame.bind(name, *slot, Origin::Argument, argument.span);
                if let Some(named) = self.frame.names.get_mut(*slot as usize) {
                    *named = Some(Arc::clone(name));
                }
            }
        }
        for argument in arguments {
            pattern_names(argument, &mut |name| {
                if self.frame.declared(name).is_none() {
                    let slot = self.frame.fresh(Some(name));
                    self.frame.bind(name, slot, Origin::Argument, argument.span);
                }
            });
        }
        let pattern = |(argument, slot): (&SyntaxTerm, &Slot)| {
            // What a template string is made of may be bound in the body; it is compared there.
            if matches!(argument.kind, TermKind::Template(_)) {
                return Term::Local(*slot);
            }
            self.term(argument)
        };
        arguments.iter().zip(&slots).map(pattern).collect()
    }

    /// In a further branch the arguments are the same slots.
    fn declare_arguments(&mut self, rule: &Rule) {
        for argument in rule.head.arguments.iter().flatten() {
            pattern_names(argument, &mut |name| {
                let slot = self.frame.names.iter().position(|named| named.as_ref() == Some(name));
                if let Some(slot) = slot.and_then(|slot| u32::try_from(slot).ok()) {
                    self.frame.bind(name, slot, Origin::Argument, argument.span);
                }
            });
        }
    }

    fn branch(
        &mut self,
        statements: &[Statement],
        (arguments, templates): (&[Slot], &[(Slot, &SyntaxTerm)]),
        span: Span,
        value: impl FnOnce(&mut Self, &mut Slots, &mut Body) -> Head,
    ) -> Branch {
        let mut body = self.body(statements);
        for (slot, template) in templates {
            let kind = LiteralKind::Unify(Term::Local(*slot), self.term(template));
            body.push(Literal { kind, with: Vec::new(), span: (self.span_of)(template.span) });
        }
        let mut bound = Slots::default();
        for slot in arguments {
            bound.insert(*slot);
        }
        let mut body = self.ordered(body, &mut bound);
        let value = value(self, &mut bound, &mut body);
        Branch { body, value, span }
    }

    /// The body in order, with what is unsafe in it reported.
    fn ordered(&mut self, body: Body, bound: &mut Slots) -> Body {
        let mut scheduler = Scheduler { names: &mut self.frame.names, faults: Vec::new() };
        let body = scheduler.order(body, bound);
        let faults = scheduler.faults;
        if self.report.faults.len() > self.n_faults {
            return body;
        }
        let names = &self.frame.names;
        let named = |slot: &Option<u32>| {
            slot.and_then(|slot| names.get(slot as usize)?.as_deref())
                .filter(|name| !name.starts_with("__local"))
        };
        // A local of ours is unbound because of one that has a name; that one is worth a word.
        let any_named =
            faults.iter().any(|fault| fault.slot.is_none() || named(&fault.slot).is_some());
        for fault in faults {
            let span = place::Span { start: fault.span.start, end: fault.span.end };
            let name = if fault.slot.is_none() { Some("_") } else { named(&fault.slot) };
            let Some(name) = name else {
                if !any_named {
                    self.report
                        .fault(Code::UnsafeVar, span, "expression is unsafe")
                        .help("bind every variable of it in a statement that is not negated");
                }
                continue;
            };
            let message = format!("var {name} is unsafe");
            let otherwise = format!(
                "bind `{name}` in a statement that is not negated: `some {name} in …`, `{name} := …`"
            );
            let help = self.globals.similar_name(name).unwrap_or(otherwise);
            let span = self.report.word_in(span, name);
            self.report.fault(Code::UnsafeVar, span, message).help(help);
        }
        body
    }

    fn value(
        &mut self,
        value: Option<&SyntaxTerm>,
        is_set: bool,
        bound: &mut Slots,
        body: &mut Body,
    ) -> Head {
        let term = match value {
            Some(value) => self.head_term(value, bound, body),
            None => Term::Constant(Value::Bool(true)),
        };
        if is_set { Head::Element(term) } else { Head::Value(term) }
    }

    /// A term of the head: what it looks up moves into the body, where it may iterate.
    fn head_term(&mut self, term: &SyntaxTerm, bound: &mut Slots, body: &mut Body) -> Term {
        let lowered = constant(self.term(term));
        if matches!(lowered, Term::Constant(_))
            || matches!(&lowered, Term::Local(slot) if bound.contains(*slot))
        {
            return lowered;
        }
        let slot = self.frame.fresh(None);
        let span = (self.span_of)(term.span);
        let kind = LiteralKind::Unify(Term::Local(slot), lowered);
        let literal = Literal { kind, with: Vec::new(), span };
        body.extend(self.ordered(vec![literal], bound));
        Term::Local(slot)
    }
}

/// The arguments that are template strings, each with its slot.
fn templates(rule: &Rule) -> Vec<(Slot, &SyntaxTerm)> {
    let arguments = rule.head.arguments.iter().flatten();
    let numbered = (0..).zip(arguments);
    numbered.filter(|(_, argument)| matches!(argument.kind, TermKind::Template(_))).collect()
}

/// What OPA refuses in a head: calls among the arguments, and a default that looks something up.
pub(super) fn check_head(rule: &Rule, report: &mut Report<'_>) {
    let calls = |term: &SyntaxTerm| {
        matches!(term.kind, TermKind::Call(..) | TermKind::Operation(..)).then_some("call")
    };
    let looks_up = |term: &SyntaxTerm| match term.kind {
        TermKind::Reference(..) => Some("ref"),
        TermKind::Name(_) => Some("var"),
        _ => calls(term),
    };
    for argument in rule.head.arguments.iter().flatten() {
        if let Some((span, _)) = first_of(argument, &calls) {
            report
                .fault(Code::Compile, span, "rule arguments cannot contain calls")
                .help("name the argument, and compare it in the body");
        }
        if let Some(span) = reference_of(argument) {
            report
                .fault(Code::UnsafeVar, span, "an argument is a reference, whose name is unsafe")
                .help("name the argument, and compare it in the body");
        }
    }
    if rule.default
        && let Makes::Value(Some(value)) = &rule.head.makes
        && let Some((span, what)) = first_of(value, &looks_up)
    {
        let message = format!("illegal default rule (value cannot contain {what})");
        report.fault(Code::Parse, span, message).help("write the value itself");
    }
}

/// The first reference of a pattern; keys of objects may be references.
fn reference_of(pattern: &SyntaxTerm) -> Option<place::Span> {
    match &pattern.kind {
        TermKind::Reference(..) => Some(pattern.span),
        TermKind::Array(items) => items.iter().find_map(reference_of),
        TermKind::Object(entries) => entries.iter().find_map(|(_, value)| reference_of(value)),
        _ => None,
    }
}

/// The first part of a term, outside of comprehensions, of which `asked` says something.
fn first_of(
    term: &SyntaxTerm,
    asked: &dyn Fn(&SyntaxTerm) -> Option<&'static str>,
) -> Option<(place::Span, &'static str)> {
    if let Some(what) = asked(term) {
        return Some((term.span, what));
    }
    match &term.kind {
        TermKind::Reference(base, steps) => {
            std::iter::once(base.as_ref()).chain(steps).find_map(|part| first_of(part, asked))
        }
        TermKind::Array(items) | TermKind::Set(items) => {
            items.iter().find_map(|item| first_of(item, asked))
        }
        TermKind::Object(entries) => entries
            .iter()
            .find_map(|(key, value)| first_of(key, asked).or_else(|| first_of(value, asked))),
        _ => None,
    }
}

/// Reports what makes no sense in any rule of this kind.
pub(super) fn check_default(rule: &Rule, report: &mut Report<'_>) {
    for argument in rule.head.arguments.iter().flatten() {
        if !matches!(argument.kind, TermKind::Name(_)) {
            report
                .fault(
                    Code::Compile,
                    argument.span,
                    "the arguments of a default function must be plain names",
                )
                .help("write `default f(_) := …`");
        }
    }
}
