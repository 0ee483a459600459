//! Query strings of addresses. Source: Go's `net/url`.

use std::collections::BTreeMap;

use crate::domain::value::Value;

use super::super::format::push_formatted;
use super::super::operand::{Answer, answer, failed, members, object, operand_error, string};
use super::super::signature::{Builtin, BuiltinError, CallContext, Type, entry};
use super::super::text::charge;
use super::{ONE, text_of};

const STRINGS: Type = Type::Array(&Type::String);
const ENCODED: Type = Type::OneOf(&[Type::String, STRINGS, Type::Set(&Type::String)]);

pub(super) const BUILTINS: &[Builtin] = &[
    entry("urlquery.encode", ONE, Type::String, encode),
    entry("urlquery.decode", ONE, Type::String, decode),
    entry(
        "urlquery.encode_object",
        &[Type::Object(&Type::String, &ENCODED)],
        Type::String,
        encode_object,
    ),
    entry("urlquery.decode_object", ONE, Type::Object(&Type::String, &STRINGS), decode_object),
];

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                escaped.push(char::from(byte));
            }
            b' ' => escaped.push('+'),
            _ => push_formatted(&mut escaped, format_args!("%{byte:02X}")),
        }
    }
    escaped
}

/// Undoes `%41`, and `+` if it stands for a space; nothing when an escape is broken.
pub(in super::super) fn unescaped(text: &str, plus_is_space: bool) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(byte) = rest.bytes().next() {
        if byte == b'%' {
            let code =
                rest.get(1..3).filter(|code| code.bytes().all(|byte| byte.is_ascii_hexdigit()));
            let Some(code) = code.and_then(|code| u8::from_str_radix(code, 16).ok()) else {
                let broken: String = rest.chars().take(3).collect();
                return Err(format!(
                    "invalid URL escape {}",
                    super::super::format::quoted(&broken)
                ));
            };
            bytes.push(code);
            rest = rest.get(3..).unwrap_or_default();
            continue;
        }
        let mut chars = rest.chars();
        match chars.next() {
            Some('+') if plus_is_space => bytes.push(b' '),
            Some(char) => bytes.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
            None => break,
        }
        rest = chars.as_str();
    }
    Ok(bytes)
}

fn encode(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let text = string(arguments, 1)?;
    charge(text.len() * 3, context)?;
    answer(escaped(text))
}

fn decode(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let text = string(arguments, 1)?;
    charge(text.len(), context)?;
    answer(text_of(&unescaped(text, true).map_err(failed)?))
}

fn encode_object(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let wrong = || operand_error(1, "values must be string, array[string], or set[string]");
    let mut pairs = Vec::new();
    for (key, value) in object(arguments, 1)?.pairs() {
        let key = escaped(&super::super::json::json_key(&key));
        let values = match value {
            Value::String(_) => std::slice::from_ref(value),
            other => members(other).ok_or_else(wrong)?,
        };
        for value in values {
            let value = escaped(value.as_str().ok_or_else(wrong)?);
            charge(key.len() + value.len(), context)?;
            pairs.push(format!("{key}={value}"));
        }
    }
    answer(pairs.join("&"))
}

fn decode_object(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let text = string(arguments, 1)?;
    charge(text.len(), context)?;
    let mut values: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        if pair.contains(';') {
            return Err(failed("invalid semicolon separator in query"));
        }
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let part = |text: &str| -> Result<String, BuiltinError> {
            unescaped(text, true).map(|bytes| text_of(&bytes)).map_err(failed)
        };
        context.budget.charge(1)?;
        values.entry(part(key)?).or_default().push(Value::from(part(value)?));
    }
    let entries = values.into_iter().map(|(key, values)| (key.into(), Value::array(values)));
    Ok(Some(Value::object(entries.collect())))
}
