//! Replacing parts of strings. Source: Go's `strings.NewReplacer`.

use std::sync::Arc;

use crate::domain::value::Value;

use super::super::operand::{Answer, answer, failed, object, operand_error, string};
use super::super::signature::{Builtin, BuiltinError, CallContext, Type, entry};
use super::{MAX_TEXT_BYTES, charge};

const REPLACE: &[Type] = &[Type::String, Type::String, Type::String];
const REPLACE_N: &[Type] = &[Type::Object(&Type::String, &Type::String), Type::String];

pub(super) const BUILTINS: &[Builtin] = &[
    entry("replace", REPLACE, Type::String, replace),
    entry("strings.replace_n", REPLACE_N, Type::String, replace_n),
];

fn replace(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let (text, old, new) = (string(arguments, 1)?, string(arguments, 2)?, string(arguments, 3)?);
    if old.is_empty() {
        return answer(replaced(text, &[(Arc::clone(old), new)], context)?);
    }
    if !text.contains(old.as_ref()) {
        return Ok(Some(Value::String(Arc::clone(text))));
    }
    let n_found = text.matches(old.as_ref()).count();
    charge(text.len().saturating_add(n_found.saturating_mul(new.len())), context)?;
    answer(text.replace(old.as_ref(), new))
}

fn replace_n(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let (patterns, text) = (object(arguments, 1)?, string(arguments, 2)?);
    let mut pairs = Vec::new();
    for (key, value) in patterns.pairs() {
        let Value::String(key) = key else {
            return Err(operand_error(1, "non-string key found in pattern object"));
        };
        let Value::String(value) = value else {
            return Err(operand_error(1, "non-string value found in pattern object"));
        };
        pairs.push((key, value));
    }
    answer(replaced(text, &pairs, context)?)
}

/// Replaces from left to right what a pattern matches; of several that match, the first of the pairs wins.
///
/// An empty pattern matches before every byte and at the end; after it another one may match at the same place. What is left of
/// a character whose bytes are torn apart is shown as OPA shows it: a replacement character for each.
fn replaced(
    text: &str,
    pairs: &[(Arc<str>, &Arc<str>)],
    context: &mut CallContext<'_>,
) -> Result<String, BuiltinError> {
    let mut result = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    let mut after_empty = false;
    loop {
        context.budget.charge(u64::try_from(pairs.len()).unwrap_or(u64::MAX))?;
        let fits = |pair: &&(Arc<str>, &Arc<str>)| {
            rest.starts_with(pair.0.as_bytes()) && !(after_empty && pair.0.is_empty())
        };
        if let Some((pattern, new)) = pairs.iter().find(fits) {
            charge(new.len(), context)?;
            if result.len() + new.len() > MAX_TEXT_BYTES {
                return Err(failed("the text would be too large"));
            }
            result.extend_from_slice(new.as_bytes());
            rest = rest.get(pattern.len()..).unwrap_or_default();
            after_empty = pattern.is_empty();
            continue;
        }
        let Some((byte, others)) = rest.split_first() else { break };
        result.push(*byte);
        rest = others;
        after_empty = false;
    }
    let result = String::from_utf8(result);
    Ok(result.unwrap_or_else(|torn| String::from_utf8_lossy(torn.as_bytes()).into_owned()))
}
