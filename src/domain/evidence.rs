//! Verified facts about a release, as the rooms hand them on and as policies see them (in `snake_case`).

pub mod code;
mod holding;
mod image;
mod kept;
mod signature;
mod verified;

pub use holding::{HeldDocument, Holdings};
pub use image::{
    BaseImage, ImageConfiguration, ImageFacts, LookFault, PlatformFacts, Verification,
    VerificationStatus,
};
pub use kept::KeptAnswers;
pub use signature::{
    AttestationFacts, IdentityFacts, ItemFormat, ItemKind, KeyFacts, LogEntryFacts, LogFacts,
    RejectedItem, SignatureFacts, SignerFacts, SignerKind, SubjectFacts, SubjectType, TimeFacts,
    TimeSource,
};
pub use verified::Verified;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::advisory::AdvisoryFacts;
use crate::domain::digest::Digest;

/// Everything that was verified about a release.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EvidenceSet {
    /// One entry for every image that was asked for, in the order of the references.
    pub images: Vec<ImageFacts>,
    /// Whether somebody was asked about images: then one of which nothing is known is not verified.
    pub images_asked: bool,
    /// What the advisories say of the components; none when there are no components, or nobody asked.
    pub advisories: Option<AdvisoryFacts>,
    /// The bills of materials that trusted signers attested to images, by `registry/repository@digest`.
    pub bills: BTreeMap<String, Vec<AttestedBill>>,
    /// The manifests and configurations of images, by `registry/repository@digest` of the image.
    pub documents: BTreeMap<String, Vec<HeldDocument>>,
}

/// A bill of materials that a trusted signer attested to an image; its text is as it was signed, and nobody has read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttestedBill {
    /// The digest of the item that holds it.
    pub id: Digest,
    /// The text, JSON or another format.
    pub text: Arc<str>,
}

impl EvidenceSet {
    /// Adds what another source knows.
    pub fn add(&mut self, other: Self) {
        let Self { images, images_asked, advisories, bills, documents } = other;
        self.images.extend(images);
        self.images_asked |= images_asked;
        self.advisories = advisories.or(self.advisories.take());
        self.bills.extend(bills);
        self.documents.extend(documents);
    }

    /// What is known of the image that is written so; `None` when nobody looked.
    pub fn image(&self, reference: &str) -> Option<&ImageFacts> {
        self.images.iter().find(|image| image.requested == reference)
    }

    /// What is held of the image that is written so; `None` when nobody looked.
    pub fn holdings(&self, reference: &str) -> Option<Holdings<'_>> {
        let facts = self.image(reference)?;
        let documents = facts.resolved.as_ref().and_then(|resolved| self.documents.get(resolved));
        Some(Holdings { facts, documents: documents.map_or(&[], Vec::as_slice) })
    }
}
