//! Objects while rules build them: several definitions, static and dynamic heads, and sets below keys.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::domain::value::{Set, Value};
use crate::rego::ir::Span;

use super::failure::{Outcome, conflict};
use super::sink::two_values_under;

/// A value that can still grow.
#[derive(Debug)]
pub(super) enum Tree {
    /// A complete value, which no other rule may extend.
    Leaf(Value),
    /// A partial set.
    Set(BTreeSet<Value>),
    /// A partial set that another rule has made; copied only where something is added.
    Shared(Arc<Set>),
    /// A partial object or a package.
    Node(BTreeMap<Value, Self>),
}

impl Default for Tree {
    fn default() -> Self {
        Self::Node(BTreeMap::new())
    }
}

impl Tree {
    /// Puts `leaf` below `keys`.
    pub(super) fn insert(&mut self, keys: &[Value], leaf: Self, span: Span) -> Outcome<()> {
        let Some((key, rest)) = keys.split_first() else { return Ok(()) };
        let Self::Node(children) = self else {
            return Err(conflict(format!("the key `{key}` stands below a complete value"), span));
        };
        if !rest.is_empty() {
            return children.entry(key.clone()).or_default().insert(rest, leaf, span);
        }
        match children.entry(key.clone()) {
            Entry::Vacant(place) => drop(place.insert(leaf)),
            Entry::Occupied(mut place) => {
                let known = std::mem::take(place.get_mut());
                *place.get_mut() = known.joined(leaf, key, span)?;
            }
        }
        Ok(())
    }

    /// Both together: sets are united, objects key by key, and other values must be the same.
    pub(super) fn joined(self, other: Self, key: &Value, span: Span) -> Outcome<Self> {
        match (self.opened(), other.opened()) {
            (Self::Set(mut a), Self::Set(b)) => {
                a.extend(b);
                Ok(Self::Set(a))
            }
            (Self::Node(mut a), Self::Node(b)) => {
                for (key, child) in b {
                    let joined = match a.remove(&key) {
                        Some(known) => known.joined(child, &key, span)?,
                        None => child,
                    };
                    a.insert(key, joined);
                }
                Ok(Self::Node(a))
            }
            (a, b) => {
                let (a, b) = (a.into_value(), b.into_value());
                if a == b { Ok(Self::Leaf(a)) } else { Err(two_values_under(key, &a, &b, span)) }
            }
        }
    }

    /// The same, ready to grow.
    fn opened(self) -> Self {
        if let Self::Shared(set) = self {
            return Self::Set(set.items().iter().cloned().collect());
        }
        self
    }

    pub(super) fn into_value(self) -> Value {
        match self {
            Self::Leaf(value) => value,
            Self::Shared(set) => Value::Set(set),
            Self::Set(items) => Value::set(items.into_iter().collect()),
            Self::Node(children) => {
                Value::map(children.into_iter().map(|(key, it)| (key, it.into_value())).collect())
            }
        }
    }
}
