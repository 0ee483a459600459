//! Tests written in Rego: rules whose names begin with `test_`, run one by one, with the lines they reach.
//!
//! Source: OPA 1.x, `opa test`: a test passes when its value is `true`; an object of cases passes when each is.

mod coverage;
mod program;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Serialize, Serializer};

use super::engine::{Examined, Failure, rule_path};
use super::evaluate::Machine;
use super::module::Module;
use crate::domain::parallel;
use crate::domain::place::{Location, SourceFile, Span};
use crate::domain::value::Value;
pub use coverage::{Condition, Coverage, FileCoverage};
use program::Reached;
pub use program::{Stop, Test, TestProgram};

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
    /// What the second engine says.
    #[serde(skip)]
    pub second: Second,
    /// Of a failed test the statements that did not hold, its own first; not in what OPA's tools read.
    #[serde(skip)]
    pub stops: Vec<Stop>,
    /// How the cases of a table came out, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub sub_results: BTreeMap<String, SubResult>,
}

/// What the second engine says of a test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Second {
    /// Nothing: it was not asked, or the test is a table, whose cases the own evaluator alone sees.
    #[default]
    NotAsked,
    /// Nothing: its time was used up. It is slower by so much that this means nothing.
    OutOfTime,
    /// The same.
    Agrees,
    /// Something else.
    Differs {
        /// How the test came out: `pass`, `fail`, …
        own: &'static str,
        /// What the second engine says.
        other: &'static str,
    },
}

/// How a case of a table came out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SubResult {
    /// Its key.
    pub name: String,
    /// Whether it failed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub fail: bool,
    /// The cases below it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub sub_results: BTreeMap<String, SubResult>,
}

impl SubResult {
    /// The cases that a table has a value for.
    fn all_of(table: &Value) -> BTreeMap<String, Self> {
        table
            .pairs()
            .map(|(key, value)| {
                let name = key.to_json_key().to_string();
                (name.clone(), Self::of(name, value))
            })
            .collect()
    }

    fn of(name: String, value: &Value) -> Self {
        let sub_results = if value.is_object() { Self::all_of(value) } else { BTreeMap::new() };
        let fail = if value.is_object() {
            sub_results.values().any(|result| result.fail)
        } else {
            *value != Value::Bool(true)
        };
        Self { name, fail, sub_results }
    }

    /// Notes that a case was begun: where the table has no value for it, it has failed. Says whether it has.
    fn begun(results: &mut BTreeMap<String, Self>, steps: &[Value]) -> bool {
        let Some((step, rest)) = steps.split_first() else { return true };
        let name = step.to_json_key().to_string();
        let unknown = || Self { name: name.clone(), fail: true, sub_results: BTreeMap::new() };
        let result = results.entry(name.clone()).or_insert_with(unknown);
        if !rest.is_empty() {
            result.fail |= Self::begun(&mut result.sub_results, rest);
        }
        result.fail
    }
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
    /// `pass`, `fail`, `error` or `skip`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Error(_) => "error",
            Self::Skip => "skip",
        }
    }
}

/// Which tests are to be run, told by `data.package.name`.
pub type Selected<'a> = dyn Fn(&str) -> bool + Sync + 'a;

/// Runs the selected tests of a program on all processors. `seconds` has, for some packages, the same modules in the second
/// engine: what it prints is shown, and where it differs that is said.
pub fn run(
    program: &TestProgram,
    seconds: &BTreeMap<Vec<String>, Examined>,
    selected: &Selected<'_>,
) -> (Vec<TestResult>, Coverage) {
    let wanted = program.tests().iter().filter(|test| selected(&test.full_name()));
    let run = Run::new(program, seconds, wanted.collect());
    let (results, reached) = run.on_all_processors();
    (results, program.coverage(&reached))
}

/// Tests that several threads share.
struct Run<'r> {
    program: &'r TestProgram,
    seconds: &'r BTreeMap<Vec<String>, Examined>,
    /// How many tests of a package have a name.
    names: BTreeMap<(&'r [String], &'r str), usize>,
    tests: Vec<&'r Test>,
}

/// Fewer tests than this are not worth a thread.
const TESTS_PER_THREAD: usize = 16;

impl<'r> Run<'r> {
    fn new(
        program: &'r TestProgram,
        seconds: &'r BTreeMap<Vec<String>, Examined>,
        tests: Vec<&'r Test>,
    ) -> Self {
        let mut names: BTreeMap<(&[String], &str), usize> = BTreeMap::new();
        for test in program.tests() {
            let plain = test.name.split('#').next().unwrap_or_default();
            *names.entry((&test.package, plain)).or_default() += 1;
        }
        Self { program, seconds, names, tests }
    }

    fn on_all_processors(&self) -> (Vec<TestResult>, Reached) {
        let parts = parallel::shared(self.tests.len(), TESTS_PER_THREAD, |numbers| {
            let mut machine = Machine::default();
            let mut reached = Reached::default();
            let results = numbers.filter_map(|number| {
                let test = self.tests.get(number)?;
                Some((number, self.result(test, &mut machine, &mut reached)))
            });
            (results.collect::<Vec<_>>(), reached)
        });
        let mut results = Vec::with_capacity(self.tests.len());
        let mut reached = Reached::default();
        for (part, also) in parts {
            results.extend(part);
            reached.add(also.hits());
        }
        results.sort_by_key(|(number, _)| *number);
        (results.into_iter().map(|(_, result)| result).collect(), reached)
    }

    fn result(&self, test: &Test, machine: &mut Machine, reached: &mut Reached) -> TestResult {
        let started = Instant::now();
        let (status, sub_results) = self.program.run(machine, test, reached);
        let duration = if test.is_todo { Duration::ZERO } else { started.elapsed() };
        let mut result = TestResult {
            location: test.location.clone(),
            package: format!("data.{}", test.package.join(".")),
            name: test.name.clone(),
            status,
            duration,
            output: Vec::new(),
            second: Second::NotAsked,
            stops: Vec::new(),
            sub_results,
        };
        // The second engine knows nothing of definitions of one name that stand apart.
        let is_alone = self.names.get(&(test.package.as_slice(), test.name.as_str())) == Some(&1);
        let second = self.seconds.get(&test.package).filter(|_| is_alone && !test.is_todo);
        if let Some(second) = second {
            result.compare(second, test);
        }
        result
    }
}

/// Runs the tests of one package one after the other on this thread, on the second engine as well where it takes the package,
/// until whoever hears of them has heard enough.
pub fn run_in_turn(
    program: &TestProgram,
    package: &[String],
    second: Option<Examined>,
    heard: &mut dyn FnMut(TestResult) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let tests: Vec<&Test> = program.tests().iter().filter(|it| it.package == package).collect();
    let seconds = second.map(|second| (package.to_vec(), second)).into_iter().collect();
    let run = Run::new(program, &seconds, tests);
    let mut machine = Machine::default();
    run.tests
        .iter()
        .try_for_each(|test| heard(run.result(test, &mut machine, &mut Reached::default())))
}

/// Says of each failed test where it stopped; `program` is one that counts what is covered.
pub fn explain(results: &mut [TestResult], program: &TestProgram) {
    let mut machine = Machine::default();
    for result in results.iter_mut().filter(|result| matches!(result.status, Status::Fail)) {
        let name = result.full_name();
        let test = program.tests().iter().find(|test| test.full_name() == name);
        result.stops = test.map(|test| program.stops(&mut machine, test)).unwrap_or_default();
    }
}

impl TestResult {
    /// `data.acme.images_test.test_latest_is_denied`
    pub fn full_name(&self) -> String {
        format!("{}.{}", self.package, self.name)
    }

    /// Adds what the second engine prints, and says where it comes to another end.
    fn compare(&mut self, second: &Examined, test: &Test) {
        let mut engine = second.observed();
        let answer =
            second.run(&mut engine, &rule_path(&test.package, std::slice::from_ref(&test.name)));
        let other = judge(answer);
        let printed = engine.take_prints().unwrap_or_default();
        self.output = printed.iter().map(|line| without_place(line, &test.location.file)).collect();
        if !self.sub_results.is_empty() {
            return;
        }
        let is_late = matches!(&other, Status::Error(failure) if failure.out_of_time);
        let (own, other) = (self.status.word(), other.word());
        if is_late {
            self.second = Second::OutOfTime;
            self.output.push("the second engine was out of time".to_owned());
        } else if own == other {
            self.second = Second::Agrees;
        } else {
            self.second = Second::Differs { own, other };
            self.output.push(format!("the evaluator says `{own}`, the second engine `{other}`"));
        }
    }
}

/// Runs the selected tests of one package, whose modules are `modules`, on the second engine alone.
pub fn run_second(
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
            let status = if is_todo {
                Status::Skip
            } else {
                judge(program.run(&mut engine, &rule_path(&module.package, &rule.path)))
            };
            let duration = if is_todo { Duration::ZERO } else { started.elapsed() };
            let printed = engine.take_prints().unwrap_or_default();
            let output = printed.iter().map(|line| without_place(line, &module.file.path));
            let failed = matches!(status, Status::Error(_));
            results.push(TestResult {
                location: place(&module.file, rule.span),
                package,
                name: name.clone(),
                status,
                duration,
                output: output.collect(),
                second: Second::NotAsked,
                stops: Vec::new(),
                sub_results: BTreeMap::new(),
            });
            if failed {
                // Whatever state a failure left behind must not reach the next test.
                observe(&engine, coverage);
                engine = program.observed();
            }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rego::module;
    use crate::rego::syntax::Limits;

    fn results(text: &str) -> (Vec<String>, Coverage) {
        let file = Arc::new(SourceFile::new("a_test.rego", text));
        let module = module::parse(&file, None, &Limits::default()).unwrap();
        let data = Value::object(Vec::new());
        let program = TestProgram::of(&[module], data, Duration::from_secs(10), true).unwrap();
        let (results, coverage) = run(&program, &BTreeMap::new(), &|_| true);
        let cases = |results: &BTreeMap<String, SubResult>| {
            let shown = results.values().map(|it| {
                let below: Vec<&str> = it.sub_results.keys().map(String::as_str).collect();
                format!(" {}={}{}", it.name, !it.fail, below.join("/"))
            });
            shown.collect::<String>()
        };
        let shown = results
            .iter()
            .map(|it| format!("{} {}{}", it.name, it.status.word(), cases(&it.sub_results)));
        (shown.collect(), coverage)
    }

    #[test]
    fn definitions_of_one_name_are_tests_of_their_own() {
        let text =
            "package a\ntest_x if true\ntest_x if false\ntodo_test_y if true\ntest_x if 1 == 1\n";
        let (mut shown, _) = results(text);
        shown.sort();
        assert_eq!(shown, ["test_x pass", "test_x#01 fail", "test_x#02 pass", "todo_test_y skip"]);
    }

    #[test]
    fn a_case_that_is_begun_and_not_passed_has_failed() {
        let text = r#"package a
test_sub[name] if {
	some name, n in {"one": 1, "two": 2, "three": 3}
	n < 3
}
test_note[case.note] := result if {
	some case in [{"note": "a", "is": true}, {"note": "b", "is": false}]
	result := case.is
}
test_deep[a][b] if {
	some a in ["x", "y"]
	some b in ["p", "q"]
	a != "x"
}
"#;
        let (mut shown, _) = results(text);
        shown.sort();
        assert_eq!(
            shown,
            [
                "test_deep fail x=falsep/q y=truep/q",
                "test_note fail a=true b=false",
                "test_sub fail one=true three=false two=true",
            ]
        );
    }

    #[test]
    fn lines_that_no_test_reaches_are_not_covered() {
        let text = "package a\n\nf(x) if {\n\tx > 1\n\tx < 9\n}\n\ntest_f if not f(1)\n";
        let (_, coverage) = results(text);
        let file = &coverage.files["a_test.rego"];
        assert_eq!(file.covered, BTreeSet::from([4, 8]));
        assert_eq!(file.not_covered, BTreeSet::from([3, 5]));
    }

    #[test]
    fn a_condition_has_two_branches() {
        let text = "package a\n\nf(x) if {\n\tx > 1\n\ty := x + 1\n\tnot y > 9\n}\n\ntest_f if {\n\tf(2)\n\tnot f(0)\n}\n";
        let (_, coverage) = results(text);
        let shown: Vec<String> = coverage.files["a_test.rego"]
            .conditions
            .iter()
            .map(|((line, column), it)| format!("{line}:{column} {} {}", it.held, it.failed))
            .collect();
        let expected = ["4:2 true true", "6:2 true false"];
        assert_eq!(shown, expected);
        assert!((coverage.percent_of_branches() - 75.0).abs() < 1e-9);
    }

    #[test]
    fn a_failed_test_says_which_statements_did_not_hold() {
        let text = "package a\n\ndeny contains 1 if {\n\tinput.x\n\tinput.y > 2\n}\n\ntest_deny if {\n\tcount(deny) == 1 with input as {\"x\": 1, \"y\": 1}\n}\n";
        let file = Arc::new(SourceFile::new("a_test.rego", text));
        let module = module::parse(&file, None, &Limits::default()).unwrap();
        let data = Value::object(Vec::new());
        let program = TestProgram::of(&[module], data, Duration::from_secs(10), true).unwrap();
        let (mut results, _) = run(&program, &BTreeMap::new(), &|_| true);
        explain(&mut results, &program);
        let shown = results[0].stops.iter().map(|stop| format!("{} {}", stop.location, stop.text));
        let shown: Vec<String> = shown.collect();
        assert_eq!(shown, ["a_test.rego:9:2 count(deny) == 1", "a_test.rego:5:2 input.y > 2"]);
    }
}
