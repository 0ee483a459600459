//! What the embedded record answers of releases that run.

use tokio::sync::oneshot;

use super::{holders, running};
use crate::domain::clock::Timestamp;
use crate::domain::inventory::{
    Held, HolderQuery, Rejudged, ReleaseFilter, ReleaseId, RunningComponent, RunningRelease,
    Troubled, Watched,
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

    fn watched(&self, release: ReleaseId) -> Answer<'_, Option<Watched>> {
        Box::pin(self.readers.read(move |image| running::watched(&image, release)))
    }

    fn note_rejudged(&self, rejudged: Vec<Rejudged>) -> Answer<'_, ()> {
        Box::pin(async move {
            let (answer, answered) = oneshot::channel();
            writer::send(&self.queue, Message::Note(rejudged, answer))?;
            answered.await.unwrap_or_else(|_gone| Err(fault::closed()))
        })
    }
}

/// Where a page begins that is found by names; `None` for the first one.
fn place<K: serde::de::DeserializeOwned>(
    page: &PageRequest,
    list: &str,
) -> Result<Option<K>, crate::domain::error::Error> {
    let Some(cursor) = page.cursor(list)? else { return Ok(None) };
    serde_json::from_slice(&cursor).map(Some).map_err(|_sealed| row::damaged())
}
