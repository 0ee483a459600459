//! Answers that are kept for a while, and the one who works on each that is not.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::Known;
use crate::domain::clock::Timestamp;
use crate::domain::digest::Digest;

/// The most bytes of attested bills and of images' own documents that are kept in memory.
const MAX_TEXT_BYTES: usize = 64 << 20;

/// Answers by key, bounded.
#[derive(Debug, Default)]
pub(super) struct Cache {
    shelf: Mutex<Shelf>,
    at_work: Mutex<BTreeMap<Digest, Weak<tokio::sync::Mutex<()>>>>,
}

#[derive(Debug, Default)]
struct Shelf {
    kept: BTreeMap<Digest, Kept>,
    /// Bytes of the texts of all that is kept.
    n_bytes: usize,
}

#[derive(Debug)]
struct Kept {
    known: Arc<Known>,
    until: Timestamp,
}

impl Cache {
    /// The answer for `key`, when it is still in force.
    pub(super) fn answer(&self, key: Digest, now: Timestamp) -> Option<Arc<Known>> {
        let shelf = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        shelf.kept.get(&key).filter(|kept| now < kept.until).map(|kept| Arc::clone(&kept.known))
    }

    /// Keeps an answer until a moment. Beyond `max_entries` those go that would be gone first.
    pub(super) fn keep(
        &self,
        key: Digest,
        known: Arc<Known>,
        until: Timestamp,
        now: Timestamp,
        max_entries: usize,
    ) {
        let n_bytes = known.text_len();
        if max_entries == 0 || n_bytes > MAX_TEXT_BYTES {
            return;
        }
        let mut shelf = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        shelf.remove(key);
        if shelf.has_no_room(max_entries, n_bytes) {
            shelf.retain(|kept| now < kept.until);
        }
        while shelf.has_no_room(max_entries, n_bytes) {
            // A tenth at once, so that a full cache is not sorted for every answer.
            let mut ends: Vec<Timestamp> = shelf.kept.values().map(|kept| kept.until).collect();
            ends.sort_unstable();
            let last = ends.get(ends.len() / 10).copied().unwrap_or(now);
            shelf.retain(|kept| last < kept.until);
        }
        shelf.n_bytes += n_bytes;
        shelf.kept.insert(key, Kept { known, until });
    }

    /// The lock of those who work on `key`: the first one works, the others wait and read its answer.
    pub(super) fn turn(&self, key: Digest) -> Arc<tokio::sync::Mutex<()>> {
        let mut at_work = self.at_work.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = at_work.get(&key).and_then(Weak::upgrade) {
            return turn;
        }
        at_work.retain(|_, turn| turn.strong_count() > 0);
        let turn = Arc::new(tokio::sync::Mutex::new(()));
        at_work.insert(key, Arc::downgrade(&turn));
        turn
    }
}

impl Shelf {
    fn has_no_room(&self, max_entries: usize, n_bytes: usize) -> bool {
        self.kept.len() >= max_entries || self.n_bytes + n_bytes > MAX_TEXT_BYTES
    }

    fn remove(&mut self, key: Digest) {
        if let Some(gone) = self.kept.remove(&key) {
            self.n_bytes -= gone.known.text_len();
        }
    }

    fn retain(&mut self, stays: impl Fn(&Kept) -> bool) {
        let mut n_bytes = 0;
        self.kept.retain(|_, kept| {
            let stays = stays(kept);
            n_bytes += if stays { kept.known.text_len() } else { 0 };
            stays
        });
        self.n_bytes = n_bytes;
    }
}
