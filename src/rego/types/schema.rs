//! JSON Schema as a type: what it says of the shape, and nothing of lengths and patterns.

use std::collections::BTreeMap;

use super::kind::Type;
use crate::domain::value::{Object, Value};

/// What an object may have beside the properties that its schema names, where the schema does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Openness {
    /// Nothing, as OPA understands it.
    Closed,
    /// Anything, as JSON Schema understands it.
    Open,
}

/// Nested schemas beyond this are anything.
const MAX_DEPTH: usize = 24;

/// The type that a schema describes.
pub fn of_schema(schema: &Value, openness: Openness) -> Type {
    Reader { root: schema, openness }.read(schema, 0)
}

struct Reader<'s> {
    root: &'s Value,
    openness: Openness,
}

impl Reader<'_> {
    fn read(&self, schema: &Value, depth: usize) -> Type {
        let Value::Object(fields) = schema else { return Type::anything() };
        if depth > MAX_DEPTH {
            return Type::anything();
        }
        if let Some(target) = fields.get("$ref").and_then(Value::as_str) {
            let found = target.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer));
            return found.map_or_else(Type::anything, |schema| self.read(schema, depth + 1));
        }
        for word in ["anyOf", "oneOf"] {
            if let Some(schemas) = fields.get(word).and_then(Value::as_array) {
                let types = schemas.iter().map(|schema| self.read(schema, depth + 1));
                return Type::one_of(types).unwrap_or_else(Type::anything);
            }
        }
        match fields.get("type") {
            Some(Value::String(name)) => self.named(name, fields, depth),
            Some(Value::Array(names)) => {
                let names = names.iter().filter_map(Value::as_str);
                Type::one_of(names.map(|name| self.named(name, fields, depth)))
                    .unwrap_or_else(Type::anything)
            }
            _ if fields.get("properties").is_some() => self.object(fields, depth),
            _ => Type::anything(),
        }
    }

    fn named(&self, name: &str, fields: &Object, depth: usize) -> Type {
        match name {
            "null" => Type::Null,
            "boolean" => Type::Boolean,
            "number" | "integer" => Type::Number,
            "string" => Type::String,
            "array" => {
                let items = fields.get("items").map(|items| self.read(items, depth + 1));
                Type::array(Vec::new(), Some(items.unwrap_or_else(Type::anything)))
            }
            "object" => self.object(fields, depth),
            _ => Type::anything(),
        }
    }

    fn object(&self, fields: &Object, depth: usize) -> Type {
        let properties = fields.get("properties").and_then(Value::as_object);
        let entries = properties.map(Object::entries).unwrap_or_default();
        let fixed: BTreeMap<Value, Type> = entries
            .iter()
            .map(|(key, schema)| (Value::String(key.clone()), self.read(schema, depth + 1)))
            .collect();
        let open = || Some((Type::anything(), Type::anything()));
        let has_patterns = fields.get("patternProperties").is_some();
        let rest = match fields.get("additionalProperties") {
            _ if has_patterns => open(),
            Some(Value::Bool(false)) => None,
            Some(Value::Bool(true)) => open(),
            Some(schema) => Some((Type::String, self.read(schema, depth + 1))),
            None if self.openness == Openness::Closed && !fixed.is_empty() => None,
            None => open(),
        };
        Type::object(fixed, rest)
    }
}
