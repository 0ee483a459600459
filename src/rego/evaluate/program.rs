//! The compiled program: immutable, shared by all threads, with a number for everything that is looked up.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use crate::domain::value::Value;
use crate::rego::builtin::Builtin;
use crate::rego::ir::{Path, RuleKind, Slot, Span};

use super::direct::Direct;
use super::guard::Guard;
use super::index::{Dispatch, Joined};
use super::sight::Shown;
use super::switches::Switches;

/// The number of a rule.
pub(super) type RuleId = u32;
/// The number of a node in the tree of packages and rules.
pub(super) type NodeId = u32;
/// The number of a thing that is remembered for as long as the input stays: an input path, a comprehension, a join.
pub(super) type MemoId = u32;

/// A revision's modules, compiled together with its base documents.
#[derive(Debug)]
pub struct Program {
    /// The base documents.
    pub(super) data: Value,
    pub(super) files: Vec<Arc<str>>,
    pub(super) rules: Vec<Rule>,
    /// The first one is `data` itself.
    pub(super) nodes: Vec<Node>,
    /// The first one is `input` itself.
    pub(super) inputs: Vec<Step>,
    /// The first one is `data` itself; only paths on which no rule stands.
    pub(super) bases: Vec<Step>,
    /// What the base paths lead to while nothing replaces `data`.
    pub(super) base_values: Vec<Option<Value>>,
    /// How many comprehensions and functions' results may be remembered.
    pub(super) n_memos: u32,
    /// Joins over base documents and constants, made when first needed.
    pub(super) joins: Vec<OnceLock<Joined>>,
    /// What coverage counts.
    pub(super) points: Vec<Point>,
    /// By point: what a trace shows beside it; nothing where values are not kept.
    pub(super) shown: Vec<Vec<Shown>>,
    pub(super) refusals: Vec<Refusal>,
    pub(super) switches: Switches,
}

/// A rule whose value stands alone at its path: no rule below it, no base document beside it, no function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry(pub(super) RuleId);

/// A place that coverage counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// Where it stands.
    pub span: Span,
    /// What stands there.
    pub kind: PointKind,
}

/// What coverage counts at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointKind {
    /// The head of a branch, reached where the body holds.
    Head,
    /// A statement that gives values to variables.
    Statement,
    /// A statement that asks: it holds or it does not, and tests should see both.
    Condition,
}

/// A rule that does not compile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why, and what was expected.
    pub message: String,
    /// Where.
    pub span: Span,
}

/// One key below an earlier path of the same table.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) parent: u32,
    pub(super) key: Arc<str>,
}

/// A place under `data` where a package or a rule stands or leads to one.
#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) path: Path,
    pub(super) children: BTreeMap<Arc<str>, NodeId>,
    pub(super) rule: Option<RuleId>,
}

/// Everything at one constant path.
#[derive(Debug)]
pub(super) struct Rule {
    /// `data.a.b`, for messages.
    pub(super) name: String,
    pub(super) node: NodeId,
    pub(super) kind: RuleKind,
    pub(super) definitions: Vec<Definition>,
    pub(super) default: Option<Definition>,
    /// Whether all definitions give the same constant, so that the first solution settles it.
    pub(super) settled_by_first: bool,
    /// Whether calls are worth remembering by their arguments.
    pub(super) remembered: bool,
    pub(super) dispatch: Option<Dispatch>,
    /// Why it cannot be evaluated.
    pub(super) refusal: Option<u32>,
    pub(super) span: Span,
}

/// One definition with its `else` branches.
#[derive(Debug)]
pub(super) struct Definition {
    pub(super) slots: u32,
    pub(super) branches: Vec<Branch>,
}

/// One body with its head.
#[derive(Debug)]
pub(super) struct Branch {
    pub(super) body: Body,
    /// The dynamic steps of an object's head.
    pub(super) keys: Vec<Expr>,
    pub(super) value: Expr,
    pub(super) is_element: bool,
    pub(super) span: Span,
}

/// Steps that must all succeed, one after the other.
pub(super) type Body = Vec<Op>;

/// One step of a body.
#[derive(Debug)]
pub(super) enum Op {
    /// Fails where the expression is undefined.
    Bind(Slot, Expr),
    /// Fails where the expression is undefined or false.
    Test(Expr),
    /// Fails where OPA's rule index leaves the definition out.
    Guard(Box<Guard>),
    /// Fails where the expression is undefined or does not match.
    Match(Pattern, Expr),
    /// Evaluates a rule into its memo; fails where it is undefined.
    Rule(RuleId, Span),
    /// One solution for each member.
    Iterate(Box<Iterate>),
    /// One solution for each path and value inside.
    Walk(Box<(Expr, Pattern)>),
    /// Reads through packages and rules; one solution for each way.
    Read(Box<Read>),
    /// Fails where the answer is undefined.
    Call(Box<Call>),
    /// Never fails.
    Collect(Box<Collect>),
    Not(Body),
    Every(Box<Every>),
    With(Box<With>),
    /// What follows up to the same number's [`Op::Held`] is a statement that coverage counts; alone it is a head.
    Cover(u32),
    Held(u32),
}

#[derive(Debug)]
pub(super) struct Iterate {
    pub(super) collection: Expr,
    pub(super) key: Pattern,
    pub(super) value: Pattern,
    /// Members are found by what the following test compares them with.
    pub(super) join: Option<Join>,
}

/// `member.path == probe`, the test that follows an iteration.
#[derive(Debug)]
pub(super) struct Join {
    pub(super) path: Vec<Arc<str>>,
    pub(super) probe: Expr,
    pub(super) memo: MemoId,
    /// Index in [`Program::joins`] where the collection never changes.
    pub(super) shared: Option<u32>,
}

#[derive(Debug)]
pub(super) struct Read {
    pub(super) node: NodeId,
    pub(super) keys: Vec<Pattern>,
    pub(super) slot: Slot,
    pub(super) span: Span,
}

#[derive(Debug)]
pub(super) struct Call {
    pub(super) callee: Callee,
    pub(super) arguments: Vec<Expr>,
    pub(super) slot: Slot,
    pub(super) span: Span,
    /// Whether a `with` somewhere replaces it.
    pub(super) is_replaceable: bool,
    /// How it is answered without calling the function.
    pub(super) direct: Option<Direct>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Callee {
    Rule(RuleId),
    Builtin(&'static Builtin),
}

#[derive(Debug)]
pub(super) struct Collect {
    pub(super) what: Collection,
    pub(super) body: Body,
    pub(super) slot: Slot,
    /// Where it depends on no local outside.
    pub(super) memo: Option<MemoId>,
    pub(super) span: Span,
}

#[derive(Debug)]
pub(super) enum Collection {
    Array(Expr),
    Set(Expr),
    Object(Expr, Expr),
}

#[derive(Debug)]
pub(super) struct Every {
    pub(super) domain: Expr,
    pub(super) key: Option<Slot>,
    pub(super) value: Slot,
    pub(super) body: Body,
}

#[derive(Debug)]
pub(super) struct With {
    pub(super) replacements: Vec<(Target, Replacement)>,
    pub(super) body: Body,
    /// The slots that the body binds.
    pub(super) binds: Vec<Slot>,
    pub(super) span: Span,
}

#[derive(Debug)]
pub(super) enum Target {
    Input(Path),
    Data(Path),
    Rule(RuleId),
    Builtin(&'static Builtin),
}

#[derive(Debug)]
pub(super) enum Replacement {
    Value(Expr),
    Function(Callee),
}

/// An expression without effects, which may borrow its result.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expr {
    Constant(Value),
    Slot(Slot),
    Input(MemoId),
    Base(MemoId),
    /// After [`Op::Rule`].
    Rule(RuleId),
    Path(Box<Self>, Vec<Self>),
    Array(Vec<Self>),
    Set(Vec<Self>),
    Object(Vec<(Self, Self)>),
    Compare(Comparison, Box<(Self, Self)>),
    /// `value in collection`.
    Member(Box<(Self, Self)>),
    /// `key, value in collection`.
    MemberAt(Box<(Self, Self, Self)>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// What a value is matched with.
#[derive(Debug)]
pub(super) enum Pattern {
    Any,
    Bind(Slot),
    Equal(Expr),
    Array(Vec<Self>),
    Object(Vec<(Expr, Self)>),
}

impl Program {
    /// The rules that do not compile.
    pub fn refusals(&self) -> &[Refusal] {
        &self.refusals
    }

    /// The base documents that it was compiled with.
    pub const fn data(&self) -> &Value {
        &self.data
    }

    /// The names of the files which spans count.
    pub fn files(&self) -> &[Arc<str>] {
        &self.files
    }

    /// What coverage counts: literals, and heads of branches.
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// Looks up the rule at a path below `data`.
    pub fn entry<'a>(&self, path: impl Iterator<Item = &'a str> + Clone) -> Option<Entry> {
        let (node, n_steps) = self.descend(path.clone());
        let node = self.node(node).filter(|node| node.children.is_empty())?;
        let rule = self.rule(node.rule?)?;
        let is_function = matches!(rule.kind, RuleKind::Function { .. });
        let base = path.clone().try_fold(&self.data, |here, key| here.get(key));
        let stands_alone = n_steps == path.count() && !is_function && base.is_none();
        node.rule.filter(|_| stands_alone).map(Entry)
    }

    pub(super) fn rule(&self, id: RuleId) -> Option<&Rule> {
        self.rules.get(id as usize)
    }

    pub(super) fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id as usize)
    }

    /// The node at a path below `data`, and how many steps lead there.
    pub(super) fn descend<'a>(&self, path: impl Iterator<Item = &'a str>) -> (NodeId, usize) {
        let (mut node, mut n_steps) = (0, 0);
        for step in path {
            let Some(child) = self.node(node).and_then(|node| node.children.get(step)) else {
                break;
            };
            node = *child;
            n_steps += 1;
        }
        (node, n_steps)
    }
}

impl Expr {
    /// Whether `found` holds for this expression or one inside it.
    pub(super) fn any(&self, found: &mut dyn FnMut(&Self) -> bool) -> bool {
        if found(self) {
            return true;
        }
        match self {
            Self::Constant(_) | Self::Slot(_) | Self::Input(_) | Self::Base(_) | Self::Rule(_) => {
                false
            }
            Self::Path(base, steps) => base.any(found) || steps.iter().any(|step| step.any(found)),
            Self::Array(items) | Self::Set(items) => items.iter().any(|item| item.any(found)),
            Self::Object(entries) => {
                entries.iter().any(|(key, value)| key.any(found) || value.any(found))
            }
            Self::Compare(_, sides) | Self::Member(sides) => {
                sides.0.any(found) || sides.1.any(found)
            }
            Self::MemberAt(sides) => sides.0.any(found) || sides.1.any(found) || sides.2.any(found),
        }
    }

    /// Whether it reads a slot that `chosen` chooses.
    pub(super) fn reads(&self, chosen: &dyn Fn(Slot) -> bool) -> bool {
        self.any(&mut |expr| matches!(expr, Self::Slot(slot) if chosen(*slot)))
    }
}
