//! Errors as JSON: `{"error": {"kind", "message", "field", "help", "requestId"}}`, for everything that goes wrong.

use std::sync::Arc;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Serialize;

use crate::api::desk::Face;
use crate::api::refusal::{self, RequestId};
use crate::api::{grpc, layers};
use crate::domain::error::{Error, ErrorKind};

/// The status of each kind. Source: ARCHITECTURE.md, "Errors".
pub(crate) const fn status(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::Invalid => StatusCode::BAD_REQUEST,
        ErrorKind::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorKind::Forbidden => StatusCode::FORBIDDEN,
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorKind::Exhausted => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::Deadline => StatusCode::GATEWAY_TIMEOUT,
        ErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// What a handler answers when it cannot: the outermost layer writes it.
#[derive(Debug)]
pub(super) struct Fault {
    error: Error,
    /// A status that says more than the kind's: 405, 415.
    status: Option<StatusCode>,
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self { error, status: None }
    }
}

impl Fault {
    /// The same fault with a status that says more than its kind's.
    pub(super) fn with_status(error: Error, status: StatusCode) -> Self {
        Self { error, status: Some(status) }
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut response = layers::carry(self.error);
        if let Some(status) = self.status {
            *response.status_mut() = status;
        }
        response
    }
}

#[derive(Serialize)]
struct Envelope<'a> {
    error: Body<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    kind: &'static str,
    message: &'a str,
    field: &'a str,
    help: &'a str,
    request_id: &'a str,
}

/// The answer for an error that `carrier` carried.
pub(crate) fn refusal(error: &Error, request: &RequestId, carrier: &Response) -> Response {
    refusal::log(error, request);
    let body = Envelope {
        error: Body {
            kind: error.kind().as_str(),
            message: error.external(),
            field: error.field().unwrap_or_default(),
            help: error.help().unwrap_or_default(),
            request_id: request.as_str(),
        },
    };
    // Strings only: this cannot fail, and an empty body would still carry the status.
    let body = serde_json::to_vec(&body).unwrap_or_default();
    let mut response = (carrier.status(), body).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(delay) = refusal::retry_after(error.kind()) {
        headers.insert(RETRY_AFTER, HeaderValue::from(delay.as_secs().max(1)));
    }
    if let Some(allowed) = carrier.headers().get(ALLOW) {
        headers.insert(ALLOW, allowed.clone());
    }
    response
}

/// The error of a response that a library wrote without ours.
pub(crate) fn unshaped(response: &Response) -> Option<Arc<Error>> {
    let status = response.status();
    let is_json = |headers: &HeaderMap| {
        headers
            .get(CONTENT_TYPE)
            .is_some_and(|value| value.as_bytes().starts_with(b"application/json"))
    };
    if !(status.is_client_error() || status.is_server_error()) || is_json(response.headers()) {
        return None;
    }
    let reason = status.canonical_reason().unwrap_or("the request was refused").to_lowercase();
    Some(Arc::new(if status.is_server_error() {
        Error::internal_fault(format!("a library answered {status}"))
    } else {
        Error::invalid(reason)
    }))
}

/// What is asked for under a path that does not exist.
pub(super) async fn unknown_route(request: Request) -> Response {
    match layers::face_of(&request) {
        Face::Grpc => grpc::unimplemented(request.uri().path()),
        Face::Http | Face::Admission => layers::carry(
            Error::not_found("route", request.uri().path())
                .with_help("`GET /openapi.json` lists them"),
        ),
    }
}

/// What is asked for with a method that the path does not have.
pub(super) async fn unknown_method(request: Request) -> Fault {
    let (method, path) = (request.method(), request.uri().path());
    let error = Error::invalid(format!("`{path}` does not take {method}"))
        .with_help("`GET /openapi.json` lists the methods of every route");
    Fault::with_status(error, StatusCode::METHOD_NOT_ALLOWED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_status_on_both_faces() {
        let table = ErrorKind::ALL.map(|kind| {
            (kind.as_str(), status(kind).as_u16(), grpc::status::name(grpc::status::code(kind)))
        });
        assert_eq!(
            table,
            [
                ("invalid", 400, "INVALID_ARGUMENT"),
                ("unauthenticated", 401, "UNAUTHENTICATED"),
                ("forbidden", 403, "PERMISSION_DENIED"),
                ("not_found", 404, "NOT_FOUND"),
                ("conflict", 409, "ABORTED"),
                ("too_large", 413, "RESOURCE_EXHAUSTED"),
                ("exhausted", 429, "RESOURCE_EXHAUSTED"),
                ("unavailable", 503, "UNAVAILABLE"),
                ("deadline", 504, "DEADLINE_EXCEEDED"),
                ("internal", 500, "INTERNAL"),
            ]
        );
    }
}
