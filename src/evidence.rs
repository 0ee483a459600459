//! Evidence: verified facts about a release, gathered from sources that are slow and may fail.

pub mod advisory;
pub mod attachment;
pub mod images;
pub mod material;
pub mod predicate;
pub mod registry;
pub mod verify;
pub mod vex;

use std::fmt;
use std::pin::Pin;

use crate::domain::advisory::AdvisoryMatch;
use crate::domain::error::Error;
use crate::domain::evidence::EvidenceSet;
use crate::domain::release::Release;

/// Where verified facts come from: a registry, an advisory database, a scanner's report.
pub trait Source: Send + Sync + fmt::Debug {
    /// The name in logs, metrics and findings.
    fn name(&self) -> &'static str;

    /// How many things keep it from newer knowledge at the moment.
    fn n_troubles(&self) -> usize {
        0
    }

    /// Gathers what this source knows of `release`; `known` is what the sources before it found out.
    fn gather<'a>(
        &'a self,
        release: &'a Release,
        known: &'a EvidenceSet,
    ) -> Pin<Box<dyn Future<Output = Result<EvidenceSet, Error>> + Send + 'a>>;

    /// A number that is another one when newer knowledge lies ready; none of a source that keeps none.
    fn edition(&self) -> Option<u64> {
        None
    }

    /// A number for all that is held of a trouble, whatever release it is in; 0 when that is nothing.
    fn said_of(&self, _found: &AdvisoryMatch) -> u64 {
        0
    }
}

/// Asks every source in order and joins what they know; of advisories the last word stands.
///
/// # Errors
/// The first failure of a source.
pub async fn gather(sources: &[Box<dyn Source>], release: &Release) -> Result<EvidenceSet, Error> {
    let mut evidence = EvidenceSet::default();
    for source in sources {
        let newly = source.gather(release, &evidence).await?;
        evidence.add(newly);
    }
    Ok(evidence)
}
