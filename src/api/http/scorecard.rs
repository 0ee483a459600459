//! `/v1/scorecards` and `/v1/services/…/scorecard`.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use axum::{Extension, Json};

use super::decision::List;
use super::fault::Fault;
use super::query::{Asked, EnvironmentPageQuery, EnvironmentQuery, ScorecardQuery};
use super::{Site, events};
use crate::api::refusal::{self, RequestId};
use crate::api::watch;
use crate::domain::error::Error;
use crate::domain::scorecard::{Scorecard, ScorecardPoint};
use crate::domain::service::ServiceRef;

fn service((kind, namespace, name): (String, String, String)) -> Result<ServiceRef, Error> {
    format!("{kind}:{namespace}/{name}").parse()
}

/// Where a service stands.
pub(super) async fn one(
    State(site): State<Site>,
    Path(path): Path<(String, String, String)>,
    Asked(query): Asked<EnvironmentQuery>,
) -> Result<Json<Arc<Scorecard>>, Fault> {
    let (service, environment) = (service(path)?, query.read()?);
    let card = site.desk.store()?.scorecard(&service, &environment).await?;
    Ok(Json(card.ok_or_else(|| refusal::no_scorecard(&service, &environment))?))
}

/// How it came there, newest first.
pub(super) async fn history(
    State(site): State<Site>,
    Path(path): Path<(String, String, String)>,
    Asked(query): Asked<EnvironmentPageQuery>,
) -> Result<Json<List<ScorecardPoint>>, Fault> {
    let service = service(path)?;
    let (environment, page) = query.read()?;
    Ok(Json(site.desk.store()?.scorecard_history(&service, &environment, page).await?.into()))
}

/// Scorecards, by service and environment.
pub(super) async fn list(
    State(site): State<Site>,
    Asked(query): Asked<ScorecardQuery>,
) -> Result<Json<List<Arc<Scorecard>>>, Fault> {
    let (filter, page) = query.read()?;
    Ok(Json(site.desk.scorecards(filter, page).await?.into()))
}

/// Scorecards after every decision from now on.
pub(super) async fn watch(
    State(site): State<Site>,
    Extension(request): Extension<RequestId>,
    Asked(query): Asked<ScorecardQuery>,
) -> Result<Response, Fault> {
    let (filter, _) = query.read()?;
    let cards = watch::scorecards(&site.desk, filter)?;
    let id_of = |card: &Scorecard| card.decision.to_string();
    Ok(events::answer("scorecard", id_of, cards, request))
}
