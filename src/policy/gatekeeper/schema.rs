//! Parameters of a constraint against the schema of its template, as an API server checks them.
//!
//! Source: Kubernetes, "Structural schemas" and OpenAPI v3 as `CustomResourceDefinition` takes it.

use std::sync::Arc;

use regex::Regex;

use super::super::node::{Node, phrase};
use crate::domain::suggest;
use crate::domain::value::Value;
use crate::rego::Fault;

/// What parameters look like.
#[derive(Clone, Debug, Default)]
pub(super) struct Schema {
    /// The OpenAPI schema; `None` when the template writes none.
    pub(super) written: Option<Value>,
    /// Whether fields that it does not name are taken.
    pub(super) takes_unknown: bool,
}

impl Schema {
    /// Says everything that is wrong with `parameters`.
    pub(super) fn check(&self, parameters: &Node<'_>, faults: &mut Vec<Fault>) {
        match &self.written {
            Some(schema) => {
                Checker { takes_unknown: self.takes_unknown, faults }.check(
                    schema,
                    parameters,
                    "parameters",
                );
            }
            None if self.takes_unknown => {}
            None => faults.push(
                parameters
                    .key_fault("the template takes no parameters")
                    .with_help("remove them, or write `openAPIV3Schema` in the template"),
            ),
        }
    }

    /// The parameters with the schema's defaults where something is left out.
    pub(super) fn defaulted(&self, parameters: &Value) -> Value {
        self.written.as_ref().map_or_else(|| parameters.clone(), |it| defaulted(it, parameters))
    }
}

fn defaulted(schema: &Value, value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let mut entries = object.entries().to_vec();
            let properties = schema.get("properties").and_then(Value::as_object);
            let others = schema.get("additionalProperties");
            for (key, value) in &mut entries {
                let own = properties.and_then(|properties| properties.get(key));
                if let Some(schema) = own.or(others) {
                    *value = defaulted(schema, value);
                }
            }
            let properties = properties.map(crate::domain::value::Object::entries);
            for (key, schema) in properties.unwrap_or_default() {
                if let Some(default) = schema.get("default").filter(|_| object.get(key).is_none()) {
                    entries.push((Arc::clone(key), default.clone()));
                }
            }
            Value::object(entries)
        }
        Value::Array(items) => match schema.get("items") {
            Some(schema) => Value::array(items.iter().map(|it| defaulted(schema, it)).collect()),
            None => value.clone(),
        },
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Map(_)
        | Value::Set(_) => value.clone(),
    }
}

struct Checker<'f> {
    takes_unknown: bool,
    faults: &'f mut Vec<Fault>,
}

impl Checker<'_> {
    fn check(&mut self, schema: &Value, node: &Node<'_>, path: &str) {
        let flag = |key: &str| schema.get(key).and_then(Value::as_bool) == Some(true);
        if *node.value == Value::Null {
            if !flag("nullable") && schema.get("type").is_some() {
                self.fault(node, format!("`{path}` has no value"), "write one, or remove the key");
            }
            return;
        }
        if !self.is_of_type(schema, node, path) {
            return;
        }
        self.bounds(schema, node, path);
        match node.value {
            Value::Object(_) => self.object(schema, node, path),
            Value::Array(_) => {
                if let Some(items) = schema.get("items") {
                    for (index, item) in node.items(self.faults).iter().enumerate() {
                        self.check(items, item, &format!("{path}[{index}]"));
                    }
                }
            }
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Map(_)
            | Value::Set(_) => {}
        }
        self.combined(schema, node, path);
    }

    fn is_of_type(&mut self, schema: &Value, node: &Node<'_>, path: &str) -> bool {
        let flag = |key: &str| schema.get(key).and_then(Value::as_bool) == Some(true);
        let is_integer = |value: &Value| value.as_i64().is_some();
        if flag("x-kubernetes-int-or-string") {
            if is_integer(node.value) || node.value.as_str().is_some() {
                return true;
            }
            let message = format!("`{path}` is {}, not an integer or a text", phrase(node.value));
            self.fault(node, message, "write one of the two");
            return false;
        }
        let Some(wanted) = schema.get("type").and_then(Value::as_str) else { return true };
        let (fits, article) = match wanted {
            "object" => (node.value.is_object(), "an object"),
            "array" => (node.value.as_array().is_some(), "a list"),
            "string" => (node.value.as_str().is_some(), "a text"),
            "boolean" => (node.value.as_bool().is_some(), "a boolean"),
            "integer" => (is_integer(node.value), "an integer"),
            "number" => (matches!(node.value, Value::Number(_)), "a number"),
            _ => (true, ""),
        };
        if !fits {
            let help = if wanted == "string" {
                "write it in quotes".to_owned()
            } else {
                format!("the template's schema asks for {article}")
            };
            self.fault(node, format!("`{path}` is {}, not {article}", phrase(node.value)), &help);
        }
        fits
    }

    fn object(&mut self, schema: &Value, node: &Node<'_>, path: &str) {
        let required = schema.get("required").and_then(Value::as_array).unwrap_or_default();
        for key in required.iter().filter_map(Value::as_str) {
            if node.get(key).is_none() {
                let message = format!("`{path}` has no `{key}`");
                self.fault(node, message, "the template's schema requires it");
            }
        }
        let properties = schema.get("properties").and_then(Value::as_object);
        let others = schema.get("additionalProperties");
        let preserves = schema.get("x-kubernetes-preserve-unknown-fields");
        let preserves = preserves.and_then(Value::as_bool) == Some(true);
        for (key, child) in node.entries() {
            let path = format!("{path}.{key}");
            if let Some(schema) = properties.and_then(|properties| properties.get(key)) {
                self.check(schema, &child, &path);
            } else if let Some(schema @ Value::Object(_)) = others {
                self.check(schema, &child, &path);
            } else if others != Some(&Value::Bool(true)) && !preserves && !self.takes_unknown {
                let known = properties.map(crate::domain::value::Object::entries);
                let known = known.unwrap_or_default().iter().map(|(key, _)| key.as_ref());
                let otherwise = "the template's schema does not name it: remove it";
                let help = suggest::help(key, known, otherwise);
                let fault = child.key_fault(format!("there is no parameter `{path}`"));
                self.faults.push(fault.with_help(help));
            }
        }
    }

    fn bounds(&mut self, schema: &Value, node: &Node<'_>, path: &str) {
        if let Some(allowed) = schema.get("enum").and_then(Value::as_array)
            && !allowed.contains(node.value)
        {
            let words: Vec<String> = allowed.iter().map(|word| format!("`{word}`")).collect();
            let message = format!("`{path}` is {}, none of {}", node.value, words.join(", "));
            let known = allowed.iter().filter_map(Value::as_str);
            let help =
                suggest::help(node.value.as_str().unwrap_or_default(), known, "write one of them");
            self.fault(node, message, &help);
        }
        let size = match node.value {
            Value::String(text) => {
                Some((text.chars().count(), "minLength", "maxLength", "characters"))
            }
            Value::Array(items) => Some((items.len(), "minItems", "maxItems", "items")),
            Value::Object(object) => {
                Some((object.len(), "minProperties", "maxProperties", "entries"))
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Map(_) | Value::Set(_) => None,
        };
        if let Some((size, least, most, what)) = size {
            let bound = |key: &str| {
                schema.get(key).and_then(Value::as_i64).and_then(|n| usize::try_from(n).ok())
            };
            if let Some(least) = bound(least).filter(|least| size < *least) {
                let message = format!("`{path}` has {size} {what}, fewer than {least}");
                self.fault(node, message, "add some");
            }
            if let Some(most) = bound(most).filter(|most| size > *most) {
                let message = format!("`{path}` has {size} {what}, more than {most}");
                self.fault(node, message, "remove some");
            }
        }
        if let Value::Number(_) = node.value {
            self.range(schema, node, path);
        }
        if let Some((pattern, text)) =
            schema.get("pattern").and_then(Value::as_str).zip(node.value.as_str())
            && Regex::new(pattern).is_ok_and(|regex| !regex.is_match(text))
        {
            let message = format!("`{path}` is `{text}`, which does not match `{pattern}`");
            self.fault(node, message, "write what the template's schema asks for");
        }
        let is_unique = schema.get("uniqueItems").and_then(Value::as_bool) == Some(true);
        if let Some(items) = node.value.as_array().filter(|_| is_unique)
            && Value::set(items.to_vec()).size() != Some(items.len())
        {
            self.fault(node, format!("`{path}` holds an item twice"), "remove one of the two");
        }
    }

    fn range(&mut self, schema: &Value, node: &Node<'_>, path: &str) {
        let is_exclusive = |key: &str| schema.get(key).and_then(Value::as_bool) == Some(true);
        if let Some(least) = schema.get("minimum")
            && (node.value < least || (node.value == least && is_exclusive("exclusiveMinimum")))
        {
            let message = format!("`{path}` is {}, and {least} is the least", node.value);
            self.fault(node, message, "write a larger number");
        }
        if let Some(most) = schema.get("maximum")
            && (node.value > most || (node.value == most && is_exclusive("exclusiveMaximum")))
        {
            let message = format!("`{path}` is {}, and {most} is the most", node.value);
            self.fault(node, message, "write a smaller number");
        }
    }

    /// `allOf`, `anyOf`, `oneOf` and `not`: what they say of a value beside the rest.
    fn combined(&mut self, schema: &Value, node: &Node<'_>, path: &str) {
        let list = |key: &str| schema.get(key).and_then(Value::as_array).unwrap_or_default();
        let n_fitting =
            |schemas: &[Value]| schemas.iter().filter(|it| fits(it, node, path)).count();
        let (any, one) = (list("anyOf"), list("oneOf"));
        let is_wrong = !list("allOf").iter().all(|schema| fits(schema, node, path))
            || (!any.is_empty() && n_fitting(any) == 0)
            || (!one.is_empty() && n_fitting(one) != 1)
            || schema.get("not").is_some_and(|schema| fits(schema, node, path));
        if is_wrong {
            let message = format!("`{path}` is none of what the template's schema offers");
            self.fault(node, message, "look at `allOf`, `anyOf`, `oneOf` or `not` there");
        }
    }

    fn fault(&mut self, node: &Node<'_>, message: String, help: &str) {
        self.faults.push(node.fault(message).with_help(help));
    }
}

/// Whether a part of a schema has nothing to say against a value; fields are named by the whole schema only.
fn fits(schema: &Value, node: &Node<'_>, path: &str) -> bool {
    let mut faults = Vec::new();
    Checker { takes_unknown: true, faults: &mut faults }.check(schema, node, path);
    faults.is_empty()
}

#[cfg(test)]
mod tests {
    use super::super::super::node;
    use super::*;
    use crate::domain::place::SourceFile;

    fn faults(schema: &str, parameters: &str) -> Vec<String> {
        let schema = Schema { written: Some(value(schema)), takes_unknown: false };
        let file = Arc::new(SourceFile::new("c.yaml", parameters));
        let document = node::read(&file).unwrap().unwrap();
        let mut faults = Vec::new();
        schema.check(&Node::root(&file, &document), &mut faults);
        faults.iter().map(|fault| fault.message.clone()).collect()
    }

    fn value(json: &str) -> Value {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn parameters_are_what_the_schema_asks_for() {
        let schema = r#"{"type": "object", "required": ["repos"], "properties": {
            "repos": {"type": "array", "minItems": 1, "uniqueItems": true, "items": {"type": "string", "pattern": "/$"}},
            "mode": {"type": "string", "enum": ["strict", "loose"]},
            "port": {"type": "integer", "minimum": 1, "maximum": 65535},
            "cpu": {"x-kubernetes-int-or-string": true, "anyOf": [{"type": "integer"}, {"type": "string"}]},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
            "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}"#;
        for (parameters, expected) in [
            ("repos: [a/]", ""),
            ("{}", "`parameters` has no `repos`"),
            ("repos: a/", "`parameters.repos` is a string, not a list"),
            ("repos: []", "`parameters.repos` has 0 items, fewer than 1"),
            ("repos: [a]", "`parameters.repos[0]` is `a`, which does not match `/$`"),
            ("repos: [a/, a/]", "`parameters.repos` holds an item twice"),
            ("{repos: [a/], repo: []}", "there is no parameter `parameters.repo`"),
            (
                "{repos: [a/], mode: strikt}",
                "`parameters.mode` is \"strikt\", none of `\"strict\"`, `\"loose\"`",
            ),
            ("{repos: [a/], port: 0}", "`parameters.port` is 0, and 1 is the least"),
            ("{repos: [a/], port: '80'}", "`parameters.port` is a string, not an integer"),
            ("{repos: [a/], cpu: 1}", ""),
            ("{repos: [a/], cpu: 100m}", ""),
            ("{repos: [a/], cpu: true}", "`parameters.cpu` is a boolean, not an integer or a text"),
            ("{repos: [a/], labels: {a: b}}", ""),
            ("{repos: [a/], labels: {a: 1}}", "`parameters.labels.a` is a number, not a text"),
            ("{repos: [a/], free: {x: [1]}}", ""),
            ("{repos: }", "`parameters` has no `repos`\n`parameters.repos` has no value"),
        ] {
            assert_eq!(faults(schema, parameters).join("\n"), expected, "{parameters}");
        }
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let schema = r#"{"properties": {"a": {"default": 1}, "b": {"type": "array", "items":
            {"properties": {"c": {"default": "x"}}}}}}"#;
        let schema = Schema { written: Some(value(schema)), takes_unknown: false };
        let shown = schema.defaulted(&value(r#"{"b": [{}, {"c": "y"}]}"#)).to_string();
        assert_eq!(shown, r#"{"a":1,"b":[{"c":"x"},{"c":"y"}]}"#);
    }
}
