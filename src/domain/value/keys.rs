//! Keys of objects that are shared and not copied.

use std::sync::Arc;

/// A bounded table of recent object keys, so that the keys of a document are shared and not copied each time.
///
/// It is direct-mapped and never grows: a caller who sends a million distinct keys only makes it forget.
#[derive(Debug)]
pub struct Keys {
    slots: Box<[Option<Arc<str>>]>,
}

const SLOTS: usize = 1024;
const MAX_SHARED_KEY_BYTES: usize = 64;

impl Default for Keys {
    fn default() -> Self {
        Self { slots: vec![None; SLOTS].into_boxed_slice() }
    }
}

impl Keys {
    /// The shared copy of `key`.
    pub fn share(&mut self, key: &str) -> Arc<str> {
        if key.len() > MAX_SHARED_KEY_BYTES {
            return Arc::from(key);
        }
        let Some(slot) = self.slots.get_mut(slot_of(key)) else { return Arc::from(key) };
        match slot {
            Some(shared) if shared.as_ref() == key => Arc::clone(shared),
            Some(_) | None => Arc::clone(slot.insert(Arc::from(key))),
        }
    }
}

fn slot_of(key: &str) -> usize {
    usize::try_from(hash_of(key) >> 54).unwrap_or_default() & (SLOTS - 1)
}

/// Whether both keys are the same text. Most keys are short: two looks at eight bytes are faster than a call to compare.
#[inline]
pub(super) fn are_same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    if let (Some(a_first), Some(b_first)) = (a.first_chunk::<8>(), b.first_chunk::<8>()) {
        let is_short = a.len() <= 16;
        return a_first == b_first
            && if is_short { a.last_chunk::<8>() == b.last_chunk::<8>() } else { a == b };
    }
    if let (Some(a_first), Some(b_first)) = (a.first_chunk::<4>(), b.first_chunk::<4>()) {
        return a_first == b_first && a.last_chunk::<4>() == b.last_chunk::<4>();
    }
    a.iter().eq(b)
}

/// A multiplicative hash over eight bytes at a time; only spread matters, collisions only cost time.
pub(super) fn hash_of(key: &str) -> u64 {
    let (words, rest) = key.as_bytes().as_chunks::<8>();
    let rest = rest.iter().fold(0_u64, |word, byte| word << 8 | u64::from(*byte));
    let words = words.iter().map(|word| u64::from_le_bytes(*word));
    words.chain([rest]).fold(key.len() as u64, |hash, word| {
        (hash.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn keys_are_the_same_when_their_texts_are(a in "[ab]{0,20}", b in "[ab]{0,20}", n in 0_usize..20) {
            prop_assert_eq!(are_same(&a, &b), a == b);
            prop_assert!(are_same(&a, &a.clone()));
            let mut other = a.clone().into_bytes();
            if let Some(byte) = other.get_mut(n) {
                *byte = b'c';
                prop_assert!(!are_same(&a, &String::from_utf8(other).unwrap()));
            }
        }
    }

    #[test]
    fn keys_are_shared_until_their_slot_is_taken() {
        let mut keys = Keys::default();
        assert!(Arc::ptr_eq(&keys.share("metadata"), &keys.share("metadata")));
        for n in 0..100_000 {
            assert_eq!(keys.share(&n.to_string()).as_ref(), n.to_string());
        }
    }
}
