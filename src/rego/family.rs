//! A family: packages that share one engine of `regorus`, with what they all need.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use regorus::utils::limits::LimitError;

use super::convert::to_value;
use super::engine::Failure;
use super::fault::Fault;
use super::second;
use crate::domain::place::{SourceFile, Span};
use crate::domain::value::Value;

/// What the engine answers to a path that leads to no rule, once everything before went well.
const NO_RULE: &str = "not a valid rule path";

/// Packages in one engine, with what they all need.
pub struct Family {
    pub(super) engine: regorus::Engine,
    pub(super) files: Vec<Arc<SourceFile>>,
    pub(super) budget: Duration,
}

impl fmt::Debug for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Family").field("files", &self.files).finish_non_exhaustive()
    }
}

impl Family {
    /// Lets the engine look at every rule once, so that no evaluation has to.
    pub(super) fn prepare(&mut self) -> Result<(), Fault> {
        let Some(main) = self.files.first().map(Arc::clone) else { return Ok(()) };
        let engine = &mut self.engine;
        // The engine prepares before it looks at the path. To compile a rule that exists would do half of it twice.
        let prepared = catch_unwind(AssertUnwindSafe(|| engine.eval_rule(String::new())));
        let file_of = |path: &str| self.files.iter().find(|file| file.path == path);
        match prepared {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(cause)) if cause.to_string() == NO_RULE => Ok(()),
            Ok(Err(cause)) => Err(second::fault_of(&cause, &file_of, &main).with_help(
                "write this part another way: rename variables that are used twice, and define them before they are used",
            )),
            Err(_) => Err(Fault::new(&main, Span::default(), "the engine failed on this package")),
        }
    }

    /// What a rule answers; `engine` is a copy of this family's.
    ///
    /// # Errors
    /// When the rule fails or its time is used up.
    pub(super) fn run(
        &self,
        engine: &mut regorus::Engine,
        rule: &str,
    ) -> Result<Option<Value>, Failure> {
        // A copy of the engine is thrown away after a failure or a panic, so nothing half-done is seen again.
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
        let files = &self.files;
        let Some(main) = files.first() else {
            return Failure { message: cause.to_string(), place: None, out_of_time };
        };
        let file_of = |path: &str| files.iter().find(|file| file.path == path);
        let fault = second::fault_of(cause, &file_of, main);
        let place = (fault.span != Span::default()).then_some((fault.file, fault.span));
        Failure { message: fault.message, place, out_of_time }
    }
}
