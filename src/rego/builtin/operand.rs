//! The arguments of a call, checked, with OPA's words for what does not fit.
//!
//! Positions count from 1, as in the words. Source: OPA 1.x, `topdown/builtins`.

use std::sync::Arc;

use num_bigint::BigInt;

use crate::domain::value::{Number, Set, Value};

use super::number;
use super::signature::BuiltinError;

/// What a built-in answers.
pub(super) type Answer = Result<Option<Value>, BuiltinError>;

/// Answers with a value.
pub(super) fn answer(value: impl Into<Value>) -> Answer {
    Ok(Some(value.into()))
}

/// The arguments have the right types but no answer.
pub(super) fn failed(text: impl Into<String>) -> BuiltinError {
    BuiltinError::Failed(text.into())
}

/// `operand 1 …`.
pub(super) fn operand_error(position: usize, text: &str) -> BuiltinError {
    BuiltinError::Type(format!("operand {position} {text}"))
}

/// An argument of another type than expected.
pub(super) fn type_error(position: usize, got: &Value, expected: &[&str]) -> BuiltinError {
    let got = got.type_name();
    let text = match expected {
        [one] => format!("must be {one} but got {got}"),
        many => format!("must be one of {{{}}} but got {got}", many.join(", ")),
    };
    operand_error(position, &text)
}

/// A member of an argument of another type than expected.
pub(super) fn element_error(
    position: usize,
    collection: &Value,
    got: &Value,
    expected: &str,
) -> BuiltinError {
    let (kind, got) = (collection.type_name(), got.type_name());
    operand_error(
        position,
        &format!("must be {kind} of {expected}s but got {kind} containing {got}"),
    )
}

/// The argument, whatever it is.
pub(super) fn any(arguments: &[Value], position: usize) -> Result<&Value, BuiltinError> {
    let found = position.checked_sub(1).and_then(|index| arguments.get(index));
    found.ok_or_else(|| operand_error(position, "is missing"))
}

/// A string.
pub(super) fn string(arguments: &[Value], position: usize) -> Result<&Arc<str>, BuiltinError> {
    let value = any(arguments, position)?;
    if let Value::String(text) = value {
        Ok(text)
    } else {
        Err(type_error(position, value, &["string"]))
    }
}

/// A number.
pub(super) fn number(arguments: &[Value], position: usize) -> Result<&Number, BuiltinError> {
    let value = any(arguments, position)?;
    if let Value::Number(number) = value {
        Ok(number)
    } else {
        Err(type_error(position, value, &["number"]))
    }
}

/// A number written as an integer of at most 64 bits.
pub(super) fn int(arguments: &[Value], position: usize) -> Result<i64, BuiltinError> {
    let written = number::written_integer(number(arguments, position)?);
    written.ok_or_else(|| operand_error(position, NOT_AN_INTEGER))
}

const NOT_AN_INTEGER: &str = "must be integer number but got floating-point number";

/// A number without a fraction, however large and however written.
pub(super) fn big_int(arguments: &[Value], position: usize) -> Result<BigInt, BuiltinError> {
    let value = any(arguments, position)?;
    let Value::Number(number) = value else {
        return Err(type_error(position, value, &["integer"]));
    };
    number::exact_integer(number).ok_or_else(|| operand_error(position, NOT_AN_INTEGER))
}

/// An array.
pub(super) fn array(arguments: &[Value], position: usize) -> Result<&[Value], BuiltinError> {
    let value = any(arguments, position)?;
    value.as_array().ok_or_else(|| type_error(position, value, &["array"]))
}

/// A set.
pub(super) fn set(arguments: &[Value], position: usize) -> Result<&Set, BuiltinError> {
    let value = any(arguments, position)?;
    value.as_set().ok_or_else(|| type_error(position, value, &["set"]))
}

/// An object with keys of any type.
pub(super) fn object(arguments: &[Value], position: usize) -> Result<&Value, BuiltinError> {
    let value = any(arguments, position)?;
    if value.is_object() { Ok(value) } else { Err(type_error(position, value, &["object"])) }
}

/// The members of an array or a set.
pub(super) fn members(value: &Value) -> Option<&[Value]> {
    match value {
        Value::Array(items) => Some(items),
        Value::Set(set) => Some(set.items()),
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Object(_)
        | Value::Map(_) => None,
    }
}

/// The strings of an array or a set.
pub(super) fn strings<'a>(
    arguments: &'a [Value],
    position: usize,
    expected: &[&str],
) -> Result<Vec<&'a Arc<str>>, BuiltinError> {
    let collection = any(arguments, position)?;
    let items = members(collection).ok_or_else(|| type_error(position, collection, expected))?;
    let text = |item: &'a Value| match item {
        Value::String(text) => Ok(text),
        other => Err(element_error(position, collection, other, "string")),
    };
    items.iter().map(text).collect()
}
