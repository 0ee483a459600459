//! Findings: a code, facts, a message, a place and a remedy.

use serde::{Deserialize, Serialize};

use crate::domain::code::{Code, Severity};
use crate::domain::digest::Digest;
use crate::domain::place::Location;
use crate::domain::resource::ResourceId;
use crate::domain::value::Value;

/// One thing that is wrong with a release.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Its name.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What it does here.
    pub enforcement: Enforcement,
    /// Whether it counts.
    pub state: FindingState,
    /// One line: what is asked.
    pub title: String,
    /// What is wrong with what.
    pub message: String,
    /// What to write instead.
    pub remediation: String,
    /// The controls that ask for it.
    pub controls: Vec<String>,
    /// The resource it is about; all parts empty when it is about the release.
    pub resource: ResourceId,
    /// Where it stands; line 0 when it is about the release as a whole.
    pub location: Location,
    /// Code, resource and path in the document, digested: the same finding has the same fingerprint in the next run.
    pub fingerprint: String,
    /// The Rego package, or `goldgate.intake` for a fault of the input.
    pub policy: String,
    /// Facts for machines.
    pub facts: Value,
}

impl Finding {
    /// The fingerprint of a finding: 32 hexadecimal digits over code, resource, path and discriminator, never the line.
    pub fn fingerprint_of(
        code: &Code,
        resource: &ResourceId,
        file: &str,
        path: &str,
        discriminator: &str,
    ) -> String {
        // A finding without a resource is told apart by its file.
        let anchor = if resource.kind.is_empty() { file } else { "" };
        let digest = Digest::of_parts(
            [
                code.as_str(),
                &resource.api_version,
                &resource.kind,
                &resource.namespace,
                &resource.name,
                anchor,
                path,
                discriminator,
            ]
            .map(str::as_bytes),
        );
        let mut digits = digest.to_hex();
        digits.truncate(32);
        digits
    }
}

/// What a failed policy does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Enforcement {
    /// Nothing: the policy is switched off here and leaves no finding.
    Off,
    /// It is recorded.
    Audit,
    /// It is shown.
    Warn,
    /// The release may not go there.
    Deny,
}

impl Enforcement {
    /// Every enforcement, mildest first.
    pub const ALL: [Self; 4] = [Self::Off, Self::Audit, Self::Warn, Self::Deny];

    /// The word in configuration and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Audit => "audit",
            Self::Warn => "warn",
            Self::Deny => "deny",
        }
    }
}

/// Whether a finding counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FindingState {
    /// It counts.
    Open,
    /// Someone may live with it for a time.
    Waived,
    /// It was there before the policy (baseline).
    Accepted,
}

impl FindingState {
    /// The word in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Waived => "waived",
            Self::Accepted => "accepted",
        }
    }
}
