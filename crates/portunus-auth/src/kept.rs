//! What is worked out once and kept for a while, up to a number of things. What is kept is never right by being kept: whoever
//! takes it out makes sure of that.

use quick_cache::sync::Cache;
use std::hash::Hash;

/// Things that are kept under keys.
pub(crate) struct Kept<K, V>(Cache<K, V>);

impl<K: Eq + Hash, V: Clone> Kept<K, V> {
    pub(crate) fn new(most: usize) -> Self {
        Self(Cache::new(most))
    }

    pub(crate) fn find(&self, key: &K) -> Option<V> {
        self.0.get(key)
    }

    pub(crate) fn keep(&self, key: K, value: V) {
        self.0.insert(key, value);
    }
}
