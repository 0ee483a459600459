//! What built-ins keep from call to call on one thread.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::regex::Pattern;

/// Compiled patterns and the like; bounded, and never part of an answer.
#[derive(Debug, Default)]
pub struct Cache {
    pub(super) patterns: Bounded<String, Arc<Pattern>>,
    pub(super) globs: Bounded<(String, String), Arc<Pattern>>,
}

/// Entries that one table keeps.
const MAX_ENTRIES: usize = 256;

/// A table that forgets all when it is full: patterns come from policies, so that it rarely is.
#[derive(Debug)]
pub(super) struct Bounded<K, V>(BTreeMap<K, V>);

impl<K, V> Default for Bounded<K, V> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord, V: Clone> Bounded<K, V> {
    /// What is kept under `key`, or else made now.
    pub(super) fn or_make<Q, E>(
        &mut self,
        key: &Q,
        make: impl FnOnce(&Q) -> Result<V, E>,
    ) -> Result<V, E>
    where
        K: Borrow<Q>,
        Q: Ord + ToOwned<Owned = K> + ?Sized,
    {
        if let Some(kept) = self.0.get(key) {
            return Ok(kept.clone());
        }
        let made = make(key)?;
        if self.0.len() >= MAX_ENTRIES {
            self.0.clear();
        }
        self.0.insert(key.to_owned(), made.clone());
        Ok(made)
    }
}
