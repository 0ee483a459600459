//! Server-sent events: a stream that a browser or `curl -N` can read.

use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::{Event as Sent, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::{Stream, StreamExt as _};
use serde::Serialize;

use crate::api::refusal::{self, RequestId};
use crate::api::watch::Event;
use crate::domain::error::Error;

/// Keeps proxies from closing a quiet stream.
const COMMENT_EVERY: Duration = Duration::from_secs(15);

#[derive(Serialize)]
struct Missed {
    count: u64,
}

/// Answers with a stream of events called `name`; `id_of` names each of them.
pub(super) fn answer<T: Serialize + 'static>(
    name: &'static str,
    id_of: impl Fn(&T) -> String + Send + 'static,
    events: impl Stream<Item = Result<Event<T>, Error>> + Send + 'static,
    request: RequestId,
) -> Response {
    let told = events.filter_map(move |event| {
        let sent = match event {
            Ok(Event::Item(item)) => {
                Sent::default().event(name).id(id_of(&item)).json_data(&*item).ok()
            }
            Ok(Event::Missed(count)) => {
                Sent::default().event("missed").json_data(Missed { count }).ok()
            }
            // The reader sees the stream end and comes back, as EventSource does by itself.
            Err(error) => {
                refusal::log(&error, &request);
                None
            }
        };
        std::future::ready(sent.map(Ok::<_, Infallible>))
    });
    Sse::new(told).keep_alive(KeepAlive::new().interval(COMMENT_EVERY)).into_response()
}
