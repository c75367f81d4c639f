//! Rules of writing: a transaction sees its own writes, commits all of them or none, and range deletes reach everything.
//! It knows engines only by their contract.

use super::*;
use std::ops::Bound;

pub(super) const CHECKS: &[Check] = &[
    ("a transaction sees its own writes in gets and in scans of both orders", own_writes),
    ("nothing of a transaction is seen before it commits, or ever if it is dropped", unseen_until_committed),
    ("a removed key is gone, and removing what is not there is no fault", deletes),
    ("a key that was removed can be put again, in the same transaction too", put_after_delete),
    ("a range delete removes what is in the range, and only that", range_deletes),
    (
        "a range delete removes earlier writes of its own transaction, and keeps later ones",
        range_delete_order,
    ),
    ("a range delete reaches what others inserted before it committed", range_delete_reaches_later_inserts),
    ("overlapping range deletes are the sum of both", overlapping_range_deletes),
    ("an empty range delete removes nothing", empty_range_delete),
    ("a scan that the visitor ends early shows own writes in their places", early_end_over_own_writes),
    ("each commit with writes has its own, rising version", versions_rise),
    ("a transaction without writes commits at its snapshot's version", no_writes),
    ("large values and many keys come back as they were", large_values),
    ("the epoch rises with watched keys, put, removed or removed by range", epoch),
];

fn own_writes(factory: Factory<'_>) {
    let engine = filled(factory, &[("a", "1"), ("c", "1"), ("e", "1")]);
    let mut transaction = engine.begin_write().unwrap();
    put(transaction.as_mut(), "b", "2");
    put(transaction.as_mut(), "c", "2");
    delete(transaction.as_mut(), "e");
    put(transaction.as_mut(), "f", "2");
    put(transaction.as_mut(), "g", "2");
    delete(transaction.as_mut(), "g");
    for (key, value) in [
        ("a", Some("1")),
        ("b", Some("2")),
        ("c", Some("2")),
        ("d", None),
        ("e", None),
        ("f", Some("2")),
        ("g", None),
    ] {
        assert_eq!(get(transaction.as_ref(), key).as_deref(), value, "key {key}");
    }
    assert_eq!(scan_all(transaction.as_ref()), "a=1 b=2 c=2 f=2");
    assert_eq!(scan(transaction.as_ref(), &KeyRange::all(), Order::Descending), "f=2 c=2 b=2 a=1");
    assert_eq!(scan(transaction.as_ref(), &between("b", "f"), Order::Ascending), "b=2 c=2");
    assert_eq!(scan(transaction.as_ref(), &between("b", "f"), Order::Descending), "c=2 b=2");
    commit(transaction).unwrap();
    assert_eq!(read_all(engine.as_ref()), "a=1 b=2 c=2 f=2");
}

fn unseen_until_committed(factory: Factory<'_>) {
    let engine = filled(factory, &[("a", "1")]);
    let mut transaction = engine.begin_write().unwrap();
    put(transaction.as_mut(), "a", "2");
    let other = engine.begin_write().unwrap();
    assert_eq!(read_all(engine.as_ref()), "a=1");
    assert_eq!(scan_all(other.as_ref()), "a=1");
    drop(transaction);
    assert_eq!(read_all(engine.as_ref()), "a=1");
}

fn deletes(factory: Factory<'_>) {
    let engine = filled(factory, &[("a", "1"), ("b", "1")]);
    let mut transaction = engine.begin_write().unwrap();
    delete(transaction.as_mut(), "a");
    delete(transaction.as_mut(), "missing");
    commit(transaction).unwrap();
    assert_eq!(read_all(engine.as_ref()), "b=1");
}

fn put_after_delete(factory: Factory<'_>) {
    let engine = filled(factory, &[("a", "1")]);
    let mut transaction = engine.begin_write().unwrap();
    delete(transaction.as_mut(), "a");
    put(transaction.as_mut(), "a", "2");
    assert_eq!(get(transaction.as_ref(), "a").as_deref(), Some("2"));
    commit(transaction).unwrap();
    assert_eq!(read_all(engine.as_ref()), "a=2");
}

fn range_deletes(factory: Factory<'_>) {
    let all = [("a", ""), ("b", ""), ("ba", ""), ("c", ""), ("d", "")];
    let key = |key: &str| key.as_bytes().to_vec();
    let cases = [
        (between("b", "c"), "a= c= d="),
        (KeyRange { start: Bound::Excluded(key("b")), end: Bound::Included(key("c")) }, "a= b= d="),
        (prefix("b"), "a= c= d="),
        (KeyRange { start: Bound::Unbounded, end: Bound::Excluded(key("c")) }, "c= d="),
        (KeyRange { start: Bound::Included(key("ba")), end: Bound::Unbounded }, "a= b="),
        (KeyRange::all(), ""),
        (between("x", "y"), "a= b= ba= c= d="),
    ];
    for (range, left) in cases {
        let engine = filled(factory, &all);
        let mut transaction = engine.begin_write().unwrap();
        transaction.delete_range(&range).unwrap();
        assert_eq!(scan_all(transaction.as_ref()), left, "in the transaction, {range:?}");
        commit(transaction).unwrap();
        assert_eq!(read_all(engine.as_ref()), left, "after it, {range:?}");
    }
}

fn range_delete_order(factory: Factory<'_>) {
    let engine = filled(factory, &[("a", "1"), ("b", "1"), ("c", "1")]);
    let mut transaction = engine.begin_write().unwrap();
    put(transaction.as_mut(), "b", "2");
    put(transaction.as_mut(), "bb", "2");
    transaction.delete_range(&between("b", "d")).unwrap();
    assert_eq!(scan_all(transaction.as_ref()), "a=1");
    put(transaction.as_mut(), "c", "3");
    assert_eq!(get(transaction.as_ref(), "b"), None);
    assert_eq!(get(transaction.as_ref(), "c").as_deref(), Some("3"));
    assert_eq!(scan_all(transaction.as_ref()), "a=1 c=3");
    assert_eq!(scan(transaction.as_ref(), &KeyRange::all(), Order::Descending), "c=3 a=1");
    commit(transaction).unwrap();
    assert_eq!(read_all(engine.as_ref()), "a=1 c=3");
}

fn range_delete_reaches_later_inserts(factory: Factory<'_>) {
    let engine = filled(factory, &[("a", "1"), ("z", "1")]);
    let mut transaction = engine.begin_write().unwrap();
    transaction.delete_range(&between("a", "m")).unwrap();
    fill(engine.as_ref(), &[("b", "2"), ("n", "2")]);
    commit(transaction).unwrap();
    assert_eq!(read_all(engine.as_ref()), "n=2 z=1");
}

fn overlapping_range_deletes(factory: Factory<'_>) {
    let engine = filled(factory, &[("a", ""), ("b", ""), ("c", ""), ("d", ""), ("e", ""), ("f", "")]);
    let mut transaction = engine.begin_write().unwrap();
    transaction.delete_range(&between("b", "d")).unwrap();
    transaction.delete_range(&between("c", "e")).unwrap();
    transaction.delete_range(&between("f", "g")).unwrap();
    assert_eq!(scan_all(transaction.as_ref()), "a= e=");
    commit(transaction).unwrap();
    assert_eq!(read_all(engine.as_ref()), "a= e=");
}

fn empty_range_delete(factory: Factory<'_>) {
    let engine = filled(factory, &[("a", "1"), ("b", "1")]);
    let mut transaction = engine.begin_write().unwrap();
    transaction.delete_range(&between("b", "a")).unwrap();
    transaction.delete_range(&between("a", "a")).unwrap();
    commit(transaction).unwrap();
    assert_eq!(read_all(engine.as_ref()), "a=1 b=1");
}

fn early_end_over_own_writes(factory: Factory<'_>) {
    let engine = filled(factory, &[("b", "1"), ("d", "1")]);
    let mut transaction = engine.begin_write().unwrap();
    for key in ["a", "c", "e"] {
        put(transaction.as_mut(), key, "2");
    }
    let full = ["a=2", "b=1", "c=2", "d=1", "e=2"];
    for count in 1..=5 {
        let ascending = scan_some(transaction.as_ref(), &KeyRange::all(), Order::Ascending, count);
        assert_eq!(ascending, full[..count].join(" "));
        let mut reversed = full;
        reversed.reverse();
        let descending = scan_some(transaction.as_ref(), &KeyRange::all(), Order::Descending, count);
        assert_eq!(descending, reversed[..count].join(" "));
    }
    // Where a range was removed before, own writes are all that there is.
    transaction.delete_range(&KeyRange::all()).unwrap();
    for key in ["a", "c", "e"] {
        put(transaction.as_mut(), key, "3");
    }
    for (order, first, second) in
        [(Order::Ascending, "a=3", "a=3 c=3"), (Order::Descending, "e=3", "e=3 c=3")]
    {
        assert_eq!(scan_some(transaction.as_ref(), &KeyRange::all(), order, 1), first);
        assert_eq!(scan_some(transaction.as_ref(), &KeyRange::all(), order, 2), second);
    }
}

fn versions_rise(factory: Factory<'_>) {
    let engine = fresh(factory);
    let mut last = engine.begin_read().unwrap().version();
    for round in 0..5 {
        let version = fill(engine.as_ref(), &[("a", &round.to_string())]);
        assert!(version > last);
        assert_eq!(engine.begin_read().unwrap().version(), version);
        last = version;
    }
}

fn no_writes(factory: Factory<'_>) {
    let engine = filled(factory, &[("a", "1")]);
    let reading = engine.begin_write().unwrap();
    let version = reading.version();
    assert_eq!(get(reading.as_ref(), "a").as_deref(), Some("1"));
    fill(engine.as_ref(), &[("a", "2")]);
    assert_eq!(commit(reading).unwrap(), version, "it saw one state, and changed nothing");
    assert_eq!(commit(engine.begin_write().unwrap()).unwrap(), engine.begin_read().unwrap().version());
}

fn large_values(factory: Factory<'_>) {
    let engine = fresh(factory);
    let large: Vec<u8> = (0..3_000_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    let mut transaction = engine.begin_write().unwrap();
    transaction.put(&[b'k'; 1024], &large).unwrap();
    transaction.put(b"small", b"1").unwrap();
    commit(transaction).unwrap();
    let mut same = false;
    assert!(engine.begin_read().unwrap().get(&[b'k'; 1024], &mut |value| same = value == large).unwrap());
    assert!(same);
}

fn epoch(factory: Factory<'_>) {
    let watch = |key: &[u8]| key.starts_with(b"watched");
    let engine = factory().open(EngineOptions { watch, ..EngineOptions::default() });
    let start = engine.epoch();
    fill(engine.as_ref(), &[("plain", "1")]);
    assert_eq!(engine.epoch(), start);
    let put_at = fill(engine.as_ref(), &[("watched 1", "1"), ("watched 2", "1")]);
    assert_eq!(engine.epoch(), put_at);
    let write = |change: &dyn Fn(&mut dyn Transaction)| {
        let mut transaction = engine.begin_write().unwrap();
        change(transaction.as_mut());
        commit(transaction).unwrap()
    };
    let deleted_at = write(&|transaction| delete(transaction, "watched 1"));
    assert_eq!(engine.epoch(), deleted_at);
    write(&|transaction| transaction.delete_range(&prefix("plain")).unwrap());
    assert_eq!(engine.epoch(), deleted_at, "nothing that is watched was in the range");
    let range_at = write(&|transaction| transaction.delete_range(&prefix("w")).unwrap());
    assert_eq!(engine.epoch(), range_at);
}
