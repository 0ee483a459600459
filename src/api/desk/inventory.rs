//! The inventory at the desk.

use super::Desk;
use crate::domain::error::{Error, ErrorKind};
use crate::domain::inventory::{ReleaseFilter, RunningComponent, RunningRelease};
use crate::domain::service::{Environment, ServiceRef};
use crate::gate::inventory::ComponentRange;
use crate::record::{Holders, Page, PageRequest};

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
}
