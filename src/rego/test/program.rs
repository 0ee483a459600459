//! All modules of a run with their tests, in one program of the own evaluator that notes which lines it reaches.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::{Coverage, Status, SubResult};
use crate::domain::place::{Location, SourceFile, Span};
use crate::domain::value::Value;
use crate::rego::engine::Failure;
use crate::rego::evaluate::{Hit, Machine, Point, PointKind, Switches};
use crate::rego::fault::Fault;
use crate::rego::ir::Unit;
use crate::rego::module::Module;
use crate::rego::own::{Circumstances, Revision, resolved};
use crate::rego::resolve::testing::{TestRule, set_apart};

/// Modules whose tests can be run.
#[derive(Debug)]
pub struct TestProgram {
    revision: Revision,
    tests: Vec<Test>,
}

/// A test of a program.
#[derive(Clone, Debug)]
pub struct Test {
    /// Where it stands.
    pub location: Location,
    /// The parts of its package.
    pub package: Vec<String>,
    /// `test_latest_is_denied`, `test_latest_is_denied#01`
    pub name: String,
    pub(super) is_todo: bool,
    /// The whole definition in its file.
    extent: Span,
    path: Vec<String>,
    cases: Option<Vec<String>>,
}

impl TestProgram {
    /// Compiles the modules, or says why they are left to the other engine.
    ///
    /// # Errors
    /// The first fault that the own front end or compiler finds.
    pub fn of(
        modules: &[Module],
        data: Value,
        budget: Duration,
        covers: bool,
    ) -> Result<Self, Fault> {
        Self::over(modules, resolved(modules)?, data, budget, covers)
    }

    /// Compiles what was resolved of `modules`.
    ///
    /// # Errors
    /// The first rule that does not compile.
    pub fn over(
        modules: &[Module],
        mut unit: Unit,
        data: Value,
        budget: Duration,
        covers: bool,
    ) -> Result<Self, Fault> {
        let found = set_apart(&mut unit);
        let switches = Switches { coverage: covers, ..Switches::default() };
        // As OPA runs tests: a policy that must not fail says so in a test of its own.
        let revision = Revision::compiled(&unit, modules, data, budget, switches)?.lenient();
        let tests = found.iter().filter_map(|it| Test::of(it, modules)).collect();
        Ok(Self { revision, tests })
    }

    /// The tests, in no order.
    pub fn tests(&self) -> &[Test] {
        &self.tests
    }

    /// Runs one test: how it came out, and how its cases did.
    pub(super) fn run(
        &self,
        machine: &mut Machine,
        test: &Test,
        reached: &mut Reached,
    ) -> (Status, BTreeMap<String, SubResult>) {
        if test.is_todo {
            return (Status::Skip, BTreeMap::new());
        }
        let answer = self.answer(machine, &test.path, reached);
        let Some(cases) = &test.cases else { return (super::judge(answer), BTreeMap::new()) };
        let (answer, listed) = match (answer, self.answer(machine, cases, reached)) {
            (Err(failure), _) | (_, Err(failure)) => {
                return (Status::Error(failure), BTreeMap::new());
            }
            (Ok(answer), Ok(listed)) => (answer, listed),
        };
        let mut results = answer.as_ref().map(SubResult::all_of).unwrap_or_default();
        let listed = listed.as_ref().and_then(Value::as_array).unwrap_or_default();
        for steps in listed.iter().filter_map(Value::as_array) {
            SubResult::begun(&mut results, steps);
        }
        let failed = results.values().any(|result| result.fail);
        (if failed { Status::Fail } else { Status::Pass }, results)
    }

    fn answer(
        &self,
        machine: &mut Machine,
        path: &[String],
        reached: &mut Reached,
    ) -> Result<Option<Value>, Failure> {
        let now = Circumstances::of_a_test();
        self.revision.ask(machine, now, path, None, None, &mut |covered| reached.add(covered))
    }

    /// What was reached, and what was not.
    pub(super) fn coverage(&self, reached: &Reached) -> Coverage {
        let mut lines: BTreeMap<String, (BTreeSet<u32>, BTreeSet<u32>)> = BTreeMap::new();
        let mut tests: BTreeMap<&str, Vec<&Test>> = BTreeMap::new();
        for test in &self.tests {
            tests.entry(&test.location.file).or_default().push(test);
        }
        let mut conditions = Vec::new();
        for (index, (file, Point { span, kind })) in self.revision.points().enumerate() {
            let (covered, not_covered) = lines.entry(file.path.clone()).or_default();
            let hit = reached.0.get(index).copied().unwrap_or_default();
            let list = if hit.reached { covered } else { not_covered };
            // As OPA counts: every line that the statement stands on.
            let last = file.line_and_column(span.end.saturating_sub(1).max(span.start)).0;
            list.extend(span.line..=last);
            // A test is to hold, and never to fail.
            let of_file = || tests.get(file.path.as_str()).into_iter().flatten();
            let is_condition = kind == PointKind::Condition;
            if is_condition && !of_file().any(|test| test.holds(file, span.start)) {
                conditions.push((file, (span.line, span.column), hit));
            }
        }
        let mut coverage = Coverage::default();
        for (path, (covered, not_covered)) in lines {
            coverage.add(path, covered, not_covered);
        }
        for (file, place, hit) in conditions {
            coverage.add_condition(&file.path, place, hit);
        }
        coverage
    }

    /// The statements that a test reached and that never held in it: the first of its own, then those of other rules.
    pub(super) fn stops(&self, machine: &mut Machine, test: &Test) -> Vec<Stop> {
        let mut reached = Reached::default();
        let _judged = self.run(machine, test, &mut reached);
        let mut own = None;
        let mut others = Vec::new();
        for ((file, Point { span, kind }), hit) in self.revision.points().zip(&reached.0) {
            if kind == PointKind::Head || !hit.reached || hit.held {
                continue;
            }
            let text = file.text.get(span.start as usize..span.end as usize).unwrap_or("");
            let place = Span { start: span.start, end: span.end };
            let stop = Stop {
                location: file.location(place, ""),
                text: text.split_whitespace().collect::<Vec<_>>().join(" "),
            };
            let is_own = test.holds(file, span.start);
            if is_own {
                own.get_or_insert(stop);
            } else if !others.contains(&stop) {
                others.push(stop);
            }
        }
        own.into_iter().chain(others).take(MAX_STOPS).collect()
    }
}

/// The statements that are told of one failed test.
const MAX_STOPS: usize = 8;

/// A statement that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Where it stands.
    pub location: Location,
    /// What it says, on one line.
    pub text: String,
}

/// What tests have made of each point so far.
#[derive(Debug, Default)]
pub(super) struct Reached(Vec<Hit>);

impl Reached {
    pub(super) fn add(&mut self, hits: &[Hit]) {
        self.0.resize(self.0.len().max(hits.len()), Hit::default());
        for (known, now) in self.0.iter_mut().zip(hits) {
            known.reached |= now.reached;
            known.held |= now.held;
            known.failed |= now.failed;
        }
    }

    pub(super) fn hits(&self) -> &[Hit] {
        &self.0
    }
}

impl Test {
    /// Whether the byte at `offset` of `file` is part of its definition.
    fn holds(&self, file: &SourceFile, offset: u32) -> bool {
        file.path == self.location.file && (self.extent.start..self.extent.end).contains(&offset)
    }

    /// `data.acme.images_test.test_latest_is_denied`
    pub(super) fn full_name(&self) -> String {
        format!("data.{}.{}", self.package.join("."), self.name)
    }

    fn of(rule: &TestRule, modules: &[Module]) -> Option<Self> {
        let module = modules.get(rule.span.file as usize)?;
        let span = Span { start: rule.span.start, end: rule.span.end };
        let texts = |path: &[Arc<str>]| path.iter().map(ToString::to_string).collect::<Vec<_>>();
        Some(Self {
            location: module.file.location(span, ""),
            package: module.package.clone(),
            name: texts(&rule.name).join("."),
            is_todo: rule.is_todo,
            extent: span,
            path: texts(&rule.path),
            cases: rule.cases.as_deref().map(texts),
        })
    }
}
