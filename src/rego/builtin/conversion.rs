//! Types of values, and values of other types. Source: OPA 1.x, `topdown/casts.go`, `type.go`, `strings.go`.

use num_bigint::BigInt;

use crate::domain::value::{Number, Value};

use super::number::extended;
use super::operand::{
    Answer, answer, any, failed, members, number, operand_error, string, type_error,
};
use super::signature::{Builtin, CallContext, Type, entry};

const ANY: &[Type] = &[Type::Any];
const CONVERTIBLE: Type = Type::OneOf(&[Type::Null, Type::Boolean, Type::Number, Type::String]);

pub(super) const BUILTINS: &[Builtin] = &[
    entry("type_name", ANY, Type::String, type_name),
    entry("is_null", ANY, Type::Boolean, is_null),
    entry("is_boolean", ANY, Type::Boolean, is_boolean),
    entry("is_number", ANY, Type::Boolean, is_number),
    entry("is_string", ANY, Type::Boolean, is_string),
    entry("is_array", ANY, Type::Boolean, is_array),
    entry("is_object", ANY, Type::Boolean, is_object),
    entry("is_set", ANY, Type::Boolean, is_set),
    entry("cast_null", ANY, Type::Null, cast_null),
    entry("cast_boolean", ANY, Type::Boolean, cast_boolean),
    entry("cast_string", ANY, Type::String, cast_string),
    entry("cast_array", ANY, Type::Array(&Type::Any), cast_array),
    entry("cast_object", ANY, Type::Object(&Type::Any, &Type::Any), cast_object),
    entry("cast_set", ANY, Type::Set(&Type::Any), cast_set),
    entry("to_number", &[CONVERTIBLE], Type::Number, to_number),
    entry("format_int", &[Type::Number, Type::Number], Type::String, format_int),
];

fn type_name(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    answer(any(arguments, 1)?.type_name())
}

fn is(arguments: &[Value], name: &str) -> Answer {
    answer(any(arguments, 1)?.type_name() == name)
}

fn is_null(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    is(arguments, "null")
}

fn is_boolean(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    is(arguments, "boolean")
}

fn is_number(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    is(arguments, "number")
}

fn is_string(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    is(arguments, "string")
}

fn is_array(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    is(arguments, "array")
}

fn is_object(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    is(arguments, "object")
}

fn is_set(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    is(arguments, "set")
}

/// The argument itself, if it has this type.
fn same(arguments: &[Value], name: &str) -> Answer {
    let value = any(arguments, 1)?;
    if value.type_name() == name {
        Ok(Some(value.clone()))
    } else {
        Err(type_error(1, value, &[name]))
    }
}

fn cast_null(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    same(arguments, "null")
}

fn cast_boolean(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    same(arguments, "boolean")
}

fn cast_string(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    same(arguments, "string")
}

fn cast_object(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    same(arguments, "object")
}

fn cast_array(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    let value = any(arguments, 1)?;
    let items = members(value).ok_or_else(|| type_error(1, value, &["array", "set"]))?;
    Ok(Some(Value::array(items.to_vec())))
}

fn cast_set(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    let value = any(arguments, 1)?;
    let items = members(value).ok_or_else(|| type_error(1, value, &["array", "set"]))?;
    Ok(Some(Value::set(items.to_vec())))
}

fn to_number(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    let value = any(arguments, 1)?;
    match value {
        Value::Null => answer(0),
        Value::Bool(flag) => answer(i64::from(*flag)),
        Value::Number(_) => Ok(Some(value.clone())),
        Value::String(text) => {
            let bare = text.trim_start_matches(['+', '-']).to_lowercase();
            if matches!(bare.as_str(), "inf" | "infinity" | "nan") {
                return Err(type_error(1, value, &["valid number string"]));
            }
            number_text(text).map(|number| Some(Value::Number(number)))
        }
        Value::Array(_) | Value::Object(_) | Value::Map(_) | Value::Set(_) => {
            Err(type_error(1, value, &["null", "boolean", "number", "string"]))
        }
    }
}

/// Characters of a text that is a number.
const MAX_NUMBER_CHARS: usize = 400;

fn number_text(text: &str) -> Result<Number, super::BuiltinError> {
    let invalid = || {
        failed(format!(
            "strconv.ParseFloat: parsing {}: invalid syntax",
            super::format::quoted(text)
        ))
    };
    if text.len() > MAX_NUMBER_CHARS {
        return Err(failed("the text is too long for a number"));
    }
    // Go lets underscores stand between digits.
    let joined =
        if underscores_are_between_digits(text) { text.replace('_', "") } else { text.to_owned() };
    let text = joined.as_str();
    let is_decimal =
        text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    let float = text.parse::<f64>().ok().filter(|_| is_decimal).ok_or_else(invalid)?;
    if !float.is_finite() {
        let quoted = super::format::quoted(text);
        return Err(failed(format!("strconv.ParseFloat: parsing {quoted}: value out of range")));
    }
    // What JSON would not write so, `+5` or `.5`, is written anew.
    let unsigned = text.trim_start_matches('+').trim_end_matches('.');
    let is_json = super::json::parsed(unsigned).is_ok();
    let text = if is_json { unsigned.to_owned() } else { float.to_string() };
    Number::from_json_text(&text).ok_or_else(invalid)
}

fn underscores_are_between_digits(text: &str) -> bool {
    let is_digit = |char: char| char.is_ascii_digit();
    let mut parts = text.split('_').peekable();
    let mut is_first = true;
    std::iter::from_fn(|| parts.next().map(|part| (part, parts.peek().is_none()))).all(
        |(part, is_last)| {
            let fits =
                (is_first || part.starts_with(is_digit)) && (is_last || part.ends_with(is_digit));
            is_first = false;
            fits
        },
    )
}

fn format_int(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    let base = match number(arguments, 2)? {
        Number::Int(base @ (2 | 8 | 10 | 16)) => u32::try_from(*base).unwrap_or(10),
        _ => return Err(operand_error(2, "must be one of {2, 8, 10, 16}")),
    };
    let number = number(arguments, 1)?;
    // What is not written in digits alone goes through a float, as in OPA.
    let integer = match number.to_string().parse::<BigInt>() {
        Ok(integer) => integer,
        Err(_) => extended(number).ok_or_else(|| failed("number is too large"))?.truncated(),
    };
    answer(BigInt::to_str_radix(&integer, base))
}

/// Whether a string can be read; what is no string never can.
pub(super) fn is_valid(arguments: &[Value], valid: impl Fn(&str) -> bool) -> Answer {
    answer(string(arguments, 1).is_ok_and(|text| valid(text)))
}
