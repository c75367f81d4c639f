//! Faults: of the disk, while the store is open; of the committer; and of files that are not what they should be.

use crate::storage::workload::{Model, Write, apply, contents, perform, random_writes, read_all};
use portunus_storage::conformance::{PowerCuts, Random, RecordingDisk, Unsynced, Verdict};
use portunus_storage::{
    Disk, Durability, Engine, EngineOptions, Error, KeyRange, Order, Result, Version, create_on, memory,
    open_on,
};
use std::io::ErrorKind;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

fn options() -> EngineOptions {
    EngineOptions { cache_bytes: 1 << 20, ..EngineOptions::default() }
}

fn put(engine: &dyn Engine, key: &str, value: &str) -> Result<Version> {
    let mut transaction = engine.begin_write()?;
    transaction.put(key.as_bytes(), value.as_bytes())?;
    transaction.commit(Durability::Immediate)
}

fn has(engine: &dyn Engine, key: &str) -> bool {
    engine.begin_read().unwrap().get(key.as_bytes(), &mut |_| {}).unwrap()
}

/// A store with one record, `before`, on a disk that can be made to fail.
fn store() -> (Arc<RecordingDisk>, Arc<dyn Engine>) {
    let disk = RecordingDisk::empty();
    let engine = create_on(Arc::<RecordingDisk>::clone(&disk), options()).unwrap();
    put(engine.as_ref(), "before", "1").unwrap();
    (disk, engine)
}

#[test]
fn attack_129_a_commit_whose_disk_fails_has_an_unknown_outcome_and_the_store_recovers_by_itself() {
    let (mut unknown, mut survived, mut refused) = (0, 0, 0);
    for failing in 0..12 {
        let (disk, engine) = store();
        let version = engine.begin_read().unwrap().version();
        disk.judge(
            move |number| if number == failing { Verdict::Fail(ErrorKind::Other) } else { Verdict::Pass },
        );
        match put(engine.as_ref(), "during", "1") {
            Ok(_) => continue,
            Err(Error::OutcomeUnknown(_)) => unknown += 1,
            Err(error) => panic!("{error}"),
        }
        // The disk works again, so the next writer finds a store that has reopened itself.
        let after = put(engine.as_ref(), "after", "1").unwrap();
        let given = Version(version.0 + 1);
        assert!(
            after > given,
            "a version that a commit was given, whatever became of it, is given to no other"
        );
        assert!(has(engine.as_ref(), "before") && has(engine.as_ref(), "after"));
        if has(engine.as_ref(), "during") {
            survived += 1;
        } else {
            refused += 1;
        }
        engine.close().unwrap();
        let reopened = open_on(disk, options()).unwrap();
        assert!(has(reopened.as_ref(), "before") && has(reopened.as_ref(), "after"));
        assert_eq!(reopened.begin_read().unwrap().version(), after);
    }
    println!("commits with unknown outcome: {unknown}, of which {survived} survived and {refused} did not");
    assert!(survived > 0 && refused > 0, "both happen, which is why the outcome is unknown");
}

#[test]
fn while_the_disk_keeps_failing_writes_are_refused_and_nothing_is_lost() {
    let (disk, engine) = store();
    let held = engine.begin_read().unwrap();
    let mut begun = engine.begin_write().unwrap();
    begun.put(b"begun before the fault", b"1").unwrap();
    disk.judge(|_| Verdict::Fail(ErrorKind::StorageFull));
    assert!(matches!(put(engine.as_ref(), "during", "1"), Err(Error::OutcomeUnknown(_))));
    assert!(held.get(b"before", &mut |_| {}).unwrap(), "readers go on with what was published");
    assert!(has(engine.as_ref(), "before"), "and whoever begins to read has the file reopened");
    assert!(matches!(begun.commit(Durability::Immediate), Err(Error::ReadOnly(_))));
    assert!(matches!(put(engine.as_ref(), "refused", "1"), Err(Error::ReadOnly(_))));
    // It was reopened and could not be written, and yet it is there for readers: this was not so.
    let reading = engine.begin_read().unwrap();
    for _ in 0..3 {
        assert!(matches!(put(engine.as_ref(), "refused", "1"), Err(Error::ReadOnly(_))));
        assert!(has(engine.as_ref(), "before") && reading.get(b"before", &mut |_| {}).unwrap());
    }
    disk.heal();
    let after = put(engine.as_ref(), "after", "1").unwrap();
    assert!(
        engine.epoch() < after && engine.epoch() > held.version(),
        "nothing derived before the fault still holds"
    );
    assert!(matches!(held.get(b"before", &mut |_| {}), Err(Error::SnapshotExpired)));
    assert!(has(engine.as_ref(), "before") && !has(engine.as_ref(), "refused"));
}

/// Somebody copied a backup over the file while the store was open. What had been acknowledged since was gone after the next fault, and
/// nobody was told.
#[test]
fn a_file_that_is_put_back_under_an_open_store_is_refused_when_it_is_reopened() {
    let (disk, engine) = store();
    let backup = disk.bytes();
    put(engine.as_ref(), "acknowledged", "1").unwrap();
    disk.judge(|_| Verdict::Fail(ErrorKind::Other));
    assert!(matches!(put(engine.as_ref(), "later", "1"), Err(Error::OutcomeUnknown(_))));
    disk.heal();
    disk.write(0, &backup).unwrap();
    for _ in 0..3 {
        assert!(matches!(engine.begin_write().map(drop), Err(Error::Corrupt(_))));
        assert!(matches!(engine.begin_read().map(drop), Err(Error::Corrupt(_))));
    }
    assert!(disk.bytes() == backup, "what is refused is not changed");
}

/// After any fault redb reads no more than it has at hand, so readers met an error of the disk that works.
#[test]
fn readers_go_on_after_a_fault_whatever_is_at_hand() {
    let disk = RecordingDisk::empty();
    let engine =
        create_on(Arc::<RecordingDisk>::clone(&disk), EngineOptions { cache_bytes: 0, ..options() }).unwrap();
    put(engine.as_ref(), "before", "1").unwrap();
    let held = engine.begin_read().unwrap();
    disk.judge(|_| Verdict::Fail(ErrorKind::StorageFull));
    assert!(matches!(put(engine.as_ref(), "during", "1"), Err(Error::OutcomeUnknown(_))));
    let read = held.get(b"before", &mut |_| {});
    assert!(matches!(read, Ok(true) | Err(Error::SnapshotExpired)), "{read:?}");
    for _ in 0..3 {
        assert!(has(engine.as_ref(), "before"));
        assert!(matches!(put(engine.as_ref(), "refused", "1"), Err(Error::ReadOnly(_))));
    }
}

#[test]
fn every_member_of_a_failed_group_has_an_unknown_outcome() {
    let (disk, engine) = store();
    disk.judge(|number| if number < 3 { Verdict::Pass } else { Verdict::Fail(ErrorKind::Other) });
    let outcomes: Vec<_> = std::thread::scope(|threads| {
        let writers: Vec<_> = (0..16)
            .map(|n| (n, Arc::clone(&engine)))
            .map(|(n, engine)| threads.spawn(move || put(engine.as_ref(), &format!("{n}"), "1")))
            .collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    });
    assert!(outcomes.iter().any(|outcome| matches!(outcome, Err(Error::OutcomeUnknown(_)))));
    let known =
        |outcome: &Result<Version>| matches!(outcome, Err(Error::OutcomeUnknown(_) | Error::ReadOnly(_)));
    assert!(outcomes.iter().all(known), "{outcomes:?}");
}

/// Commits that wait for the disk together are answered one by one.
#[test]
fn one_that_lost_a_race_takes_nobody_of_its_group_with_it() {
    let (_, engine) = store();
    let grouped = || {
        let stats = engine.stats();
        stats.commits - stats.commit_groups
    };
    let mut rounds = 0;
    while grouped() < 200 {
        let begun = |n: usize| {
            let mut transaction = engine.begin_write().unwrap();
            let is_racer = n.is_multiple_of(2);
            if is_racer {
                transaction.get(b"raced for", &mut |_| {}).unwrap();
            }
            let key = if is_racer { "raced for".into() } else { format!("own {n}") };
            transaction.put(key.as_bytes(), b"1").unwrap();
            (is_racer, transaction)
        };
        let begun: Vec<_> = (0..8).map(begun).collect();
        let outcomes: Vec<_> = std::thread::scope(|threads| {
            let writers: Vec<_> = begun
                .into_iter()
                .map(|(is_racer, transaction)| {
                    threads.spawn(move || (is_racer, transaction.commit(Durability::Immediate)))
                })
                .collect();
            writers.into_iter().map(|writer| writer.join().unwrap()).collect()
        });
        let won = outcomes.iter().filter(|(is_racer, outcome)| *is_racer && outcome.is_ok()).count();
        let fair = outcomes.iter().all(|(is_racer, outcome)| match outcome {
            Ok(_) => true,
            Err(error) => *is_racer && matches!(error, Error::Conflict),
        });
        assert!(fair && won == 1, "{outcomes:?}");
        rounds += 1;
        assert!(rounds < 10_000, "hardly any commits met in a group");
    }
}

/// Some systems report a failed sync once and then forget the pages. Whatever was acknowledged after it must not lean on them.
#[test]
fn attack_129_what_is_acknowledged_after_a_failed_sync_survives_a_power_cut() {
    let mut tried = 0;
    for failing in 0..60 {
        let disk = RecordingDisk::empty();
        let engine = create_on(Arc::<RecordingDisk>::clone(&disk), options()).unwrap();
        let mut random = Random::new(failing);
        let mut model = Model::new();
        let failing = usize::try_from(failing).unwrap();
        disk.judge(
            move |number| if number == failing { Verdict::Fail(ErrorKind::Other) } else { Verdict::Pass },
        );
        let mut uncertain: Option<Vec<Write>> = None;
        for _ in 0..12 {
            let writes = random_writes(&mut random, 30);
            let mut transaction = engine.begin_write().unwrap();
            perform(transaction.as_mut(), &writes);
            match transaction.commit(Durability::Immediate) {
                Ok(_) => apply(&mut model, &writes),
                Err(Error::OutcomeUnknown(_)) => uncertain = Some(writes),
                Err(error) => panic!("{error}"),
            }
            if let Some(writes) = uncertain.take() {
                // Reading tells, once the store has reopened itself, whether the commit survived.
                drop(engine.begin_write().unwrap());
                let mut with = model.clone();
                apply(&mut with, &writes);
                let now = read_all(engine.as_ref());
                assert!(now == model || now == with, "neither without nor with the uncertain commit");
                model = now;
            }
            let acts = disk.recording();
            let mut cuts = PowerCuts::new(&acts);
            cuts.advance(acts.len());
            for unsynced in [Unsynced::Lost, Unsynced::Subset, Unsynced::Torn] {
                let image = cuts.image(unsynced, &mut random);
                let left = open_on(RecordingDisk::holding(image), options()).unwrap();
                assert!(read_all(left.as_ref()) == model, "act {failing} failed, {unsynced:?}");
                tried += 1;
            }
        }
    }
    println!("power cuts after a failed act: {tried}");
    assert_eq!(tried, 60 * 12 * 3);
}

#[test]
fn a_disk_that_cannot_be_read_is_an_error_and_the_store_reads_on_when_it_heals() {
    let disk = RecordingDisk::empty();
    let engine =
        create_on(Arc::<RecordingDisk>::clone(&disk), EngineOptions { cache_bytes: 0, ..options() }).unwrap();
    for n in 0..50 {
        put(engine.as_ref(), &format!("key {n}"), &"x".repeat(1000)).unwrap();
    }
    disk.fail_reads();
    let snapshot = engine.begin_read().unwrap();
    let outcome = snapshot.scan(&KeyRange::all(), Order::Ascending, &mut |_, _| ControlFlow::Continue(()));
    assert!(matches!(outcome, Err(Error::Io(_))), "{outcome:?}");
    disk.heal();
    assert_eq!(contents(engine.begin_read().unwrap().as_ref()).unwrap().len(), 50);
    put(engine.as_ref(), "after", "1").unwrap();
}

/// A page is damaged behind the back of an open store: what is read is right or an error, never something else.
#[test]
fn damage_under_an_open_store_is_never_believed() {
    let (mut noticed, mut right) = (0, 0);
    for seed in 0..60 {
        let disk = RecordingDisk::empty();
        let engine =
            create_on(Arc::<RecordingDisk>::clone(&disk), EngineOptions { cache_bytes: 0, ..options() })
                .unwrap();
        let mut transaction = engine.begin_write().unwrap();
        let mut model = Model::new();
        let mut random = Random::new(seed);
        for _ in 0..40 {
            let writes = random_writes(&mut random, 200);
            perform(transaction.as_mut(), &writes);
            apply(&mut model, &writes);
        }
        transaction.commit(Durability::Immediate).unwrap();
        let written = disk.bytes().iter().rposition(|byte| *byte != 0).unwrap();
        for _ in 0..200 {
            disk.damage(4096 + random.below(written - 4096), 1 << random.below(8));
        }
        let snapshot = engine.begin_read().unwrap();
        for (key, value) in &model {
            let mut found = None;
            match snapshot.get(key, &mut |bytes| found = Some(bytes.to_vec())) {
                Ok(true) => {
                    assert!(found.as_ref() == Some(value), "damage was believed, seed {seed}");
                    right += 1;
                }
                Ok(false) => panic!("damage has hidden a record, seed {seed}"),
                Err(Error::Corrupt(_) | Error::Io(_) | Error::SnapshotExpired) => noticed += 1,
                Err(error) => panic!("{error}"),
            }
        }
    }
    println!("reads over damaged pages: {right} right, {noticed} refused");
    assert!(noticed > 0);
}

/// Flips of single bits in a closed file: it opens and is right, or it is refused, unchanged.
#[test]
fn attack_131_damage_in_a_closed_file_is_refused_or_harmless() {
    let disk = RecordingDisk::empty();
    let engine = create_on(Arc::<RecordingDisk>::clone(&disk), options()).unwrap();
    let mut random = Random::new(11);
    let mut model = Model::new();
    for _ in 0..40 {
        let writes = random_writes(&mut random, 100);
        let mut transaction = engine.begin_write().unwrap();
        perform(transaction.as_mut(), &writes);
        transaction.commit(Durability::Immediate).unwrap();
        apply(&mut model, &writes);
    }
    drop(engine);
    let bytes = disk.bytes();
    let written = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    let (mut harmless, mut refused) = (0, 0);
    for _ in 0..400 {
        let damaged = RecordingDisk::holding(bytes.clone());
        // Half of them in the header's page, where the most depends on every bit.
        let offset = if random.chance(50) { random.below(320) } else { random.below(written) };
        damaged.damage(offset, 1 << random.below(8));
        let before = damaged.bytes();
        match open_on(Arc::<RecordingDisk>::clone(&damaged), options()) {
            Ok(engine) => {
                assert!(read_all(engine.as_ref()) == model, "damage at {offset} was believed");
                harmless += 1;
            }
            Err(Error::Corrupt(_) | Error::Version(_) | Error::Io(_)) => {
                assert!(damaged.bytes() == before, "a refused file was changed, damage at {offset}");
                refused += 1;
            }
            Err(error) => panic!("{error}"),
        }
    }
    println!("bit flips in a closed file: {refused} refused, {harmless} harmless");
    assert!(refused > 20);
}

#[test]
fn a_panic_of_the_committer_poisons_the_store_and_nobody_waits_forever() {
    let (disk, engine) = store();
    let held = engine.begin_read().unwrap();
    disk.judge(|_| Verdict::Panic);
    let outcomes: Vec<_> = std::thread::scope(|threads| {
        let writers: Vec<_> = (0..8)
            .map(|n| {
                let engine = &engine;
                threads.spawn(move || put(engine.as_ref(), &format!("{n}"), "1"))
            })
            .collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    });
    assert!(outcomes.iter().any(|outcome| matches!(outcome, Err(Error::OutcomeUnknown(_)))), "{outcomes:?}");
    let expected =
        |outcome: &Result<Version>| matches!(outcome, Err(Error::OutcomeUnknown(_) | Error::Internal(_)));
    assert!(outcomes.iter().all(expected), "{outcomes:?}");
    assert!(matches!(engine.begin_read().map(drop), Err(Error::Internal(_))));
    assert!(matches!(engine.begin_write().map(drop), Err(Error::Internal(_))));
    let _ = held.get(b"before", &mut |_| {});
    assert!(matches!(engine.close(), Err(Error::Internal(_))));
    disk.heal();
    let reopened = open_on(disk, options()).unwrap();
    assert!(has(reopened.as_ref(), "before"), "what was acknowledged is still there");
}

#[test]
fn a_panic_before_anything_was_applied_is_no_unknown_outcome() {
    let watch =
        |key: &[u8]| if key == b"bad" { panic!("the watch panics, as it was told to") } else { false };
    let engine = memory(EngineOptions { watch, ..EngineOptions::default() }).unwrap();
    put(engine.as_ref(), "good", "1").unwrap();
    let outcome = put(engine.as_ref(), "bad", "1");
    assert!(matches!(outcome, Err(Error::Internal(_))), "{outcome:?}");
    assert!(matches!(engine.begin_write().map(drop), Err(Error::Internal(_))));
    assert!(matches!(engine.close(), Err(Error::Internal(_))));
    engine.close().unwrap();
}

/// An expired snapshot lets go of its pages although its handle is still held: else the file would grow with every commit.
#[test]
fn a_forgotten_reader_does_not_make_the_file_grow() {
    let grown = |hold: bool, reader_deadline: Duration| {
        let disk = RecordingDisk::empty();
        let engine =
            create_on(Arc::<RecordingDisk>::clone(&disk), EngineOptions { reader_deadline, ..options() })
                .unwrap();
        let mut held = Vec::new();
        for round in 0..60 {
            for key in 0..20 {
                let mut transaction = engine.begin_write().unwrap();
                transaction.put(format!("key {key}").as_bytes(), &[round; 2000]).unwrap();
                transaction.commit(Durability::Relaxed).unwrap();
            }
            put(engine.as_ref(), "round", "1").unwrap();
            if hold {
                held.push(engine.begin_read().unwrap());
            }
        }
        drop(held);
        disk.bytes().len()
    };
    let without = grown(false, Duration::ZERO);
    assert!(grown(true, Duration::ZERO) <= without * 3 / 2, "expired readers keep pages");
    assert!(grown(true, Duration::from_secs(3600)) > without * 2, "and this test would see it if they did");
}
