//! The HTTP face: JSON under `/v1`, the webhook, and what operators ask.

mod admission;
mod check;
mod decision;
mod events;
mod fault;
mod inventory;
mod operation;
mod policy;
mod query;
mod review;
mod scorecard;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{MethodRouter, get, post};

use super::desk::Desk;
use crate::domain::service::Environment;

pub(crate) use fault::{refusal, status, unshaped};
#[doc(hidden)]
pub use review::path_of;

/// The OpenAPI 3.1 document of this face.
pub const OPENAPI: &str = include_str!("../../proto/openapi.json");

/// What handlers need.
#[derive(Clone, Debug)]
struct Site {
    desk: Arc<Desk>,
    /// Where a cluster's objects go, unless the webhook's address says otherwise.
    admission: Environment,
}

/// A route: method, path, handler.
type Route = (&'static str, &'static str, MethodRouter<Site>);

/// Every route of the main listener. Nothing is registered elsewhere, so that a test can hold it against OPENAPI.
fn table() -> Vec<Route> {
    vec![
        ("post", "/v1/check", post(check::check)),
        ("post", "/v1/check/files", post(check::check_files)),
        ("get", "/v1/decisions", get(decision::list)),
        ("get", "/v1/decisions:watch", get(decision::watch)),
        ("get", "/v1/decisions/{id}", get(decision::one)),
        ("get", "/v1/decisions/{id}/files", get(decision::files)),
        ("get", "/v1/scorecards", get(scorecard::list)),
        ("get", "/v1/scorecards:watch", get(scorecard::watch)),
        ("get", "/v1/services/{kind}/{namespace}/{name}/scorecard", get(scorecard::one)),
        (
            "get",
            "/v1/services/{kind}/{namespace}/{name}/scorecard/history",
            get(scorecard::history),
        ),
        ("get", "/v1/policies", get(policy::list)),
        ("get", "/v1/inventory/who-has", get(inventory::who_has)),
        ("get", "/v1/inventory/releases", get(inventory::releases)),
        ("get", "/v1/inventory/components", get(inventory::components)),
        ("get", "/v1/policies/{code}", get(policy::one)),
        ("get", "/openapi.json", get(operation::openapi)),
        ("get", "/metrics", get(operation::metrics)),
    ]
    .into_iter()
    .chain(admission_table())
    .collect()
}

/// Every route of the admission listener.
fn admission_table() -> Vec<Route> {
    vec![
        ("post", "/admission/v1/validate", post(admission::validate)),
        ("get", "/healthz", get(operation::healthz)),
        ("get", "/readyz", get(operation::readyz)),
    ]
}

/// Method and path of every route of the main listener.
pub fn routes() -> Vec<(&'static str, &'static str)> {
    table().into_iter().map(|(method, path, _)| (method, path)).collect()
}

/// The routes of the main listener.
pub(crate) fn router(desk: &Arc<Desk>, admission: &Environment) -> Router {
    assemble(table(), desk, admission)
}

/// The routes of the admission listener.
pub(crate) fn admission_router(desk: &Arc<Desk>, environment: &Environment) -> Router {
    assemble(admission_table(), desk, environment)
}

fn assemble(table: Vec<Route>, desk: &Arc<Desk>, admission: &Environment) -> Router {
    let site = Site { desk: Arc::clone(desk), admission: admission.clone() };
    table
        .into_iter()
        .fold(Router::new(), |router, (_, path, handler)| router.route(path, handler))
        // Bodies are bounded by a layer of ours, which says how; the library's own bound of multipart bodies is lower.
        .layer(DefaultBodyLimit::disable())
        .fallback(fault::unknown_route)
        .method_not_allowed_fallback(fault::unknown_method)
        .with_state(site)
}

/// Whether this is a probe, which is answered even when the gate is busy.
pub(crate) fn is_probe(path: &str) -> bool {
    matches!(path, "/healthz" | "/readyz" | "/metrics")
}

/// The `timeout` that an API server writes into the webhook's address: the time it will wait.
pub(crate) fn timeout_of_query(query: &str) -> Option<Duration> {
    let written = query.split('&').find_map(|pair| pair.strip_prefix("timeout="))?;
    review::read_duration(written)
}
