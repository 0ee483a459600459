//! The edges: gRPC, HTTP and the admission webhook, on one stack of layers, all of them asking the same gate.
//!
//! A face converts once, at its edge, and speaks the words of the domain from there on. What every face needs is at
//! the [`Desk`]: the gate, the limits, the counters, and whether the server still takes requests.

mod body;
mod desk;
mod grpc;
mod http;
mod layers;
mod metrics;
mod refusal;
mod shelf;
mod watch;

pub use desk::{Desk, Limits};
pub use grpc::client;
#[doc(hidden)]
pub use http::path_of;
pub use http::{OPENAPI, routes};

use std::sync::Arc;

use axum::Router;
use layers::Names;

use crate::domain::service::Environment;

/// The router of the main listener: gRPC, gRPC-Web and HTTP on one port.
pub fn router(desk: &Arc<Desk>, admission: &Environment) -> Router {
    layers::stack(grpc::services(desk, http::router(desk, admission)), desk, Names::Local)
}

/// The router of the admission listener: the webhook and the probes, nothing else.
pub fn admission_router(desk: &Arc<Desk>, environment: &Environment) -> Router {
    layers::stack(http::admission_router(desk, environment), desk, Names::Any)
}

/// Tells `grpc.health.v1` of the desk's readiness, so that no caller finds a service that is not known to it.
pub async fn tell_health(desk: &Arc<Desk>) {
    grpc::tell_health(desk).await;
}

/// Keeps `grpc.health.v1` in step with the desk's readiness until the server stops.
pub async fn report_health(desk: &Arc<Desk>) {
    grpc::report_health(desk).await;
}
