//! Running the tests of policies.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use super::load::{Loaded, on_large_stack, sorted};
use super::options::LoadOptions;
use super::shelf::Shelf;
use super::source::{Bundle, BundleSource, Selection};
use crate::rego::engine::{Examined, Linker};
use crate::rego::module::Module;
use crate::rego::test::TestProgram;
use crate::rego::{Fault, test};

pub use crate::rego::test::{
    Condition, Coverage, FileCoverage, Second, Selected, Status, Stop, SubResult, TestResult,
};

/// What came of a run of tests.
#[derive(Clone, Debug)]
pub struct TestReport {
    /// By file and line.
    pub results: Vec<TestResult>,
    /// The lines that were reached.
    pub coverage: Coverage,
}

/// How many budgets of one evaluation a test may take: it often runs a policy over many inputs.
pub(super) const BUDGETS: u32 = 20;

/// How tests are run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TestOptions {
    /// Whether what is reached is counted, which takes longer.
    pub covers: bool,
    /// Whether the second engine runs every test as well, which takes much longer; else it runs only those that print, since it
    /// is the one that prints.
    pub both_engines: bool,
}

impl TestOptions {
    /// Everything that can be told of tests.
    pub const ALL: Self = Self { covers: true, both_engines: true };
}

/// Runs the tests below `paths` with everything that can be told of them; nothing is loaded but what stands there.
///
/// # Errors
/// Every fault of every file; then nothing was run.
pub fn run(paths: &[PathBuf], options: &LoadOptions) -> Result<TestReport, Vec<Fault>> {
    run_selected(paths, options, TestOptions::ALL, &|_| true)
}

/// Runs those of the tests below `paths` whose `data.package.name` is in `selected`.
///
/// # Errors
/// Every fault of every file; then nothing was run.
pub fn run_selected(
    paths: &[PathBuf],
    options: &LoadOptions,
    how: TestOptions,
    selected: &Selected<'_>,
) -> Result<TestReport, Vec<Fault>> {
    on_large_stack(|| run_here(paths, options, how, selected))
}

fn run_here(
    paths: &[PathBuf],
    options: &LoadOptions,
    how: TestOptions,
    selected: &Selected<'_>,
) -> Result<TestReport, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut all = Bundle { name: "tests".to_owned(), files: Vec::new() };
    for path in paths {
        let source = BundleSource::Path(path.clone());
        let (bundle, found) = Bundle::read(&source, Selection::WithTests);
        faults.extend(found);
        all.files.extend(bundle.files);
    }
    all.files.sort_by(|a, b| a.source.path.cmp(&b.source.path));
    all.files.dedup_by(|a, b| a.source.path == b.source.path);
    let loaded = Loaded::of(Shelf::of(vec![all], options), options);
    faults.extend(loaded.faults.iter().cloned());
    let mut report = TestReport { results: Vec::new(), coverage: Coverage::default() };
    if faults.is_empty() {
        let budget = options.budget.saturating_mul(BUDGETS);
        faults = loaded.run(&mut report, (how, budget), selected).err().unwrap_or_default();
    }
    if faults.is_empty() { Ok(report) } else { Err(sorted(faults)) }
}

impl Loaded {
    fn run(
        &self,
        report: &mut TestReport,
        (how, budget): (TestOptions, Duration),
        selected: &Selected<'_>,
    ) -> Result<(), Vec<Fault>> {
        let program = |covers: bool| {
            let (unit, data) = (self.checked.unit.clone(), self.data.clone());
            TestProgram::over(&self.modules, unit, data, budget, covers)
        };
        let Ok(own) = program(how.covers) else { return self.run_second(report, budget, selected) };
        let seconds = self.seconds(&own, how, budget);
        (report.results, report.coverage) = test::run(&own, &seconds, selected);
        let is_failed = |result: &TestResult| matches!(result.status, Status::Fail);
        if report.results.iter().any(is_failed)
            && let Ok(counting) = program(true)
        {
            test::explain(&mut report.results, &counting);
        }
        report.results.sort_by(|a, b| a.location.cmp(&b.location));
        Ok(())
    }

    /// The second engine's programs of the packages whose tests it runs. What it does not take is left to the own evaluator,
    /// whose answer counts.
    fn seconds(
        &self,
        program: &TestProgram,
        how: TestOptions,
        budget: Duration,
    ) -> BTreeMap<Vec<String>, Examined> {
        let with_tests: BTreeSet<&[String]> =
            program.tests().iter().map(|test| test.package.as_slice()).collect();
        let printing: BTreeSet<&[String]> = self
            .modules
            .iter()
            .filter(|module| how.both_engines || module.file.text.contains("print("))
            .map(|module| module.package.as_slice())
            .collect();
        let mut linker = None;
        let second = |package: &[String]| {
            if printing.is_empty() {
                return None;
            }
            let closure = self.checked.closure(package);
            if !closure.iter().any(|needed| printing.contains(needed.as_slice())) {
                return None;
            }
            let linker =
                linker.get_or_insert_with(|| Linker::of_second(&self.modules, &self.data, budget));
            Some((package.to_vec(), linker.examined(package, &closure).ok()?))
        };
        with_tests.into_iter().filter_map(second).collect()
    }

    /// Runs the tests of modules that the own evaluator does not take.
    fn run_second(
        &self,
        report: &mut TestReport,
        budget: Duration,
        selected: &Selected<'_>,
    ) -> Result<(), Vec<Fault>> {
        let mut linker = Linker::of_second(&self.modules, &self.data, budget);
        let packages: BTreeSet<&[String]> =
            self.modules.iter().map(|module| module.package.as_slice()).collect();
        let mut faults = Vec::new();
        for package in packages {
            let modules: Vec<&Module> =
                self.modules.iter().filter(|module| module.package == package).collect();
            match linker.examined(package, &self.checked.closure(package)) {
                Ok(program) => {
                    report.results.extend(test::run_second(
                        &program,
                        &modules,
                        &mut report.coverage,
                        selected,
                    ));
                }
                Err(fault) => faults.push(fault),
            }
        }
        report.results.sort_by(|a, b| a.location.cmp(&b.location));
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }
}
