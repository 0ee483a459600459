//! What attestations say, as facts: the typed form of the predicates that policies look at.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::clock::Timestamp;
use crate::domain::digest::Digest;
use crate::domain::value::Value;

/// What one attestation says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Predicate {
    /// How it was built.
    Provenance(Box<Provenance>),
    /// What a verifier found when it looked at the evidence.
    VerificationSummary(Box<VerificationSummary>),
    /// A bill of materials; its content is judged by the rules for SBOMs.
    Sbom(SbomHandle),
    /// What a scanner found.
    VulnerabilityScan(Box<VulnerabilityScan>),
    /// Which vulnerabilities matter.
    Vex(Box<Vex>),
    /// How tests ended.
    TestResult(Box<TestResult>),
    /// Which release of a package it belongs to.
    Release(ReleaseOfPackage),
    /// A predicate that is not known here: its JSON is all there is.
    Other,
}

impl Predicate {
    /// The word in the input document and in reports.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Provenance(_) => "provenance",
            Self::VerificationSummary(_) => "verification_summary",
            Self::Sbom(_) => "sbom",
            Self::VulnerabilityScan(_) => "vulnerability_scan",
            Self::Vex(_) => "vex",
            Self::TestResult(_) => "test_result",
            Self::Release(_) => "release",
            Self::Other => "other",
        }
    }
}

/// How something was built.
///
/// Source: slsa.dev, "Provenance" v1 and v0.2.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// The version of the format: `1` or `0.2`.
    pub version: String,
    /// Who built it: the trust base that the builder names itself by.
    pub builder_id: String,
    /// How its parameters are to be read.
    pub build_type: String,
    /// What it was built from, when that is clear.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// Everything that went into the build, as far as it was written down.
    pub materials: Vec<Material>,
    /// One run of the builder.
    pub invocation: Invocation,
}

/// What something was built from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The repository, in the one spelling: `https://github.com/acme/app`.
    pub repository: String,
    /// The branch or tag: `refs/tags/v1.2.3`.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The file in it that says how to build.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// Something that went into a build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Material {
    /// Its address; empty when only digests are known.
    pub uri: String,
    /// Its digests by algorithm.
    pub digest: BTreeMap<String, String>,
}

/// One run of a builder.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Invocation {
    /// Its identity at the builder, often the address of its log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// When it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_on: Option<Timestamp>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_on: Option<Timestamp>,
    /// What the caller of the build chose, as written.
    pub parameters: Value,
}

/// A SLSA build level with the reason why it is not another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlsaLevel {
    /// From 0 to 3.
    pub level: u8,
    /// Why: what was shown, and what was not.
    pub reason: String,
}

/// What a verifier found when it looked at the evidence of an image.
///
/// Source: slsa.dev, "Verification Summary Attestation" v1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerificationSummary {
    /// Who verified.
    pub verifier_id: String,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_verified: Option<Timestamp>,
    /// What was verified, as the verifier names it.
    pub resource_uri: String,
    /// Against which policy.
    pub policy_uri: String,
    /// Whether it passed.
    pub passed: bool,
    /// The levels as written.
    pub verified_levels: Vec<String>,
    /// The SLSA build level among them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub build_level: Option<u8>,
    /// The version of SLSA that was meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slsa_version: Option<String>,
}

/// A bill of materials that was attested: what it is, without its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SbomHandle {
    /// How it is written.
    pub format: SbomFormat,
    /// The version of that format: `1.6`, `SPDX-2.3`; empty when it does not say.
    pub spec_version: String,
    /// The digest over its bytes as they were signed.
    pub digest: Digest,
    /// Its size.
    pub size_bytes: u64,
    /// Components or packages at its top level; `None` for tag-value text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n_components: Option<u64>,
    /// When it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
}

/// How a bill of materials is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SbomFormat {
    /// CycloneDX as JSON.
    CyclonedxJson,
    /// CycloneDX as XML in a string.
    CyclonedxXml,
    /// SPDX as JSON.
    SpdxJson,
    /// SPDX as tag-value text in a string.
    SpdxTagValue,
}

/// What scanners found.
///
/// Source: cosign, "Vulnerability Scan Record Attestation"; in-toto attestation, predicate `vulns`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VulnerabilityScan {
    /// Each scanner and its result.
    pub scanners: Vec<Scanner>,
    /// When the scan began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_on: Option<Timestamp>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_on: Option<Timestamp>,
}

/// One scanner and what it found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scanner {
    /// Which scanner.
    pub uri: String,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The version of its database.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database_version: Option<String>,
    /// How old its knowledge is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database_updated_on: Option<Timestamp>,
    /// Findings by severity in lower case; `None` when the form of the result is not known: that is not "nothing found".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n_by_severity: Option<BTreeMap<String, u64>>,
}

/// Statements on which vulnerabilities matter.
///
/// Source: OpenVEX specification 0.2.0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vex {
    /// The document's identity.
    pub id: String,
    /// Who says so.
    pub author: String,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<Timestamp>,
    /// What is said.
    pub statements: Vec<VexStatement>,
}

/// One statement of a VEX document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VexStatement {
    /// The vulnerability: `CVE-2021-44228`.
    pub vulnerability: String,
    /// What it is about, as written: package addresses, image addresses.
    pub products: Vec<String>,
    /// `not_affected`, `affected`, `fixed` or `under_investigation`.
    pub status: String,
    /// Why it is not affected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub justification: Option<String>,
}

/// How tests ended.
///
/// Source: in-toto attestation, predicate `test-result` v0.1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestResult {
    /// `passed`, `warned` or `failed`.
    pub result: String,
    /// Where the run can be seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Names of tests that passed.
    pub passed: Vec<String>,
    /// Names of tests that passed with a warning.
    pub warned: Vec<String>,
    /// Names of tests that failed.
    pub failed: Vec<String>,
}

/// The release of a package that something belongs to.
///
/// Source: in-toto attestation, predicate `release`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseOfPackage {
    /// The package and its version.
    pub purl: String,
    /// What stays the same between releases.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package_id: Option<String>,
}
