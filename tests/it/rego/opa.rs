//! Questions about whole policies, and what OPA, our evaluator and `regorus`' interpreter answer.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::sync::Arc;

use goldgate::domain::place::SourceFile;
use goldgate::domain::value::Value;
use goldgate::rego::evaluate::{FailureKind, Machine, Settings, Switches, compile};
use goldgate::rego::resolve::{Options, resolve};
use goldgate::rego::syntax::{self, Version};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Modules, and the rules of which the value is asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Question {
    pub(crate) modules: Vec<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) v0: bool,
    /// Whether a built-in function without an answer is an error, as it is for the gate.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) strict: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) input: Option<Box<RawValue>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) data: Option<Box<RawValue>>,
    /// `data.p.allow`
    pub(crate) rules: Vec<String>,
}

/// What the tool `tools/rego/builtin/policy` writes for a question.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Answer {
    /// The codes of the faults for which the modules are refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) refused: Option<String>,
    /// A value, `undefined` or `error: CODE` for each rule.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) answers: Vec<String>,
}

impl Answer {
    fn refusal(why: impl Into<String>) -> Self {
        Self { refused: Some(why.into()), answers: Vec::new() }
    }

    /// Whether both refuse, or both have the same values and errors; the words of errors may differ.
    pub(crate) fn agrees_with(&self, other: &Self) -> bool {
        self.refused.is_some() == other.refused.is_some()
            && self.answers.len() == other.answers.len()
            && self.answers.iter().zip(&other.answers).all(|(ours, theirs)| ours == theirs)
    }

    /// Whether a value of ours stands where the other has an error or another value.
    pub(crate) fn agrees_but_for_errors(&self, other: &Self) -> bool {
        let is_error = |answer: &str| answer.starts_with("error");
        self.refused.is_some() == other.refused.is_some()
            && self
                .answers
                .iter()
                .zip(&other.answers)
                .all(|(one, two)| one == two || is_error(one) || is_error(two))
    }
}

impl Question {
    /// What our evaluator answers.
    pub(crate) fn answered(&self, switches: Switches) -> Answer {
        let version = if self.v0 { Version::V0 } else { Version::V1 };
        let mut modules = Vec::new();
        for (number, text) in self.modules.iter().enumerate() {
            let file = Arc::new(SourceFile::new(format!("m{number}.rego"), text.as_str()));
            match syntax::parse(&file, version, &syntax::Limits::default()) {
                Ok(module) => modules.push(module),
                Err(faults) => return Answer::refusal(format!("{:?}", faults.first())),
            }
        }
        let read_yaml = super::read_yaml;
        let options = Options { host: BTreeMap::new(), strict: false, read_yaml: &read_yaml };
        let unit = match resolve(&modules, &options) {
            Ok(unit) => unit,
            Err(faults) => return Answer::refusal(format!("{:?}", faults.first())),
        };
        let data = self.data.as_deref().map_or_else(|| Value::object(vec![]), value_of);
        let program = compile(&unit, data, switches);
        if let Some(refusal) = program.refusals().first() {
            return Answer::refusal(refusal.message.clone());
        }
        let input = self.input.as_deref().map(value_of);
        let settings = Settings {
            is_strict: self.strict,
            limits: super::patient(),
            now_ns: super::NOW_NS,
            ..Settings::default()
        };
        let mut machine = Machine::default();
        let kept = super::as_kept(&program, switches);
        let answers = self.rules.iter().map(|rule| {
            let path: Vec<&str> = rule.split('.').skip(1).collect();
            let answer = machine.begin(&program, input.clone(), settings).answer(&path);
            if let Some(kept) = &kept {
                let again = machine.begin(kept, input.clone(), settings).answer(&path);
                assert_eq!(format!("{again:?}"), format!("{answer:?}"), "{self:?}");
            }
            match answer {
                Ok(Some(value)) => shown(&value),
                Ok(None) => "undefined".to_owned(),
                Err(failure) if failure.kind == FailureKind::Refused => {
                    format!("refused: {}", failure.message)
                }
                Err(failure) => format!("error: {}", failure.kind.opa_code()),
            }
        });
        Answer { refused: None, answers: answers.collect() }
    }

    /// What `regorus`' interpreter answers; errors without their codes.
    pub(crate) fn interpreted(&self) -> Answer {
        let mut engine = regorus::Engine::new();
        engine.set_rego_v0(self.v0);
        engine.set_strict_builtin_errors(false);
        for (number, text) in self.modules.iter().enumerate() {
            if let Err(error) = engine.add_policy(format!("m{number}.rego"), text.clone()) {
                return Answer::refusal(error.to_string());
            }
        }
        if let Some(data) = &self.data {
            engine.add_data(regorus::Value::from_json_str(data.get()).unwrap()).unwrap();
        }
        if let Some(input) = &self.input {
            engine.set_input(regorus::Value::from_json_str(input.get()).unwrap());
        }
        let answers = self.rules.iter().map(|rule| match engine.eval_rule(rule.clone()) {
            Ok(regorus::Value::Undefined) => "undefined".to_owned(),
            Ok(value) => shown(&of_regorus(&value)),
            Err(error) => format!("error: {error}"),
        });
        Answer { refused: None, answers: answers.collect() }
    }
}

/// What OPA answers, when `GOLDGATE_OPA_ASK` names the built tool `tools/rego/builtin/policy`.
pub(crate) fn answers_of_opa(questions: &[Question]) -> Option<Vec<Answer>> {
    let program = std::env::var_os("GOLDGATE_OPA_ASK")?;
    let mut child = Command::new(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("GOLDGATE_OPA_ASK names a program");
    let mut stdin = child.stdin.take().unwrap();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    let answers = std::thread::scope(|scope| {
        scope.spawn(move || {
            for question in questions {
                writeln!(stdin, "{}", serde_json::to_string(question).unwrap()).unwrap();
            }
        });
        stdout.lines().map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect()
    });
    assert!(child.wait().unwrap().success());
    Some(answers)
}

pub(crate) fn value_of(json: &RawValue) -> Value {
    serde_json::from_str(json.get()).unwrap()
}

/// The value as the tool writes it: JSON, with `{1, 2}` for a set.
pub(crate) fn shown(value: &Value) -> String {
    let list = |items: Vec<String>| items.join(", ");
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => json_text(text),
        Value::Array(items) => format!("[{}]", list(items.iter().map(shown).collect())),
        Value::Set(set) if set.is_empty() => "set()".to_owned(),
        Value::Set(set) => format!("{{{}}}", list(set.items().iter().map(shown).collect())),
        Value::Object(_) | Value::Map(_) => {
            let pairs =
                value.pairs().map(|(key, item)| format!("{}: {}", shown(&key), shown(item)));
            format!("{{{}}}", list(pairs.collect()))
        }
    }
}

/// As Go's encoder writes it, which escapes two line separators more.
fn json_text(text: &str) -> String {
    let mut written = String::new();
    for character in serde_json::to_string(text).unwrap().chars() {
        match character {
            '\u{2028}' | '\u{2029}' => write!(written, "\\u{:04x}", u32::from(character)).unwrap(),
            other => written.push(other),
        }
    }
    written
}

fn of_regorus(value: &regorus::Value) -> Value {
    match value {
        regorus::Value::Array(items) => Value::array(items.iter().map(of_regorus).collect()),
        regorus::Value::Set(items) => Value::set(items.iter().map(of_regorus).collect()),
        regorus::Value::Object(pairs) => Value::map(
            pairs.iter().map(|(key, item)| (of_regorus(key), of_regorus(item))).collect(),
        ),
        regorus::Value::Null
        | regorus::Value::Bool(_)
        | regorus::Value::Number(_)
        | regorus::Value::String(_)
        | regorus::Value::Undefined => serde_json::from_str(&value.to_json_str().unwrap()).unwrap(),
    }
}
