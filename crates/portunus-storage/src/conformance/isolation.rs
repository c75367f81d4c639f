//! Rules of isolation beside Hermitage's schedules: lost updates, phantoms, write skew, the anomaly of a read-only transaction,
//! and what must not conflict. It knows engines only by their contract.

use super::*;

pub(super) const CHECKS: &[Check] = &[
    ("of two transactions that read and write one key, one wins", lost_update),
    ("blind writes never conflict, the last commit wins", blind_writes),
    ("transactions on different keys do not conflict", different_keys),
    ("reading one's own writes depends on nothing", own_reads),
    ("a key read as missing conflicts with its insertion", missing_key),
    ("phantom: an insert into an empty range that was read", phantom_in_empty_range),
    ("phantom: a deletion in a range that was read", phantom_by_deletion),
    ("phantom: a range delete over a range that was read", phantom_by_range_delete),
    ("phantom: an insert under another prefix that was read as well", phantom_in_other_prefix),
    ("phantom: an insert at the edge of a range that was read", phantom_at_the_edge),
    ("phantom: a key removed and put again with the same value", phantom_by_replacement),
    ("a scan that ended early depends on what it walked, in both orders", early_end_dependencies),
    ("a scan whose visitor panicked depends on what it walked", panicking_visitor),
    ("write skew on two keys", write_skew),
    ("write skew on a count over a range", write_skew_over_range),
    ("the anomaly of a read-only transaction", read_only_anomaly),
    ("a transaction that read only what it removed by range depends on it", read_then_clear),
    ("a conflict leaves nothing behind", conflict_leaves_nothing),
    ("a transaction older than the window conflicts, a younger one does not", window_overflow),
    ("members of one group see each other's conflicts", group_conflicts),
];

/// Runs `read` in one transaction and `write` in another that commits first, then commits the first with a write of its own.
fn race(
    factory: Factory<'_>,
    pairs: &[(&str, &str)],
    read: &dyn Fn(&dyn Snapshot),
    write: &dyn Fn(&mut dyn Transaction),
) -> Result<Version> {
    let engine = filled(factory, pairs);
    let mut reader = engine.begin_write().unwrap();
    read(reader.as_ref());
    let mut writer = engine.begin_write().unwrap();
    write(writer.as_mut());
    commit(writer).unwrap();
    put(reader.as_mut(), "result", "1");
    commit(reader)
}

fn lost_update(factory: Factory<'_>) {
    let outcome = race(
        factory,
        &[("a", "1")],
        &|snapshot| assert_eq!(get(snapshot, "a").as_deref(), Some("1")),
        &|transaction| {
            get(transaction, "a");
            put(transaction, "a", "2");
        },
    );
    assert_conflict(outcome);
}

fn blind_writes(factory: Factory<'_>) {
    let engine = filled(factory, &[("a", "0")]);
    let mut one = engine.begin_write().unwrap();
    let mut other = engine.begin_write().unwrap();
    put(one.as_mut(), "a", "1");
    put(other.as_mut(), "a", "2");
    commit(other).unwrap();
    commit(one).unwrap();
    assert_eq!(read_all(engine.as_ref()), "a=1");
}

fn different_keys(factory: Factory<'_>) {
    let outcome = race(
        factory,
        &[("a", "1"), ("b", "1"), ("c", "1")],
        &|snapshot| {
            get(snapshot, "a");
            scan(snapshot, &between("a", "b"), Order::Ascending);
        },
        &|transaction| {
            put(transaction, "b", "2");
            delete(transaction, "c");
            transaction.delete_range(&between("b", "c")).unwrap();
        },
    );
    outcome.unwrap();
}

fn own_reads(factory: Factory<'_>) {
    let engine = filled(factory, &[("a", "0")]);
    let mut one = engine.begin_write().unwrap();
    put(one.as_mut(), "a", "1");
    one.delete_range(&prefix("range/")).unwrap();
    assert_eq!(get(one.as_ref(), "a").as_deref(), Some("1"));
    assert_eq!(get(one.as_ref(), "range/b"), None);
    put(one.as_mut(), "range/own", "1");
    for order in [Order::Ascending, Order::Descending] {
        assert_eq!(scan(one.as_ref(), &prefix("range/"), order), "range/own=1");
    }
    delete(one.as_mut(), "range/own");
    fill(engine.as_ref(), &[("a", "2"), ("range/b", "2")]);
    commit(one).unwrap();
    assert_eq!(read_all(engine.as_ref()), "a=1");
}

fn missing_key(factory: Factory<'_>) {
    let read = |snapshot: &dyn Snapshot| assert_eq!(get(snapshot, "new"), None);
    assert_conflict(race(factory, &[], &read, &|transaction| put(transaction, "new", "1")));
}

fn phantom_in_empty_range(factory: Factory<'_>) {
    let read = |snapshot: &dyn Snapshot| assert_eq!(scan(snapshot, &prefix("x"), Order::Ascending), "");
    assert_conflict(race(factory, &[("a", "1")], &read, &|transaction| put(transaction, "x1", "1")));
    let read = |snapshot: &dyn Snapshot| assert_eq!(scan(snapshot, &prefix("x"), Order::Descending), "");
    assert_conflict(race(factory, &[("a", "1")], &read, &|transaction| put(transaction, "x1", "1")));
}

fn phantom_by_deletion(factory: Factory<'_>) {
    let read =
        |snapshot: &dyn Snapshot| assert_eq!(scan(snapshot, &prefix("x"), Order::Ascending), "x1=1 x2=1");
    assert_conflict(race(factory, &[("x1", "1"), ("x2", "1")], &read, &|transaction| {
        delete(transaction, "x2");
    }));
}

fn phantom_by_range_delete(factory: Factory<'_>) {
    let clear = |transaction: &mut dyn Transaction| transaction.delete_range(&between("a", "x2")).unwrap();
    let read =
        |snapshot: &dyn Snapshot| assert_eq!(scan(snapshot, &prefix("x"), Order::Ascending), "x1=1 x2=1");
    assert_conflict(race(factory, &[("x1", "1"), ("x2", "1")], &read, &clear));
    let read = |snapshot: &dyn Snapshot| assert_eq!(get(snapshot, "x1").as_deref(), Some("1"));
    assert_conflict(race(factory, &[("x1", "1"), ("x2", "1")], &read, &clear));
}

fn phantom_in_other_prefix(factory: Factory<'_>) {
    let read = |snapshot: &dyn Snapshot| {
        assert_eq!(scan(snapshot, &prefix("documents/"), Order::Ascending), "documents/1=ann");
        assert_eq!(scan(snapshot, &prefix("index/bob/"), Order::Ascending), "");
    };
    let pairs = [("documents/1", "ann"), ("index/ann/1", "")];
    assert_conflict(race(factory, &pairs, &read, &|transaction| put(transaction, "index/bob/1", "")));
    race(factory, &pairs, &read, &|transaction| put(transaction, "index/carl/1", "")).unwrap();
}

fn phantom_at_the_edge(factory: Factory<'_>) {
    use std::ops::Bound::{Excluded, Included};
    let key = |key: &str| key.as_bytes().to_vec();
    let cases = [
        (KeyRange { start: Included(key("b")), end: Included(key("d")) }, "b", true),
        (KeyRange { start: Included(key("b")), end: Included(key("d")) }, "d", true),
        (KeyRange { start: Excluded(key("b")), end: Excluded(key("d")) }, "b", false),
        (KeyRange { start: Excluded(key("b")), end: Excluded(key("d")) }, "d", false),
        (KeyRange { start: Excluded(key("b")), end: Excluded(key("d")) }, "b\0", true),
        (KeyRange { start: Included(key("b")), end: Excluded(key("d")) }, "a\u{7f}", false),
        (prefix("b"), "b", true),
        (prefix("b"), "c", false),
    ];
    for (range, inserted, conflicts) in cases {
        for order in [Order::Ascending, Order::Descending] {
            let outcome = race(
                factory,
                &[("c", "1")],
                &|snapshot| {
                    scan(snapshot, &range, order);
                },
                &|transaction| put(transaction, inserted, "1"),
            );
            assert_eq!(outcome.is_err(), conflicts, "{inserted:?} into {range:?}, {order:?}");
        }
    }
}

fn phantom_by_replacement(factory: Factory<'_>) {
    let read = |snapshot: &dyn Snapshot| assert_eq!(scan(snapshot, &prefix("x"), Order::Ascending), "x1=1");
    let replace = |transaction: &mut dyn Transaction| {
        delete(transaction, "x1");
        put(transaction, "x1", "1");
    };
    assert_conflict(race(factory, &[("x1", "1")], &read, &replace));
}

fn early_end_dependencies(factory: Factory<'_>) {
    let stored = [("a", "1"), ("c", "1"), ("e", "1"), ("g", "1")];
    // Ascending it stops at c, descending at e.
    let cases = [
        (Order::Ascending, "b", true),
        (Order::Ascending, "c", true),
        (Order::Ascending, "d", false),
        (Order::Ascending, "e", false),
        (Order::Descending, "f", true),
        (Order::Descending, "e", true),
        (Order::Descending, "d", false),
        (Order::Descending, "z", true),
    ];
    for (order, inserted, conflicts) in cases {
        let outcome = race(
            factory,
            &stored,
            &|snapshot| {
                scan_some(snapshot, &KeyRange::all(), order, 2);
            },
            &|transaction| put(transaction, inserted, "2"),
        );
        assert_eq!(outcome.is_err(), conflicts, "{inserted} {order:?}");
    }
}

fn panicking_visitor(factory: Factory<'_>) {
    let read = |snapshot: &dyn Snapshot| {
        let scan = std::panic::AssertUnwindSafe(|| {
            snapshot
                .scan(&KeyRange::all(), Order::Ascending, &mut |_, _| std::panic::resume_unwind(Box::new(())))
        });
        assert!(std::panic::catch_unwind(scan).is_err());
    };
    assert_conflict(race(factory, &[("b", "1")], &read, &|transaction| put(transaction, "a", "2")));
    race(factory, &[("b", "1")], &read, &|transaction| put(transaction, "c", "2")).unwrap();
}

fn write_skew(factory: Factory<'_>) {
    let engine = filled(factory, &[("ann on call", "yes"), ("bob on call", "yes")]);
    let mut ann = engine.begin_write().unwrap();
    let mut bob = engine.begin_write().unwrap();
    assert_eq!(get(ann.as_ref(), "bob on call").as_deref(), Some("yes"));
    assert_eq!(get(bob.as_ref(), "ann on call").as_deref(), Some("yes"));
    put(ann.as_mut(), "ann on call", "no");
    put(bob.as_mut(), "bob on call", "no");
    commit(ann).unwrap();
    assert_conflict(commit(bob));
    assert_eq!(read_all(engine.as_ref()), "ann on call=no bob on call=yes");
}

fn write_skew_over_range(factory: Factory<'_>) {
    let engine = filled(factory, &[("booking/1", "")]);
    let mut one = engine.begin_write().unwrap();
    let mut other = engine.begin_write().unwrap();
    for transaction in [&one, &other] {
        assert_eq!(pairs(transaction.as_ref(), &prefix("booking/"), Order::Ascending).len(), 1);
    }
    put(one.as_mut(), "booking/2", "");
    put(other.as_mut(), "booking/3", "");
    commit(other).unwrap();
    assert_conflict(commit(one));
}

/// Fekete, O'Neil and O'Neil: a withdrawal that reads both accounts, a deposit, and a report between their commits.
fn read_only_anomaly(factory: Factory<'_>) {
    let engine = filled(factory, &[("checking", "0"), ("savings", "0")]);
    let mut withdrawal = engine.begin_write().unwrap();
    assert_eq!(scan_all(withdrawal.as_ref()), "checking=0 savings=0");
    let mut deposit = engine.begin_write().unwrap();
    get(deposit.as_ref(), "savings");
    put(deposit.as_mut(), "savings", "20");
    commit(deposit).unwrap();
    assert_eq!(read_all(engine.as_ref()), "checking=0 savings=20");
    put(withdrawal.as_mut(), "checking", "-11");
    assert_conflict(commit(withdrawal));
}

fn read_then_clear(factory: Factory<'_>) {
    let engine = filled(factory, &[("x1", "1")]);
    let mut transaction = engine.begin_write().unwrap();
    assert_eq!(scan(transaction.as_ref(), &prefix("x"), Order::Ascending), "x1=1");
    transaction.delete_range(&prefix("x")).unwrap();
    put(transaction.as_mut(), "removed", "1");
    fill(engine.as_ref(), &[("x2", "1")]);
    assert_conflict(commit(transaction));
}

fn conflict_leaves_nothing(factory: Factory<'_>) {
    let engine = filled(factory, &[("a", "1"), ("b", "1")]);
    let mut loser = engine.begin_write().unwrap();
    get(loser.as_ref(), "a");
    put(loser.as_mut(), "b", "2");
    put(loser.as_mut(), "c", "2");
    loser.delete_range(&between("a", "b")).unwrap();
    let version = fill(engine.as_ref(), &[("a", "3")]);
    let conflicts = engine.stats().conflicts;
    assert_conflict(commit(loser));
    assert_eq!(read_all(engine.as_ref()), "a=3 b=1");
    assert_eq!(engine.begin_read().unwrap().version(), version);
    assert_eq!(engine.stats().conflicts, conflicts + 1);
}

fn window_overflow(factory: Factory<'_>) {
    let engine = factory().open(EngineOptions { window_bytes_max: 10_000, ..EngineOptions::default() });
    let mut old = engine.begin_write().unwrap();
    get(old.as_ref(), "never written");
    put(old.as_mut(), "old", "1");
    let mut blind = engine.begin_write().unwrap();
    put(blind.as_mut(), "blind", "1");
    for n in 0..200 {
        fill(engine.as_ref(), &[(&format!("key {n}"), "1")]);
        assert!(engine.stats().window_bytes <= 10_000);
    }
    let mut young = engine.begin_write().unwrap();
    get(young.as_ref(), "never written");
    put(young.as_mut(), "young", "1");
    fill(engine.as_ref(), &[("key", "1")]);
    assert_conflict(commit(old));
    commit(young).unwrap();
    commit(blind).unwrap();
}

/// Many transactions that each read one counter and raise it: whatever groups they fall into, each number is given once.
fn group_conflicts(factory: Factory<'_>) {
    let engine = filled(factory, &[("counter", "0")]);
    let raised = std::sync::atomic::AtomicU64::new(0);
    std::thread::scope(|threads| {
        for _ in 0..16 {
            threads.spawn(|| {
                for _ in 0..10 {
                    let mut transaction = engine.begin_write().unwrap();
                    let count: u64 = get(transaction.as_ref(), "counter").unwrap().parse().unwrap();
                    put(transaction.as_mut(), "counter", &(count + 1).to_string());
                    match transaction.commit(Durability::Relaxed) {
                        Ok(_) => {
                            raised.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                        }
                        Err(Error::Conflict) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            });
        }
    });
    let raised = raised.into_inner();
    assert!(raised > 0);
    assert_eq!(get(engine.begin_read().unwrap().as_ref(), "counter").unwrap(), raised.to_string());
}
