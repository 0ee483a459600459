//! What OPA's rule index asks of a definition before any of it is evaluated.
//!
//! A definition of which a part cannot hold is not evaluated at all, wherever in the body that part stands: an error
//! before it never happens. Which parts these are decides whether the answer is an error, so they are OPA's.
//!
//! Source: OPA 1.20, `ast/index.go`, and the rewriting of dynamic terms in `ast/compile.go`.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the index knows a few forms of terms and values, and leaves all others alone"
)]

mod collector;

use collector::Collector;

use crate::domain::value::Value;
use crate::rego::ir::{
    Branch, Callee, Collects, Head, Literal, LiteralKind, Replacement, Slot, Span, Term,
};

use super::super::program::{Admitted, Expr, Guard, Op};
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
    /// An array with these items; anything may stand where none is named.
    Array(Vec<Option<Value>>),
    /// A collection that the index does not look into.
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

    /// Whether another one that looks the same is the same: not where it has parts that are not looked at.
    fn is_exact(&self) -> bool {
        match self {
            Self::Array(items) => items.iter().all(Option::is_some),
            Self::Composite => false,
            Self::Anything | Self::Local(_) | Self::Scalar(_) => true,
        }
    }

    /// What the place must be; `None` where it is enough that something is there.
    fn admitted(&self) -> Option<Admitted> {
        match self {
            Self::Scalar(value) => Some(Admitted::Scalar(value.clone())),
            Self::Array(items) => Some(Admitted::Array(items.clone())),
            Self::Anything | Self::Local(_) | Self::Composite => None,
        }
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
    fn guards<'n>(&'n self, order: &'n Frequencies) -> Vec<(&'n Place, Vec<Admitted>)> {
        let mut guards = Vec::new();
        if !self.0.iter().any(|need| need.is_late) {
            return guards;
        }
        for (place, ..) in &order.0 {
            let wanted: Vec<&Wanted> = self.of(place).collect();
            if wanted.is_empty() {
                continue;
            }
            let among: Option<Vec<Admitted>> =
                wanted.iter().map(|wanted| wanted.admitted()).collect();
            guards.push((place, among.unwrap_or_default()));
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
            constants: std::collections::BTreeMap::new(),
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
