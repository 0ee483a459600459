//! Tests on the second engine, and what it says of them beside the own evaluator.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::coverage::Coverage;
use super::{Selected, Status, TestResult, judge, place};
use crate::rego::engine::{Examined, rule_path};
use crate::rego::module::Module;

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
pub(super) fn without_place(line: &str, file: &str) -> String {
    let text = line.strip_prefix(file).and_then(|rest| rest.strip_prefix(':'));
    let text = text.and_then(|rest| rest.split_once(": ")).map_or(line, |(_, text)| text);
    text.to_owned()
}

fn observe(engine: &regorus::Engine, coverage: &mut Coverage) {
    let Ok(report) = engine.get_coverage_report() else { return };
    for file in report.files {
        coverage.add(file.path, file.covered, file.not_covered);
    }
}
