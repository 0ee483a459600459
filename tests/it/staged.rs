//! Records that misbehave on cue, in front of a real one.

use std::collections::BTreeMap;
use std::sync::Arc;

use goldgate::domain::clock::Timestamp;
use goldgate::domain::decision::{Decision, DecisionId};
use goldgate::domain::digest::Digest;
use goldgate::domain::error::Error;
use goldgate::domain::inventory::{
    Departure, Held, HolderQuery, Rejudged, ReleaseFilter, ReleaseId, Restored, RunningComponent,
    RunningRelease, Troubled, Watched,
};
use goldgate::domain::scorecard::{Scorecard, ScorecardPoint};
use goldgate::domain::service::{Environment, ServiceRef};
use goldgate::domain::sighting::Sighting;
use goldgate::record::{
    Answer, DecisionFilter, Draft, Holders, Inventory, Page, PageRequest, RecordedFile,
    ScorecardFilter, Store,
};
use tokio::sync::{Semaphore, broadcast};

/// What happens when a decision is to be written.
#[derive(Clone, Debug)]
pub(crate) enum Cue {
    /// It waits for a permit. `arrived` gets one for each that waits.
    Wait { arrived: Arc<Semaphore>, go: Arc<Semaphore> },
    /// A defect.
    Panic,
    /// The disk is full.
    Fail,
}

/// A real record behind a cue.
#[derive(Debug)]
pub(crate) struct Staged {
    pub(crate) cue: Cue,
    pub(crate) inner: Arc<dyn Store>,
}

impl Cue {
    /// Decisions wait until they are let go; the first semaphore tells how many do.
    pub(crate) fn wait() -> (Self, Arc<Semaphore>, Arc<Semaphore>) {
        let (arrived, go) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        (Self::Wait { arrived: Arc::clone(&arrived), go: Arc::clone(&go) }, arrived, go)
    }

    pub(crate) fn before(self) -> impl FnOnce(Arc<dyn Store>) -> Arc<dyn Store> + 'static {
        move |inner| Arc::new(Staged { cue: self, inner })
    }
}

impl Inventory for Staged {
    fn who_has(&self, query: HolderQuery, page: PageRequest) -> Answer<'_, Holders> {
        self.inner.who_has(query, page)
    }

    fn releases(
        &self,
        filter: ReleaseFilter,
        page: PageRequest,
    ) -> Answer<'_, Page<RunningRelease>> {
        self.inner.releases(filter, page)
    }

    fn components<'a>(
        &'a self,
        service: &'a ServiceRef,
        environment: &'a Environment,
        page: PageRequest,
    ) -> Answer<'a, Option<Page<RunningComponent>>> {
        self.inner.components(service, environment, page)
    }

    fn held(&self) -> Answer<'_, Vec<Held>> {
        self.inner.held()
    }

    fn stale(
        &self,
        troubled: Vec<Troubled>,
        base: u64,
        now: Timestamp,
    ) -> Answer<'_, Vec<(ReleaseId, u64)>> {
        self.inner.stale(troubled, base, now)
    }

    fn watched(&self, releases: Vec<ReleaseId>) -> Answer<'_, Vec<Watched>> {
        self.inner.watched(releases)
    }

    fn note_rejudged(&self, rejudged: Vec<Rejudged>) -> Answer<'_, ()> {
        self.inner.note_rejudged(rejudged)
    }

    fn forget(
        &self,
        filter: ReleaseFilter,
        departure: Departure,
    ) -> Answer<'_, Vec<RunningRelease>> {
        self.inner.forget(filter, departure)
    }

    fn unlisted(&self) -> Answer<'_, Vec<DecisionId>> {
        self.inner.unlisted()
    }

    fn restore(&self, releases: Vec<Restored>) -> Answer<'_, usize> {
        self.inner.restore(releases)
    }
}

impl Store for Staged {
    fn put_decision(&self, draft: Draft) -> Answer<'_, Arc<Decision>> {
        Box::pin(async move {
            match &self.cue {
                Cue::Wait { arrived, go } => {
                    arrived.add_permits(1);
                    go.acquire().await.unwrap().forget();
                }
                Cue::Panic => panic!("as the test asked"),
                Cue::Fail => return Err(Error::unavailable("no", "the disk `hunter2` is full")),
            }
            self.inner.put_decision(draft).await
        })
    }

    fn waiting(&self) -> usize {
        self.inner.waiting()
    }

    fn decision_of_key<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Arc<Decision>>> {
        self.inner.decision_of_key(key)
    }

    fn decision(&self, id: DecisionId) -> Answer<'_, Option<Arc<Decision>>> {
        self.inner.decision(id)
    }

    fn decisions(
        &self,
        filter: DecisionFilter,
        page: PageRequest,
    ) -> Answer<'_, Page<Arc<Decision>>> {
        self.inner.decisions(filter, page)
    }

    fn scorecard<'a>(
        &'a self,
        service: &'a ServiceRef,
        environment: &'a Environment,
    ) -> Answer<'a, Option<Arc<Scorecard>>> {
        self.inner.scorecard(service, environment)
    }

    fn scorecards(
        &self,
        filter: ScorecardFilter,
        page: PageRequest,
    ) -> Answer<'_, Page<Arc<Scorecard>>> {
        self.inner.scorecards(filter, page)
    }

    fn scorecard_history<'a>(
        &'a self,
        service: &'a ServiceRef,
        environment: &'a Environment,
        page: PageRequest,
    ) -> Answer<'a, Page<ScorecardPoint>> {
        self.inner.scorecard_history(service, environment, page)
    }

    fn files(&self, id: DecisionId) -> Answer<'_, Option<Vec<RecordedFile>>> {
        self.inner.files(id)
    }

    fn blob(&self, digest: Digest) -> Answer<'_, Option<String>> {
        self.inner.blob(digest)
    }

    fn sightings<'a>(
        &'a self,
        service: &'a ServiceRef,
    ) -> Answer<'a, BTreeMap<Sighting, Timestamp>> {
        self.inner.sightings(service)
    }

    fn watch(&self) -> broadcast::Receiver<Arc<Decision>> {
        self.inner.watch()
    }

    fn health(&self) -> Answer<'_, ()> {
        self.inner.health()
    }

    fn close(&self) -> Answer<'_, ()> {
        self.inner.close()
    }
}
