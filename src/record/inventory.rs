//! What a record answers of releases that run.

use super::{Answer, DecisionFilter, Page, PageRequest, Store};
use crate::domain::clock::Timestamp;
use crate::domain::decision::DecisionId;
use crate::domain::error::{Error, ErrorKind};
use crate::domain::inventory::{
    Departure, Held, Holder, HolderCounts, HolderQuery, Rejudged, ReleaseFilter, ReleaseId,
    Restored, RunningComponent, RunningRelease, Troubled, Watched,
};
use crate::domain::service::{Environment, ServiceRef};
use crate::domain::suggest;

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

    /// Releases, to be judged again; those that run no more are left out.
    fn watched(&self, releases: Vec<ReleaseId>) -> Answer<'_, Vec<Watched>>;

    /// Notes what releases were judged by, of which nothing new is to be said.
    ///
    /// # Errors
    /// `Unavailable` when the write failed: then nothing was noted.
    fn note_rejudged(&self, rejudged: Vec<Rejudged>) -> Answer<'_, ()>;

    /// Takes out of the list what `filter` names, durably, and tells what it was. Who asks again is told nothing.
    ///
    /// # Errors
    /// `Unavailable` when the write failed: then all of it is still listed.
    fn forget(
        &self,
        filter: ReleaseFilter,
        departure: Departure,
    ) -> Answer<'_, Vec<RunningRelease>>;

    /// The newest decisions that let whole releases in of which nothing is listed, apart from what was taken out since:
    /// those that were made before there was an inventory.
    fn unlisted(&self) -> Answer<'_, Vec<DecisionId>>;

    /// Puts releases into the list of what runs, each as its decision had let it in, unless the list has one by now;
    /// tells how many were put there.
    ///
    /// # Errors
    /// `Unavailable` when the write failed: then none of them was.
    fn restore(&self, releases: Vec<Restored>) -> Answer<'_, usize>;
}

/// Takes what runs of a service out of the list, in one environment or in all; a rehearsal only tells what that would be.
///
/// Asking again for a service that is known is answered with nothing.
///
/// # Errors
/// `NotFound` for a service that the record has never decided about; those of the record.
pub async fn forget(
    store: &dyn Store,
    service: &ServiceRef,
    environment: Option<&Environment>,
    departure: Departure,
    dry_run: bool,
) -> Result<Vec<RunningRelease>, Error> {
    let filter = ReleaseFilter {
        service: Some(service.clone()),
        environment: environment.cloned(),
        ..ReleaseFilter::default()
    };
    let found = if dry_run {
        all_releases(store, &filter).await?
    } else {
        store.forget(filter, departure).await?
    };
    if found.is_empty() {
        know(store, service).await?;
    }
    Ok(found)
}

async fn all_releases(
    store: &dyn Store,
    filter: &ReleaseFilter,
) -> Result<Vec<RunningRelease>, Error> {
    let (mut found, mut page) = (Vec::new(), PageRequest::default());
    loop {
        let Page { items, next } = store.releases(filter.clone(), page).await?;
        found.extend(items);
        let Some(token) = next else { return Ok(found) };
        page = PageRequest { token, ..PageRequest::default() };
    }
}

/// Refuses a service that nobody has ever asked about: its name was meant to be another one.
async fn know(store: &dyn Store, service: &ServiceRef) -> Result<(), Error> {
    let filter = DecisionFilter { service: Some(service.clone()), ..DecisionFilter::default() };
    let page = PageRequest { size: 1, ..PageRequest::default() };
    if !store.decisions(filter, page).await?.items.is_empty() {
        return Ok(());
    }
    let page = PageRequest { size: 500, ..PageRequest::default() };
    let known = store.releases(ReleaseFilter::default(), page).await?.items;
    // Only the name is compared: whatever stands before it is mostly the same.
    let near = suggest::nearest(&service.name, known.iter().map(|it| it.service.name.as_str()));
    let meant = known.iter().find(|release| Some(release.service.name.as_str()) == near);
    let help = meant.map_or_else(
        || "`goldgate inventory list` shows what runs where".to_owned(),
        |release| format!("did you mean `{}`?", release.service),
    );
    let message = format!("the record knows nothing of `{service}`");
    Err(Error::new(ErrorKind::NotFound, message).with_help(help))
}
