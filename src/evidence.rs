//! Evidence: verified facts about a release, gathered from sources that are slow and may fail.

pub mod advisory;
pub mod attachment;
pub mod images;
pub mod material;
pub mod predicate;
pub mod registry;
pub mod verify;

use std::fmt;
use std::pin::Pin;

use crate::domain::error::Error;
use crate::domain::evidence::EvidenceSet;
use crate::domain::release::Release;

/// Where verified facts come from: a registry, an advisory database, a scanner's report.
pub trait Source: Send + Sync + fmt::Debug {
    /// The name in logs, metrics and findings.
    fn name(&self) -> &'static str;

    /// Gathers what this source knows of `release`.
    fn gather<'a>(
        &'a self,
        release: &'a Release,
    ) -> Pin<Box<dyn Future<Output = Result<EvidenceSet, Error>> + Send + 'a>>;
}

/// Asks every source and joins what they know.
///
/// # Errors
/// The first failure of a source.
pub async fn gather(sources: &[Box<dyn Source>], release: &Release) -> Result<EvidenceSet, Error> {
    let mut evidence = EvidenceSet::default();
    for source in sources {
        evidence.add(source.gather(release).await?);
    }
    Ok(evidence)
}
