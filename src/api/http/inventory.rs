//! `/v1/inventory`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::Site;
use super::decision::List;
use super::fault::Fault;
use super::query::{Asked, ComponentsQuery, ReleasesQuery, WhoHasQuery};
use crate::domain::inventory::{Holder, HolderCounts, RunningComponent, RunningRelease};

/// A page of holders, and how many there are.
#[derive(Debug, Serialize)]
pub(super) struct HolderList {
    #[serde(flatten)]
    page: List<Holder>,
    #[serde(flatten)]
    counts: HolderCounts,
}

/// The releases that hold a component.
pub(super) async fn who_has(
    State(site): State<Site>,
    Asked(query): Asked<WhoHasQuery>,
) -> Result<Json<HolderList>, Fault> {
    let (component, environment, team, page) = query.read()?;
    let found = site.desk.who_has(&component, environment, team, page).await?;
    Ok(Json(HolderList { page: found.page.into(), counts: found.counts }))
}

/// What runs.
pub(super) async fn releases(
    State(site): State<Site>,
    Asked(query): Asked<ReleasesQuery>,
) -> Result<Json<List<RunningRelease>>, Fault> {
    let (filter, page) = query.read()?;
    Ok(Json(site.desk.releases(filter, page).await?.into()))
}

/// The components of a service that runs.
pub(super) async fn components(
    State(site): State<Site>,
    Asked(query): Asked<ComponentsQuery>,
) -> Result<Json<List<RunningComponent>>, Fault> {
    let (service, environment, page) = query.read()?;
    Ok(Json(site.desk.components(&service, &environment, page).await?.into()))
}
