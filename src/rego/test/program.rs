//! All modules of a run with their tests, in one program of the own evaluator that notes which lines it reaches.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::{Coverage, Status, SubResult};
use crate::domain::place::{Location, Span};
use crate::domain::value::Value;
use crate::rego::engine::Failure;
use crate::rego::evaluate::{Machine, Switches};
use crate::rego::fault::Fault;
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
        let mut unit = resolved(modules)?;
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

    /// The lines that were reached, and those that were not.
    pub(super) fn coverage(&self, reached: &Reached) -> Coverage {
        let mut lines: BTreeMap<String, (BTreeSet<u32>, BTreeSet<u32>)> = BTreeMap::new();
        for (index, (file, span)) in self.revision.points().enumerate() {
            let (covered, not_covered) = lines.entry(file.path.clone()).or_default();
            let is_reached = reached.0.get(index).copied().unwrap_or_default();
            let list = if is_reached { covered } else { not_covered };
            // As OPA counts: every line that the statement stands on.
            let last = file.line_and_column(span.end.saturating_sub(1).max(span.start)).0;
            list.extend(span.line..=last);
        }
        let mut coverage = Coverage::default();
        for (path, (covered, not_covered)) in lines {
            coverage.add(path, covered, not_covered);
        }
        coverage
    }
}

/// Which points tests have reached so far.
#[derive(Debug, Default)]
pub(super) struct Reached(Vec<bool>);

impl Reached {
    fn add(&mut self, covered: &[bool]) {
        self.0.resize(self.0.len().max(covered.len()), false);
        for (known, now) in self.0.iter_mut().zip(covered) {
            *known |= now;
        }
    }
}

impl Test {
    fn of(rule: &TestRule, modules: &[Module]) -> Option<Self> {
        let module = modules.get(rule.span.file as usize)?;
        let span = Span { start: rule.span.start, end: rule.span.end };
        let texts = |path: &[Arc<str>]| path.iter().map(ToString::to_string).collect::<Vec<_>>();
        Some(Self {
            location: module.file.location(span, ""),
            package: module.package.clone(),
            name: texts(&rule.name).join("."),
            is_todo: rule.is_todo,
            path: texts(&rule.path),
            cases: rule.cases.as_deref().map(texts),
        })
    }
}
