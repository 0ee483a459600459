//! One lane of a watch: takes releases, judges them again, and hands on what is to be written.
//!
//! Nothing waits for the disk: while decisions are written the next releases are judged, and many share a commit.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::task::JoinSet;

use super::known::Known;
use super::{Gate, WatchReport, note_of};
use crate::domain::decision::{Decision, DecisionId, Timings};
use crate::domain::digest::Digest;
use crate::domain::error::Error;
use crate::domain::evidence::EvidenceSet;
use crate::domain::inventory::{Judged, KeptFile, KeptRelease, Rejudged, ReleaseId, Watched};
use crate::domain::place::SourceFile;
use crate::domain::release::{FileRead, Release};
use crate::domain::request::{Request, Stage, Trigger};
use crate::gate::draft::{Made, by_second_engine, draft, judgement};
use crate::gate::inventory::{due, outcome};
use crate::gate::timer::Timer;
use crate::policy::Moment;
use crate::record::{Draft, Store};

/// How many releases are read at a time.
const READ_AT_ONCE: usize = 16;

/// How many releases are noted at a time of which there is nothing new to say.
const NOTED_AT_ONCE: usize = 256;

/// Who asks, in the decisions of a watch.
const ACTOR: &str = "goldgate watch";

/// Releases to be judged, shared by the lanes, each with the sum of what troubles it.
pub(super) struct Round {
    releases: Vec<(ReleaseId, u64)>,
    next: AtomicUsize,
}

impl Round {
    pub(super) fn new(releases: Vec<(ReleaseId, u64)>) -> Self {
        Self { releases, next: AtomicUsize::new(0) }
    }

    /// Releases that no other lane takes; none when all are taken.
    fn take(&self) -> Option<&[(ReleaseId, u64)]> {
        let from = self.next.fetch_add(READ_AT_ONCE, Ordering::Relaxed);
        let rest = self.releases.get(from..).filter(|rest| !rest.is_empty())?;
        rest.get(..READ_AT_ONCE.min(rest.len()))
    }
}

/// What became of one release.
enum Looked {
    /// Nothing new.
    Same(Rejudged),
    /// There is something to say.
    Changed(Box<Draft>, Timer),
}

/// One lane.
pub(super) struct Lane {
    gate: Arc<Gate>,
    store: Arc<dyn Store>,
    known: Arc<Known>,
    report: WatchReport,
    same: Vec<Rejudged>,
    writing: JoinSet<Result<Arc<Decision>, Error>>,
    /// Writes that are under way at most.
    most_writes: usize,
}

impl Lane {
    pub(super) fn new(
        gate: Arc<Gate>,
        store: Arc<dyn Store>,
        known: Arc<Known>,
        most_writes: usize,
    ) -> Self {
        let (report, same, writing) = (WatchReport::default(), Vec::new(), JoinSet::new());
        Self { gate, store, known, report, same, writing, most_writes }
    }

    /// Takes releases until there are none.
    pub(super) async fn walk(mut self, round: &Round) -> WatchReport {
        while let Some(releases) = round.take() {
            for watched in self.read(releases).await {
                self.judge(&watched, releases).await;
            }
        }
        self.note().await;
        while !self.writing.is_empty() {
            self.written().await;
        }
        self.report
    }

    async fn read(&mut self, releases: &[(ReleaseId, u64)]) -> Vec<Watched> {
        let ids = releases.iter().map(|(id, _)| *id).collect();
        if let Ok(watched) = self.store.watched(ids).await {
            return watched;
        }
        // One that is damaged does not stand for those beside it.
        let mut all = Vec::new();
        for (id, _) in releases {
            match self.store.watched(vec![*id]).await {
                Ok(watched) => all.extend(watched),
                Err(error) => self.failed(&error),
            }
        }
        all
    }

    async fn judge(&mut self, watched: &Watched, releases: &[(ReleaseId, u64)]) {
        let Some((_, troubles)) = releases.iter().find(|(id, _)| *id == watched.id) else { return };
        self.gate.give_way().await;
        match self.gate.look_again(watched, *troubles, &self.known).await {
            Ok(Looked::Same(rejudged)) => {
                self.report.n_judged += 1;
                self.same.push(rejudged);
                if self.same.len() >= NOTED_AT_ONCE {
                    self.note().await;
                }
            }
            Ok(Looked::Changed(draft, timer)) => {
                if self.writing.len() >= self.most_writes {
                    self.written().await;
                }
                let gate = Arc::clone(&self.gate);
                self.writing.spawn(async move { gate.record(*draft, timer).await });
            }
            Err(error) => self.failed(&error),
        }
    }

    /// Waits for one decision to be durable.
    async fn written(&mut self) {
        match self.writing.join_next().await {
            Some(Ok(Ok(decision))) => {
                self.report.n_judged += 1;
                self.report.decisions.push(decision);
            }
            Some(Ok(Err(error))) => self.failed(&error),
            Some(Err(cause)) => {
                let error = Error::internal_fault("a write of the watch ended early");
                self.failed(&error.with_source(cause));
            }
            None => {}
        }
    }

    fn failed(&mut self, error: &Error) {
        self.report.n_failed += 1;
        tracing::warn!(error = error.internal(), "Cannot judge a release again");
    }

    /// Without the note they are judged once more next time, and nothing else is wrong.
    async fn note(&mut self) {
        if self.same.is_empty() {
            return;
        }
        if let Err(error) = self.store.note_rejudged(std::mem::take(&mut self.same)).await {
            tracing::warn!(error = error.internal(), "Cannot note what was judged again");
        }
    }
}

impl Gate {
    async fn look_again(
        &self,
        watched: &Watched,
        troubles: u64,
        known: &Known,
    ) -> Result<Looked, Error> {
        let (request, mut release, evidence) = restored(watched)?;
        let evidence = EvidenceSet { advisories: known.of(&release.sboms), ..evidence };
        let revision = self.revision();
        let now = self.clock.now();
        let mut timer = Timer::start();
        let mut evidence = self.gather(&mut release, evidence).await?;
        let sightings = self.sightings(&release, &mut evidence, now).await;
        let evidence_us = timer.lap();
        let decision_id = DecisionId::at(now);
        let moment = Moment::of(decision_id, now);
        let outcomes =
            revision.evaluate_in_turns(&request, &release, &evidence, moment, None).await;
        let policy_us = timer.lap();
        let judgement = judgement(&request, &release, &evidence, &revision, &outcomes, now);
        let judged = Judged {
            troubles,
            outcome: outcome(&judgement.findings, &revision),
            due: due(&judgement.findings, now),
        };
        let rejudged = Rejudged { release: watched.id, arrived: watched.arrived, judged };
        if judged.outcome == watched.judged.outcome {
            return Ok(Looked::Same(rejudged));
        }
        let decide_us = timer.lap();
        let made = Made {
            second_engine: by_second_engine(&outcomes),
            id: decision_id,
            now,
            timings: Timings { intake_us: 0, evidence_us, policy_us, decide_us, record_us: 0 },
            input_digest: Digest::of(watched.kept.as_bytes()),
            blobs: Vec::new(),
            unseen: self.unseen,
            sightings,
        };
        let mut draft = draft(&request, &release, &evidence, &revision, judgement, made);
        draft.decision.notes.push(note_of(watched.arrived));
        let draft = Draft { rejudged: Some(rejudged), ..draft };
        Ok(Looked::Changed(Box::new(draft), timer))
    }
}

/// The release as it was kept, with the question that it is now asked with.
fn restored(watched: &Watched) -> Result<(Request, Release, EvidenceSet), Error> {
    let kept: KeptRelease = serde_json::from_str(&watched.kept).map_err(|cause| {
        Error::internal_fault("a release cannot be read as it was kept").with_source(cause)
    })?;
    let KeptRelease { service, trigger, images, sboms, files } = kept;
    let request = Request {
        service: Some(service.reference.clone()),
        environment: watched.environment.clone(),
        stage: Stage::Watch,
        trigger: Trigger { actor: ACTOR.to_owned(), ..trigger },
        ..Request::default()
    };
    let file = |(artifact, file): (usize, KeptFile)| FileRead {
        artifact,
        file: Arc::new(SourceFile::new(file.path, file.text)),
        secrets: Vec::new(),
    };
    let release = Release {
        service: Some(service),
        sboms,
        files: files.into_iter().enumerate().map(file).collect(),
        ..Release::default()
    };
    Ok((request, release, EvidenceSet { images, ..EvidenceSet::default() }))
}
