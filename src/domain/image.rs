//! Image references as people write them in manifests.

use serde::{Deserialize, Serialize};

/// An image reference as written, and its parts when it is one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Image {
    /// The reference as written.
    pub reference: String,
    /// Its parts, or why it is not a reference.
    pub parts: Result<ImageParts, String>,
}

/// The parts of an image reference as a container runtime resolves them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImageParts {
    /// Host with optional port; `docker.io` when not written.
    pub registry: String,
    /// Path below the registry; `library/nginx` for a bare `nginx`.
    pub repository: String,
    /// The tag as written.
    pub tag: Option<String>,
    /// The digest as written, algorithm included.
    pub digest: Option<String>,
}

/// What the decision says of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageStatus {
    /// The reference as written.
    pub requested: String,
    /// The reference by digest, when it was resolved.
    pub resolved: Option<String>,
    /// What is known of it.
    pub status: ImageVerification,
}

/// Whether an image was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageVerification {
    /// Nobody looked: no verification is configured.
    NotLookedAt,
    /// The reference is not one.
    Invalid,
}
