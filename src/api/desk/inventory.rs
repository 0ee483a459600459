//! The inventory at the desk.

use tracing::{info, warn};

use super::Desk;
use crate::domain::error::{Error, ErrorKind};
use crate::domain::inventory::{Departure, ReleaseFilter, RunningComponent, RunningRelease};
use crate::domain::service::{Environment, ServiceRef};
use crate::gate::inventory::ComponentRange;
use crate::record::{self, Holders, Page, PageRequest, Store};

/// What is to be taken out of the list of what runs.
#[derive(Debug)]
pub(crate) struct Forget {
    /// Whatever runs of this service.
    pub(crate) service: ServiceRef,
    /// In this environment, or in all.
    pub(crate) environment: Option<Environment>,
    /// Who asks; empty when nobody said.
    pub(crate) actor: String,
    /// Only tell.
    pub(crate) dry_run: bool,
}

impl Desk {
    /// The releases that hold a component, written as a package URL with a range of versions.
    ///
    /// # Errors
    /// Those of the record; `Invalid` for what is no such range, and when nobody has it in an environment that there is not.
    pub(crate) async fn who_has(
        &self,
        component: &str,
        environment: Option<Environment>,
        team: Option<String>,
        page: PageRequest,
    ) -> Result<Holders, Error> {
        let range: ComponentRange = component.parse()?;
        let query = range.into_query(environment.clone(), team);
        let found = self.store()?.who_has(query, page).await?;
        if found.page.items.is_empty() {
            self.gate().revision().know(environment.as_ref(), None)?;
        }
        Ok(found)
    }

    /// What runs, by service, environment and part.
    ///
    /// # Errors
    /// Those of the record; `Invalid` when there is none since the filter names what does not exist.
    pub(crate) async fn releases(
        &self,
        filter: ReleaseFilter,
        page: PageRequest,
    ) -> Result<Page<RunningRelease>, Error> {
        let environment = filter.environment.clone();
        let found = self.store()?.releases(filter, page).await?;
        if found.items.is_empty() {
            self.gate().revision().know(environment.as_ref(), None)?;
        }
        Ok(found)
    }

    /// The components of a service that runs.
    ///
    /// # Errors
    /// Those of the record; `NotFound` when nothing of it runs there.
    pub(crate) async fn components(
        &self,
        service: &ServiceRef,
        environment: &Environment,
        page: PageRequest,
    ) -> Result<Page<RunningComponent>, Error> {
        let found = self.store()?.components(service, environment, page).await?;
        found.ok_or_else(|| {
            let message = format!("nothing of `{service}` runs in `{environment}`");
            Error::new(ErrorKind::NotFound, message)
                .with_help("`goldgate inventory list` shows what runs where")
        })
    }

    /// Takes what runs of a service out of the list; a rehearsal only tells what that would be.
    ///
    /// # Errors
    /// Those of the record; `NotFound` for a service that it has never decided about, `Invalid` for an environment that
    /// there is not.
    pub(crate) async fn forget(&self, wanted: Forget) -> Result<Vec<RunningRelease>, Error> {
        let Forget { service, environment, actor, dry_run } = wanted;
        self.gate().revision().know(environment.as_ref(), None)?;
        let departure = self.gate().departure(&actor);
        let (store, environment) = (self.store()?, environment.as_ref());
        let found = record::forget(&**store, &service, environment, departure, dry_run).await?;
        if !dry_run {
            tell(&found, &actor);
        }
        Ok(found)
    }

    /// Takes an object that a cluster deletes out of the list. It is deleted in any case, so that a failure is told in
    /// the log alone.
    pub(crate) async fn deleted(&self, environment: &Environment, part: &str, actor: &str) {
        let Some(store) = self.gate().store() else { return };
        let filter = ReleaseFilter {
            environment: Some(environment.clone()),
            part: Some(part.to_owned()),
            ..ReleaseFilter::default()
        };
        match departed(&**store, filter, self.gate().departure(actor)).await {
            Ok(found) => tell(&found, actor),
            Err(error) => warn!(
                part,
                %environment,
                error = error.internal(),
                "Cannot take a deleted object out of the inventory: {}",
                error.external()
            ),
        }
    }
}

/// Most of what a cluster deletes was never listed: then nothing is written.
async fn departed(
    store: &dyn Store,
    filter: ReleaseFilter,
    departure: Departure,
) -> Result<Vec<RunningRelease>, Error> {
    let page = PageRequest { size: 1, ..PageRequest::default() };
    if store.releases(filter.clone(), page).await?.items.is_empty() {
        return Ok(Vec::new());
    }
    store.forget(filter, departure).await
}

fn tell(releases: &[RunningRelease], actor: &str) {
    for RunningRelease { service, environment, part, decision, .. } in releases {
        info!(%service, %environment, part, decision.id = %decision, actor, "Runs no more");
    }
}
