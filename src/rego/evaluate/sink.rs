//! Where the solutions of a body go.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::value::Value;
use crate::rego::ir::{Slot, Span};

use super::failure::{Outcome, conflict};
use super::machine::Evaluation;
use super::program::{Branch, Expr};
use super::tree::Tree;

/// What becomes of each solution.
#[derive(Debug)]
pub(super) enum Sink<'p> {
    /// One is enough.
    Exists {
        found: bool,
    },
    /// All must give one value.
    One {
        value: &'p Expr,
        found: Option<Value>,
        is_settled_by_first: bool,
        name: &'p str,
        span: Span,
    },
    Array {
        value: &'p Expr,
        items: Vec<Value>,
    },
    Set {
        value: &'p Expr,
        items: Members,
    },
    Object {
        key: &'p Expr,
        value: &'p Expr,
        entries: BTreeMap<Value, Value>,
        span: Span,
    },
    /// A partial object with any number of dynamic steps.
    Tree {
        branch: &'p Branch,
        tree: Tree,
    },
    /// The slots of each solution.
    Slots {
        slots: &'p [Slot],
        solutions: Vec<Vec<Value>>,
    },
}

/// The bytes that a member of a collection is counted with.
const MEMBER_BYTES: usize = 32;

impl<'p> Evaluation<'p> {
    /// Takes a solution; `true` when no other is wanted.
    pub(super) fn solved(&mut self, sink: &mut Sink<'p>) -> Outcome<bool> {
        self.budget.charge_memory(MEMBER_BYTES).map_err(Self::spent)?;
        match sink {
            Sink::Exists { found } => {
                *found = true;
                return Ok(true);
            }
            Sink::One { value, found, is_settled_by_first, name, span } => {
                let Some(value) = self.owned(value) else { return Ok(false) };
                match found {
                    None => *found = Some(value),
                    Some(first) if *first == value => {}
                    Some(first) => return Err(two_values(name, first, &value, *span)),
                }
                return Ok(*is_settled_by_first);
            }
            Sink::Array { value, items } => items.extend(self.owned(value)),
            Sink::Set { value, items } => {
                if let Some(item) = self.owned(value) {
                    items.add(item);
                }
            }
            Sink::Object { key, value, entries, span } => {
                let (Some(key), Some(value)) = (self.owned(key), self.owned(value)) else {
                    return Ok(false);
                };
                match entries.get(&key) {
                    Some(first) if *first != value => {
                        return Err(two_values_under(&key, first, &value, *span));
                    }
                    Some(_) => {}
                    None => drop(entries.insert(key, value)),
                }
            }
            Sink::Tree { branch, tree } => {
                let (Some(keys), Some(value)) =
                    (self.values(&branch.keys), self.owned(&branch.value))
                else {
                    return Ok(false);
                };
                let leaf = if branch.is_element {
                    Tree::Set(BTreeSet::from([value]))
                } else {
                    Tree::Leaf(value)
                };
                tree.insert(&keys, leaf, branch.span)?;
            }
            Sink::Slots { slots, solutions } => {
                let values = slots.iter().map(|slot| {
                    self.slots.get(self.frame + *slot as usize).cloned().unwrap_or_default()
                });
                solutions.push(values.collect());
            }
        }
        Ok(false)
    }
}

/// The members of a set while it grows: sorted now and then, so that repeated ones do not pile up.
#[derive(Debug, Default)]
pub(super) struct Members {
    items: Vec<Value>,
    n_distinct: usize,
}

impl Members {
    fn add(&mut self, item: Value) {
        self.items.push(item);
        if self.items.len() > 64 && self.items.len() > 2 * self.n_distinct {
            self.items.sort();
            self.items.dedup();
            self.n_distinct = self.items.len();
        }
    }

    pub(super) fn into_value(self) -> Value {
        Value::set(self.items)
    }
}

#[expect(clippy::unnecessary_box_returns, reason = "every step of an evaluation returns the box")]
fn two_values(name: &str, a: &Value, b: &Value, span: Span) -> Box<super::failure::Failure> {
    conflict(
        format!("`{name}` has two values, `{a}` and `{b}`: let its bodies exclude each other"),
        span,
    )
}

#[expect(clippy::unnecessary_box_returns, reason = "every step of an evaluation returns the box")]
pub(super) fn two_values_under(
    key: &Value,
    a: &Value,
    b: &Value,
    span: Span,
) -> Box<super::failure::Failure> {
    conflict(
        format!("the key `{key}` has two values, `{a}` and `{b}`: object keys must be unique"),
        span,
    )
}
