//! What a caller asks: may this release of this service go to this environment?

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::domain::artifact::Artifact;
use crate::domain::error::Error;
use crate::domain::service::{Environment, ServiceRef};

/// One question to the gate.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The service, when the caller names it; else it is read from the artifacts.
    pub service: Option<ServiceRef>,
    /// Where the release shall go.
    pub environment: Environment,
    /// At which point of the golden path this is asked.
    pub stage: Stage,
    /// Who or what asks.
    pub trigger: Trigger,
    /// The files handed in.
    pub artifacts: Vec<Artifact>,
    /// Image references named beside the files.
    pub images: Vec<String>,
    /// How the question is to be answered.
    pub options: CheckOptions,
    /// The same request with the same key is one decision. At most 128 bytes.
    pub idempotency_key: Option<String>,
    /// What an API server sent, when one asks.
    pub review: Option<SentReview>,
}

/// An `AdmissionReview` as it was sent, in JSON. Its object is an artifact of the request; the rest says who does what to
/// which object.
#[derive(Clone, PartialEq, Eq)]
pub struct SentReview(pub Bytes);

impl fmt::Debug for SentReview {
    /// Objects hold secrets, so that only their size is told.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SentReview").field("size_bytes", &self.0.len()).finish()
    }
}

/// How a question is to be answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CheckOptions {
    /// Decide, but record nothing and move no scorecard.
    pub dry_run: bool,
}

/// Who or what asks; each part may be unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Trigger {
    /// A person or a machine account.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub actor: String,
    /// The pipeline's page.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub pipeline_url: String,
    /// The commit's digest.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub commit: String,
    /// The repository.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub repository: String,
}

/// A point of the golden path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// While building.
    Build,
    /// Before deploying.
    #[default]
    Deploy,
    /// At the cluster's door.
    Admission,
    /// On an infrastructure plan.
    Plan,
    /// Looking at what already runs.
    Audit,
    /// New evidence about what already runs.
    Watch,
}

impl Stage {
    /// Every stage, in the order of the golden path.
    pub const ALL: [Self; 6] =
        [Self::Build, Self::Deploy, Self::Admission, Self::Plan, Self::Audit, Self::Watch];

    /// The word in JSON and in the input document.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Deploy => "deploy",
            Self::Admission => "admission",
            Self::Plan => "plan",
            Self::Audit => "audit",
            Self::Watch => "watch",
        }
    }

    /// Whether a request of this stage shows the whole release, so that what it lacks is gone.
    pub const fn sees_whole_release(self) -> bool {
        match self {
            Self::Build | Self::Deploy | Self::Plan | Self::Audit => true,
            Self::Admission | Self::Watch => false,
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Stage {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == text).ok_or_else(|| {
            Error::invalid(format!("`{text}` is not a stage"))
                .with_field("stage")
                .with_help("write `build`, `deploy`, `admission`, `plan`, `audit` or `watch`")
        })
    }
}
