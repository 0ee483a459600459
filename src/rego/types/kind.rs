//! What a value may be.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::domain::value::Value;
use crate::rego::builtin;

/// What a value may be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Type {
    /// `null`.
    Null,
    /// A boolean.
    Boolean,
    /// A number.
    Number,
    /// A string.
    String,
    /// An array.
    Array(Arc<ArrayType>),
    /// A set of members of one type.
    Set(Arc<Type>),
    /// An object.
    Object(Arc<ObjectType>),
    /// One of these; of none: anything.
    Any(Arc<[Type]>),
}

/// An array: first items of their own types, then any number of one type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ArrayType {
    pub(super) fixed: Vec<Type>,
    pub(super) rest: Option<Type>,
}

/// An object: keys of their own types, then any number of one type of key and value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectType {
    pub(super) fixed: BTreeMap<Value, Type>,
    pub(super) rest: Option<(Type, Type)>,
}

/// More alternatives, or items of one literal, are not told apart.
const MAX_PARTS: usize = 64;
/// A type with more parts than this is not looked into.
const MAX_WEIGHT: usize = 8_192;

impl Type {
    /// Anything.
    pub fn anything() -> Self {
        Self::Any(Arc::from(Vec::new()))
    }

    pub(super) fn is_anything(&self) -> bool {
        matches!(self, Self::Any(types) if types.is_empty())
    }

    pub(super) fn array(fixed: Vec<Self>, rest: Option<Self>) -> Self {
        Self::Array(Arc::new(ArrayType { fixed, rest }))
    }

    /// Itself, or anything where it has too many parts to be looked through. Parts that stand in several places count in each:
    /// a value that holds another one twice, and so on, would have a type that nobody can compare in time.
    pub(super) fn bounded(self) -> Self {
        let mut left = MAX_WEIGHT;
        if self.takes(&mut left) { self } else { Self::anything() }
    }

    /// Takes what it weighs from `left`; `false` when that is too little.
    fn takes(&self, left: &mut usize) -> bool {
        let Some(rest) = left.checked_sub(1) else { return false };
        *left = rest;
        match self {
            Self::Null | Self::Boolean | Self::Number | Self::String => true,
            Self::Array(array) => {
                array.fixed.iter().chain(&array.rest).all(|inner| inner.takes(left))
            }
            Self::Set(member) => member.takes(left),
            Self::Object(object) => {
                object.fixed.values().all(|inner| inner.takes(left))
                    && object.rest.iter().all(|(key, inner)| key.takes(left) && inner.takes(left))
            }
            Self::Any(types) => types.iter().all(|inner| inner.takes(left)),
        }
    }

    pub(super) fn object(fixed: BTreeMap<Value, Self>, rest: Option<(Self, Self)>) -> Self {
        Self::Object(Arc::new(ObjectType { fixed, rest }))
    }

    /// The type of a written value.
    pub(super) fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::Number(_) => Self::Number,
            Value::String(_) => Self::String,
            Value::Array(items) if items.len() > MAX_PARTS => {
                Self::array(Vec::new(), Some(Self::anything()))
            }
            Value::Array(items) => Self::array(items.iter().map(Self::of).collect(), None),
            Value::Set(set) => Self::set_of(set.items().iter().map(Self::of)),
            Value::Object(_) | Value::Map(_) if value.size().unwrap_or(0) > MAX_PARTS => {
                Self::object(BTreeMap::new(), Some((Self::anything(), Self::anything())))
            }
            Value::Object(_) | Value::Map(_) => {
                let fixed = value.pairs().map(|(key, value)| (key.clone(), Self::of(value)));
                Self::object(fixed.collect(), None)
            }
        }
    }

    pub(super) fn set_of(items: impl Iterator<Item = Self>) -> Self {
        Self::Set(Arc::new(Self::one_of(items).unwrap_or_else(Self::anything)))
    }

    /// One of several; `None` of none.
    pub(super) fn one_of(types: impl Iterator<Item = Self>) -> Option<Self> {
        types.reduce(Self::or)
    }

    /// This or the other.
    pub(super) fn or(self, other: Self) -> Self {
        if self == other || self.is_anything() {
            return self;
        }
        if other.is_anything() {
            return other;
        }
        let mut all = Vec::new();
        for side in [self, other] {
            match side {
                Self::Any(types) => all.extend(types.iter().cloned()),
                side => all.push(side),
            }
        }
        all.sort();
        all.dedup();
        if all.len() > MAX_PARTS { Self::anything() } else { Self::Any(Arc::from(all)) }
    }

    /// What may stand in brackets behind it; `None` where nothing may.
    pub(super) fn keys(&self) -> Option<Self> {
        match self {
            Self::Array(_) => Some(Self::Number),
            Self::Set(of) => Some(of.as_ref().clone()),
            Self::Object(object) => {
                let fixed = object.fixed.keys().map(Self::of);
                let rest = object.rest.iter().map(|(key, _)| key.clone());
                // An object without keys has none, and asking for one is no mistake of types.
                Some(Self::one_of(fixed.chain(rest)).unwrap_or_else(Self::anything))
            }
            Self::Any(types) if types.is_empty() => Some(Self::anything()),
            Self::Any(types) => Self::one_of(types.iter().filter_map(Self::keys)),
            Self::Null | Self::Boolean | Self::Number | Self::String => None,
        }
    }

    /// What iterating over it gives.
    pub(super) fn values(&self) -> Option<Self> {
        match self {
            Self::Array(array) => Self::one_of(array.fixed.iter().chain(&array.rest).cloned()),
            Self::Set(of) => Some(of.as_ref().clone()),
            Self::Object(object) => {
                let rest = object.rest.iter().map(|(_, value)| value);
                Self::one_of(object.fixed.values().chain(rest).cloned())
            }
            Self::Any(types) if types.is_empty() => Some(Self::anything()),
            Self::Any(types) => Self::one_of(types.iter().filter_map(Self::values)),
            Self::Null | Self::Boolean | Self::Number | Self::String => None,
        }
    }

    /// What stands at a written key; `None` where nothing ever does.
    pub(super) fn at(&self, key: &Value) -> Option<Self> {
        match self {
            Self::Array(array) => {
                let Value::Number(_) = key else { return None };
                let index = key.as_i64().and_then(|index| usize::try_from(index).ok())?;
                array.fixed.get(index).or(array.rest.as_ref()).cloned()
            }
            Self::Set(of) => Self::of(key).unifies(of).then(|| of.as_ref().clone()),
            Self::Object(object) => match (object.fixed.get(key), &object.rest) {
                (Some(value), _) => Some(value.clone()),
                (None, Some((of, value))) => Self::of(key).unifies(of).then(|| value.clone()),
                (None, None) => None,
            },
            Self::Any(types) if types.is_empty() => Some(Self::anything()),
            Self::Any(types) => Self::one_of(types.iter().filter_map(|one| one.at(key))),
            Self::Null | Self::Boolean | Self::Number | Self::String => None,
        }
    }

    /// The keys that it names.
    pub(super) fn named_keys(&self) -> Vec<&str> {
        match self {
            Self::Object(object) => object.fixed.keys().filter_map(Value::as_str).collect(),
            Self::Any(types) => types.iter().flat_map(Self::named_keys).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether a value may be of both.
    pub(super) fn unifies(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any(types), one) | (one, Self::Any(types)) => {
                types.is_empty() || types.iter().any(|it| it.unifies(one))
            }
            (Self::Null, Self::Null)
            | (Self::Boolean, Self::Boolean)
            | (Self::Number, Self::Number)
            | (Self::String, Self::String) => true,
            (Self::Set(one), Self::Set(other)) => one.unifies(other),
            (Self::Array(one), Self::Array(other)) => {
                one.fits(other)
                    && other.fits(one)
                    && both(one.rest.as_ref(), other.rest.as_ref(), Self::unifies)
            }
            (Self::Object(one), Self::Object(other)) => {
                one.fits(other)
                    && other.fits(one)
                    && both(one.rest.as_ref(), other.rest.as_ref(), |a, b| a.1.unifies(&b.1))
            }
            _ => false,
        }
    }
}

/// Whether a relation holds, where both are there.
fn both<T>(one: Option<&T>, other: Option<&T>, holds: fn(&T, &T) -> bool) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => holds(one, other),
        _ => true,
    }
}

impl ArrayType {
    /// Whether the first items of this may be those of the other.
    fn fits(&self, other: &Self) -> bool {
        self.fixed.iter().enumerate().all(|(index, item)| {
            let theirs = other.fixed.get(index).or(other.rest.as_ref());
            theirs.is_some_and(|theirs| item.unifies(theirs))
        })
    }
}

impl ObjectType {
    /// Whether the named keys of this may be keys of the other. One that has other keys as well may lack them.
    fn fits(&self, other: &Self) -> bool {
        self.fixed.iter().all(|(key, value)| {
            let rest = || {
                let (of, value) = other.rest.as_ref()?;
                Type::of(key).unifies(of).then_some(value)
            };
            match other.fixed.get(key).or_else(rest) {
                Some(theirs) => value.unifies(theirs),
                None => self.rest.is_some() || other.rest.is_some(),
            }
        })
    }
}

impl From<builtin::Type> for Type {
    fn from(declared: builtin::Type) -> Self {
        let members = |fields: &[(&str, builtin::Type)]| {
            fields.iter().map(|(key, value)| (Value::from(*key), Self::from(*value))).collect()
        };
        match declared {
            builtin::Type::Any => Self::anything(),
            builtin::Type::Null => Self::Null,
            builtin::Type::Boolean => Self::Boolean,
            builtin::Type::Number => Self::Number,
            builtin::Type::String => Self::String,
            builtin::Type::Array(of) => Self::array(Vec::new(), Some(Self::from(*of))),
            builtin::Type::Tuple(items) => {
                Self::array(items.iter().map(|item| Self::from(*item)).collect(), None)
            }
            builtin::Type::Set(of) => Self::Set(Arc::new(Self::from(*of))),
            builtin::Type::Object(key, value) => {
                Self::object(BTreeMap::new(), Some((Self::from(*key), Self::from(*value))))
            }
            builtin::Type::Record(fields) => Self::object(members(fields), None),
            builtin::Type::OpenRecord(fields, key) => {
                Self::object(members(fields), Some((Self::from(*key), Self::anything())))
            }
            builtin::Type::OneOf(types) => Self::one_of(types.iter().map(|one| Self::from(*one)))
                .unwrap_or_else(Self::anything),
        }
    }
}

impl fmt::Display for Type {
    /// As OPA writes types, without the parts of what is large: `array[string]`, `any<number, string>`, `object`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Boolean => f.write_str("boolean"),
            Self::Number => f.write_str("number"),
            Self::String => f.write_str("string"),
            Self::Array(array) => match (&array.rest, array.fixed.is_empty()) {
                (Some(of), true) => write!(f, "array[{of}]"),
                _ => f.write_str("array"),
            },
            Self::Set(of) => write!(f, "set[{of}]"),
            Self::Object(_) => f.write_str("object"),
            Self::Any(types) if types.is_empty() => f.write_str("any"),
            Self::Any(types) => {
                let shown: Vec<String> = types.iter().map(ToString::to_string).collect();
                write!(f, "any<{}>", shown.join(", "))
            }
        }
    }
}

/// Some of many names.
pub(super) fn listed(names: &[&str]) -> String {
    const MAX_NAMES: usize = 8;
    let mut shown: Vec<String> =
        names.iter().take(MAX_NAMES).map(|name| format!("`{name}`")).collect();
    if names.len() > MAX_NAMES {
        shown.push("…".to_owned());
    }
    shown.join(", ")
}
