//! The own front end and evaluator over the modules of a revision, as the engine uses them.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::budget::{Exhausted, Limits};
use super::engine::Failure;
use super::evaluate::{
    self, Evaluation, FailureKind, Hit, Machine, Point, Settings, Sights, Switches,
};
use super::fault::Fault;
use super::ir::Unit;
use super::module::Module;
use super::resolve::{Options, resolve};
use crate::document::{DocumentLimits, yaml};
use crate::domain::clock::{Clock as _, SystemClock};
use crate::domain::evidence::Holdings;
use crate::domain::place::{SourceFile, Span};
use crate::domain::value::Value;

/// All modules of a revision in one program.
#[derive(Debug)]
pub struct Revision {
    program: evaluate::Program,
    files: Vec<Arc<SourceFile>>,
    budget: Duration,
    /// Whether a built-in without an answer is an error; else it is undefined, as OPA has it unless told.
    is_strict: bool,
}

/// A statement, or the head of a definition, and what has become of it.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Where it stands.
    pub file: Arc<SourceFile>,
    /// What it is.
    pub point: Point,
    /// What has become of it.
    pub hit: Hit,
    /// What values it had, where the modules were compiled to keep them.
    pub sights: Sights,
}

/// What built-ins that would be different each time answer with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Circumstances {
    /// What `time.now_ns` answers.
    pub now_ns: i64,
    /// What random built-ins draw from.
    pub seed: u64,
}

impl Circumstances {
    /// A test in Rego belongs to no decision, and is told the time at which it is run.
    pub(super) fn of_a_test() -> Self {
        Self { now_ns: SystemClock.now().as_millis().saturating_mul(1_000_000), seed: 0 }
    }
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
        Ok(Self { program, files, budget, is_strict: true })
    }

    /// What was compiled before, over the files that it was compiled of.
    ///
    /// `None` where it was compiled of others.
    pub(super) fn kept(
        program: evaluate::Program,
        files: Vec<Arc<SourceFile>>,
        budget: Duration,
    ) -> Option<Self> {
        let names = program.files().iter().map(AsRef::as_ref);
        let is_of_these = names.eq(files.iter().map(|file| file.path.as_str()));
        is_of_these.then_some(Self { program, files, budget, is_strict: true })
    }

    /// The program alone.
    pub(super) const fn program(&self) -> &evaluate::Program {
        &self.program
    }

    /// The files that it was compiled of.
    pub(super) fn files(&self) -> &[Arc<SourceFile>] {
        &self.files
    }

    /// How long one evaluation may take.
    pub(super) const fn budget(&self) -> Duration {
        self.budget
    }

    /// The same, where a built-in without an answer is undefined.
    pub(super) fn lenient(self) -> Self {
        Self { is_strict: false, ..self }
    }

    /// Where coverage counts, each with its file.
    pub(super) fn points(&self) -> impl Iterator<Item = (&Arc<SourceFile>, Point)> {
        let file = |point: &Point| Some((self.files.get(point.span.file as usize)?, *point));
        self.program.points().iter().filter_map(file)
    }

    /// What stands at a path below `data`, over `documents` in place of those it was compiled with; `observe` is told which of the points were reached.
    ///
    /// # Errors
    /// When a rule fails or its time is used up.
    pub(super) fn ask(
        &self,
        machine: &mut Machine,
        circumstances: Circumstances,
        path: &[String],
        input: Option<Value>,
        documents: Option<Value>,
        observe: &mut dyn FnMut(&[Hit]),
    ) -> Result<Option<Value>, Failure> {
        let mut hearing = self.over(machine, input, circumstances);
        if let Some(documents) = documents {
            hearing.read_documents(documents);
        }
        let answer = hearing.answer(path, None);
        observe(hearing.evaluation.covered());
        answer
    }

    /// Looks a rule up; `None` where something else stands at the path, or nothing.
    pub(super) fn entry(&self, path: &[String]) -> Option<evaluate::Entry> {
        self.program.entry(path.iter().map(String::as_str))
    }

    /// Begins with an input. Its questions share what has been computed.
    pub(super) fn over<'r>(
        &'r self,
        machine: &'r mut Machine,
        input: Option<Value>,
        circumstances: Circumstances,
    ) -> Hearing<'r> {
        let Circumstances { now_ns, seed } = circumstances;
        let limits = Limits { time: self.budget, ..Limits::default() };
        let settings = Settings { limits, is_strict: self.is_strict, now_ns, seed };
        Hearing { revision: self, evaluation: machine.begin(&self.program, input, settings) }
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

/// One input under evaluation.
#[derive(Debug)]
pub(super) struct Hearing<'r> {
    revision: &'r Revision,
    evaluation: Evaluation<'r>,
}

impl<'r> Hearing<'r> {
    /// Lets built-ins answer from what is held of the image that the input is about.
    pub(super) const fn holding(mut self, held: Option<Holdings<'r>>) -> Self {
        self.evaluation.hold(held);
        self
    }

    /// Reads documents in place of those that the modules were compiled with.
    pub(super) fn read_documents(&mut self, documents: Value) {
        self.evaluation.read_documents(documents);
    }

    /// Every statement, and what has become of it, when the modules were compiled to count.
    pub(super) fn statements(&self) -> impl Iterator<Item = Statement> {
        let hits = self.evaluation.covered().iter().enumerate();
        self.revision.points().zip(hits).map(|((file, point), (number, hit))| Statement {
            file: Arc::clone(file),
            point,
            hit: *hit,
            sights: self.evaluation.sights().get(number).cloned().unwrap_or_default(),
        })
    }

    /// Whether it is about the modules of `revision`.
    pub(super) fn is_of(&self, revision: &Revision) -> bool {
        std::ptr::eq(self.revision, revision)
    }

    /// The value at a path, with sets as arrays; `None` when it is undefined. Each question has a budget of its own, and
    /// one that fails leaves nothing behind for the next.
    ///
    /// # Errors
    /// When the rule fails or its time is used up.
    pub(super) fn answer(
        &mut self,
        path: &[String],
        entry: Option<evaluate::Entry>,
    ) -> Result<Option<Value>, Failure> {
        let evaluation = &mut self.evaluation;
        evaluation.renew();
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            if let Some(entry) = entry {
                return evaluation.value_of_entry(entry);
            }
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            evaluation.answer(&path)
        }));
        let Ok(answer) = outcome else {
            // What a panic leaves behind is thrown away.
            evaluation.restart();
            return Err(Failure {
                message: "a built-in function failed on a value that it does not expect".to_owned(),
                place: None,
                out_of_time: false,
            });
        };
        answer
            .map(|value| value.as_ref().map(listed))
            .map_err(|failure| self.revision.failure(failure))
    }
}

fn first(faults: Vec<Fault>, file: &Arc<SourceFile>) -> Fault {
    let none = || Fault::new(file, Span::default(), "the file was refused without a reason");
    faults.into_iter().next().unwrap_or_else(none)
}

/// The value as the rooms know it: sets are arrays, and keys are texts. What is so already is shared.
fn listed(value: &Value) -> Value {
    match value {
        value if is_plain(value) => value.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
        Value::Array(items) => Value::array(items.iter().map(listed).collect()),
        Value::Set(set) => Value::array(set.items().iter().map(listed).collect()),
        Value::Object(_) | Value::Map(_) => Value::object(
            value.pairs().map(|(key, value)| (key.to_json_key(), listed(value))).collect(),
        ),
    }
}

fn is_plain(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
        Value::Array(items) => items.iter().all(is_plain),
        Value::Object(object) => object.entries().iter().all(|(_, value)| is_plain(value)),
        Value::Set(_) | Value::Map(_) => false,
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
        let path = ["p".to_owned(), rule.to_owned()];
        let mut machine = Machine::default();
        let mut hearing = revision.over(&mut machine, Some(input), Circumstances::default());
        let answer = hearing.answer(&path, revision.entry(&path));
        assert_eq!(format!("{answer:?}"), format!("{:?}", hearing.answer(&path, None)));
        answer
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
