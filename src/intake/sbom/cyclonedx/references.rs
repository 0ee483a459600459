//! Which component each reference of a bill means: asked once for every edge of the graph.

use std::hash::{BuildHasher, Hasher, RandomState};

use crate::document::text::Text;

/// References by their text, under a hash that is made for many short keys.
#[expect(clippy::disallowed_types, reason = "asked once for every edge of the graph, never shown")]
pub(super) type References<'t> = std::collections::HashMap<Text<'t>, usize, Seeded>;

/// Begins every hash with a number that nobody outside knows, so that no bill can be written whose references collide.
#[derive(Clone)]
pub(super) struct Seeded(u64);

impl Default for Seeded {
    fn default() -> Self {
        Self(RandomState::new().hash_one(0_u8))
    }
}

impl BuildHasher for Seeded {
    type Hasher = Folding;

    fn build_hasher(&self) -> Folding {
        Folding(self.0)
    }
}

/// Multiplies eight bytes at a time into a number of twice the width, and folds that.
pub(super) struct Folding(u64);

impl Folding {
    fn fold(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word) * 0x9e37_79b9_7f4a_7c15_u128;
        let half = |bits: u128| u64::try_from(bits).unwrap_or_default();
        self.0 = half(product & u128::from(u64::MAX)) ^ half(product >> 64);
    }
}

impl Hasher for Folding {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.fold(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        for (place, byte) in last.iter_mut().zip(rest) {
            *place = *byte;
        }
        self.fold(u64::from_le_bytes(last) ^ ((bytes.len() as u64) << 56));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
