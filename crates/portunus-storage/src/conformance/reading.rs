//! Rules of reading: keys, ranges in both orders, ends of ranges. It knows engines only by their contract.

use super::*;
use std::ops::Bound;

pub(super) const CHECKS: &[Check] = &[
    ("an empty store holds nothing and is at version 0", empty_store),
    ("a key holds what was last put, empty keys and values too", keys_and_values),
    ("keys are ordered as bytes", byte_order),
    ("a range holds the keys between its bounds, in both orders", bounds),
    ("an empty or reversed range holds nothing", empty_ranges),
    ("a prefix holds the keys that begin with it, up to the last byte", prefixes),
    ("a visitor ends the scan when it wants to, in both orders", early_end),
    ("a visitor may read the snapshot that it visits", visitor_reads),
    ("a snapshot never changes", snapshot_stays),
    ("a snapshot can be read from several threads", many_readers),
    ("a scan sees large stores whole, in both orders", large_scan),
];

fn empty_store(factory: Factory<'_>) {
    let engine = fresh(factory);
    let snapshot = engine.begin_read().unwrap();
    assert_eq!(snapshot.version(), Version(0));
    assert_eq!(get(snapshot.as_ref(), ""), None);
    assert_eq!(scan_all(snapshot.as_ref()), "");
    assert_eq!(scan(snapshot.as_ref(), &KeyRange::all(), Order::Descending), "");
}

fn keys_and_values(factory: Factory<'_>) {
    let engine = filled(factory, &[("a", "1"), ("b", ""), ("", "empty")]);
    fill(engine.as_ref(), &[("a", "2")]);
    let snapshot = engine.begin_read().unwrap();
    for (key, value) in [("a", Some("2")), ("b", Some("")), ("", Some("empty")), ("c", None), ("a\0", None)] {
        assert_eq!(get(snapshot.as_ref(), key).as_deref(), value, "key {key:?}");
    }
}

fn byte_order(factory: Factory<'_>) {
    let engine = fresh(factory);
    let keys: [&[u8]; 9] = [b"", b"\0", b"\0\0", b"a", b"a\0", b"ab", b"a\xff", b"\xff", b"\xff\xff"];
    let mut transaction = engine.begin_write().unwrap();
    for key in keys.iter().rev() {
        transaction.put(key, b"").unwrap();
    }
    commit(transaction).unwrap();
    let snapshot = engine.begin_read().unwrap();
    let found: Vec<Vec<u8>> =
        pairs(snapshot.as_ref(), &KeyRange::all(), Order::Ascending).into_iter().map(|pair| pair.0).collect();
    assert_eq!(found, keys);
    let mut reversed = pairs(snapshot.as_ref(), &KeyRange::all(), Order::Descending);
    reversed.reverse();
    assert_eq!(reversed.into_iter().map(|pair| pair.0).collect::<Vec<_>>(), keys);
}

fn bounds(factory: Factory<'_>) {
    let engine = filled(factory, &[("a", ""), ("b", ""), ("c", ""), ("d", "")]);
    let snapshot = engine.begin_read().unwrap();
    let key = |key: &str| key.as_bytes().to_vec();
    let cases = [
        (Bound::Included(key("b")), Bound::Included(key("c")), "b= c="),
        (Bound::Included(key("b")), Bound::Excluded(key("c")), "b="),
        (Bound::Excluded(key("b")), Bound::Included(key("c")), "c="),
        (Bound::Excluded(key("a")), Bound::Excluded(key("d")), "b= c="),
        (Bound::Unbounded, Bound::Excluded(key("c")), "a= b="),
        (Bound::Excluded(key("b")), Bound::Unbounded, "c= d="),
        (Bound::Included(key("bb")), Bound::Included(key("cc")), "c="),
        (Bound::Unbounded, Bound::Unbounded, "a= b= c= d="),
    ];
    for (start, end, expected) in cases {
        let range = KeyRange { start, end };
        assert_eq!(scan(snapshot.as_ref(), &range, Order::Ascending), expected, "{range:?}");
        let backwards: Vec<&str> = expected.split(' ').rev().collect();
        assert_eq!(scan(snapshot.as_ref(), &range, Order::Descending), backwards.join(" "), "{range:?}");
    }
}

fn empty_ranges(factory: Factory<'_>) {
    let engine = filled(factory, &[("a", ""), ("b", "")]);
    let snapshot = engine.begin_read().unwrap();
    let key = |key: &str| key.as_bytes().to_vec();
    let cases = [
        between("b", "a"),
        between("a", "a"),
        KeyRange { start: Bound::Excluded(key("a")), end: Bound::Excluded(key("a")) },
        KeyRange { start: Bound::Excluded(key("a")), end: Bound::Included(key("a")) },
        KeyRange { start: Bound::Excluded(key("a")), end: Bound::Excluded(key("a\0")) },
        KeyRange { start: Bound::Unbounded, end: Bound::Excluded(Vec::new()) },
        between("aa", "ab"),
    ];
    for range in cases {
        for order in [Order::Ascending, Order::Descending] {
            assert_eq!(scan(snapshot.as_ref(), &range, order), "", "{range:?}");
        }
    }
}

fn prefixes(factory: Factory<'_>) {
    let engine = fresh(factory);
    let mut transaction = engine.begin_write().unwrap();
    for key in [&b"a"[..], b"a\xff", b"a\xff\xff", b"b", b"\xff", b"\xff\xff", b"\xff\xff\xff"] {
        transaction.put(key, b"").unwrap();
    }
    commit(transaction).unwrap();
    let snapshot = engine.begin_read().unwrap();
    let cases: [(&[u8], usize); 7] =
        [(b"", 7), (b"a", 3), (b"a\xff", 2), (b"b", 1), (b"\xff", 3), (b"\xff\xff", 2), (b"c", 0)];
    for (prefix, count) in cases {
        for order in [Order::Ascending, Order::Descending] {
            assert_eq!(pairs(snapshot.as_ref(), &KeyRange::prefix(prefix), order).len(), count, "{prefix:?}");
        }
    }
}

fn early_end(factory: Factory<'_>) {
    let engine = filled(factory, &[("a", "1"), ("b", "2"), ("c", "3")]);
    let snapshot = engine.begin_read().unwrap();
    assert_eq!(scan_some(snapshot.as_ref(), &KeyRange::all(), Order::Ascending, 1), "a=1");
    assert_eq!(scan_some(snapshot.as_ref(), &KeyRange::all(), Order::Ascending, 2), "a=1 b=2");
    assert_eq!(scan_some(snapshot.as_ref(), &KeyRange::all(), Order::Descending, 2), "c=3 b=2");
}

fn visitor_reads(factory: Factory<'_>) {
    let engine = filled(factory, &[("a", "b"), ("b", "c"), ("c", "a")]);
    let snapshot = engine.begin_read().unwrap();
    let mut transaction = engine.begin_write().unwrap();
    put(transaction.as_mut(), "own", "a");
    let check = |snapshot: &dyn Snapshot, expected: &str| {
        let mut seen = Vec::new();
        snapshot
            .scan(&KeyRange::all(), Order::Ascending, &mut |_, value| {
                seen.push(get(snapshot, &text(value)).unwrap());
                seen.push(scan(snapshot, &prefix(&text(value)), Order::Descending));
                ControlFlow::Continue(())
            })
            .unwrap();
        assert_eq!(seen.join(" "), expected);
        let mut inner = None;
        snapshot.get(b"a", &mut |value| inner = get(snapshot, &text(value))).unwrap();
        assert_eq!(inner.as_deref(), Some("c"));
    };
    check(snapshot.as_ref(), "c b=c a c=a b a=b");
    check(transaction.as_ref(), "c b=c a c=a b a=b b a=b");
}

fn snapshot_stays(factory: Factory<'_>) {
    let engine = filled(factory, &[("a", "1"), ("b", "1")]);
    let before = engine.begin_read().unwrap();
    let mut transaction = engine.begin_write().unwrap();
    put(transaction.as_mut(), "a", "2");
    delete(transaction.as_mut(), "b");
    put(transaction.as_mut(), "c", "2");
    let version = commit(transaction).unwrap();
    assert_eq!(scan_all(before.as_ref()), "a=1 b=1");
    assert!(before.version() < version);
    let after = engine.begin_read().unwrap();
    assert_eq!(scan_all(after.as_ref()), "a=2 c=2");
    assert_eq!(after.version(), version);
}

fn many_readers(factory: Factory<'_>) {
    let engine = filled(factory, &[("a", "1"), ("b", "2")]);
    let snapshot = engine.begin_read().unwrap();
    std::thread::scope(|threads| {
        for _ in 0..8 {
            threads.spawn(|| {
                for _ in 0..50 {
                    assert_eq!(scan_all(snapshot.as_ref()), "a=1 b=2");
                    assert_eq!(get(snapshot.as_ref(), "b").as_deref(), Some("2"));
                }
            });
        }
    });
}

fn large_scan(factory: Factory<'_>) {
    let engine = fresh(factory);
    let mut transaction = engine.begin_write().unwrap();
    let expected: Vec<Pair> =
        (0..5000_u32).map(|n| (n.to_be_bytes().to_vec(), vec![n.to_be_bytes()[3]; 50])).collect();
    for (key, value) in &expected {
        transaction.put(key, value).unwrap();
    }
    commit(transaction).unwrap();
    let snapshot = engine.begin_read().unwrap();
    assert!(pairs(snapshot.as_ref(), &KeyRange::all(), Order::Ascending) == expected);
    let mut backwards = pairs(snapshot.as_ref(), &KeyRange::all(), Order::Descending);
    backwards.reverse();
    assert!(backwards == expected);
}
