//! Rules of an engine's life: commits from many threads, snapshots that expire, closing, opening again.
//! It knows engines only by their contract.

use super::*;
use std::time::Duration;

pub(super) const CHECKS: &[Check] = &[
    ("sixty-four threads commit, and every commit is there with a version of its own", many_writers),
    ("readers read whole states while writers commit", readers_while_writing),
    ("a commit is seen by everyone who begins after it was acknowledged", acknowledged_is_seen),
    ("a transaction may move to another thread", transaction_moves),
    ("a replaced snapshot expires at its deadline, the newest never", expiry),
    ("a transaction whose snapshot has expired can still commit, but not read", expired_transaction),
    ("a snapshot expires at its deadline even if nothing is committed any more", expiry_without_commits),
    ("a visitor may commit, and close the store", visitor_commits_and_closes),
    ("what was derived from watched keys holds until the epoch rises", epoch_guards_caches),
    ("a snapshot within its deadline outlives many commits", long_reader),
    ("after closing, everything is refused, and closing again is no fault", closing),
    ("dropping the last handle closes, whatever transactions are still held", dropping),
    ("several threads may close at once", closing_together),
    ("a store opened again has every commit, relaxed ones too, and goes on counting", reopening),
    ("the epoch of a store opened again is not below any commit", epoch_after_reopening),
];

fn expire_at_once() -> EngineOptions {
    EngineOptions { reader_deadline: Duration::ZERO, ..EngineOptions::default() }
}

fn many_writers(factory: Factory<'_>) {
    let engine = fresh(factory);
    let mut versions: Vec<Version> = std::thread::scope(|threads| {
        let writers: Vec<_> = (0..64)
            .map(|writer| {
                let engine = &engine;
                threads.spawn(move || {
                    let commit = |n| fill(engine.as_ref(), &[(&format!("{writer:02}/{n}"), "1")]);
                    (0..5).map(commit).collect::<Vec<_>>()
                })
            })
            .collect();
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    });
    versions.sort_unstable();
    assert_eq!(versions, (1..=320).map(Version).collect::<Vec<_>>());
    assert_eq!(pairs(engine.begin_read().unwrap().as_ref(), &KeyRange::all(), Order::Ascending).len(), 320);
    let stats = engine.stats();
    assert_eq!((stats.commits, stats.conflicts), (320, 0));
    assert!(stats.commit_groups >= 1 && stats.commit_groups <= 320);
}

fn readers_while_writing(factory: Factory<'_>) {
    let engine = filled(factory, &[("a", "0"), ("b", "0")]);
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| {
                let mut last = 0;
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    let snapshot = engine.begin_read().unwrap();
                    let (a, b) = (get(snapshot.as_ref(), "a").unwrap(), get(snapshot.as_ref(), "b").unwrap());
                    assert_eq!(a, b, "half of a commit");
                    let now: u32 = a.parse().unwrap();
                    assert!(now >= last, "back in time");
                    last = now;
                }
            });
        }
        for n in 1..=200 {
            let mut transaction = engine.begin_write().unwrap();
            put(transaction.as_mut(), "a", &n.to_string());
            put(transaction.as_mut(), "b", &n.to_string());
            transaction.commit(Durability::Relaxed).unwrap();
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

fn acknowledged_is_seen(factory: Factory<'_>) {
    let engine = fresh(factory);
    std::thread::scope(|threads| {
        for writer in 0..8 {
            let engine = &engine;
            threads.spawn(move || {
                for n in 0..20 {
                    let key = format!("{writer}/{n}");
                    let version = fill(engine.as_ref(), &[(&key, "1")]);
                    let snapshot = engine.begin_read().unwrap();
                    assert!(snapshot.version() >= version);
                    assert!(get(snapshot.as_ref(), &key).is_some());
                    assert!(get(engine.begin_write().unwrap().as_ref(), &key).is_some());
                }
            });
        }
    });
}

fn transaction_moves(factory: Factory<'_>) {
    let engine = filled(factory, &[("a", "1")]);
    let mut transaction = engine.begin_write().unwrap();
    get(transaction.as_ref(), "a");
    let moved = std::thread::spawn(move || {
        let value = get(transaction.as_ref(), "a").unwrap();
        put(transaction.as_mut(), "b", &value);
        commit(transaction).unwrap()
    });
    moved.join().unwrap();
    assert_eq!(read_all(engine.as_ref()), "a=1 b=1");
}

fn expiry(factory: Factory<'_>) {
    let engine = factory().open(expire_at_once());
    fill(engine.as_ref(), &[("a", "1")]);
    let old = engine.begin_read().unwrap();
    assert_eq!(get(old.as_ref(), "a").as_deref(), Some("1"), "nothing has replaced it yet");
    fill(engine.as_ref(), &[("a", "2")]);
    let expired = |outcome: Result<()>| matches!(outcome, Err(Error::SnapshotExpired));
    assert!(expired(old.get(b"a", &mut |_| panic!("a value from an expired snapshot")).map(drop)));
    assert!(expired(
        old.scan(&KeyRange::all(), Order::Ascending, &mut |_, _| panic!("a pair of an expired snapshot"))
    ));
    assert_eq!(engine.stats().snapshots_expired, 1);
    assert_eq!(read_all(engine.as_ref()), "a=2");
}

fn expired_transaction(factory: Factory<'_>) {
    let engine = factory().open(expire_at_once());
    let mut transaction = engine.begin_write().unwrap();
    assert_eq!(get(transaction.as_ref(), "a"), None);
    put(transaction.as_mut(), "b", "1");
    fill(engine.as_ref(), &[("other", "1")]);
    assert!(matches!(transaction.get(b"a", &mut |_| {}), Err(Error::SnapshotExpired)));
    assert_eq!(get(transaction.as_ref(), "b").as_deref(), Some("1"), "its own write");
    commit(transaction).unwrap();
    assert_eq!(read_all(engine.as_ref()), "b=1 other=1");
}

fn long_reader(factory: Factory<'_>) {
    let engine = filled(factory, &[("a", "0")]);
    let old = engine.begin_read().unwrap();
    for n in 1..300 {
        let mut transaction = engine.begin_write().unwrap();
        put(transaction.as_mut(), "a", &n.to_string());
        put(transaction.as_mut(), &format!("key {n}"), &"x".repeat(500));
        transaction.commit(Durability::Relaxed).unwrap();
    }
    assert_eq!(scan_all(old.as_ref()), "a=0");
}

fn closing(factory: Factory<'_>) {
    let engine = filled(factory, &[("a", "1")]);
    let snapshot = engine.begin_read().unwrap();
    let mut transaction = engine.begin_write().unwrap();
    put(transaction.as_mut(), "a", "2");
    engine.close().unwrap();
    engine.close().unwrap();
    let closed = |outcome: Result<()>| matches!(outcome, Err(Error::Closed));
    assert!(closed(engine.begin_read().map(drop)));
    assert!(closed(engine.begin_write().map(drop)));
    assert!(closed(snapshot.get(b"a", &mut |_| {}).map(drop)));
    assert!(closed(transaction.get(b"b", &mut |_| {}).map(drop)));
    assert!(closed(commit(transaction).map(drop)));
}

fn dropping(factory: Factory<'_>) {
    let store = factory();
    let engine = store.open(EngineOptions::default());
    fill(engine.as_ref(), &[("a", "1")]);
    let snapshot = engine.begin_read().unwrap();
    let mut transaction = engine.begin_write().unwrap();
    put(transaction.as_mut(), "b", "1");
    drop(engine);
    assert!(matches!(commit(transaction), Err(Error::Closed)));
    assert!(matches!(snapshot.get(b"a", &mut |_| {}), Err(Error::Closed)));
    if store.lasting {
        assert_eq!(read_all(store.open(EngineOptions::default()).as_ref()), "a=1");
    }
}

fn closing_together(factory: Factory<'_>) {
    let engine = filled(factory, &[("a", "1")]);
    std::thread::scope(|threads| {
        for _ in 0..8 {
            threads.spawn(|| {
                for n in 0..20 {
                    let Ok(mut transaction) = engine.begin_write() else { return };
                    put(transaction.as_mut(), "a", &n.to_string());
                    match transaction.commit(Durability::Relaxed) {
                        Ok(_) | Err(Error::Closed) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            });
        }
        for _ in 0..4 {
            threads.spawn(|| engine.close().unwrap());
        }
    });
    assert!(matches!(engine.begin_read().map(drop), Err(Error::Closed)));
}

fn reopening(factory: Factory<'_>) {
    let store = factory();
    if !store.lasting {
        return;
    }
    let mut last = Version(0);
    let mut expected = String::new();
    for round in 0..4 {
        let engine = store.open(EngineOptions::default());
        assert_eq!(read_all(engine.as_ref()), expected, "round {round}");
        assert_eq!(engine.begin_read().unwrap().version(), last);
        let mut transaction = engine.begin_write().unwrap();
        put(transaction.as_mut(), &round.to_string(), "x");
        let durability = if round % 2 == 0 { Durability::Relaxed } else { Durability::Immediate };
        let version = transaction.commit(durability).unwrap();
        assert!(version > last);
        last = version;
        expected = format!("{expected} {round}=x").trim().to_owned();
        if round < 2 {
            engine.close().unwrap();
        }
    }
}

fn epoch_after_reopening(factory: Factory<'_>) {
    let store = factory();
    if !store.lasting {
        return;
    }
    let last = fill(store.open(EngineOptions::default()).as_ref(), &[("a", "1")]);
    let engine = store.open(EngineOptions::default());
    assert!(engine.epoch() >= last);
    assert!(engine.epoch() <= engine.begin_read().unwrap().version(), "a cache must be usable again");
}

fn expiry_without_commits(factory: Factory<'_>) {
    let options = EngineOptions { reader_deadline: Duration::from_millis(5), ..EngineOptions::default() };
    let engine = factory().open(options);
    let old = engine.begin_read().unwrap();
    fill(engine.as_ref(), &[("a", "1")]);
    // How long it takes does not matter, only that nobody has to commit for it to happen.
    while old.get(b"a", &mut |_| {}).is_ok() {
        std::thread::yield_now();
    }
    assert!(matches!(old.get(b"a", &mut |_| {}), Err(Error::SnapshotExpired)));
    assert_eq!(read_all(engine.as_ref()), "a=1");
}

fn visitor_commits_and_closes(factory: Factory<'_>) {
    let engine = filled(factory, &[("a", "1"), ("b", "1"), ("c", "1")]);
    let snapshot = engine.begin_read().unwrap();
    let mut seen = Vec::new();
    let mut visit = |key: &[u8], _: &[u8]| {
        seen.push(text(key));
        fill(engine.as_ref(), &[(&format!("{} copied", text(key)), "2")]);
        ControlFlow::Continue(())
    };
    snapshot.scan(&KeyRange::all(), Order::Ascending, &mut visit).unwrap();
    assert_eq!(seen, ["a", "b", "c"]);
    let mut visits = 0;
    let outcome = engine.begin_read().unwrap().scan(&KeyRange::all(), Order::Ascending, &mut |_, _| {
        visits += 1;
        engine.close().unwrap();
        ControlFlow::Continue(())
    });
    assert!(matches!(outcome, Ok(()) | Err(Error::Closed)), "{outcome:?}");
    assert!(visits >= 1);
}

/// A cached value of a watched key, read at some version, may be used with a snapshot if the epoch, asked for after the snapshot,
/// is neither newer than the cached version nor than the snapshot.
fn epoch_guards_caches(factory: Factory<'_>) {
    let watch = |key: &[u8]| key == b"watched";
    let engine = factory().open(EngineOptions { watch, ..EngineOptions::default() });
    let done = std::sync::atomic::AtomicBool::new(false);
    let used = std::sync::atomic::AtomicU64::new(0);
    std::thread::scope(|threads| {
        for _ in 0..3 {
            threads.spawn(|| {
                let mut cached = (Version(0), None);
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    let snapshot = engine.begin_read().unwrap();
                    let epoch = engine.epoch();
                    let value = get(snapshot.as_ref(), "watched");
                    if epoch <= cached.0 && epoch <= snapshot.version() {
                        assert_eq!(cached.1, value, "a stale value was taken for a valid one");
                        used.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    }
                    cached = (snapshot.version(), value);
                }
            });
        }
        for n in 0..400 {
            let key = if n % 4 == 0 { "watched" } else { "plain" };
            let mut transaction = engine.begin_write().unwrap();
            put(transaction.as_mut(), key, &n.to_string());
            transaction.commit(Durability::Relaxed).unwrap();
        }
        while used.load(std::sync::atomic::Ordering::Relaxed) == 0 {
            std::thread::yield_now();
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}
