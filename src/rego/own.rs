//! The own front end and evaluator over the modules of a revision, as the engine uses them.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::budget::{Exhausted, Limits};
use super::engine::Failure;
use super::evaluate::{self, FailureKind, Machine, Settings, Switches};
use super::fault::Fault;
use super::ir::Unit;
use super::module::Module;
use super::resolve::{Options, resolve};
use crate::document::{DocumentLimits, yaml};
use crate::domain::place::{SourceFile, Span};
use crate::domain::value::Value;

/// All modules of a revision in one program.
#[derive(Debug)]
pub struct Revision {
    program: evaluate::Program,
    files: Vec<Arc<SourceFile>>,
    budget: Duration,
}

/// The METADATA of a block.
pub(super) fn read_yaml(text: &str) -> Result<Value, String> {
    match yaml::read(text, &DocumentLimits::default()).into_iter().next() {
        Some(Ok(document)) => Ok(document.value),
        Some(Err(fault)) => Err(fault.message),
        None => Ok(Value::Null),
    }
}

impl Revision {
    /// Compiles the modules, or says why they are left to the other engine.
    ///
    /// # Errors
    /// The first fault that the own front end or compiler finds.
    pub(super) fn of(modules: &[Module], data: Value, budget: Duration) -> Result<Self, Fault> {
        Self::compiled(&resolved(modules)?, modules, data, budget, Switches::default())
    }

    /// Compiles what was resolved of `modules`.
    ///
    /// # Errors
    /// The first rule that does not compile.
    pub(super) fn compiled(
        unit: &Unit,
        modules: &[Module],
        data: Value,
        budget: Duration,
        switches: Switches,
    ) -> Result<Self, Fault> {
        let files: Vec<Arc<SourceFile>> =
            modules.iter().map(|module| Arc::clone(&module.file)).collect();
        let program = evaluate::compile(unit, data, switches);
        if let Some(refusal) = program.refusals().first() {
            let nowhere = Arc::new(SourceFile::new("modules", ""));
            let file = files.get(refusal.span.file as usize).unwrap_or(&nowhere);
            let span = Span { start: refusal.span.start, end: refusal.span.end };
            return Err(Fault::new(file, span, refusal.message.clone()));
        }
        Ok(Self { program, files, budget })
    }

    /// The value of a rule of `package` over `input`, with sets as arrays; `None` when it is undefined.
    ///
    /// # Errors
    /// When the rule fails or its time is used up.
    pub(super) fn answer(
        &self,
        machine: &mut Machine,
        package: &[String],
        rule: &[String],
        input: Option<Value>,
    ) -> Result<Option<Value>, Failure> {
        let path: Vec<&str> = package.iter().chain(rule).map(String::as_str).collect();
        let limits = Limits { time: self.budget, ..Limits::default() };
        let settings = Settings { limits, ..Settings::default() };
        // What a panic leaves behind in the machine is thrown away with it.
        let mut scratch = std::mem::take(machine);
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let answer = scratch.begin(&self.program, input, settings).answer(&path);
            (answer, scratch)
        }));
        let Ok((answer, scratch)) = outcome else {
            return Err(Failure {
                message: "a built-in function failed on a value that it does not expect".to_owned(),
                place: None,
                out_of_time: false,
            });
        };
        *machine = scratch;
        answer.map(|value| value.as_ref().map(listed)).map_err(|failure| self.failure(failure))
    }

    fn failure(&self, failure: evaluate::Failure) -> Failure {
        if failure.kind == FailureKind::Exhausted(Exhausted::Time) {
            return Failure {
                message: format!("it used up its {} ms", self.budget.as_millis()),
                place: None,
                out_of_time: true,
            };
        }
        let span = Span { start: failure.span.start, end: failure.span.end };
        let file = self.files.get(failure.span.file as usize).filter(|_| !span.is_empty());
        Failure {
            message: failure.message,
            place: file.map(|file| (Arc::clone(file), span)),
            out_of_time: false,
        }
    }
}

/// Resolves the modules.
///
/// # Errors
/// The first fault that the own front end finds.
pub(super) fn resolved(modules: &[Module]) -> Result<Unit, Fault> {
    let options = Options { host: BTreeMap::new(), strict: false, read_yaml: &read_yaml };
    let nowhere = Arc::new(SourceFile::new("modules", ""));
    resolve(modules, &options).map_err(|faults| first(faults, &nowhere))
}

fn first(faults: Vec<Fault>, file: &Arc<SourceFile>) -> Fault {
    let none = || Fault::new(file, Span::default(), "the file was refused without a reason");
    faults.into_iter().next().unwrap_or_else(none)
}

/// The value as the rooms know it: sets are arrays, and keys are texts.
fn listed(value: &Value) -> Value {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
        Value::Array(items) => Value::array(items.iter().map(listed).collect()),
        Value::Set(set) => Value::array(set.items().iter().map(listed).collect()),
        Value::Object(_) | Value::Map(_) => Value::object(
            value.pairs().map(|(key, value)| (key.to_json_key(), listed(value))).collect(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rego::module;
    use crate::rego::syntax;

    fn revision(text: &str) -> Result<Revision, Fault> {
        let file = Arc::new(SourceFile::new("p.rego", text));
        let module = module::parse(&file, None, &syntax::Limits::default()).unwrap();
        Revision::of(&[module], Value::object(vec![]), Duration::from_secs(10))
    }

    fn ask(revision: &Revision, rule: &str, input: Value) -> Result<Option<Value>, Failure> {
        let (package, rule) = (["p".to_owned()], [rule.to_owned()]);
        revision.answer(&mut Machine::default(), &package, &rule, Some(input))
    }

    #[test]
    fn a_set_comes_out_as_a_list() {
        let revision = revision("package p\ndeny contains x if some x in input\n").unwrap();
        let input = Value::array(vec![Value::from(2), Value::from(1)]);
        assert_eq!(ask(&revision, "deny", input).unwrap().unwrap().to_string(), "[1,2]");
    }

    #[test]
    fn a_failure_says_where() {
        let revision = revision("package p\na := 1 / input\n").unwrap();
        let failure = ask(&revision, "a", Value::from(0)).unwrap_err();
        assert!(failure.message.contains("divide by zero"), "{}", failure.message);
        assert!(failure.place.is_some());
    }

    #[test]
    fn a_rule_is_told_its_own_metadata() {
        let text = "package p\n\n# METADATA\n# title: A title\na := rego.metadata.rule().title\n";
        let revision = revision(text).unwrap();
        let title = ask(&revision, "a", Value::Null).unwrap();
        assert_eq!(title, Some(Value::from("A title")));
    }
}
