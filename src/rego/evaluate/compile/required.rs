//! What OPA's rule index asks of a definition before any of it is evaluated.
//!
//! A definition of which a part cannot hold is not evaluated at all, wherever in the body that part stands: an error
//! before it never happens. Which parts these are decides whether the answer is an error, so they are OPA's.
//!
//! Source: OPA 1.20, `ast/index.go`, and the rewriting of dynamic terms in `ast/compile.go`.

use std::collections::BTreeMap;

use crate::domain::value::Value;
use crate::rego::ir::{
    Branch, Callee, Collects, Head, Literal, LiteralKind, Replacement, Slot, Span, Term,
};

use super::super::program::{Expr, Guard, Op};
use super::{Compiled, Compiler, Scope};

/// A constant path below `input` or a base document, or an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Root {
    Input,
    Base,
    Argument(Slot),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    root: Root,
    path: Vec<Value>,
}

/// What must stand at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Wanted {
    Anything,
    /// What a local is bound to.
    Local(Slot),
    /// This, or a collection with it.
    Scalar(Value),
    /// What we do not look at before.
    Composite,
}

#[derive(Clone, Debug)]
struct Need {
    at: Place,
    wanted: Wanted,
    /// Whether something before it can end in an error.
    is_late: bool,
}

/// What a branch asks, in OPA's order.
#[derive(Debug, Default)]
pub(super) struct Needs(Vec<Need>);

/// How often the branches of a rule ask for each place, and where first.
#[derive(Debug, Default)]
pub(super) struct Frequencies(Vec<(Place, usize, Span)>);

impl Frequencies {
    fn count(&mut self, place: &Place, span: Span) {
        match self.0.iter_mut().find(|(known, ..)| known == place) {
            Some((_, n_uses, first)) => {
                *n_uses += 1;
                *first = span.min(*first);
            }
            None => self.0.push((place.clone(), 1, span)),
        }
    }

    /// The most frequent first.
    pub(super) fn sort(&mut self) {
        self.0.sort_by_key(|(_, n_uses, first)| (std::cmp::Reverse(*n_uses), *first));
    }
}

impl Wanted {
    fn is_open(&self) -> bool {
        matches!(self, Self::Anything | Self::Local(_))
    }
}

/// Behind a place with several values the index looks at no other.
fn is_last(wanted: &[&Wanted]) -> bool {
    wanted.len() > 1 && !wanted.iter().any(|wanted| wanted.is_open())
}

impl Needs {
    /// Where the index finds the branch: branches with a lower rank are found first.
    pub(super) fn rank(&self, order: &Frequencies) -> Vec<u8> {
        let mut rank = Vec::new();
        if self.0.is_empty() {
            return rank;
        }
        for (place, ..) in &order.0 {
            let wanted: Vec<&Wanted> = self.of(place).collect();
            let is_open = wanted.iter().any(|wanted| wanted.is_open());
            rank.push(if wanted.is_empty() {
                0
            } else if is_open {
                1
            } else {
                2
            });
            if is_last(&wanted) {
                break;
            }
        }
        rank
    }

    fn of<'n>(&'n self, place: &'n Place) -> impl Iterator<Item = &'n Wanted> {
        self.0.iter().filter(move |need| need.at == *place).map(|need| &need.wanted)
    }

    /// What must be asked before the body is evaluated: what the body asks itself too late.
    fn guards<'n>(&'n self, order: &'n Frequencies) -> Vec<(&'n Place, Vec<Value>)> {
        let mut guards = Vec::new();
        if !self.0.iter().any(|need| need.is_late) {
            return guards;
        }
        for (place, ..) in &order.0 {
            let wanted: Vec<&Wanted> = self.of(place).collect();
            if wanted.is_empty() {
                continue;
            }
            let values: Option<Vec<Value>> =
                wanted
                    .iter()
                    .map(|wanted| {
                        if let Wanted::Scalar(value) = wanted { Some(value.clone()) } else { None }
                    })
                    .collect();
            guards.push((place, values.unwrap_or_default()));
            if is_last(&wanted) {
                break;
            }
        }
        guards
    }
}

impl Compiler {
    /// What the index asks of a branch.
    pub(super) fn needs(&self, branch: &Branch, arity: Slot, order: &mut Frequencies) -> Needs {
        let mut collector = Collector {
            compiler: self,
            arity,
            needs: Vec::new(),
            constants: BTreeMap::new(),
            order,
            span: branch.span,
            may_have_failed: false,
        };
        for literal in &branch.body {
            collector.literal(literal);
        }
        let (Head::Value(term) | Head::Element(term)) = &branch.value;
        collector.parts(term);
        Needs(collector.needs)
    }

    /// The steps that ask it, to stand before all others.
    pub(super) fn guards(
        &mut self,
        needs: &Needs,
        order: &Frequencies,
        scope: &mut Scope,
    ) -> Compiled<Vec<Op>> {
        let mut guards = Vec::new();
        for (place, among) in needs.guards(order) {
            let steps: Vec<Term> = place.path.iter().cloned().map(Term::Constant).collect();
            let on = match place.root {
                Root::Input => self.input(&steps, scope)?,
                Root::Base => self.data(&steps, scope)?,
                Root::Argument(slot) => Expr::Slot(slot),
            };
            guards.push(Op::Guard(Box::new(Guard { on, among })));
        }
        Ok(guards)
    }

    /// Whether no package and no rule stands at the path or above its end.
    fn is_base(&self, path: &[Value]) -> bool {
        let mut here = 0;
        for step in path {
            let Some(node) = self.program.node(here) else { return false };
            if node.rule.is_some() {
                return false;
            }
            let Some(child) = step.as_str().and_then(|step| node.children.get(step)) else {
                return true;
            };
            here = *child;
        }
        false
    }

    /// Whether evaluating the term may end in an error.
    fn may_fail(&self, term: &Term) -> bool {
        match term {
            Term::Constant(_) | Term::Local(_) | Term::Wildcard => false,
            Term::Input(steps) | Term::Array(steps) | Term::Set(steps) => {
                steps.iter().any(|step| self.may_fail(step))
            }
            Term::Data(steps) => constants(steps).is_none_or(|path| !self.is_base(&path)),
            Term::Reference(base, steps) => {
                self.may_fail(base) || steps.iter().any(|step| self.may_fail(step))
            }
            Term::Call(call) => {
                !is_comparison(&call.callee) || call.arguments.iter().any(|it| self.may_fail(it))
            }
            Term::Object(entries) => {
                entries.iter().any(|(key, value)| self.may_fail(key) || self.may_fail(value))
            }
            Term::Comprehension(comprehension) => match &comprehension.collects {
                Collects::Array(term) | Collects::Set(term) => {
                    self.may_fail(term)
                        || comprehension.body.iter().any(|it| self.literal_may_fail(it))
                }
                Collects::Object(..) => true,
            },
        }
    }

    fn literal_may_fail(&self, literal: &Literal) -> bool {
        let with = literal.with.iter().any(|with| match &with.value {
            Replacement::Value(term) => self.may_fail(term),
            Replacement::Function(_) => true,
        });
        with || match &literal.kind {
            LiteralKind::Expression(term) => self.may_fail(term),
            LiteralKind::Unify(left, right) => self.may_fail(left) || self.may_fail(right),
            LiteralKind::Not(body) => body.iter().any(|literal| self.literal_may_fail(literal)),
            LiteralKind::SomeIn { key, value, collection } => {
                key.iter().chain([value, collection]).any(|term| self.may_fail(term))
            }
            LiteralKind::Every { domain, body, .. } => {
                self.may_fail(domain) || body.iter().any(|literal| self.literal_may_fail(literal))
            }
        }
    }
}

fn is_comparison(callee: &Callee) -> bool {
    const COMPARISONS: [&str; 8] =
        ["equal", "neq", "lt", "lte", "gt", "gte", "internal.member_2", "internal.member_3"];
    matches!(callee, Callee::Builtin(name) if COMPARISONS.contains(&name.as_ref()))
}

fn constants(steps: &[Term]) -> Option<Vec<Value>> {
    steps
        .iter()
        .map(|step| if let Term::Constant(value) = step { Some(value.clone()) } else { None })
        .collect()
}

struct Collector<'c> {
    compiler: &'c Compiler,
    arity: Slot,
    needs: Vec<Need>,
    /// What locals are assigned.
    constants: BTreeMap<Slot, Value>,
    order: &'c mut Frequencies,
    span: Span,
    may_have_failed: bool,
}

impl Collector<'_> {
    fn literal(&mut self, literal: &Literal) {
        self.span = literal.span;
        for with in &literal.with {
            if let Replacement::Value(term) = &with.value {
                self.parts(term);
            }
        }
        if literal.with.is_empty() {
            self.kind(&literal.kind);
        }
        self.may_have_failed |= self.compiler.literal_may_fail(literal);
    }

    fn kind(&mut self, kind: &LiteralKind) {
        match kind {
            LiteralKind::Expression(Term::Call(call)) => {
                let name =
                    if let Callee::Builtin(name) = &call.callee { name.as_ref() } else { "" };
                match (name, call.arguments.as_slice()) {
                    ("equal", [left, right]) => self.equal(left, right),
                    ("internal.member_2", [item, collection]) => self.member(item, collection),
                    (_, arguments) => arguments.iter().for_each(|argument| self.parts(argument)),
                }
            }
            LiteralKind::Expression(term) => {
                self.steps_of(term);
                if let Some(place) = self.place(term) {
                    self.need(place, Wanted::Anything);
                }
            }
            LiteralKind::Unify(left, right) => self.equal(left, right),
            LiteralKind::Every { domain, .. } => self.parts(domain),
            LiteralKind::SomeIn { collection, .. } => self.steps_of(collection),
            LiteralKind::Not(_) => {}
        }
    }

    /// References anywhere in a term that is computed before: they must be defined.
    fn parts(&mut self, term: &Term) {
        self.steps_of(term);
        if let Some(place) = self.place(term) {
            self.need(place, Wanted::Anything);
        }
    }

    /// The same, but for the term itself.
    fn steps_of(&mut self, term: &Term) {
        match term {
            Term::Constant(_) | Term::Local(_) | Term::Wildcard | Term::Comprehension(_) => {}
            Term::Input(items) | Term::Data(items) | Term::Array(items) | Term::Set(items) => {
                items.iter().for_each(|item| self.parts(item));
            }
            Term::Reference(base, steps) => {
                self.parts(base);
                steps.iter().for_each(|step| self.parts(step));
            }
            Term::Call(call) => {
                let was = self.may_have_failed;
                call.arguments.iter().for_each(|argument| self.parts(argument));
                self.may_have_failed = was || self.compiler.may_fail(term);
            }
            Term::Object(entries) => {
                for (key, value) in entries {
                    self.parts(key);
                    self.parts(value);
                }
            }
        }
    }

    fn equal(&mut self, left: &Term, right: &Term) {
        self.steps_of(left);
        self.steps_of(right);
        let is_done = self.wildcard(left, right) || self.wildcard(right, left);
        if !is_done && !self.one_way(left, right) {
            self.one_way(right, left);
        }
    }

    /// `input.xs[_] = "a"`: the value must be among them.
    fn wildcard(&mut self, reference: &Term, value: &Term) -> bool {
        let (Term::Input(steps) | Term::Data(steps)) = reference else { return false };
        let Some((last, before)) = steps.split_last() else { return false };
        if matches!(last, Term::Constant(_)) {
            return false;
        }
        let Some(scalar) = self.constant(value).filter(|value| value.size().is_none()) else {
            return false;
        };
        let Some(place) = self.place_of(reference, before) else { return false };
        self.need(place, Wanted::Scalar(scalar));
        true
    }

    fn constant(&self, term: &Term) -> Option<Value> {
        match term {
            Term::Constant(value) => Some(value.clone()),
            Term::Local(slot) => self.constants.get(slot).cloned(),
            _ => None,
        }
    }

    fn one_way(&mut self, side: &Term, other: &Term) -> bool {
        if let Term::Local(slot) = side {
            if let Term::Constant(value) = other {
                self.constants.insert(*slot, value.clone());
            }
            let (Some(wanted), Some(place)) = (wanted(other), self.place_of_local(*slot)) else {
                return false;
            };
            self.need(place, wanted);
            return true;
        }
        let Some(place) = self.place(side) else { return false };
        let resolved = self.constant(other).map(Term::Constant);
        let Some(wanted) = wanted(resolved.as_ref().unwrap_or(other)) else { return false };
        self.need(place, wanted);
        true
    }

    fn member(&mut self, item: &Term, collection: &Term) {
        self.parts(item);
        self.parts(collection);
        let local = |term: &Term, collector: &Self| {
            if let Term::Local(slot) = term {
                collector.place_of_local(*slot)
            } else {
                collector.place(term)
            }
        };
        if let Some(place) = local(item, self) {
            if let Some(members) = self.constant(collection) {
                let members: Vec<Value> = match &members {
                    Value::Array(items) => items.to_vec(),
                    Value::Set(set) => set.items().to_vec(),
                    object => object.pairs().map(|(_, value)| value.clone()).collect(),
                };
                for member in members {
                    let wanted = wanted(&Term::Constant(member)).unwrap_or(Wanted::Composite);
                    self.need(place.clone(), wanted);
                }
            }
            return;
        }
        let wanted = match self.constant(item) {
            Some(value) if value.size().is_none() => Wanted::Scalar(value),
            _ if matches!(item, Term::Local(_)) => Wanted::Anything,
            _ => return,
        };
        if let Some(place) = local(collection, self) {
            self.need(place, wanted);
        }
    }

    /// Where a local was read from.
    fn place_of_local(&self, slot: Slot) -> Option<Place> {
        let read = self.needs.iter().find(|need| need.wanted == Wanted::Local(slot));
        let argument =
            || (slot < self.arity).then(|| Place { root: Root::Argument(slot), path: Vec::new() });
        read.map(|need| need.at.clone()).or_else(argument)
    }

    fn place(&self, term: &Term) -> Option<Place> {
        let (Term::Input(steps) | Term::Data(steps)) = term else { return None };
        self.place_of(term, steps)
    }

    fn place_of(&self, term: &Term, steps: &[Term]) -> Option<Place> {
        let path = constants(steps)?;
        let root = if matches!(term, Term::Input(_)) { Root::Input } else { Root::Base };
        (root == Root::Input || self.compiler.is_base(&path)).then_some(Place { root, path })
    }

    fn need(&mut self, at: Place, wanted: Wanted) {
        self.order.count(&at, self.span);
        for known in self.needs.iter_mut().filter(|need| need.at == at) {
            if known.wanted == wanted && wanted != Wanted::Composite {
                return;
            }
            if known.wanted.is_open() && !wanted.is_open() {
                known.wanted = wanted;
                known.is_late |= self.may_have_failed;
                return;
            }
        }
        self.needs.push(Need { at, wanted, is_late: self.may_have_failed });
    }
}

fn wanted(term: &Term) -> Option<Wanted> {
    match term {
        Term::Constant(value) if value.size().is_none() => Some(Wanted::Scalar(value.clone())),
        Term::Constant(Value::Array(_)) | Term::Array(_) => Some(Wanted::Composite),
        Term::Local(slot) => Some(Wanted::Local(*slot)),
        // The result of a call, and what else is computed, stands in a local of its own.
        Term::Call(_) | Term::Wildcard => Some(Wanted::Anything),
        _ => None,
    }
}
