//! The engine: one package with what it needs, ready to be run any number of times from any thread.
//!
//! Today this is the interpreter of `regorus`, and this file is the only one that runs it. A program is kept as a
//! prepared engine, of which each evaluation takes a copy: that costs less than a compiled policy (which builds an
//! engine each time) and lets several rules of the package be asked.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::num::NonZeroU32;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use regorus::utils::limits::{ExecutionTimerConfig, LimitError};

use super::convert::{Term, to_value};
use super::extension;
use super::fault::Fault;
use super::module::{self, Module};
use crate::domain::place::{SourceFile, Span};
use crate::domain::value::Value;

/// A package with what it needs, ready to be run.
#[derive(Clone)]
pub struct Program {
    engine: regorus::Engine,
    files: Arc<[Arc<SourceFile>]>,
    budget: Duration,
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program").field("files", &self.files).finish_non_exhaustive()
    }
}

/// Why a rule has no answer.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What went wrong: lower case, no final stop.
    pub message: String,
    /// Where; `None` when the engine does not say.
    pub place: Option<(Arc<SourceFile>, Span)>,
    /// Whether the time was used up.
    pub out_of_time: bool,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some((file, span)) => write!(f, "{} ({})", self.message, file.location(*span, "")),
            None => f.write_str(&self.message),
        }
    }
}

/// Makes programs; packages that need the same others share the work of reading those.
#[derive(Debug)]
pub struct Linker<'m> {
    modules: &'m [Module],
    data: Term,
    budget: Duration,
    bases: BTreeMap<Vec<usize>, regorus::Engine>,
}

/// How often the engine looks at the clock, in statements.
const CHECK_INTERVAL: NonZeroU32 = match NonZeroU32::new(64) {
    Some(interval) => interval,
    None => NonZeroU32::MIN,
};

impl<'m> Linker<'m> {
    /// Makes a linker over `modules` and `data`; each evaluation may take as long as `budget`.
    pub fn new(modules: &'m [Module], data: Term, budget: Duration) -> Self {
        Self { modules, data, budget, bases: BTreeMap::new() }
    }

    /// Makes the program of `package` out of its own modules and those of the other packages of `closure`.
    ///
    /// # Errors
    /// The first fault that only the engine sees.
    pub fn program(
        &mut self,
        package: &[String],
        closure: &BTreeSet<Vec<String>>,
    ) -> Result<Program, Fault> {
        let mut needed = Vec::new();
        let mut own = Vec::new();
        for (index, module) in self.modules.iter().enumerate() {
            if module.package == package {
                own.push(index);
            } else if closure.contains(&module.package) {
                needed.push(index);
            }
        }
        let mut engine = self.base(&needed)?;
        self.add(&mut engine, &own)?;
        let indices = own.iter().chain(&needed);
        let files: Vec<Arc<SourceFile>> = indices
            .filter_map(|index| self.modules.get(*index))
            .map(|module| Arc::clone(&module.file))
            .collect();
        let mut program = Program { engine, files: files.into(), budget: self.budget };
        let rule = own
            .iter()
            .filter_map(|index| self.modules.get(*index))
            .find_map(|module| Some(rule_path(package, module.rules.first()?.path.as_slice())));
        if let Some(rule) = rule {
            program.prepare(&rule)?;
        }
        Ok(program)
    }

    fn base(&mut self, needed: &[usize]) -> Result<regorus::Engine, Fault> {
        if let Some(engine) = self.bases.get(needed) {
            return Ok(engine.clone());
        }
        let mut engine = regorus::Engine::new();
        engine.set_strict_builtin_errors(true);
        engine.set_gather_prints(true);
        engine.set_execution_timer_config(ExecutionTimerConfig {
            limit: self.budget,
            check_interval: CHECK_INTERVAL,
        });
        extension::install(&mut engine);
        if let Err(cause) = engine.add_data(self.data.0.clone()) {
            let nowhere = Arc::new(SourceFile::new("data", ""));
            return Err(Fault::new(&nowhere, Span::default(), cause.to_string()));
        }
        self.add(&mut engine, needed)?;
        self.bases.insert(needed.to_vec(), engine.clone());
        Ok(engine)
    }

    fn add(&self, engine: &mut regorus::Engine, indices: &[usize]) -> Result<(), Fault> {
        for module in indices.iter().filter_map(|index| self.modules.get(*index)) {
            module::add(engine, &module.file, module.version)?;
        }
        Ok(())
    }
}

impl Program {
    /// Lets the engine look at every rule once, so that no evaluation has to.
    fn prepare(&mut self, rule: &str) -> Result<(), Fault> {
        let Some(main) = self.files.first().map(Arc::clone) else { return Ok(()) };
        let files = Arc::clone(&self.files);
        let engine = &mut self.engine;
        let prepared =
            catch_unwind(AssertUnwindSafe(|| engine.compile_with_entrypoint(&Arc::from(rule))));
        let file_of = |path: &str| files.iter().find(|file| file.path == path);
        match prepared {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(cause)) => Err(module::fault_of(&cause, &file_of, &main).with_help(
                "write this part another way: rename variables that are used twice, and define them before they are used",
            )),
            Err(_) => Err(Fault::new(&main, Span::default(), "the engine failed on this package")),
        }
    }

    /// The value of a rule of `package` over `input`; `None` when it is undefined.
    ///
    /// # Errors
    /// When the rule fails or its time is used up.
    pub fn evaluate(
        &self,
        package: &[String],
        rule: &str,
        input: &Term,
    ) -> Result<Option<Value>, Failure> {
        let mut engine = self.engine.clone();
        engine.set_input(input.0.clone());
        self.run(&mut engine, &rule_path(package, &[rule.to_owned()]))
    }

    /// A copy of the engine that notes which lines it runs.
    pub(super) fn observed(&self) -> regorus::Engine {
        let mut engine = self.engine.clone();
        engine.set_enable_coverage(true);
        engine
    }

    pub(super) fn run(
        &self,
        engine: &mut regorus::Engine,
        rule: &str,
    ) -> Result<Option<Value>, Failure> {
        // A copy of the engine is thrown away after a panic, so nothing half-done is seen again.
        let outcome = catch_unwind(AssertUnwindSafe(|| engine.eval_rule(rule.to_owned())));
        match outcome {
            Ok(Ok(value)) => Ok(to_value(&value)),
            Ok(Err(cause)) => Err(self.failure(&cause)),
            Err(_) => Err(Failure {
                message: "a built-in function failed on a value that it does not expect".to_owned(),
                place: None,
                out_of_time: false,
            }),
        }
    }

    fn failure<E>(&self, cause: &E) -> Failure
    where
        E: fmt::Display + AsRef<dyn std::error::Error + Send + Sync>,
    {
        let chain = std::iter::successors(
            Some(cause.as_ref() as &(dyn std::error::Error + 'static)),
            |cause| cause.source(),
        );
        let out_of_time = chain.into_iter().any(|cause| {
            matches!(cause.downcast_ref(), Some(LimitError::TimeLimitExceeded { .. }))
        }) || cause.to_string().contains("exceeded time limit");
        if out_of_time {
            return Failure {
                message: format!("it used up its {} ms", self.budget.as_millis()),
                place: None,
                out_of_time,
            };
        }
        let Some(main) = self.files.first() else {
            return Failure { message: cause.to_string(), place: None, out_of_time };
        };
        let file_of = |path: &str| self.files.iter().find(|file| file.path == path);
        let fault = module::fault_of(cause, &file_of, main);
        let place = (fault.span != Span::default()).then_some((fault.file, fault.span));
        Failure { message: fault.message, place, out_of_time }
    }
}

/// `data.a["b-c"].deny`: how the engine wants to be asked.
pub(super) fn rule_path(package: &[String], rule: &[String]) -> String {
    let mut path = "data".to_owned();
    for part in package.iter().chain(rule) {
        let is_name = part.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if is_name {
            path.push('.');
            path.push_str(part);
        } else {
            path.push('[');
            path.push_str(&serde_json::Value::from(part.as_str()).to_string());
            path.push(']');
        }
    }
    path
}
