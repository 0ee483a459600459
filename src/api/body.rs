//! Bodies within bounds: of one request, and of all requests together.

use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::domain::error::{Error, ErrorKind};

/// What one permit of the budget stands for.
const UNIT_BYTES: usize = 4096;

/// Room for the bodies of all requests that are being answered.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    room: Arc<Semaphore>,
    max_body_bytes: usize,
}

/// What a request has taken of the budget; it is given back when the last holder lets go.
#[derive(Clone, Debug, Default)]
pub(crate) struct Taken(Arc<Mutex<Held>>);

#[derive(Debug, Default)]
struct Held {
    permit: Option<OwnedSemaphorePermit>,
    refusal: Option<Refusal>,
}

impl Taken {
    /// Why the body was not read to its end, when it was not. What the handler made of the rest is void then.
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        self.held().refusal
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Budget {
    /// Room for `max_buffered_bytes` in all, and `max_body_bytes` of each request.
    pub(crate) fn new(max_buffered_bytes: usize, max_body_bytes: usize) -> Self {
        let units = (max_buffered_bytes / UNIT_BYTES).clamp(1, Semaphore::MAX_PERMITS);
        Self { room: Arc::new(Semaphore::new(units)), max_body_bytes }
    }

    /// The same body, which fails when a bound is passed. The answer must be made while `Taken` lives.
    pub(crate) fn bound(&self, body: Body, counted: Counted) -> (Body, Taken) {
        let taken = Taken::default();
        let bounded = Bounded {
            body,
            budget: self.clone(),
            taken: taken.clone(),
            counted,
            n_bytes: 0,
            n_units: 0,
        };
        (Body::new(bounded), taken)
    }

    fn take(&self, n_units: usize, taken: &Taken) -> Result<(), Refusal> {
        let n_units = u32::try_from(n_units).unwrap_or(u32::MAX);
        let permit = Arc::clone(&self.room).try_acquire_many_owned(n_units);
        let permit = permit.or(Err(Refusal::NoRoom))?;
        match &mut taken.held().permit {
            Some(held) => held.merge(permit),
            none => *none = Some(permit),
        }
        Ok(())
    }
}

/// Which bytes of a body count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counted {
    /// All of them: the body is one message.
    Whole,
    /// All of them, with something on top for frames around messages that are bounded where they are decoded.
    Framed,
    /// None: it is a stream without an end, and each message is bounded where it is decoded.
    Stream,
}

/// Why a body was not read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It has more than this many bytes.
    TooLarge(usize),
    /// The bodies of all requests together have too many.
    NoRoom,
}

impl Refusal {
    /// The error for the caller.
    pub(crate) fn error(self) -> Error {
        match self {
            Self::TooLarge(limit) => {
                Error::too_large(format!("the request has more than {limit} bytes"))
                    .with_help("hand in fewer files, or raise `serve.maxMessageBytes` in the server's `goldgate.yaml`")
            }
            Self::NoRoom => Error::new(
                ErrorKind::Exhausted,
                "the gate holds as many requests as it has memory for; try again in a second",
            ),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.error().external())
    }
}

impl StdError for Refusal {}

/// A body that counts what is read of it.
struct Bounded {
    body: Body,
    budget: Budget,
    taken: Taken,
    counted: Counted,
    n_bytes: usize,
    n_units: usize,
}

impl Bounded {
    fn count(&mut self, n_bytes: usize) -> Result<(), Refusal> {
        let limit = self.budget.max_body_bytes;
        let frames = match self.counted {
            Counted::Whole => 0,
            Counted::Framed => limit / 16 + 64 * 1024,
            Counted::Stream => return Ok(()),
        };
        self.n_bytes = self.n_bytes.saturating_add(n_bytes);
        if self.n_bytes > limit.saturating_add(frames) {
            return Err(Refusal::TooLarge(limit));
        }
        let n_units = self.n_bytes.div_ceil(UNIT_BYTES);
        let more = n_units - self.n_units;
        if more > 0 {
            self.budget.take(more, &self.taken)?;
            self.n_units = n_units;
        }
        Ok(())
    }
}

impl HttpBody for Bounded {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        let frame = std::task::ready!(Pin::new(&mut self.body).poll_frame(context));
        let frame = match frame {
            Some(Ok(frame)) => frame,
            Some(Err(cause)) => return Poll::Ready(Some(Err(cause.into()))),
            None => return Poll::Ready(None),
        };
        let n_bytes = frame.data_ref().map_or(0, Bytes::len);
        if let Err(refusal) = self.count(n_bytes) {
            self.taken.held().refusal = Some(refusal);
            return Poll::Ready(Some(Err(refusal.into())));
        }
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt as _;

    async fn read(budget: &Budget, n_bytes: usize, counted: Counted) -> Result<Taken, Refusal> {
        let (body, taken) = budget.bound(Body::from(vec![b'x'; n_bytes]), counted);
        match body.collect().await {
            Ok(_) => Ok(taken),
            Err(_) => Err(taken.refusal().unwrap()),
        }
    }

    #[tokio::test]
    async fn a_body_beyond_the_bound_of_one_request_is_refused() {
        let budget = Budget::new(1_000_000, 100);
        assert!(read(&budget, 100, Counted::Whole).await.is_ok());
        assert_eq!(read(&budget, 101, Counted::Whole).await.unwrap_err(), Refusal::TooLarge(100));
        assert!(read(&budget, 101, Counted::Stream).await.is_ok());
    }

    #[tokio::test]
    async fn room_is_given_back_when_the_answer_is_made() {
        let budget = Budget::new(3 * UNIT_BYTES, 1_000_000);
        let first = read(&budget, 2 * UNIT_BYTES, Counted::Whole).await.unwrap();
        let second = read(&budget, 2 * UNIT_BYTES, Counted::Whole).await;
        assert_eq!(second.unwrap_err(), Refusal::NoRoom);
        drop(first);
        assert!(read(&budget, 3 * UNIT_BYTES, Counted::Whole).await.is_ok());
    }
}
