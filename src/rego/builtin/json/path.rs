//! `json.filter` and `json.remove`: parts of objects named by paths. Source: OPA 1.x, `topdown/json.go`.

use std::collections::BTreeMap;

use crate::domain::value::Value;

use super::super::operand::{Answer, any, members, object, operand_error, type_error};
use super::super::signature::{Builtin, BuiltinError, CallContext, Type, entry};

const OBJECT: Type = Type::Object(&Type::Any, &Type::Any);
const PATH: Type = Type::OneOf(&[Type::String, Type::Array(&Type::Any)]);
const PATHS: Type = Type::OneOf(&[Type::Array(&PATH), Type::Set(&PATH)]);

pub(super) const BUILTINS: &[Builtin] = &[
    entry("json.filter", &[OBJECT, PATHS], OBJECT, filter),
    entry("json.remove", &[OBJECT, PATHS], OBJECT, remove),
];

/// Reads a path: a JSON pointer whose first slash may be missing, or an array of keys.
pub(super) fn path_of(value: &Value) -> Result<Vec<Value>, BuiltinError> {
    match value {
        Value::String(text) if text.is_empty() => Ok(Vec::new()),
        Value::String(text) => {
            let steps = text.trim_start_matches('/').split('/');
            Ok(steps.map(|step| Value::from(step.replace("~1", "/").replace("~0", "~"))).collect())
        }
        Value::Array(steps) => Ok(steps.to_vec()),
        other => {
            let wanted =
                "must be one of {set, array} containing string paths or array of path segments";
            Err(operand_error(2, &format!("{wanted} but got {}", other.type_name())))
        }
    }
}

/// What the paths name together.
enum Tree {
    Whole,
    Parts(BTreeMap<Value, Tree>),
}

impl Tree {
    fn insert(&mut self, path: &[Value]) {
        let Self::Parts(parts) = self else { return };
        match path {
            [] => {}
            [last] => {
                parts.insert(last.clone(), Self::Whole);
            }
            [first, rest @ ..] => {
                let empty = || Self::Parts(BTreeMap::new());
                parts.entry(first.clone()).or_insert_with(empty).insert(rest);
            }
        }
    }

    fn part(&self, key: &Value) -> Option<&Self> {
        match self {
            Self::Whole => None,
            Self::Parts(parts) => parts.get(key),
        }
    }
}

fn tree(arguments: &[Value]) -> Result<Tree, BuiltinError> {
    let value = any(arguments, 2)?;
    let paths = members(value).ok_or_else(|| type_error(2, value, &["set", "array"]))?;
    let mut tree = Tree::Parts(BTreeMap::new());
    for path in paths {
        tree.insert(&path_of(path)?);
    }
    Ok(tree)
}

/// The key of an array's item, which is a text in paths.
fn index_key(index: usize) -> Value {
    Value::from(index.to_string())
}

/// Makes a value of the members that `keep` answers for, each with its key.
fn rebuilt(value: &Value, keep: impl Fn(&Value, &Value) -> Option<Value>) -> Value {
    match value {
        Value::Array(items) => {
            let kept =
                items.iter().enumerate().filter_map(|(index, item)| keep(&index_key(index), item));
            Value::array(kept.collect())
        }
        Value::Set(set) => {
            Value::set(set.items().iter().filter_map(|item| keep(item, item)).collect())
        }
        Value::Object(_) | Value::Map(_) => {
            let kept = value.pairs().filter_map(|(key, item)| {
                let item = keep(&key, item)?;
                Some((key, item))
            });
            Value::map(kept.collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

fn filtered(value: &Value, tree: &Tree) -> Value {
    if let Tree::Whole = tree {
        return value.clone();
    }
    rebuilt(value, |key, item| tree.part(key).map(|part| filtered(item, part)))
}

fn filter(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let object = object(arguments, 1)?;
    let tree = tree(arguments)?;
    context.budget.charge(u64::try_from(object.size().unwrap_or(0)).unwrap_or(u64::MAX))?;
    Ok(Some(filtered(object, &tree)))
}

/// What is left of a value; nothing if the whole of it is named.
fn without(value: &Value, tree: Option<&Tree>) -> Option<Value> {
    match tree {
        None => Some(value.clone()),
        Some(Tree::Whole) => None,
        Some(parts) => Some(rebuilt(value, |key, item| without(item, parts.part(key)))),
    }
}

fn remove(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let object = object(arguments, 1)?;
    let tree = tree(arguments)?;
    context.budget.charge(u64::try_from(object.size().unwrap_or(0)).unwrap_or(u64::MAX))?;
    Ok(without(object, Some(&tree)))
}
