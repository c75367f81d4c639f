//! Half-open intervals of keys, and sets of them. Knows nothing of transactions.
//!
//! Over byte strings the first key after `k` is `k` followed by a zero byte, so every range has one half-open form.

use crate::KeyRange;
use std::collections::BTreeMap;
use std::ops::Bound;

/// The keys from `start`, included, to `end`, excluded; without an `end`, every key from `start` on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Interval {
    pub(crate) start: Vec<u8>,
    pub(crate) end: Option<Vec<u8>>,
}

impl Interval {
    /// The interval of the same keys as `range`, or none if no key lies in it.
    pub(crate) fn of(range: &KeyRange) -> Option<Self> {
        let start = match &range.start {
            Bound::Included(key) => key.clone(),
            Bound::Excluded(key) => successor(key),
            Bound::Unbounded => Vec::new(),
        };
        let end = match &range.end {
            Bound::Included(key) => Some(successor(key)),
            Bound::Excluded(key) => Some(key.clone()),
            Bound::Unbounded => None,
        };
        let interval = Self { start, end };
        (!interval.is_empty()).then_some(interval)
    }

    /// Whether `key` lies in it.
    #[cfg(test)]
    pub(crate) fn contains(&self, key: &[u8]) -> bool {
        key >= self.start.as_slice() && before_end(key, self.end.as_deref())
    }

    /// Whether some key lies in both.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        before_end(&self.start, other.end.as_deref()) && before_end(&other.start, self.end.as_deref())
    }

    /// The bounds, in the shape that ordered maps take.
    pub(crate) fn as_bounds(&self) -> (Bound<&[u8]>, Bound<&[u8]>) {
        (Bound::Included(&self.start), self.end.as_deref().map_or(Bound::Unbounded, Bound::Excluded))
    }

    /// About how much memory it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.start.len() + self.end.as_ref().map_or(0, Vec::len) + INTERVAL_OVERHEAD_BYTES
    }

    fn is_empty(&self) -> bool {
        !before_end(&self.start, self.end.as_deref())
    }
}

/// What an interval takes beside its bounds, about.
const INTERVAL_OVERHEAD_BYTES: usize = 64;

/// The first key after `key`.
pub(crate) fn successor(key: &[u8]) -> Vec<u8> {
    let mut next = Vec::with_capacity(key.len().saturating_add(1));
    next.extend_from_slice(key);
    next.push(0);
    next
}

fn before_end(key: &[u8], end: Option<&[u8]>) -> bool {
    end.is_none_or(|end| key < end)
}

/// A set of keys, kept as intervals that neither overlap nor touch.
#[derive(Clone, Debug, Default)]
pub(crate) struct IntervalSet {
    /// From start to end.
    by_start: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    bytes: usize,
}

impl IntervalSet {
    /// Adds the keys of `interval`.
    pub(crate) fn insert(&mut self, interval: Interval) {
        let Interval { mut start, mut end } = interval;
        if let Some((before_start, before_end)) = self.last_up_to(&start)
            && before_end.as_ref().is_none_or(|before_end| *before_end >= start)
        {
            start.clone_from(before_start);
        }
        while let Some((next_start, next_end)) = self.first_touching(&start, end.as_deref()) {
            self.bytes = self.bytes.saturating_sub(entry_bytes(&next_start, next_end.as_deref()));
            self.by_start.remove(&next_start);
            end = match (end, next_end) {
                (Some(one), Some(other)) => Some(one.max(other)),
                (None, _) | (_, None) => None,
            };
        }
        self.bytes += entry_bytes(&start, end.as_deref());
        self.by_start.insert(start, end);
    }

    /// Whether `key` is in the set.
    pub(crate) fn contains(&self, key: &[u8]) -> bool {
        self.last_up_to(key).is_some_and(|(_, end)| before_end(key, end.as_deref()))
    }

    /// Whether every key of `interval` is in the set.
    pub(crate) fn covers(&self, interval: &Interval) -> bool {
        self.last_up_to(&interval.start).is_some_and(|(_, end)| match (&interval.end, end) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(inner), Some(outer)) => inner <= outer,
        })
    }

    /// Whether there is no key in the set.
    pub(crate) fn is_empty(&self) -> bool {
        self.by_start.is_empty()
    }

    /// The intervals in ascending order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Interval> + '_ {
        self.by_start.iter().map(|(start, end)| Interval { start: start.clone(), end: end.clone() })
    }

    /// About how much memory it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The interval with the greatest start that is not after `key`.
    fn last_up_to(&self, key: &[u8]) -> Option<(&Vec<u8>, &Option<Vec<u8>>)> {
        self.by_start.range::<[u8], _>((Bound::Unbounded, Bound::Included(key))).next_back()
    }

    /// The first interval that starts from `start` on and not after `end`.
    fn first_touching(&self, start: &[u8], end: Option<&[u8]>) -> Option<(Vec<u8>, Option<Vec<u8>>)> {
        let bounds = (Bound::Included(start), end.map_or(Bound::Unbounded, Bound::Included));
        self.by_start.range::<[u8], _>(bounds).next().map(|(start, end)| (start.clone(), end.clone()))
    }
}

fn entry_bytes(start: &[u8], end: Option<&[u8]>) -> usize {
    start.len() + end.map_or(0, <[u8]>::len) + INTERVAL_OVERHEAD_BYTES
}

#[cfg(test)]
mod tests;
