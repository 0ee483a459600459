//! Objects. Source: OPA 1.x, `topdown/object.go`, `topdown/subset.go`.

use crate::domain::value::Value;

use super::operand::{Answer, answer, any, array, element_error, members, object, type_error};
use super::signature::{Builtin, BuiltinError, CallContext, Type, entry};

const OBJECT: Type = Type::Object(&Type::Any, &Type::Any);
const LIST: Type = Type::OneOf(&[Type::Array(&Type::Any), Type::Set(&Type::Any)]);
const KEYS: Type = Type::OneOf(&[Type::Array(&Type::Any), OBJECT, Type::Set(&Type::Any)]);
const SUBSET: Type = Type::OneOf(&[Type::Array(&Type::Any), OBJECT, Type::Set(&Type::Any)]);

pub(super) const BUILTINS: &[Builtin] = &[
    entry("object.get", &[OBJECT, Type::Any, Type::Any], Type::Any, get),
    entry("object.keys", &[OBJECT], Type::Set(&Type::Any), keys),
    entry("object.remove", &[OBJECT, KEYS], OBJECT, remove),
    entry("object.filter", &[OBJECT, KEYS], OBJECT, filter),
    entry("object.union", &[OBJECT, OBJECT], OBJECT, union),
    entry("object.union_n", &[Type::Array(&OBJECT)], OBJECT, union_n),
    entry("object.subset", &[SUBSET, SUBSET], Type::Boolean, subset),
    Builtin { relation: true, ..entry("walk", &[Type::Any], PATH_AND_VALUE, walk) },
    entry("graph.reachable", &[GRAPH, LIST], Type::Set(&Type::Any), super::graph::reachable),
    entry(
        "graph.reachable_paths",
        &[GRAPH, LIST],
        Type::Set(&Type::Array(&Type::Any)),
        super::graph::reachable_paths,
    ),
];

const GRAPH: Type = Type::Object(&Type::Any, &LIST);
const PATH_AND_VALUE: Type = Type::Tuple(&[Type::Array(&Type::Any), Type::Any]);

fn get(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    let (object, key, default) = (object(arguments, 1)?, any(arguments, 2)?, any(arguments, 3)?);
    let found = match key {
        Value::Array(path) => path.iter().try_fold(object, |value, step| value.step(step)),
        _ => object.step(key),
    };
    Ok(Some(found.unwrap_or(default).clone()))
}

fn keys(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let object = object(arguments, 1)?;
    charge(object.size().unwrap_or(0), context)?;
    Ok(Some(Value::set(object.pairs().map(|(key, _)| key).collect())))
}

fn charge(n_entries: usize, context: &mut CallContext<'_>) -> Result<(), BuiltinError> {
    context.budget.charge(u64::try_from(n_entries / 4).unwrap_or(u64::MAX))?;
    context.budget.charge_memory(n_entries.saturating_mul(2 * size_of::<Value>()))?;
    Ok(())
}

/// Keeps the entries whose key is among the second argument's, or is not.
fn chosen(arguments: &[Value], context: &mut CallContext<'_>, kept: bool) -> Answer {
    let (object, named) = (object(arguments, 1)?, any(arguments, 2)?);
    let keys = match named {
        Value::Object(_) | Value::Map(_) => Value::set(named.pairs().map(|(key, _)| key).collect()),
        other => match members(other) {
            Some(items) => Value::set(items.to_vec()),
            None => return Err(type_error(2, named, &["object", "set", "array"])),
        },
    };
    charge(object.size().unwrap_or(0), context)?;
    let is_named = |key: &Value| keys.as_set().is_some_and(|keys| keys.contains(key));
    let entries = object.pairs().filter(|(key, _)| is_named(key) == kept);
    Ok(Some(Value::map(entries.map(|(key, value)| (key, value.clone())).collect())))
}

fn remove(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    chosen(arguments, context, false)
}

fn filter(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    chosen(arguments, context, true)
}

fn union(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    Ok(Some(merged(object(arguments, 1)?, object(arguments, 2)?, context)?))
}

/// Both objects in one; where both have a key, objects are merged in turn, and else the second one's value stands.
fn merged(
    first: &Value,
    second: &Value,
    context: &mut CallContext<'_>,
) -> Result<Value, BuiltinError> {
    if first.size() == Some(0) {
        return Ok(second.clone());
    }
    if second.size() == Some(0) {
        return Ok(first.clone());
    }
    charge(first.size().unwrap_or(0) + second.size().unwrap_or(0), context)?;
    let mut entries = Vec::new();
    for (key, value) in first.pairs() {
        let value = match second.step(&key) {
            Some(other) if value.is_object() && other.is_object() => merged(value, other, context)?,
            Some(other) => other.clone(),
            None => value.clone(),
        };
        entries.push((key, value));
    }
    let added = second.pairs().filter(|(key, _)| first.step(key).is_none());
    entries.extend(added.map(|(key, value)| (key, value.clone())));
    Ok(Value::map(entries))
}

fn union_n(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let objects = array(arguments, 1)?;
    let all = any(arguments, 1)?;
    if let Some(other) = objects.iter().find(|item| !item.is_object()) {
        return Err(element_error(1, all, other, "object"));
    }
    let empty = Value::map(Vec::new());
    let union = objects.iter().try_fold(empty, |union, object| merged(&union, object, context))?;
    Ok(Some(union))
}

fn subset(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let (whole, part) = (any(arguments, 1)?, any(arguments, 2)?);
    let n_items = whole.size().unwrap_or(0).saturating_mul(part.size().unwrap_or(0));
    context.budget.charge(u64::try_from(n_items / 16).unwrap_or(u64::MAX))?;
    if let (Value::Array(whole), Value::Set(part)) = (whole, part) {
        return answer(covers(whole, part.items()));
    }
    match is_subset(whole, part) {
        Some(is_subset) => answer(is_subset),
        None => Err(BuiltinError::Type(
            "both arguments object.subset must be of the same type or array and set".to_owned(),
        )),
    }
}

/// Whether enough members of the array are in the set; a member that stands twice counts twice, as in OPA.
fn covers(whole: &[Value], part: &[Value]) -> bool {
    let mut n_missing = i64::try_from(part.len()).unwrap_or(i64::MAX);
    whole.iter().any(|item| {
        n_missing -= i64::from(part.contains(item));
        n_missing == 0
    })
}

/// Nothing for values that cannot be compared in this way.
fn is_subset(whole: &Value, part: &Value) -> Option<bool> {
    Some(match (whole, part) {
        (Value::Set(whole), Value::Set(part)) => {
            part.items().iter().all(|item| whole.contains(item))
        }
        (Value::Array(whole), Value::Array(part)) => {
            part.is_empty() || whole.windows(part.len()).any(|window| window == part.as_slice())
        }
        _ if whole.is_object() && part.is_object() => part.pairs().all(|(key, value)| {
            let found = whole.step(&key);
            found.is_some_and(|found| found == value || is_subset(found, value).unwrap_or(false))
        }),
        _ => return None,
    })
}

/// Every value inside a value with its path, the value itself first.
fn walk(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let mut found = Vec::new();
    visit(any(arguments, 1)?, &mut Vec::new(), &mut found, context)?;
    Ok(Some(Value::array(found)))
}

fn visit(
    value: &Value,
    path: &mut Vec<Value>,
    found: &mut Vec<Value>,
    context: &mut CallContext<'_>,
) -> Result<(), BuiltinError> {
    context.budget.charge(1)?;
    context.budget.charge_memory((path.len() + 4) * size_of::<Value>())?;
    found.push(Value::array(vec![Value::array(path.clone()), value.clone()]));
    let mut step = |key: Value, member: &Value, path: &mut Vec<Value>| {
        path.push(key);
        visit(member, path, found, context)?;
        path.pop();
        Ok::<_, BuiltinError>(())
    };
    match value {
        Value::Array(items) => items
            .iter()
            .zip(0_i64..)
            .try_for_each(|(item, index)| step(Value::from(index), item, path)),
        Value::Set(set) => set.items().iter().try_for_each(|item| step(item.clone(), item, path)),
        other => other.pairs().try_for_each(|(key, item)| step(key, item, path)),
    }
}
