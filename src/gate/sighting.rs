//! When the record first saw what is found now.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::domain::advisory::AdvisoryMatch;
use crate::domain::clock::Timestamp;
use crate::domain::evidence::EvidenceSet;
use crate::domain::release::Release;
use crate::domain::sighting::Sighting;
use crate::record::Store;

/// Gives every trouble the time at which the record first saw it, which is `now` for what is new, and tells what is new.
///
/// A record that cannot be read gives no time: then the advisory's own date counts, which is never later.
pub(super) async fn recall(
    store: &Arc<dyn Store>,
    release: &Release,
    evidence: &mut EvidenceSet,
    now: Timestamp,
) -> Vec<Sighting> {
    let matches = evidence.advisories.as_mut().map(|facts| &mut facts.matches);
    let (Some(service), Some(matches)) = (&release.service, matches) else { return Vec::new() };
    if matches.is_empty() {
        return Vec::new();
    }
    match store.sightings(&service.reference).await {
        Ok(known) => dated(matches, &known, release, now),
        Err(error) => {
            tracing::warn!(error = error.internal(), "Cannot read when troubles were first seen");
            Vec::new()
        }
    }
}

fn dated(
    matches: &mut [AdvisoryMatch],
    known: &BTreeMap<Sighting, Timestamp>,
    release: &Release,
    now: Timestamp,
) -> Vec<Sighting> {
    let mut fresh = BTreeSet::new();
    for found in matches {
        let bill = release.sboms.get(found.sbom);
        let component = bill.and_then(|bill| bill.components.get(found.component));
        let Some(component) = component.map(Sighting::name_of) else { continue };
        let ids = found.aliases.iter().chain([&found.advisory.id]);
        // A database may name a trouble otherwise tomorrow, so that each of its names is remembered.
        let sightings: Vec<Sighting> = ids
            .map(|id| Sighting { advisory: Arc::clone(id), component: Arc::clone(&component) })
            .collect();
        let earliest = sightings.iter().filter_map(|sighting| known.get(sighting)).min();
        found.first_seen = Some(earliest.copied().unwrap_or(now));
        if earliest.is_none() {
            fresh.extend(sightings);
        }
    }
    fresh.into_iter().collect()
}
