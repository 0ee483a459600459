//! The continuous watch: what runs is judged again when more is known of what is in it.
//!
//! Few releases are touched: every version that anything holds is compared once, whoever holds it, and only the releases
//! whose troubles add up to something else than when they were last judged are taken out and judged, by the policies that
//! look at bills. What runs goes on running; the decision says how it stands, and moves the scorecard.

mod known;
mod lane;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::task::JoinSet;

use self::known::Known;
use self::lane::{Lane, Round};
use super::Gate;
use super::inventory::base;
use crate::domain::advisory::{AdvisoryFacts, AdvisoryMatch};
use crate::domain::clock::Timestamp;
use crate::domain::decision::{Decision, DecisionId};
use crate::domain::digest::Digest;
use crate::domain::error::Error;
use crate::domain::evidence::EvidenceSet;
use crate::domain::inventory::{Held, Troubled};
use crate::domain::package::Component;
use crate::domain::release::Release;
use crate::domain::request::Stage;
use crate::domain::sbom::{Sbom, SbomFormat, SbomSource};

/// Versions that are compared at a time: enough to be worth a thread, few enough to give way.
const COMPARED_AT_ONCE: usize = 5_000;

/// How long a watch waits for requests to be answered before it goes on all the same.
const PATIENCE: Duration = Duration::from_millis(20);

/// How often it looks whether they are.
const GLANCE: Duration = Duration::from_millis(1);

/// How many threads a watch may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lanes {
    /// All of them: nobody else is waiting.
    All,
    /// All but one, so that requests find one free.
    Spare,
}

impl Lanes {
    fn count(self) -> usize {
        let all = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        match self {
            Self::All => all,
            Self::Spare => all.saturating_sub(1).max(1),
        }
    }

    /// How many decisions of a lane are on their way to the disk at most. The more there are the longer is a commit, and
    /// whoever asks meanwhile waits for it.
    const fn writes(self) -> usize {
        match self {
            Self::All => 32,
            Self::Spare => 2,
        }
    }
}

/// What a watch found.
#[derive(Clone, Debug, Default)]
pub struct WatchReport {
    /// Versions of packages that were compared.
    pub n_compared: usize,
    /// Releases that were judged again.
    pub n_judged: usize,
    /// Releases that could not be judged, each told in the log.
    pub n_failed: usize,
    /// What there is to say: one decision for each release about which something else is found than before.
    pub decisions: Vec<Arc<Decision>>,
}

impl Gate {
    /// A number that is another one when newer advisories or VEX documents lie ready.
    pub fn edition(&self) -> u64 {
        self.sources
            .iter()
            .filter_map(|source| source.edition())
            .fold(0, |sum, edition| sum.wrapping_mul(31).wrapping_add(edition))
    }

    /// Judges again what runs and is troubled by something else than when it was last judged. Every release about which
    /// something else is found than before gets a decision of the stage `watch`.
    ///
    /// # Errors
    /// Those of the record; `Unavailable` without one. A release that cannot be judged is counted and told in the log.
    pub async fn rejudge(self: &Arc<Self>, lanes: Lanes) -> Result<WatchReport, Error> {
        let store = self.store().ok_or_else(|| {
            Error::unavailable("this gate keeps no record", "no store is configured")
        })?;
        let held = store.held().await?;
        let n_compared = held.len();
        let (troubled, known) = self.troubled(held, lanes).await?;
        let known = Arc::new(known);
        let nothing = self.looked_up(Vec::new()).await?;
        let releases = store.stale(troubled, base(&nothing), self.clock.now()).await?;
        let n_releases = releases.len();
        let round = Arc::new(Round::new(releases));
        let mut report = WatchReport { n_compared, ..WatchReport::default() };
        let mut at_work = JoinSet::new();
        for _ in 0..lanes.count().min(n_releases) {
            let lane =
                Lane::new(Arc::clone(self), Arc::clone(store), Arc::clone(&known), lanes.writes());
            let round = Arc::clone(&round);
            at_work.spawn(async move { lane.walk(&round).await });
        }
        while let Some(lane) = at_work.join_next().await {
            let lane = lane.map_err(|cause| {
                Error::internal_fault("a lane of the watch ended early").with_source(cause)
            })?;
            report.n_judged += lane.n_judged;
            report.n_failed += lane.n_failed;
            report.decisions.extend(lane.decisions);
        }
        report.decisions.sort_by_key(|decision| decision.id);
        Ok(report)
    }

    /// What troubles every version that anything holds.
    async fn troubled(
        self: &Arc<Self>,
        held: Vec<Held>,
        lanes: Lanes,
    ) -> Result<(Vec<Troubled>, Known), Error> {
        let mut parts: Vec<Vec<Held>> = Vec::new();
        let mut held = held.into_iter().peekable();
        while held.peek().is_some() {
            parts.push(held.by_ref().take(COMPARED_AT_ONCE).collect());
        }
        let mut parts = parts.into_iter();
        let mut at_work = JoinSet::new();
        let (mut troubled, mut known) = (Vec::new(), Known::default());
        loop {
            while at_work.len() < lanes.count()
                && let Some(part) = parts.next()
            {
                let gate = Arc::clone(self);
                at_work.spawn(async move { gate.compared(part).await });
            }
            let Some(part) = at_work.join_next().await else { return Ok((troubled, known)) };
            let (of_part, held, facts) = part.map_err(|cause| {
                Error::internal_fault("a comparison ended early").with_source(cause)
            })??;
            troubled.extend(of_part);
            known.add(held, facts);
        }
    }

    /// Compares versions, and hands them back with what was found, by their places.
    async fn compared(
        &self,
        held: Vec<Held>,
    ) -> Result<(Vec<Troubled>, Vec<Held>, AdvisoryFacts), Error> {
        self.give_way().await;
        let component = |held: &Held| Component {
            name: Arc::clone(&held.name.name),
            version: held.text.clone(),
            package: Some(held.name.clone()),
            compared_version: held.text.clone(),
            ..Component::default()
        };
        let evidence = self.looked_up(held.iter().map(component).collect()).await?;
        let facts = evidence.advisories.unwrap_or_default();
        // They come by component.
        let by_component = facts.matches.chunk_by(|left, right| left.component == right.component);
        let troubled = by_component.filter_map(|matches: &[AdvisoryMatch]| {
            let Held { package, version, name, text } = held.get(matches.first()?.component)?;
            let trouble = self.trouble(name, text.as_deref(), matches);
            Some(Troubled { package: *package, version: *version, trouble })
        });
        let troubled = troubled.collect();
        Ok((troubled, held, facts))
    }

    /// What is known of components, as if one release held them all.
    async fn looked_up(&self, components: Vec<Component>) -> Result<EvidenceSet, Error> {
        let bill = Sbom::new(of_no_file(), components, &[], &[]);
        let mut release = Release { sboms: vec![bill], ..Release::default() };
        self.gather(&mut release, EvidenceSet::default()).await
    }

    /// Waits a little while requests are being answered.
    async fn give_way(&self) {
        let until = tokio::time::Instant::now() + PATIENCE;
        while self.at_work.load(Ordering::Relaxed) > 0 && tokio::time::Instant::now() < until {
            tokio::time::sleep(GLANCE).await;
        }
    }
}

/// What a watch notes in a decision about what `arrived` let in.
fn note_of(arrived: DecisionId) -> String {
    format!(
        "what decision {arrived} let in was judged again, since more is known of its components; it goes on running"
    )
}

/// Whether `decision` is what a watch said of what `arrived` had let in.
pub(super) fn is_about(decision: &Decision, arrived: DecisionId) -> bool {
    decision.stage == Stage::Watch && decision.notes.contains(&note_of(arrived))
}

/// What stands for the bill that holds everything.
fn of_no_file() -> SbomSource {
    SbomSource {
        file: String::new(),
        digest: Digest::of(b""),
        format: SbomFormat::Cyclonedx,
        format_version: String::new(),
        subject: None,
        tools: Vec::new(),
        created: None::<Timestamp>,
    }
}
