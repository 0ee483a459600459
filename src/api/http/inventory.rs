//! `/v1/inventory`.

use axum::Json;
use axum::extract::{Request, State};
use serde::{Deserialize, Serialize};

use super::Site;
use super::check::{read_body, read_json, require_type};
use super::decision::List;
use super::fault::Fault;
use super::query::{Asked, ComponentsQuery, NoQuery, ReleasesQuery, WhoHasQuery, optional};
use crate::api::desk::Forget;
use crate::domain::error::Error;
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

/// What is to be forgotten. A field that is not known is refused: a misspelt environment must not become all of them.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct ForgetBody {
    service: String,
    environment: String,
    actor: String,
    dry_run: bool,
}

/// What was forgotten.
#[derive(Debug, Serialize)]
pub(super) struct Forgotten {
    items: Vec<RunningRelease>,
}

/// Takes what runs of a service out of the list.
pub(super) async fn forget(
    State(site): State<Site>,
    Asked(NoQuery {}): Asked<NoQuery>,
    request: Request,
) -> Result<Json<Forgotten>, Fault> {
    require_type(request.headers(), "application/json")?;
    let bytes = read_body(request).await?;
    let ForgetBody { service, environment, actor, dry_run } = read_json(&bytes)?;
    let wanted = Forget {
        service: service.parse().map_err(|error: Error| error.with_field("service"))?,
        environment: optional("environment", &environment)?,
        actor,
        dry_run,
    };
    Ok(Json(Forgotten { items: site.desk.forget(wanted).await? }))
}
