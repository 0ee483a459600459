//! The collections that only evaluation makes: sets, and objects with keys of any type.

use std::sync::Arc;

use super::{Object, Value};

/// A set of values, sorted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Set {
    /// Invariant: strictly ascending.
    items: Vec<Value>,
}

impl Set {
    /// Makes a set of items in any order.
    pub fn from_items(mut items: Vec<Value>) -> Self {
        if !items.is_sorted_by(|a, b| a < b) {
            items.sort();
            items.dedup();
        }
        Self { items }
    }

    /// The items in ascending order.
    pub fn items(&self) -> &[Value] {
        &self.items
    }

    /// The member that equals `value`, which may be written differently (`1` and `1.0`).
    pub fn member(&self, value: &Value) -> Option<&Value> {
        self.items.get(self.items.binary_search(value).ok()?)
    }

    /// Whether `value` is a member.
    pub fn contains(&self, value: &Value) -> bool {
        self.items.binary_search(value).is_ok()
    }

    /// The number of items.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is no item.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

/// An object with at least one key that is no string, sorted by key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Map {
    /// Invariant: strictly ascending by key, and at least one key is no string.
    entries: Vec<(Value, Value)>,
}

impl Map {
    /// The entries in ascending order of their keys.
    pub fn entries(&self) -> &[(Value, Value)] {
        &self.entries
    }

    /// The value under `key`.
    pub fn get(&self, key: &Value) -> Option<&Value> {
        let position = self.entries.binary_search_by(|(other, _)| other.cmp(key)).ok()?;
        self.entries.get(position).map(|(_, value)| value)
    }

    /// The number of entries, at least one.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no entry, which is never so.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// Makes the kind of object that the keys ask for; of equal keys the last one stands.
pub(super) fn map_of(mut entries: Vec<(Value, Value)>) -> Value {
    if entries.iter().all(|(key, _)| matches!(key, Value::String(_))) {
        let strings = entries.into_iter().filter_map(|(key, value)| {
            if let Value::String(key) = key { Some((key, value)) } else { None }
        });
        return Value::Object(Arc::new(Object::from_entries(strings.collect())));
    }
    if !entries.is_sorted_by(|a, b| a.0 < b.0) {
        entries.reverse();
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        entries.dedup_by(|a, b| a.0 == b.0);
    }
    Value::Map(Arc::new(Map { entries }))
}

/// The keys and values of an object of either kind, in ascending order of the keys.
#[derive(Clone, Debug)]
pub enum Pairs<'a> {
    /// Of an object with string keys.
    Object(std::slice::Iter<'a, (Arc<str>, Value)>),
    /// Of an object with other keys.
    Map(std::slice::Iter<'a, (Value, Value)>),
}

impl<'a> Pairs<'a> {
    pub(super) fn of(value: &'a Value) -> Self {
        match value {
            Value::Object(object) => Self::Object(object.entries().iter()),
            Value::Map(map) => Self::Map(map.entries().iter()),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Set(_) => Self::Map([].iter()),
        }
    }
}

impl<'a> Iterator for Pairs<'a> {
    /// The key is made anew for string keys, which costs a reference count.
    type Item = (Value, &'a Value);

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Object(entries) => {
                entries.next().map(|(key, value)| (Value::String(Arc::clone(key)), value))
            }
            Self::Map(entries) => entries.next().map(|(key, value)| (key.clone(), value)),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::Object(entries) => entries.size_hint(),
            Self::Map(entries) => entries.size_hint(),
        }
    }
}

impl Value {
    /// The key as an object of JSON has it: a string as it is, anything else as its JSON text.
    pub fn to_json_key(&self) -> Arc<str> {
        if let Self::String(text) = self { Arc::clone(text) } else { Arc::from(self.to_string()) }
    }
}
