//! Predicates: the JSON of a verified statement to facts.
//!
//! Nothing here is trusted because it was signed: what does not have the form that its type promises is a fault of this
//! one attestation, and never a fact that is half there.

mod field;
mod provenance;
mod sbom;
mod scan;
pub mod slsa;
mod statement;
mod vex;

use std::fmt;

use crate::domain::predicate::Predicate;
use crate::domain::value::Value;
use field::Field;

/// Why a predicate has not the form that its type promises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// JSON pointer in the predicate.
    pub pointer: String,
    /// What is wrong there.
    pub message: String,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pointer = if self.pointer.is_empty() { "/" } else { &self.pointer };
        write!(f, "the predicate is malformed at `{pointer}`: {}", self.message)
    }
}

/// Whether the facts of a predicate of this type are about its very bytes, so that [`read`] needs them.
pub fn is_about_bytes(predicate_type: &str) -> bool {
    matches!(Known::of(predicate_type), Some(Known::CycloneDx | Known::Spdx))
}

/// Reads the predicate of a statement. `text` is the predicate's JSON as it was signed, where [`is_about_bytes`].
///
/// A type that is not known is [`Predicate::Other`].
///
/// # Errors
/// The first place where the predicate is not as its type promises.
pub fn read(predicate_type: &str, predicate: &Value, text: &str) -> Result<Predicate, Malformed> {
    let root = Field::root(predicate);
    match Known::of(predicate_type) {
        Some(Known::ProvenanceV1) => provenance::v1(&root),
        Some(Known::ProvenanceV02) => provenance::v02(&root),
        Some(Known::VerificationSummary) => statement::verification_summary(&root),
        Some(Known::CycloneDx) => sbom::cyclonedx(&root, text),
        Some(Known::Spdx) => sbom::spdx(&root, text),
        Some(Known::Scan) => scan::read(&root),
        Some(Known::OpenVex) => vex::read(&root),
        Some(Known::TestResult) => statement::test_result(&root),
        Some(Known::Release) => statement::release(&root),
        None => Ok(Predicate::Other),
    }
}

/// A predicate type that is known here.
#[derive(Clone, Copy, Debug)]
enum Known {
    ProvenanceV1,
    ProvenanceV02,
    VerificationSummary,
    CycloneDx,
    Spdx,
    Scan,
    OpenVex,
    TestResult,
    Release,
}

impl Known {
    /// The type as tools write it, with or without the version that some add.
    fn of(predicate_type: &str) -> Option<Self> {
        let is = |name: &str| {
            predicate_type.strip_prefix(name).is_some_and(|rest| {
                rest.is_empty() || rest.strip_prefix('/').is_some_and(is_version)
            })
        };
        match predicate_type {
            "https://slsa.dev/provenance/v1" => Some(Self::ProvenanceV1),
            "https://slsa.dev/provenance/v0.2" => Some(Self::ProvenanceV02),
            "https://slsa.dev/verification_summary/v1" => Some(Self::VerificationSummary),
            "https://cosign.sigstore.dev/attestation/vuln/v1"
            | "cosign.sigstore.dev/attestation/vuln/v1" => Some(Self::Scan),
            _ if is("https://in-toto.io/attestation/vulns") => Some(Self::Scan),
            _ if is("https://cyclonedx.org/bom") => Some(Self::CycloneDx),
            _ if is("https://spdx.dev/Document") => Some(Self::Spdx),
            _ if is("https://openvex.dev/ns") => Some(Self::OpenVex),
            _ if is("https://in-toto.io/attestation/test-result") => Some(Self::TestResult),
            _ if is("https://in-toto.io/attestation/release") => Some(Self::Release),
            _ => None,
        }
    }
}

/// `v0.2`, `v1.6`, `1.4`
fn is_version(text: &str) -> bool {
    let digits = text.strip_prefix('v').unwrap_or(text);
    !digits.is_empty() && digits.split('.').all(|part| part.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::document::{DocumentLimits, json};

    fn read_text(predicate_type: &str, text: &str) -> Result<Predicate, Malformed> {
        let document = json::read(text, &DocumentLimits::default()).unwrap();
        read(predicate_type, &document.value, text)
    }

    /// Every type that is known, once.
    const TYPES: [&str; 10] = [
        "https://slsa.dev/provenance/v1",
        "https://slsa.dev/provenance/v0.2",
        "https://slsa.dev/verification_summary/v1",
        "https://cyclonedx.org/bom",
        "https://spdx.dev/Document/v2.3",
        "https://cosign.sigstore.dev/attestation/vuln/v1",
        "https://in-toto.io/attestation/vulns/v0.2",
        "https://openvex.dev/ns/v0.2.0",
        "https://in-toto.io/attestation/test-result/v0.1",
        "https://in-toto.io/attestation/release/v0.2",
    ];

    #[test]
    fn an_empty_or_odd_predicate_of_a_known_type_is_malformed() {
        for predicate_type in TYPES {
            for text in ["{}", "null", "[]", "7", "true", r#"{"a": {}}"#] {
                assert!(read_text(predicate_type, text).is_err(), "{predicate_type} {text}");
            }
        }
    }

    #[test]
    fn an_unknown_type_is_left_as_it_is() {
        for predicate_type in [
            "",
            "https://acme.example/custom/v1",
            "https://slsa.dev/provenance/v2",
            "https://slsa.dev/provenance/v1/evil",
            "https://cyclonedx.org/bomb",
            "https://cyclonedx.org/bom/v",
        ] {
            assert_eq!(read_text(predicate_type, "{}"), Ok(Predicate::Other), "{predicate_type}");
        }
    }

    #[test]
    fn a_fault_names_its_place() {
        let fault = read_text(
            "https://slsa.dev/provenance/v1",
            r#"{"buildDefinition": {"buildType": "t", "externalParameters": {}}, "runDetails": {"builder": {"id": 7}}}"#,
        );
        assert_eq!(
            fault.unwrap_err().to_string(),
            "the predicate is malformed at `/runDetails/builder/id`: a text was expected, not a number"
        );
    }

    const NAMES: &[&str] = &[
        "buildDefinition",
        "buildType",
        "externalParameters",
        "runDetails",
        "builder",
        "id",
        "resolvedDependencies",
        "uri",
        "digest",
        "metadata",
        "workflow",
        "repository",
        "ref",
        "scanner",
        "scanners",
        "result",
        "db",
        "statements",
        "vulnerability",
        "products",
        "status",
        "@id",
        "name",
        "bomFormat",
        "specVersion",
        "components",
        "spdxVersion",
        "verifier",
        "policy",
        "verifiedLevels",
        "verificationResult",
        "resourceUri",
        "purl",
        "configuration",
        "invocation",
        "configSource",
        "materials",
        "author",
        "severity",
    ];

    const TEXTS: &[&str] =
        &["", "https://github.com/acme/app", "PASSED", "CycloneDX", "fixed", "refs/heads/main"];

    /// Values of every shape, with the names that predicates use, so that the readers get past their first question.
    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            proptest::sample::select(TEXTS).prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 64, 6, |inner| {
            let key = proptest::sample::select(NAMES).prop_map(std::sync::Arc::from);
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::array),
                proptest::collection::vec((key, inner), 0..6).prop_map(Value::object),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_value_is_read_or_refused_and_the_same_each_time(value in value()) {
            let text = value.to_string();
            for predicate_type in TYPES {
                let once = read(predicate_type, &value, &text);
                prop_assert_eq!(&once, &read(predicate_type, &value, &text));
                if let Ok(facts) = once {
                    let written = serde_json::to_string(&facts).unwrap();
                    prop_assert_eq!(serde_json::from_str::<Predicate>(&written).unwrap(), facts);
                }
            }
        }
    }
}
