//! Whom to trust for which image: the checked form of `images.yaml`, plain data with everything loaded.

mod authority;
mod material;
mod pattern;
mod registry;
mod rule;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

pub use authority::{
    Authority, Claim, HashPolicy, IdentityPattern, KeyAuthority, KeylessAuthority, LogDemand,
    SctDemand, SignatureHash, Signer, TimestampDemand,
};
pub use material::{MirroredRoot, RootFault, TrustMaterial, TufMirror};
pub use pattern::{AnchoredRegex, TextPattern};
pub use registry::{CredentialSource, Registries, RegistryHost};
pub use rule::{AttestationDemand, Format, PinPolicy, Rule, RuleAction, SignatureDemand};

use crate::domain::clock::Timestamp;
use crate::domain::digest::Digest;

/// Whom to trust for which image.
#[derive(Clone, Debug)]
pub struct TrustConfiguration {
    /// The digest of the configuration, keys included.
    pub digest: Digest,
    /// The trust roots by name.
    pub roots: BTreeMap<String, TrustRoot>,
    /// The authorities by name.
    pub authorities: BTreeMap<String, Authority>,
    /// The rules; the first one whose pattern matches an image is applied.
    pub rules: Vec<Rule>,
    /// The registries that may be asked, and how.
    pub registries: Registries,
    /// What is too much.
    pub limits: TrustLimits,
    /// How long answers are kept.
    pub cache: CacheLifetimes,
}

/// A trust root: the certificates and keys of a Sigstore.
#[derive(Clone, Debug)]
pub struct TrustRoot {
    /// Its name in the configuration.
    pub name: String,
    /// `trusted_root.json`, loaded.
    pub json: Arc<[u8]>,
    /// The digest of `json`.
    pub digest: Digest,
    /// When it was last confirmed to be the newest; none for a file and for the built-in one.
    pub refreshed_at: Option<Timestamp>,
    /// After this age it is not used any more.
    pub max_stale: Option<Duration>,
}

/// What is too much. Beyond a limit the answer is an error; nothing is cut off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustLimits {
    /// Of one manifest or index.
    pub manifest_bytes: usize,
    /// Of one simple signing payload.
    pub payload_bytes: usize,
    /// Of one Sigstore bundle.
    pub bundle_bytes: usize,
    /// Of one attestation.
    pub attestation_bytes: usize,
    /// Of everything that is fetched for one image.
    pub total_bytes_per_image: usize,
    /// Layers of one `.sig` or `.att` manifest.
    pub layers_per_signature_manifest: usize,
    /// Referrers of one image.
    pub referrers: usize,
    /// Items of one image that are verified.
    pub signatures_verified: usize,
    /// Images of one request.
    pub images_per_request: usize,
    /// For one request to a registry.
    pub per_request_timeout: Duration,
    /// For everything about one image.
    pub per_image_timeout: Duration,
    /// For all images of a request together.
    pub all_images_timeout: Duration,
}

impl Default for TrustLimits {
    fn default() -> Self {
        Self {
            manifest_bytes: 4 << 20,
            payload_bytes: 16 << 10,
            bundle_bytes: 16 << 20,
            attestation_bytes: 32 << 20,
            total_bytes_per_image: 64 << 20,
            layers_per_signature_manifest: 64,
            referrers: 64,
            signatures_verified: 100,
            images_per_request: 64,
            per_request_timeout: Duration::from_secs(3),
            per_image_timeout: Duration::from_secs(8),
            // An admission webhook is waited for ten seconds.
            all_images_timeout: Duration::from_secs(9),
        }
    }
}

/// How long answers are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheLifetimes {
    /// Of `verified`.
    pub positive: Duration,
    /// Of `unverified`: a signature may be added at any moment.
    pub negative: Duration,
    /// Of `error`.
    pub error: Duration,
    /// The most images that are kept in memory.
    pub max_entries: usize,
}

impl Default for CacheLifetimes {
    fn default() -> Self {
        Self {
            positive: Duration::from_hours(1),
            negative: Duration::from_secs(10),
            error: Duration::from_secs(2),
            max_entries: 10_000,
        }
    }
}
