//! `/v1/decisions`.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use axum::{Extension, Json};
use serde::Serialize;

use super::fault::Fault;
use super::query::{Asked, DecisionQuery, WatchQuery};
use super::{Site, events};
use crate::api::refusal::RequestId;
use crate::api::watch;
use crate::domain::decision::Decision;
use crate::domain::digest::Digest;
use crate::record::{FileText, Page};

/// A page of any list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct List<T> {
    items: Vec<T>,
    next_page_token: String,
}

impl<T> From<Page<T>> for List<T> {
    fn from(page: Page<T>) -> Self {
        Self { items: page.items, next_page_token: page.next.unwrap_or_default() }
    }
}

/// A decision.
pub(super) async fn one(
    State(site): State<Site>,
    Path(id): Path<String>,
) -> Result<Json<Arc<Decision>>, Fault> {
    Ok(Json(site.desk.decision(&id).await?))
}

/// A file as the record holds it, as JSON.
#[derive(Debug, Serialize)]
pub(super) struct FileBody {
    path: String,
    digest: Digest,
    text: String,
}

/// The files that the findings of a decision point into.
pub(super) async fn files(
    State(site): State<Site>,
    Path(id): Path<String>,
) -> Result<Json<List<FileBody>>, Fault> {
    let body = |FileText { path, digest, text }| FileBody { path, digest, text };
    let items = site.desk.files(&id).await?.into_iter().map(body).collect();
    Ok(Json(Page { items, next: None }.into()))
}

/// Decisions, newest first.
pub(super) async fn list(
    State(site): State<Site>,
    Asked(query): Asked<DecisionQuery>,
) -> Result<Json<List<Arc<Decision>>>, Fault> {
    let (filter, page) = query.read()?;
    Ok(Json(site.desk.decisions(filter, page).await?.into()))
}

/// Decisions from now on.
pub(super) async fn watch(
    State(site): State<Site>,
    Extension(request): Extension<RequestId>,
    Asked(query): Asked<WatchQuery>,
) -> Result<Response, Fault> {
    let decisions = watch::decisions(&site.desk, query.read()?)?;
    let id_of = |decision: &Decision| decision.id.to_string();
    Ok(events::answer("decision", id_of, decisions, request))
}
