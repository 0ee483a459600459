//! `policy suite`: run Gatekeeper's test suites.

use crate::cli::args::{ListFormat, PolicySuiteArgs};
use crate::cli::complaint::{Complaint, Failure};
use crate::cli::exit::Exit;
use crate::cli::print::{json, suite_report as print};
use crate::cli::session::Session;
use crate::policy::{CaseStatus, LoadOptions, run_suites};

/// Runs the verb.
///
/// # Errors
/// When a suite cannot be read, or there is no case.
pub(super) fn run(session: &Session, args: &PolicySuiteArgs) -> Result<Exit, Failure> {
    let defaults = LoadOptions::default();
    let budget = session.config.policy_time.unwrap_or(defaults.budget);
    let pattern = args.run.as_deref().map(super::test::pattern).transpose()?;
    let selected = |name: &str| pattern.as_ref().is_none_or(|pattern| pattern.is_match(name));
    let options = LoadOptions { budget, ..defaults };
    let report = run_suites(&args.paths, &options, &selected)?;
    if report.cases.is_empty() {
        return Err(Complaint::new(
            "no case is selected",
            "leave `--run` out to run them all; it is matched with `path/of/suite.yaml/test/case`",
        )
        .into());
    }
    let text = match args.format {
        ListFormat::Human => print::render(&report, session.printer.look()),
        ListFormat::Json => json::pretty(&print::as_json(&report)),
    };
    session.printer.out(&text)?;
    let failed = report.cases.iter().any(|case| matches!(case.status, CaseStatus::Fail(_)));
    Ok(if failed { Exit::Deny } else { Exit::Allow })
}
