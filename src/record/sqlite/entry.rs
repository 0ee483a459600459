//! A draft on its way into the file, and what became of it.

use std::sync::Arc;

use super::cards::{Facts, Step, Subject};
use super::inventory::PackedArrival;
use crate::domain::decision::Decision;
use crate::domain::digest::Digest;
use crate::domain::error::Error;
use crate::domain::inventory::Rejudged;
use crate::domain::scorecard::ScorecardDelta;
use crate::domain::sighting::Sighting;

/// A draft, ready to be written.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) facts: Facts,
    /// `None` while the service is not known: then there is no scorecard.
    pub(super) subject: Option<Arc<Subject>>,
    /// What the caller made of the scorecard; `None` when it did not know where to begin.
    pub(super) step: Option<Step>,
    pub(super) body: Vec<u8>,
    /// What the body is packed with, if with one.
    pub(super) dictionary: Option<i64>,
    pub(super) blobs: Vec<PackedBlob>,
    pub(super) key: Option<Key>,
    /// What was seen in the service for the first time.
    pub(super) sightings: Vec<Sighting>,
    /// The release that was let in, when one was.
    pub(super) arrival: Option<PackedArrival>,
    /// The release that was judged again, when one was.
    pub(super) rejudged: Option<Rejudged>,
}

/// Bytes that were handed in, compressed.
#[derive(Debug)]
pub(super) struct PackedBlob {
    pub(super) digest: Digest,
    pub(super) size: usize,
    pub(super) content: Vec<u8>,
}

/// An idempotency key and what is stored of it.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) text: String,
    pub(super) digest: [u8; 16],
}

impl Key {
    pub(super) fn new(text: String) -> Self {
        let digest = Self::digest_of(&text);
        Self { text, digest }
    }

    pub(super) fn digest_of(text: &str) -> [u8; 16] {
        let [half @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] =
            *Digest::of(text.as_bytes()).as_bytes();
        half
    }
}

/// What became of an entry.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It was written.
    Written(Reckoned),
    /// Its key stands for this earlier decision on the same input.
    Earlier(Arc<Decision>),
    /// It cannot be written, whatever else happens.
    Refused(Error),
}

/// Who reckoned how the scorecard moved.
#[derive(Debug)]
pub(super) enum Reckoned {
    /// The entry's own step was written.
    ByCaller,
    /// This was written; `None` without a service.
    ByWriter(Option<ScorecardDelta>),
}
