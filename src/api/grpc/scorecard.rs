//! `ScorecardService`: where services stand, and how they came there.

use std::pin::Pin;
use std::sync::Arc;

use futures_util::{Stream, StreamExt as _};
use tonic::{Request, Response, Status};

use super::{convert, status};
use crate::api::desk::Desk;
use crate::api::refusal;
use crate::api::watch::{self, Event};
use crate::domain::error::Error;
use crate::domain::scorecard::{Scorecard, ScorecardPoint};
use crate::proto;
use crate::proto::scorecard_service_server::ScorecardService;
use crate::proto::watch_scorecards_response::Event as Told;
use crate::record::Page;

/// Serves `ScorecardService`.
#[derive(Clone, Debug)]
pub(super) struct ScorecardFace(Arc<Desk>);

impl ScorecardFace {
    pub(super) fn new(desk: &Arc<Desk>) -> Self {
        Self(Arc::clone(desk))
    }

    async fn card(&self, message: &proto::GetScorecardRequest) -> Result<Arc<Scorecard>, Error> {
        let (service, environment) = convert::history_of(&message.service, &message.environment)?;
        let card = self.0.store()?.scorecard(&service, &environment).await?;
        card.ok_or_else(|| refusal::no_scorecard(&service, &environment))
    }

    async fn cards(
        &self,
        message: proto::ListScorecardsRequest,
    ) -> Result<Page<Arc<Scorecard>>, Error> {
        let filter = convert::scorecard_filter(&message)?;
        let page = convert::page_request(message.page_size, message.page_token)?;
        self.0.scorecards(filter, page).await
    }

    async fn history(
        &self,
        message: proto::GetScorecardHistoryRequest,
    ) -> Result<Page<ScorecardPoint>, Error> {
        let (service, environment) = convert::history_of(&message.service, &message.environment)?;
        let page = convert::page_request(message.page_size, message.page_token)?;
        self.0.store()?.scorecard_history(&service, &environment, page).await
    }
}

#[tonic::async_trait]
impl ScorecardService for ScorecardFace {
    async fn get_scorecard(
        &self,
        request: Request<proto::GetScorecardRequest>,
    ) -> Result<Response<proto::Scorecard>, Status> {
        let id = status::request_id(request.extensions());
        match self.card(request.get_ref()).await {
            Ok(card) => Ok(Response::new(convert::scorecard(&card))),
            Err(error) => Err(status::refuse(&error, &id)),
        }
    }

    async fn list_scorecards(
        &self,
        request: Request<proto::ListScorecardsRequest>,
    ) -> Result<Response<proto::ListScorecardsResponse>, Status> {
        let id = status::request_id(request.extensions());
        let page = self.cards(request.into_inner()).await;
        let page = page.map_err(|error| status::refuse(&error, &id))?;
        Ok(Response::new(proto::ListScorecardsResponse {
            items: page.items.iter().map(|card| convert::scorecard(card)).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn get_scorecard_history(
        &self,
        request: Request<proto::GetScorecardHistoryRequest>,
    ) -> Result<Response<proto::GetScorecardHistoryResponse>, Status> {
        let id = status::request_id(request.extensions());
        let page = self.history(request.into_inner()).await;
        let page = page.map_err(|error| status::refuse(&error, &id))?;
        Ok(Response::new(proto::GetScorecardHistoryResponse {
            items: page.items.iter().map(convert::point).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    type WatchScorecardsStream =
        Pin<Box<dyn Stream<Item = Result<proto::WatchScorecardsResponse, Status>> + Send>>;

    async fn watch_scorecards(
        &self,
        request: Request<proto::WatchScorecardsRequest>,
    ) -> Result<Response<Self::WatchScorecardsStream>, Status> {
        let id = status::request_id(request.extensions());
        let events = convert::watched_scorecards(request.get_ref())
            .and_then(|filter| watch::scorecards(&self.0, filter))
            .map_err(|error| status::refuse(&error, &id))?;
        let told = events.map(move |event| match event {
            Ok(Event::Item(card)) => Ok(Told::Scorecard(convert::scorecard(&card))),
            Ok(Event::Missed(missed)) => {
                Ok(Told::Missed(u32::try_from(missed).unwrap_or(u32::MAX)))
            }
            Err(error) => Err(status::refuse(&error, &id)),
        });
        let told = told
            .map(|event| event.map(|event| proto::WatchScorecardsResponse { event: Some(event) }));
        Ok(Response::new(Box::pin(told)))
    }
}
