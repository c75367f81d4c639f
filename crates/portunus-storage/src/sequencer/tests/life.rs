//! The epoch, deadlines of readers, closing and falling, beside threads that are busy. Knows nothing of groups.

use super::brittle::{Levers, Trouble, engine};
use super::{another, explore, finds, has, options, put, spawn};
use crate::sync::{Fault, TICK};
use crate::{Durability, Engine, EngineOptions, Error, KeyRange, Snapshot, Version};
use std::sync::Arc;
use std::time::Duration;

fn value(snapshot: &dyn Snapshot, key: &[u8]) -> Option<Vec<u8>> {
    let mut found = None;
    snapshot.get(key, &mut |value| found = Some(value.to_vec())).unwrap();
    found
}

/// A watched key is written, then cleared away with a range. Whoever sees either finds the epoch risen, and so does whoever
/// has been told of it.
fn the_epoch_rises_first(prepare: fn(&Levers)) {
    let (engine, levers) = engine(options());
    put(engine.as_ref(), b"other", b"1").unwrap();
    prepare(&levers);
    let writer = another(&engine);
    let writer = spawn(move || {
        let written = put(writer.as_ref(), b"watched", b"1").unwrap();
        assert!(writer.epoch() >= written, "it was acknowledged before the epoch rose");
        let mut clearing = writer.begin_write().unwrap();
        clearing.delete_range(&KeyRange::prefix(b"w")).unwrap();
        let cleared = clearing.commit(Durability::Relaxed).unwrap();
        assert!(writer.epoch() >= cleared, "it was acknowledged before the epoch rose");
    });
    let mut was_there = false;
    for _ in 0..8 {
        let snapshot = engine.begin_read().unwrap();
        let epoch = engine.epoch();
        let is_there = value(snapshot.as_ref(), b"watched").is_some();
        if is_there != was_there {
            assert!(epoch > Version(1), "a state that a watched key has changed, and the old epoch");
        }
        assert!(!is_there || epoch >= Version(2));
        was_there = is_there;
    }
    writer.join().unwrap();
}

/// Two records that are always equal. A reader sees them equal for as long as it may read at all.
fn readers_see_one_state(reader_deadline: Duration) {
    let (engine, _) = engine(EngineOptions { reader_deadline, ..options() });
    let both = |engine: &dyn Engine, value: &[u8]| {
        let mut transaction = engine.begin_write().unwrap();
        transaction.put(b"a", value).unwrap();
        transaction.put(b"b", value).unwrap();
        transaction.commit(Durability::Relaxed)
    };
    both(engine.as_ref(), b"0").unwrap();
    let readers: Vec<_> = (0..2)
        .map(|_| {
            let engine = another(&engine);
            spawn(move || {
                let snapshot = engine.begin_read().unwrap();
                let mut seen = Vec::new();
                for key in [b"a", b"b", b"a"] {
                    let mut found = Vec::new();
                    match snapshot.get(key, &mut |value| found = value.to_vec()) {
                        Ok(true) => seen.push(found),
                        Ok(false) => panic!("a record has gone"),
                        Err(Error::SnapshotExpired) => break,
                        Err(error) => panic!("{error}"),
                    }
                }
                assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "two states in one snapshot");
            })
        })
        .collect();
    let oldest = engine.begin_read().unwrap();
    for round in [b"1", b"2"] {
        let held = engine.begin_read().unwrap();
        both(engine.as_ref(), round).unwrap();
        if reader_deadline == Duration::ZERO {
            let late = held.get(b"a", &mut |_| {});
            assert!(
                matches!(late, Err(Error::SnapshotExpired)),
                "it was read after its replacement's answer"
            );
        }
    }
    if reader_deadline <= 3 * TICK {
        // The second commit came more than three looks at the clock after the first.
        assert!(matches!(oldest.get(b"a", &mut |_| {}), Err(Error::SnapshotExpired)), "it has no deadline");
    }
    readers.into_iter().for_each(|reader| reader.join().unwrap());
    assert_eq!(value(engine.begin_read().unwrap().as_ref(), b"a").unwrap(), b"2");
}

/// Two close while two write. Each writer is told what became of it, and whoever has closed finds the store closed.
fn closing_keeps_nobody_waiting() {
    let (engine, levers) = engine(options());
    let writers: Vec<_> = (0..2_u8)
        .map(|number| {
            let engine = another(&engine);
            spawn(move || {
                let outcome = put(engine.as_ref(), &[number], b"1");
                assert!(matches!(outcome, Ok(_) | Err(Error::Closed)), "{outcome:?}");
                outcome.is_ok()
            })
        })
        .collect();
    let held = engine.begin_read();
    let closers: Vec<_> = (0..2)
        .map(|_| {
            let (engine, levers) = (another(&engine), Arc::clone(&levers));
            spawn(move || {
                engine.close().unwrap();
                assert!(levers.is_closed(), "whoever closes returns when it is closed");
                assert!(matches!(engine.begin_read().map(drop), Err(Error::Closed)));
                assert!(matches!(put(engine.as_ref(), b"late", b"1"), Err(Error::Closed)));
            })
        })
        .collect();
    let held = held.and_then(|held| held.get(b"a", &mut |_| {}));
    assert!(matches!(held, Ok(false) | Err(Error::Closed)), "{held:?}");
    let written = writers.into_iter().map(|writer| writer.join().unwrap()).filter(|is_ok| *is_ok).count();
    closers.into_iter().for_each(|closer| closer.join().unwrap());
    assert_eq!(engine.stats().commits, u64::try_from(written).unwrap());
}

/// The last handle goes while a transaction is open: the store closes, and the transaction is told.
fn the_last_handle_closes() {
    let (engine, levers) = engine(options());
    let mut open = engine.begin_write().unwrap();
    let writer = spawn(move || {
        open.put(b"a", b"1").unwrap();
        matches!(open.commit(Durability::Immediate), Ok(_) | Err(Error::Closed))
    });
    drop(engine);
    assert!(levers.is_closed());
    assert!(writer.join().unwrap());
}

/// The committer falls. Nobody waits forever, nobody is told of a success, and the store says so from then on.
fn a_fall_keeps_nobody_waiting() {
    let (engine, levers) = engine(options());
    levers.trouble(0, Trouble::Panic);
    let writers: Vec<_> = (0..3_u8)
        .map(|number| {
            let engine = another(&engine);
            spawn(move || put(engine.as_ref(), &[number], b"1"))
        })
        .collect();
    let outcomes: Vec<_> = writers.into_iter().map(|writer| writer.join().unwrap()).collect();
    assert!(outcomes.iter().any(|outcome| matches!(outcome, Err(Error::OutcomeUnknown(_)))), "{outcomes:?}");
    for outcome in outcomes {
        assert!(matches!(outcome, Err(Error::OutcomeUnknown(_) | Error::Internal(_))), "{outcome:?}");
    }
    assert!(matches!(engine.begin_read().map(drop), Err(Error::Internal(_))));
    assert!(matches!(engine.close(), Err(Error::Internal(_))));
}

#[test]
fn the_epoch_has_risen_before_anybody_can_know() {
    explore(|| the_epoch_rises_first(|_| {}));
    finds(Fault::StoreLate, || the_epoch_rises_first(|_| {}));
    finds(Fault::None, || {
        the_epoch_rises_first(|levers| (0..4).for_each(|n| levers.trouble(n, Trouble::Untold)))
    });
}

#[test]
fn a_snapshot_is_one_state_until_it_expires() {
    for_each_deadline();
    finds(Fault::PublishLate, || readers_see_one_state(Duration::ZERO));
}

fn for_each_deadline() {
    explore(|| readers_see_one_state(Duration::ZERO));
    explore(|| readers_see_one_state(3 * TICK));
    explore(|| readers_see_one_state(Duration::from_secs(3600)));
}

#[test]
fn closing_beside_writers_and_closers_ends_for_all() {
    explore(closing_keeps_nobody_waiting);
    explore(the_last_handle_closes);
    finds(Fault::WakeLost, closing_keeps_nobody_waiting);
}

#[test]
fn a_panic_of_the_committer_ends_for_all() {
    explore(a_fall_keeps_nobody_waiting);
}

#[test]
fn a_reader_reads_on_beside_a_fault() {
    explore(|| {
        let (engine, levers) = engine(options());
        put(engine.as_ref(), b"a", b"1").unwrap();
        levers.trouble(0, Trouble::Refused);
        let writer = another(&engine);
        let writer = spawn(move || put(writer.as_ref(), b"b", b"1"));
        assert!(has(engine.as_ref(), b"a"), "what was published is read whatever becomes of a commit");
        assert!(matches!(writer.join().unwrap(), Err(Error::OutcomeUnknown(_))));
    });
}
