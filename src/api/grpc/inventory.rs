//! `InventoryService`: what runs where, and who has which component.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::{convert, status};
use crate::api::desk::Desk;
use crate::domain::error::Error;
use crate::proto;
use crate::proto::inventory_service_server::InventoryService;

/// Serves `InventoryService`.
#[derive(Clone, Debug)]
pub(super) struct InventoryFace(Arc<Desk>);

impl InventoryFace {
    pub(super) fn new(desk: &Arc<Desk>) -> Self {
        Self(Arc::clone(desk))
    }

    async fn holders(&self, message: proto::WhoHasRequest) -> Result<proto::WhoHasResponse, Error> {
        let proto::WhoHasRequest { component, environment, team, page_size, page_token } = message;
        let page = convert::page_request(page_size, page_token)?;
        let environment = convert::any_environment(&environment)?;
        let team = Some(team).filter(|team| !team.is_empty());
        Ok(convert::holders(self.0.who_has(&component, environment, team, page).await?))
    }

    async fn releases(
        &self,
        message: proto::ListReleasesRequest,
    ) -> Result<proto::ListReleasesResponse, Error> {
        let filter = convert::release_filter(&message)?;
        let page = convert::page_request(message.page_size, message.page_token)?;
        let page = self.0.releases(filter, page).await?;
        Ok(proto::ListReleasesResponse {
            items: page.items.iter().map(convert::release).collect(),
            next_page_token: page.next.unwrap_or_default(),
        })
    }

    async fn components(
        &self,
        message: proto::ListComponentsRequest,
    ) -> Result<proto::ListComponentsResponse, Error> {
        let (service, environment) = convert::history_of(&message.service, &message.environment)?;
        let page = convert::page_request(message.page_size, message.page_token)?;
        let page = self.0.components(&service, &environment, page).await?;
        Ok(proto::ListComponentsResponse {
            items: page.items.iter().map(convert::component).collect(),
            next_page_token: page.next.unwrap_or_default(),
        })
    }

    async fn forgotten(
        &self,
        message: proto::ForgetReleasesRequest,
    ) -> Result<proto::ForgetReleasesResponse, Error> {
        let found = self.0.forget(convert::forget(message)?).await?;
        Ok(proto::ForgetReleasesResponse { items: found.iter().map(convert::release).collect() })
    }
}

#[tonic::async_trait]
impl InventoryService for InventoryFace {
    async fn who_has(
        &self,
        request: Request<proto::WhoHasRequest>,
    ) -> Result<Response<proto::WhoHasResponse>, Status> {
        let id = status::request_id(request.extensions());
        let found = self.holders(request.into_inner()).await;
        found.map(Response::new).map_err(|error| status::refuse(&error, &id))
    }

    async fn list_releases(
        &self,
        request: Request<proto::ListReleasesRequest>,
    ) -> Result<Response<proto::ListReleasesResponse>, Status> {
        let id = status::request_id(request.extensions());
        let found = self.releases(request.into_inner()).await;
        found.map(Response::new).map_err(|error| status::refuse(&error, &id))
    }

    async fn list_components(
        &self,
        request: Request<proto::ListComponentsRequest>,
    ) -> Result<Response<proto::ListComponentsResponse>, Status> {
        let id = status::request_id(request.extensions());
        let found = self.components(request.into_inner()).await;
        found.map(Response::new).map_err(|error| status::refuse(&error, &id))
    }

    async fn forget_releases(
        &self,
        request: Request<proto::ForgetReleasesRequest>,
    ) -> Result<Response<proto::ForgetReleasesResponse>, Status> {
        let id = status::request_id(request.extensions());
        let found = self.forgotten(request.into_inner()).await;
        found.map(Response::new).map_err(|error| status::refuse(&error, &id))
    }
}
