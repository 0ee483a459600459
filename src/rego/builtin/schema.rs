//! JSON Schema, drafts 4 to 7, with OPA's words. Source: OPA 1.x, `topdown/jsonschema.go`, `internal/gojsonschema`.

mod compile;
mod fault;
mod form;
mod reference;
mod validate;

use std::sync::Arc;

use crate::domain::value::Value;

use super::json::parsed;
use super::operand::{Answer, any, failed};
use super::signature::{Builtin, BuiltinError, CallContext, Type, entry};

const DOCUMENT: Type = Type::OneOf(&[Type::String, Type::Object(&Type::Any, &Type::Any)]);
const VERIFIED: Type = Type::Tuple(&[Type::Boolean, Type::OneOf(&[Type::Null, Type::String])]);
const FAULT: Type = Type::Record(&[
    ("desc", Type::String),
    ("error", Type::String),
    ("field", Type::String),
    ("type", Type::String),
]);
const MATCHED: Type = Type::Tuple(&[Type::Boolean, Type::Array(&FAULT)]);

pub(super) const BUILTINS: &[Builtin] = &[
    entry("json.verify_schema", &[DOCUMENT], VERIFIED, verify),
    entry("json.match_schema", &[DOCUMENT, DOCUMENT], MATCHED, matched),
];

/// Which keywords a schema knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Draft {
    Four,
    Six,
    Seven,
    /// No draft is named: what any of them knows.
    Hybrid,
}

impl Draft {
    /// The draft that a schema names.
    fn of(schema: &Value) -> Result<Self, String> {
        match schema {
            Value::Bool(_) => Ok(Self::Hybrid),
            Value::Object(object) => match object.get("$schema") {
                None => Ok(Self::Hybrid),
                Some(Value::String(url)) => Ok(match url.trim_end_matches('#') {
                    "http://json-schema.org/draft-04/schema" => Self::Four,
                    "http://json-schema.org/draft-06/schema" => Self::Six,
                    "http://json-schema.org/draft-07/schema" => Self::Seven,
                    _ => Self::Hybrid,
                }),
                Some(_) => Err("$schema must be of type string".to_owned()),
            },
            _ => Err("schema is invalid".to_owned()),
        }
    }
}

/// A document as JSON has it: an object, an array, or the JSON text of anything.
fn document(value: &Value) -> Result<Value, String> {
    match value {
        Value::String(text) => parsed(text).or(Err("invalid JSON string".to_owned())),
        Value::Array(_) | Value::Object(_) | Value::Map(_) => Ok(as_json(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Set(_) => {
            Err("wrong type, expected string or object".to_owned())
        }
    }
}

/// Sets as arrays, keys as texts.
fn as_json(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::array(items.iter().map(as_json).collect()),
        Value::Set(set) => Value::array(set.items().iter().map(as_json).collect()),
        Value::Object(_) | Value::Map(_) => {
            let entries = value
                .pairs()
                .map(|(key, item)| (super::json::json_key(&key).into(), as_json(item)));
            Value::object(entries.collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

fn compiled(schema: &Value, context: &mut CallContext<'_>) -> Result<(Value, Draft), BuiltinError> {
    let schema = document(schema).map_err(failed)?;
    let draft = Draft::of(&schema).map_err(failed)?;
    compile::check(&schema, draft, context)?;
    Ok((schema, draft))
}

fn verify(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let verified = match compiled(any(arguments, 1)?, context) {
        Ok(_) => vec![Value::Bool(true), Value::Null],
        Err(BuiltinError::Failed(text) | BuiltinError::Type(text)) => {
            vec![Value::Bool(false), Value::from(format!("jsonschema: {text}"))]
        }
        Err(exhausted @ BuiltinError::Exhausted(_)) => return Err(exhausted),
    };
    Ok(Some(Value::array(verified)))
}

fn matched(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let document = document(any(arguments, 1)?).map_err(failed)?;
    let (schema, draft) = compiled(any(arguments, 2)?, context)?;
    let faults = validate::faults(&schema, draft, &document, context)?;
    let shown = faults.iter().map(|fault| {
        let text = format!("{}: {}", fault.field, fault.description);
        let parts = [
            ("desc", fault.description.as_str()),
            ("error", text.as_str()),
            ("field", fault.field.as_str()),
            ("type", fault.kind),
        ];
        Value::object(
            parts.into_iter().map(|(key, part)| (Arc::from(key), Value::from(part))).collect(),
        )
    });
    let shown = Value::array(shown.collect());
    Ok(Some(Value::array(vec![Value::Bool(faults.is_empty()), shown])))
}
