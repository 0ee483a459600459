//! The decision: a verdict with its reasons. Its JSON is a public format (docs/decision.md).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::clock::Timestamp;
use crate::domain::code::Code;
use crate::domain::digest::Digest;
use crate::domain::error::Error;
use crate::domain::finding::Finding;
use crate::domain::image::ImageStatus;
use crate::domain::input_code;
use crate::domain::request::{Stage, Trigger};
use crate::domain::scorecard::{ScorecardDelta, Sight};
use crate::domain::service::{Environment, ServiceRef};

/// The identity of a decision: a UUID version 7, so that ids sort by time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DecisionId(Uuid);

impl DecisionId {
    /// A new id for a decision made at `time`.
    pub fn at(time: Timestamp) -> Self {
        let millis = u64::try_from(time.as_millis()).unwrap_or(0);
        let seconds = millis / 1000;
        let nanos = u32::try_from(millis % 1000).unwrap_or(0) * 1_000_000;
        Self(Uuid::new_v7(uuid::Timestamp::from_unix(uuid::ContextV7::new(), seconds, nanos)))
    }

    /// The id whose bytes these are.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    /// The 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl fmt::Display for DecisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for DecisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for DecisionId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Uuid::try_parse(text).map(Self).map_err(|cause| {
            Error::invalid(format!("`{text}` is not a decision's id"))
                .with_field("id")
                .with_help("copy it from `goldgate decision list`, e.g. `0199b2c4-7a51-7c1e-9d55-2f0f3c1b8a77`")
                .with_source(cause)
        })
    }
}

/// May it go there?
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Yes.
    Allow,
    /// No, for the findings whose enforcement is `deny` and whose state is `open`.
    Deny,
}

impl Verdict {
    /// The word in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A verdict with its reasons.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    /// Its identity.
    pub id: DecisionId,
    /// May it go there?
    pub verdict: Verdict,
    /// The service; `None` while it is not known.
    pub service: Option<ServiceRef>,
    /// Where it was to go.
    pub environment: Environment,
    /// At which point of the golden path.
    pub stage: Stage,
    /// When.
    pub time: Timestamp,
    /// Who or what asked.
    pub trigger: Trigger,
    /// By which policies.
    pub revision: RevisionRef,
    /// Digest over everything that was handed in.
    pub input_digest: Digest,
    /// Whether it was only a rehearsal: nothing was recorded.
    pub dry_run: bool,
    /// Counts of (policy, subject) pairs.
    pub summary: Summary,
    /// The reasons, worst first.
    pub findings: Vec<Finding>,
    /// What is known of the images.
    pub images: Vec<ImageStatus>,
    /// How the scorecard moved; `None` when the service is unknown or nothing was recorded.
    pub scorecard: Option<ScorecardDelta>,
    /// What is worth saying without being a finding.
    pub notes: Vec<String>,
    /// How long each room took.
    pub timings: Timings,
    /// The policies in whose answers the slower second engine had a part; as a rule none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub second_engine: Vec<Code>,
}

/// The package that findings about the input itself name as their policy.
pub const INTAKE: &str = "goldgate.intake";

/// The package that findings about images name as their policy when no policy speaks of them.
pub const EVIDENCE: &str = "goldgate.evidence";

impl Decision {
    /// How much of the release this decision saw.
    pub fn sight(&self) -> Sight {
        let unread = |finding: &Finding| {
            finding.policy == INTAKE && input_code::hides(finding.code.as_str())
        };
        if self.findings.iter().any(unread) {
            return Sight::Broken;
        }
        if self.stage.sees_whole_release() { Sight::Whole } else { Sight::Part }
    }
}

/// An activated bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RevisionRef {
    /// The revision named in `.manifest`, or the first digits of the digest.
    pub id: String,
    /// Digest over all files of the bundles.
    pub digest: Digest,
}

/// Counts of (policy, subject) pairs, and of policies that did not apply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Pairs with an open finding that denies.
    pub deny: u32,
    /// Pairs with an open finding that warns.
    pub warn: u32,
    /// Pairs whose findings are only recorded.
    pub audit: u32,
    /// Pairs whose findings are all waived or accepted.
    pub waived: u32,
    /// Pairs without a finding.
    pub passed: u32,
    /// Policies that had nothing to look at.
    pub not_applicable: u32,
    /// Pairs that could not be evaluated, and inputs that could not be read.
    pub errors: u32,
}

/// Microseconds per room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Timings {
    /// Bytes to resources.
    pub intake_us: u32,
    /// Gathering and verifying.
    pub evidence_us: u32,
    /// Rego.
    pub policy_us: u32,
    /// Verdict.
    pub decide_us: u32,
    /// Until durable. Known only after the record is written, so the record itself holds 0.
    pub record_us: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_and_read_back() {
        let early = DecisionId::at(Timestamp::from_millis(1_000));
        let late = DecisionId::at(Timestamp::from_millis(2_000));
        assert!(early < late);
        assert_eq!(early.to_string().parse::<DecisionId>().unwrap(), early);
    }
}
