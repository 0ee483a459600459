//! `DecisionService`: the record, read.

use std::pin::Pin;
use std::sync::Arc;

use futures_util::{Stream, StreamExt as _};
use tonic::{Request, Response, Status};

use super::{convert, status};
use crate::api::desk::Desk;
use crate::api::watch::{self, Event};
use crate::domain::decision::Decision;
use crate::domain::error::Error;
use crate::proto;
use crate::proto::decision_service_server::DecisionService;
use crate::proto::watch_decisions_response::Event as Told;
use crate::record::Page;

/// Serves `DecisionService`.
#[derive(Clone, Debug)]
pub(super) struct DecisionFace(Arc<Desk>);

impl DecisionFace {
    pub(super) fn new(desk: &Arc<Desk>) -> Self {
        Self(Arc::clone(desk))
    }

    async fn decisions(
        &self,
        message: proto::ListDecisionsRequest,
    ) -> Result<Page<Arc<Decision>>, Error> {
        let filter = convert::decision_filter(&message)?;
        let page = convert::page_request(message.page_size, message.page_token)?;
        self.0.decisions(filter, page).await
    }
}

#[tonic::async_trait]
impl DecisionService for DecisionFace {
    async fn get_decision(
        &self,
        request: Request<proto::GetDecisionRequest>,
    ) -> Result<Response<proto::Decision>, Status> {
        let id = status::request_id(request.extensions());
        match self.0.decision(&request.get_ref().id).await {
            Ok(decision) => Ok(Response::new(convert::decision(&decision))),
            Err(error) => Err(status::refuse(&error, &id)),
        }
    }

    async fn list_decisions(
        &self,
        request: Request<proto::ListDecisionsRequest>,
    ) -> Result<Response<proto::ListDecisionsResponse>, Status> {
        let id = status::request_id(request.extensions());
        let page = self.decisions(request.into_inner()).await;
        let page = page.map_err(|error| status::refuse(&error, &id))?;
        Ok(Response::new(proto::ListDecisionsResponse {
            items: page.items.iter().map(|decision| convert::decision(decision)).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn list_decision_files(
        &self,
        request: Request<proto::ListDecisionFilesRequest>,
    ) -> Result<Response<proto::ListDecisionFilesResponse>, Status> {
        let id = status::request_id(request.extensions());
        let files = self.0.files(&request.get_ref().id).await;
        let files = files.map_err(|error| status::refuse(&error, &id))?;
        Ok(Response::new(proto::ListDecisionFilesResponse {
            items: files.into_iter().map(convert::file).collect(),
            next_page_token: String::new(),
        }))
    }

    type WatchDecisionsStream =
        Pin<Box<dyn Stream<Item = Result<proto::WatchDecisionsResponse, Status>> + Send>>;

    async fn watch_decisions(
        &self,
        request: Request<proto::WatchDecisionsRequest>,
    ) -> Result<Response<Self::WatchDecisionsStream>, Status> {
        let id = status::request_id(request.extensions());
        let events = convert::watched_decisions(request.get_ref())
            .and_then(|filter| watch::decisions(&self.0, filter))
            .map_err(|error| status::refuse(&error, &id))?;
        let told = events.map(move |event| match event {
            Ok(Event::Item(decision)) => Ok(Told::Decision(convert::decision(&decision))),
            Ok(Event::Missed(missed)) => {
                Ok(Told::Missed(u32::try_from(missed).unwrap_or(u32::MAX)))
            }
            Err(error) => Err(status::refuse(&error, &id)),
        });
        let told = told
            .map(|event| event.map(|event| proto::WatchDecisionsResponse { event: Some(event) }));
        Ok(Response::new(Box::pin(told)))
    }
}
