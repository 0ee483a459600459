//! Why an evaluation has no answer.

use std::fmt;

use crate::rego::budget::Exhausted;
use crate::rego::ir::Span;

/// Why an evaluation ended without an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What happened.
    pub kind: FailureKind,
    /// Names the rule or function, what was wrong, and the values.
    pub message: String,
    /// Where; the rule's or the literal's.
    pub span: Span,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// Two different values for one rule, function or key.
    Conflict,
    /// A built-in had no answer for its arguments, and the evaluation is strict.
    Builtin,
    /// The budget is used up.
    Exhausted(Exhausted),
    /// A rule is reached that did not compile.
    Refused,
}

impl FailureKind {
    /// The code that OPA gives such an error.
    pub fn opa_code(self) -> &'static str {
        match self {
            Self::Conflict => "eval_conflict_error",
            Self::Builtin => "eval_builtin_error",
            Self::Exhausted(_) => "eval_cancel_error",
            Self::Refused => "rego_compile_error",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// A part of an evaluation; boxed, since it is seldom and moved through every step.
pub(super) type Outcome<T> = Result<T, Box<Failure>>;

#[expect(clippy::unnecessary_box_returns, reason = "every step of an evaluation returns the box")]
pub(super) fn conflict(message: String, span: Span) -> Box<Failure> {
    Box::new(Failure { kind: FailureKind::Conflict, message, span })
}

#[expect(clippy::unnecessary_box_returns, reason = "every step of an evaluation returns the box")]
pub(super) fn exhausted(cause: Exhausted, span: Span) -> Box<Failure> {
    let message = cause.to_string();
    Box::new(Failure { kind: FailureKind::Exhausted(cause), message, span })
}
