//! The document value that all rooms speak: parsed once from YAML or JSON, ordered as OPA orders, with exact integers.
//!
//! A value is cheap to clone: strings and collections are shared. Documents hold only what JSON has; sets, and objects
//! with a key that is no string, arise in evaluation alone.

mod collection;
mod index;
mod keys;
mod number;
mod serde;

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

pub use collection::{Map, Pairs, Set};
pub use keys::Keys;
pub use number::Number;

/// One value of a document.
///
/// The variants stand in the order in which OPA sorts values of different types: null, booleans, numbers, strings,
/// arrays, objects, sets. Source: OPA 1.x, `ast.Compare`.
#[derive(Clone, Default)]
pub enum Value {
    /// `null`, and an empty YAML node.
    #[default]
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string.
    String(Arc<str>),
    /// A list.
    Array(Arc<Vec<Value>>),
    /// A map whose keys are all strings, as every object of a document is.
    Object(Arc<Object>),
    /// A map with at least one key that is no string.
    Map(Arc<Map>),
    /// A set.
    Set(Arc<Set>),
}

/// A map with string keys, sorted by key.
#[derive(Clone, Default)]
pub struct Object {
    /// Invariant: strictly ascending by key.
    entries: Vec<(Arc<str>, Value)>,
    /// Invariant: of these entries.
    index: Option<index::Index>,
}

impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        self.entries == other.entries
    }
}

impl Eq for Object {}

/// Up to here it is faster to look at each key than to halve.
const FEW_ENTRIES: usize = 16;

impl Object {
    /// Makes an object of entries in any order; of equal keys the last one stands.
    pub fn from_entries(mut entries: Vec<(Arc<str>, Value)>) -> Self {
        if !entries.is_sorted_by(|a, b| a.0 < b.0) {
            entries.reverse();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            entries.dedup_by(|a, b| a.0 == b.0);
        }
        Self { entries, index: None }
    }

    /// Makes an object of entries whose keys ascend strictly, as a reader has sorted them.
    pub(crate) fn from_ordered(entries: Vec<(Arc<str>, Value)>) -> Self {
        debug_assert!(entries.is_sorted_by(|a, b| a.0 < b.0), "keys must ascend");
        Self { entries, index: None }
    }

    /// The entries in ascending order of their keys.
    pub fn entries(&self) -> &[(Arc<str>, Value)] {
        &self.entries
    }

    /// The position of `key` among the entries.
    pub fn position(&self, key: &str) -> Option<usize> {
        self.entries.binary_search_by(|(other, _)| other.as_ref().cmp(key)).ok()
    }

    /// The value under `key`.
    pub fn get(&self, key: &str) -> Option<&Value> {
        // Keys of small objects mostly differ in length, which is seen without a look at their bytes.
        if self.entries.len() <= FEW_ENTRIES {
            let mut entries = self.entries.iter();
            return entries.find(|(other, _)| keys::are_same(other, key)).map(|(_, value)| value);
        }
        if let Some(index) = &self.index {
            return index.get(&self.entries, key);
        }
        self.entries.get(self.position(key)?).map(|(_, value)| value)
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl PartialOrd for Object {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Object {
    /// Key by key, value by value, then by length. Source: OPA 1.x, `ast.object.Compare`.
    fn cmp(&self, other: &Self) -> Ordering {
        self.entries.cmp(&other.entries)
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::String(a), Self::String(b)) => Arc::ptr_eq(a, b) || a == b,
            (Self::Array(a), Self::Array(b)) => Arc::ptr_eq(a, b) || a == b,
            (Self::Object(a), Self::Object(b)) => Arc::ptr_eq(a, b) || a == b,
            (Self::Map(a), Self::Map(b)) => Arc::ptr_eq(a, b) || a == b,
            (Self::Set(a), Self::Set(b)) => Arc::ptr_eq(a, b) || a == b,
            (Self::Number(a), Self::Number(b)) => a == b,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Null, Self::Null) => true,
            _ => false,
        }
    }
}

impl Eq for Value {}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Value {
    /// Source: OPA 1.x, `ast.Compare`.
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Number(a), Self::Number(b)) => a.cmp(b),
            (Self::String(a), Self::String(b)) => a.cmp(b),
            (Self::Array(a), Self::Array(b)) => a.cmp(b),
            (Self::Object(a), Self::Object(b)) => a.cmp(b),
            (Self::Object(_) | Self::Map(_), Self::Object(_) | Self::Map(_)) => {
                self.pairs().cmp(other.pairs())
            }
            (Self::Set(a), Self::Set(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl Value {
    /// Where the type stands among the types.
    fn rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Bool(_) => 1,
            Self::Number(_) => 2,
            Self::String(_) => 3,
            Self::Array(_) => 4,
            Self::Object(_) | Self::Map(_) => 5,
            Self::Set(_) => 6,
        }
    }

    /// Makes a string value.
    pub fn string(text: impl Into<Arc<str>>) -> Self {
        Self::String(text.into())
    }

    /// Makes an array value.
    pub fn array(items: Vec<Self>) -> Self {
        Self::Array(Arc::new(items))
    }

    /// Makes an object value of entries in any order; of equal keys the last one stands.
    pub fn object(entries: Vec<(Arc<str>, Self)>) -> Self {
        Self::Object(Arc::new(Object::from_entries(entries)))
    }

    /// Makes an object of entries with keys of any type; of equal keys the last one stands.
    ///
    /// The result is a [`Value::Object`] when all keys are strings.
    pub fn map(entries: Vec<(Self, Self)>) -> Self {
        collection::map_of(entries)
    }

    /// Makes a set of items in any order.
    pub fn set(items: Vec<Self>) -> Self {
        Self::Set(Arc::new(Set::from_items(items)))
    }

    /// What stands under `key`: of an array by index, of an object by key, of a set the member itself.
    ///
    /// Source: OPA's references; an index is an integer within the array.
    pub fn step(&self, key: &Self) -> Option<&Self> {
        match self {
            Self::Object(object) => object.get(key.as_str()?),
            Self::Array(items) => items.get(usize::try_from(key.as_i64()?).ok()?),
            Self::Map(map) => map.get(key),
            Self::Set(set) => set.member(key),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) => None,
        }
    }

    /// What stands under a constant key: of an object, or of a set the member itself.
    pub fn field(&self, key: &Arc<str>) -> Option<&Self> {
        match self {
            Self::Object(object) => object.get(key),
            Self::Map(_) | Self::Set(_) => self.step(&Self::String(Arc::clone(key))),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) | Self::Array(_) => None,
        }
    }

    /// The keys and values of an object of either kind in ascending order; nothing for other types.
    pub fn pairs(&self) -> Pairs<'_> {
        Pairs::of(self)
    }

    /// The set, when this is one.
    pub fn as_set(&self) -> Option<&Set> {
        if let Self::Set(set) = self { Some(set) } else { None }
    }

    /// Whether this is an object of either kind.
    pub fn is_object(&self) -> bool {
        matches!(self, Self::Object(_) | Self::Map(_))
    }

    /// The number of members of a collection.
    pub fn size(&self) -> Option<usize> {
        match self {
            Self::Array(items) => Some(items.len()),
            Self::Object(object) => Some(object.len()),
            Self::Map(map) => Some(map.len()),
            Self::Set(set) => Some(set.len()),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) => None,
        }
    }

    /// The value under `key`, when this is an object that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_object()?.get(key)
    }

    /// The value at a path of keys, when every step is an object that has it.
    pub fn at(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().try_fold(self, |value, key| value.get(key))
    }

    /// The value at a JSON pointer (RFC 6901), when there is one.
    pub fn pointer(&self, pointer: &str) -> Option<&Self> {
        crate::domain::place::steps(pointer).try_fold(self, |value, step| match value {
            Self::Object(object) => object.get(&step),
            Self::Array(items) => items.get(step.parse::<usize>().ok()?),
            Self::Null
            | Self::Bool(_)
            | Self::Number(_)
            | Self::String(_)
            | Self::Map(_)
            | Self::Set(_) => None,
        })
    }

    /// The text, when this is a string.
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// The boolean, when this is one.
    pub fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(flag) = self { Some(*flag) } else { None }
    }

    /// The integer, when this is one that fits.
    pub fn as_i64(&self) -> Option<i64> {
        if let Self::Number(number) = self { number.as_i64() } else { None }
    }

    /// The items, when this is an array.
    pub fn as_array(&self) -> Option<&[Self]> {
        if let Self::Array(items) = self { Some(items) } else { None }
    }

    /// The object, when this is one whose keys are all strings.
    pub fn as_object(&self) -> Option<&Object> {
        if let Self::Object(object) = self { Some(object) } else { None }
    }

    /// The name of the type as OPA's `type_name` says it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Number(_) => "number",
            Self::String(_) => "string",
            Self::Array(_) => "array",
            Self::Object(_) | Self::Map(_) => "object",
            Self::Set(_) => "set",
        }
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(Number::from(number))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(Arc::from(text))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(Arc::from(text))
    }
}

/// Shows the value as compact JSON.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).or(Err(fmt::Error))?)
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.entries.iter().map(|(key, value)| (key, value))).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(pairs: &[(&str, i64)]) -> Value {
        Value::object(pairs.iter().map(|(key, n)| (Arc::from(*key), Value::from(*n))).collect())
    }

    #[test]
    fn types_are_ordered_as_opa_orders_them() {
        let ascending = [
            Value::Null,
            Value::from(false),
            Value::from(true),
            Value::from(-1),
            Value::from(7),
            Value::from(""),
            Value::from("a"),
            Value::array(vec![]),
            Value::array(vec![Value::from(1)]),
            object(&[]),
            Value::map(vec![(Value::Null, Value::from(9))]),
            object(&[("a", 1)]),
            Value::map(vec![(Value::from("a"), Value::from(1)), (Value::set(vec![]), Value::Null)]),
            object(&[("b", 1)]),
            Value::map(vec![(Value::array(vec![]), Value::Null)]),
            Value::set(vec![]),
            Value::set(vec![Value::from(1)]),
            Value::set(vec![Value::from(1), Value::from(2)]),
            Value::set(vec![Value::from(3), Value::from(2)]),
        ];
        assert!(ascending.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn of_equal_keys_the_last_one_stands() {
        assert_eq!(object(&[("b", 1), ("a", 2), ("b", 3)]), object(&[("a", 2), ("b", 3)]));
    }

    #[test]
    fn a_pointer_walks_objects_and_arrays_and_unescapes() {
        let value = Value::object(vec![(
            Arc::from("a/b~c"),
            Value::array(vec![Value::from(1), object(&[("x", 5)])]),
        )]);
        assert_eq!(value.pointer("/a~1b~0c/1/x"), Some(&Value::from(5)));
        assert_eq!(value.pointer(""), Some(&value));
        assert_eq!(value.pointer("/a~1b~0c/2"), None);
    }
}
