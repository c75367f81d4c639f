//! Rules of intervals: they hold exactly the keys of their range, and a set of them is the union.

use super::{Interval, IntervalSet};
use crate::KeyRange;
use proptest::prelude::*;
use std::ops::Bound;

fn key() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(0u8..3, 0..3)
}

fn bound() -> impl Strategy<Value = Bound<Vec<u8>>> {
    prop_oneof![key().prop_map(Bound::Included), key().prop_map(Bound::Excluded), Just(Bound::Unbounded)]
}

fn range() -> impl Strategy<Value = KeyRange> {
    (bound(), bound()).prop_map(|(start, end)| KeyRange { start, end })
}

proptest! {
    #[test]
    fn an_interval_holds_the_keys_of_its_range(range in range(), key in key()) {
        let held = Interval::of(&range).is_some_and(|interval| interval.contains(&key));
        prop_assert_eq!(held, range.contains(&key));
    }

    #[test]
    fn a_set_is_the_union_of_what_was_inserted(ranges in prop::collection::vec(range(), 0..6), key in key()) {
        let mut set = IntervalSet::default();
        for range in &ranges {
            if let Some(interval) = Interval::of(range) {
                set.insert(interval);
            }
        }
        prop_assert_eq!(set.contains(&key), ranges.iter().any(|range| range.contains(&key)));
        let intervals: Vec<_> = set.iter().collect();
        for pair in intervals.windows(2) {
            prop_assert!(pair[0].end.as_ref().is_some_and(|end| *end < pair[1].start), "{:?}", intervals);
        }
        prop_assert_eq!(set.bytes(), intervals.iter().map(Interval::bytes).sum::<usize>());
    }

    #[test]
    fn a_set_covers_what_it_is_not_changed_by(ranges in prop::collection::vec(range(), 0..6), range in range()) {
        let mut set = IntervalSet::default();
        for interval in ranges.iter().filter_map(Interval::of) {
            set.insert(interval);
        }
        if let Some(interval) = Interval::of(&range) {
            let before: Vec<_> = set.iter().collect();
            let covered = set.covers(&interval);
            set.insert(interval);
            prop_assert_eq!(covered, before == set.iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn two_intervals_overlap_when_they_share_a_key(one in range(), other in range()) {
        if let (Some(one), Some(other)) = (Interval::of(&one), Interval::of(&other)) {
            let shared = one.contains(&other.start) || other.contains(&one.start);
            prop_assert_eq!(one.overlaps(&other), shared);
        }
    }
}
