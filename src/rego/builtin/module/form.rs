//! The forms of single parts of a module's tree.

use super::{object, typed, variable};
use crate::domain::value::Value;
use crate::rego::syntax::ast::{Head, Import, Name};

/// What a head belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Alone,
    /// A rule with `else`, and its branches.
    Chained,
    Default,
}

/// The name, and the step behind it as a key, as OPA showed heads before it knew references there.
pub(super) fn old_names(
    head: &Head,
    step: &Value,
    has_value: bool,
    form: Form,
) -> impl Iterator<Item = (&'static str, Value)> {
    let is_function = head.arguments.is_some();
    let is_variable = step.get("type") == Some(&Value::from("var"));
    let has_name = form != Form::Default && has_value != is_function;
    let has_key = !is_function
        && if has_value { form == Form::Alone } else { is_variable && form != Form::Default };
    let name = has_name.then(|| ("name", Value::from(&*head.name.text)));
    name.into_iter().chain(has_key.then(|| ("key", step.clone())))
}

/// Members of sets and keys of objects stand in OPA's order of terms.
pub(super) fn order(term: &Value) -> (usize, Value) {
    const KINDS: [&str; 13] = [
        "null",
        "boolean",
        "number",
        "string",
        "var",
        "ref",
        "array",
        "object",
        "set",
        "arraycomprehension",
        "objectcomprehension",
        "setcomprehension",
        "call",
    ];
    let kind = term.get("type").and_then(Value::as_str).unwrap_or_default();
    let rank = KINDS.iter().position(|known| *known == kind).unwrap_or(KINDS.len());
    (rank, term.get("value").cloned().unwrap_or_default())
}

pub(super) fn import(import: &Import) -> Value {
    let path: Vec<Value> = path_of(&import.path);
    let mut entries = vec![("path", typed("ref", Value::array(path)))];
    if let Some(alias) = &import.alias {
        entries.push(("alias", Value::from(&*alias.text)));
    }
    object(entries)
}

pub(super) fn path_of(names: &[Name]) -> Vec<Value> {
    let term = |(index, name): (usize, &Name)| match index {
        0 => variable(&name.text),
        _ => typed("string", Value::from(&*name.text)),
    };
    names.iter().enumerate().map(term).collect()
}

/// The reference of a built-in: `internal.member_2`.
pub(super) fn builtin(name: &str) -> Value {
    let parts = name.split('.').enumerate();
    let term = |(index, part): (usize, &str)| match index {
        0 => variable(part),
        _ => typed("string", Value::from(part)),
    };
    typed("ref", Value::array(parts.map(term).collect()))
}
