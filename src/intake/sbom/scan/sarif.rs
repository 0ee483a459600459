//! A scanner's report as SARIF, which has no words for packages: they stand in messages, each scanner in its own way.
//!
//! Source: docs.oasis-open.org/sarif/sarif/v2.1.0; the templates of Trivy and Grype.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Found;
use crate::domain::advisory::{severity_of, severity_of_score};
use crate::domain::sbom::{SbomFormat, Scan};
use crate::intake::sbom::Bill;

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    version: String,
    runs: Vec<Run>,
}

#[derive(Deserialize)]
struct Run {
    tool: Tool,
    #[serde(default)]
    results: Option<Vec<Outcome>>,
    #[serde(default)]
    invocations: Vec<Invocation>,
}

#[derive(Deserialize)]
struct Tool {
    driver: Driver,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: String,
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    semantic_version: Option<String>,
    #[serde(default)]
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: String,
    #[serde(default)]
    short_description: Option<Message>,
    #[serde(default)]
    help_uri: Option<String>,
    #[serde(default)]
    properties: Option<Properties>,
}

#[derive(Deserialize)]
struct Properties {
    #[serde(default, rename = "security-severity")]
    score: Option<String>,
    #[serde(default)]
    purls: Vec<String>,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    text: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    #[serde(default)]
    end_time_utc: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    #[serde(default)]
    rule_id: String,
    message: Message,
}

/// Reads a report. None when nothing in it is about a known vulnerability: a linter writes the same format.
///
/// # Errors
/// What `serde_json` says of the place where the text is none.
pub(in crate::intake::sbom) fn read(text: &str) -> Result<Option<Bill>, serde_json::Error> {
    let document: Document = serde_json::from_str(text)?;
    let mut bill = Bill::new(SbomFormat::SarifReport, &document.version);
    let mut findings = Vec::new();
    let mut scan = Scan::default();
    let mut is_scan = false;
    for run in document.runs {
        let driver = run.tool.driver;
        is_scan |= ["trivy", "grype", "osv-scanner", "snyk"]
            .iter()
            .any(|name| driver.name.to_ascii_lowercase().starts_with(name));
        scan.tool = driver.name.to_ascii_lowercase();
        scan.version = driver.semantic_version.or(driver.version);
        let ended = run.invocations.into_iter().find_map(|invocation| invocation.end_time_utc);
        bill.created = ended.or(bill.created);
        let rules: BTreeMap<String, Rule> =
            driver.rules.into_iter().map(|rule| (rule.id.clone(), rule)).collect();
        for outcome in run.results.into_iter().flatten() {
            let Some(id) = id_in(&outcome.rule_id) else {
                bill.leave_out(format!("`{}` is no known vulnerability", outcome.rule_id));
                continue;
            };
            is_scan = true;
            findings.push(found(id, &outcome, rules.get(&outcome.rule_id)));
        }
    }
    if !is_scan {
        return Ok(None);
    }
    let version = scan.version.as_deref().unwrap_or_default();
    bill.tools = vec![format!("{} {version}", scan.tool).trim_end().to_owned()];
    super::add(&mut bill, scan, findings);
    Ok(Some(bill))
}

/// `CVE-2021-23337-lodash` as `CVE-2021-23337`; none for the rule of a linter.
fn id_in(rule: &str) -> Option<String> {
    let mut words = rule.split('-');
    let prefix = words.next()?;
    let n_words = match prefix {
        "GHSA" => 3,
        "CVE" | "RUSTSEC" | "GO" | "PYSEC" | "DSA" | "DLA" | "MAL" | "ALSA" | "RHSA" => 2,
        _ => return None,
    };
    let words: Vec<&str> = words.take(n_words).collect();
    (words.len() == n_words).then(|| format!("{prefix}-{}", words.join("-")))
}

fn found(id: String, outcome: &Outcome, rule: Option<&Rule>) -> Found {
    let text = outcome.message.text.as_str();
    let properties = rule.and_then(|rule| rule.properties.as_ref());
    let score = properties.and_then(|properties| properties.score.as_ref()?.parse::<f64>().ok());
    let purl = properties.and_then(|properties| match properties.purls.as_slice() {
        [only] => Some(only.clone()),
        _ => None,
    });
    let (name, version) = package_in(text).unwrap_or(("", ""));
    let title = rule.and_then(|rule| rule.short_description.as_ref());
    Found {
        title: title.map_or(id.as_str(), |message| message.text.as_str()).to_owned(),
        id,
        severity: score
            .and_then(severity_of_score)
            .or_else(|| line_of(text, "Severity").and_then(severity_of)),
        url: rule.and_then(|rule| rule.help_uri.clone()),
        fixed: line_of(text, "Fixed Version").map(str::to_owned),
        name: name.to_owned(),
        version: version.to_owned(),
        purl,
        ..Found::default()
    }
}

/// Trivy has a line for each word; Grype says `… reports NAME at version VERSION which …`.
fn package_in(text: &str) -> Option<(&str, &str)> {
    if let Some(name) = line_of(text, "Package") {
        return Some((name, line_of(text, "Installed Version").unwrap_or_default()));
    }
    let (_, behind) = text.split_once("reports ")?;
    let (name, behind) = behind.split_once(" at version ")?;
    Some((name.trim(), behind.split_whitespace().next().unwrap_or_default()))
}

fn line_of<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    text.lines().find_map(|line| Some(line.trim().strip_prefix(key)?.strip_prefix(':')?.trim()))
}
