//! A decision for people: every finding with its source, why it is asked and what to do, then where that leaves one.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::text::{clean, counted, labelled, wrap};
use super::{ERROR, GOOD, Keeping, Look, Report, STRONG, image};
use crate::domain::code::Code;
use crate::domain::decision::{Decision, Summary, Verdict};
use crate::domain::finding::{Enforcement, Finding, FindingState};
use crate::domain::scorecard::ScorecardDelta;

/// Findings of one code that are listed below its first one; the rest is counted.
const MAX_LISTED: usize = 10;

/// Codes that are named as missing for a level.
const MAX_MISSING: usize = 5;

/// Renders `report`.
pub fn render(report: &Report<'_>, look: Look) -> String {
    let mut out = header(report.decision, look);
    for group in groups(&report.decision.findings) {
        out.push('\n');
        out.push_str(&finding(&group, report, look));
    }
    if !report.decision.findings.is_empty() {
        out.push('\n');
    }
    out.push_str(&closing(report, look));
    out
}

/// `deny: component:default/checkout → production`
fn header(decision: &Decision, look: Look) -> String {
    let service = match &decision.service {
        Some(service) => service.to_string(),
        None => "an unknown service".to_owned(),
    };
    let style = match decision.verdict {
        Verdict::Allow => GOOD,
        Verdict::Deny => ERROR,
    };
    let what = look.paint(STRONG, &format!("{service} → {}", decision.environment));
    format!("{}: {what} ({})\n", look.paint(style, decision.verdict.as_str()), decision.stage)
}

/// Findings of one code that do the same, in the order of their first.
fn groups(findings: &[Finding]) -> Vec<Vec<&Finding>> {
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    let mut known = BTreeMap::new();
    for finding in findings {
        let same = (&finding.code, finding.enforcement, finding.state);
        let index = *known.entry(same).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(index) {
            group.push(finding);
        }
    }
    groups
}

fn finding(group: &[&Finding], report: &Report<'_>, look: Look) -> String {
    let Some((first, others)) = group.split_first() else { return String::new() };
    let location = &first.location;
    let title = level(first).primary_title(clean(&first.message)).id(first.code.as_str());
    let mut shown = Group::with_title(title);
    // Two columns of margin, the line number, and the longest label.
    let margin = location.line.to_string().len() + 14;
    let width = look.width.saturating_sub(margin).max(24);
    let excerpt = report.excerpts.of(location);
    if let Some(excerpt) = excerpt {
        shown = shown.element(
            Snippet::source(excerpt.text)
                .path(clean(&location.file))
                .line_start(location.line as usize)
                .annotation(AnnotationKind::Primary.span(excerpt.span)),
        );
    } else if location.line > 0 {
        shown = shown.element(
            Origin::path(clean(&location.file))
                .line(location.line as usize)
                .char_column(location.column as usize),
        );
    } else if !location.file.is_empty() {
        shown = shown.element(Origin::path(clean(&location.file)));
    }
    for (label, text) in remarks(first, report) {
        let lines = wrap(&text, width).join("\n");
        shown = shown.element(Level::NOTE.with_name(label).message(lines));
    }
    if !others.is_empty() {
        shown = shown.element(Level::NOTE.with_name("also").message(also(first, others, look)));
    }
    let renderer = if look.color { Renderer::styled() } else { Renderer::plain() };
    renderer.term_width(look.width).render(&[shown]) + "\n"
}

fn level(finding: &Finding) -> Level<'static> {
    match (finding.state, finding.enforcement) {
        (FindingState::Waived, _) => Level::NOTE.with_name("waived"),
        (FindingState::Accepted, _) => Level::NOTE.with_name("accepted"),
        (FindingState::Open, Enforcement::Deny) => Level::ERROR,
        (FindingState::Open, Enforcement::Warn) => Level::WARNING,
        (FindingState::Open, Enforcement::Audit | Enforcement::Off) => Level::NOTE,
    }
}

/// What is said below the source.
fn remarks(finding: &Finding, report: &Report<'_>) -> Vec<(&'static str, String)> {
    let reason = report.reasons.get(&finding.code).filter(|reason| !reason.is_empty());
    let mut remarks = Vec::new();
    if !finding.resource.kind.is_empty() {
        remarks.push(("in", finding.resource.to_string()));
    }
    remarks.push(("why", reason.unwrap_or(&finding.title).clone()));
    remarks.push(("help", finding.remediation.clone()));
    remarks.push(("controls", finding.controls.join(", ")));
    remarks.retain(|(_, text)| !text.trim().is_empty());
    remarks
}

/// One line for each further finding of the same code; what was said of the first is not said again.
fn also(first: &Finding, others: &[&Finding], look: Look) -> String {
    let most = if look.everything { usize::MAX } else { MAX_LISTED };
    let line = |finding: &&Finding| {
        let place = match finding.location.line {
            0 => finding.location.file.clone(),
            _ => finding.location.to_string(),
        };
        let whose = finding.resource.to_string();
        let said = match finding.resource.kind.as_str() {
            // What is said of an image begins with its reference.
            "" | "Image" => finding.message.clone(),
            _ if finding.message == first.message => whose,
            _ => format!("{whose}: {}", finding.message),
        };
        let own = Some(&finding.remediation).filter(|own| **own != first.remediation);
        let own = own.map(|own| format!("\n  help: {}", clean(own))).unwrap_or_default();
        format!("{} {}{own}", clean(&place), clean(&said)).trim_start().to_owned()
    };
    let mut lines: Vec<String> = others.iter().take(most).map(line).collect();
    if let Some(left) = others.len().checked_sub(most).filter(|left| *left > 0) {
        lines.push(format!("… and {left} more (`-v` or `-o json` shows all)"));
    }
    lines.join("\n")
}

/// Verdict, score, notes, and what became of the decision.
fn closing(report: &Report<'_>, look: Look) -> String {
    let decision = report.decision;
    let mut out = labelled("verdict:", &verdict(decision), look.width);
    if let Some(delta) = &decision.scorecard {
        out.push_str(&labelled("score:  ", &score(delta), look.width));
    }
    out.push_str(&image::lines(decision, look));
    for note in &decision.notes {
        out.push_str(&labelled("note:   ", note, look.width));
    }
    // Not wrapped: the id is there to be copied.
    let _infallible = writeln!(out, "record:  {}", clean(&keeping(report)));
    if let Some(next) = next(report) {
        out.push_str(&labelled("next:   ", &next, look.width));
    }
    let painted = [("deny", ERROR), ("allow", GOOD)].into_iter().find_map(|(word, style)| {
        let rest = out.strip_prefix(&format!("verdict: {word}"))?;
        Some(format!("verdict: {}{rest}", look.paint(style, word)))
    });
    painted.unwrap_or(out)
}

fn verdict(decision: &Decision) -> String {
    let Summary { deny, warn, audit, waived, passed, not_applicable, errors } = decision.summary;
    let counts = [
        (deny, "deny"),
        (warn, "warn"),
        (audit, "only recorded"),
        (waived, "waived"),
        (errors, "could not be judged"),
        (passed, "passed"),
        (not_applicable, "not applicable"),
    ];
    let said: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    if said.is_empty() {
        return format!("{}, no policy applied", decision.verdict);
    }
    format!("{} ({})", decision.verdict, said.join(", "))
}

/// `71 → 64, level bronze; silver needs K8S-RUN-AS-ROOT`
pub(crate) fn score(delta: &ScorecardDelta) -> String {
    let points = |score: Option<u8>| score.map_or_else(|| "none".to_owned(), |n| n.to_string());
    let movement = match (delta.before, delta.after) {
        (Some(before), after) if Some(before) != after => format!("{before} → {}", points(after)),
        (Some(_) | None, after) => points(after),
    };
    let next =
        delta.next.first().map(|next| format!("; {} needs {}", next.level, codes(&next.missing)));
    format!("{movement}, level {}{}", delta.level, next.unwrap_or_default())
}

/// The first codes of a list, and how many more there are.
pub(crate) fn codes(codes: &[Code]) -> String {
    let named: Vec<&str> = codes.iter().take(MAX_MISSING).map(Code::as_str).collect();
    match codes.len().checked_sub(named.len()).filter(|left| *left > 0) {
        Some(left) => format!("{} and {left} more", named.join(", ")),
        None => named.join(", "),
    }
}

fn keeping(report: &Report<'_>) -> String {
    let Decision { id, time, revision, .. } = report.decision;
    match report.keeping {
        Keeping::Recorded(folder) => format!("decision {id}, recorded in {folder}"),
        Keeping::RecordedAt(url) => format!("decision {id}, recorded at {url}"),
        Keeping::Rehearsed => "nothing, this was a rehearsal".to_owned(),
        Keeping::Lost => "nothing, see the warning".to_owned(),
        Keeping::Read => {
            let count = counted(report.decision.findings.len(), "finding");
            format!("decision {id} of {time}, {count}, by revision {}", revision.id)
        }
    }
}

/// What to type next; nothing when all is well.
fn next(report: &Report<'_>) -> Option<String> {
    let worst = report.decision.findings.first()?;
    Some(match report.keeping {
        Keeping::Recorded(_) | Keeping::RecordedAt(_) | Keeping::Rehearsed | Keeping::Lost => {
            format!("`goldgate explain {}` is the manual of the first finding", worst.code)
        }
        Keeping::Read => {
            format!("`goldgate decision show {} -o json` has every fact", report.decision.id)
        }
    })
}

#[cfg(test)]
mod tests;
