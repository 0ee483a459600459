//! Who uses whom: recursion, chains that are too long for a stack, and values that double at every step.

use std::collections::{BTreeMap, BTreeSet};

use super::{Path, World};
use crate::rego::fault::Fault;
use crate::rego::walk::Uses;

/// Rules in a row, each using the next. Public policies have at most 19.
const MAX_CHAIN: usize = 200;
/// Multiplications along a chain: sixteen squarings are 65,536 times as many digits.
const MAX_PRODUCTS: usize = 16;
/// Calls along a chain that put texts or lists together.
const MAX_JOINS: usize = 24;

/// The rules as a graph.
pub(super) struct Graph {
    indices: BTreeMap<Path, usize>,
    nodes: Vec<Node>,
}

#[derive(Default)]
struct Node {
    path: Path,
    uses: BTreeSet<usize>,
    n_products: usize,
    n_joins: usize,
}

/// What the longest chains from a rule on add up to.
#[derive(Clone, Copy, Default)]
struct Sum {
    chain: usize,
    products: usize,
    joins: usize,
}

impl Graph {
    pub(super) fn new<T>(rules: &BTreeMap<Path, T>) -> Self {
        let indices = rules.keys().cloned().enumerate().map(|(index, path)| (path, index));
        let nodes = rules.keys().map(|path| Node { path: path.clone(), ..Node::default() });
        Self { indices: indices.collect(), nodes: nodes.collect() }
    }

    pub(super) fn edge(&mut self, from: &Path, to: &Path) {
        let (Some(from), Some(to)) = (self.indices.get(from), self.indices.get(to)) else { return };
        if let Some(node) = self.nodes.get_mut(*from) {
            node.uses.insert(*to);
        }
    }

    /// Notes how much one definition of a rule can make a value grow.
    pub(super) fn grow(&mut self, rule: &Path, uses: &Uses<'_>) {
        let Some(index) = self.indices.get(rule) else { return };
        if let Some(node) = self.nodes.get_mut(*index) {
            node.n_products = node.n_products.max(uses.n_products);
            node.n_joins = node.n_joins.max(uses.n_joins);
        }
    }

    pub(super) fn faults(&self, world: &World<'_>) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut sums: Vec<Option<Sum>> = vec![None; self.nodes.len()];
        let mut open = vec![false; self.nodes.len()];
        for start in 0..self.nodes.len() {
            self.visit(start, &mut sums, &mut open, &mut |cycle| {
                faults.extend(self.recursion(world, cycle));
            });
        }
        let too_much = |sum: &Sum| {
            sum.chain > MAX_CHAIN || sum.products > MAX_PRODUCTS || sum.joins > MAX_JOINS
        };
        for (node, sum) in self.nodes.iter().zip(&sums) {
            let Some(sum) = sum.filter(too_much) else { continue };
            let below = node.uses.iter().filter_map(|next| sums.get(*next)?.as_ref());
            // The rule where the limit is passed is named, not all those above it.
            if below.into_iter().any(too_much) {
                continue;
            }
            faults.extend(Self::long(world, node, sum));
        }
        faults
    }

    /// Walks depth first without recursion of its own, and sums up chains on the way back.
    fn visit(
        &self,
        start: usize,
        sums: &mut [Option<Sum>],
        open: &mut [bool],
        on_cycle: &mut dyn FnMut(&[usize]),
    ) {
        let done = |sums: &[Option<Sum>], index: usize| sums.get(index).is_none_or(Option::is_some);
        if done(sums, start) {
            return;
        }
        let successors = |index: usize| -> Vec<usize> {
            self.nodes
                .get(index)
                .map(|node| node.uses.iter().copied().collect())
                .unwrap_or_default()
        };
        let mut stack = vec![(start, successors(start))];
        mark(open, start, true);
        while let Some((index, rest)) = stack.last_mut() {
            let index = *index;
            if let Some(next) = rest.pop() {
                if open.get(next).copied().unwrap_or(false) {
                    let from = stack.iter().position(|(node, _)| *node == next).unwrap_or(0);
                    let cycle: Vec<usize> =
                        stack.iter().skip(from).map(|(node, _)| *node).collect();
                    on_cycle(&cycle);
                } else if !done(sums, next) {
                    mark(open, next, true);
                    stack.push((next, successors(next)));
                }
                continue;
            }
            stack.pop();
            mark(open, index, false);
            let sum = self.sum(index, sums);
            if let Some(slot) = sums.get_mut(index) {
                *slot = Some(sum);
            }
        }
    }

    fn sum(&self, index: usize, sums: &[Option<Sum>]) -> Sum {
        let Some(node) = self.nodes.get(index) else { return Sum::default() };
        let below = node.uses.iter().filter_map(|next| sums.get(*next).copied().flatten());
        let below = below.fold(Sum::default(), |most, sum| Sum {
            chain: most.chain.max(sum.chain),
            products: most.products.max(sum.products),
            joins: most.joins.max(sum.joins),
        });
        Sum {
            chain: below.chain + 1,
            products: below.products + node.n_products,
            joins: below.joins + node.n_joins,
        }
    }

    fn recursion(&self, world: &World<'_>, cycle: &[usize]) -> Option<Fault> {
        let names: Vec<String> = cycle
            .iter()
            .filter_map(|index| self.nodes.get(*index))
            .map(|node| format!("`data.{}`", node.path.join(".")))
            .collect();
        let first = self.nodes.get(*cycle.first()?)?;
        let (module, rule) = world.rules.get(&first.path)?.first()?;
        let message = match names.as_slice() {
            [name] => format!("{name} uses itself"),
            [name, rest @ ..] => format!("{name} uses itself through {}", rest.join(" and ")),
            [] => return None,
        };
        Some(Fault::new(&module.file, rule.span, message).with_help(
            "rules cannot recurse: use `walk`, a comprehension or `graph.reachable` instead",
        ))
    }

    fn long(world: &World<'_>, node: &Node, sum: Sum) -> Option<Fault> {
        let (module, rule) = world.rules.get(&node.path)?.first()?;
        let name = node.path.join(".");
        let message = if sum.chain > MAX_CHAIN {
            format!(
                "`data.{name}` begins a chain of more than {MAX_CHAIN} rules that use each other"
            )
        } else if sum.products > MAX_PRODUCTS {
            format!("`data.{name}` ends a chain of more than {MAX_PRODUCTS} multiplications")
        } else {
            format!("`data.{name}` ends a chain of more than {MAX_JOINS} calls that join values")
        };
        let help = "shorten the chain, or put the result into `data.json`";
        Some(Fault::new(&module.file, rule.span, message).with_help(help))
    }
}

fn mark(open: &mut [bool], index: usize, value: bool) {
    if let Some(slot) = open.get_mut(index) {
        *slot = value;
    }
}
