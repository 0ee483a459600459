//! A number for each reference of a bill: asked once for every end of an edge of the graph.

use std::hash::{BuildHasher as _, RandomState};

use crate::document::text::Text;

/// References by the order in which they were first seen, found through a table of their hashes.
///
/// A map of the standard library takes twice the time and memory: it keeps the texts in the table, and hashes them anew each
/// time that it grows.
pub(super) struct References<'t> {
    texts: Vec<Text<'t>>,
    /// INVARIANT: a power of two of them, at most three quarters taken.
    slots: Vec<Slot>,
    /// Two numbers that nobody outside knows, so that no bill can be written whose references collide.
    seeds: (u64, u64),
}

/// Where a reference is found, and its hash, so that nearly every other one is passed by without a look at it.
#[derive(Clone, Copy, Default)]
struct Slot {
    hash: u32,
    /// One more than the number; zero in a free slot.
    behind: u32,
}

const FEWEST_SLOTS: usize = 16;

impl Default for References<'_> {
    fn default() -> Self {
        let state = RandomState::new();
        Self {
            texts: Vec::new(),
            slots: vec![Slot::default(); FEWEST_SLOTS],
            seeds: (state.hash_one(0_u8), state.hash_one(1_u8)),
        }
    }
}

impl<'t> References<'t> {
    /// The number of a reference; the next one of a reference that was not seen before.
    pub(super) fn number(&mut self, text: Text<'t>) -> u32 {
        let hash = self.hash(text.as_bytes());
        let mask = self.slots.len().wrapping_sub(1);
        let mut place = hash as usize & mask;
        // A quarter of the slots is free, so that this ends.
        while let Some(slot) = self.slots.get_mut(place) {
            let Some(known) = slot.behind.checked_sub(1) else {
                // A text of 4 GiB is refused long before this.
                let number = u32::try_from(self.texts.len()).unwrap_or(u32::MAX - 1);
                *slot = Slot { hash, behind: number + 1 };
                self.texts.push(text);
                if self.texts.len() > self.slots.len() / 4 * 3 {
                    self.grow();
                }
                return number;
            };
            if slot.hash == hash && self.texts.get(known as usize) == Some(&text) {
                return known;
            }
            place = place.wrapping_add(1) & mask;
        }
        u32::MAX
    }

    fn grow(&mut self) {
        let mut slots = vec![Slot::default(); self.slots.len() * 2];
        for taken in self.slots.iter().filter(|slot| slot.behind > 0) {
            let is_free = |place: &usize| slots.get(*place).is_some_and(|slot| slot.behind == 0);
            let free = probes(taken.hash, slots.len()).find(is_free);
            if let Some(slot) = free.and_then(|free| slots.get_mut(free)) {
                *slot = *taken;
            }
        }
        self.slots = slots;
    }

    /// Multiplies sixteen bytes at a time into a number of twice the width, and folds that.
    fn hash(&self, bytes: &[u8]) -> u32 {
        let (blocks, rest) = bytes.as_chunks::<16>();
        let mut hash = bytes.len() as u64;
        for block in blocks {
            hash = self.folded(hash, *block);
        }
        if !rest.is_empty() {
            let last = bytes.last_chunk::<16>().copied().unwrap_or_else(|| padded(rest));
            hash = self.folded(hash, last);
        }
        (hash >> 32) as u32
    }

    const fn folded(&self, hash: u64, block: [u8; 16]) -> u64 {
        let both = u128::from_le_bytes(block);
        let (low, high) = halves(both);
        let product = (low ^ self.seeds.0 ^ hash) as u128 * (high ^ self.seeds.1) as u128;
        let (low, high) = halves(product);
        low ^ high
    }
}

fn padded(bytes: &[u8]) -> [u8; 16] {
    let mut block = [0; 16];
    for (place, byte) in block.iter_mut().zip(bytes) {
        *place = *byte;
    }
    block
}

#[expect(clippy::cast_possible_truncation, reason = "the lower half is meant")]
const fn halves(both: u128) -> (u64, u64) {
    (both as u64, (both >> 64) as u64)
}

/// The slots in which a reference may stand, the likeliest first.
fn probes(hash: u32, n_slots: usize) -> impl Iterator<Item = usize> {
    let mask = n_slots.saturating_sub(1);
    (0..n_slots).map(move |step| (hash as usize).wrapping_add(step) & mask)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn each_reference_has_a_number_of_its_own(texts in prop::collection::vec("[ab]{0,40}", 0..200)) {
            let mut references = References::default();
            let mut seen: Vec<&str> = Vec::new();
            for text in &texts {
                let known = seen.iter().position(|other| *other == text);
                let expected = known.unwrap_or(seen.len());
                if known.is_none() {
                    seen.push(text);
                }
                prop_assert_eq!(references.number(Text::from(text.as_str())) as usize, expected);
            }
        }
    }
}
