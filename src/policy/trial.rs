//! The own tests of what a server has loaded, run on both engines behind everyone's back.
//!
//! Where the engines differ on a test, one of them is wrong about a policy that the test asks, and nobody knows which: from then
//! on both are asked about that policy, as where the second opinion differs.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::Revision;
use super::load::Loaded;
use super::options::LoadOptions;
use super::shelf::Shelf;
use super::source::{Bundle, BundleSource, FileKind, Selection, is_test, kind_of};
use super::tests::BUDGETS;
use crate::domain::digest::Digest;
use crate::rego::engine::Linker;
use crate::rego::test::{self, Second, Status, TestProgram, TestResult};

/// How long all tests may take together.
const AT_MOST: Duration = Duration::from_mins(2);

/// Bundles with more text than this are not loaded a second time for their tests.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// How many packages share what the second engine has read of others: what it has read stays in memory.
const PACKAGES_AT_ONCE: usize = 16;

/// What the revision that is in force was loaded from.
#[derive(Clone, Debug)]
pub struct Sources {
    /// The bundles.
    pub bundles: Vec<BundleSource>,
    /// What was said beside them.
    pub options: LoadOptions,
}

/// How the own tests came out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TestCounts {
    /// Both engines say that they pass.
    pub passed: u64,
    /// They do not pass, and the second engine says the same or nothing.
    pub failed: u64,
    /// The engines come to another end.
    pub differed: u64,
    /// They were not run, or not by the second engine.
    pub left_out: u64,
}

/// A run of the own tests, which is told of while it goes on.
#[derive(Debug, Default)]
pub struct Trial {
    passed: AtomicU64,
    failed: AtomicU64,
    differed: AtomicU64,
    left_out: AtomicU64,
}

impl Trial {
    /// What has come of it so far.
    pub fn counts(&self) -> TestCounts {
        let Self { passed, failed, differed, left_out } = self;
        let [passed, failed, differed, left_out] =
            [passed, failed, differed, left_out].map(|count| count.load(Ordering::Relaxed));
        TestCounts { passed, failed, differed, left_out }
    }

    /// Runs the own tests of `revision`, which was loaded from `sources`. After each `rest` hears how long it took, waits for
    /// as long as it likes, and may end it.
    ///
    /// Call it on a thread of its own with a stack of at least 16 MiB.
    pub fn run(
        &self,
        revision: &Revision,
        sources: &Sources,
        rest: &mut dyn FnMut(Duration) -> ControlFlow<()>,
    ) {
        let began = Instant::now();
        let shelf = Shelf::read(&sources.bundles, Selection::WithTests, &sources.options);
        if !has_tests(&shelf) {
            return;
        }
        if let Err(reason) = self.run_those_of(shelf, revision, sources, rest) {
            tracing::warn!("The policies' own tests were not run: {reason}");
            return;
        }
        let TestCounts { passed, failed, differed, left_out } = self.counts();
        tracing::info!(
            n_passed = passed,
            n_failed = failed,
            n_different = differed,
            n_left_out = left_out,
            duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
            "Ran the policies' own tests on both engines"
        );
    }

    fn run_those_of(
        &self,
        shelf: Shelf,
        revision: &Revision,
        sources: &Sources,
        rest: &mut dyn FnMut(Duration) -> ControlFlow<()>,
    ) -> Result<(), String> {
        let options = &sources.options;
        let files = || shelf.bundles.iter().chain(&shelf.beside).flat_map(|bundle| &bundle.files);
        let n_bytes: usize = files().map(|file| file.source.text.len()).sum();
        if n_bytes > MAX_BYTES {
            return Err(format!("the bundles have {n_bytes} bytes, more than {MAX_BYTES}"));
        }
        if digest_without_tests(&shelf, options) != revision.reference().digest {
            return Err("the bundles were changed since they were loaded".to_owned());
        }
        let began = Instant::now();
        let loaded = Loaded::of(shelf, options);
        if let Some(fault) = loaded.faults.first() {
            return Err(format!("{}: {}", fault.location(), fault.message));
        }
        let budget = options.budget.saturating_mul(BUDGETS);
        let (unit, data) = (loaded.checked.unit.clone(), loaded.data.clone());
        let program = TestProgram::over(&loaded.modules, unit, data, budget, false)
            .map_err(|fault| format!("{}: {}", fault.location(), fault.message))?;
        let packages: BTreeSet<&[String]> =
            program.tests().iter().map(|test| test.package.as_slice()).collect();
        let packages: Vec<&[String]> = packages.into_iter().collect();
        let mut n_left = program.tests().len() as u64;
        let mut rested = rest(began.elapsed());
        for packages in packages.chunks(PACKAGES_AT_ONCE) {
            let mut linker = Linker::of_second(&loaded.modules, &loaded.data, budget);
            for package in packages {
                if rested.is_break() || began.elapsed() > AT_MOST {
                    break;
                }
                let asked = Instant::now();
                let closure = loaded.checked.closure(package);
                let second = linker.examined(package, &closure).ok();
                rested = rest(asked.elapsed());
                let mut heard = |result: TestResult| {
                    n_left = n_left.saturating_sub(1);
                    self.hear(&result, revision, &closure);
                    rest(result.duration)?;
                    if began.elapsed() > AT_MOST { ControlFlow::Break(()) } else { rested }
                };
                rested = test::run_in_turn(&program, package, second, &mut heard);
            }
        }
        self.left_out.fetch_add(n_left, Ordering::Relaxed);
        Ok(())
    }

    /// Counts a test, says what is wrong with it, and has both engines asked where they differ.
    fn hear(&self, result: &TestResult, revision: &Revision, closure: &BTreeSet<Vec<String>>) {
        let (name, location) = (result.full_name(), &result.location);
        let (file, line) = (&location.file, location.line);
        let count = match (result.second, &result.status) {
            (Second::Differs { own, other }, _) => {
                let codes = revision.doubt(closure).join(", ");
                tracing::error!(
                    test = name,
                    file,
                    line,
                    codes,
                    own,
                    second = other,
                    "The engines differ on the test `{name}`: both are asked about {} from now on. `goldgate policy test --both-engines --run '{name}'` shows it again",
                    if codes.is_empty() {
                        "nothing, since no policy is tested by it,"
                    } else {
                        &codes
                    },
                );
                &self.differed
            }
            (_, Status::Fail | Status::Error(_)) => {
                let word = result.status.word();
                tracing::warn!(
                    test = name,
                    file,
                    line,
                    "The policies' own test `{name}` ({file}:{line}) does not pass: {word}"
                );
                &self.failed
            }
            (Second::Agrees, Status::Pass) => &self.passed,
            (Second::NotAsked | Second::OutOfTime, Status::Pass) | (_, Status::Skip) => {
                &self.left_out
            }
        };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

impl Revision {
    /// From now on both engines are asked about the policies among the packages that a test asks, or, where that are only
    /// libraries, about those that use one. Their codes.
    fn doubt(&self, asked: &BTreeSet<Vec<String>>) -> Vec<String> {
        let runnables = || self.panel.runnables.iter().enumerate();
        let mut doubted: Vec<_> =
            runnables().filter(|(_, it)| asked.contains(&it.policy.package)).collect();
        if doubted.is_empty() {
            doubted = runnables().filter(|(_, it)| !it.closure.is_disjoint(asked)).collect();
        }
        let mut codes = Vec::new();
        for (number, runnable) in doubted {
            if self.panel.second(number).is_some() {
                runnable.ask_both();
                codes.push(runnable.policy.meta.code.to_string());
            }
        }
        codes
    }
}

/// Whether there is anything that looks like a test; loading everything again would be for nothing.
fn has_tests(shelf: &Shelf) -> bool {
    let mut files = shelf.bundles.iter().flat_map(|bundle| &bundle.files);
    files.any(|file| {
        kind_of(&file.inner) == Some(FileKind::Rego)
            && file.source.text.lines().any(|line| line.starts_with("test_"))
    })
}

fn digest_without_tests(shelf: &Shelf, options: &LoadOptions) -> Digest {
    let deciding = |bundle: &Bundle| Bundle {
        name: bundle.name.clone(),
        files: bundle
            .files
            .iter()
            .filter(|file| !is_test(&file.inner, &file.source.text))
            .cloned()
            .collect(),
    };
    let deciding = Shelf {
        bundles: shelf.bundles.iter().map(deciding).collect(),
        beside: shelf.beside.clone(),
        faults: Vec::new(),
    };
    deciding.reference(&deciding.digests(), &[], options).digest
}
