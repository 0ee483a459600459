//! What a record answers of releases that run.

use super::{Answer, Page, PageRequest};
use crate::domain::clock::Timestamp;
use crate::domain::inventory::{
    Held, Holder, HolderCounts, HolderQuery, Rejudged, ReleaseFilter, ReleaseId, RunningComponent,
    RunningRelease, Troubled, Watched,
};
use crate::domain::service::{Environment, ServiceRef};

/// Who holds a package.
#[derive(Clone, Debug)]
pub struct Holders {
    /// One page of them, by service, environment, part, ecosystem and version.
    pub page: Page<Holder>,
    /// How many there are over all pages.
    pub counts: HolderCounts,
}

/// Which release runs where, and which packages it holds.
pub trait Inventory {
    /// The releases that hold a package in the versions that are asked for.
    ///
    /// # Errors
    /// `Invalid` for a token that this question did not give out, `Unavailable` when the record cannot be read.
    fn who_has(&self, query: HolderQuery, page: PageRequest) -> Answer<'_, Holders>;

    /// What runs, by service, environment and part.
    fn releases(
        &self,
        filter: ReleaseFilter,
        page: PageRequest,
    ) -> Answer<'_, Page<RunningRelease>>;

    /// The components of a service in an environment, by name and version; `None` when nothing of it runs there.
    fn components<'a>(
        &'a self,
        service: &'a ServiceRef,
        environment: &'a Environment,
        page: PageRequest,
    ) -> Answer<'a, Option<Page<RunningComponent>>>;

    /// Every version of every package that was ever held.
    fn held(&self) -> Answer<'_, Vec<Held>>;

    /// The releases whose troubles are not those that they were last judged by, with the sum of what troubles them now;
    /// and those one of whose grace periods is over. Every sum begins with `base`; a release without bills is none of them.
    fn stale(
        &self,
        troubled: Vec<Troubled>,
        base: u64,
        now: Timestamp,
    ) -> Answer<'_, Vec<(ReleaseId, u64)>>;

    /// A release, to be judged again; `None` when it runs no more.
    fn watched(&self, release: ReleaseId) -> Answer<'_, Option<Watched>>;

    /// Notes what releases were judged by, of which nothing new is to be said.
    ///
    /// # Errors
    /// `Unavailable` when the write failed: then nothing was noted.
    fn note_rejudged(&self, rejudged: Vec<Rejudged>) -> Answer<'_, ()>;
}
