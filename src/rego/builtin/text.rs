//! Strings: searching, cutting, changing case. Source: OPA 1.x, `topdown/strings.go`.

mod affix;
mod replace;

use std::sync::Arc;

use crate::domain::value::Value;

use super::operand::{Answer, answer, any, failed, int, string, strings};
use super::signature::{Builtin, BuiltinError, CallContext, Type, entry};

const ONE: &[Type] = &[Type::String];
pub(super) const TWO: &[Type] = &[Type::String, Type::String];
const STRINGS: Type = Type::Array(&Type::String);
const STRING_LIST: Type = Type::OneOf(&[STRINGS, Type::Set(&Type::String)]);
const SUBSTRING: &[Type] = &[Type::String, Type::Number, Type::Number];
const SPLIT_N: &[Type] = &[Type::String, Type::String, Type::Number];

pub(super) const BUILTINS: &[Builtin] = &[
    entry("concat", &[Type::String, STRING_LIST], Type::String, concat),
    entry("contains", TWO, Type::Boolean, contains),
    entry("indexof", TWO, Type::Number, indexof),
    entry("indexof_n", TWO, Type::Array(&Type::Number), indexof_n),
    entry("lower", ONE, Type::String, lower),
    entry("upper", ONE, Type::String, upper),
    entry("split", TWO, STRINGS, split),
    entry("strings.split_n", SPLIT_N, STRINGS, split_n),
    entry("strings.count", TWO, Type::Number, count),
    entry("strings.reverse", ONE, Type::String, reverse),
    entry("substring", SUBSTRING, Type::String, substring),
];

pub(super) const AFFIXES: &[Builtin] = affix::BUILTINS;
pub(super) const REPLACEMENTS: &[Builtin] = replace::BUILTINS;

/// Bytes of a text that one call may make.
pub(super) const MAX_TEXT_BYTES: usize = 16 * 1024 * 1024;

/// Charges for a text of so many bytes about to be made.
pub(super) fn charge(n_bytes: usize, context: &mut CallContext<'_>) -> Result<(), BuiltinError> {
    if n_bytes > MAX_TEXT_BYTES {
        return Err(failed("the text would be too large"));
    }
    context.budget.charge(u64::try_from(n_bytes / 64).unwrap_or(u64::MAX))?;
    context.budget.charge_memory(n_bytes)?;
    Ok(())
}

fn concat(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let separator = string(arguments, 1)?;
    let parts = strings(arguments, 2, &["set", "array"])?;
    if let [one] = parts.as_slice() {
        return Ok(Some(Value::String(Arc::clone(one))));
    }
    let n_bytes = parts.iter().map(|part| part.len() + separator.len()).sum();
    charge(n_bytes, context)?;
    let parts: Vec<&str> = parts.into_iter().map(AsRef::as_ref).collect();
    answer(parts.join(separator))
}

fn contains(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    answer(string(arguments, 1)?.contains(string(arguments, 2)?.as_ref()))
}

fn searched(arguments: &[Value]) -> Result<(&str, &str), BuiltinError> {
    let (text, wanted) = (string(arguments, 1)?, string(arguments, 2)?);
    if wanted.is_empty() {
        return Err(failed("empty search character"));
    }
    Ok((text, wanted))
}

fn size(count: usize) -> Value {
    Value::from(i64::try_from(count).unwrap_or(i64::MAX))
}

fn indexof(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    let (text, wanted) = searched(arguments)?;
    let before = text.find(wanted).and_then(|at| text.get(..at));
    answer(before.map_or(Value::from(-1), |before| size(before.chars().count())))
}

fn indexof_n(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let (text, wanted) = searched(arguments)?;
    charge(text.len(), context)?;
    // Occurrences may overlap, so every character is a place to look at.
    let starts = text
        .char_indices()
        .enumerate()
        .filter(|(_, (at, _))| text.get(*at..).is_some_and(|rest| rest.starts_with(wanted)));
    Ok(Some(Value::array(starts.map(|(index, _)| size(index)).collect())))
}

/// Each character on its own and to one character, as Go does; `ß` has no single capital letter.
fn lower(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let text = string(arguments, 1)?;
    charge(text.len(), context)?;
    let lowered = |char: char| {
        let mut lower = char.to_lowercase();
        lower.next().unwrap_or(char)
    };
    answer(text.chars().map(lowered).collect::<String>())
}

fn upper(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let text = string(arguments, 1)?;
    charge(text.len(), context)?;
    answer(text.chars().map(capital).collect::<String>())
}

/// The simple capital of a character, where the full one may be several.
fn capital(char: char) -> char {
    let mut full = char.to_uppercase();
    match (full.next(), full.next()) {
        (Some(one), None) => one,
        _ => match u32::from(char) {
            code @ (0x1f80..=0x1f87 | 0x1f90..=0x1f97 | 0x1fa0..=0x1fa7) => {
                char::from_u32(code + 8).unwrap_or(char)
            }
            code @ (0x1fb3 | 0x1fc3 | 0x1ff3) => char::from_u32(code + 9).unwrap_or(char),
            _ => char,
        },
    }
}

/// The parts of a text; an empty separator stands between all characters.
fn parts<'t>(text: &'t str, separator: &str) -> Vec<&'t str> {
    if !separator.is_empty() {
        return text.split(separator).collect();
    }
    let ends = text.char_indices().map(|(at, char)| (at, at + char.len_utf8()));
    ends.filter_map(|(start, end)| text.get(start..end)).collect()
}

fn split(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let (text, separator) = (string(arguments, 1)?, string(arguments, 2)?);
    charge(text.len(), context)?;
    let parts = parts(text, separator);
    context.budget.charge_memory(parts.len().saturating_mul(40))?;
    Ok(Some(Value::array(parts.into_iter().map(Value::from).collect())))
}

fn split_n(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let (text, separator) = (string(arguments, 1)?, string(arguments, 2)?);
    let wanted = int(arguments, 3)?;
    charge(text.len(), context)?;
    let parts = parts(text, separator);
    context.budget.charge_memory(parts.len().saturating_mul(40))?;
    let n_wanted = usize::try_from(wanted.unsigned_abs()).unwrap_or(usize::MAX).min(parts.len());
    let taken =
        if wanted >= 0 { parts.get(..n_wanted) } else { parts.get(parts.len() - n_wanted..) };
    Ok(Some(Value::array(
        taken.unwrap_or_default().iter().map(|part| Value::from(*part)).collect(),
    )))
}

fn count(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    let (text, wanted) = (string(arguments, 1)?, string(arguments, 2)?);
    if wanted.is_empty() {
        return answer(size(text.chars().count() + 1));
    }
    answer(size(text.matches(wanted.as_ref()).count()))
}

fn reverse(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let text = string(arguments, 1)?;
    charge(text.len(), context)?;
    answer(text.chars().rev().collect::<String>())
}

fn substring(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    let text = string(arguments, 1)?;
    let (start, length) = (int(arguments, 2)?, int(arguments, 3)?);
    let start = usize::try_from(start).or(Err(failed("negative offset")))?;
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    answer(text.chars().skip(start).take(length).collect::<String>())
}

/// The strings of a string, an array or a set.
fn one_or_many(arguments: &[Value], position: usize) -> Result<Vec<&Arc<str>>, BuiltinError> {
    match any(arguments, position)? {
        Value::String(text) => Ok(vec![text]),
        _ => strings(arguments, position, &["string", "set", "array"]),
    }
}
