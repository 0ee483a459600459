//! `policy test`: run the tests of policies.

use regex::Regex;

use crate::cli::args::{ListFormat, PolicyTestArgs};
use crate::cli::complaint::{Complaint, Failure};
use crate::cli::exit::Exit;
use crate::cli::print::text::counted;
use crate::cli::print::{json, test_report as print};
use crate::cli::session::Session;
use crate::policy::LoadOptions;
use crate::policy::tests::{self, Second, Status, TestOptions, TestReport};

/// Runs the verb.
///
/// # Errors
/// When the policies cannot be loaded, or there is no test.
pub(super) fn run(session: &Session, args: &PolicyTestArgs) -> Result<Exit, Failure> {
    let defaults = LoadOptions::default();
    let budget = session.config.policy_time.unwrap_or(defaults.budget);
    let pattern = args.run.as_deref().map(pattern).transpose()?;
    let selected = |name: &str| pattern.as_ref().is_none_or(|pattern| pattern.is_match(name));
    let options = LoadOptions { budget, data: args.policy_data.clone(), ..defaults };
    let covers = args.coverage || args.threshold.is_some();
    let how = TestOptions { covers, both_engines: args.both_engines };
    let report = tests::run_selected(&args.paths, &options, how, &selected)?;
    if report.results.is_empty() {
        return Err(match &args.run {
            Some(run) => Complaint::new(
                format!("no test matches `{run}`"),
                "leave `--run` out to run them all; it is matched with `data.package.test_name`",
            ),
            None => Complaint::new(
                "there is no test here",
                "write rules whose names begin with `test_`; `goldgate init` writes an example",
            ),
        }
        .into());
    }
    let failed = report.results.iter().any(|result| match result.status {
        Status::Fail | Status::Error(_) => true,
        Status::Pass | Status::Skip => false,
    });
    let look = session.printer.look();
    let text = match args.format {
        ListFormat::Human => print::render(&report, covers, look),
        // As `opa test`: what failed is more urgent than what was not reached.
        ListFormat::Json if covers && !failed => json::pretty(&print::coverage(&report.coverage)),
        ListFormat::Json => json::pretty(&report.results),
    };
    session.printer.out(&text)?;
    let n_differing = report
        .results
        .iter()
        .filter(|result| matches!(result.second, Second::Differs { .. }))
        .count();
    if n_differing > 0 {
        session.printer.warning(&Complaint::new(
            format!("the second engine comes to another end in {}", counted(n_differing, "test")),
            "`-v` shows each; the evaluator's answer counts, and a server asks both engines where they differ",
        ));
    }
    let covered = reaches(session, args, &report);
    // Whoever asks both engines wants to be stopped where they differ; else the evaluator's answer counts.
    let disputed = args.both_engines && n_differing > 0;
    Ok(if failed || disputed || !covered { Exit::Deny } else { Exit::Allow })
}

/// Whether enough is covered.
fn reaches(session: &Session, args: &PolicyTestArgs, report: &TestReport) -> bool {
    let percent = report.coverage.percent();
    let Some(threshold) = args.threshold.filter(|threshold| percent < f64::from(*threshold)) else {
        return true;
    };
    session.printer.warning(&Complaint::new(
        format!(
            "{percent:.1} % of the lines are covered, and `--threshold` asks for {threshold} %"
        ),
        "write tests for the lines that are listed",
    ));
    false
}

/// A regular expression of the command line.
///
/// # Errors
/// When it is none.
pub(super) fn pattern(text: &str) -> Result<Regex, Failure> {
    Regex::new(text).map_err(|cause| {
        let reason = cause.to_string();
        let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ");
        let message = format!("`{text}` is not a regular expression: {reason}");
        Complaint::new(message, "write e.g. `--run run_as_root`").into()
    })
}
