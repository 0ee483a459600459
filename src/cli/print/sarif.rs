//! SARIF 2.1.0 for the pages of code scanners.
//!
//! Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0"; GitHub Docs, "SARIF support for
//! code scanning".

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Report, json as json_format};
use crate::domain::code::{Code, Severity};
use crate::domain::finding::{Enforcement, Finding, FindingState};
use crate::domain::place::Location;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Renders `report`.
pub fn render(report: &Report<'_>) -> String {
    let decision = report.decision;
    let mut rules: BTreeMap<&Code, &Finding> = BTreeMap::new();
    for finding in &decision.findings {
        rules.entry(&finding.code).or_insert(finding);
    }
    let index: BTreeMap<&Code, usize> = rules.keys().copied().zip(0..).collect();
    let service = decision.service.as_ref().map_or("unknown".to_owned(), ToString::to_string);
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "goldgate",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.values().map(|finding| rule(finding, report)).collect::<Vec<_>>(),
            }},
            // Tells runs for different services and environments apart; the trailing slash makes it a category.
            "automationDetails": { "id": format!("goldgate/{}/{service}/", decision.environment) },
            "columnKind": "unicodeCodePoints",
            "invocations": [{ "executionSuccessful": true, "endTimeUtc": decision.time }],
            "results": decision.findings.iter()
                .map(|finding| result(finding, index.get(&finding.code).copied(), report))
                .collect::<Vec<_>>(),
            "properties": {
                "decision": decision.id,
                "verdict": decision.verdict,
                "environment": decision.environment,
                "stage": decision.stage,
                "revision": decision.revision,
            },
        }],
    });
    json_format::pretty(&log)
}

fn rule(finding: &Finding, report: &Report<'_>) -> Value {
    let reason = report.reasons.get(&finding.code).unwrap_or(&finding.title);
    let help = if finding.remediation.is_empty() { reason } else { &finding.remediation };
    json!({
        "id": finding.code,
        "name": finding.policy,
        "shortDescription": { "text": finding.title },
        "fullDescription": { "text": reason },
        "help": { "text": help, "markdown": format!("{reason}\n\n**Remedy:** {help}\n") },
        "defaultConfiguration": { "level": level(finding) },
        "properties": {
            "tags": finding.controls.iter().map(String::as_str).chain(["security"]).collect::<Vec<_>>(),
            "security-severity": score(finding.severity),
        },
    })
}

fn result(finding: &Finding, rule_index: Option<usize>, report: &Report<'_>) -> Value {
    let mut result = json!({
        "ruleId": finding.code,
        "kind": "fail",
        "level": level(finding),
        "message": { "text": message(finding) },
        "locations": locations(finding, report),
        "partialFingerprints": { "goldgate/v1": finding.fingerprint },
        "properties": {
            "severity": finding.severity,
            "enforcement": finding.enforcement,
            "path": finding.location.path,
            "facts": finding.facts,
        },
    });
    if let (Some(result), Some(rule_index)) = (result.as_object_mut(), rule_index) {
        result.insert("ruleIndex".to_owned(), json!(rule_index));
        if finding.state != FindingState::Open {
            let suppression = json!({
                "kind": "external",
                "status": "accepted",
                "justification": finding.state.as_str(),
            });
            result.insert("suppressions".to_owned(), json!([suppression]));
        }
    }
    result
}

fn message(finding: &Finding) -> String {
    match finding.resource.kind.as_str() {
        "" => finding.message.clone(),
        _ => format!("{}: {}", finding.resource, finding.message),
    }
}

/// Where the finding stands. One about the whole release is shown at the first file, since code scanners refuse a
/// result without a file.
fn locations(finding: &Finding, report: &Report<'_>) -> Value {
    let location = &finding.location;
    let file = Some(&location.file).filter(|file| !file.is_empty()).or(report.files.first());
    let Some(file) = file else { return json!([]) };
    let mut found = json!({
        "physicalLocation": { "artifactLocation": artifact(file), "region": region(location) },
    });
    let resource = &finding.resource;
    if let Some(found) = found.as_object_mut().filter(|_| !resource.kind.is_empty()) {
        let logical = json!({
            "name": resource.name,
            "fullyQualifiedName": resource.to_string(),
            "kind": "resource",
        });
        found.insert("logicalLocations".to_owned(), json!([logical]));
    }
    json!([found])
}

fn region(location: &Location) -> Value {
    if location.line == 0 {
        return json!({ "startLine": 1 });
    }
    json!({
        "startLine": location.line,
        "startColumn": location.column,
        "endLine": location.end_line,
        "endColumn": location.end_column,
    })
}

fn artifact(file: &str) -> Value {
    let uri = uri(file);
    if uri.starts_with('/') {
        return json!({ "uri": format!("file://{uri}") });
    }
    json!({ "uri": uri, "uriBaseId": "%SRCROOT%" })
}

/// A path as the path of a URI. Source: RFC 3986, section 3.3.
fn uri(path: &str) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte));
            }
            _ => {
                let _infallible = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

fn level(finding: &Finding) -> &'static str {
    match finding.enforcement {
        Enforcement::Deny => "error",
        Enforcement::Warn => "warning",
        Enforcement::Audit | Enforcement::Off => "note",
    }
}

/// The middle of the range that code scanners read as the severity of the same name.
fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect_file;

    use super::*;
    use crate::cli::print::sample;

    /// From the crate serde-sarif 0.8.0 (MIT), which ships the schema of OASIS unchanged; see its folder's README.
    const OFFICIAL: &str = include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/sarif/sarif-schema-2.1.0.json"
    ));

    #[test]
    fn what_is_printed_is_sarif() {
        // The pattern of two fields that are never written holds a stray bracket, which strict readers refuse.
        let official = OFFICIAL.replace("{2}]?$\"", "{2}$\"");
        let schema: Value = serde_json::from_str(&official).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let mut images_only = sample::denied();
        for finding in &mut images_only.findings {
            finding.location = Location::default();
        }
        for decision in [sample::allowed(), sample::denied(), images_only] {
            let log: Value = serde_json::from_str(&sample::with_report(&decision, render)).unwrap();
            let faults: Vec<String> = validator
                .iter_errors(&log)
                .map(|fault| format!("{}: {fault}", fault.instance_path()))
                .collect();
            assert!(faults.is_empty(), "{faults:#?}");
        }
    }

    #[test]
    fn every_finding_is_a_result_with_rule_place_and_fingerprint() {
        expect_file!["sarif/denied.sarif"]
            .assert_eq(&sample::with_report(&sample::denied(), render));
    }

    #[test]
    fn paths_become_uris() {
        assert_eq!(uri("./a b/ü#1.yaml"), "a%20b/%C3%BC%231.yaml");
        assert_eq!(artifact("/tmp/a.yaml"), json!({ "uri": "file:///tmp/a.yaml" }));
    }
}
