//! What is known of one image.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::clock::Timestamp;
use crate::domain::digest::Digest;
use crate::domain::evidence::code::{LookCode, ShortfallCode};
use crate::domain::evidence::{AttestationFacts, RejectedItem, SignatureFacts, Verified};

/// What is known of one image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImageFacts {
    /// The reference as the caller wrote it.
    pub requested: String,
    /// Host with optional port.
    pub registry: String,
    /// Path below the registry.
    pub repository: String,
    /// The tag as written.
    pub tag: Option<String>,
    /// The digest of the manifest's bytes; none when the image could not be looked at.
    pub digest: Option<Digest>,
    /// `registry/repository@digest`, the reference to deploy.
    pub resolved: Option<String>,
    /// Whether the caller wrote the digest.
    pub pinned_by_caller: bool,
    /// The media type of the manifest or index.
    pub media_type: Option<String>,
    /// The platforms of an index, or the one of an image.
    pub platforms: Vec<PlatformFacts>,
    /// The configuration of the image, when it is not an index.
    pub configuration: Option<ImageConfiguration>,
    /// How the verification went.
    pub verification: Verification,
    /// The signatures that were verified and come from a trusted signer.
    pub signatures: Vec<Verified<SignatureFacts>>,
    /// The attestations that were verified and come from a trusted signer.
    pub attestations: Vec<Verified<AttestationFacts>>,
    /// What hangs on the image and was not accepted. Nothing in it is to be trusted.
    pub rejected: Vec<RejectedItem>,
}

/// One platform of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlatformFacts {
    /// `linux`.
    pub os: String,
    /// `amd64`.
    pub architecture: String,
    /// `v8`.
    pub variant: Option<String>,
    /// The digest of the platform's manifest.
    pub digest: Digest,
    /// Its configuration, when it was fetched.
    pub configuration: Option<ImageConfiguration>,
}

/// What the image says of itself: the work of whoever built it, bound to the digest but not vouched for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageConfiguration {
    /// When it was built, by its own account.
    pub created: Option<Timestamp>,
    /// The image that it was built on.
    pub base_image: Option<BaseImage>,
    /// Labels of the configuration and annotations of the manifest; a label wins.
    pub labels: BTreeMap<String, String>,
    /// The user that its process runs as, as written.
    pub user: Option<String>,
}

/// The image that an image was built on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaseImage {
    /// The reference.
    pub name: Option<String>,
    /// The digest as written, algorithm included.
    pub digest: Option<String>,
}

/// How the verification of an image went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// The outcome.
    pub status: VerificationStatus,
    /// Why it is not `verified`, one code for each thing that is missing.
    pub shortfalls: Vec<ShortfallCode>,
    /// The rule of `images.yaml` that was applied.
    pub rule: Option<String>,
    /// The digest of the trust configuration.
    pub config_hash: Digest,
    /// The digests of the trust roots that the rule uses, by name.
    pub trust_roots: BTreeMap<String, Digest>,
    /// When the verification was done; earlier than the request when it comes from the cache.
    pub verified_at: Timestamp,
    /// Whether it comes from the cache.
    pub cached: bool,
    /// Whether everything that hangs on the image was looked at.
    pub complete: bool,
    /// What could not be looked at.
    pub errors: Vec<LookFault>,
}

/// The outcome of a verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerificationStatus {
    /// What the rule asks for is there.
    Verified,
    /// All was looked at, and what the rule asks for is not there.
    Unverified,
    /// It could not be found out.
    Error,
    /// The rule asks for nothing.
    Skipped,
}

/// Something that could not be looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookFault {
    /// What went wrong.
    pub code: LookCode,
    /// Where: `resolve`, `sig-tag`, `att-tag`, `referrers`, `fallback-tag`, `manifest`, `blob`, `verify`, `trust-root`.
    pub stage: String,
    /// What a person needs to know.
    pub message: String,
}
