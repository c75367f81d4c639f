//! Ranges of keys, and the order to walk them in.

use std::ops::Bound;

/// The order of a scan.
///
/// ```
/// use portunus_storage::{Durability, EngineOptions, KeyRange, Order};
/// use std::ops::ControlFlow;
/// # let engine = portunus_storage::memory(EngineOptions::default())?;
/// # let mut transaction = engine.begin_write()?;
/// # transaction.put(b"a", b"")?;
/// # transaction.put(b"b", b"")?;
/// # transaction.commit(Durability::Immediate)?;
/// let mut last = Vec::new();
/// engine.begin_read()?.scan(&KeyRange::all(), Order::Descending, &mut |key, _| {
///     last = key.to_vec();
///     ControlFlow::Break(())
/// })?;
/// assert_eq!(last, b"b");
/// # Ok::<(), portunus_storage::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Order {
    /// From the smallest key to the largest.
    #[default]
    Ascending,
    /// From the largest key to the smallest.
    Descending,
}

/// A range of keys with owned bounds.
///
/// ```
/// use portunus_storage::KeyRange;
/// let range = KeyRange::prefix(b"ab");
/// assert!(range.contains(b"ab") && range.contains(b"ab\xff\xff") && !range.contains(b"ac"));
/// assert!(KeyRange::half_open(b"b", b"a").is_empty());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KeyRange {
    /// The lower end.
    pub start: Bound<Vec<u8>>,
    /// The upper end.
    pub end: Bound<Vec<u8>>,
}

impl KeyRange {
    /// Every key.
    #[must_use]
    pub fn all() -> Self {
        Self { start: Bound::Unbounded, end: Bound::Unbounded }
    }

    /// The keys from `start`, included, to `end`, excluded.
    #[must_use]
    pub fn half_open(start: &[u8], end: &[u8]) -> Self {
        Self { start: Bound::Included(start.to_vec()), end: Bound::Excluded(end.to_vec()) }
    }

    /// The keys that begin with `prefix`.
    #[must_use]
    pub fn prefix(prefix: &[u8]) -> Self {
        Self { start: Bound::Included(prefix.to_vec()), end: prefix_end(prefix) }
    }

    /// Whether `key` lies in the range.
    #[must_use]
    pub fn contains(&self, key: &[u8]) -> bool {
        let after_start = match &self.start {
            Bound::Included(start) => key >= start.as_slice(),
            Bound::Excluded(start) => key > start.as_slice(),
            Bound::Unbounded => true,
        };
        after_start
            && match &self.end {
                Bound::Included(end) => key <= end.as_slice(),
                Bound::Excluded(end) => key < end.as_slice(),
                Bound::Unbounded => true,
            }
    }

    /// Whether no key can lie in the range. (A range such as `(a, a\0)` that happens to hold no key counts as not empty.)
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match (&self.start, &self.end) {
            (Bound::Included(start), Bound::Included(end)) => start > end,
            (Bound::Included(start) | Bound::Excluded(start), Bound::Excluded(end)) => start >= end,
            (Bound::Excluded(start), Bound::Included(end)) => start >= end,
            (Bound::Unbounded, Bound::Excluded(end)) => end.is_empty(),
            (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
        }
    }

    /// The bounds as borrowed slices, in the shape that standard ordered maps take.
    #[must_use]
    pub fn as_bounds(&self) -> (Bound<&[u8]>, Bound<&[u8]>) {
        (self.start.as_ref().map(Vec::as_slice), self.end.as_ref().map(Vec::as_slice))
    }
}

/// The first key after every key that begins with `prefix`.
fn prefix_end(prefix: &[u8]) -> Bound<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if let Some(next) = last.checked_add(1) {
            end.push(next);
            return Bound::Excluded(end);
        }
    }
    Bound::Unbounded
}
