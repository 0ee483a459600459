//! Exit codes: 0 allow, 1 deny, 2 could not decide.

use std::process::ExitCode;

use crate::config::FailOn;
use crate::domain::decision::{Decision, Verdict};

/// How a verb ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// It may go there, or the verb did its work.
    Allow,
    /// It may not.
    Deny,
    /// It could not be decided, or the usage was wrong.
    Undecided,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Allow => 0,
            Exit::Deny => 1,
            Exit::Undecided => 2,
        })
    }
}

/// What a decision makes of the exit code.
pub fn exit_of(decision: &Decision, fail_on: FailOn) -> Exit {
    let denied = decision.verdict == Verdict::Deny;
    let fails = match fail_on {
        FailOn::Deny => denied,
        FailOn::Warn => denied || decision.summary.warn > 0,
        FailOn::Never => false,
    };
    if fails { Exit::Deny } else { Exit::Allow }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::print::sample;

    #[test]
    fn deny_warn_and_never_decide_what_fails() {
        let denied = sample::denied();
        let mut warned = sample::allowed();
        warned.summary.warn = 1;
        let allowed = sample::allowed();
        for (decision, fail_on, exit) in [
            (&denied, FailOn::Deny, Exit::Deny),
            (&denied, FailOn::Warn, Exit::Deny),
            (&denied, FailOn::Never, Exit::Allow),
            (&warned, FailOn::Deny, Exit::Allow),
            (&warned, FailOn::Warn, Exit::Deny),
            (&warned, FailOn::Never, Exit::Allow),
            (&allowed, FailOn::Warn, Exit::Allow),
        ] {
            assert_eq!(exit_of(decision, fail_on), exit, "{:?} {fail_on:?}", decision.verdict);
        }
    }
}
