//! Rules of limits: each is a typed error, and the transaction goes on unchanged. It knows engines only by their contract.

use super::*;
use crate::{KEY_BYTES_MAX, VALUE_BYTES_MAX};

pub(super) const CHECKS: &[Check] = &[
    ("a key over the limit is refused, one at the limit is not", key_limit),
    ("a value over the limit is refused", value_limit),
    ("a transaction over its limit is refused the next write, and goes on", transaction_limit),
    (
        "a transaction whose reads cannot be remembered is refused, at the read and at the commit",
        read_set_limit,
    ),
    ("a scan over everything is one read to remember", scans_are_small),
];

fn refused(outcome: Result<()>) -> bool {
    matches!(outcome, Err(Error::Limit { actual, max, .. }) if actual > max)
}

fn key_limit(factory: Factory<'_>) {
    let engine = fresh(factory);
    let mut transaction = engine.begin_write().unwrap();
    let longest = vec![b'k'; KEY_BYTES_MAX];
    let too_long = vec![b'k'; KEY_BYTES_MAX + 1];
    put(transaction.as_mut(), "a", "1");
    transaction.put(&longest, b"1").unwrap();
    assert!(refused(transaction.put(&too_long, b"1")));
    assert!(refused(transaction.delete(&too_long)));
    let far = [too_long.as_slice(), b"k"].concat();
    assert!(refused(transaction.delete_range(&KeyRange::half_open(b"a", &far))));
    assert!(
        !transaction.get(&too_long, &mut |_| {}).unwrap(),
        "reading a key that cannot be there is no fault"
    );
    commit(transaction).unwrap();
    assert_eq!(pairs(engine.begin_read().unwrap().as_ref(), &KeyRange::all(), Order::Ascending).len(), 2);
}

fn value_limit(factory: Factory<'_>) {
    let engine = filled(factory, &[("a", "1")]);
    let mut transaction = engine.begin_write().unwrap();
    assert!(refused(transaction.put(b"a", &vec![0; VALUE_BYTES_MAX + 1])));
    assert_eq!(get(transaction.as_ref(), "a").as_deref(), Some("1"));
    put(transaction.as_mut(), "b", "2");
    commit(transaction).unwrap();
    assert_eq!(read_all(engine.as_ref()), "a=1 b=2");
}

fn transaction_limit(factory: Factory<'_>) {
    let engine = factory().open(EngineOptions { transaction_bytes_max: 10_000, ..EngineOptions::default() });
    let mut transaction = engine.begin_write().unwrap();
    let mut taken = 0;
    while transaction.put(format!("key {taken:04}").as_bytes(), &[b'v'; 100]).is_ok() {
        taken += 1;
        assert!(taken < 100, "the limit never came");
    }
    assert!(taken > 20);
    assert!(refused(transaction.put(b"another", &[b'v'; 100])));
    assert_eq!(pairs(transaction.as_ref(), &KeyRange::all(), Order::Ascending).len(), taken);
    commit(transaction).unwrap();
    assert_eq!(pairs(engine.begin_read().unwrap().as_ref(), &KeyRange::all(), Order::Ascending).len(), taken);
}

fn read_set_limit(factory: Factory<'_>) {
    let engine = factory().open(EngineOptions { read_set_bytes_max: 5_000, ..EngineOptions::default() });
    let mut transaction = engine.begin_write().unwrap();
    put(transaction.as_mut(), "a", "1");
    let read = |n: u32| transaction.get(format!("key {n}").as_bytes(), &mut |_| {});
    assert!((0..1000).map(read).any(|outcome| refused(outcome.map(drop))));
    assert!(refused(transaction.scan(
        &KeyRange::all(),
        Order::Ascending,
        &mut |_, _| ControlFlow::Continue(())
    )));
    assert!(matches!(commit(transaction), Err(Error::Limit { .. })));
    assert_eq!(read_all(engine.as_ref()), "");
}

fn scans_are_small(factory: Factory<'_>) {
    let store = factory();
    let engine = store.open(EngineOptions { read_set_bytes_max: 5_000, ..EngineOptions::default() });
    let mut transaction = engine.begin_write().unwrap();
    for n in 0..2000 {
        put(transaction.as_mut(), &format!("key {n:05}"), "1");
    }
    commit(transaction).unwrap();
    let mut transaction = engine.begin_write().unwrap();
    assert_eq!(pairs(transaction.as_ref(), &KeyRange::all(), Order::Ascending).len(), 2000);
    for n in 0..2000 {
        assert!(
            get(transaction.as_ref(), &format!("key {n:05}")).is_some(),
            "a key of a range read costs nothing more"
        );
    }
    put(transaction.as_mut(), "a", "1");
    commit(transaction).unwrap();
}
