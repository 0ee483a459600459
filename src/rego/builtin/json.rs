//! JSON as text, as Go writes and reads it. Source: Go's `encoding/json`, OPA 1.x `topdown/encoding.go`.

mod patch;
mod path;
mod read;

use crate::domain::value::Value;

use super::conversion::is_valid;
use super::format::{push_formatted, quoted};
use super::operand::{Answer, answer, any, failed, object, operand_error, string};
use super::signature::{Builtin, BuiltinError, CallContext, Type, entry};
use super::text::charge;

pub(super) use read::parsed;

const OPTIONS: Type = Type::OpenRecord(
    &[("indent", Type::String), ("prefix", Type::String), ("pretty", Type::Boolean)],
    &Type::String,
);

pub(super) const BUILTINS: &[Builtin] = &[
    entry("json.marshal", &[Type::Any], Type::String, marshal),
    entry("json.marshal_with_options", &[Type::Any, OPTIONS], Type::String, marshal_with_options),
    entry("json.unmarshal", &[Type::String], Type::Any, unmarshal),
    entry("json.is_valid", &[Type::String], Type::Boolean, json_is_valid),
];

pub(super) const PATHS: &[Builtin] = path::BUILTINS;
pub(super) const PATCHES: &[Builtin] = patch::BUILTINS;

/// How JSON is laid out over lines.
struct Layout<'a> {
    prefix: &'a str,
    indent: &'a str,
}

/// The value as JSON text on one line.
pub(super) fn json_text(value: &Value) -> String {
    let mut text = String::new();
    write(&mut text, value, None, 0);
    text
}

fn write(text: &mut String, value: &Value, layout: Option<&Layout<'_>>, depth: usize) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(flag) => text.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => text.push_str(&number.to_string()),
        Value::String(string) => write_string(text, string),
        Value::Array(items) => write_items(text, items, layout, depth),
        Value::Set(set) => write_items(text, set.items(), layout, depth),
        Value::Object(_) | Value::Map(_) => write_object(text, value, layout, depth),
    }
}

fn write_break(text: &mut String, layout: Option<&Layout<'_>>, depth: usize) {
    let Some(layout) = layout else { return };
    text.push('\n');
    text.push_str(layout.prefix);
    text.extend(std::iter::repeat_n(layout.indent, depth));
}

fn write_items(text: &mut String, items: &[Value], layout: Option<&Layout<'_>>, depth: usize) {
    if items.is_empty() {
        return text.push_str("[]");
    }
    text.push('[');
    for (position, item) in items.iter().enumerate() {
        if position > 0 {
            text.push(',');
        }
        write_break(text, layout, depth + 1);
        write(text, item, layout, depth + 1);
    }
    write_break(text, layout, depth);
    text.push(']');
}

fn write_object(text: &mut String, value: &Value, layout: Option<&Layout<'_>>, depth: usize) {
    if value.size() == Some(0) {
        return text.push_str("{}");
    }
    let mut entries: Vec<_> = value.pairs().map(|(key, value)| (json_key(&key), value)).collect();
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    text.push('{');
    for (position, (key, value)) in entries.into_iter().enumerate() {
        if position > 0 {
            text.push(',');
        }
        write_break(text, layout, depth + 1);
        write_string(text, &key);
        text.push_str(if layout.is_some() { ": " } else { ":" });
        write(text, value, layout, depth + 1);
    }
    write_break(text, layout, depth);
    text.push('}');
}

/// A key that is no string is its own JSON text.
pub(super) fn json_key(key: &Value) -> String {
    match key {
        Value::String(text) => text.to_string(),
        other => json_text(other),
    }
}

/// Writes a string so that it is safe inside HTML too.
fn write_string(text: &mut String, string: &str) {
    text.push('"');
    for char in string.chars() {
        match char {
            '"' | '\\' => text.extend(['\\', char]),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..'\u{20}' => {
                push_formatted(text, format_args!("\\u{:04x}", u32::from(char)));
            }
            _ => text.push(char),
        }
    }
    text.push('"');
}

fn marshal(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let text = json_text(any(arguments, 1)?);
    charge(text.len(), context)?;
    answer(text)
}

fn marshal_with_options(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let (mut layout, mut pretty, mut is_laid_out) =
        (Layout { prefix: "", indent: "\t" }, None, false);
    let value = any(arguments, 1)?;
    for (key, option) in object(arguments, 2)?.pairs() {
        let name = key.as_str().unwrap_or_default().to_owned();
        let text = || option.as_str().ok_or_else(|| wrong_option(&name, option, "string"));
        match name.as_str() {
            "prefix" => (layout.prefix, is_laid_out) = (text()?, true),
            "indent" => (layout.indent, is_laid_out) = (text()?, true),
            "pretty" => {
                let flag = option.as_bool();
                pretty = Some(
                    flag.ok_or_else(|| operand_error(2, "key \"pretty\" failed cast to bool"))?,
                );
            }
            _ => {
                return Err(operand_error(
                    2,
                    &format!("object contained unknown key {}", quoted(&name)),
                ));
            }
        }
    }
    if layout.prefix.len() + layout.indent.len() > MAX_INDENT_BYTES {
        return Err(failed("prefix and indent are too long"));
    }
    let mut text = String::new();
    if pretty.unwrap_or(is_laid_out) {
        text.push_str(layout.prefix);
        write(&mut text, value, Some(&layout), 0);
    } else {
        write(&mut text, value, None, 0);
    }
    charge(text.len(), context)?;
    answer(text)
}

/// Bytes of the layout, which is repeated on every line.
const MAX_INDENT_BYTES: usize = 256;

fn wrong_option(name: &str, option: &Value, wanted: &str) -> BuiltinError {
    let got = option.type_name();
    operand_error(
        2,
        &format!(
            "key {} failed cast to {wanted}: operand 0 must be {wanted} but got {got}",
            quoted(name)
        ),
    )
}

fn unmarshal(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let text = string(arguments, 1)?;
    charge(text.len(), context)?;
    // A value takes about this much more than its text.
    context.budget.charge_memory(text.len().saturating_mul(4))?;
    parsed(text).map(Some).map_err(failed)
}

fn json_is_valid(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    is_valid(arguments, |text| parsed(text).is_ok())
}
