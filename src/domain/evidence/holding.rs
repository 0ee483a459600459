//! What is held of an image beside the facts: documents whose bytes were checked against a digest.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::digest::Digest;
use crate::domain::evidence::ImageFacts;

/// A manifest, an index or a configuration, as the registry stores it. The image's digest covers it; nobody vouches for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldDocument {
    /// The media type, as its own field or the descriptor says.
    pub media_type: String,
    /// The digest of its bytes.
    pub digest: Digest,
    /// The bytes, which are JSON.
    pub text: Arc<str>,
}

/// What is held of one image while policies are asked about it.
#[derive(Clone, Copy, Debug)]
pub struct Holdings<'e> {
    /// What was verified.
    pub facts: &'e ImageFacts,
    /// Its manifest; of an index also the manifest of one platform; and the configuration.
    pub documents: &'e [HeldDocument],
}
