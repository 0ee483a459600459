//! Workflow commands of GitHub Actions: an annotation for each finding, then one line for the log.
//!
//! Source: GitHub Docs, "Workflow commands for GitHub Actions"; escaping as in `actions/toolkit`, `core/src/command.ts`.

use super::Report;
use crate::domain::finding::{Enforcement, Finding, FindingState};
use std::fmt::Write as _;

/// Renders `report`. Waived and accepted findings are left out: nobody has to act on them.
pub fn render(report: &Report<'_>) -> String {
    let decision = report.decision;
    let open = decision.findings.iter().filter(|finding| finding.state == FindingState::Open);
    let mut out: String = open.map(command).collect();
    let service =
        decision.service.as_ref().map_or("an unknown service".to_owned(), ToString::to_string);
    let _infallible = writeln!(
        out,
        "goldgate: {} for {service} in {} ({} deny, {} warn, {} passed), decision {}",
        decision.verdict,
        decision.environment,
        decision.summary.deny,
        decision.summary.warn,
        decision.summary.passed,
        decision.id,
    );
    out
}

fn command(finding: &Finding) -> String {
    let command = match finding.enforcement {
        Enforcement::Deny => "error",
        Enforcement::Warn => "warning",
        Enforcement::Audit | Enforcement::Off => "notice",
    };
    let location = &finding.location;
    let mut properties = Vec::new();
    if !location.file.is_empty() {
        properties.push(format!("file={}", property(&location.file)));
    }
    if location.line > 0 {
        properties.push(format!("line={}", location.line));
        properties.push(format!("endLine={}", location.end_line));
        // Columns are taken on one line only, and their end is included.
        if location.end_line == location.line {
            properties.push(format!("col={}", location.column));
            properties.push(format!(
                "endColumn={}",
                location.end_column.saturating_sub(1).max(location.column)
            ));
        }
    }
    properties.push(format!("title={}", property(&format!("{}: {}", finding.code, finding.title))));
    let help = if finding.remediation.is_empty() {
        String::new()
    } else {
        format!("\nhelp: {}", finding.remediation)
    };
    let text = data(&format!("{}{help}", finding.message));
    format!("::{command} {}::{text}\n", properties.join(","))
}

/// Escapes the text of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes the value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::cli::print::sample;

    #[test]
    fn findings_become_annotations_with_everything_escaped() {
        expect![[r#"
            ::error file=deploy/app.yaml,line=5,endLine=5,col=7,endColumn=15,title=K8S-RUN-AS-ROOT%3A Title of K8S-RUN-AS-ROOT::message of K8S-RUN-AS-ROOT%0Ahelp: Remedy of K8S-RUN-AS-ROOT: write `securityContext.runAsNonRoot: true`.
            ::error file=deploy/worker.yaml,line=5,endLine=5,col=7,endColumn=15,title=K8S-RUN-AS-ROOT%3A Title of K8S-RUN-AS-ROOT::message of K8S-RUN-AS-ROOT%0Ahelp: Remedy of K8S-RUN-AS-ROOT: write `securityContext.runAsNonRoot: true`.
            ::warning file=deploy/app.yaml,line=7,endLine=7,col=13,endColumn=44,title=K8S-SECRET-IN-ENV%3A No secrets in manifests::container "web": a token, written out: 100%25,%0Asee: <line & column>%0Ahelp: Remedy of K8S-SECRET-IN-ENV: write `securityContext.runAsNonRoot: true`.
            ::notice title=GOLD-OWNER%3A Title of GOLD-OWNER::message of GOLD-OWNER%0Ahelp: Remedy of GOLD-OWNER: write `securityContext.runAsNonRoot: true`.
            goldgate: deny for component:default/checkout in production (2 deny, 1 warn, 41 passed), decision 07070707-0707-0707-0707-070707070707
        "#]].assert_eq(&sample::with_report(&sample::denied(), render));
    }

    #[test]
    fn without_a_finding_one_line_is_left() {
        expect![[r"
            goldgate: allow for component:default/checkout in production (0 deny, 0 warn, 58 passed), decision 07070707-0707-0707-0707-070707070707
        "]].assert_eq(&sample::with_report(&sample::allowed(), render));
    }

    #[test]
    fn a_message_cannot_begin_a_command_of_its_own() {
        let mut decision = sample::denied();
        decision.findings[0].message = "a\r\n::set-output name=x::y\n::stop-commands::z".to_owned();
        decision.findings[0].location.file = "a,line=1::b\n::error".to_owned();
        let shown = sample::with_report(&decision, render);
        let commands: Vec<&str> = shown.lines().filter(|line| line.starts_with("::")).collect();
        assert_eq!(commands.len(), 4);
        assert!(commands.iter().all(|line| !line.starts_with("::s")));
    }
}
