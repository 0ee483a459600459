//! Short predicates in which somebody vouches for something: a verifier, a test run, a package registry.

use super::Malformed;
use super::field::Field;
use crate::domain::predicate::{Predicate, ReleaseOfPackage, TestResult, VerificationSummary};
use crate::domain::value::Value;

/// Reads a verification summary of version 1.
pub(super) fn verification_summary(root: &Field<'_>) -> Result<Predicate, Malformed> {
    let result = root.required_text(&["verificationResult"])?;
    let levels = root.at(&["verifiedLevels"])?;
    if levels.value.is_none() {
        return Err(levels.expected("a list"));
    }
    let verified_levels = levels.texts(&[])?;
    let says_failed = verified_levels.iter().any(|level| level == "FAILED");
    let passed = match result.as_str() {
        "PASSED" if says_failed => {
            return Err(levels.fault("`FAILED` stands beside the result `PASSED`".to_owned()));
        }
        "PASSED" => true,
        "FAILED" => false,
        other => {
            let field = root.at(&["verificationResult"])?;
            return Err(field.fault(format!("`{other}` is neither `PASSED` nor `FAILED`")));
        }
    };
    let build_levels = verified_levels.iter().filter_map(|level| match level.as_str() {
        "SLSA_BUILD_LEVEL_0" => Some(0),
        "SLSA_BUILD_LEVEL_1" => Some(1),
        "SLSA_BUILD_LEVEL_2" => Some(2),
        "SLSA_BUILD_LEVEL_3" => Some(3),
        _ => None,
    });
    Ok(Predicate::VerificationSummary(Box::new(VerificationSummary {
        verifier_id: root.required_text(&["verifier", "id"])?,
        time_verified: root.time(&["timeVerified"])?,
        resource_uri: root.required_text(&["resourceUri"])?,
        policy_uri: root.required_text(&["policy", "uri"])?,
        passed,
        // Who writes more than one level of a track breaks the format's rule; the lowest is what is surely meant.
        build_level: build_levels.min(),
        verified_levels,
        slsa_version: root.text(&["slsaVersion"])?,
    })))
}

/// Reads a test result.
pub(super) fn test_result(root: &Field<'_>) -> Result<Predicate, Malformed> {
    let result = match root.required_text(&["result"])?.as_str() {
        "PASSED" => "passed",
        "WARNED" => "warned",
        "FAILED" => "failed",
        other => {
            let message = format!("`{other}` is none of `PASSED`, `WARNED`, `FAILED`");
            return Err(root.at(&["result"])?.fault(message));
        }
    };
    let failed = root.texts(&["failedTests"])?;
    if result != "failed" && !failed.is_empty() {
        let field = root.at(&["failedTests"])?;
        return Err(field.fault("tests failed, but the result says otherwise".to_owned()));
    }
    Ok(Predicate::TestResult(Box::new(TestResult {
        result: result.to_owned(),
        url: root.text(&["url"])?,
        passed: root.texts(&["passedTests"])?,
        warned: root.texts(&["warnedTests"])?,
        failed,
    })))
}

/// Reads a release.
pub(super) fn release(root: &Field<'_>) -> Result<Predicate, Malformed> {
    let purl = root.required_text(&["purl"])?;
    let (name, _) = purl.split_once(['?', '#']).unwrap_or((purl.as_str(), ""));
    let versioned = name.rsplit('/').next().is_some_and(|last| last.contains('@'));
    if !purl.starts_with("pkg:") || !versioned {
        let message = format!("`{purl}` is no package address with a version");
        return Err(root.at(&["purl"])?.fault(message));
    }
    let id = |key: &str| {
        let field = root.at(&[key])?;
        match field.value {
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(_) | None => field.text(&[]),
        }
    };
    let package_id = id("packageId")?.or(id("releaseId")?);
    Ok(Predicate::Release(ReleaseOfPackage { purl, package_id }))
}
