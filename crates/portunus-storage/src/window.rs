//! The window of recent commits: which keys and intervals each wrote, so that a transaction's reads can be validated.
//! Knows nothing of values, and never takes more memory than it was given.

use crate::interval::Interval;
use crate::reads::ReadSet;
use crate::writes::Writes;
use crate::{Error, Result, Version};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Who wrote what lately.
pub(crate) struct Window {
    /// The last commit in the window that wrote the key.
    last_writer: BTreeMap<Arc<[u8]>, Version>,
    commits: VecDeque<Commit>,
    /// Everything after this commit is in the window.
    floor: Version,
    bytes: usize,
    bytes_max: usize,
}

struct Commit {
    version: Version,
    keys: Vec<Arc<[u8]>>,
    cleared: Vec<Interval>,
    bytes: usize,
}

/// What a key takes beside its bytes, about: its place in the map, in its commit, and its counts.
const KEY_OVERHEAD_BYTES: usize = 96;

impl Window {
    /// A window that knows of everything after `floor`.
    pub(crate) fn new(floor: Version, bytes_max: usize) -> Self {
        Self { last_writer: BTreeMap::new(), commits: VecDeque::new(), floor, bytes: 0, bytes_max }
    }

    /// Whether what a transaction on a snapshot at `base` has read still stands.
    ///
    /// # Errors
    /// `Conflict` if not, or if the window no longer reaches back so far.
    pub(crate) fn validate(&self, base: Version, reads: &ReadSet) -> Result<()> {
        if reads.is_empty() {
            return Ok(());
        }
        if base < self.floor || self.has_written(base, reads) {
            return Err(Error::Conflict);
        }
        Ok(())
    }

    /// Takes up the writes of a commit, and forgets the oldest ones past the bound.
    pub(crate) fn push(&mut self, version: Version, writes: &Writes) {
        let keys: Vec<Arc<[u8]>> = writes.entries.keys().map(|key| key.as_slice().into()).collect();
        let cleared: Vec<Interval> = writes.cleared.iter().collect();
        let key_bytes: usize = keys.iter().map(|key| key.len() + KEY_OVERHEAD_BYTES).sum();
        let bytes = key_bytes + writes.cleared.bytes() + KEY_OVERHEAD_BYTES;
        for key in &keys {
            self.last_writer.insert(Arc::clone(key), version);
        }
        self.commits.push_back(Commit { version, keys, cleared, bytes });
        self.bytes += bytes;
        while self.bytes > self.bytes_max && self.forget_oldest() {}
    }

    /// About how much memory it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    fn has_written(&self, base: Version, reads: &ReadSet) -> bool {
        let key_written =
            reads.keys.iter().any(|key| self.last_writer.get(key.as_slice()).is_some_and(|v| *v > base));
        let written_within = |interval: &Interval| {
            self.last_writer.range::<[u8], _>(interval.as_bounds()).any(|(_, version)| *version > base)
        };
        key_written
            || reads.intervals.iter().any(|interval| written_within(&interval))
            || self.has_cleared(base, reads)
    }

    fn has_cleared(&self, base: Version, reads: &ReadSet) -> bool {
        let since = self.commits.iter().rev().take_while(|commit| commit.version > base);
        since.flat_map(|commit| &commit.cleared).any(|cleared| {
            reads.keys.range::<[u8], _>(cleared.as_bounds()).next().is_some()
                || reads.intervals.iter().any(|interval| interval.overlaps(cleared))
        })
    }

    fn forget_oldest(&mut self) -> bool {
        let Some(oldest) = self.commits.pop_front() else {
            return false;
        };
        for key in &oldest.keys {
            if self.last_writer.get(key) == Some(&oldest.version) {
                self.last_writer.remove(key);
            }
        }
        self.bytes = self.bytes.saturating_sub(oldest.bytes);
        self.floor = oldest.version;
        true
    }
}

#[cfg(test)]
mod tests;
