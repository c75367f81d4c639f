//! The writes of one transaction, or of a group of them, in the order of their keys: what is put, what is removed, and which
//! intervals are cleared first. Knows nothing of snapshots.

use crate::interval::{Interval, IntervalSet};
use std::collections::BTreeMap;

/// Buffered writes. Clearing comes first, the entries after it.
#[derive(Debug, Default)]
pub(crate) struct Writes {
    pub(crate) cleared: IntervalSet,
    /// Sealed records to put; none where the key is to be removed.
    pub(crate) entries: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    bytes: usize,
}

/// What the buffer knows of a key.
pub(crate) enum Buffered<'w> {
    /// It was put, with this sealed record.
    Put(&'w [u8]),
    /// It was removed, alone or with a range.
    Removed,
    /// It was not written.
    Untouched,
}

/// What an entry takes beside its key and value, about.
const ENTRY_OVERHEAD_BYTES: usize = 48;

impl Writes {
    /// Puts a sealed record, or removes the key.
    pub(crate) fn set(&mut self, key: &[u8], sealed: Option<Vec<u8>>) {
        self.bytes += entry_bytes(key.len(), &sealed);
        if let Some(old) = self.entries.insert(key.to_vec(), sealed) {
            self.bytes = self.bytes.saturating_sub(entry_bytes(key.len(), &old));
        }
    }

    /// Removes every key of `interval`, also what was put there before.
    pub(crate) fn clear(&mut self, interval: Interval) {
        if !self.entries.is_empty() {
            let covered: Vec<Vec<u8>> =
                self.entries.range::<[u8], _>(interval.as_bounds()).map(|(key, _)| key.clone()).collect();
            for key in covered {
                if let Some(old) = self.entries.remove(&key) {
                    self.bytes = self.bytes.saturating_sub(entry_bytes(key.len(), &old));
                }
            }
        }
        self.cleared.insert(interval);
    }

    /// Adds the writes of a transaction that commits after these.
    pub(crate) fn absorb(&mut self, later: Self) {
        if self.is_empty() {
            *self = later;
            return;
        }
        for interval in later.cleared.iter() {
            self.clear(interval);
        }
        for (key, sealed) in later.entries {
            self.set(&key, sealed);
        }
    }

    /// What was written to `key`.
    pub(crate) fn find(&self, key: &[u8]) -> Buffered<'_> {
        match self.entries.get(key) {
            Some(Some(sealed)) => Buffered::Put(sealed),
            Some(None) => Buffered::Removed,
            None if self.cleared.contains(key) => Buffered::Removed,
            None => Buffered::Untouched,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.cleared.is_empty()
    }

    /// About how much memory they take.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.saturating_add(self.cleared.bytes())
    }
}

fn entry_bytes(key_len: usize, sealed: &Option<Vec<u8>>) -> usize {
    key_len + sealed.as_ref().map_or(0, Vec::len) + ENTRY_OVERHEAD_BYTES
}

#[cfg(test)]
mod tests;
