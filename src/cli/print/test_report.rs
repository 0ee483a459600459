//! Results of policy tests.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::text::{clean, counted, wrap};
use super::{ERROR, FAINT, GOOD, Look, WARNING};
use crate::policy::tests::{Coverage, FileCoverage, Status, TestReport, TestResult};

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
    for line in &result.output {
        let _infallible = writeln!(out, "  {} {}", look.paint(FAINT, "|"), clean(line));
    }
    out
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
    out
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
/// Source: OPA 1.x, what `opa test --coverage --format json` prints.
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
    })
}

fn of_file(file: &FileCoverage) -> Value {
    let shown = |lines: &BTreeSet<u32>| -> Vec<Value> {
        let range = |(first, last)| json!({ "start": { "row": first }, "end": { "row": last } });
        ranges(lines).into_iter().map(range).collect()
    };
    let alone = Coverage { files: [(String::new(), file.clone())].into() };
    json!({
        "covered": shown(&file.covered),
        "not_covered": shown(&file.not_covered),
        "covered_lines": file.covered.len(),
        "not_covered_lines": file.not_covered.len(),
        "coverage": hundredths(alone.percent()),
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
        let file = FileCoverage { covered: [1, 2].into(), not_covered: [4, 5, 6, 9].into() };
        let all = Coverage { files: [("policies/a.rego".to_owned(), file)].into() };
        expect![[r"
            33.3 % of the lines are covered; no test reaches
              policies/a.rego
                4-6, 9
        "]]
        .assert_eq(&covered(&all, Look::PLAIN));
        expect![[r#"{"coverage":33.33,"covered_lines":2,"files":{"policies/a.rego":{"coverage":33.33,"covered":[{"end":{"row":2},"start":{"row":1}}],"covered_lines":2,"not_covered":[{"end":{"row":6},"start":{"row":4}},{"end":{"row":9},"start":{"row":9}}],"not_covered_lines":4}},"not_covered_lines":4}"#]].assert_eq(&coverage(&all).to_string());
    }
}
