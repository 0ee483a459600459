//! Results of Gatekeeper's suites.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::text::{clean, counted};
use super::{ERROR, FAINT, GOOD, Look, WARNING};
use crate::policy::{CaseStatus, SuiteCase, SuiteReport};

/// Renders `report`: what did not pass, then the counts.
pub fn render(report: &SuiteReport, look: Look) -> String {
    let mut out = String::new();
    for case in &report.cases {
        if case.status != CaseStatus::Pass || look.everything {
            out.push_str(&one(case, look));
        }
    }
    let styles = [("passed", GOOD), ("failed", ERROR), ("skipped", WARNING)];
    let counts = counts(report).into_iter().zip(styles).filter(|(count, _)| *count > 0);
    let said = counts.map(|(count, (word, style))| look.paint(style, &format!("{count} {word}")));
    let total = counted(report.cases.len(), "case");
    let _infallible = writeln!(out, "{total}: {}", said.collect::<Vec<_>>().join(", "));
    out
}

fn one(case: &SuiteCase, look: Look) -> String {
    let (word, style) = match case.status {
        CaseStatus::Pass => ("pass", GOOD),
        CaseStatus::Fail(_) => ("fail", ERROR),
        CaseStatus::Skip => ("skip", WARNING),
    };
    let took = if look.everything {
        format!(" ({} µs)", case.duration.as_micros())
    } else {
        String::new()
    };
    let name = if case.case.is_empty() {
        case.test.clone()
    } else {
        format!("{}/{}", case.test, case.case)
    };
    let mut out = format!("{} {}{took}\n", look.paint(style, word), clean(&name));
    let _infallible = writeln!(out, "  {} {}", look.paint(FAINT, "-->"), clean(&case.suite));
    if let CaseStatus::Fail(reason) = &case.status {
        for line in reason.lines() {
            let _infallible = writeln!(out, "  {}", clean(line));
        }
    }
    out
}

/// How many passed, failed and were skipped.
fn counts(report: &SuiteReport) -> [usize; 3] {
    let mut counts = [0; 3];
    for case in &report.cases {
        let [passed, failed, skipped] = &mut counts;
        match case.status {
            CaseStatus::Pass => *passed += 1,
            CaseStatus::Fail(_) => *failed += 1,
            CaseStatus::Skip => *skipped += 1,
        }
    }
    counts
}

/// The report as JSON: `passed`, `failed`, `skipped` and the cases.
pub fn as_json(report: &SuiteReport) -> Value {
    let [passed, failed, skipped] = counts(report);
    let case = |case: &SuiteCase| {
        let (status, message) = match &case.status {
            CaseStatus::Pass => ("pass", ""),
            CaseStatus::Fail(reason) => ("fail", reason.as_str()),
            CaseStatus::Skip => ("skip", ""),
        };
        let duration = u64::try_from(case.duration.as_nanos()).unwrap_or(u64::MAX);
        json!({
            "suite": case.suite,
            "test": case.test,
            "case": case.case,
            "status": status,
            "message": message,
            "duration": duration,
        })
    };
    let cases: Vec<Value> = report.cases.iter().map(case).collect();
    json!({ "passed": passed, "failed": failed, "skipped": skipped, "cases": cases })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use expect_test::expect;

    use super::*;

    #[test]
    fn what_failed_is_shown_with_what_was_expected() {
        let case = |name: &str, status: CaseStatus| SuiteCase {
            suite: "library/suite.yaml".to_owned(),
            test: "repos".to_owned(),
            case: name.to_owned(),
            status,
            duration: Duration::ZERO,
        };
        let report = SuiteReport {
            cases: vec![
                case("allowed", CaseStatus::Pass),
                case("denied", CaseStatus::Fail("expected none, found 1\n- why".to_owned())),
                case("later", CaseStatus::Skip),
            ],
        };
        expect![[r"
            fail repos/denied
              --> library/suite.yaml
              expected none, found 1
              - why
            skip repos/later
              --> library/suite.yaml
            3 cases: 1 passed, 1 failed, 1 skipped
        "]]
        .assert_eq(&render(&report, Look::PLAIN));
        let json = as_json(&report);
        assert_eq!((&json["passed"], &json["failed"]), (&json!(1), &json!(1)));
        assert_eq!(json["cases"][1]["message"], "expected none, found 1\n- why");
    }
}
