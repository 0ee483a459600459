//! What is asked of the inventory.

use serde::Deserialize;

use super::{optional, page, text};
use crate::domain::error::Error;
use crate::domain::inventory::ReleaseFilter;
use crate::domain::service::{Environment, ServiceRef};
use crate::record::PageRequest;

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::api::http) struct WhoHasQuery {
    component: String,
    environment: String,
    team: String,
    page_size: String,
    page_token: String,
}

/// A component, an environment, a team, and which page.
pub(in crate::api::http) type WhoHas = (String, Option<Environment>, Option<String>, PageRequest);

impl WhoHasQuery {
    pub(in crate::api::http) fn read(self) -> Result<WhoHas, Error> {
        let environment = optional("environment", &self.environment)?;
        let page = page(&self.page_size, self.page_token)?;
        Ok((self.component, environment, text(self.team), page))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::api::http) struct ReleasesQuery {
    service: String,
    environment: String,
    team: String,
    page_size: String,
    page_token: String,
}

impl ReleasesQuery {
    pub(in crate::api::http) fn read(self) -> Result<(ReleaseFilter, PageRequest), Error> {
        let filter = ReleaseFilter {
            service: optional("service", &self.service)?,
            environment: optional("environment", &self.environment)?,
            team: text(self.team),
            part: None,
        };
        Ok((filter, page(&self.page_size, self.page_token)?))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::api::http) struct ComponentsQuery {
    service: String,
    environment: String,
    page_size: String,
    page_token: String,
}

impl ComponentsQuery {
    pub(in crate::api::http) fn read(
        self,
    ) -> Result<(ServiceRef, Environment, PageRequest), Error> {
        let service = self.service.parse().map_err(|error: Error| error.with_field("service"))?;
        let environment = optional("environment", &self.environment)?.unwrap_or_default();
        Ok((service, environment, page(&self.page_size, self.page_token)?))
    }
}
