//! Vulnerability scans: who looked, how old its knowledge was, what it found.

use std::collections::BTreeMap;

use super::Malformed;
use super::field::Field;
use crate::domain::predicate::{Predicate, Scanner, VulnerabilityScan};
use crate::domain::value::Value;

/// Reads a scan. The description of the format has a list `scanners`, the tool that writes it one `scanner`.
pub(super) fn read(root: &Field<'_>) -> Result<Predicate, Malformed> {
    let mut scanners = root.items(&["scanners"])?;
    let one = root.at(&["scanner"])?;
    if one.value.is_some() {
        scanners.push(one);
    }
    if scanners.is_empty() {
        return Err(root.at(&["scanner"])?.expected("an object"));
    }
    Ok(Predicate::VulnerabilityScan(Box::new(VulnerabilityScan {
        scanners: scanners.iter().map(scanner).collect::<Result<_, _>>()?,
        started_on: root.time(&["metadata", "scanStartedOn"])?,
        finished_on: root.time(&["metadata", "scanFinishedOn"])?,
    })))
}

fn scanner(field: &Field<'_>) -> Result<Scanner, Malformed> {
    let field = field.required_object(&[])?;
    Ok(Scanner {
        uri: field.text(&["uri"])?.unwrap_or_default(),
        version: field.text(&["version"])?,
        database_version: field.text(&["db", "version"])?,
        database_updated_on: field.time(&["db", "lastUpdate"])?,
        n_by_severity: field.at(&["result"])?.value.and_then(counts),
    })
}

/// Findings by severity, in the forms of the common scanners; `None` for any other form.
fn counts(result: &Value) -> Option<BTreeMap<String, u64>> {
    let mut counts = BTreeMap::new();
    let mut count = |severity: Option<&str>| {
        let severity = severity.unwrap_or("unknown").to_ascii_lowercase();
        *counts.entry(severity).or_default() += 1;
    };
    if let Some(targets) = result.get("Results").and_then(Value::as_array) {
        // Trivy: nothing found in a target is no list, or `null`.
        for target in targets {
            for found in target.get("Vulnerabilities").and_then(Value::as_array).unwrap_or_default()
            {
                count(found.get("Severity").and_then(Value::as_str));
            }
        }
    } else if let Some(matches) = result.get("matches").and_then(Value::as_array) {
        // Grype.
        for found in matches {
            count(found.at(&["vulnerability", "severity"]).and_then(Value::as_str));
        }
    } else if let Some(found) = result.as_array() {
        // in-toto: a severity by each of several methods, of which those in numbers say no word.
        for one in found {
            let methods = one.get("severity").and_then(Value::as_array).unwrap_or_default();
            let words = methods.iter().filter_map(|method| method.get("score")?.as_str());
            count(words.filter(|word| word.parse::<f64>().is_err()).max_by_key(|word| rank(word)));
        }
    } else {
        return None;
    }
    Some(counts)
}

fn rank(severity: &str) -> usize {
    let words = ["unknown", "none", "negligible", "low", "medium", "moderate", "high", "critical"];
    words.iter().position(|word| word.eq_ignore_ascii_case(severity)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(json: &str) -> Option<String> {
        let counts = counts(&serde_json::from_str(json).unwrap())?;
        Some(counts.iter().map(|(name, n)| format!("{name}={n}")).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn results_of_the_common_scanners_are_counted() {
        let trivy = r#"{"Results": [{"Vulnerabilities": [{"Severity": "CRITICAL"}, {}]}, {"Vulnerabilities": null}]}"#;
        assert_eq!(counted(trivy).as_deref(), Some("critical=1 unknown=1"));
        let grype = r#"{"matches": [{"vulnerability": {"severity": "High"}}]}"#;
        assert_eq!(counted(grype).as_deref(), Some("high=1"));
        let in_toto = r#"[{"id": "CVE-1", "severity": [{"method": "nvd", "score": "medium"}, {"method": "cvss", "score": "5.2"}]}]"#;
        assert_eq!(counted(in_toto).as_deref(), Some("medium=1"));
        assert_eq!(counted("[]").as_deref(), Some(""));
    }

    #[test]
    fn a_form_that_is_not_known_is_not_nothing_found() {
        assert_eq!(counted("{}"), None);
        assert_eq!(counted(r#"{"runs": []}"#), None);
    }
}
