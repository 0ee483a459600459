//! Values as text: `sprintf`, `print`, `trace`, template strings. Source: OPA 1.x, `ast` and `topdown/print.go`.

use num_bigint::BigInt;

use crate::domain::value::{Number, Value};

use super::format::{Argument, formatted, quoted};
use super::number::written_integer;
use super::operand::{Answer, answer, any, array, failed, string, type_error};
use super::signature::{Builtin, BuiltinError, CallContext, Type, entry};
use super::text::{MAX_TEXT_BYTES, charge};

const PARTS: Type = Type::Array(&Type::Any);

pub(super) const BUILTINS: &[Builtin] = &[
    entry("sprintf", &[Type::String, Type::Array(&Type::Any)], Type::String, sprintf),
    entry("internal.template_string", &[PARTS], Type::String, template_string),
    entry("internal.print", &[Type::Array(&Type::Set(&Type::Any))], Type::Boolean, print),
    entry("internal.test_case", &[PARTS], Type::Boolean, test_case),
    entry("trace", &[Type::String], Type::Boolean, trace),
];

/// The value as Rego would write it.
pub(super) fn rego_text(value: &Value) -> String {
    let mut text = String::new();
    write_value(&mut text, value);
    text
}

fn write_value(text: &mut String, value: &Value) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(flag) => text.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => text.push_str(&number.to_string()),
        Value::String(string) => text.push_str(&quoted(string)),
        Value::Array(items) => write_items(text, items, '[', ']'),
        Value::Set(set) if set.is_empty() => text.push_str("set()"),
        Value::Set(set) => write_items(text, set.items(), '{', '}'),
        Value::Object(_) | Value::Map(_) => {
            text.push('{');
            for (position, (key, value)) in value.pairs().enumerate() {
                if position > 0 {
                    text.push_str(", ");
                }
                write_value(text, &key);
                text.push_str(": ");
                write_value(text, value);
            }
            text.push('}');
        }
    }
}

fn write_items(text: &mut String, items: &[Value], open: char, close: char) {
    text.push(open);
    for (position, item) in items.iter().enumerate() {
        if position > 0 {
            text.push_str(", ");
        }
        write_value(text, item);
    }
    text.push(close);
}

/// The value as a text for people: a string without its quotes.
fn plain_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.to_string(),
        other => rego_text(other),
    }
}

fn argument(value: &Value) -> Argument {
    match value {
        Value::Number(Number::Int(number)) => Argument::Int(*number),
        Value::Number(Number::Big(number)) => Argument::Big(number.as_ref().clone()),
        Value::Number(number) => written_number(number),
        other => Argument::Text(plain_text(other)),
    }
}

/// OPA looks at how a number is written: with a point it is a float, without one but with an exponent it is a text.
fn written_number(number: &Number) -> Argument {
    let text = number.to_string();
    if let Some(integer) = written_integer(number) {
        return Argument::Int(integer);
    }
    if text.contains('.') {
        return match text.parse::<f64>() {
            Ok(float) if float.is_finite() => Argument::Float(float),
            _ => Argument::Text(text),
        };
    }
    match text.parse::<BigInt>() {
        Ok(integer) => match i64::try_from(&integer) {
            Ok(number) => Argument::Int(number),
            Err(_) => Argument::Big(integer),
        },
        Err(_) => Argument::Text(text),
    }
}

fn sprintf(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let format = string(arguments, 1)?;
    let values: Vec<Argument> = array(arguments, 2)?.iter().map(argument).collect();
    let text = formatted(format, &values, MAX_TEXT_BYTES)
        .or(Err(failed("the formatted text would be too large")))?;
    charge(text.len(), context)?;
    answer(text)
}

/// Texts of which each part is a value, or a set of at most one value where an expression may be undefined.
fn parts(arguments: &[Value]) -> Result<Vec<String>, BuiltinError> {
    let part = |value: &Value| match value {
        Value::Set(set) => match set.items() {
            [] => Ok("<undefined>".to_owned()),
            [one] => Ok(plain_text(one)),
            _ => Err(failed("template-strings must not produce multiple outputs")),
        },
        Value::Array(_) | Value::Object(_) | Value::Map(_) => {
            Err(failed(format!("illegal argument type: {}", value.type_name())))
        }
        other => Ok(plain_text(other)),
    };
    array(arguments, 1)?.iter().map(part).collect()
}

fn template_string(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let parts = parts(arguments)?;
    charge(parts.iter().map(String::len).sum(), context)?;
    answer(parts.concat())
}

/// Where the text goes is the evaluator's; as an expression it is always true.
fn print(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    array(arguments, 1)?;
    answer(true)
}

fn test_case(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    any(arguments, 1)?;
    answer(true)
}

fn trace(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    let note = any(arguments, 1)?;
    if note.as_str().is_none() {
        return Err(type_error(1, note, &["string"]));
    }
    answer(true)
}
