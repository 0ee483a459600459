//! Streams of other packages (health, reflection) that would hold a server that wants to stop.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::stream;
use http::{HeaderMap, HeaderValue};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use tonic::Code;

use crate::api::desk::Desk;

/// How long a watcher is given to be told "not serving" before the stream ends.
const LAST_WORD_WITHIN: Duration = Duration::from_millis(500);

/// Ends the answer's stream with `UNAVAILABLE` once the server stops.
pub(super) async fn end_with_server(
    State(desk): State<Arc<Desk>>,
    request: Request,
    next: Next,
) -> Response {
    let response = next.run(request).await;
    let stop = desk.stop().clone();
    response.map(|body| {
        let frames = stream::unfold(Some(body), move |body| {
            let stop = stop.clone();
            async move {
                let mut body = body?;
                tokio::select! {
                    frame = body.frame() => frame.map(|frame| (frame, Some(body))),
                    () = stop.cancelled() => {
                        match tokio::time::timeout(LAST_WORD_WITHIN, body.frame()).await {
                            Ok(frame) => frame.map(|frame| (frame, Some(body))),
                            Err(_) => Some((Ok(Frame::trailers(farewell())), None)),
                        }
                    }
                }
            }
        });
        Body::new(StreamBody::new(frames))
    })
}

fn farewell() -> HeaderMap {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from(i32::from(Code::Unavailable)));
    trailers.insert("grpc-message", HeaderValue::from_static("the gate is shutting down"));
    trailers
}
