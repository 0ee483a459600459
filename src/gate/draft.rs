//! The draft of a decision: what was judged, put into the words of the record.

use crate::decide;
use crate::domain::clock::Timestamp;
use crate::domain::code::Code;
use crate::domain::decision::{Decision, DecisionId, Timings};
use crate::domain::digest::Digest;
use crate::domain::evidence::EvidenceSet;
use crate::domain::image::{ImageStatus, ImageVerification};
use crate::domain::policy::Outcome;
use crate::domain::release::{FileRead, ImageUse, Release};
use crate::domain::request::Request;
use crate::domain::sighting::Sighting;
use crate::policy::Revision;
use crate::record::{Blob, Draft};

/// What a decision is told beside its judgement.
pub(super) struct Made {
    pub(super) second_engine: Vec<Code>,
    pub(super) id: DecisionId,
    pub(super) now: Timestamp,
    pub(super) timings: Timings,
    pub(super) input_digest: Digest,
    pub(super) blobs: Vec<Blob>,
    pub(super) unseen: &'static str,
    pub(super) sightings: Vec<Sighting>,
}

/// What the outcomes of the policies of `revision` come to.
pub(super) fn judgement(
    request: &Request,
    release: &Release,
    evidence: &EvidenceSet,
    revision: &Revision,
    outcomes: &[Outcome],
    now: Timestamp,
) -> decide::Judgement {
    decide::judge(&decide::Case {
        release,
        environment: &request.environment,
        evidence,
        outcomes,
        policies: revision.policies(),
        rules: revision.enforcement(),
        now,
    })
}

/// The decision with what its record needs; what arrives is not in it.
pub(super) fn draft(
    request: &Request,
    release: &Release,
    evidence: &EvidenceSet,
    revision: &Revision,
    judgement: decide::Judgement,
    made: Made,
) -> Draft {
    let Made { second_engine, id, now, timings, input_digest, blobs, unseen, sightings } = made;
    let service = release.service.as_ref();
    let fact = |fact: Option<&String>| fact.cloned().unwrap_or_default();
    let images: Vec<ImageStatus> =
        release.images.iter().map(|image| image_status(image, release, evidence)).collect();
    let decision = Decision {
        id,
        verdict: judgement.verdict,
        service: service.map(|service| service.reference.clone()),
        environment: request.environment.clone(),
        stage: request.stage,
        time: now,
        trigger: request.trigger.clone(),
        revision: revision.reference().clone(),
        input_digest,
        dry_run: request.options.dry_run,
        summary: judgement.summary,
        findings: judgement.findings,
        notes: notes(release, &images, unseen),
        images,
        scorecard: None,
        timings,
        second_engine,
    };
    Draft {
        decision,
        states: judgement.states,
        team: fact(service.and_then(|service| service.owner.as_ref())),
        system: fact(service.and_then(|service| service.system.as_ref())),
        rules: revision.scorecard_rules(),
        blobs,
        idempotency_key: request.idempotency_key.clone(),
        sightings,
        arrival: None,
        rejudged: None,
    }
}

/// The policies in whose answers the second engine had a part, each once.
pub(super) fn by_second_engine(outcomes: &[Outcome]) -> Vec<Code> {
    let mut codes: Vec<Code> = outcomes
        .iter()
        .filter(|outcome| outcome.second_engine)
        .map(|outcome| outcome.policy.code.clone())
        .collect();
    // All outcomes of a policy stand together.
    codes.dedup();
    codes
}

fn image_status(image: &ImageUse, release: &Release, evidence: &EvidenceSet) -> ImageStatus {
    let requested = release.secrets.redact(&image.image.reference).into_owned();
    match (&image.image.parts, evidence.image(&image.image.reference)) {
        (Err(_), _) => ImageStatus::unseen(requested, ImageVerification::Invalid),
        (Ok(_), None) => ImageStatus::unseen(requested, ImageVerification::NotLookedAt),
        (Ok(_), Some(facts)) => ImageStatus::seen(requested, facts),
    }
}

fn notes(release: &Release, images: &[ImageStatus], unseen: &str) -> Vec<String> {
    let said = release.notes.iter().map(|note| {
        let help = note.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
        format!("{}: {}{help}", note.file, note.message)
    });
    let unverified = images.iter().any(|image| image.status == ImageVerification::NotLookedAt);
    let unverified = unverified.then(|| {
        format!("images were not looked at: {unseen}, so nothing is known of their signatures")
    });
    let kept: Vec<Timestamp> =
        images.iter().filter(|image| image.cached).filter_map(|image| image.verified_at).collect();
    let kept = kept.iter().min().map(|oldest| {
        format!(
            "{} of {} images were verified before this decision, the oldest at {oldest}: these answers were kept",
            kept.len(),
            images.len()
        )
    });
    said.chain(unverified)
        .chain(kept)
        .map(|note| release.secrets.redact(&note).into_owned())
        .collect()
}

/// The files that were read, secrets replaced; `digests` are those of the request's artifacts.
pub(super) fn blobs(release: &Release, digests: &[Digest]) -> Vec<Blob> {
    let blob = |read: &FileRead| {
        Some(Blob {
            path: read.file.path.clone(),
            digest: *digests.get(read.artifact)?,
            content: release.secrets.redact_file(&read.file, &read.secrets),
        })
    };
    release.files.iter().filter_map(blob).collect()
}
