//! What OPA's own functions answer, written down by `tools/rego/builtin`, against what ours answer.

use std::fs;
use std::path::Path;

use crate::domain::value::Value;
use crate::rego::budget::{Budget, Limits};

use super::display::rego_text;
use super::json::parsed;
use super::{BuiltinError, Cache, CallContext, lookup};

/// Errors whose words differ from OPA's: those that Go's libraries say, and panics of OPA. No more may join them.
const MAX_OTHER_WORDS: usize = 83;

/// Where OPA's answer is a fault of its own, or refers to something that a gate does not have.
const EXCEPTIONS: &[(&str, &str)] = &[
    (
        r#"glob.match(["{a*,b}c", ["."], "axxc"])"#,
        "OPA's library does not go back into an alternative that took too much",
    ),
    (
        r#"time.format([[-2208988800000000000, "Europe/Amsterdam", "2006-01-02 15:04:05 -07:00:00 MST"]])"#,
        "our database has joined zones that have been alike since 1970",
    ),
];

/// Undoes the marks of the tool for sets, for keys that are no strings, and for numbers not written as in JSON.
fn unmarked(value: &Value) -> Value {
    if let Value::Array(items) = value {
        return Value::array(items.iter().map(unmarked).collect());
    }
    let Value::Object(object) = value else { return value.clone() };
    if let [(key, inner)] = object.entries() {
        let items = inner.as_array().unwrap_or_default();
        match key.as_ref() {
            "$set" => return Value::set(items.iter().map(unmarked).collect()),
            "$object" => {
                let pair = |pair: &Value| {
                    let pair = pair.as_array().unwrap();
                    (unmarked(&pair[0]), unmarked(&pair[1]))
                };
                return Value::map(items.iter().map(pair).collect());
            }
            "$number" => {
                let text = inner.as_str().unwrap().replace('_', "");
                let text = text.trim_start_matches('+').trim_start_matches('0');
                let text = text.trim_end_matches('.');
                let text = if text.starts_with('.') { format!("0{text}") } else { text.to_owned() };
                return parsed(&text).unwrap();
            }
            _ => {}
        }
    }
    Value::object(
        object.entries().iter().map(|(key, item)| (key.clone(), unmarked(item))).collect(),
    )
}

/// An answer as a text that shows how numbers are written.
fn shown(answer: &Result<Option<Value>, String>) -> String {
    match answer {
        Ok(Some(value)) => rego_text(value),
        Ok(None) => "undefined".to_owned(),
        Err(error) => format!("error: {error}"),
    }
}

fn called(name: &str, arguments: &[Value]) -> Result<Option<Value>, String> {
    let mut budget = Budget::start(Limits::default());
    let mut cache = Cache::default();
    let mut context = CallContext {
        now_ns: 1_700_000_000_000_000_000,
        seed: 7,
        budget: &mut budget,
        cache: &mut cache,
        held: None,
        data: &Value::Null,
    };
    let function = lookup(name).unwrap_or_else(|| panic!("no function {name}")).function;
    function(arguments, &mut context).map_err(|error| match error {
        BuiltinError::Type(text) => format!("eval_type_error: {text}"),
        BuiltinError::Failed(text) => format!("eval_builtin_error: {text}"),
        BuiltinError::Exhausted(exhausted) => exhausted.to_string(),
    })
}

#[test]
fn functions_answer_as_opa_does() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/rego/builtin");
    let (n_calls, different, other_words) = compared(&folder);
    assert!(different.is_empty(), "{} of {n_calls}:\n{}", different.len(), different.join("\n"));
    let n_other = other_words.len();
    assert!(n_other <= MAX_OTHER_WORDS, "{n_other} other words:\n{}", other_words.join("\n"));
    assert!(n_calls > 1_500, "{n_calls} calls");
}

/// `GOLDGATE_BUILTIN_ANSWERS` names the folder of what OPA answered to calls that `tools/rego/builtin/fresh` made.
#[test]
fn fresh_calls_are_answered_as_opa_answers_them() {
    let Some(folder) = std::env::var_os("GOLDGATE_BUILTIN_ANSWERS") else { return };
    let (n_calls, different, _) = compared(Path::new(&folder));
    assert!(different.is_empty(), "{} of {n_calls}:\n{}", different.len(), different.join("\n"));
}

/// How many calls there are below `folder`, those that are answered otherwise, and those that are refused in other words.
fn compared(folder: &Path) -> (usize, Vec<String>, Vec<String>) {
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let (mut n_calls, mut different, mut other_words) = (0, Vec::new(), Vec::new());
    for file in files {
        let cases = parsed(&fs::read_to_string(&file).unwrap()).unwrap();
        for case in cases.as_array().unwrap() {
            n_calls += 1;
            let name = case.get("name").unwrap().as_str().unwrap();
            let arguments = case.get("arguments").and_then(Value::as_array).unwrap_or_default();
            let arguments: Vec<Value> = arguments.iter().map(unmarked).collect();
            let error = case.get("error").and_then(Value::as_str);
            let expected = match error {
                Some(error) => Err(error.to_owned()),
                None => Ok(case.get("value").map(unmarked)),
            };
            let answer = called(name, &arguments);
            let (ours, theirs) = (shown(&answer), shown(&expected));
            let call = format!("{name}({})", rego_text(&Value::array(arguments)));
            if ours == theirs || EXCEPTIONS.iter().any(|(exception, _)| *exception == call) {
                continue;
            }
            let text = format!("{call}\n  ours:   {ours}\n  theirs: {theirs}");
            if answer.is_err() && expected.is_err() { &mut other_words } else { &mut different }
                .push(text);
        }
    }
    (n_calls, different, other_words)
}
