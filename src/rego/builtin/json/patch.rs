//! `json.patch` (RFC 6902), which in OPA also reaches into sets. Source: OPA 1.x, `topdown/json.go`, `internal/edittree`.

use crate::domain::value::{Number, Value};

use super::super::display::rego_text;
use super::super::operand::{Answer, any, array, failed};
use super::super::signature::{Builtin, BuiltinError, CallContext, Type, entry};
use super::path::path_of;

const OPERATION: Type = Type::OpenRecord(&[("op", Type::String), ("path", Type::Any)], &Type::Any);

pub(super) const BUILTINS: &[Builtin] =
    &[entry("json.patch", &[Type::Any, Type::Array(&OPERATION)], Type::Any, patch)];

type Patched = Result<Value, BuiltinError>;

fn patch(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let mut value = Some(any(arguments, 1)?.clone());
    for operation in array(arguments, 2)? {
        if !operation.is_object() {
            let text =
                "must be an array of JSON-Patch objects, but at least one element is not an object";
            return Err(failed(text));
        }
        // Every step copies what stands beside the path.
        context.budget.charge(64)?;
        value = apply(value, operation, context)?;
    }
    Ok(value)
}

fn attribute<'a>(operation: &'a Value, name: &str) -> Result<&'a Value, BuiltinError> {
    operation
        .step(&Value::from(name))
        .ok_or_else(|| failed(format!("missing required attribute '{name}'")))
}

/// The value after one operation; nothing when all of it was removed.
fn apply(
    value: Option<Value>,
    operation: &Value,
    context: &mut CallContext<'_>,
) -> Result<Option<Value>, BuiltinError> {
    let path = attribute(operation, "path")?;
    let name = attribute(operation, "op")?;
    let Some(name) = name.as_str() else {
        let got = name.type_name();
        return Err(failed(format!("attribute 'op' must be a string but found: {got}")));
    };
    let path = path_of(path)?;
    let from = || attribute(operation, "from").and_then(path_of);
    let inserted = |value: Option<Value>, new: Value, context: &mut CallContext<'_>| {
        insert(value.as_ref(), &path, new, context).map(Some)
    };
    match name {
        "add" => inserted(value, attribute(operation, "value")?.clone(), context),
        "remove" => delete(value.as_ref(), &path, context),
        "replace" => {
            let left = delete(value.as_ref(), &path, context)?;
            inserted(left, attribute(operation, "value")?.clone(), context)
        }
        "move" => {
            let from = from()?;
            let moved = found(value.as_ref(), &from)?.clone();
            let left = delete(value.as_ref(), &from, context)?;
            inserted(left, moved, context)
        }
        "copy" => {
            let copied = found(value.as_ref(), &from()?)?.clone();
            inserted(value, copied, context)
        }
        "test" => {
            let (there, wanted) = (found(value.as_ref(), &path)?, attribute(operation, "value")?);
            if there == wanted {
                return Ok(value);
            }
            let (there, wanted) = (rego_text(there), rego_text(wanted));
            Err(failed(format!(
                "value from EditTree != patch value.\n\nExpected: {wanted}\n\nFound: {there}"
            )))
        }
        other => Err(failed(format!("unrecognized op: '{other}'"))),
    }
}

fn deleted() -> BuiltinError {
    failed("deleted node encountered during insert operation")
}

/// The index of an array that a step means; `-` is the end.
fn index(n_items: usize, step: &Value) -> Result<usize, BuiltinError> {
    let number = match step {
        Value::Number(Number::Int(number)) => *number,
        Value::Number(_) => return Err(failed("invalid number type for indexing")),
        Value::String(text) if text.as_ref() == "-" => return Ok(n_items),
        Value::String(text) => {
            let number = text.parse::<i64>().or(Err(failed("invalid string for indexing")))?;
            if text.len() > 1 && text.starts_with('0') {
                return Err(failed("leading zeros are not allowed in JSON paths"));
            }
            number
        }
        _ => return Err(failed("invalid type for indexing")),
    };
    usize::try_from(number).or(Err(failed("index for array insertion out of bounds")))
}

/// The type as OPA's own language names it.
fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "ast.Null",
        Value::Bool(_) => "ast.Boolean",
        Value::Number(_) => "ast.Number",
        Value::String(_) => "ast.String",
        Value::Array(_) => "*ast.Array",
        Value::Object(_) | Value::Map(_) => "*ast.object",
        Value::Set(_) => "*ast.set",
    }
}

fn missing(value: &Value, step: &Value) -> BuiltinError {
    let (path, kind) = (rego_text(step), value.type_name());
    failed(format!("path {path} does not exist in {kind} term {}", rego_text(value)))
}

fn child<'a>(value: &'a Value, step: &Value) -> Result<&'a Value, BuiltinError> {
    let found = match value {
        Value::Array(items) => items.get(index(items.len(), step)?),
        Value::Object(_) | Value::Map(_) | Value::Set(_) => value.step(step),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            let (path, there) = (rego_text(step), rego_text(value));
            return Err(failed(format!(
                "expected composite type for path {path}, found value: {there} (type: {})",
                go_type(value)
            )));
        }
    };
    found.ok_or_else(|| missing(value, step))
}

fn found<'a>(value: Option<&'a Value>, path: &[Value]) -> Result<&'a Value, BuiltinError> {
    path.iter().try_fold(value.ok_or_else(deleted)?, child)
}

fn charge(value: &Value, context: &mut CallContext<'_>) -> Result<(), BuiltinError> {
    let n_items = value.size().unwrap_or(0);
    context.budget.charge(u64::try_from(n_items / 8).unwrap_or(u64::MAX))?;
    context.budget.charge_memory(n_items.saturating_mul(size_of::<Value>()))?;
    Ok(())
}

/// The value with another member under `step`.
fn with_member(value: &Value, step: &Value, new: Value, context: &mut CallContext<'_>) -> Patched {
    charge(value, context)?;
    match value {
        Value::Array(items) => {
            let at = index(items.len(), step)?;
            let mut items = items.to_vec();
            *items.get_mut(at).ok_or_else(|| missing(value, step))? = new;
            Ok(Value::array(items))
        }
        Value::Set(set) => {
            let others = set.items().iter().filter(|item| *item != step).cloned();
            Ok(Value::set(others.chain([new]).collect()))
        }
        _ => {
            let entries = value.pairs().map(|(key, item)| (key, item.clone()));
            Ok(Value::map(entries.chain([(step.clone(), new)]).collect()))
        }
    }
}

fn insert(
    value: Option<&Value>,
    path: &[Value],
    new: Value,
    context: &mut CallContext<'_>,
) -> Patched {
    let [first, rest @ ..] = path else { return Ok(new) };
    let value = value.ok_or_else(deleted)?;
    if !rest.is_empty() {
        let inner = insert(Some(child(value, first)?), rest, new, context)?;
        return with_member(value, first, inner, context);
    }
    match value {
        Value::Set(_) if *first != new => {
            let (key, new) = (rego_text(first), rego_text(&new));
            Err(failed(format!("set key {key} does not equal value to be inserted {new}")))
        }
        Value::Object(_) | Value::Map(_) | Value::Set(_) => with_member(value, first, new, context),
        Value::Array(items) => {
            charge(value, context)?;
            let at = index(items.len(), first)?;
            if at > items.len() {
                return Err(failed("index for array insertion out of bounds"));
            }
            let mut items = items.to_vec();
            items.insert(at, new);
            Ok(Value::array(items))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Err(failed(format!(
            "expected composite type, found value: {} (type: {})",
            rego_text(value),
            go_type(value)
        ))),
    }
}

fn check_removable(value: &Value, step: &Value) -> Result<(), BuiltinError> {
    match value {
        Value::Array(items) if index(items.len(), step)? >= items.len() => {
            Err(failed("index for array delete out of bounds"))
        }
        Value::Object(_) | Value::Map(_) | Value::Set(_) if value.step(step).is_none() => {
            let key = rego_text(step);
            Err(failed(format!("cannot delete child key {key} that does not exist")))
        }
        _ => child(value, step).map(|_| ()),
    }
}

fn delete(
    value: Option<&Value>,
    path: &[Value],
    context: &mut CallContext<'_>,
) -> Result<Option<Value>, BuiltinError> {
    let [first, rest @ ..] = path else { return value.map(|_| None).ok_or_else(deleted) };
    let value = value.ok_or_else(deleted)?;
    if !rest.is_empty() {
        let inner = delete(Some(child(value, first)?), rest, context)?;
        return inner.map(|inner| with_member(value, first, inner, context)).transpose();
    }
    check_removable(value, first)?;
    charge(value, context)?;
    Ok(Some(match value {
        Value::Array(items) => {
            let at = index(items.len(), first)?;
            let kept = items.iter().enumerate().filter(|(position, _)| *position != at);
            Value::array(kept.map(|(_, item)| item.clone()).collect())
        }
        Value::Set(set) => {
            Value::set(set.items().iter().filter(|item| *item != first).cloned().collect())
        }
        _ => {
            let kept = value.pairs().filter(|(key, _)| key != first);
            Value::map(kept.map(|(key, item)| (key, item.clone())).collect())
        }
    }))
}
