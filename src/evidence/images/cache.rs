//! Answers that are kept for a while, and the one who works on each that is not.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::Known;
use crate::domain::clock::Timestamp;
use crate::domain::digest::Digest;

/// The most bytes of attested bills that are kept in memory.
const MAX_BILL_BYTES: usize = 64 << 20;

/// Answers by key, bounded.
#[derive(Debug, Default)]
pub(super) struct Cache {
    kept: Mutex<BTreeMap<Digest, Kept>>,
    at_work: Mutex<BTreeMap<Digest, Weak<tokio::sync::Mutex<()>>>>,
}

#[derive(Debug)]
struct Kept {
    known: Arc<Known>,
    until: Timestamp,
}

impl Cache {
    /// The answer for `key`, when it is still in force.
    pub(super) fn answer(&self, key: Digest, now: Timestamp) -> Option<Arc<Known>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(&key).filter(|kept| now < kept.until).map(|kept| Arc::clone(&kept.known))
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
        let of_bills =
            |known: &Known| known.bills.iter().map(|bill| bill.text.len()).sum::<usize>();
        let n_bytes = of_bills(&known);
        if n_bytes > 0 {
            kept.remove(&key);
            let mut others: usize = kept.values().map(|kept| of_bills(&kept.known)).sum();
            while others + n_bytes > MAX_BILL_BYTES {
                let with_bills = kept.iter().filter(|(_, kept)| !kept.known.bills.is_empty());
                let first = with_bills.min_by_key(|(_, kept)| kept.until).map(|(key, _)| *key);
                let Some(gone) = first.and_then(|key| kept.remove(&key)) else { return };
                others -= of_bills(&gone.known);
            }
        }
        if kept.len() < max_entries {
            kept.insert(key, Kept { known, until });
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
