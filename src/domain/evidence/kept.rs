//! Answers about images that outlive the process.

use std::fmt;

use crate::domain::clock::Timestamp;
use crate::domain::digest::Digest;

/// Keeps answers about images for other processes and for after a restart. It may forget any of them at any moment.
pub trait KeptAnswers: Send + Sync + fmt::Debug {
    /// The answer for `key` that is in force at `now`, and until when it is.
    fn answer(&self, key: Digest, now: Timestamp) -> Option<(Vec<u8>, Timestamp)>;

    /// Keeps an answer until a moment.
    fn keep(&self, key: Digest, answer: &[u8], until: Timestamp, now: Timestamp);
}
