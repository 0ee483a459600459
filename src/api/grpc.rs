//! The gRPC face: `goldgate.v1`, `grpc.health.v1`, reflection and gRPC-Web.

pub mod client;
pub(crate) mod convert;
mod decision;
mod farewell;
mod gate;
mod inventory;
mod policy;
mod scorecard;
pub(crate) mod status;

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::Router;
use axum::middleware;
use axum::response::Response;
use http::HeaderMap;
use prost::Message as _;
use tonic::codec::CompressionEncoding;
use tonic::service::Routes;
use tonic::{Code, Status};
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::HealthServer;
use tonic_web::GrpcWebLayer;
use tower::Layer as _;
use tracing::error;

use super::desk::Desk;
use super::refusal::RequestId;
use crate::domain::error::Error;
use crate::proto;
use crate::proto::decision_service_server::DecisionServiceServer;
use crate::proto::gate_service_server::GateServiceServer;
use crate::proto::inventory_service_server::InventoryServiceServer;
use crate::proto::policy_service_server::PolicyServiceServer;
use crate::proto::scorecard_service_server::ScorecardServiceServer;

pub(crate) use status::read_timeout;
pub(crate) use tonic_health::server::HealthReporter;

/// The services of `goldgate.v1`.
const SERVICES: [&str; 5] = [
    "goldgate.v1.GateService",
    "goldgate.v1.DecisionService",
    "goldgate.v1.ScorecardService",
    "goldgate.v1.PolicyService",
    "goldgate.v1.InventoryService",
];

/// What other services have that are served here.
const FOREIGN_METHODS: [&str; 4] = [
    "/grpc.health.v1.Health/Check",
    "/grpc.health.v1.Health/Watch",
    "/grpc.health.v1.Health/List",
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
];

/// How often readiness is asked for on behalf of `grpc.health.v1`.
const HEALTH_EVERY: Duration = Duration::from_secs(2);

/// Adds every gRPC service to the routes of the HTTP face.
pub(crate) fn services(desk: &Arc<Desk>, http: Router) -> Router {
    let max_bytes = desk.limits().max_message_bytes;
    macro_rules! serve {
        ($routes:expr, $server:ident, $service:expr) => {
            $routes.add_service(
                GrpcWebLayer::new().layer(
                    $server::new($service)
                        .max_decoding_message_size(max_bytes)
                        .max_encoding_message_size(usize::MAX)
                        .accept_compressed(CompressionEncoding::Gzip)
                        .send_compressed(CompressionEncoding::Gzip),
                ),
            )
        };
    }
    let mut routes = Routes::from(http);
    routes = serve!(routes, GateServiceServer, gate::GateFace::new(desk));
    routes = serve!(routes, DecisionServiceServer, decision::DecisionFace::new(desk));
    routes = serve!(routes, ScorecardServiceServer, scorecard::ScorecardFace::new(desk));
    routes = serve!(routes, PolicyServiceServer, policy::PolicyFace::new(desk));
    routes = serve!(routes, InventoryServiceServer, inventory::InventoryFace::new(desk));
    routes.into_axum_router().merge(foreign_services(desk))
}

/// Health and reflection.
fn foreign_services(desk: &Arc<Desk>) -> Router {
    let health = tonic_health::server::HealthService::from_health_reporter(desk.health().clone());
    let health = HealthServer::new(health);
    let mut routes = Routes::from(Router::new()).add_service(GrpcWebLayer::new().layer(health));
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(proto::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        // So that a caller without our files can read what errors carry.
        .register_encoded_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET)
        .build_v1();
    match reflection {
        Ok(reflection) => routes = routes.add_service(reflection),
        // The descriptors are compiled in and a test lists them, so this is a defect that must not stop decisions.
        Err(cause) => error!("Reflection is off: {cause}"),
    }
    let farewell = middleware::from_fn_with_state(Arc::clone(desk), farewell::end_with_server);
    routes.into_axum_router().route_layer(farewell)
}

/// What `grpc.health.v1` answers with.
pub(crate) fn health_reporter() -> HealthReporter {
    HealthReporter::new()
}

/// Keeps `grpc.health.v1` in step with the desk's readiness until the server stops.
pub(crate) async fn report_health(desk: &Arc<Desk>) {
    let mut ticks = tokio::time::interval(HEALTH_EVERY);
    loop {
        let stopped = tokio::select! {
            () = desk.stop().cancelled() => true,
            _ = ticks.tick() => false,
        };
        tell_health(desk).await;
        if stopped {
            return;
        }
    }
}

/// Tells `grpc.health.v1` of the desk's readiness, for every service by its name.
pub(crate) async fn tell_health(desk: &Arc<Desk>) {
    let ready = desk.ready().await.is_ok();
    if !desk.is_news(ready) {
        return;
    }
    let status = if ready { ServingStatus::Serving } else { ServingStatus::NotServing };
    for name in SERVICES.into_iter().chain([""]) {
        desk.health().set_service_status(name, status).await;
    }
}

/// Whether `path` is a method that is served here, so that it may be the label of a counter.
pub(crate) fn is_method(path: &str) -> bool {
    static METHODS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
        let set = prost_types::FileDescriptorSet::decode(proto::DESCRIPTORS).unwrap_or_default();
        let services = set
            .file
            .iter()
            .flat_map(|file| file.service.iter().map(move |service| (file.package(), service)));
        let methods = services.flat_map(|(package, service)| {
            service
                .method
                .iter()
                .map(move |method| format!("/{package}.{}/{}", service.name(), method.name()))
        });
        methods.chain(FOREIGN_METHODS.map(ToOwned::to_owned)).collect()
    });
    METHODS.contains(path)
}

/// The name of the status in the headers of an answer; an answer that begins to stream is `OK` so far.
pub(crate) fn status_name(headers: &HeaderMap) -> &'static str {
    status::name(Status::from_header_map(headers).map_or(Code::Ok, |status| status.code()))
}

/// The error of a status that the library answered without ours, which always has details: it calls a message beyond the
/// limit "out of range", and one that is no protobuf an internal failure.
pub(crate) fn unshaped(headers: &HeaderMap) -> Option<Arc<Error>> {
    let status = Status::from_header_map(headers)?;
    if !status.details().is_empty() {
        return None;
    }
    let error = if status.code() == Code::OutOfRange {
        Error::too_large("the message is larger than the server takes").with_help(
            "hand in fewer files, or raise `serve.maxMessageBytes` in the server's `goldgate.yaml`",
        )
    } else if status.code() == Code::Internal {
        Error::invalid(format!("the message cannot be read: {}", status.message()))
            .with_help("send a message of `goldgate.v1`; reflection describes it")
    } else {
        return None;
    };
    Some(Arc::new(error.with_internal(status.message())))
}

/// The answer for a method that no service has.
pub(crate) fn unimplemented(path: &str) -> Response {
    Status::unimplemented(format!("there is no method `{path}`; reflection lists them")).into_http()
}

/// The answer for an error that a layer refused with.
pub(crate) fn refusal(error: &Error, request: &RequestId) -> Response {
    status::refuse(error, request).into_http()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_service_of_the_package_reports_its_health() {
        let set = prost_types::FileDescriptorSet::decode(proto::DESCRIPTORS).unwrap();
        let services: BTreeSet<String> = set
            .file
            .iter()
            .flat_map(|file| {
                file.service.iter().map(move |it| format!("{}.{}", file.package(), it.name()))
            })
            .collect();
        assert_eq!(services, SERVICES.map(ToOwned::to_owned).into_iter().collect());
    }

    #[test]
    fn only_methods_that_are_served_may_label_a_counter() {
        assert!(is_method("/goldgate.v1.GateService/Check"));
        assert!(!is_method("/goldgate.v1.GateService/Chekc"));
    }
}
