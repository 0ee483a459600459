//! JSON in and out of [`Value`] through serde, for recorded facts. Documents of callers are read by `intake`, with places.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use super::{Number, Value};

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(flag) => serializer.serialize_bool(*flag),
            Self::Number(Number::Int(number)) => serializer.serialize_i64(*number),
            Self::Number(number) => RawValue::from_string(number.to_string())
                .map_err(S::Error::custom)?
                .serialize(serializer),
            Self::String(text) => serializer.serialize_str(text),
            Self::Array(items) => serializer.collect_seq(items.iter()),
            Self::Object(object) => serializer
                .collect_map(object.entries().iter().map(|(key, value)| (key.as_ref(), value))),
            Self::Map(map) => serializer
                .collect_map(map.entries().iter().map(|(key, value)| (key.to_json_key(), value))),
            Self::Set(set) => serializer.collect_seq(set.items()),
        }
    }
}

/// Reads JSON only, since integers of any size stay exact: serde's own numbers end at 64 bits, so the text is kept.
impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        value_of(&raw).map_err(D::Error::custom)
    }
}

fn value_of(raw: &RawValue) -> Result<Value, serde_json::Error> {
    let text = raw.get();
    match text.bytes().next() {
        Some(b'{') => serde_json::from_str::<Entries>(text).map(|entries| Value::object(entries.0)),
        Some(b'[') => {
            let items = serde_json::from_str::<Vec<&RawValue>>(text)?;
            items.into_iter().map(value_of).collect::<Result<_, _>>().map(Value::array)
        }
        Some(b'"') => serde_json::from_str::<String>(text).map(Value::from),
        Some(b't' | b'f') => serde_json::from_str(text).map(Value::Bool),
        Some(b'n') | None => Ok(Value::Null),
        Some(_) => number_of(text),
    }
}

fn number_of(text: &str) -> Result<Value, serde_json::Error> {
    Number::from_json_text(text)
        .map(Value::Number)
        .ok_or_else(|| <serde_json::Error as serde::de::Error>::custom("number out of range"))
}

/// The entries of an object whose keys are all different.
struct Entries(Vec<(Arc<str>, Value)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Entries;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Entries, A::Error> {
        let mut keys = BTreeSet::new();
        let mut entries = Vec::new();
        while let Some((key, raw)) = access.next_entry::<String, &RawValue>()? {
            let key: Arc<str> = Arc::from(key);
            if !keys.insert(Arc::clone(&key)) {
                return Err(A::Error::custom(format!("duplicate key `{key}`")));
            }
            entries.push((key, value_of(raw).map_err(A::Error::custom)?));
        }
        Ok(Entries(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_reads_back_the_same() {
        let text = r#"{"a":[1,-2,18446744073709551615,0.5,"x",null,true],"b":{}}"#;
        let value: Value = serde_json::from_str(text).unwrap();
        assert_eq!(value.to_string(), text);
    }

    #[test]
    fn an_integer_beyond_64_bits_stays_exact() {
        let text = r#"{"m":[-18446744073709551617],"n":340282366920938463463374607431768211457}"#;
        let value: Value = serde_json::from_str(text).unwrap();
        assert_eq!(value.to_string(), text);
    }

    #[test]
    fn a_duplicate_key_is_refused() {
        assert!(serde_json::from_str::<Value>(r#"{"a":1,"a":2}"#).is_err());
    }
}
