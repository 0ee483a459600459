//! What the embedded record answers of releases that run.

use tokio::sync::oneshot;

use super::{gone, holders, running};
use crate::domain::clock::Timestamp;
use crate::domain::decision::DecisionId;
use crate::domain::error::Error;
use crate::domain::inventory::{
    Departure, Held, HolderQuery, Rejudged, ReleaseFilter, ReleaseId, Restored, RunningComponent,
    RunningRelease, Troubled, Watched,
};
use crate::domain::service::{Environment, ServiceRef};
use crate::record::sqlite::rows::Image;
use crate::record::sqlite::writer::{self, Message};
use crate::record::sqlite::{SqliteStore, fault};
use crate::record::{Answer, Holders, Inventory, Page, PageRequest, row};

impl Inventory for SqliteStore {
    fn who_has(&self, query: HolderQuery, page: PageRequest) -> Answer<'_, Holders> {
        Box::pin(async move {
            let list = format!("holders {query:?}");
            let (after, limit) = (place(&page, &list)?, page.limit());
            let read =
                move |image: Image<'_>| holders::who_has(&image, &query, after.as_ref(), limit + 1);
            let (found, counts) = self.readers.read(read).await?;
            let page = page.cut(&list, found, |key| serde_json::to_vec(key).unwrap_or_default());
            Ok(Holders { page, counts })
        })
    }

    fn releases(
        &self,
        filter: ReleaseFilter,
        page: PageRequest,
    ) -> Answer<'_, Page<RunningRelease>> {
        Box::pin(async move {
            let list = format!("releases {filter:?}");
            let (after, limit) = (place(&page, &list)?.unwrap_or_default(), page.limit());
            let read = self
                .readers
                .read(move |image| running::releases(&image, &filter, &after, limit + 1));
            let found = read.await?;
            Ok(page.cut(&list, found, |key| serde_json::to_vec(key).unwrap_or_default()))
        })
    }

    fn components<'a>(
        &'a self,
        service: &'a ServiceRef,
        environment: &'a Environment,
        page: PageRequest,
    ) -> Answer<'a, Option<Page<RunningComponent>>> {
        Box::pin(async move {
            let list = format!("components {service} {environment}");
            let (from, limit) = (place(&page, &list)?.unwrap_or(0_usize), page.limit());
            let (service, environment) = (service.clone(), environment.clone());
            let read =
                self.readers.read(move |image| running::components(&image, &service, &environment));
            let Some(components) = read.await? else { return Ok(None) };
            let found = components.into_iter().enumerate().skip(from).take(limit + 1);
            let found = found.map(|(index, component)| (index + 1, component)).collect();
            Ok(Some(page.cut(&list, found, |next| next.to_string().into_bytes())))
        })
    }

    fn held(&self) -> Answer<'_, Vec<Held>> {
        Box::pin(self.readers.read(|image| running::held(&image)))
    }

    fn stale(
        &self,
        troubled: Vec<Troubled>,
        base: u64,
        now: Timestamp,
    ) -> Answer<'_, Vec<(ReleaseId, u64)>> {
        Box::pin(self.readers.read(move |image| holders::stale(&image, &troubled, base, now)))
    }

    fn watched(&self, releases: Vec<ReleaseId>) -> Answer<'_, Vec<Watched>> {
        Box::pin(self.readers.read(move |image| {
            let all = releases.iter().map(|release| running::watched(&image, *release));
            all.filter_map(Result::transpose).collect()
        }))
    }

    fn note_rejudged(&self, rejudged: Vec<Rejudged>) -> Answer<'_, ()> {
        Box::pin(self.ask(|answer| Message::Note(rejudged, answer)))
    }

    fn forget(
        &self,
        filter: ReleaseFilter,
        departure: Departure,
    ) -> Answer<'_, Vec<RunningRelease>> {
        Box::pin(self.ask(|answer| Message::Forget(Box::new((filter, departure)), answer)))
    }

    fn unlisted(&self) -> Answer<'_, Vec<DecisionId>> {
        Box::pin(self.readers.read(|image| gone::unlisted(&image)))
    }

    fn restore(&self, releases: Vec<Restored>) -> Answer<'_, usize> {
        Box::pin(async move {
            let packed = |Restored { decision, arrival }| {
                Ok((decision, super::PackedArrival::new(arrival)?))
            };
            let packed = releases.into_iter().map(packed).collect::<Result<_, Error>>()?;
            self.ask(|answer| Message::Restore(packed, answer)).await
        })
    }
}

impl SqliteStore {
    /// Asks the writer for something that is no decision.
    async fn ask<T>(
        &self,
        message: impl FnOnce(oneshot::Sender<Result<T, Error>>) -> Message,
    ) -> Result<T, Error> {
        let (answer, answered) = oneshot::channel();
        writer::send(&self.queue, message(answer))?;
        answered.await.unwrap_or_else(|_gone| Err(fault::closed()))
    }
}

/// Where a page begins that is found by names; `None` for the first one.
fn place<K: serde::de::DeserializeOwned>(
    page: &PageRequest,
    list: &str,
) -> Result<Option<K>, Error> {
    let Some(cursor) = page.cursor(list)? else { return Ok(None) };
    serde_json::from_slice(&cursor).map(Some).map_err(|_sealed| row::damaged())
}
