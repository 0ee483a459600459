//! Results of policy tests.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::text::{clean, counted, wrap};
use super::{ERROR, FAINT, GOOD, Look, WARNING};
use crate::policy::tests::{
    Condition, Coverage, FileCoverage, Status, SubResult, TestReport, TestResult,
};

/// Renders `report`: what did not pass, then the counts, then what no test reaches.
pub fn render(report: &TestReport, covers: bool, look: Look) -> String {
    let mut out = String::new();
    for result in &report.results {
        let passed = matches!(result.status, Status::Pass);
        if !passed || look.everything {
            out.push_str(&one(result, look));
        }
    }
    let count = |wanted: fn(&Status) -> bool| {
        report.results.iter().filter(|result| wanted(&result.status)).count()
    };
    let n_passed = count(|status| matches!(status, Status::Pass));
    let n_skipped = count(|status| matches!(status, Status::Skip));
    let n_failed = report.results.len() - n_passed - n_skipped;
    let parts =
        [(n_passed, "passed", GOOD), (n_failed, "failed", ERROR), (n_skipped, "skipped", WARNING)];
    let said = parts
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, word, style)| look.paint(style, &format!("{count} {word}")));
    let total = counted(report.results.len(), "test");
    let _infallible = writeln!(out, "{total}: {}", said.collect::<Vec<_>>().join(", "));
    if covers {
        out.push_str(&covered(&report.coverage, look));
    }
    out
}

fn one(result: &TestResult, look: Look) -> String {
    let (word, style) = match result.status {
        Status::Pass => ("pass", GOOD),
        Status::Fail => ("fail", ERROR),
        Status::Error(_) => ("error", ERROR),
        Status::Skip => ("skip", WARNING),
    };
    let took = if look.everything {
        format!(" ({} µs)", result.duration.as_micros())
    } else {
        String::new()
    };
    let name = format!("{}.{}", result.package, result.name);
    let mut out = format!("{} {name}{took}\n", look.paint(style, word));
    let _infallible =
        writeln!(out, "  {} {}", look.paint(FAINT, "-->"), clean(&result.location.to_string()));
    if let Status::Error(failure) = &result.status {
        for line in wrap(&failure.message, look.width.saturating_sub(2)) {
            let _infallible = writeln!(out, "  {line}");
        }
    }
    failed_cases("", &result.sub_results, &mut |name| {
        let _infallible = writeln!(out, "  did not pass: the case `{}`", clean(name));
    });
    for stop in &result.stops {
        let place = look.paint(FAINT, &clean(&stop.location.to_string()));
        let _infallible = writeln!(out, "  did not hold: {} ({place})", clean(&stop.text));
    }
    for line in &result.output {
        let _infallible = writeln!(out, "  {} {}", look.paint(FAINT, "|"), clean(line));
    }
    out
}

/// The cases of a table that did not pass, by their names; those inside others behind these.
fn failed_cases(above: &str, cases: &BTreeMap<String, SubResult>, tell: &mut dyn FnMut(&str)) {
    for (name, case) in cases {
        let name = if above.is_empty() { name.clone() } else { format!("{above} / {name}") };
        if !case.sub_results.is_empty() {
            failed_cases(&name, &case.sub_results, tell);
        } else if case.fail {
            tell(&name);
        }
    }
}

fn covered(coverage: &Coverage, look: Look) -> String {
    let mut out = format!("{:.1} % of the lines are covered", coverage.percent());
    let missing: Vec<_> =
        coverage.files.iter().filter(|(_, file)| !file.not_covered.is_empty()).collect();
    out.push_str(if missing.is_empty() { "\n" } else { "; no test reaches\n" });
    for (path, file) in missing {
        let lines: Vec<String> = ranges(&file.not_covered)
            .into_iter()
            .map(
                |(first, last)| {
                    if first == last { first.to_string() } else { format!("{first}-{last}") }
                },
            )
            .collect();
        let lines = wrap(&lines.join(", "), look.width.saturating_sub(4)).join("\n    ");
        let _infallible = writeln!(out, "  {}\n    {lines}", clean(path));
    }
    out.push_str(&branches(coverage, look));
    out
}

/// What conditions have not done in any test: a condition that no line reaches is told with its line.
fn branches(coverage: &Coverage, look: Look) -> String {
    let mut out = format!("{:.1} % of the branches are covered", coverage.percent_of_branches());
    let mut missing = String::new();
    for (path, file) in &coverage.files {
        let reached = file.conditions.iter().filter(|(_, it)| it.n_taken() == 1);
        let places: Vec<String> = reached
            .map(|((line, column), it)| {
                format!("{line}:{column} never {}", if it.held { "fails" } else { "holds" })
            })
            .collect();
        if places.is_empty() {
            continue;
        }
        let places = wrap(&places.join(", "), look.width.saturating_sub(4)).join("\n    ");
        let _infallible = writeln!(missing, "  {}\n    {places}", clean(path));
    }
    out.push_str(if missing.is_empty() { "\n" } else { "; of the conditions\n" });
    out + &missing
}

/// Neighbouring lines as ranges, both ends included.
fn ranges(lines: &BTreeSet<u32>) -> Vec<(u32, u32)> {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for line in lines {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *line => *last = *line,
            Some(_) | None => ranges.push((*line, *line)),
        }
    }
    ranges
}

/// The coverage as JSON.
///
/// Source: OPA 1.x, what `opa test --coverage --format json` prints; `conditions` and `branch_coverage` are ours.
pub fn coverage(coverage: &Coverage) -> Value {
    let files: Map<String, Value> =
        coverage.files.iter().map(|(path, file)| (path.clone(), of_file(file))).collect();
    let count = |lines: fn(&FileCoverage) -> &BTreeSet<u32>| {
        coverage.files.values().map(|file| lines(file).len()).sum::<usize>()
    };
    json!({
        "files": files,
        "covered_lines": count(|file| &file.covered),
        "not_covered_lines": count(|file| &file.not_covered),
        "coverage": hundredths(coverage.percent()),
        "branch_coverage": hundredths(coverage.percent_of_branches()),
    })
}

fn of_file(file: &FileCoverage) -> Value {
    let shown = |lines: &BTreeSet<u32>| -> Vec<Value> {
        let range = |(first, last)| json!({ "start": { "row": first }, "end": { "row": last } });
        ranges(lines).into_iter().map(range).collect()
    };
    let alone = Coverage { files: [(String::new(), file.clone())].into() };
    let condition = |((row, col), it): (&(u32, u32), &Condition)| json!({ "row": row, "col": col, "held": it.held, "failed": it.failed });
    let conditions: Vec<Value> = file.conditions.iter().map(condition).collect();
    json!({
        "covered": shown(&file.covered),
        "not_covered": shown(&file.not_covered),
        "covered_lines": file.covered.len(),
        "not_covered_lines": file.not_covered.len(),
        "coverage": hundredths(alone.percent()),
        "conditions": conditions,
        "branch_coverage": hundredths(alone.percent_of_branches()),
    })
}

fn hundredths(percent: f64) -> f64 {
    (percent * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn lines_that_no_test_reaches_are_told_as_ranges() {
        let conditions = [((1, 2), Condition { held: true, failed: false })].into();
        let file =
            FileCoverage { covered: [1, 2].into(), not_covered: [4, 5, 6, 9].into(), conditions };
        let all = Coverage { files: [("policies/a.rego".to_owned(), file)].into() };
        expect![[r"
            33.3 % of the lines are covered; no test reaches
              policies/a.rego
                4-6, 9
            50.0 % of the branches are covered; of the conditions
              policies/a.rego
                1:2 never fails
        "]]
        .assert_eq(&covered(&all, Look::PLAIN));
        expect![[r#"{"branch_coverage":50.0,"coverage":33.33,"covered_lines":2,"files":{"policies/a.rego":{"branch_coverage":50.0,"conditions":[{"col":2,"failed":false,"held":true,"row":1}],"coverage":33.33,"covered":[{"end":{"row":2},"start":{"row":1}}],"covered_lines":2,"not_covered":[{"end":{"row":6},"start":{"row":4}},{"end":{"row":9},"start":{"row":9}}],"not_covered_lines":4}},"not_covered_lines":4}"#]].assert_eq(&coverage(&all).to_string());
    }
}
