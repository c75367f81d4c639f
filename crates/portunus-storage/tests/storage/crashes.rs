//! Power cuts: after every act of the disk, and whatever becomes of the writes that were not synced, the store opens again,
//! every acknowledged commit is there, and none is there in part. So it is while a file is compacted; and one that is being
//! restored is no store before all of it is there.

use crate::storage::soak::soak;
use crate::storage::workload::{Model, Write, apply, contents, perform, random_writes};
use parking_lot::Mutex;
use portunus_storage::conformance::{Act, PowerCuts, Random, RecordingDisk, Unsynced, Verdict};
use portunus_storage::{
    Disk, Durability, EngineOptions, Version, compact_on, create_on, open_on, restore_on, write_backup,
};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

const KEYS: usize = 60;

/// A transaction that was acknowledged.
struct Acknowledged {
    version: Version,
    writes: Vec<Write>,
    durable: bool,
    /// How many acts of the disk there had been by then.
    at: usize,
}

/// What happened to a disk, and what was promised meanwhile.
struct Run {
    acts: Vec<Act>,
    acknowledged: Vec<Acknowledged>,
    /// How many acts it took until the new store had been acknowledged.
    created_at: usize,
}

/// Runs transactions from several threads, one after the other in each.
fn run(threads: usize, transactions: usize, seed: u64) -> Run {
    let disk = RecordingDisk::empty();
    let engine =
        create_on(disk.clone(), EngineOptions { cache_bytes: 1 << 20, ..EngineOptions::default() }).unwrap();
    let created_at = disk.acts();
    let acknowledged = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let (engine, disk, acknowledged) = (&engine, &disk, &acknowledged);
            scope.spawn(move || {
                let mut random = Random::new(seed * 1000 + u64::try_from(thread).unwrap());
                for _ in 0..transactions / threads {
                    let writes = random_writes(&mut random, KEYS);
                    let mut transaction = engine.begin_write().unwrap();
                    perform(transaction.as_mut(), &writes);
                    let empty =
                        |write: &Write| matches!(write, Write::DeleteRange(start, end) if start >= end);
                    // Without writes there is nothing to make durable.
                    let durable = random.chance(75) && !writes.iter().all(empty);
                    let durability = if durable { Durability::Immediate } else { Durability::Relaxed };
                    let version = transaction.commit(durability).unwrap();
                    acknowledged.lock().push(Acknowledged { version, writes, durable, at: disk.acts() });
                }
            });
        }
    });
    drop(engine);
    let mut acknowledged = acknowledged.into_inner();
    acknowledged.sort_by_key(|transaction| transaction.version);
    Run { acts: disk.recording(), acknowledged, created_at }
}

/// What the store holds after each version.
fn states(run: &Run) -> BTreeMap<Version, Model> {
    let mut model = Model::new();
    let mut states = BTreeMap::from([(Version(0), Model::new())]);
    for transaction in &run.acknowledged {
        apply(&mut model, &transaction.writes);
        states.insert(transaction.version, model.clone());
    }
    states
}

/// Cuts the power after every act. Tells how many cuts there were, or which one broke a promise.
fn cut_everywhere(run: &Run, seed: u64) -> Result<usize, String> {
    let states = states(run);
    let mut cuts = PowerCuts::new(&run.acts);
    let mut random = Random::new(seed);
    let mut tried = 0;
    for position in run.created_at..=run.acts.len() {
        cuts.advance(position);
        let promised =
            run.acknowledged.iter().filter(|transaction| transaction.durable && transaction.at <= position);
        let promised = promised.map(|transaction| transaction.version).max().unwrap_or(Version(0));
        for unsynced in Unsynced::ALL {
            let image = cuts.image(unsynced, &mut random);
            check_image(image, promised, &states)
                .map_err(|broken| format!("{broken}; seed {seed}, act {position}, unsynced {unsynced:?}"))?;
            tried += 1;
        }
    }
    Ok(tried)
}

/// Opens what a power cut has left. It must be one of the states that there were, and not older than what was promised.
fn check_image(image: Vec<u8>, promised: Version, states: &BTreeMap<Version, Model>) -> Result<(), String> {
    let engine = open_on(RecordingDisk::holding(image), EngineOptions::default())
        .map_err(|error| error.to_string())?;
    let snapshot = engine.begin_read().map_err(|error| error.to_string())?;
    let version = snapshot.version();
    if version < promised {
        return Err(format!("{promised:?} was acknowledged, and the store is at {version:?}"));
    }
    let found = contents(snapshot.as_ref()).map_err(|error| error.to_string())?;
    if states.get(&version) != Some(&found) {
        return Err(format!("the store says {version:?} and holds something else"));
    }
    Ok(())
}

#[test]
fn a_power_cut_after_any_act_of_the_disk_loses_nothing_that_was_promised() {
    let mut tried = 0;
    for seed in 0..u64::try_from(soak()).unwrap() {
        tried += cut_everywhere(&run(1, 200, seed), seed).unwrap();
    }
    println!("crash points tried with one writer: {tried}");
    assert!(tried > 1000);
}

#[test]
fn attack_132_a_power_cut_in_a_group_of_commits_leaves_a_whole_prefix_of_them() {
    let mut tried = 0;
    for seed in 0..u64::try_from(soak()).unwrap() {
        tried += cut_everywhere(&run(8, 200, seed), seed).unwrap();
    }
    println!("crash points tried with eight writers: {tried}");
    assert!(tried > 200);
}

/// A store that is cut off while it is being created is refused with an error, or is empty: there is nothing it can have lost.
#[test]
fn a_power_cut_during_creation_leaves_a_refused_or_an_empty_store() {
    let run = run(1, 1, 7);
    let mut cuts = PowerCuts::new(&run.acts[..run.created_at]);
    let mut random = Random::new(7);
    for position in 0..run.created_at {
        cuts.advance(position);
        for unsynced in Unsynced::ALL {
            let disk = RecordingDisk::holding(cuts.image(unsynced, &mut random));
            let before = disk.bytes();
            match open_on(Arc::<RecordingDisk>::clone(&disk), EngineOptions::default()) {
                Ok(engine) => assert!(contents(engine.begin_read().unwrap().as_ref()).unwrap().is_empty()),
                Err(_) => assert!(disk.bytes() == before, "a refused disk was changed"),
            }
        }
    }
}

/// Recovery is itself cut off, again and again: what it leaves can still be recovered.
#[test]
fn a_power_cut_during_recovery_loses_nothing_either() {
    let run = run(1, 40, 3);
    let states = states(&run);
    let mut random = Random::new(3);
    let mut cuts = PowerCuts::new(&run.acts);
    let mut tried = 0;
    for position in (run.created_at..run.acts.len()).step_by(7) {
        cuts.advance(position);
        let image = cuts.image(Unsynced::Torn, &mut random);
        let disk = RecordingDisk::holding(image.clone());
        let recovered = open_on(Arc::<RecordingDisk>::clone(&disk), EngineOptions::default()).unwrap();
        let version = recovered.begin_read().unwrap().version();
        // The recovery's own acts, on top of what the first cut had left.
        let acts = disk.recording();
        let mut second = PowerCuts::on(image, &acts);
        for position in 0..=acts.len() {
            second.advance(position);
            let image = second.image(Unsynced::Torn, &mut random);
            check_image(image, version, &states).unwrap();
            tried += 1;
        }
    }
    println!("crash points tried during recovery: {tried}");
    assert!(tried > 50);
}

/// The tests above would see a broken promise: on a disk that only says it has synced, they do.
#[test]
fn a_disk_that_lies_about_syncing_is_caught() {
    let mut run = run(1, 20, 5);
    for act in run.acts.iter_mut().skip(run.created_at).filter(|act| **act == Act::Sync) {
        *act = Act::Write(0, Vec::new());
    }
    let broken = cut_everywhere(&run, 5).unwrap_err();
    println!("with a disk that lies: {broken}");
}

/// A disk must do what it promises for all this to mean anything: the recording, played to its end, is the disk.
#[test]
fn a_recording_played_to_its_end_is_the_disk() {
    let disk = RecordingDisk::empty();
    let engine = create_on(Arc::<RecordingDisk>::clone(&disk), EngineOptions::default()).unwrap();
    engine.close().unwrap();
    let acts = disk.recording();
    let mut cuts = PowerCuts::new(&acts);
    cuts.advance(acts.len());
    assert!(cuts.image(Unsynced::Kept, &mut Random::new(0)) == disk.bytes());
    assert!(disk.size().unwrap() > 0);
}

const CACHE_BYTES: usize = 1 << 20;

fn on(disk: &Arc<RecordingDisk>) -> Arc<dyn Disk> {
    Arc::<RecordingDisk>::clone(disk)
}

/// A closed store of which most was deleted again, and what is left of it.
fn roomy() -> (Vec<u8>, Version, BTreeMap<Version, Model>) {
    let disk = RecordingDisk::empty();
    let engine = create_on(disk.clone(), EngineOptions::default()).unwrap();
    let key = |number: u16| number.to_be_bytes();
    let mut transaction = engine.begin_write().unwrap();
    (0..400).for_each(|number| transaction.put(&key(number), &[7; 3_000]).unwrap());
    transaction.commit(Durability::Immediate).unwrap();
    let mut transaction = engine.begin_write().unwrap();
    (0..400).filter(|it| it % 20 != 0).for_each(|number| transaction.delete(&key(number)).unwrap());
    let version = transaction.commit(Durability::Immediate).unwrap();
    engine.close().unwrap();
    let left = (0..400).step_by(20).map(|number| (key(number).to_vec(), vec![7; 3_000]));
    (disk.bytes(), version, BTreeMap::from([(version, left.collect())]))
}

#[test]
fn a_power_cut_during_compaction_loses_nothing() {
    let (image, version, states) = roomy();
    let disk = RecordingDisk::holding(image.clone());
    let done = compact_on(&on(&disk), CACHE_BYTES).unwrap();
    println!("{done:?} in {} acts", disk.acts());
    assert!(done.bytes_after < done.bytes_before / 2, "{done:?}");
    assert_eq!(disk.size().unwrap(), done.bytes_after);
    let acts = disk.recording();
    let mut cuts = PowerCuts::on(image, &acts);
    let mut random = Random::new(11);
    for position in 0..=acts.len() {
        cuts.advance(position);
        for unsynced in Unsynced::ALL {
            let image = cuts.image(unsynced, &mut random);
            check_image(image, version, &states)
                .unwrap_or_else(|broken| panic!("{broken}; act {position}, {unsynced:?}"));
        }
    }
}

#[test]
fn a_compaction_whose_disk_fails_says_so_and_loses_nothing() {
    let (image, version, states) = roomy();
    let mut failed = 0;
    for failing in 0.. {
        let disk = RecordingDisk::holding(image.clone());
        disk.judge(move |number| {
            if number >= failing { Verdict::Fail(std::io::ErrorKind::StorageFull) } else { Verdict::Pass }
        });
        let done = compact_on(&on(&disk), CACHE_BYTES);
        disk.heal();
        check_image(disk.bytes(), version, &states).unwrap();
        if done.is_ok() {
            break;
        }
        failed += 1;
    }
    assert!(failed > 3, "{failed}");
}

/// What is restored is a store only once all of it is there: a power cut before that leaves a file that is refused.
#[test]
fn attack_126_a_power_cut_during_a_restore_leaves_no_store_that_opens_with_less() {
    let (image, version, states) = roomy();
    let engine = open_on(RecordingDisk::holding(image), EngineOptions::default()).unwrap();
    let mut backup = Vec::new();
    let snapshot = engine.begin_read().unwrap();
    write_backup(snapshot.as_ref(), &mut backup, &mut || ControlFlow::Continue(())).unwrap();

    let disk = RecordingDisk::empty();
    restore_on(&on(&disk), &mut backup.as_slice(), CACHE_BYTES).unwrap();
    let acts = disk.recording();
    let mut cuts = PowerCuts::new(&acts);
    let mut random = Random::new(13);
    let (mut refused, mut whole) = (0, 0);
    for position in 0..=acts.len() {
        cuts.advance(position);
        for unsynced in Unsynced::ALL {
            let image = cuts.image(unsynced, &mut random);
            match open_on(RecordingDisk::holding(image.clone()), EngineOptions::default()) {
                Ok(_) => {
                    check_image(image, version, &states).unwrap();
                    whole += 1;
                }
                Err(_) => refused += 1,
            }
        }
    }
    println!("{refused} refused, {whole} whole");
    assert!(refused > 0 && whole > 0);
}
