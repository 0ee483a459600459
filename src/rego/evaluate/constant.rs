//! A thread's own copies of constants.
//!
//! All threads share a program. Where each of them counts references of the same constant, they wait for one another's
//! memory: two threads then do half as much again as one, and not twice as much.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use crate::domain::value::{Set, Value};

use super::weight::address;

/// Copies that are kept.
const N_PLACES: usize = 2048;
/// Of so many constants that find another one at their place, one takes it over: constants of a program that is gone must
/// not stay, and constants of one program must not drive each other out.
const TURNS: u32 = 16;
/// A larger constant is shared: texts by their bytes, and [`PART_BYTES`] for each part.
const MAX_BYTES: usize = 1024;
const PART_BYTES: usize = 32;

/// Copies of constants by the address of the constant, which is kept so that no other one can have its address.
#[derive(Debug, Default)]
pub(super) struct Copies {
    places: RefCell<Vec<Option<(Value, Value)>>>,
    n_disputed: Cell<u32>,
}

impl Copies {
    /// The thread's own copy of a constant.
    pub(super) fn of(&self, constant: &Value) -> Value {
        match place_of(constant) {
            Some(address) => self.at(address, || constant.clone()),
            None => constant.clone(),
        }
    }

    /// The thread's own copy of a text.
    pub(super) fn of_text(&self, constant: &Arc<str>) -> Arc<str> {
        let address = Arc::as_ptr(constant).addr();
        let copy = self.at(address, || Value::String(Arc::clone(constant)));
        if let Value::String(copy) = copy { copy } else { Arc::clone(constant) }
    }

    fn at(&self, address: usize, constant: impl FnOnce() -> Value) -> Value {
        let mut places = self.places.borrow_mut();
        if places.is_empty() {
            places.resize(N_PLACES, None);
        }
        // Allocations are 16 bytes apart at least, and those of one kind often 32 or 64.
        let number = (address >> 4) ^ (address >> 9) ^ (address >> 15);
        let Some(place) = places.get_mut(number % N_PLACES) else { return constant() };
        if let Some((original, copy)) = place {
            if place_of(original) == Some(address) {
                return copy.clone();
            }
            let turn = self.n_disputed.get().wrapping_add(1);
            self.n_disputed.set(turn);
            if !turn.is_multiple_of(TURNS) {
                return constant();
            }
        }
        let constant = constant();
        if !is_small(&constant, &mut { MAX_BYTES }) {
            return constant;
        }
        let copy = copied(&constant);
        *place = Some((constant, copy.clone()));
        copy
    }
}

/// Where the shared part lies, if there is one.
fn place_of(value: &Value) -> Option<usize> {
    if let Value::String(text) = value {
        return Some(Arc::as_ptr(text).addr());
    }
    address(value)
}

/// Whether the value takes no more bytes than are left.
fn is_small(value: &Value, left: &mut usize) -> bool {
    let n_bytes = PART_BYTES + value.as_str().map_or(0, str::len);
    let Some(rest) = left.checked_sub(n_bytes) else { return false };
    *left = rest;
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
        Value::Array(items) => items.iter().all(|item| is_small(item, left)),
        Value::Set(set) => set.items().iter().all(|item| is_small(item, left)),
        Value::Object(_) | Value::Map(_) => {
            value.pairs().all(|(key, item)| is_small(&key, left) && is_small(item, left))
        }
    }
}

fn copied(value: &Value) -> Value {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        Value::String(text) => Value::from(text.as_ref()),
        Value::Array(items) => Value::array(items.iter().map(copied).collect()),
        Value::Set(set) => {
            Value::Set(Arc::new(Set::from_items(set.items().iter().map(copied).collect())))
        }
        Value::Object(_) | Value::Map(_) => {
            Value::map(value.pairs().map(|(key, item)| (copied(&key), copied(item))).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_is_copied_once() {
        let copies = Copies::default();
        let constant = Value::set(vec![Value::from("a"), Value::array(vec![Value::from("b")])]);
        let (one, other) = (copies.of(&constant), copies.of(&constant));
        assert_eq!(one, constant);
        assert_eq!(place_of(&one), place_of(&other));
        assert_ne!(place_of(&one), place_of(&constant));
    }

    #[test]
    fn what_is_large_is_shared() {
        let copies = Copies::default();
        let constant = Value::array((0..1000).map(Value::from).collect());
        assert_eq!(place_of(&copies.of(&constant)), place_of(&constant));
    }

    #[test]
    fn any_number_of_constants_have_their_value() {
        let copies = Copies::default();
        for n in 0..10_000 {
            let constant = Value::from(n.to_string());
            assert_eq!(copies.of(&constant), constant);
        }
    }
}
