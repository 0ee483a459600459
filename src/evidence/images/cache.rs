//! Answers that are kept for a while, and the one who works on each that is not.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::domain::clock::Timestamp;
use crate::domain::digest::Digest;
use crate::domain::evidence::ImageFacts;

/// Answers by key, bounded.
#[derive(Debug, Default)]
pub(super) struct Cache {
    kept: Mutex<BTreeMap<Digest, Kept>>,
    at_work: Mutex<BTreeMap<Digest, Weak<tokio::sync::Mutex<()>>>>,
}

#[derive(Debug)]
struct Kept {
    facts: Arc<ImageFacts>,
    until: Timestamp,
}

impl Cache {
    /// The answer for `key`, when it is still in force.
    pub(super) fn answer(&self, key: Digest, now: Timestamp) -> Option<Arc<ImageFacts>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(&key).filter(|kept| now < kept.until).map(|kept| Arc::clone(&kept.facts))
    }

    /// Keeps an answer until a moment. Beyond `max_entries` those go that would be gone first.
    pub(super) fn keep(
        &self,
        key: Digest,
        facts: Arc<ImageFacts>,
        until: Timestamp,
        now: Timestamp,
        max_entries: usize,
    ) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= max_entries && !kept.contains_key(&key) {
            kept.retain(|_, kept| now < kept.until);
            if kept.len() >= max_entries {
                // A tenth at once, so that a full cache is not sorted for every answer.
                let mut ends: Vec<Timestamp> = kept.values().map(|kept| kept.until).collect();
                ends.sort_unstable();
                let last = ends.get(ends.len() / 10).copied().unwrap_or(now);
                kept.retain(|_, kept| last < kept.until);
            }
        }
        if kept.len() < max_entries {
            kept.insert(key, Kept { facts, until });
        }
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
