//! How large values are when a part that stands in several places counts in each.
//!
//! A value shares its parts, so that `x1 := [x0, x0]`, `x2 := [x1, x1]` and so on take no memory, and yet whoever writes,
//! compares or walks the last one is never done. What is made is therefore weighed, and what is too heavy ends the evaluation.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::value::Value;

/// The most parts of one value.
const MAX_PARTS: u64 = 4_000_000;
/// The weight of values that are lighter than this is counted again each time.
const LIGHT: u64 = 64;
/// Up to here parts are only counted while nothing heavier is known.
const FEW_PARTS: u64 = 512;

/// What is known of values that were made.
#[derive(Debug, Default)]
pub(super) struct Weights {
    /// By address. The value is kept, so that no other one can have its address.
    known: RefCell<BTreeMap<usize, (Value, u64)>>,
    was_exceeded: Cell<bool>,
}

impl Weights {
    /// Weighs what was made.
    pub(super) fn weigh(&self, made: &Value) {
        let holds_collections = match made {
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
            Value::Array(items) => items.iter().any(is_collection),
            Value::Set(set) => set.items().iter().any(is_collection),
            Value::Object(object) => object.entries().iter().any(|(_, item)| is_collection(item)),
            Value::Map(_) => true,
        };
        if !holds_collections {
            return;
        }
        // What is heavier has been weighed before where it stands in something once more.
        let mut left = if self.known.borrow().is_empty() { FEW_PARTS } else { LIGHT };
        if !is_counted(made, &mut left) && weight(made, &mut self.known.borrow_mut()) > MAX_PARTS {
            self.was_exceeded.set(true);
        }
    }

    /// Whether something was too heavy since it was asked for the last time.
    pub(super) fn were_exceeded(&self) -> bool {
        self.was_exceeded.replace(false)
    }

    /// Forgets all values.
    pub(super) fn clear(&mut self) {
        self.known.get_mut().clear();
        self.was_exceeded.set(false);
    }
}

/// Whether the value has no more parts than are left.
fn is_counted(value: &Value, left: &mut u64) -> bool {
    let take = |n_parts: usize, left: &mut u64| {
        let rest = left.checked_sub(n_parts as u64);
        *left = rest.unwrap_or_default();
        rest.is_some()
    };
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
        Value::Array(items) => {
            take(items.len(), left)
                && items
                    .iter()
                    .filter(|item| is_collection(item))
                    .all(|item| is_counted(item, left))
        }
        Value::Set(set) => {
            take(set.len(), left)
                && set
                    .items()
                    .iter()
                    .filter(|item| is_collection(item))
                    .all(|item| is_counted(item, left))
        }
        Value::Object(object) => {
            take(object.len(), left)
                && object
                    .entries()
                    .iter()
                    .all(|(_, item)| !is_collection(item) || is_counted(item, left))
        }
        Value::Map(map) => {
            take(map.len().saturating_mul(2), left)
                && map
                    .entries()
                    .iter()
                    .all(|(key, item)| is_counted(key, left) && is_counted(item, left))
        }
    }
}

/// The number of parts; where that is too many, some number beyond the bound.
fn weight(value: &Value, known: &mut BTreeMap<usize, (Value, u64)>) -> u64 {
    let Some(address) = address(value) else { return 1 };
    if let Some((_, weight)) = known.get(&address) {
        return *weight;
    }
    let mut parts = 1_u64;
    let mut add = |part: &Value, known: &mut BTreeMap<usize, (Value, u64)>| {
        parts = parts.saturating_add(weight(part, known));
        parts > MAX_PARTS
    };
    let _is_enough = match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
        Value::Array(items) => items.iter().any(|item| add(item, known)),
        Value::Set(set) => set.items().iter().any(|item| add(item, known)),
        Value::Object(object) => object.entries().iter().any(|(_, item)| add(item, known)),
        Value::Map(map) => {
            map.entries().iter().any(|(key, item)| add(key, known) || add(item, known))
        }
    };
    if parts >= LIGHT {
        known.insert(address, (value.clone(), parts));
    }
    parts
}

fn is_collection(value: &Value) -> bool {
    address(value).is_some()
}

/// Where a collection lies.
pub(super) fn address(value: &Value) -> Option<usize> {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        Value::Array(items) => Some(Arc::as_ptr(items).addr()),
        Value::Set(set) => Some(Arc::as_ptr(set).addr()),
        Value::Object(object) => Some(Arc::as_ptr(object).addr()),
        Value::Map(map) => Some(Arc::as_ptr(map).addr()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shares_its_parts_is_as_heavy_as_what_does_not() {
        let weights = Weights::default();
        let mut value = Value::array(vec![Value::from(1), Value::from(2)]);
        for _ in 0..19 {
            value = Value::array(vec![value.clone(), value]);
            weights.weigh(&value);
        }
        assert!(!weights.were_exceeded());
        let both = Value::object(vec![("a".into(), value.clone()), ("b".into(), value)]);
        weights.weigh(&Value::array(vec![both]));
        assert!(weights.were_exceeded());
        assert!(!weights.were_exceeded());
    }
}
