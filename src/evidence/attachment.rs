//! What hangs on an image, as the registry's client hands it to the verifier.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::digest::Digest;
use crate::domain::evidence::LookFault;

/// One item that hangs on an image: one layer of a manifest.
///
/// Nothing in it is to be trusted: whoever may push to the repository wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// How it was found.
    pub found: AttachmentPlace,
    /// The digest it hangs on: the image's, or that of an index that holds the image.
    pub attached_to: Digest,
    /// `registry/repository@digest` of the manifest that carries it.
    pub location: String,
    /// The `artifactType` of that manifest, or the media type of its configuration.
    pub artifact_type: Option<String>,
    /// The media type of the layer.
    pub media_type: String,
    /// The digest of the layer, as the manifest says and as the bytes were checked against.
    pub digest: Digest,
    /// The annotations of the layer; the manifest's where the layer has none of a name.
    pub annotations: BTreeMap<String, String>,
    /// The bytes of the layer, or why they could not be had.
    pub content: Result<Arc<[u8]>, LookFault>,
}

/// How an attachment was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AttachmentPlace {
    /// The tag `sha256-<hex>.sig`.
    SigTag,
    /// The tag `sha256-<hex>.att`.
    AttTag,
    /// The referrers API.
    Referrer,
    /// The tag `sha256-<hex>`.
    FallbackTag,
}

impl AttachmentPlace {
    /// The word of `stage` in a [`LookFault`].
    pub const fn stage(self) -> &'static str {
        match self {
            Self::SigTag => "sig-tag",
            Self::AttTag => "att-tag",
            Self::Referrer => "referrers",
            Self::FallbackTag => "fallback-tag",
        }
    }
}

/// Everything that hangs on an image, and what could not be looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attachments {
    /// The items, in the order in which they were found.
    pub items: Vec<Attachment>,
    /// What could not be looked at: a whole tag, the list of referrers, a limit exceeded.
    pub faults: Vec<LookFault>,
}
