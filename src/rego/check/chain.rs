//! Chains that are too long for a stack, and values that double at every step of one.

use crate::rego::check::fault;
use crate::rego::fault::Fault;
use crate::rego::ir::visit::each_call;
use crate::rego::ir::{Call, Callee, Rule, Term, Unit};
use crate::rego::module::Module;

/// Rules in a row, each using the next. Public policies have at most 19.
const MAX_CHAIN: usize = 200;
/// Multiplications along a chain: sixteen squarings are 65,536 times as many digits.
const MAX_PRODUCTS: usize = 16;
/// Calls along a chain that put texts or lists together.
const MAX_JOINS: usize = 24;

/// The calls that put values together.
const JOINS: [&str; 8] = [
    "sprintf",
    "concat",
    "array.concat",
    "replace",
    "strings.replace_n",
    "regex.replace",
    "object.union",
    "json.marshal",
];

/// What the longest chains from a rule on add up to.
#[derive(Clone, Copy, Default)]
struct Sum {
    chain: usize,
    products: usize,
    joins: usize,
}

impl Sum {
    fn is_too_much(&self) -> bool {
        self.chain > MAX_CHAIN || self.products > MAX_PRODUCTS || self.joins > MAX_JOINS
    }

    /// What one rule adds: of several definitions the one that multiplies or joins most.
    fn of(rule: &Rule) -> Self {
        let mut most = Self { chain: 1, products: 0, joins: 0 };
        for definition in rule.definitions.iter().chain(&rule.default) {
            let mut own = Self::default();
            each_call(definition, &mut |call| own.count(call));
            most.products = most.products.max(own.products);
            most.joins = most.joins.max(own.joins);
        }
        most
    }

    fn count(&mut self, call: &Call) {
        let Callee::Builtin(name) = &call.callee else { return };
        let is_written = |term: &Term| matches!(term, Term::Constant(_));
        if name.as_ref() == "mul" && !call.arguments.iter().any(is_written) {
            self.products += 1;
        }
        if JOINS.contains(&name.as_ref()) && n_unwritten(&call.arguments) > 1 {
            self.joins += 1;
        }
    }
}

/// How many values among `parts` no one has written down.
fn n_unwritten(parts: &[Term]) -> usize {
    let count = |term: &Term| match term {
        Term::Constant(_) => 0,
        Term::Array(items) | Term::Set(items) => n_unwritten(items),
        _ => 1,
    };
    parts.iter().map(count).sum()
}

/// The rules at which a chain passes a limit; those above them are not named.
pub(super) fn faults(unit: &Unit, edges: &[Vec<usize>], modules: &[Module]) -> Vec<Fault> {
    let sums = sums(unit, edges);
    let sum_of = |index: &usize| sums.get(*index).copied().flatten();
    let mut faults = Vec::new();
    for ((rule, below), sum) in unit.rules.iter().zip(edges).zip(&sums) {
        let Some(sum) = sum.filter(Sum::is_too_much) else { continue };
        if !below.iter().filter_map(sum_of).any(|sum| sum.is_too_much()) {
            faults.extend(long(modules, rule, sum));
        }
    }
    faults
}

/// Sums up chains, depth first without recursion; where rules need each other the way back counts nothing.
fn sums(unit: &Unit, edges: &[Vec<usize>]) -> Vec<Option<Sum>> {
    let mut sums: Vec<Option<Sum>> = vec![None; edges.len()];
    let mut seen = vec![false; edges.len()];
    for start in 0..edges.len() {
        let mut stack = vec![(start, 0)];
        if std::mem::replace(seen.get_mut(start).unwrap_or(&mut true), true) {
            continue;
        }
        while let Some((node, position)) = stack.pop() {
            let targets = edges.get(node).map(Vec::as_slice).unwrap_or_default();
            if let Some(next) = targets.get(position) {
                stack.push((node, position + 1));
                if !std::mem::replace(seen.get_mut(*next).unwrap_or(&mut true), true) {
                    stack.push((*next, 0));
                }
                continue;
            }
            let below = targets.iter().filter_map(|next| sums.get(*next).copied().flatten());
            let below = below.fold(Sum::default(), |most, sum| Sum {
                chain: most.chain.max(sum.chain),
                products: most.products.max(sum.products),
                joins: most.joins.max(sum.joins),
            });
            let own = unit.rules.get(node).map(Sum::of).unwrap_or_default();
            if let Some(slot) = sums.get_mut(node) {
                *slot = Some(Sum {
                    chain: below.chain + own.chain,
                    products: below.products + own.products,
                    joins: below.joins + own.joins,
                });
            }
        }
    }
    sums
}

fn long(modules: &[Module], rule: &Rule, sum: Sum) -> Option<Fault> {
    let name = rule.path.join(".");
    let message = if sum.chain > MAX_CHAIN {
        format!("`data.{name}` begins a chain of more than {MAX_CHAIN} rules that use each other")
    } else if sum.products > MAX_PRODUCTS {
        format!("`data.{name}` ends a chain of more than {MAX_PRODUCTS} multiplications")
    } else {
        format!("`data.{name}` ends a chain of more than {MAX_JOINS} calls that join values")
    };
    let help = "shorten the chain, or put the result into `data.json`";
    Some(fault(modules, rule.span, message)?.with_help(help))
}
