//! What a case expects: how many violations there are, and what they say.

use regex::Regex;

use super::super::super::node::Node;
use crate::domain::value::Value;
use crate::rego::Fault;

/// One expectation.
#[derive(Clone, Debug)]
pub(super) struct Assertion {
    wanted: Wanted,
    /// Which violations count: those whose message it matches.
    message: Option<Regex>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Some,
    Exactly(usize),
}

impl Assertion {
    pub(super) fn read(node: &Node<'_>, faults: &mut Vec<Fault>) -> Self {
        let mut read = Self { wanted: Wanted::Some, message: None };
        for (key, node) in node.fields(&["violations", "message"], faults) {
            if key == "message" {
                read.message = node.text(faults).and_then(|text| pattern(text, &node, faults));
                continue;
            }
            read.wanted = match node.value {
                Value::Number(_) => {
                    let count = node.value.as_i64().and_then(|n| usize::try_from(n).ok());
                    if count.is_none() {
                        let message = format!("there cannot be {} violations", node.value);
                        let help = "write `yes`, `no` or how many there are";
                        faults.push(node.fault(message).with_help(help));
                    }
                    Wanted::Exactly(count.unwrap_or_default())
                }
                Value::Null => Wanted::Some,
                Value::Bool(_)
                | Value::String(_)
                | Value::Array(_)
                | Value::Object(_)
                | Value::Map(_)
                | Value::Set(_) => {
                    let words = [("yes", Wanted::Some), ("no", Wanted::Exactly(0))];
                    node.word(&words, faults).unwrap_or(Wanted::Some)
                }
            };
        }
        read
    }

    /// Whether the messages of all violations are as expected.
    ///
    /// # Errors
    /// What was expected and what came instead.
    pub(super) fn holds(&self, messages: &[&str]) -> Result<(), String> {
        let counts = |message: &&&str| self.message.as_ref().is_none_or(|it| it.is_match(message));
        let n = messages.iter().filter(counts).count();
        let holds = match self.wanted {
            Wanted::Some => n > 0,
            Wanted::Exactly(wanted) => n == wanted,
        };
        if holds {
            return Ok(());
        }
        let wanted = match self.wanted {
            Wanted::Some => "at least one".to_owned(),
            Wanted::Exactly(0) => "none".to_owned(),
            Wanted::Exactly(wanted) => wanted.to_string(),
        };
        let about = self.message.as_ref();
        let about = about.map(|it| format!(" that say `{it}`")).unwrap_or_default();
        let said: Vec<String> = messages.iter().map(|message| format!("\n- {message}")).collect();
        Err(format!("expected {wanted} of the violations{about}, found {n}{}", said.concat()))
    }
}

fn pattern(text: &str, node: &Node<'_>, faults: &mut Vec<Fault>) -> Option<Regex> {
    let pattern = Regex::new(text);
    if pattern.is_err() {
        let message = format!("`{text}` is no regular expression");
        faults.push(node.fault(message).with_help("escape what is meant as it stands"));
    }
    pattern.ok()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::super::super::node;
    use super::*;
    use crate::domain::place::SourceFile;

    fn outcome(yaml: &str, messages: &[&str]) -> Result<(), String> {
        let file = Arc::new(SourceFile::new("suite.yaml", yaml));
        let document = node::read(&file).unwrap().unwrap();
        let mut faults = Vec::new();
        let assertion = Assertion::read(&Node::root(&file, &document), &mut faults);
        assert!(faults.is_empty(), "{faults:?}");
        assertion.holds(messages)
    }

    #[test]
    fn violations_are_counted_by_their_message() {
        for (yaml, messages, holds) in [
            ("{}", &["a"] as &[&str], true),
            ("violations: yes", &[], false),
            ("violations: no", &[], true),
            ("violations: no", &["a"], false),
            ("violations: 2", &["a", "b"], true),
            ("violations: 1", &["a", "b"], false),
            ("{violations: 1, message: ^a}", &["a", "b"], true),
            ("{violations: 'no', message: c}", &["a", "b"], true),
            ("message: c", &["a", "b"], false),
        ] {
            assert_eq!(outcome(yaml, messages).is_ok(), holds, "{yaml} of {messages:?}");
        }
        let said = outcome("{violations: 1, message: x}", &["a"]).unwrap_err();
        assert_eq!(said, "expected 1 of the violations that say `x`, found 0\n- a");
    }
}
