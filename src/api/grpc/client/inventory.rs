//! What a client reads of another goldgate's inventory.

use super::reader::{ask, found, page};
use super::{Client, MAX_ANSWER_BYTES};
use crate::api::grpc::convert;
use crate::domain::error::Error;
use crate::domain::inventory::{ReleaseFilter, RunningComponent, RunningRelease};
use crate::domain::service::{Environment, ServiceRef};
use crate::proto;
use crate::proto::inventory_service_client::InventoryServiceClient;
use crate::record::{Holders, Page, PageRequest};

impl Client {
    /// The releases of the server's record that hold a component.
    ///
    /// # Errors
    /// The server's, and `Unavailable` when it cannot be understood; so for every other question here.
    pub async fn who_has(
        &self,
        component: &str,
        environment: Option<&Environment>,
        team: Option<String>,
        request: PageRequest,
    ) -> Result<Holders, Error> {
        let message = proto::WhoHasRequest {
            component: component.to_owned(),
            environment: environment.map(ToString::to_string).unwrap_or_default(),
            team: team.unwrap_or_default(),
            page_size: convert::page_size(&request),
            page_token: request.token,
        };
        convert::read_holders(ask!(self, InventoryServiceClient, who_has, message)?)
    }

    /// What runs, by service, environment and part.
    pub async fn releases(
        &self,
        filter: &ReleaseFilter,
        request: PageRequest,
    ) -> Result<Page<RunningRelease>, Error> {
        let message = convert::list_releases(filter, request);
        let answer = ask!(self, InventoryServiceClient, list_releases, message)?;
        page(answer.items, answer.next_page_token, convert::read_release)
    }

    /// The components of a service in an environment; `None` when nothing of it runs there.
    pub async fn components(
        &self,
        service: &ServiceRef,
        environment: &Environment,
        request: PageRequest,
    ) -> Result<Option<Page<RunningComponent>>, Error> {
        let message = proto::ListComponentsRequest {
            service: service.to_string(),
            environment: environment.to_string(),
            page_size: convert::page_size(&request),
            page_token: request.token,
        };
        let answer = found(ask!(self, InventoryServiceClient, list_components, message))?;
        let read = |component| Ok(convert::read_component(component));
        answer.map(|answer| page(answer.items, answer.next_page_token, read)).transpose()
    }

    /// Takes what runs of a service out of the server's list; a rehearsal only tells what that would be.
    pub async fn forget(
        &self,
        service: &ServiceRef,
        environment: Option<&Environment>,
        actor: &str,
        dry_run: bool,
    ) -> Result<Vec<RunningRelease>, Error> {
        let message = proto::ForgetReleasesRequest {
            service: service.to_string(),
            environment: environment.map(ToString::to_string).unwrap_or_default(),
            actor: actor.to_owned(),
            dry_run,
        };
        let answer = ask!(self, InventoryServiceClient, forget_releases, message)?;
        answer.items.into_iter().map(convert::read_release).collect()
    }
}
