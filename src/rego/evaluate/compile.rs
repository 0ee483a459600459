//! Resolved modules to a program.

mod body;
mod reference;
mod required;
mod shown;
mod term;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use crate::domain::value::Value;
use crate::rego::ir::{self, RuleKind, Slot, Span, Unit};

use super::index;
use super::inspect;
use super::program::{
    Body, Branch, Definition, Expr, MemoId, Node, NodeId, Op, Point, PointKind, Program, Refusal,
    Rule, RuleId, Step,
};
use super::sight::Shown;
use super::switches::Switches;
use required::{Frequencies, Needs};
use shown::Names;

/// A part of a program, or why there is none.
type Compiled<T> = Result<T, Refusal>;

/// Compiles modules over base documents.
///
/// It never fails as a whole: a rule that does not compile is listed in [`Program::refusals`], and evaluating it is an
/// error.
pub(super) fn program(unit: &Unit, data: Value, switches: Switches) -> Program {
    let mut compiler = Compiler::new(unit, data.indexed(), switches);
    for rule in &unit.rules {
        compiler.rule(rule);
    }
    let mut program = compiler.program;
    program.base_values = base_values(&program);
    program
}

/// What each base path leads to; parents come before their children.
pub(super) fn base_values(program: &Program) -> Vec<Option<Value>> {
    let mut values = vec![Some(program.data.clone())];
    for step in program.bases.iter().skip(1) {
        let parent = values.get(step.parent as usize).and_then(Option::as_ref);
        values.push(parent.and_then(|parent| parent.get(&step.key)).cloned());
    }
    values
}

/// By what is joined and the path by which: the number of the join, and of its collection where that is a base document.
type JoinIds = BTreeMap<(index::Named, Vec<Arc<str>>), (MemoId, Option<u32>)>;

struct Compiler {
    program: Program,
    input_ids: BTreeMap<(u32, Arc<str>), u32>,
    base_ids: BTreeMap<(u32, Arc<str>), u32>,
    /// The numbers of the joins over a collection by a path.
    join_ids: JoinIds,
    /// The functions that a `with` somewhere replaces.
    replaced: BTreeSet<ir::Callee>,
    packages: BTreeSet<ir::Path>,
    frame: Frame,
    /// What the definition that is being compiled calls things; empty where values are not kept.
    names: Names,
    /// Where the literal stands that is being compiled.
    span: Span,
}

/// What is known at one place in a definition.
#[derive(Clone, Default)]
struct Frame {
    bound: BTreeSet<Slot>,
    /// Rules that have been evaluated when this place is reached.
    ready: BTreeSet<RuleId>,
}

impl Compiler {
    fn new(unit: &Unit, data: Value, switches: Switches) -> Self {
        let root = || Step { parent: 0, key: Arc::from("") };
        let mut compiler = Self {
            program: Program {
                data,
                files: unit.files.clone(),
                rules: Vec::new(),
                nodes: vec![Node::default()],
                inputs: vec![root()],
                bases: vec![root()],
                base_values: Vec::new(),
                n_memos: 0,
                joins: Vec::new(),
                points: Vec::new(),
                shown: Vec::new(),
                refusals: Vec::new(),
                switches,
            },
            input_ids: BTreeMap::new(),
            base_ids: BTreeMap::new(),
            join_ids: BTreeMap::new(),
            replaced: inspect::replaced_functions(unit),
            packages: unit.packages.iter().cloned().collect(),
            frame: Frame::default(),
            names: Names::default(),
            span: Span::default(),
        };
        for package in &unit.packages {
            compiler.node_at(package);
        }
        for rule in &unit.rules {
            compiler.declare(rule);
        }
        compiler
    }

    /// Gives the rule its number and its place in the tree, before any body is compiled.
    fn declare(&mut self, rule: &ir::Rule) {
        let id = number(self.program.rules.len());
        let node = self.node_at(&rule.path);
        if let Some(node) = self.program.nodes.get_mut(node as usize) {
            node.rule = Some(id);
        }
        self.program.rules.push(Rule {
            name: format!("data.{}", rule.path.join(".")),
            node,
            kind: rule.kind,
            definitions: Vec::new(),
            default: None,
            settled_by_first: false,
            remembered: false,
            dispatch: None,
            refusal: None,
            span: rule.span,
        });
    }

    fn node_at(&mut self, path: &[Arc<str>]) -> NodeId {
        let mut here = 0;
        for (n_steps, step) in path.iter().enumerate() {
            let next = number(self.program.nodes.len());
            let Some(node) = self.program.nodes.get_mut(here as usize) else { break };
            here = *node.children.entry(Arc::clone(step)).or_insert(next);
            if here == next {
                let path = path.iter().take(n_steps + 1).cloned().collect();
                self.program.nodes.push(Node { path, ..Node::default() });
            }
        }
        here
    }

    fn rule(&mut self, rule: &ir::Rule) {
        let Some(id) = self.rule_at(&rule.path) else { return };
        let compiled = self.definitions(rule);
        let switches = self.program.switches;
        let n_refusals = number(self.program.refusals.len());
        let Some(target) = self.program.rules.get_mut(id as usize) else { return };
        match compiled {
            Ok((definitions, default)) => {
                target.settled_by_first =
                    switches.early_exit && settled_by_first(definitions.iter());
                target.remembered = switches.remembered_calls
                    && matches!(rule.kind, RuleKind::Function { .. })
                    && definitions.iter().any(inspect::is_costly);
                if switches.dispatch {
                    target.dispatch = index::dispatch(&definitions);
                }
                (target.definitions, target.default) = (definitions, default);
            }
            Err(refusal) => {
                target.refusal = Some(n_refusals);
                self.program.refusals.push(refusal);
            }
        }
    }

    fn definitions(&mut self, rule: &ir::Rule) -> Compiled<(Vec<Definition>, Option<Definition>)> {
        let mut order = Frequencies::default();
        let needs: Vec<Vec<Needs>> =
            rule.definitions.iter().map(|it| self.needs_of(it, rule.kind, &mut order)).collect();
        order.sort();
        let mut ranked = Vec::with_capacity(needs.len());
        for (source, needs) in rule.definitions.iter().zip(&needs) {
            let rank = needs.iter().map(|needs| needs.rank(&order)).min();
            if self.program.switches.values {
                self.names = Names::of(source, self.package_of(rule));
            }
            ranked.push((rank, self.definition(source, rule.kind, needs, &order)?));
        }
        // Where the first solution settles the value, it matters which definition comes first.
        if self.program.switches.early_exit
            && settled_by_first(ranked.iter().map(|(_, definition)| definition))
        {
            ranked.sort_by(|(one, _), (other, _)| one.cmp(other));
        }
        let definitions = ranked.into_iter().map(|(_, definition)| definition).collect();
        let default = rule.default.as_ref();
        let default = default.map(|it| self.definition(it, rule.kind, &[], &order)).transpose()?;
        Ok((definitions, default))
    }

    /// What the rule index asks of each branch; nothing where everything is evaluated as it is written.
    fn needs_of(
        &self,
        source: &ir::Definition,
        kind: RuleKind,
        order: &mut Frequencies,
    ) -> Vec<Needs> {
        let Switches { tests_first, coverage, .. } = self.program.switches;
        if !tests_first || coverage {
            return Vec::new();
        }
        let branches = source.branches.iter();
        branches.map(|branch| self.needs(branch, arity(kind), order)).collect()
    }

    fn definition(
        &mut self,
        source: &ir::Definition,
        kind: RuleKind,
        needs: &[Needs],
        order: &Frequencies,
    ) -> Compiled<Definition> {
        let arity = arity(kind);
        let mut slots = source.slots.max(arity);
        let mut branches = Vec::new();
        for (index, branch) in source.branches.iter().enumerate() {
            self.frame = Frame { bound: (0..arity).collect(), ready: BTreeSet::new() };
            let mut scope = Scope { slots, ops: Vec::new() };
            self.span = source.head;
            for (parameter, slot) in source.parameters.iter().zip(0..) {
                self.parameter(parameter, slot, &mut scope)?;
            }
            let mut branch = self.branch(source, branch, arity, &mut scope)?;
            if let Some(needs) = needs.get(index) {
                let mut body = self.guards(needs, order, &mut scope)?;
                body.append(&mut branch.body);
                branch.body = body;
            }
            branches.push(branch);
            slots = scope.slots;
        }
        Ok(Definition { slots, branches })
    }

    fn branch(
        &mut self,
        source: &ir::Definition,
        branch: &ir::Branch,
        arity: Slot,
        scope: &mut Scope,
    ) -> Compiled<Branch> {
        self.body(&branch.body, scope)?;
        self.span = branch.span;
        let keys = self.exprs(&source.keys, scope)?;
        let (term, is_element) = match &branch.value {
            ir::Head::Value(term) => (term, false),
            ir::Head::Element(term) => (term, true),
        };
        let value = self.expr(term, scope)?;
        let head = if branch.body.is_empty() { branch.span } else { source.head };
        let point = self.cover(Point { span: head, kind: PointKind::Head }, scope);
        if self.program.switches.values {
            let terms: Vec<&ir::Term> = source.keys.iter().chain([term]).collect();
            self.show(point, self.shown_of_head(&terms));
        }
        let mut body = std::mem::take(&mut scope.ops);
        if self.program.switches.tests_first && !self.program.switches.coverage {
            index::tests_first(&mut body, arity);
        }
        Ok(Branch { body, keys, value, is_element, span: branch.span })
    }

    /// Counts this place, when coverage is asked for.
    fn cover(&mut self, point: Point, scope: &mut Scope) -> Option<u32> {
        if !self.program.switches.coverage {
            return None;
        }
        let id = number(self.program.points.len());
        scope.ops.push(Op::Cover(id));
        self.program.points.push(point);
        Some(id)
    }

    /// Shows values beside a counted place.
    fn show(&mut self, point: Option<u32>, shown: Vec<Shown>) {
        let Some(point) = point.filter(|_| !shown.is_empty()) else { return };
        let n_points = self.program.points.len();
        self.program.shown.resize_with(n_points, Vec::new);
        if let Some(place) = self.program.shown.get_mut(point as usize) {
            *place = shown;
        }
    }

    /// The innermost package that a rule stands in.
    fn package_of(&self, rule: &ir::Rule) -> ir::Path {
        let lengths = (0..rule.path.len()).rev();
        let mut prefixes = lengths.filter_map(|length| rule.path.get(..length));
        let package = prefixes.find(|prefix| self.packages.contains(*prefix));
        package.unwrap_or_default().to_vec()
    }

    fn rule_at(&self, path: &[Arc<str>]) -> Option<RuleId> {
        let (node, n_steps) = self.program.descend(path.iter().map(AsRef::as_ref));
        if n_steps < path.len() { None } else { self.program.node(node)?.rule }
    }

    fn memo(&mut self) -> MemoId {
        self.program.n_memos += 1;
        self.program.n_memos - 1
    }

    /// A join's number among those that all threads share.
    fn shared_join(&mut self) -> u32 {
        self.program.joins.push(OnceLock::new());
        number(self.program.joins.len() - 1)
    }

    fn refuse<T>(&self, message: impl Into<String>) -> Compiled<T> {
        Err(Refusal { message: message.into(), span: self.span })
    }
}

/// Where steps go while a body is compiled, and the slots that its frame has.
struct Scope {
    slots: u32,
    ops: Body,
}

impl Scope {
    fn slot(&mut self) -> Slot {
        self.slots += 1;
        self.slots - 1
    }
}

fn settled_by_first<'d>(definitions: impl Iterator<Item = &'d Definition>) -> bool {
    let mut values = definitions.flat_map(|it| &it.branches).map(|branch| &branch.value);
    let Some(first @ Expr::Constant(_)) = values.next() else { return false };
    values.all(|value| value == first)
}

fn arity(kind: RuleKind) -> Slot {
    if let RuleKind::Function { arity } = kind { number(arity) } else { 0 }
}

/// Programs never have as many parts as 32 bits count: sources are bounded.
fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
