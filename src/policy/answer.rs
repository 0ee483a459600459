//! What a rule answered, as violations: everything that is not a list of findings is an error, never a pass.

use std::sync::Arc;

use super::dialect::{AnswerForm, EntryRule};
use super::node::phrase;
use crate::domain::code::Severity;
use crate::domain::policy::{RuleKind, Subject, Violation};
use crate::domain::release::Release;
use crate::domain::value::Value;

/// The violations in the answer of one rule.
///
/// # Errors
/// What was expected and what came instead.
pub(super) fn violations(
    rule: &EntryRule,
    answer: Option<&Value>,
    severity: Option<Severity>,
    release: &Release,
) -> Result<Vec<Violation>, String> {
    if let AnswerForm::Boolean(passes) = rule.answer {
        return boolean(rule, answer, passes);
    }
    let items: Vec<Value> = match answer {
        None if rule.is_set => {
            return Err(format!(
                "the rule `{}` is undefined, and a set of findings was expected, if only an empty one",
                rule.name
            ));
        }
        None => Vec::new(),
        Some(Value::Array(items)) => items.to_vec(),
        Some(Value::Set(set)) => set.items().to_vec(),
        // `deny[msg] if …` makes an object of messages in today's Rego; whoever writes it means a list of them.
        Some(Value::Object(object))
            if object.entries().iter().all(|(_, value)| *value == Value::Bool(true)) =>
        {
            object.entries().iter().map(|(key, _)| Value::String(Arc::clone(key))).collect()
        }
        Some(
            other @ (Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Object(_)
            | Value::Map(_)),
        ) => {
            return Err(format!(
                "the rule `{}` is {}, and a set of findings was expected: write `{} contains finding if {{ … }}`",
                rule.name,
                phrase(other),
                rule.name
            ));
        }
    };
    items.iter().map(|item| violation(rule, item, severity, release)).collect()
}

/// What a boolean says: undefined is not true.
fn boolean(
    rule: &EntryRule,
    answer: Option<&Value>,
    passes: bool,
) -> Result<Vec<Violation>, String> {
    let said = match answer {
        None => false,
        Some(Value::Bool(said)) => *said,
        Some(other) => {
            return Err(format!(
                "the rule `{}` is {}, and a boolean was expected",
                rule.name,
                phrase(other)
            ));
        }
    };
    if said == passes {
        return Ok(Vec::new());
    }
    Ok(vec![Violation {
        message: format!("`{}` is {said}", rule.name),
        path: String::new(),
        severity: None,
        remediation: None,
        facts: Value::object(Vec::new()),
        subject: None,
        rule: rule.kind,
    }])
}

fn violation(
    rule: &EntryRule,
    item: &Value,
    severity: Option<Severity>,
    release: &Release,
) -> Result<Violation, String> {
    let mut violation = Violation {
        message: String::new(),
        path: String::new(),
        severity,
        remediation: None,
        facts: Value::object(Vec::new()),
        subject: None,
        rule: rule.kind,
    };
    match item {
        Value::String(message) => violation.message = message.to_string(),
        Value::Object(object) => {
            let mut facts = Vec::new();
            for (key, value) in object.entries() {
                match key.as_ref() {
                    "message" | "msg" => violation.message = text(rule, key, value)?,
                    "path" => violation.path = path(rule, value)?,
                    "severity" if rule.answer == AnswerForm::Conforma => {
                        if value.as_str() == Some("warning") {
                            violation.rule = RuleKind::Warn;
                        }
                    }
                    "severity" => violation.severity = Some(severity_of(rule, value)?),
                    "remediation" if own_remedy(rule, value).is_some() => {
                        violation.remediation = own_remedy(rule, value);
                    }
                    "resource" => violation.subject = subject(value, release),
                    "facts" => match value {
                        Value::Object(own) => facts.extend(own.entries().iter().cloned()),
                        Value::Null
                        | Value::Bool(_)
                        | Value::Number(_)
                        | Value::String(_)
                        | Value::Array(_)
                        | Value::Map(_)
                        | Value::Set(_) => facts.push((Arc::clone(key), value.clone())),
                    },
                    _ => facts.push((Arc::clone(key), value.clone())),
                }
            }
            violation.facts = Value::object(facts);
        }
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::Array(_)
        | Value::Map(_)
        | Value::Set(_) => {
            return Err(format!(
                "the rule `{}` holds {}, and a finding is a string or an object with `message`",
                rule.name,
                phrase(item)
            ));
        }
    }
    if violation.message.trim().is_empty() {
        return Err(format!(
            "the rule `{}` holds a finding without `message`: say what is wrong with what",
            rule.name
        ));
    }
    Ok(violation)
}

/// What to do about one finding; anything else under that key is a fact.
fn own_remedy(rule: &EntryRule, value: &Value) -> Option<String> {
    let text = value.as_str().filter(|text| !text.trim().is_empty())?;
    (rule.answer == AnswerForm::Findings).then(|| text.to_owned())
}

fn text(rule: &EntryRule, key: &str, value: &Value) -> Result<String, String> {
    value.as_str().map(str::to_owned).ok_or_else(|| {
        format!(
            "the rule `{}` gives {} as `{key}`, and a string was expected",
            rule.name,
            phrase(value)
        )
    })
}

/// A JSON pointer, or a list of its steps.
fn path(rule: &EntryRule, value: &Value) -> Result<String, String> {
    match value {
        Value::String(pointer) => Ok(pointer.to_string()),
        Value::Array(steps) => {
            let step = |step: &Value| match step {
                Value::String(text) => text.replace('~', "~0").replace('/', "~1"),
                Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::Array(_)
                | Value::Object(_)
                | Value::Map(_)
                | Value::Set(_) => step.to_string(),
            };
            let mut pointer = String::new();
            for one in steps.iter() {
                pointer.push('/');
                pointer.push_str(&step(one));
            }
            Ok(pointer)
        }
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::Object(_)
        | Value::Map(_)
        | Value::Set(_) => Err(format!(
            "the rule `{}` gives {} as `path`, and a JSON pointer was expected",
            rule.name,
            phrase(value)
        )),
    }
}

fn severity_of(rule: &EntryRule, value: &Value) -> Result<Severity, String> {
    let word = value.as_str().map(str::to_lowercase);
    word.and_then(|word| word.parse().ok()).ok_or_else(|| {
        format!(
            "the rule `{}` gives `{value}` as `severity`, and `low`, `medium`, `high` or `critical` was expected",
            rule.name
        )
    })
}

/// The resource that a finding about the whole release speaks of.
fn subject(value: &Value, release: &Release) -> Option<Subject> {
    let part = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or("");
    let position = release.resources.iter().position(|resource| {
        resource.id.kind == part("kind")
            && resource.id.namespace == part("namespace")
            && resource.id.name == part("name")
    });
    position.map(Subject::Resource)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(json: &str) -> Result<Vec<Violation>, String> {
        let rule = EntryRule {
            name: "deny".into(),
            kind: RuleKind::Deny,
            suffix: String::new(),
            answer: AnswerForm::Findings,
            is_set: true,
            location: crate::domain::place::Location::default(),
        };
        let value: Value = serde_json::from_str(json).unwrap();
        violations(&rule, Some(&value), None, &Release::default())
    }

    #[test]
    fn findings_are_strings_or_objects() {
        let found = answer(
            r#"["plain", {"msg": "old", "path": ["spec", 0, "a/b"], "severity": "LOW", "x": 1, "facts": {"y": 2}}]"#,
        )
        .unwrap();
        assert_eq!(found[0].message, "plain");
        assert_eq!((found[1].message.as_str(), found[1].path.as_str()), ("old", "/spec/0/a~1b"));
        assert_eq!(found[1].severity, Some(Severity::Low));
        assert_eq!(found[1].facts.to_string(), r#"{"x":1,"y":2}"#);
    }

    #[test]
    fn a_set_that_is_undefined_is_an_error_and_a_list_that_is_finds_nothing() {
        let undefined = |is_set| {
            let rule = EntryRule {
                name: "deny".into(),
                kind: RuleKind::Deny,
                suffix: String::new(),
                answer: AnswerForm::Findings,
                is_set,
                location: crate::domain::place::Location::default(),
            };
            violations(&rule, None, None, &Release::default())
        };
        assert!(undefined(false).unwrap().is_empty());
        assert!(undefined(true).unwrap_err().contains("`deny` is undefined"));
    }

    #[test]
    fn an_object_of_messages_is_a_list_of_them() {
        assert_eq!(answer(r#"{"a": true, "b": true}"#).unwrap().len(), 2);
        assert!(answer("{}").unwrap().is_empty());
    }

    #[test]
    fn any_other_shape_is_an_error_and_never_a_pass() {
        for wrong in [
            "true",
            "false",
            "1",
            "\"text\"",
            "null",
            r#"{"a": 1}"#,
            "[1]",
            "[null]",
            "[[]]",
            "[{}]",
            r#"[{"message": 1}]"#,
            r#"[{"message": "a", "path": 1}]"#,
            r#"[{"message": "a", "severity": "bad"}]"#,
            r#"[" "]"#,
        ] {
            assert!(answer(wrong).is_err(), "{wrong}");
        }
        assert!(answer("true").unwrap_err().contains("`deny` is a boolean"));
    }
}
