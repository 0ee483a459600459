//! Verified facts about a release, as the rooms hand them on and as policies see them (in `snake_case`).

pub mod code;
mod image;
mod kept;
mod signature;
mod verified;

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

use crate::domain::advisory::AdvisoryFacts;

/// Everything that was verified about a release.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EvidenceSet {
    /// One entry for every image that was asked for, in the order of the references.
    pub images: Vec<ImageFacts>,
    /// What the advisories say of the components; none when there are no components, or nobody asked.
    pub advisories: Option<AdvisoryFacts>,
}

impl EvidenceSet {
    /// What is known of the image that is written so; `None` when nobody looked.
    pub fn image(&self, reference: &str) -> Option<&ImageFacts> {
        self.images.iter().find(|image| image.requested == reference)
    }
}
