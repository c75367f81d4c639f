//! Buckets of tokens: never more than their limits, never a wait without an end, whatever the clock does.

use super::{Bucket, ThrottleLimits, Wait};
use crate::ErrorKind;
use portunus_scope::{Object, Timestamp, Value, ValueRef};
use proptest::collection::vec;
use proptest::prelude::*;
use std::time::Duration;

const START: Timestamp = Timestamp(1_800_000_000_000_000);
const SECOND: Duration = Duration::from_secs(1);

fn limits(burst: u32, refill: Duration) -> ThrottleLimits {
    ThrottleLimits::new(burst, refill).unwrap()
}

fn after(seconds: u64) -> Timestamp {
    START.saturating_add(Duration::from_secs(seconds))
}

/// The instant so many microseconds later, or earlier.
fn moved(instant: Timestamp, micros: i64) -> Timestamp {
    Timestamp(instant.0.saturating_add(micros))
}

#[test]
fn a_full_bucket_gives_its_burst_and_then_one_token_each_refill() {
    let limits = limits(3, 10 * SECOND);
    let mut bucket = Bucket::full(limits, START);
    for _ in 0..3 {
        assert_eq!(bucket.take(limits, START), Ok(()));
    }
    assert_eq!(bucket.take(limits, START), Err(Wait(10 * SECOND)));
    assert_eq!(bucket.take(limits, after(4)), Err(Wait(6 * SECOND)));
    assert_eq!(bucket.take(limits, after(10)), Ok(()));
    assert_eq!(bucket.take(limits, after(19)), Err(Wait(SECOND)));
    assert_eq!(bucket.full_at(limits), after(40));
    assert_eq!(bucket.take(limits, after(40)), Ok(()));
    assert_eq!(bucket, Bucket { tokens: 2, since: after(40) });
}

#[test]
fn time_counts_toward_the_next_token_to_the_microsecond() {
    let limits = limits(2, Duration::from_millis(3));
    let mut bucket = Bucket { tokens: 0, since: START };
    assert_eq!(bucket.take(limits, moved(START, 2_999)), Err(Wait(Duration::from_micros(1))));
    assert_eq!(bucket.take(limits, moved(START, 5_999)), Ok(()), "the first token, and most of the next");
    assert_eq!(bucket.take(limits, moved(START, 6_000)), Ok(()));
    assert_eq!(bucket.take(limits, moved(START, 6_000)), Err(Wait(Duration::from_millis(3))));
}

#[test]
fn what_is_given_back_can_be_taken_again_and_never_makes_more_than_a_burst() {
    let limits = limits(2, 10 * SECOND);
    let mut bucket = Bucket::full(limits, START);
    bucket.give_back(limits);
    assert_eq!(bucket, Bucket::full(limits, START));
    for _ in 0..5 {
        assert_eq!(bucket.take(limits, START), Ok(()));
        bucket.give_back(limits);
    }
    assert_eq!([(); 3].map(|()| bucket.take(limits, START).is_ok()), [true, true, false]);
}

#[test]
fn a_clock_that_goes_back_gives_no_token_and_locks_nobody_out() {
    let limits = limits(2, 10 * SECOND);
    let mut bucket = Bucket { tokens: 0, since: after(1_000_000) };
    let before = bucket;
    assert_eq!(bucket.take(limits, START), Err(Wait(10 * SECOND)));
    assert_ne!(bucket, before, "it has to be kept");
    assert_eq!(bucket.take(limits, after(10)), Ok(()));
    let mut some = Bucket { tokens: 1, since: after(1_000_000) };
    assert_eq!(some.take(limits, START), Ok(()), "what was there is there");
    assert_eq!(some.take(limits, START), Err(Wait(10 * SECOND)));
    for instant in [Timestamp::MIN, Timestamp::MAX, START] {
        let Wait(wait) = Bucket { tokens: 0, since: instant }.take(limits, instant).unwrap_err();
        assert_eq!(wait, 10 * SECOND);
        Bucket { tokens: 0, since: instant }.full_at(limits);
    }
}

#[test]
fn limits_that_changed_hold_at_once() {
    let many = limits(100, SECOND);
    let few = limits(2, SECOND);
    let mut bucket = Bucket::full(many, START);
    assert_eq!([(); 3].map(|()| bucket.take(few, START).is_ok()), [true, true, false]);
    assert_eq!(Bucket::full(many, START).full_at(few), START);
}

#[test]
fn limits_are_limited() {
    for (burst, refill) in [
        (0, SECOND),
        (1_000_001, SECOND),
        (1, Duration::ZERO),
        (1, Duration::from_micros(999)),
        (1, Duration::from_secs(3_601)),
        (1, Duration::MAX),
    ] {
        assert_eq!(
            ThrottleLimits::new(burst, refill).unwrap_err().kind(),
            ErrorKind::Invalid,
            "{burst} {refill:?}"
        );
    }
    assert_eq!(limits(1, Duration::from_nanos(1_000_999)), limits(1, Duration::from_millis(1)));
}

#[test]
fn a_stored_bucket_of_another_form_is_damage() {
    let stored = |tokens: Value, since: Value| {
        Value::Object(Object::from_iter([("tokens", tokens), ("since", since)]))
    };
    let now = || Value::Timestamp(START);
    let read = |value: &Value| Bucket::from_value(ValueRef::from(value));
    assert_eq!(read(&stored(7.into(), now())).unwrap(), Bucket { tokens: 7, since: START });
    for damaged in [
        Value::Null,
        Value::Object(Object::new()),
        stored(Value::Null, now()),
        stored((-1).into(), now()),
        stored(i64::MAX.into(), now()),
        stored("7".into(), now()),
        stored(7.into(), Value::Null),
        stored(7.into(), START.0.into()),
    ] {
        assert_eq!(read(&damaged).unwrap_err().kind(), ErrorKind::Corrupt, "{damaged:?}");
    }
}

/// Steps of a clock in microseconds: mostly short ones, and with `back` also some into the past.
fn steps(back: bool) -> impl Strategy<Value = Vec<i64>> {
    let far = if back { -5_000_000_000..5_000_000_000_i64 } else { 0..5_000_000_000 };
    vec(prop_oneof![4 => 0..3_000_i64, 2 => 0..40_000_i64, 1 => far], 0..200)
}

proptest! {
    #[test]
    fn over_any_time_no_more_is_taken_than_the_burst_and_what_was_gained(
        burst in 1_u32..6,
        refill in 1_000_u64..20_000,
        steps in steps(false),
    ) {
        let limits = limits(burst, Duration::from_micros(refill));
        let mut bucket = Bucket::full(limits, START);
        let (mut now, mut taken_at) = (START, Vec::new());
        for step in steps {
            now = moved(now, step);
            let before = bucket;
            match bucket.take(limits, now) {
                Ok(()) => taken_at.push(now),
                Err(Wait(wait)) => {
                    prop_assert_eq!(bucket, before, "a refusal is nothing to keep");
                    prop_assert!(!wait.is_zero() && wait <= limits.refill);
                    let mut later = bucket;
                    prop_assert_eq!(later.take(limits, now.saturating_add(wait)), Ok(()));
                    let mut early = bucket;
                    let almost = now.saturating_add(wait - Duration::from_micros(1));
                    prop_assert!(early.take(limits, almost).is_err());
                }
            }
            // From its instant on, a bucket that is kept is one that is not.
            let full_at = bucket.full_at(limits);
            let (mut kept, mut gone) = (bucket, Bucket::full(limits, full_at));
            prop_assert_eq!(kept.take(limits, full_at), gone.take(limits, full_at));
            prop_assert_eq!(kept, gone);
            prop_assert_eq!(Bucket::from_value(ValueRef::from(&bucket.to_value())).unwrap(), bucket);
        }
        for (index, first) in taken_at.iter().enumerate() {
            for (count, last) in (1_u128..).zip(&taken_at[index..]) {
                let gained = last.saturating_since(*first).as_micros() / u128::from(refill);
                prop_assert!(count <= u128::from(burst) + gained, "{count} from {first} to {last}");
            }
        }
    }

    #[test]
    fn whatever_the_clock_does_only_its_way_forward_gives_tokens(
        burst in 1_u32..6,
        refill in 1_000_u64..20_000,
        steps in steps(true),
    ) {
        let limits = limits(burst, Duration::from_micros(refill));
        let mut bucket = Bucket::full(limits, START);
        let (mut now, mut forward, mut taken) = (START, 0_u64, 0_u64);
        for step in steps {
            now = moved(now, step);
            forward += u64::try_from(step).unwrap_or(0);
            match bucket.take(limits, now) {
                Ok(()) => taken += 1,
                Err(Wait(wait)) => prop_assert!(!wait.is_zero() && wait <= limits.refill),
            }
        }
        prop_assert!(taken <= u64::from(burst) + forward / refill);
    }
}
