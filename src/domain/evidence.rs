//! Verified facts about a release. The first real sources come with image signatures.

/// Everything that was verified about a release.
#[derive(Clone, Debug, Default)]
pub struct EvidenceSet {}
