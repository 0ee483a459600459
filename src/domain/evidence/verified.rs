//! The mark of what was verified.

use std::ops::Deref;

use serde::{Deserialize, Serialize};

/// Something whose signature, signer and binding to the image were verified.
///
/// Only `evidence/verify` makes one (`tests/it/tidy.rs` keeps it so). Reading one back from our own cache is the other
/// way to have one: an entry of the cache is what the verifier once answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Verified<T>(
    /// Invariant: made by the verifier.
    T,
);

impl<T> Verified<T> {
    /// Marks `item` as verified; for `evidence/verify` alone.
    pub(crate) const fn by_the_verifier(item: T) -> Self {
        Self(item)
    }

    /// The item without the mark.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Verified<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
