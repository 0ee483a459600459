//! The layers of both servers: what happens to every request of every face before it reaches its handler.
//!
//! They are our own, since every refusal must have the shape of its face (a JSON error, a gRPC status, a review), carry the
//! request's id, spare the probes and count towards one bound for both servers; `tower` and `tower-http` answer with bare
//! statuses or fail the service. Only what needs no answer of its own is theirs: unpacking a body.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use http::StatusCode;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HOST, HeaderMap, HeaderValue, ORIGIN};
use tokio::time::Instant;
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_http::decompression::RequestDecompressionLayer;
use tracing::{Instrument as _, debug_span};

use super::body::{Budget, Counted};
use super::desk::{Desk, Face};
use super::grpc;
use super::http as face;
use super::refusal::{Refused, RequestId};
use crate::domain::error::{Error, ErrorKind};

/// The header that names a request, in both directions.
const REQUEST_ID: &str = "x-request-id";

/// A path of many messages, whose body has no length to bound.
const BATCH: &str = "/goldgate.v1.GateService/BatchCheck";

/// How a body may be packed.
const ENCODINGS: [&str; 5] = ["gzip", "deflate", "br", "zstd", "identity"];

/// The routes of a server behind its layers.
///
/// All layers are one to `axum`, since each of its own would copy and box whatever is inside it for every request.
pub(crate) fn stack(routes: Router, desk: &Arc<Desk>, names: Names) -> Router {
    let limits = desk.limits();
    let budget = Budget::new(limits.max_buffered_bytes, limits.max_message_bytes);
    let front = Arc::new(Front { desk: Arc::clone(desk), names, budget });
    routes.layer(middleware::from_fn_with_state(front, pass))
}

/// What the layers of a server know.
struct Front {
    desk: Arc<Desk>,
    names: Names,
    budget: Budget,
}

/// Takes a request through every layer. They are put around each other, innermost first.
async fn pass(State(front): State<Arc<Front>>, request: Request, next: Next) -> Response {
    let Front { desk, names, budget } = &*front;
    let next = async |request| next.run(request).await;
    // A defect costs its own request and nothing else.
    let next = async |request| catch_panic(request, next).await;
    // Memory for bodies is bounded, for one request and for all of them.
    let next = async |request| bound_body(budget, request, next).await;
    // Before the bound, which therefore counts what a small body unpacks to.
    let next = async |request| unpack(request, next).await;
    // Ours is shorter than the caller's, so that the answer is a reasoned one.
    let next = async |request| keep_deadline(desk, request, next).await;
    // Overload is refused at once: a queue would only make every answer late.
    let next = async |request| take_place(desk, request, next).await;
    // A web page in the operator's browser is not a caller.
    let next = async |request| keep_pages_out(desk, *names, request, next).await;
    // One place gives every error its shape, whichever layer it comes from.
    let next = async |request| shape(request, next).await;
    // Refusals count as well: overload must be seen.
    let next = async |request| count(desk, request, next).await;
    // Outside everything that can refuse, so that refusals can be traced.
    let next = async |request| trace(request, next).await;
    // Every answer names its request, a refusal too.
    identify(request, next).await
}

/// By which names a server may be addressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Names {
    /// By those of this machine, and those that are configured.
    Local,
    /// By any: its certificate says who it is.
    Any,
}

/// The face that a request came to.
pub(crate) fn face_of(request: &Request) -> Face {
    let content_type = request.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    if content_type.is_some_and(|value| value.starts_with(b"application/grpc")) {
        return Face::Grpc;
    }
    if request.uri().path().starts_with("/admission/") { Face::Admission } else { Face::Http }
}

/// What is inside a layer.
trait Inner: AsyncFnOnce(Request) -> Response {}

impl<F: AsyncFnOnce(Request) -> Response> Inner for F {}

async fn identify(mut request: Request, next: impl Inner) -> Response {
    let written = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let id = written.and_then(RequestId::of_caller).unwrap_or_else(RequestId::new);
    request.extensions_mut().insert(id.clone());
    let mut response = next(request).await;
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

async fn trace(request: Request, next: impl Inner) -> Response {
    let span = debug_span!(
        "request",
        request.id = request.extensions().get::<RequestId>().map(tracing::field::display),
        face = face_of(&request).as_str(),
        method = %request.method(),
        path = request.uri().path(),
    );
    next(request).instrument(span).await
}

async fn count(desk: &Desk, request: Request, next: impl Inner) -> Response {
    let started = Instant::now();
    let face = face_of(&request);
    let inside = desk.metrics().enter();
    let route = route_of(&request, face);
    let response = next(request).await;
    drop(inside);
    let code = code_of(&response, face);
    desk.metrics().count_request(face, route, code, started.elapsed());
    response
}

/// The route as a label: the template, never what the caller wrote.
fn route_of(request: &Request, face: Face) -> String {
    let path = request.uri().path();
    match face {
        Face::Grpc if grpc::is_method(path) => path.to_owned(),
        Face::Grpc => "unknown".to_owned(),
        Face::Http | Face::Admission => request
            .extensions()
            .get::<MatchedPath>()
            .map_or_else(|| "unknown".to_owned(), |path| path.as_str().to_owned()),
    }
}

fn code_of(response: &Response, face: Face) -> String {
    match face {
        // An answer that begins to stream has its status in the trailers, behind what is counted here.
        Face::Grpc => grpc::status_name(response.headers()).to_owned(),
        Face::Http | Face::Admission => response.status().as_u16().to_string(),
    }
}

async fn shape(request: Request, next: impl Inner) -> Response {
    let face = face_of(&request);
    let id = request.extensions().get::<RequestId>().cloned().unwrap_or_else(RequestId::new);
    let response = next(request).await;
    match face {
        Face::Grpc => {
            let error = refused(&response).or_else(|| grpc::unshaped(response.headers()));
            match error {
                Some(error) => grpc::refusal(&error, &id),
                None => response,
            }
        }
        Face::Http | Face::Admission => {
            match refused(&response).or_else(|| face::unshaped(&response)) {
                Some(error) => face::refusal(&error, &id, &response),
                None => response,
            }
        }
    }
}

fn refused(response: &Response) -> Option<Arc<Error>> {
    response.extensions().get::<Refused>().map(|refused| Arc::clone(&refused.0))
}

/// A response that only carries an error, for `shape` to write.
pub(crate) fn carry(error: Error) -> Response {
    let mut response = face::status(error.kind()).into_response();
    response.extensions_mut().insert(Refused(Arc::new(error)));
    response
}

/// Refuses what a web page can send without being asked: a form to the loopback address, or a name that was made to
/// point there (DNS rebinding). gRPC needs a content type that a browser asks leave for.
async fn keep_pages_out(desk: &Desk, names: Names, request: Request, next: impl Inner) -> Response {
    if names == Names::Any || face_of(&request) == Face::Grpc {
        return next(request).await;
    }
    match stranger(&request, &desk.limits().host_names) {
        None => next(request).await,
        Some(name) => carry(
            Error::new(
                ErrorKind::Forbidden,
                format!(
                    "requests for or from `{name}` are not taken: it is not this server's name"
                ),
            )
            .with_help(
                "address it by `localhost` or its IP address, or add the name to `serve.hostNames` in `goldgate.yaml`",
            ),
        ),
    }
}

/// The name that is not ours, of the host that is asked for or of the page that asks.
fn stranger(request: &Request, names: &[String]) -> Option<String> {
    let written =
        |name| request.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let host =
        request.uri().authority().map(http::uri::Authority::as_str).or_else(|| written(HOST));
    let strange = host.filter(|host| !is_local_name(host, names)).or_else(|| {
        let origin = written(ORIGIN)?;
        let from = origin.split_once("://").map_or("", |(_, from)| from);
        (Some(from) != host).then_some(origin)
    });
    strange.map(ToOwned::to_owned)
}

/// Whether `authority` (host and port) is an IP address, `localhost`, or one of `names`.
fn is_local_name(authority: &str, names: &[String]) -> bool {
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        Some(_) | None => authority,
    };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.parse::<std::net::IpAddr>().is_ok()
        || host.eq_ignore_ascii_case("localhost")
        || names.iter().any(|name| name.eq_ignore_ascii_case(host))
}

async fn take_place(desk: &Desk, request: Request, next: impl Inner) -> Response {
    // The probes must answer when the gate is busy, or it is killed for being busy.
    if face::is_probe(request.uri().path()) {
        return next(request).await;
    }
    match desk.take_place(face_of(&request)) {
        Ok(_place) => next(request).await,
        Err(error) => carry(error),
    }
}

async fn keep_deadline(desk: &Desk, mut request: Request, next: impl Inner) -> Response {
    let most = desk.limits().deadline;
    let is_webhook = face_of(&request) == Face::Admission;
    let query = request.uri().query().filter(|_| is_webhook);
    let mut budget = budget_of(request.headers(), query, most);
    if is_webhook {
        // Its handler keeps the deadline itself: a cluster understands only a review as an answer.
        request.extensions_mut().insert(Deadline(budget));
        budget = most;
    }
    match tokio::time::timeout(budget, next(request)).await {
        Ok(response) => response,
        Err(_) => carry(Deadline(budget).passed()),
    }
}

/// Our own time for a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(pub(crate) Duration);

impl Deadline {
    /// The error of a deadline that has passed.
    pub(crate) fn passed(self) -> Error {
        let message = format!("not decided within {} ms", self.0.as_millis());
        Error::new(ErrorKind::Deadline, message)
            .with_help("allow more time, or hand in less at once")
    }
}

/// Our own time for a request: the server's, or what the caller leaves us, less what the answer needs on its way.
fn budget_of(headers: &HeaderMap, query: Option<&str>, most: Duration) -> Duration {
    let grpc = headers.get("grpc-timeout").and_then(|value| value.to_str().ok());
    let callers = grpc
        .and_then(grpc::read_timeout)
        .or_else(|| query.and_then(face::timeout_of_query))
        .map(|budget| budget.saturating_sub((budget / 10).min(Duration::from_millis(500))));
    callers.map_or(most, |budget| budget.min(most))
}

/// Unpacks a body that the caller has packed (`Content-Encoding`). gRPC packs its messages by itself.
async fn unpack(request: Request, next: impl Inner) -> Response {
    let Some(encoding) = request.headers().get(CONTENT_ENCODING) else {
        return next(request).await;
    };
    let encoding = String::from_utf8_lossy(encoding.as_bytes()).into_owned();
    if !ENCODINGS.contains(&encoding.as_str()) {
        let error = Error::invalid(format!("bodies are not unpacked from `{encoding}` here"))
            .with_field("content-encoding")
            .with_help("pack with `gzip`, `deflate`, `br` or `zstd`, or leave the header out");
        let mut response = carry(error);
        *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return response;
    }
    let mut next = Some(next);
    let unpacked = service_fn(move |request: Request<_>| {
        let next = next.take();
        async move {
            Ok::<_, Infallible>(match next {
                Some(next) => next(request.map(Body::new)).await,
                None => carry(Error::internal_fault("a body was unpacked twice")),
            })
        }
    });
    match RequestDecompressionLayer::new().layer(unpacked).oneshot(request).await {
        Ok(response) => response.map(Body::new),
        Err(cause) => carry(Error::internal_fault("cannot unpack a body").with_source(cause)),
    }
}

async fn bound_body(budget: &Budget, request: Request, next: impl Inner) -> Response {
    let counted = match face_of(&request) {
        Face::Grpc if request.uri().path() == BATCH => Counted::Stream,
        Face::Grpc => Counted::Framed,
        Face::Http | Face::Admission => Counted::Whole,
    };
    let (parts, body) = request.into_parts();
    let (body, taken) = budget.bound(body, counted);
    let response = next(Request::from_parts(parts, body)).await;
    taken.refusal().map_or(response, |refusal| carry(refusal.error()))
}

async fn catch_panic(request: Request, next: impl Inner) -> Response {
    match AssertUnwindSafe(next(request)).catch_unwind().await {
        Ok(response) => response,
        // The panic hook has logged where; what it said may hold a caller's data.
        Err(_) => carry(Error::internal_fault("a handler panicked")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_deadline_is_shorter_than_the_callers() {
        let most = Duration::from_secs(30);
        let ms = Duration::from_millis;
        let mut headers = HeaderMap::new();
        assert_eq!(budget_of(&headers, None, most), most);
        assert_eq!(budget_of(&headers, Some("timeout=5s"), most), ms(4500));
        headers.insert("grpc-timeout", HeaderValue::from_static("100m"));
        assert_eq!(budget_of(&headers, None, most), ms(90));
        headers.insert("grpc-timeout", HeaderValue::from_static("1H"));
        assert_eq!(budget_of(&headers, None, most), most);
    }

    #[test]
    fn only_our_own_names_are_local() {
        let names = ["gate.example".to_owned()];
        for name in ["127.0.0.1:7117", "[::1]:7117", "localhost", "LOCALHOST:1", "gate.example:80"]
        {
            assert!(is_local_name(name, &names), "{name}");
        }
        for name in ["evil.example", "localhost.evil.example:7117", "127.0.0.1.nip.io", ""] {
            assert!(!is_local_name(name, &names), "{name}");
        }
    }
}
