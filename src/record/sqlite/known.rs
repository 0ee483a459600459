//! Which artifacts are in the record for certain, so that they need not be compressed and written again.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::entry::PackedBlob;
use crate::domain::digest::Digest;

/// About 3 MiB.
const MAX: usize = 50_000;

/// Digests of artifacts that were committed.
#[derive(Debug, Default)]
pub(super) struct KnownBlobs(Mutex<BTreeSet<Digest>>);

impl KnownBlobs {
    /// Whether the artifact is in the record; `false` may also mean that it is not known.
    pub(super) fn has(&self, digest: &Digest) -> bool {
        self.lock().contains(digest)
    }

    /// Remembers artifacts that were committed.
    pub(super) fn add(&self, blobs: &[PackedBlob]) {
        if blobs.is_empty() {
            return;
        }
        let mut known = self.lock();
        if known.len() >= MAX {
            known.clear();
        }
        known.extend(blobs.iter().map(|blob| blob.digest));
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<Digest>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
