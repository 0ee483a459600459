//! Running the tests of policies.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use super::load::{Loaded, on_large_stack, sorted};
use super::options::LoadOptions;
use super::source::{Bundle, BundleSource, Selection};
use crate::rego::engine::Linker;
use crate::rego::module::Module;
use crate::rego::test::TestProgram;
use crate::rego::{Fault, test};

pub use crate::rego::test::{Coverage, FileCoverage, Selected, Status, TestResult};

/// What came of a run of tests.
#[derive(Clone, Debug)]
pub struct TestReport {
    /// By file and line.
    pub results: Vec<TestResult>,
    /// The lines that were reached.
    pub coverage: Coverage,
}

/// How many budgets of one evaluation a test may take: it often runs a policy over many inputs.
const BUDGETS: u32 = 20;

/// Runs the tests below `paths`, with nothing loaded but what stands there.
///
/// # Errors
/// Every fault of every file; then nothing was run.
pub fn run(paths: &[PathBuf], options: &LoadOptions) -> Result<TestReport, Vec<Fault>> {
    run_selected(paths, options, &|_| true)
}

/// Runs those of the tests below `paths` whose `data.package.name` is in `selected`.
///
/// # Errors
/// Every fault of every file; then nothing was run.
pub fn run_selected(
    paths: &[PathBuf],
    options: &LoadOptions,
    selected: &Selected<'_>,
) -> Result<TestReport, Vec<Fault>> {
    on_large_stack(|| run_here(paths, options, selected))
}

fn run_here(
    paths: &[PathBuf],
    options: &LoadOptions,
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
    let loaded = Loaded::of(vec![all], options);
    faults.extend(loaded.faults.iter().cloned());
    let mut report = TestReport { results: Vec::new(), coverage: Coverage::default() };
    if faults.is_empty() {
        let budget = options.budget.saturating_mul(BUDGETS);
        faults = loaded.run(&mut report, budget, selected).err().unwrap_or_default();
    }
    if faults.is_empty() { Ok(report) } else { Err(sorted(faults)) }
}

impl Loaded {
    fn run(
        &self,
        report: &mut TestReport,
        budget: Duration,
        selected: &Selected<'_>,
    ) -> Result<(), Vec<Fault>> {
        let mut linker = Linker::new(&self.modules, self.data.clone(), budget);
        let packages: BTreeSet<&[String]> =
            self.modules.iter().map(|module| module.package.as_slice()).collect();
        let mut examined = |package: &[String]| {
            let closure = self.checked.closure(package);
            linker.examined(package, &closure)
        };
        if let Ok(program) = TestProgram::of(&self.modules, self.data.clone(), budget, true) {
            let with_tests: BTreeSet<&[String]> =
                program.tests().iter().map(|test| test.package.as_slice()).collect();
            // What the second engine does not take is left to the own evaluator, whose answer counts.
            let second = |package: &[String]| Some((package.to_vec(), examined(package).ok()?));
            let seconds = with_tests.into_iter().filter_map(second).collect();
            let (results, coverage) = test::run(&program, &seconds, selected);
            (report.results, report.coverage) = (results, coverage);
            report.results.sort_by(|a, b| a.location.cmp(&b.location));
            return Ok(());
        }
        let mut faults = Vec::new();
        for package in packages {
            let modules: Vec<&Module> =
                self.modules.iter().filter(|module| module.package == package).collect();
            match examined(package) {
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
