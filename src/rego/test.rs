//! Tests written in Rego: rules whose names begin with `test_`, run one by one, with the lines they reach.
//!
//! Source: OPA 1.x, `opa test`: a test passes when its value is `true`; an object of cases passes when each is.

mod program;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Serialize, Serializer};

use super::engine::{Examined, Failure, rule_path};
use super::evaluate::Machine;
use super::module::Module;
use crate::domain::place::{Location, SourceFile, Span};
use crate::domain::value::Value;
use program::Reached;
pub use program::{Test, TestProgram};

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
    /// How the cases of a table came out, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub sub_results: BTreeMap<String, SubResult>,
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

/// Runs the selected tests of a program. `seconds` has, for some packages, the same modules in the second engine: what it
/// prints is shown, and where it differs that is said.
pub fn run(
    program: &TestProgram,
    seconds: &BTreeMap<Vec<String>, Examined>,
    selected: &Selected<'_>,
) -> (Vec<TestResult>, Coverage) {
    let mut names: BTreeMap<(&[String], &str), usize> = BTreeMap::new();
    for test in program.tests() {
        let plain = test.name.split('#').next().unwrap_or_default();
        *names.entry((&test.package, plain)).or_default() += 1;
    }
    let mut machine = Machine::default();
    let mut reached = Reached::default();
    let mut results = Vec::new();
    for test in program.tests() {
        let package = format!("data.{}", test.package.join("."));
        if !selected(&format!("{package}.{}", test.name)) {
            continue;
        }
        let started = Instant::now();
        let (status, sub_results) = program.run(&mut machine, test, &mut reached);
        let duration = if test.is_todo { Duration::ZERO } else { started.elapsed() };
        let mut result = TestResult {
            location: test.location.clone(),
            package,
            name: test.name.clone(),
            status,
            duration,
            output: Vec::new(),
            sub_results,
        };
        // The second engine knows nothing of definitions of one name that stand apart.
        let is_alone = names.get(&(test.package.as_slice(), test.name.as_str())) == Some(&1);
        let second = seconds.get(&test.package).filter(|_| is_alone && !test.is_todo);
        if let Some(second) = second {
            result.compare(second, test);
        }
        results.push(result);
    }
    let coverage = program.coverage(&reached);
    (results, coverage)
}

impl TestResult {
    /// Adds what the second engine prints, and says where it comes to another end.
    fn compare(&mut self, second: &Examined, test: &Test) {
        let mut engine = second.observed();
        let answer =
            second.run(&mut engine, &rule_path(&test.package, std::slice::from_ref(&test.name)));
        let other = judge(answer);
        let printed = engine.take_prints().unwrap_or_default();
        self.output = printed.iter().map(|line| without_place(line, &test.location.file)).collect();
        // A case that a table begins and has no value for is seen by the own evaluator alone.
        let is_table = !self.sub_results.is_empty();
        if !is_table && std::mem::discriminant(&self.status) != std::mem::discriminant(&other) {
            let (own, other) = (self.status.word(), other.word());
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
    use crate::rego::guard::Limits;
    use crate::rego::module;

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
}
