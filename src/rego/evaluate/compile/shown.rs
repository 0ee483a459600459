//! What a reader of a trace wants to see beside a statement: the values of its locals, and of what it reads.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use crate::domain::value::Value;
use crate::rego::ir::{self, Collects, Literal, LiteralKind, Slot, Term};

use super::super::program::{Expr, RuleId};
use super::super::sight::Shown;
use super::Compiler;

/// More than this beside one statement is not read.
const MAX_SHOWN: usize = 6;

/// More locals than this are not followed to where they were taken out of a statement.
const MAX_LOOKED_AT: usize = 64;

/// What the statements of one definition name.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// By slot.
    locals: Vec<Option<Arc<str>>>,
    /// The path of the package, as names of its rules begin with it.
    package: ir::Path,
    /// What was taken out of a statement and stands before it, by its slot without a name.
    made: BTreeMap<Slot, Term>,
}

/// What a statement names, in the order in which it stands there.
#[derive(Debug, Default)]
struct Named<'t> {
    locals: Vec<Slot>,
    reads: Vec<&'t Term>,
    /// The collection that the statement goes through.
    collection: Option<&'t Term>,
}

impl Names {
    pub(super) fn of(source: &ir::Definition, package: ir::Path) -> Self {
        let mut names = Self { locals: source.names.clone(), package, made: BTreeMap::new() };
        for branch in &source.branches {
            names.note_made(&branch.body);
        }
        names
    }

    fn note_made(&mut self, body: &[Literal]) {
        for literal in body {
            match &literal.kind {
                LiteralKind::Unify(Term::Local(slot), term)
                | LiteralKind::Unify(term, Term::Local(slot))
                    if self.local(*slot).is_none() =>
                {
                    self.made.insert(*slot, term.clone());
                }
                LiteralKind::Not(body) | LiteralKind::Every { body, .. } => self.note_made(body),
                LiteralKind::Unify(..)
                | LiteralKind::Expression(_)
                | LiteralKind::SomeIn { .. } => {}
            }
        }
    }

    fn local(&self, slot: Slot) -> Option<&Arc<str>> {
        self.locals.get(slot as usize)?.as_ref()
    }
}

impl Compiler {
    /// What is shown beside a statement, before which the slots in `before` had a value; the frame is as behind it.
    pub(super) fn shown(&self, literal: &Literal, before: &BTreeSet<Slot>) -> Vec<Shown> {
        let mut named = Named::default();
        named.literal(literal);
        self.with_made(&mut named);
        // Behind a `with` the documents are others again.
        if !literal.with.is_empty() {
            named.reads.clear();
        }
        self.chosen(&named, before)
    }

    /// What is shown beside a head.
    pub(super) fn shown_of_head(&self, terms: &[&Term]) -> Vec<Shown> {
        let mut named = Named::default();
        for term in terms {
            named.term(term);
        }
        self.with_made(&mut named);
        self.chosen(&named, &self.frame.bound)
    }

    /// Adds what was taken out of the statement, and out of that.
    fn with_made<'t>(&'t self, named: &mut Named<'t>) {
        let mut next = 0;
        while let Some(slot) = named.locals.get(next) {
            next += 1;
            let made = self.names.made.get(slot).filter(|_| next <= MAX_LOOKED_AT);
            if let Some(term) = made {
                named.term(term);
            }
        }
    }

    fn chosen(&self, named: &Named<'_>, before: &BTreeSet<Slot>) -> Vec<Shown> {
        let mut shown: Vec<Shown> = Vec::new();
        let locals = named.locals.iter().filter(|slot| self.frame.bound.contains(slot));
        let locals = locals.filter_map(|slot| {
            let name = Arc::clone(self.names.local(*slot)?);
            Some(Shown {
                name,
                expr: Expr::Slot(*slot),
                is_given_here: !before.contains(slot),
                explains_failure: false,
                part_of: None,
            })
        });
        let reads = named.reads.iter().filter_map(|term| {
            let is_collection = named.collection.is_some_and(|it| std::ptr::eq(it, *term));
            let shown = self.read_shown(term, before)?;
            Some(Shown { explains_failure: is_collection, ..shown })
        });
        for one in locals.chain(reads) {
            if shown.len() < MAX_SHOWN && shown.iter().all(|other| other.name != one.name) {
                shown.push(one);
            }
        }
        shown
    }

    /// A reference by constant keys, which is evaluated without any step.
    fn read_shown(&self, term: &Term, before: &BTreeSet<Slot>) -> Option<Shown> {
        let (name, expr, is_given_here, part_of) = match term {
            Term::Input(steps) => {
                let keys = keys(steps)?;
                let id = self.known_input(&keys)?;
                (format!("input{}", written(&keys)), Expr::Input(id), false, None)
            }
            Term::Data(steps) => {
                let keys = keys(steps)?;
                let (rule, n_steps) = self.rule_on(&keys)?;
                let (path, rest) = keys.split_at_checked(n_steps)?;
                let name = self.rule_name(path) + &written(rest);
                (name, below(Expr::Rule(rule), rest), false, None)
            }
            Term::Reference(base, steps) => {
                let Term::Local(slot) = base.as_ref() else { return None };
                let whole = self.names.local(*slot)?;
                if !self.frame.bound.contains(slot) {
                    return None;
                }
                let keys = keys(steps)?;
                let name = format!("{whole}{}", written(&keys));
                let expr = below(Expr::Slot(*slot), &keys);
                (name, expr, !before.contains(slot), Some(Arc::clone(whole)))
            }
            Term::Constant(_)
            | Term::Local(_)
            | Term::Wildcard
            | Term::Call(_)
            | Term::Array(_)
            | Term::Set(_)
            | Term::Object(_)
            | Term::Comprehension(_) => return None,
        };
        let name = Arc::from(name);
        Some(Shown { name, expr, is_given_here, explains_failure: false, part_of })
    }

    /// The number of an input path that the statement has been compiled with.
    fn known_input(&self, keys: &[Arc<str>]) -> Option<u32> {
        keys.iter().try_fold(0, |here, key| self.input_ids.get(&(here, Arc::clone(key))).copied())
    }

    /// The rule whose value a path leads to, or into.
    fn rule_on(&self, keys: &[Arc<str>]) -> Option<(RuleId, usize)> {
        let (node, n_steps) = self.program.descend(keys.iter().map(AsRef::as_ref));
        let node = self.program.node(node).filter(|node| node.children.is_empty())?;
        Some((node.rule?, n_steps))
    }

    /// As the definition's own package calls it.
    fn rule_name(&self, path: &[Arc<str>]) -> String {
        match path.strip_prefix(self.names.package.as_slice()) {
            Some(own @ [first, ..]) => {
                format!("{first}{}", written(own.get(1..).unwrap_or_default()))
            }
            Some([]) | None => format!("data{}", written(path)),
        }
    }
}

fn below(base: Expr, keys: &[Arc<str>]) -> Expr {
    if keys.is_empty() {
        return base;
    }
    let constant = |key: &Arc<str>| Expr::Constant(Value::String(Arc::clone(key)));
    Expr::Path(Box::new(base), keys.iter().map(constant).collect())
}

fn keys(steps: &[Term]) -> Option<Vec<Arc<str>>> {
    let key = |step: &Term| {
        if let Term::Constant(Value::String(key)) = step { Some(Arc::clone(key)) } else { None }
    };
    steps.iter().map(key).collect()
}

/// `.a["b-c"]`.
fn written(keys: &[Arc<str>]) -> String {
    let is_name = |key: &str| {
        key.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let mut out = String::new();
    for key in keys {
        if is_name(key) {
            out.push('.');
            out.push_str(key);
        } else {
            let _infallible = write!(out, "[{}]", Value::String(Arc::clone(key)));
        }
    }
    out
}

impl<'t> Named<'t> {
    fn literal(&mut self, literal: &'t Literal) {
        match &literal.kind {
            LiteralKind::Expression(term) => self.term(term),
            LiteralKind::Unify(left, right) => {
                self.term(left);
                self.term(right);
            }
            LiteralKind::Not(body) => {
                for literal in body {
                    self.literal(literal);
                }
            }
            LiteralKind::SomeIn { key, value, collection } => {
                self.collection = Some(collection);
                for term in key.iter().chain([value, collection]) {
                    self.term(term);
                }
            }
            LiteralKind::Every { domain, body, .. } => {
                self.term(domain);
                self.inside(|named| body.iter().for_each(|literal| named.literal(literal)));
            }
        }
    }

    /// What stands in a body of its own is read there; only its locals say something outside.
    fn inside(&mut self, visit: impl FnOnce(&mut Self)) {
        let n_reads = self.reads.len();
        visit(self);
        self.reads.truncate(n_reads);
    }

    fn terms(&mut self, terms: impl IntoIterator<Item = &'t Term>) {
        for term in terms {
            self.term(term);
        }
    }

    fn term(&mut self, term: &'t Term) {
        match term {
            Term::Constant(_) | Term::Wildcard => {}
            Term::Local(slot) => self.locals.push(*slot),
            Term::Input(steps) | Term::Data(steps) => {
                self.reads.push(term);
                self.terms(steps);
            }
            Term::Reference(base, steps) => {
                self.reads.push(term);
                self.term(base);
                self.terms(steps);
            }
            Term::Call(call) => self.terms(&call.arguments),
            Term::Array(items) | Term::Set(items) => self.terms(items),
            Term::Object(entries) => self.terms(entries.iter().flat_map(|(k, v)| [k, v])),
            Term::Comprehension(comprehension) => self.inside(|named| {
                for literal in &comprehension.body {
                    named.literal(literal);
                }
                match &comprehension.collects {
                    Collects::Array(value) | Collects::Set(value) => named.term(value),
                    Collects::Object(key, value) => named.terms([key, value]),
                }
            }),
        }
    }
}
