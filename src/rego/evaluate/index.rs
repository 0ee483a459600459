//! Indexes: which definitions can hold, which members a comparison finds, which tests come first.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::value::Value;
use crate::rego::ir::Slot;

use super::inspect::may_fail;
use super::program::{Admitted, Comparison, Definition, Expr, Join, MemoId, Op, Pattern, RuleId};

/// Chooses definitions by one value that their bodies compare with constants.
#[derive(Debug)]
pub(super) struct Dispatch {
    /// An input path or an argument.
    pub(super) on: Expr,
    /// The definitions to try for a value, in their order.
    pub(super) by_value: BTreeMap<Value, Vec<u32>>,
    /// The definitions to try for any other value, and where there is none.
    pub(super) others: Vec<u32>,
}

/// A collection that has a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Named {
    Input(MemoId),
    Base(MemoId),
    Rule(RuleId),
}

impl Named {
    pub(super) fn of(expr: &Expr) -> Option<Self> {
        match expr {
            Expr::Input(id) => Some(Self::Input(*id)),
            Expr::Base(id) => Some(Self::Base(*id)),
            Expr::Rule(id) => Some(Self::Rule(*id)),
            Expr::Constant(_)
            | Expr::Slot(_)
            | Expr::Path(..)
            | Expr::Array(_)
            | Expr::Set(_)
            | Expr::Object(_)
            | Expr::Compare(..)
            | Expr::Member(_)
            | Expr::MemberAt(_) => None,
        }
    }
}

/// Members of a collection by what a test compares them with: each with its key.
pub(super) type Joined = BTreeMap<Value, Vec<(Value, Value)>>;

/// Fewer definitions than this are tried one after the other.
const MIN_DEFINITIONS: usize = 4;
/// The most entries of a dispatch for definitions that every value may choose.
const MAX_LISTED: usize = 1_000_000;

/// The dispatch over the path or argument that most definitions compare, when enough do.
pub(super) fn dispatch(definitions: &[Definition]) -> Option<Dispatch> {
    if definitions.len() < MIN_DEFINITIONS {
        return None;
    }
    let mut candidates: Vec<(Expr, usize)> = Vec::new();
    for (on, _) in definitions.iter().flat_map(compared) {
        match candidates.iter_mut().find(|(known, _)| known == on) {
            Some((_, n_uses)) => *n_uses += 1,
            None => candidates.push((on.clone(), 1)),
        }
    }
    let (on, n_uses) = candidates.into_iter().max_by_key(|(_, n_uses)| *n_uses)?;
    if n_uses < MIN_DEFINITIONS {
        return None;
    }
    let keys: Vec<Option<&Value>> = definitions
        .iter()
        .map(|it| compared(it).into_iter().find(|(other, _)| **other == on).map(|(_, key)| key))
        .collect();
    let others: Vec<u32> =
        (0..).zip(&keys).filter(|(_, key)| key.is_none()).map(|(n, _)| n).collect();
    let mut by_value: BTreeMap<Value, Vec<u32>> = BTreeMap::new();
    for (number, key) in (0..).zip(&keys) {
        let Some(key) = key else { continue };
        match by_value.get_mut(*key) {
            Some(chosen) => chosen.push(number),
            None => drop(by_value.insert((*key).clone(), vec![number])),
        }
    }
    // Those without a key are tried for every value: the lists together must not grow with both numbers.
    if by_value.len().saturating_mul(others.len()) > MAX_LISTED {
        return None;
    }
    for chosen in by_value.values_mut() {
        chosen.extend(&others);
        chosen.sort_unstable();
    }
    Some(Dispatch { on, by_value, others })
}

/// What a definition compares with constants before anything else happens.
fn compared(definition: &Definition) -> Vec<(&Expr, &Value)> {
    // With an `else` branch the definition may hold where the first body does not.
    let [branch] = definition.branches.as_slice() else { return Vec::new() };
    let first = branch.body.iter().take_while(|op| matches!(op, Op::Test(_) | Op::Guard(_)));
    first.filter_map(compared_with).collect()
}

/// What a step compares, if it is one of those that stand before all others.
fn compared_with(op: &Op) -> Option<(&Expr, &Value)> {
    if let Op::Test(test) = op {
        return equality(test);
    }
    let Op::Guard(guard) = op else { return None };
    match (&guard.on, guard.among.as_slice()) {
        (on @ (Expr::Input(_) | Expr::Slot(_)), [Admitted::Scalar(value)]) => Some((on, value)),
        _ => None,
    }
}

fn equality(test: &Expr) -> Option<(&Expr, &Value)> {
    let Expr::Compare(Comparison::Equal, sides) = test else { return None };
    match (&sides.0, &sides.1) {
        (on @ (Expr::Input(_) | Expr::Slot(_)), Expr::Constant(value))
        | (Expr::Constant(value), on @ (Expr::Input(_) | Expr::Slot(_))) => Some((on, value)),
        _ => None,
    }
}

/// Moves tests forward that read only input, base documents and arguments, but not past a step that may fail with an
/// error: whether it does must not depend on them. Behind them comes what takes a part of the input, which may be
/// missing.
pub(super) fn tests_first(body: &mut [Op], arity: Slot) {
    for stretch in body.split_inclusive_mut(may_fail) {
        stretch.sort_by_key(|op| {
            let is_early = matches!(op, Op::Test(test) if !test.any(&mut |expr| {
                matches!(expr, Expr::Rule(_)) || matches!(expr, Expr::Slot(slot) if *slot >= arity)
            }));
            (!is_early, !matches!(op, Op::Bind(_, Expr::Input(_))))
        });
    }
}

/// The iterations that an index can serve. The test that each one serves has been moved behind it.
pub(super) fn joins(body: &mut [Op]) -> Vec<(usize, Join)> {
    let mut found = Vec::new();
    for position in 0..body.len() {
        let Some((test, join)) = join_at(body, position) else { continue };
        if let Some(between) = body.get_mut(position + 1..=test) {
            between.rotate_right(1);
        }
        found.push((position, join));
    }
    found
}

/// Puts a join at the iteration it was found at.
pub(super) fn place_join(body: &mut [Op], position: usize, join: Join) {
    if let Some(Op::Iterate(iterate)) = body.get_mut(position) {
        iterate.join = Some(join);
    }
}

fn join_at(body: &[Op], position: usize) -> Option<(usize, Join)> {
    let Op::Iterate(iterate) = body.get(position)? else { return None };
    let Pattern::Bind(member) = iterate.value else { return None };
    let key = match iterate.key {
        Pattern::Any => None,
        Pattern::Bind(slot) => Some(slot),
        Pattern::Equal(_) | Pattern::Array(_) | Pattern::Object(_) => return None,
    };
    if iterate.join.is_some() || iterate.collection.reads(&|_| true) {
        return None;
    }
    let mut late: Vec<Slot> = key.into_iter().chain([member]).collect();
    for (offset, op) in body.iter().enumerate().skip(position + 1) {
        if let Op::Test(test) = op {
            if let Some((path, probe)) = joined(test, member)
                && !probe.reads(&|slot| late.contains(&slot))
            {
                let is_fixed =
                    !iterate.collection.any(&mut |it| matches!(it, Expr::Input(_) | Expr::Rule(_)));
                let shared = is_fixed.then_some(0);
                return Some((offset, Join { path, probe: probe.clone(), memo: 0, shared }));
            }
        } else if let Op::Bind(slot, _) = op {
            late.push(*slot);
        } else {
            return None;
        }
    }
    None
}

/// `member.path == probe`, either way round.
fn joined(test: &Expr, member: Slot) -> Option<(Vec<Arc<str>>, &Expr)> {
    let Expr::Compare(Comparison::Equal, sides) = test else { return None };
    if let Some(path) = path_of(&sides.0, member) {
        return Some((path, &sides.1));
    }
    path_of(&sides.1, member).map(|path| (path, &sides.0))
}

fn path_of(expr: &Expr, member: Slot) -> Option<Vec<Arc<str>>> {
    if let Expr::Path(base, steps) = expr {
        let key_of = |step: &Expr| {
            if let Expr::Constant(Value::String(key)) = step { Some(Arc::clone(key)) } else { None }
        };
        return if **base == Expr::Slot(member) {
            steps.iter().map(key_of).collect()
        } else {
            None
        };
    }
    (*expr == Expr::Slot(member)).then(Vec::new)
}
