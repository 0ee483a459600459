//! What the language can do, in the form in which OPA tools exchange it.
//!
//! Source: `opa capabilities`, OPA 1.20.

use std::sync::Arc;

use crate::domain::value::Value;

use super::refusal;
use super::signature::{Builtin, Type};
use super::table::all;

/// Functions that are written between their arguments.
const INFIX: [(&str, &str); 15] = [
    ("and", "&"),
    ("div", "/"),
    ("equal", "=="),
    ("gt", ">"),
    ("gte", ">="),
    ("internal.member_2", "in"),
    ("internal.member_3", "in"),
    ("lt", "<"),
    ("lte", "<="),
    ("minus", "-"),
    ("mul", "*"),
    ("neq", "!="),
    ("or", "|"),
    ("plus", "+"),
    ("rem", "%"),
];

/// Functions that stand in a module only for the sake of old policies, and are refused in Rego v1.
const DEPRECATED: [&str; 11] = [
    "all",
    "any",
    "cast_array",
    "cast_boolean",
    "cast_null",
    "cast_object",
    "cast_set",
    "cast_string",
    "net.cidr_overlap",
    "re_match",
    "set_diff",
];

/// Functions that answer nothing: where they stand as an expression, it holds.
const WITHOUT_RESULT: [&str; 2] = ["internal.print", "internal.test_case"];

/// Whether a function is deprecated.
pub fn is_deprecated(name: &str) -> bool {
    DEPRECATED.contains(&name)
}

/// The capabilities document, as `opa build --capabilities` and editors read it.
pub fn capabilities() -> Value {
    let runnable = all().filter(|builtin| refusal(builtin.name).is_none());
    let mut builtins: Vec<(&str, Value)> =
        runnable.map(|builtin| (builtin.name, described(builtin))).collect();
    for (name, infix) in [("eq", "="), ("assign", ":=")] {
        let any = || kind(Type::Any);
        let declared = object(vec![
            ("args", Value::array(vec![any(), any()])),
            ("result", kind(Type::Boolean)),
            ("type", Value::from("function")),
        ]);
        let entry =
            vec![("name", Value::from(name)), ("decl", declared), ("infix", Value::from(infix))];
        builtins.push((name, object(entry)));
    }
    let declared = object(vec![("type", Value::from("function")), ("variadic", kind(Type::Any))]);
    builtins.push(("print", object(vec![("name", Value::from("print")), ("decl", declared)])));
    builtins.sort_by_key(|(name, _)| *name);
    let texts =
        |texts: &[&str]| Value::array(texts.iter().map(|text| Value::from(*text)).collect());
    object(vec![
        ("builtins", Value::array(builtins.into_iter().map(|(_, builtin)| builtin).collect())),
        ("future_keywords", texts(&["and", "not", "or"])),
        ("features", texts(&["keywords_in_refs", "rego_v1", "template_strings"])),
    ])
}

fn object(entries: Vec<(&str, Value)>) -> Value {
    Value::object(entries.into_iter().map(|(key, value)| (Arc::from(key), value)).collect())
}

fn described(builtin: &Builtin) -> Value {
    let mut declared = vec![("type", Value::from("function"))];
    if !builtin.parameters.is_empty() {
        declared.push(("args", kinds(builtin.parameters)));
    }
    if !WITHOUT_RESULT.contains(&builtin.name) {
        declared.push(("result", kind(builtin.result)));
    }
    let mut entry = vec![("name", Value::from(builtin.name)), ("decl", object(declared))];
    if let Some((_, infix)) = INFIX.iter().find(|(name, _)| *name == builtin.name) {
        entry.push(("infix", Value::from(*infix)));
    }
    let flags = [
        ("deprecated", is_deprecated(builtin.name)),
        ("nondeterministic", !builtin.deterministic),
        ("relation", builtin.relation),
    ];
    entry.extend(
        flags.into_iter().filter(|(_, is_set)| *is_set).map(|(key, _)| (key, Value::Bool(true))),
    );
    object(entry)
}

fn kinds(types: &[Type]) -> Value {
    Value::array(types.iter().map(|one| kind(*one)).collect())
}

fn kind(one: Type) -> Value {
    let named = |name: &str, mut more: Vec<(&str, Value)>| {
        more.push(("type", Value::from(name)));
        object(more)
    };
    match one {
        Type::Any => named("any", Vec::new()),
        Type::Null => named("null", Vec::new()),
        Type::Boolean => named("boolean", Vec::new()),
        Type::Number => named("number", Vec::new()),
        Type::String => named("string", Vec::new()),
        Type::Array(item) => named("array", vec![("dynamic", kind(*item))]),
        Type::Tuple(items) => named("array", vec![("static", kinds(items))]),
        Type::Set(item) => named("set", vec![("of", kind(*item))]),
        Type::Object(key, value) => {
            let dynamic = object(vec![("key", kind(*key)), ("value", kind(*value))]);
            named("object", vec![("dynamic", dynamic)])
        }
        Type::Record(fields) => named("object", vec![("static", members(fields))]),
        Type::OpenRecord(fields, key) => {
            let dynamic = object(vec![("key", kind(*key)), ("value", kind(Type::Any))]);
            named("object", vec![("dynamic", dynamic), ("static", members(fields))])
        }
        Type::OneOf(types) => named("any", vec![("of", kinds(types))]),
    }
}

fn members(fields: &[(&str, Type)]) -> Value {
    let member = |(key, value): &(&str, Type)| {
        object(vec![("key", Value::from(*key)), ("value", kind(*value))])
    };
    Value::array(fields.iter().map(member).collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::Path;

    use super::super::display::rego_text;
    use super::super::json::parsed;
    use super::*;

    /// What a gate does not have: functions that reach out.
    const ABSENT: [&str; 3] = ["http.send", "net.lookup_ip_addr", "providers.aws.sign_req"];

    fn by_name(capabilities: &Value) -> BTreeMap<String, String> {
        let builtins = capabilities.get("builtins").and_then(Value::as_array).unwrap();
        builtins
            .iter()
            .map(|builtin| {
                (builtin.get("name").unwrap().as_str().unwrap().to_owned(), rego_text(builtin))
            })
            .collect()
    }

    #[test]
    fn every_function_is_declared_as_opa_declares_it() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/rego/capabilities.json");
        let theirs = parsed(&fs::read_to_string(file).unwrap()).unwrap();
        let (ours, theirs) = (by_name(&capabilities()), by_name(&theirs));
        let mut different = Vec::new();
        for (name, declared) in &theirs {
            match ours.get(name) {
                Some(found) if found == declared => {}
                Some(found) => {
                    different.push(format!("{name}\n  ours:   {found}\n  theirs: {declared}"));
                }
                None if ABSENT.contains(&name.as_str()) => {}
                None => different.push(format!("{name} is missing")),
            }
        }
        assert!(ABSENT.iter().all(|name| !ours.contains_key(*name)));
        different.extend(ours.keys().filter(|name| !theirs.contains_key(*name)).cloned());
        assert!(different.is_empty(), "{}", different.join("\n"));
    }
}
