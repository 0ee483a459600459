//! Regular expressions with Go's syntax and meaning. Source: OPA 1.x, `topdown/regex.go`.

mod intersection;
mod replacement;
mod syntax;
mod template;

use std::sync::Arc;

use regex_automata::meta;
use regex_syntax::hir::Hir;

use crate::domain::value::Value;

use super::operand::{Answer, answer, failed, int, string};
use super::signature::{Builtin, BuiltinError, CallContext, Type, entry};
use super::text::{MAX_TEXT_BYTES, charge};

const TWO: &[Type] = &[Type::String, Type::String];
const THREE: &[Type] = &[Type::String, Type::String, Type::String];
const FOUR: &[Type] = &[Type::String, Type::String, Type::String, Type::String];
const FIND: &[Type] = &[Type::String, Type::String, Type::Number];
const STRINGS: Type = Type::Array(&Type::String);
const GROUPS: Type = Type::Array(&STRINGS);

pub(super) const BUILTINS: &[Builtin] = &[
    entry("regex.match", TWO, Type::Boolean, is_match),
    entry("re_match", TWO, Type::Boolean, is_match),
    entry("regex.is_valid", &[Type::String], Type::Boolean, is_valid),
    entry("regex.split", TWO, STRINGS, split),
    entry("regex.find_n", FIND, STRINGS, find_n),
    entry("regex.find_all_string_submatch_n", FIND, GROUPS, find_all_submatch),
    entry("regex.replace", THREE, Type::String, replace),
    entry("regex.template_match", FOUR, Type::Boolean, template_match),
    entry("regex.globs_match", TWO, Type::Boolean, globs_match),
];

/// Bytes of a compiled pattern; Go allows about this much.
const MAX_COMPILED_BYTES: usize = 16 * 1024 * 1024;
/// Bytes of a pattern's text.
const MAX_PATTERN_BYTES: usize = 256 * 1024;

/// A compiled pattern.
#[derive(Debug)]
pub(super) struct Pattern {
    regex: meta::Regex,
    /// The names of the groups by index; the engine would refuse one that stands twice, which Go does not.
    names: Vec<Option<Box<str>>>,
}

impl Pattern {
    /// Compiles what Go's syntax says.
    pub(super) fn from_go(text: &str) -> Result<Self, BuiltinError> {
        if text.len() > MAX_PATTERN_BYTES {
            return Err(failed("the regular expression is too long"));
        }
        let parsed = syntax::parse(text).map_err(failed)?;
        Self::from_tree(&parsed.hir, parsed.names)
    }

    /// Compiles a pattern that was built and not written.
    pub(super) fn from_tree(hir: &Hir, names: Vec<Option<Box<str>>>) -> Result<Self, BuiltinError> {
        let config = meta::Config::new().nfa_size_limit(Some(MAX_COMPILED_BYTES)).onepass(false);
        let regex = meta::Builder::new().configure(config).build_from_hir(hir);
        let regex = regex.or(Err(failed("the regular expression is too large when compiled")))?;
        Ok(Self { regex, names })
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

/// The compiled pattern, from the cache if it is there; charges for running it over `text`.
fn compiled(
    pattern: &str,
    text: &str,
    context: &mut CallContext<'_>,
) -> Result<Arc<Pattern>, BuiltinError> {
    context.budget.charge(1 + u64::try_from(text.len() / 32).unwrap_or(u64::MAX))?;
    context.cache.patterns.or_make(pattern, |pattern: &str| Pattern::from_go(pattern).map(Arc::new))
}

/// Whether the pattern matches anywhere in the text.
pub(super) fn matches(
    pattern: &str,
    text: &str,
    context: &mut CallContext<'_>,
) -> Result<bool, BuiltinError> {
    Ok(compiled(pattern, text, context)?.matches(text))
}

fn is_match(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let (pattern, text) = (string(arguments, 1)?, string(arguments, 2)?);
    answer(matches(pattern, text, context)?)
}

fn is_valid(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    super::conversion::is_valid(arguments, |pattern| {
        pattern.len() <= MAX_PATTERN_BYTES && syntax::parse(pattern).is_ok()
    })
}

fn part(text: &str, start: usize, end: usize) -> &str {
    text.get(start..end).unwrap_or_default()
}

fn texts<'t>(parts: impl IntoIterator<Item = &'t str>, context: &mut CallContext<'_>) -> Answer {
    let parts: Vec<Value> = parts.into_iter().map(Value::from).collect();
    context.budget.charge(u64::try_from(parts.len()).unwrap_or(u64::MAX))?;
    context.budget.charge_memory(parts.len().saturating_mul(48))?;
    Ok(Some(Value::array(parts)))
}

fn split(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let (pattern, text) = (string(arguments, 1)?, string(arguments, 2)?);
    charge(text.len(), context)?;
    let regex = compiled(pattern, text, context)?;
    if text.is_empty() && !pattern.is_empty() {
        return texts([""], context);
    }
    let (mut start, mut end, mut parts) = (0, 0, Vec::new());
    for found in regex.regex.find_iter(text.as_ref()) {
        end = found.start();
        // Nothing is before an empty match at the very start.
        if found.end() != 0 {
            parts.push(part(text, start, end));
        }
        start = found.end();
    }
    if end != text.len() {
        parts.push(part(text, start, text.len()));
    }
    texts(parts, context)
}

/// How many matches are wanted; a negative number is all of them.
fn wanted(arguments: &[Value]) -> Result<usize, BuiltinError> {
    Ok(usize::try_from(int(arguments, 3)?).unwrap_or(usize::MAX))
}

fn find_n(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let (pattern, text) = (string(arguments, 1)?, string(arguments, 2)?);
    let n_wanted = wanted(arguments)?;
    charge(text.len(), context)?;
    let regex = compiled(pattern, text, context)?;
    let found = regex.regex.find_iter(text.as_ref()).take(n_wanted);
    texts(found.map(|found| part(text, found.start(), found.end())), context)
}

fn find_all_submatch(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let (pattern, text) = (string(arguments, 1)?, string(arguments, 2)?);
    let n_wanted = wanted(arguments)?;
    charge(text.len(), context)?;
    let regex = compiled(pattern, text, context)?;
    let mut all = Vec::new();
    for captures in regex.regex.captures_iter(text.as_ref()).take(n_wanted) {
        context.budget.charge(u64::try_from(captures.group_len()).unwrap_or(u64::MAX))?;
        context.budget.charge_memory(captures.group_len() * 48)?;
        let groups = (0..captures.group_len()).map(|group| {
            let span = captures.get_group(group);
            Value::from(span.map_or("", |span| part(text, span.start, span.end)))
        });
        all.push(Value::array(groups.collect()));
    }
    Ok(Some(Value::array(all)))
}

fn replace(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let (text, pattern) = (string(arguments, 1)?, string(arguments, 2)?);
    let replacement = replacement::parse(string(arguments, 3)?);
    charge(text.len(), context)?;
    let regex = compiled(pattern, text, context)?;
    let (mut replaced, mut end) = (String::with_capacity(text.len()), 0);
    for captures in regex.regex.captures_iter(text.as_ref()) {
        context.budget.charge(1)?;
        let Some(found) = captures.get_match() else { continue };
        replaced.push_str(part(text, end, found.start()));
        end = found.end();
        for piece in &replacement {
            let group = match piece {
                replacement::Piece::Text(text) => {
                    replaced.push_str(text);
                    continue;
                }
                replacement::Piece::Group(group) => captures.get_group(*group),
                replacement::Piece::Named(name) => named_group(&regex, &captures, name),
            };
            if let Some(span) = group {
                replaced.push_str(part(text, span.start, span.end));
            }
        }
        if replaced.len() > MAX_TEXT_BYTES {
            return Err(failed("the text would be too large"));
        }
    }
    replaced.push_str(part(text, end, text.len()));
    charge(replaced.len(), context)?;
    answer(replaced)
}

/// The first group of this name that takes part in the match.
fn named_group(
    pattern: &Pattern,
    captures: &regex_automata::util::captures::Captures,
    name: &str,
) -> Option<regex_automata::Span> {
    let named = pattern.names.iter().zip(1..).filter(|(other, _)| other.as_deref() == Some(name));
    named.into_iter().find_map(|(_, group)| captures.get_group(group))
}

fn template_match(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let (pattern, text) = (string(arguments, 1)?, string(arguments, 2)?);
    let delimiter = |position: usize, side: &str| {
        let delimiter = string(arguments, position)?;
        let mut bytes = delimiter.bytes();
        if let (Some(byte), None) = (bytes.next(), bytes.next()) {
            Ok(byte)
        } else {
            let length = string(arguments, 3)?.len();
            Err(failed(format!(
                "{side} delimiter has to be exactly one character long but is {length} long"
            )))
        }
    };
    let (start, end) = (delimiter(3, "start")?, delimiter(4, "end")?);
    let written = template::pattern(pattern, start, end).map_err(failed)?;
    answer(compiled(&written, text, context)?.matches(text))
}

fn globs_match(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let (a, b) = (string(arguments, 1)?, string(arguments, 2)?);
    let n_pairs = a.len().saturating_mul(b.len());
    context.budget.charge(u64::try_from(n_pairs).unwrap_or(u64::MAX))?;
    answer(intersection::is_not_empty(a, b).map_err(failed)?)
}
