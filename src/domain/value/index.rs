//! Where the keys of a large object stand, by their hash: base documents are looked into for as long as a revision lives.

use std::sync::Arc;

use super::keys::{are_same, hash_of};
use super::{Object, Value};

/// Smaller objects are searched as fast.
const MIN_ENTRIES: usize = 12;
/// A look-up that takes more steps than this would be slower than halving.
const MAX_STEPS: usize = 16;

/// Positions of entries, hashed by key with linear probing; 0 is empty, else a position plus one.
#[derive(Clone)]
pub(super) struct Index {
    /// Invariant: the length is a power of two, and no key stands further than [`MAX_STEPS`] behind its hash.
    slots: Box<[u32]>,
}

impl Index {
    /// `None` where keys collide too often, or are too few or too many to be worth it.
    fn of(entries: &[(Arc<str>, Value)]) -> Option<Self> {
        if entries.len() < MIN_ENTRIES {
            return None;
        }
        let n_slots = entries.len().checked_mul(2)?.next_power_of_two();
        let mut slots = vec![0_u32; n_slots].into_boxed_slice();
        for (position, (key, _)) in entries.iter().enumerate() {
            let number = u32::try_from(position + 1).ok()?;
            let free = steps(key, n_slots).find(|slot| slots.get(*slot) == Some(&0))?;
            *slots.get_mut(free)? = number;
        }
        Some(Self { slots })
    }

    pub(super) fn get<'a>(&self, entries: &'a [(Arc<str>, Value)], key: &str) -> Option<&'a Value> {
        for slot in steps(key, self.slots.len()) {
            let position = (*self.slots.get(slot)? as usize).checked_sub(1)?;
            let (other, value) = entries.get(position)?;
            if are_same(other, key) {
                return Some(value);
            }
        }
        None
    }
}

fn steps(key: &str, n_slots: usize) -> impl Iterator<Item = usize> + use<> {
    let mask = n_slots - 1;
    let first = usize::try_from(hash_of(key) >> 32).unwrap_or_default();
    (0..MAX_STEPS).map(move |step| (first + step) & mask)
}

impl Value {
    /// The same value, with an index in each large object: made once, for a value that is looked into very often.
    ///
    /// It goes as deep as the value, which a document bounds.
    #[must_use]
    pub fn indexed(self) -> Self {
        match self {
            Self::Object(object) => {
                let entries = Arc::unwrap_or_clone(object).entries;
                let entries: Vec<(Arc<str>, Self)> =
                    entries.into_iter().map(|(key, value)| (key, value.indexed())).collect();
                let index = Index::of(&entries);
                Self::Object(Arc::new(Object { entries, index }))
            }
            Self::Array(items) => {
                let items = Arc::unwrap_or_clone(items);
                Self::array(items.into_iter().map(Self::indexed).collect())
            }
            other @ (Self::Null
            | Self::Bool(_)
            | Self::Number(_)
            | Self::String(_)
            | Self::Map(_)
            | Self::Set(_)) => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::btree_map;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_index_finds_what_a_search_finds(
            keys in btree_map("[a-c]{0,4}", 0_i64..9, 0..80),
            asked in "[a-d]{0,4}",
        ) {
            let entries = keys.iter().map(|(key, n)| (Arc::from(key.as_str()), Value::from(*n)));
            let plain = Value::object(entries.collect());
            let indexed = plain.clone().indexed();
            prop_assert_eq!(&indexed, &plain);
            prop_assert_eq!(indexed.get(&asked), plain.get(&asked));
            for key in keys.keys() {
                prop_assert_eq!(indexed.get(key), plain.get(key));
            }
        }
    }
}
