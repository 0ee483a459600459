//! What every face does with an error: log it once, say when to try again, name the request.

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use tracing::{debug, error, warn};

use crate::domain::error::{Error, ErrorKind};
use crate::domain::service::{Environment, ServiceRef};

/// The name of one request in answers and logs: the caller's `x-request-id`, else one of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestId(Arc<str>);

impl RequestId {
    /// The caller's id, when it is one that can be shown: 1 to 128 visible ASCII characters.
    pub(crate) fn of_caller(text: &str) -> Option<Self> {
        let valid =
            (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        valid.then(|| Self(Arc::from(text)))
    }

    /// A new id, different in every process and for every request.
    pub(crate) fn new() -> Self {
        static PROCESS: LazyLock<u64> =
            LazyLock::new(|| RandomState::new().build_hasher().finish());
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self(Arc::from(format!("{:016x}-{number:08x}", *PROCESS)))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An error on its way to the caller, carried by the response until the outermost layer gives it its shape.
#[derive(Clone, Debug)]
pub(crate) struct Refused(pub(crate) Arc<Error>);

/// The error of a service that was never judged for an environment.
pub(crate) fn no_scorecard(service: &ServiceRef, environment: &Environment) -> Error {
    let message = format!("there is no scorecard of service `{service}` in `{environment}`");
    Error::new(ErrorKind::NotFound, message).with_help(
        "`GET /v1/scorecards` lists those there are; the first recorded decision makes one",
    )
}

/// After how long the same request may succeed; `None` when trying again will not help.
pub(crate) fn retry_after(kind: ErrorKind) -> Option<Duration> {
    match kind {
        ErrorKind::Exhausted | ErrorKind::Unavailable | ErrorKind::Deadline => {
            Some(Duration::from_secs(1))
        }
        ErrorKind::Invalid
        | ErrorKind::Unauthenticated
        | ErrorKind::Forbidden
        | ErrorKind::NotFound
        | ErrorKind::Conflict
        | ErrorKind::TooLarge
        | ErrorKind::Internal => None,
    }
}

/// Logs a failure where it is handled; loud only when someone must act.
pub(crate) fn log(failure: &Error, request: &RequestId) {
    let cause = failure.internal();
    let kind = failure.kind().as_str();
    match failure.kind() {
        ErrorKind::Internal => error!(request.id = %request, kind, "Could not answer: {cause}"),
        ErrorKind::Unavailable | ErrorKind::Deadline => {
            warn!(request.id = %request, kind, "Could not answer: {cause}");
        }
        ErrorKind::Invalid
        | ErrorKind::Unauthenticated
        | ErrorKind::Forbidden
        | ErrorKind::NotFound
        | ErrorKind::Conflict
        | ErrorKind::TooLarge
        | ErrorKind::Exhausted => debug!(request.id = %request, kind, "Refused: {cause}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_has_its_own_id() {
        assert_ne!(RequestId::new(), RequestId::new());
    }

    #[test]
    fn an_id_that_could_forge_a_log_line_is_not_taken() {
        for text in ["", "a b", "a\nb", "ü", &"x".repeat(129)] {
            assert_eq!(RequestId::of_caller(text), None, "{text}");
        }
        assert!(RequestId::of_caller("ci-17/3").is_some());
    }
}
