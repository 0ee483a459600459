//! Which idempotency keys this process recorded lately, so that a key that was never used costs no look into the file.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many keys are remembered at most: 64 KiB.
const SLOTS: usize = 8192;

/// Digests of keys that were recorded lately, each in the one slot that it may have.
///
/// It may forget, since the writer finds every key again when it writes; it must not hold a key before its decision is
/// durable.
pub(super) struct RecentKeys(Box<[AtomicU64]>);

impl Default for RecentKeys {
    fn default() -> Self {
        Self((0..SLOTS).map(|_| AtomicU64::new(0)).collect())
    }
}

impl fmt::Debug for RecentKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecentKeys").finish_non_exhaustive()
    }
}

impl RecentKeys {
    /// Whether the key may have been recorded lately.
    pub(super) fn may_hold(&self, key: &[u8; 16]) -> bool {
        let (slot, mark) = self.place_of(key);
        slot.is_some_and(|slot| slot.load(Ordering::Relaxed) == mark)
    }

    /// Remembers a key whose decision is durable.
    pub(super) fn add(&self, key: &[u8; 16]) {
        let (slot, mark) = self.place_of(key);
        if let Some(slot) = slot {
            slot.store(mark, Ordering::Relaxed);
        }
    }

    /// The slot of a key, and what stands there for it. Keys are digests, so that any of their bytes spread.
    fn place_of(&self, key: &[u8; 16]) -> (Option<&AtomicU64>, u64) {
        let (mark, slot) = halves(u128::from_le_bytes(*key));
        (self.0.get(slot), mark)
    }
}

/// What is kept of a key, and the number of its slot.
#[expect(clippy::cast_possible_truncation, reason = "each takes its own bits of the digest")]
fn halves(key: u128) -> (u64, usize) {
    (key as u64, (key >> 64) as usize % SLOTS)
}

#[cfg(test)]
mod tests {
    use super::super::entry::Key;
    use super::*;

    #[test]
    fn the_latest_keys_are_known_and_most_others_are_not() {
        let keys = RecentKeys::default();
        let digests: Vec<_> = (0..1000).map(|n| Key::digest_of(&format!("run-{n}"))).collect();
        assert!(digests.iter().all(|key| !keys.may_hold(key)));
        for key in &digests {
            keys.add(key);
        }
        let n_known = digests.iter().filter(|key| keys.may_hold(key)).count();
        assert!((900..=1000).contains(&n_known), "{n_known}");
        assert!(keys.may_hold(&Key::digest_of("run-999")));
        assert!((0..1000).all(|n| !keys.may_hold(&Key::digest_of(&format!("other-{n}")))));
    }
}
