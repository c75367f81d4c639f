//! What a transaction has read: the keys and the intervals that its outcome depends on. Knows nothing of values.

use crate::interval::{Interval, IntervalSet};
use crate::{Error, Result};
use std::collections::BTreeSet;

/// The keys and intervals that a transaction depends on.
#[derive(Debug, Default)]
pub(crate) struct ReadSet {
    pub(crate) keys: BTreeSet<Vec<u8>>,
    pub(crate) intervals: IntervalSet,
    key_bytes: usize,
    /// What was too large, once a read could not be remembered. Such a transaction must not commit writes.
    overflow: Option<usize>,
}

/// What a key takes beside its bytes, about.
const KEY_OVERHEAD_BYTES: usize = 32;

impl ReadSet {
    /// Remembers that `key` was looked up, whether or not it was there.
    pub(crate) fn add_key(&mut self, key: &[u8], bytes_max: usize) -> Result<()> {
        if !self.intervals.contains(key) && !self.keys.contains(key) {
            self.keys.insert(key.to_vec());
            self.key_bytes += key.len() + KEY_OVERHEAD_BYTES;
        }
        self.check(bytes_max)
    }

    /// Remembers that every key of `interval` was looked for.
    pub(crate) fn add_interval(&mut self, interval: Interval, bytes_max: usize) -> Result<()> {
        self.intervals.insert(interval);
        self.check(bytes_max)
    }

    /// Whether nothing was read.
    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.intervals.is_empty()
    }

    /// Fails if some read could not be remembered.
    pub(crate) fn check(&mut self, bytes_max: usize) -> Result<()> {
        let bytes = self.key_bytes.saturating_add(self.intervals.bytes());
        if self.overflow.is_none() && bytes > bytes_max {
            *self = Self { overflow: Some(bytes), ..Self::default() };
        }
        match self.overflow {
            Some(actual) => {
                Err(Error::Limit { what: "the read set of the transaction", actual, max: bytes_max })
            }
            None => Ok(()),
        }
    }
}
