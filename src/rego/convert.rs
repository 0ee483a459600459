//! Values in and out of the engine, without a text in between: strings and keys are shared, integers stay exact.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use regorus::value::Object as EngineObject;

use crate::domain::value::{Number, Value};

/// A value in the second engine's own form: converted once, handed to any number of evaluations, cheap to clone.
#[derive(Clone)]
pub struct Term(pub(super) regorus::Value);

impl Term {
    /// The value as the rooms speak it.
    pub fn to_value(&self) -> Value {
        to_value(&self.0).unwrap_or_default()
    }
}

impl From<&Value> for Term {
    fn from(value: &Value) -> Self {
        Self(from_value(value))
    }
}

impl fmt::Debug for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_value(), f)
    }
}

fn from_value(value: &Value) -> regorus::Value {
    match value {
        Value::Null => regorus::Value::Null,
        Value::Bool(flag) => regorus::Value::Bool(*flag),
        Value::Number(number) => from_number(number),
        Value::String(text) => regorus::Value::String(Arc::clone(text)),
        Value::Array(items) => {
            regorus::Value::from(items.iter().map(from_value).collect::<Vec<_>>())
        }
        Value::Object(object) => object
            .entries()
            .iter()
            .map(|(key, item)| (regorus::Value::String(Arc::clone(key)), from_value(item)))
            .collect::<EngineObject>()
            .into_value(),
        Value::Map(map) => map
            .entries()
            .iter()
            .map(|(key, item)| (from_value(key), from_value(item)))
            .collect::<EngineObject>()
            .into_value(),
        Value::Set(set) => {
            regorus::Value::from(set.items().iter().map(from_value).collect::<BTreeSet<_>>())
        }
    }
}

fn from_number(number: &Number) -> regorus::Value {
    if let Some(integer) = number.as_i64() {
        return regorus::Value::from(integer);
    }
    match number {
        // The engine reads any number of decimal digits; an integer is never turned into a float.
        Number::Big(digits) => regorus::Value::from_numeric_string(&digits.to_string())
            .unwrap_or_else(|_| regorus::Value::from(number.to_f64())),
        Number::Int(_) | Number::Float(_) | Number::Decimal(_) => {
            regorus::Value::from(number.to_f64())
        }
    }
}

/// The engine's value as the rooms speak it: sets are arrays in OPA's order, `None` is undefined.
pub(super) fn to_value(value: &regorus::Value) -> Option<Value> {
    Some(match value {
        regorus::Value::Null => Value::Null,
        regorus::Value::Bool(flag) => Value::Bool(*flag),
        regorus::Value::Number(_) => Value::Number(to_number(value)?),
        regorus::Value::String(text) => Value::String(Arc::clone(text)),
        regorus::Value::Array(items) => Value::array(items.iter().filter_map(to_value).collect()),
        regorus::Value::Set(items) => {
            let mut items: Vec<&regorus::Value> = items.iter().collect();
            items.sort_by(|a, b| opa_order(a, b));
            Value::array(items.into_iter().filter_map(to_value).collect())
        }
        regorus::Value::Object(object) => Value::object(
            object.iter().filter_map(|(key, item)| Some((to_key(key)?, to_value(item)?))).collect(),
        ),
        regorus::Value::Undefined => return None,
    })
}

/// A key that is no string is shown as its JSON text, as OPA does.
fn to_key(key: &regorus::Value) -> Option<Arc<str>> {
    if let regorus::Value::String(text) = key {
        return Some(Arc::clone(text));
    }
    Some(Arc::from(to_value(key)?.to_string()))
}

fn to_number(value: &regorus::Value) -> Option<Number> {
    let number = value.as_number().ok()?;
    if let Some(integer) = number.as_i64() {
        return Some(Number::from(integer));
    }
    if number.is_integer()
        && let Some(digits) = number.as_big()
    {
        return Number::from_integer_text(&digits.to_string());
    }
    Number::from_f64(number.as_f64()?)
}

/// OPA sorts sets behind objects; the engine sorts them before.
///
/// Source: OPA 1.x, `ast.Compare`.
fn opa_order(a: &regorus::Value, b: &regorus::Value) -> Ordering {
    use regorus::Value::{Array, Object, Set};
    match (a, b) {
        (Array(a), Array(b)) => lexical(a.iter(), b.iter()),
        (Set(a), Set(b)) => lexical(a.iter_sorted(), b.iter_sorted()),
        (Object(a), Object(b)) => {
            let pairs = |object: &EngineObject| -> Vec<regorus::Value> {
                object.iter_sorted().flat_map(|(key, item)| [key.clone(), item.clone()]).collect()
            };
            lexical(pairs(a).iter(), pairs(b).iter())
        }
        (Set(_), Object(_)) => Ordering::Greater,
        (Object(_), Set(_)) => Ordering::Less,
        (a, b) => a.cmp(b),
    }
}

fn lexical<'v>(
    a: impl Iterator<Item = &'v regorus::Value>,
    b: impl Iterator<Item = &'v regorus::Value>,
) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        match (a.next(), b.next()) {
            (Some(a), Some(b)) => match opa_order(a, b) {
                Ordering::Equal => {}
                order @ (Ordering::Less | Ordering::Greater) => return order,
            },
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(json: &str) {
        let value: Value = serde_json::from_str(json).unwrap();
        assert_eq!(Term::from(&value).to_value(), value, "{json}");
    }

    #[test]
    fn every_value_survives_the_way_in_and_out() {
        round(r#"{"a": [null, true, 1, -7, 0.5, "x", {"b": []}], "": {}}"#);
        round("9007199254740993");
        round("-9223372036854775808");
        round("18446744073709551615");
    }

    #[test]
    fn integers_of_any_size_stay_exact() {
        let digits = "340282366920938463463374607431768211457";
        let value = Value::Number(Number::from_integer_text(digits).unwrap());
        assert_eq!(Term::from(&value).to_value().to_string(), digits);
    }

    #[test]
    fn sets_become_arrays_in_the_order_of_opa() {
        let set = [
            regorus::Value::new_set(),
            regorus::Value::new_object(),
            regorus::Value::from("a"),
            regorus::Value::from(2_i64),
            regorus::Value::Null,
            regorus::Value::new_array(),
        ];
        let set = regorus::Value::from(set.into_iter().collect::<BTreeSet<_>>());
        assert_eq!(to_value(&set).unwrap().to_string(), r#"[null,2,"a",[],{},[]]"#);
    }

    #[test]
    fn strings_are_shared_and_not_copied() {
        let text: Arc<str> = Arc::from("shared");
        let term = Term::from(&Value::String(Arc::clone(&text)));
        let Value::String(back) = term.to_value() else { panic!("no string") };
        assert!(Arc::ptr_eq(&text, &back));
    }
}
