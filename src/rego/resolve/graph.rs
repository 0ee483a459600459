//! Which rule needs which, and rules that need themselves.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::merge::fault;
use crate::domain::value::Value;
use crate::rego::fault::Fault;
use crate::rego::ir::{
    Body, Callee, Collects, Definition, Head, Literal, LiteralKind, Replacement, Rule, Target,
    Term, Unit,
};
use crate::rego::syntax::Module;
use crate::rego::syntax::fault::Code;

/// So many rules that need themselves are reported, each with a way of at most so many steps.
const MAX_CYCLES: usize = 20;
const MAX_WAY: usize = 12;

/// The rules by path.
#[derive(Debug, Default)]
struct Tree {
    rule: Option<usize>,
    children: BTreeMap<Arc<str>, Tree>,
}

/// For each rule those that it may need.
pub(super) fn edges(unit: &Unit) -> Vec<Vec<usize>> {
    let mut tree = Tree::default();
    for (index, rule) in unit.rules.iter().enumerate() {
        let mut node = &mut tree;
        for step in &rule.path {
            node = node.children.entry(Arc::clone(step)).or_default();
        }
        node.rule = Some(index);
    }
    unit.rules.iter().map(|rule| needed(rule, &tree)).collect()
}

/// Reports every rule that needs itself.
pub(super) fn check(
    unit: &Unit,
    edges: &[Vec<usize>],
    modules: &[&Module],
    faults: &mut Vec<Fault>,
) {
    for (index, way) in cycles(edges) {
        let name = |index: usize| {
            unit.rules
                .get(index)
                .map_or_else(String::new, |rule| format!("data.{}", rule.path.join(".")))
        };
        let Some(rule) = unit.rules.get(index) else { continue };
        let mut way: Vec<String> = way.into_iter().map(name).collect();
        if way.len() > MAX_WAY {
            way.splice(MAX_WAY - 1..way.len() - 1, ["…".to_owned()]);
        }
        let message = format!("rule {} is recursive: {}", name(index), way.join(" -> "));
        faults.extend(fault(modules, rule.span, Code::Recursion, &message).map(|fault| {
            fault.with_help(
                "Rego has no recursion: use `walk`, `graph.reachable`, or a comprehension",
            )
        }));
    }
}

fn needed(rule: &Rule, tree: &Tree) -> Vec<usize> {
    let mut search = Search { tree, found: Vec::new() };
    for definition in rule.definitions.iter().chain(&rule.default) {
        search.definition(definition);
    }
    search.found.sort_unstable();
    search.found.dedup();
    search.found
}

struct Search<'t> {
    tree: &'t Tree,
    found: Vec<usize>,
}

impl Search<'_> {
    fn definition(&mut self, definition: &Definition) {
        let terms = definition.parameters.iter().chain(&definition.keys);
        terms.for_each(|term| self.term(term));
        for branch in &definition.branches {
            self.body(&branch.body);
            match &branch.value {
                Head::Value(term) | Head::Element(term) => self.term(term),
            }
        }
    }

    fn body(&mut self, body: &Body) {
        for literal in body {
            self.literal(literal);
        }
    }

    fn literal(&mut self, literal: &Literal) {
        for with in &literal.with {
            match &with.target {
                Target::Data(path) | Target::Function(Callee::Rule(path)) => self.path(path),
                Target::Input(_) | Target::Function(Callee::Builtin(_)) => {}
            }
            match &with.value {
                Replacement::Value(term) => self.term(term),
                Replacement::Function(Callee::Rule(path)) => self.path(path),
                Replacement::Function(Callee::Builtin(_)) => {}
            }
        }
        match &literal.kind {
            LiteralKind::Expression(term) => self.term(term),
            LiteralKind::Unify(left, right) => {
                self.term(left);
                self.term(right);
            }
            LiteralKind::Not(body) => self.body(body),
            LiteralKind::SomeIn { key, value, collection } => {
                if let Some(key) = key {
                    self.term(key);
                }
                self.term(value);
                self.term(collection);
            }
            LiteralKind::Every { domain, body, .. } => {
                self.term(domain);
                self.body(body);
            }
        }
    }

    fn path(&mut self, path: &[Arc<str>]) {
        let steps: Vec<Option<&Arc<str>>> = path.iter().map(Some).collect();
        look(self.tree, &steps, &mut self.found);
    }

    fn term(&mut self, term: &Term) {
        match term {
            Term::Constant(_) | Term::Local(_) | Term::Wildcard => {}
            Term::Data(steps) => {
                // A rule's name is a string: a constant of another type finds it by how it is printed.
                let keys: Vec<Option<Arc<str>>> = steps
                    .iter()
                    .map(|step| match step {
                        Term::Constant(Value::String(text)) => Some(Arc::clone(text)),
                        Term::Constant(other) => Some(Arc::from(other.to_string())),
                        _ => None,
                    })
                    .collect();
                let known: Vec<Option<&Arc<str>>> = keys.iter().map(Option::as_ref).collect();
                look(self.tree, &known, &mut self.found);
                for step in steps {
                    self.term(step);
                }
            }
            Term::Input(items) | Term::Array(items) | Term::Set(items) => {
                for item in items {
                    self.term(item);
                }
            }
            Term::Reference(base, steps) => {
                self.term(base);
                for step in steps {
                    self.term(step);
                }
            }
            Term::Call(call) => {
                if let Callee::Rule(path) = &call.callee {
                    self.path(path);
                }
                for argument in &call.arguments {
                    self.term(argument);
                }
            }
            Term::Object(entries) => entries.iter().for_each(|(key, value)| {
                self.term(key);
                self.term(value);
            }),
            Term::Comprehension(comprehension) => {
                self.body(&comprehension.body);
                match &comprehension.collects {
                    Collects::Array(term) | Collects::Set(term) => self.term(term),
                    Collects::Object(key, value) => {
                        self.term(key);
                        self.term(value);
                    }
                }
            }
        }
    }
}

/// The rules that a reference may reach: those on its way, and those below where it ends.
fn look(tree: &Tree, steps: &[Option<&Arc<str>>], found: &mut Vec<usize>) {
    found.extend(tree.rule);
    match steps.split_first() {
        None => {
            for child in tree.children.values() {
                look(child, &[], found);
            }
        }
        Some((Some(step), rest)) => {
            if let Some(child) = tree.children.get(*step) {
                look(child, rest, found);
            }
        }
        Some((None, rest)) => {
            for child in tree.children.values() {
                look(child, rest, found);
            }
        }
    }
}

/// Each rule on a cycle with a way back to itself; linear, by strongly connected components without recursion.
fn cycles(edges: &[Vec<usize>]) -> Vec<(usize, Vec<usize>)> {
    let component = components(edges);
    let mut found = Vec::new();
    for (index, next) in edges.iter().enumerate() {
        let same = |other: &usize| component.get(*other) == component.get(index);
        if found.len() < MAX_CYCLES && next.iter().any(same) {
            found.push((index, way_back(index, edges, &component)));
        }
    }
    found
}

/// A shortest way from `start` to itself within its component.
fn way_back(start: usize, edges: &[Vec<usize>], component: &[usize]) -> Vec<usize> {
    let mut from: BTreeMap<usize, usize> = BTreeMap::new();
    let mut queue = std::collections::VecDeque::from([start]);
    while let Some(node) = queue.pop_front() {
        for next in edges.get(node).into_iter().flatten() {
            if *next == start {
                let mut way = vec![start, node];
                while let Some(before) =
                    way.last().filter(|last| **last != start).and_then(|last| from.get(last))
                {
                    way.push(*before);
                }
                if way.last() != Some(&start) {
                    way.push(start);
                }
                way.reverse();
                return way;
            }
            if component.get(*next) == component.get(start) && !from.contains_key(next) {
                from.insert(*next, node);
                queue.push_back(*next);
            }
        }
    }
    vec![start]
}

/// The component of each node: Kosaraju's two passes over explicit stacks.
fn components(edges: &[Vec<usize>]) -> Vec<usize> {
    let mut backwards = vec![Vec::new(); edges.len()];
    for (index, next) in edges.iter().enumerate() {
        for to in next {
            if let Some(list) = backwards.get_mut(*to) {
                list.push(index);
            }
        }
    }
    let mut order = Vec::with_capacity(edges.len());
    let mut seen = vec![false; edges.len()];
    for start in 0..edges.len() {
        visit(start, edges, &mut seen, &mut order);
    }
    let mut component = vec![0; edges.len()];
    let mut seen = vec![false; edges.len()];
    for start in order.into_iter().rev() {
        let mut members = Vec::new();
        visit(start, &backwards, &mut seen, &mut members);
        for member in members {
            if let Some(slot) = component.get_mut(member) {
                *slot = start;
            }
        }
    }
    component
}

/// Appends what `start` reaches and nobody has seen, children first.
fn visit(start: usize, edges: &[Vec<usize>], seen: &mut [bool], order: &mut Vec<usize>) {
    let mut stack = vec![(start, 0)];
    if std::mem::replace(seen.get_mut(start).unwrap_or(&mut true), true) {
        return;
    }
    while let Some((node, position)) = stack.pop() {
        let Some(next) = edges.get(node).and_then(|list| list.get(position)).copied() else {
            order.push(node);
            continue;
        };
        stack.push((node, position + 1));
        if !std::mem::replace(seen.get_mut(next).unwrap_or(&mut true), true) {
            stack.push((next, 0));
        }
    }
}
