//! JUnit XML: a suite for the verdict, and one for each file with a case for each (policy, resource) that was found.
//!
//! Source: the schema that Jenkins' xUnit plugin publishes (`junit-10.xsd`).

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Report;
use super::text::counted;
use crate::domain::code::Code;
use crate::domain::decision::Verdict;
use crate::domain::finding::{Enforcement, Finding, FindingState};
use crate::domain::resource::ResourceId;

/// The cases of one file: what was found of one policy in one resource.
type Cases<'a> = BTreeMap<(&'a ResourceId, &'a Code), Vec<&'a Finding>>;

/// Renders `report`. The first suite holds the verdict, so that a report without a finding is not empty.
pub fn render(report: &Report<'_>) -> String {
    let decision = report.decision;
    let mut files: BTreeMap<&str, Cases<'_>> = BTreeMap::new();
    for finding in &decision.findings {
        let cases = files.entry(&finding.location.file).or_default();
        cases.entry((&finding.resource, &finding.code)).or_default().push(finding);
    }
    let suites: Vec<Suite> = std::iter::once(verdict(report))
        .chain(files.iter().map(|(file, cases)| suite(file, cases)))
        .collect();
    let sum = |count: fn(&Suite) -> usize| suites.iter().map(count).sum::<usize>();
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"goldgate\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\">\n",
        sum(|suite| suite.n_cases),
        sum(|suite| suite.n_failures),
        sum(|suite| suite.n_skipped),
    );
    for suite in &suites {
        let _infallible = write!(
            out,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" timestamp=\"{}\">\n{}  </testsuite>\n",
            escape(&suite.name),
            suite.n_cases,
            suite.n_failures,
            suite.n_skipped,
            decision.time,
            suite.body,
        );
    }
    out.push_str("</testsuites>\n");
    out
}

struct Suite {
    name: String,
    n_cases: usize,
    n_failures: usize,
    n_skipped: usize,
    body: String,
}

fn verdict(report: &Report<'_>) -> Suite {
    let decision = report.decision;
    let service =
        decision.service.as_ref().map_or("an unknown service".to_owned(), ToString::to_string);
    let summary = &decision.summary;
    let properties = [
        ("decision", decision.id.to_string()),
        ("revision", decision.revision.id.clone()),
        ("deny", summary.deny.to_string()),
        ("warn", summary.warn.to_string()),
        ("audit", summary.audit.to_string()),
        ("waived", summary.waived.to_string()),
        ("passed", summary.passed.to_string()),
        ("notApplicable", summary.not_applicable.to_string()),
        ("errors", summary.errors.to_string()),
    ];
    let mut body = "    <properties>\n".to_owned();
    for (name, value) in properties {
        let _infallible =
            writeln!(body, "      <property name=\"{name}\" value=\"{}\"/>", escape(&value));
    }
    body.push_str("    </properties>\n");
    let name = format!("{service} may go to {}", decision.environment);
    let denied = decision.verdict == Verdict::Deny;
    let result = denied.then(|| {
        let denies = |finding: &&Finding| {
            finding.enforcement == Enforcement::Deny && finding.state == FindingState::Open
        };
        let n_denies = decision.findings.iter().filter(denies).count();
        let message = format!("denied for {}", counted(n_denies, "finding"));
        format!("      <failure message=\"{}\" type=\"deny\"/>\n", escape(&message))
    });
    body.push_str(&case("goldgate", &name, result.as_deref().unwrap_or_default()));
    Suite {
        name: "goldgate".to_owned(),
        n_cases: 1,
        n_failures: usize::from(denied),
        n_skipped: 0,
        body,
    }
}

fn suite(file: &str, cases: &Cases<'_>) -> Suite {
    let name = if file.is_empty() { "the release" } else { file };
    let mut suite = Suite {
        name: name.to_owned(),
        n_cases: cases.len(),
        n_failures: 0,
        n_skipped: 0,
        body: String::new(),
    };
    for ((resource, code), findings) in cases {
        let whose =
            if resource.kind.is_empty() { "the release".to_owned() } else { resource.to_string() };
        let open = findings.iter().filter(|finding| finding.state == FindingState::Open);
        let result = match open.map(|finding| finding.enforcement).max() {
            Some(Enforcement::Deny) => {
                suite.n_failures += 1;
                element("failure", findings)
            }
            Some(Enforcement::Warn | Enforcement::Audit | Enforcement::Off) => {
                format!("      <system-out>{}</system-out>\n", escape(&told(findings)))
            }
            None => {
                suite.n_skipped += 1;
                let state = findings.first().map_or("", |finding| finding.state.as_str());
                format!("      <skipped message=\"{state}\"/>\n")
            }
        };
        suite.body.push_str(&case(name, &format!("{code}: {whose}"), &result));
    }
    suite
}

fn element(name: &str, findings: &[&Finding]) -> String {
    let first = findings.first();
    let message = first.map_or("", |finding| finding.message.as_str());
    let severity = first.map_or("", |finding| finding.severity.as_str());
    format!(
        "      <{name} message=\"{}\" type=\"{severity}\">{}</{name}>\n",
        escape(message),
        escape(&told(findings)),
    )
}

/// Each finding with its place, then what to do.
fn told(findings: &[&Finding]) -> String {
    let mut lines: Vec<String> = findings
        .iter()
        .map(|finding| match finding.location.line {
            0 => finding.message.clone(),
            _ => format!("{}: {}", finding.location, finding.message),
        })
        .collect();
    lines.extend(findings.first().map(|finding| format!("help: {}", finding.remediation)));
    lines.join("\n")
}

fn case(class: &str, name: &str, result: &str) -> String {
    let head = format!("    <testcase classname=\"{}\" name=\"{}\"", escape(class), escape(name));
    if result.is_empty() {
        format!("{head}/>\n")
    } else {
        format!("{head}>\n{result}    </testcase>\n")
    }
}

/// Escapes text for elements and attributes; characters that XML 1.0 does not know are replaced.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => {
                let _infallible = write!(out, "&#{};", u32::from(c));
            }
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::cli::print::sample;

    #[test]
    fn what_denies_fails_and_what_is_waived_is_skipped() {
        expect![[r#"
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="goldgate" tests="6" failures="3" errors="0" skipped="1">
              <testsuite name="goldgate" tests="1" failures="1" errors="0" skipped="0" timestamp="2026-11-22T06:02:06.123Z">
                <properties>
                  <property name="decision" value="07070707-0707-0707-0707-070707070707"/>
                  <property name="revision" value="builtin-2026.11"/>
                  <property name="deny" value="2"/>
                  <property name="warn" value="1"/>
                  <property name="audit" value="1"/>
                  <property name="waived" value="1"/>
                  <property name="passed" value="41"/>
                  <property name="notApplicable" value="17"/>
                  <property name="errors" value="0"/>
                </properties>
                <testcase classname="goldgate" name="component:default/checkout may go to production">
                  <failure message="denied for 2 findings" type="deny"/>
                </testcase>
              </testsuite>
              <testsuite name="the release" tests="1" failures="0" errors="0" skipped="0" timestamp="2026-11-22T06:02:06.123Z">
                <testcase classname="the release" name="GOLD-OWNER: the release">
                  <system-out>message of GOLD-OWNER&#10;help: Remedy of GOLD-OWNER: write `securityContext.runAsNonRoot: true`.</system-out>
                </testcase>
              </testsuite>
              <testsuite name="deploy/app.yaml" tests="3" failures="1" errors="0" skipped="1" timestamp="2026-11-22T06:02:06.123Z">
                <testcase classname="deploy/app.yaml" name="K8S-IMAGE-TAG: Deployment shop/checkout">
                  <skipped message="waived"/>
                </testcase>
                <testcase classname="deploy/app.yaml" name="K8S-RUN-AS-ROOT: Deployment shop/checkout">
                  <failure message="message of K8S-RUN-AS-ROOT" type="high">deploy/app.yaml:5:7: message of K8S-RUN-AS-ROOT&#10;help: Remedy of K8S-RUN-AS-ROOT: write `securityContext.runAsNonRoot: true`.</failure>
                </testcase>
                <testcase classname="deploy/app.yaml" name="K8S-SECRET-IN-ENV: Deployment shop/checkout">
                  <system-out>deploy/app.yaml:7:13: container &quot;web&quot;: a token, written out: 100%,&#10;see: &lt;line &amp; column&gt;&#10;help: Remedy of K8S-SECRET-IN-ENV: write `securityContext.runAsNonRoot: true`.</system-out>
                </testcase>
              </testsuite>
              <testsuite name="deploy/worker.yaml" tests="1" failures="1" errors="0" skipped="0" timestamp="2026-11-22T06:02:06.123Z">
                <testcase classname="deploy/worker.yaml" name="K8S-RUN-AS-ROOT: Deployment shop/worker">
                  <failure message="message of K8S-RUN-AS-ROOT" type="high">deploy/worker.yaml:5:7: message of K8S-RUN-AS-ROOT&#10;help: Remedy of K8S-RUN-AS-ROOT: write `securityContext.runAsNonRoot: true`.</failure>
                </testcase>
              </testsuite>
            </testsuites>
        "#]].assert_eq(&sample::with_report(&sample::denied(), render));
    }

    #[test]
    fn a_report_without_a_finding_holds_one_case_that_passes() {
        expect![[r#"
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="goldgate" tests="1" failures="0" errors="0" skipped="0">
              <testsuite name="goldgate" tests="1" failures="0" errors="0" skipped="0" timestamp="2026-11-22T06:02:06.123Z">
                <properties>
                  <property name="decision" value="07070707-0707-0707-0707-070707070707"/>
                  <property name="revision" value="builtin-2026.11"/>
                  <property name="deny" value="0"/>
                  <property name="warn" value="0"/>
                  <property name="audit" value="0"/>
                  <property name="waived" value="0"/>
                  <property name="passed" value="58"/>
                  <property name="notApplicable" value="17"/>
                  <property name="errors" value="0"/>
                </properties>
                <testcase classname="goldgate" name="component:default/checkout may go to production"/>
              </testsuite>
            </testsuites>
        "#]].assert_eq(&sample::with_report(&sample::allowed(), render));
    }

    #[test]
    fn characters_that_xml_does_not_know_are_replaced() {
        assert_eq!(escape("a\u{1b}\u{0}<b>&\"\n"), "a\u{fffd}\u{fffd}&lt;b&gt;&amp;&quot;&#10;");
    }
}
