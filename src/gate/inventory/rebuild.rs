//! The inventory, filled from decisions that were made before there was one.

use std::sync::Arc;

use super::{Gate, arriving, outcome};
use crate::domain::artifact::{Artifact, ArtifactOrigin};
use crate::domain::decision::{Decision, DecisionId};
use crate::domain::error::Error;
use crate::domain::evidence::EvidenceSet;
use crate::domain::inventory::{Arrival, Judged, Restored};
use crate::domain::release::Release;
use crate::domain::request::{Request, Stage};
use crate::domain::service::{Service, ServiceSource};
use crate::gate::watch::is_about;
use crate::intake;
use crate::record::{DecisionFilter, PageRequest, RecordedFile, Store};

/// What no release is troubled by, so that every one that is put back is judged again at the next opportunity.
const NEVER_JUDGED: u64 = u64::MAX;

/// The newest decisions among which the last word of a watch is looked for; further back, it is said once more.
const LOOKED_AT: u32 = 500;

/// Releases that are written at a time.
const WRITTEN_AT_ONCE: usize = 64;

/// What became of decisions that had let something in.
#[derive(Clone, Debug, Default)]
pub struct Rebuild {
    /// The releases of which nothing was listed, by service and environment.
    pub releases: Vec<RebuiltRelease>,
}

/// A release that is put back into the list.
#[derive(Clone, Debug)]
pub struct RebuiltRelease {
    /// The decision that let it in.
    pub decision: Arc<Decision>,
    /// How many components its bills have.
    pub n_components: usize,
    /// Why its components are not all of them, or none.
    pub gaps: Vec<String>,
}

impl Gate {
    /// Lists what decisions had let in before there was an inventory, as far as their files are still kept. A rehearsal
    /// writes nothing.
    ///
    /// What is listed, and what was taken out since its decision, stays as it is.
    ///
    /// # Errors
    /// Those of the record; `Unavailable` without one.
    pub async fn rebuild(&self, dry_run: bool) -> Result<Rebuild, Error> {
        let store = self.store().ok_or_else(|| {
            Error::unavailable("this gate keeps no record", "no store is configured")
        })?;
        let mut rebuild = Rebuild::default();
        let mut restored = Vec::new();
        for id in store.unlisted().await? {
            let Some((rebuilt, arrival)) = self.rebuilt(store, id).await? else { continue };
            restored.push(Restored { decision: Arc::clone(&rebuilt.decision), arrival });
            rebuild.releases.push(rebuilt);
            if restored.len() >= WRITTEN_AT_ONCE && !dry_run {
                store.restore(std::mem::take(&mut restored)).await?;
            }
        }
        if !dry_run && !restored.is_empty() {
            store.restore(restored).await?;
        }
        Ok(rebuild)
    }

    async fn rebuilt(
        &self,
        store: &Arc<dyn Store>,
        id: DecisionId,
    ) -> Result<Option<(RebuiltRelease, Arrival)>, Error> {
        let Some(decision) = store.decision(id).await? else { return Ok(None) };
        let files = store.files(id).await?.unwrap_or_default();
        let mut gaps = attested_bills(&decision);
        let artifacts = artifacts(store, files, &mut gaps).await?;
        let request = Request {
            service: decision.service.clone(),
            environment: decision.environment.clone(),
            stage: Stage::Deploy,
            trigger: decision.trigger.clone(),
            artifacts,
            images: decision.images.iter().map(|image| image.requested.clone()).collect(),
            ..Request::default()
        };
        let release = intake::read(&request, &self.limits, &self.salt).unwrap_or_else(|error| {
            gaps.push(error.external().to_owned());
            let service = decision.service.clone();
            let service = service.map(|service| Service::named(service, ServiceSource::Flag));
            Release { service, ..Release::default() }
        });
        gaps.extend(
            release.faults.iter().filter(|fault| fault.code.as_str() == "INPUT-SBOM").map(
                |fault| format!("`{}` cannot be read: {}", fault.location.file, fault.message),
            ),
        );
        if release.sboms.is_empty() && gaps.is_empty() {
            gaps.push("no bill or lock file was handed in".to_owned());
        }
        let Some(service) = release.service.as_ref() else { return Ok(None) };
        let last = last_word(store, &decision).await?;
        let judged = Judged {
            troubles: NEVER_JUDGED,
            outcome: outcome(&last.findings, &self.revision()),
            due: None,
        };
        let known = (&release, &EvidenceSet::default());
        let arrival = arriving(String::new(), service, &request, known, judged);
        let n_components = arrival.n_components;
        Ok(Some((RebuiltRelease { decision, n_components, gaps }, arrival)))
    }
}

/// What was said last of what `decision` let in: by a watch, or by itself. What is found then once more is no news.
async fn last_word(
    store: &Arc<dyn Store>,
    decision: &Arc<Decision>,
) -> Result<Arc<Decision>, Error> {
    let filter = DecisionFilter {
        service: decision.service.clone(),
        environment: Some(decision.environment.clone()),
        since: Some(decision.time),
        ..DecisionFilter::default()
    };
    let page = PageRequest { size: LOOKED_AT, token: String::new() };
    let later = store.decisions(filter, page).await?.items;
    let of_watch = later.into_iter().find(|later| is_about(later, decision.id));
    Ok(of_watch.unwrap_or_else(|| Arc::clone(decision)))
}

/// The files of a decision as they are kept.
async fn artifacts(
    store: &Arc<dyn Store>,
    files: Vec<RecordedFile>,
    gaps: &mut Vec<String>,
) -> Result<Vec<Artifact>, Error> {
    let mut artifacts = Vec::with_capacity(files.len());
    for RecordedFile { path, digest } in files {
        match store.blob(digest).await? {
            Some(text) => artifacts.push(Artifact {
                path,
                content: text.into(),
                // What is wrong with a file was said when it was handed in.
                origin: ArtifactOrigin::Found,
            }),
            None => gaps.push(format!("`{path}` is not kept")),
        }
    }
    Ok(artifacts)
}

/// Bills that were attested to images lie in a registry and are not kept as files.
fn attested_bills(decision: &Decision) -> Vec<String> {
    let images = decision.images.iter();
    let images = images.filter(|image| image.attested.iter().any(|kind| kind == "sbom"));
    images.map(|image| format!("the bill attested to `{}` is not kept", image.requested)).collect()
}
