//! Random transactions of several threads, replayed in the order of their commits. Knows nothing of how they are committed.

use super::brittle::{Levers, Trouble, engine};
use super::{another, below, explore, finds, options, spawn};
use crate::sync::Fault;
use crate::{Durability, Engine, Error, KeyRange, Order, Result, Snapshot, Transaction, Version};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

type Model = BTreeMap<Vec<u8>, Vec<u8>>;

const KEYS: usize = 4;

/// What a transaction saw or did, in its order.
#[derive(Clone, Debug)]
enum Step {
    Get(Vec<u8>, Option<Vec<u8>>),
    Scan(Vec<u8>, Vec<u8>, Vec<(Vec<u8>, Vec<u8>)>),
    Put(Vec<u8>, Vec<u8>),
    Delete(Vec<u8>),
    Clear(Vec<u8>, Vec<u8>),
}

#[derive(Clone, Debug)]
struct Done {
    /// None where nobody knows whether it was committed.
    version: Option<Version>,
    steps: Vec<Step>,
    /// The newest commit that had been acknowledged to anyone before it began.
    acknowledged_before: Version,
}

#[derive(Default)]
struct Record {
    newest: Mutex<Version>,
    done: Mutex<Vec<Done>>,
}

fn key(number: usize) -> Vec<u8> {
    vec![b'k', u8::try_from(number).unwrap()]
}

fn get(snapshot: &dyn Snapshot, key: &[u8]) -> Result<Option<Vec<u8>>> {
    let mut found = None;
    snapshot.get(key, &mut |value| found = Some(value.to_vec()))?;
    Ok(found)
}

fn scan(snapshot: &dyn Snapshot, start: &[u8], end: &[u8]) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
    let mut pairs = Vec::new();
    let range = KeyRange::half_open(start, end);
    let visit = &mut |key: &[u8], value: &[u8]| {
        pairs.push((key.to_vec(), value.to_vec()));
        ControlFlow::Continue(())
    };
    snapshot.scan(&range, Order::Ascending, visit)?;
    Ok(pairs)
}

fn between(model: &Model, start: &[u8], end: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let range = start.to_vec()..end.to_vec();
    model.range(range).map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn two_keys() -> (Vec<u8>, Vec<u8>) {
    let start = below(KEYS);
    (key(start), key(start + 1 + below(2)))
}

/// `beside` is what reads go through, where they are hidden from the transaction.
fn step(transaction: &mut dyn Transaction, beside: Option<&dyn Snapshot>, mark: u8) -> Result<Step> {
    let key = key(below(KEYS));
    Ok(match below(10) {
        0..=2 => {
            let found = beside.map_or_else(|| get(transaction, &key), |beside| get(beside, &key))?;
            Step::Get(key, found)
        }
        3..=4 => {
            let (start, end) = two_keys();
            let pairs = beside
                .map_or_else(|| scan(transaction, &start, &end), |beside| scan(beside, &start, &end))?;
            Step::Scan(start, end, pairs)
        }
        5..=7 => {
            transaction.put(&key, &[mark])?;
            Step::Put(key, vec![mark])
        }
        8 => {
            transaction.delete(&key)?;
            Step::Delete(key)
        }
        _ => {
            let (start, end) = two_keys();
            transaction.delete_range(&KeyRange::half_open(&start, &end))?;
            Step::Clear(start, end)
        }
    })
}

fn client(engine: &dyn Engine, record: &Record, number: usize, (hides, faults): (bool, bool)) {
    for round in 0..2 {
        let acknowledged_before = *record.newest.lock().unwrap();
        let mut transaction = match engine.begin_write() {
            Ok(transaction) => transaction,
            Err(Error::ReadOnly(_)) => continue,
            Err(error) => panic!("{error}"),
        };
        let beside = hides.then(|| engine.begin_read().unwrap());
        let mark = u8::try_from(number * 10 + round).unwrap();
        let step = |_| step(transaction.as_mut(), beside.as_deref(), mark);
        let steps: Vec<Step> = match (0..1 + below(3)).map(step).collect() {
            Ok(steps) => steps,
            // The store was reopened meanwhile.
            Err(Error::SnapshotExpired) if faults => continue,
            Err(error) => panic!("{error}"),
        };
        let version = match transaction.commit(Durability::Immediate) {
            Ok(version) => Some(version),
            Err(Error::Conflict | Error::ReadOnly(_)) => continue,
            Err(Error::OutcomeUnknown(_)) => None,
            Err(error) => panic!("{error}"),
        };
        let mut newest = record.newest.lock().unwrap();
        *newest = version.unwrap_or_default().max(*newest);
        record.done.lock().unwrap().push(Done { version, steps, acknowledged_before });
    }
}

/// Runs one step against the model: what it saw must be what is there.
fn replay_step(model: &mut Model, step: &Step) {
    match step {
        Step::Get(key, found) => assert_eq!(model.get(key), found.as_ref(), "a stale key"),
        Step::Scan(start, end, pairs) => assert_eq!(&between(model, start, end), pairs, "a stale range"),
        Step::Put(key, value) => drop(model.insert(key.clone(), value.clone())),
        Step::Delete(key) => drop(model.remove(key)),
        Step::Clear(start, end) => model.retain(|key, _| key < start || key >= end),
    }
}

fn writes(done: &Done) -> bool {
    done.steps.iter().any(|step| matches!(step, Step::Put(..) | Step::Delete(_) | Step::Clear(..)))
}

/// Every transaction must have seen what the model shows at its place in the order of commits.
fn replay(record: &Record) -> Model {
    let mut history: Vec<Done> = record.done.lock().unwrap().clone();
    history.retain(|done| done.version.is_some());
    history.sort_by_key(|done| (done.version, !writes(done)));
    let (mut model, mut last) = (Model::new(), None);
    for done in &history {
        assert!(done.version >= Some(done.acknowledged_before), "it comes before what it came after");
        if writes(done) {
            assert!(done.version > last, "a version was given twice");
            last = done.version;
        }
        done.steps.iter().for_each(|step| replay_step(&mut model, step));
    }
    model
}

fn scene(prepare: fn(&Levers), hides: bool) {
    let (engine, levers) = engine(options());
    let record = Arc::new(Record::default());
    prepare(&levers);
    let faults = levers.has_trouble();
    let clients: Vec<_> = (0..3)
        .map(|number| {
            let (engine, record) = (another(&engine), Arc::clone(&record));
            spawn(move || client(engine.as_ref(), &record, number, (hides, faults)))
        })
        .collect();
    clients.into_iter().for_each(|client| client.join().unwrap());
    let now = engine.begin_read().unwrap();
    let model = replay(&record);
    assert_eq!(
        scan(now.as_ref(), &key(0), &key(KEYS + 2)).unwrap(),
        between(&model, &key(0), &key(KEYS + 2))
    );
}

#[test]
fn transactions_are_strictly_serializable_in_the_order_of_their_commits() {
    explore(|| scene(|_| {}, false));
}

#[test]
fn refused_batches_leave_no_trace() {
    explore(|| scene(|levers| levers.trouble(below(3), Trouble::Refused), false));
}

/// The judge is worth something: broken promises below and around the engine are noticed.
#[test]
fn what_breaks_strict_serializability_is_found() {
    finds(Fault::None, || scene(|_| {}, true));
    finds(Fault::None, || scene(|levers| levers.trouble(below(3), Trouble::Lost), false));
    finds(Fault::None, || scene(|levers| levers.trouble(below(3), Trouble::StaleView), false));
    finds(Fault::None, || scene(|levers| levers.trouble(below(3), Trouble::Half), false));
    finds(Fault::PublishLate, || scene(|_| {}, false));
}

#[test]
fn a_wake_that_is_lost_is_found() {
    finds(Fault::WakeLost, || scene(|_| {}, false));
}
