//! What strings begin and end with, and cutting it off.

use std::sync::Arc;

use crate::domain::value::Value;

use super::super::operand::{Answer, answer, string};
use super::super::signature::{Builtin, CallContext, Type, entry};
use super::{STRINGS, TWO, one_or_many};

const ONE_OR_MANY: Type = Type::OneOf(&[Type::String, STRINGS, Type::Set(&Type::String)]);
const MATCH: &[Type] = &[ONE_OR_MANY, ONE_OR_MANY];

pub(super) const BUILTINS: &[Builtin] = &[
    entry("startswith", TWO, Type::Boolean, startswith),
    entry("endswith", TWO, Type::Boolean, endswith),
    entry("strings.any_prefix_match", MATCH, Type::Boolean, any_prefix_match),
    entry("strings.any_suffix_match", MATCH, Type::Boolean, any_suffix_match),
    entry("trim", TWO, Type::String, trim),
    entry("trim_left", TWO, Type::String, trim_left),
    entry("trim_right", TWO, Type::String, trim_right),
    entry("trim_prefix", TWO, Type::String, trim_prefix),
    entry("trim_suffix", TWO, Type::String, trim_suffix),
    entry("trim_space", &[Type::String], Type::String, trim_space),
];

fn startswith(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    answer(string(arguments, 1)?.starts_with(string(arguments, 2)?.as_ref()))
}

fn endswith(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    answer(string(arguments, 1)?.ends_with(string(arguments, 2)?.as_ref()))
}

fn matched(
    arguments: &[Value],
    context: &mut CallContext<'_>,
    holds: impl Fn(&str, &str) -> bool,
) -> Answer {
    let (texts, affixes) = (one_or_many(arguments, 1)?, one_or_many(arguments, 2)?);
    let n_pairs = texts.len().saturating_mul(affixes.len());
    context.budget.charge(u64::try_from(n_pairs).unwrap_or(u64::MAX))?;
    answer(texts.iter().any(|text| affixes.iter().any(|affix| holds(text, affix))))
}

fn any_prefix_match(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    matched(arguments, context, |text, prefix| text.starts_with(prefix))
}

fn any_suffix_match(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    matched(arguments, context, |text, suffix| text.ends_with(suffix))
}

/// Answers with a part of the first argument, which is the whole text most of the time.
fn part(arguments: &[Value], cut: impl for<'t> Fn(&'t str) -> &'t str) -> Answer {
    let text = string(arguments, 1)?;
    let rest = cut(text);
    if rest.len() == text.len() {
        return Ok(Some(Value::String(Arc::clone(text))));
    }
    answer(rest)
}

fn trim(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    let cutset = string(arguments, 2)?;
    part(arguments, |text| text.trim_matches(|char| cutset.contains(char)))
}

fn trim_left(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    let cutset = string(arguments, 2)?;
    part(arguments, |text| text.trim_start_matches(|char| cutset.contains(char)))
}

fn trim_right(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    let cutset = string(arguments, 2)?;
    part(arguments, |text| text.trim_end_matches(|char| cutset.contains(char)))
}

fn trim_prefix(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    let prefix = string(arguments, 2)?;
    part(arguments, |text| text.strip_prefix(prefix.as_ref()).unwrap_or(text))
}

fn trim_suffix(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    let suffix = string(arguments, 2)?;
    part(arguments, |text| text.strip_suffix(suffix.as_ref()).unwrap_or(text))
}

fn trim_space(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    part(arguments, str::trim)
}
