//! Tests written in Rego: rules whose names begin with `test_`, run one by one, with the lines they reach.
//!
//! Source: OPA 1.x, `opa test`: a test passes when its value is `true`; an object of cases passes when each is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Serialize, Serializer};

use super::engine::{Examined, Failure, rule_path};
use super::module::Module;
use crate::domain::place::{Location, SourceFile, Span};
use crate::domain::value::Value;

/// How one test came out. As JSON it is an item of what `opa test --format json` prints.
#[derive(Clone, Debug, Serialize)]
pub struct TestResult {
    /// Where the test stands.
    #[serde(serialize_with = "row_and_column")]
    pub location: Location,
    /// `data.acme.images_test`
    pub package: String,
    /// `test_latest_is_denied`
    pub name: String,
    /// How it came out.
    #[serde(flatten, serialize_with = "flags")]
    pub status: Status,
    /// How long it took, in nanoseconds as JSON.
    #[serde(serialize_with = "nanoseconds")]
    pub duration: Duration,
    /// What it printed, a line each; in base64 as JSON.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "encoded")]
    pub output: Vec<String>,
}

/// How a test came out.
#[derive(Clone, Debug)]
pub enum Status {
    /// Its value is `true`.
    Pass,
    /// Its value is something else, or it has none.
    Fail,
    /// It could not be evaluated.
    Error(Failure),
    /// Its name begins with `todo_`.
    Skip,
}

impl Status {
    fn word(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Error(_) => "error",
            Self::Skip => "skip",
        }
    }
}

/// The lines that tests reached, by file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Ascending by path.
    pub files: BTreeMap<String, FileCoverage>,
}

/// The lines that tests reached in one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileCoverage {
    /// Lines that were run.
    pub covered: BTreeSet<u32>,
    /// Lines that could be run and were not.
    pub not_covered: BTreeSet<u32>,
}

impl Coverage {
    /// Covered lines of all lines in percent; 100 when there is nothing to cover.
    pub fn percent(&self) -> f64 {
        let count =
            |lines: fn(&FileCoverage) -> usize| self.files.values().map(lines).sum::<usize>();
        let covered = count(|file| file.covered.len());
        let all = covered + count(|file| file.not_covered.len());
        if all == 0 {
            return 100.0;
        }
        #[expect(clippy::cast_precision_loss, reason = "line numbers are far below 2^52")]
        let percent = 100.0 * covered as f64 / all as f64;
        percent
    }

    fn add(&mut self, path: String, covered: BTreeSet<u32>, not_covered: BTreeSet<u32>) {
        let file = self.files.entry(path).or_default();
        file.covered.extend(covered);
        file.not_covered.extend(not_covered);
        file.not_covered = file.not_covered.difference(&file.covered).copied().collect();
    }
}

/// Which tests are to be run, told by `data.package.name`.
pub type Selected<'a> = dyn Fn(&str) -> bool + Sync + 'a;

/// Runs the selected tests of one package, whose modules are `modules`.
pub fn run(
    program: &Examined,
    modules: &[&Module],
    coverage: &mut Coverage,
    selected: &Selected<'_>,
) -> Vec<TestResult> {
    let mut engine = program.observed();
    let mut seen = BTreeSet::new();
    let mut results = Vec::new();
    for module in modules {
        for rule in &module.rules {
            let [name] = rule.path.as_slice() else { continue };
            let is_todo = name.starts_with("todo_test_");
            if !(is_todo || name.starts_with("test_")) || !seen.insert(name.as_str()) {
                continue;
            }
            let package = format!("data.{}", module.package.join("."));
            if !selected(&format!("{package}.{name}")) {
                continue;
            }
            let started = Instant::now();
            let second = if is_todo {
                Status::Skip
            } else {
                judge(program.run(&mut engine, &rule_path(&module.package, &rule.path)))
            };
            let duration = if is_todo { Duration::ZERO } else { started.elapsed() };
            let printed = engine.take_prints().unwrap_or_default();
            let mut output: Vec<String> =
                printed.iter().map(|line| without_place(line, &module.file.path)).collect();
            let failed = matches!(second, Status::Error(_));
            let own = if is_todo { None } else { program.own_answer(&module.package, &rule.path) };
            let status = decided(own.map(judge), second, &mut output);
            if failed {
                // Whatever state a failure left behind must not reach the next test.
                observe(&engine, coverage);
                engine = program.observed();
            }
            results.push(TestResult {
                location: place(&module.file, rule.span),
                package,
                name: name.clone(),
                status,
                duration,
                output,
            });
        }
    }
    observe(&engine, coverage);
    results
}

/// The engine puts `file:line: ` before what a policy prints.
fn without_place(line: &str, file: &str) -> String {
    let text = line.strip_prefix(file).and_then(|rest| rest.strip_prefix(':'));
    let text = text.and_then(|rest| rest.split_once(": ")).map_or(line, |(_, text)| text);
    text.to_owned()
}

/// The own evaluator's verdict, or the other engine's where there is none; says so where they differ.
fn decided(own: Option<Status>, second: Status, output: &mut Vec<String>) -> Status {
    let Some(own) = own else { return second };
    if std::mem::discriminant(&own) != std::mem::discriminant(&second) {
        output.push(format!(
            "the evaluator says `{}`, the second engine `{}`",
            own.word(),
            second.word()
        ));
    }
    own
}

fn judge(answer: Result<Option<Value>, Failure>) -> Status {
    match answer {
        Ok(Some(Value::Bool(true))) => Status::Pass,
        Ok(Some(Value::Object(cases)))
            if !cases.is_empty()
                && cases.entries().iter().all(|(_, case)| *case == Value::Bool(true)) =>
        {
            Status::Pass
        }
        Ok(_) => Status::Fail,
        Err(failure) => Status::Error(failure),
    }
}

fn observe(engine: &regorus::Engine, coverage: &mut Coverage) {
    let Ok(report) = engine.get_coverage_report() else { return };
    for file in report.files {
        coverage.add(file.path, file.covered, file.not_covered);
    }
}

fn place(file: &Arc<SourceFile>, span: Span) -> Location {
    file.location(span, "")
}

fn row_and_column<S: Serializer>(location: &Location, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Place<'l> {
        file: &'l str,
        #[serde(rename = "row")]
        line: u32,
        #[serde(rename = "col")]
        column: u32,
    }
    let Location { file, line, column, .. } = location;
    Place { file, line: *line, column: *column }.serialize(serializer)
}

fn flags<S: Serializer>(status: &Status, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Default, Serialize)]
    struct Flags<'s> {
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        fail: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<ErrorText<'s>>,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        skip: bool,
    }
    #[derive(Serialize)]
    struct ErrorText<'s> {
        code: &'s str,
        message: &'s str,
        #[serde(skip_serializing_if = "Option::is_none")]
        location: Option<Place>,
    }
    #[derive(Serialize)]
    struct Place(#[serde(serialize_with = "row_and_column")] Location);
    let mut flags = Flags::default();
    match status {
        Status::Pass => {}
        Status::Fail => flags.fail = true,
        Status::Skip => flags.skip = true,
        Status::Error(failure) => {
            let code = if failure.out_of_time { "eval_cancel_error" } else { "eval_error" };
            let location = failure.place.as_ref().map(|(file, span)| Place(place(file, *span)));
            flags.error = Some(ErrorText { code, message: &failure.message, location });
        }
    }
    flags.serialize(serializer)
}

fn nanoseconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX))
}

fn encoded<S: Serializer>(lines: &[String], serializer: S) -> Result<S::Ok, S::Error> {
    let text = lines.join("\n") + "\n";
    serializer.serialize_str(&STANDARD.encode(text))
}
