//! What operators and machines ask about the server itself.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;

use super::fault::Fault;
use super::{OPENAPI, Site};
use crate::api::metrics;

/// The process answers.
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// The gate can decide and record.
pub(super) async fn readyz(State(site): State<Site>) -> Result<&'static str, Fault> {
    site.desk.ready().await?;
    Ok("ready\n")
}

/// Counters for Prometheus.
pub(super) async fn metrics(State(site): State<Site>) -> Result<Response, Fault> {
    let waiting = site.desk.gate().store().map_or(0, |store| store.waiting());
    let gate = site.desk.gate();
    let metrics = site.desk.metrics();
    metrics.show_engines(gate.comparisons(), gate.test_counts());
    let text = metrics.text(waiting, gate.troubles())?;
    Ok(([(CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response())
}

/// The description of this face.
pub(super) async fn openapi() -> Response {
    ([(CONTENT_TYPE, "application/json")], OPENAPI).into_response()
}
