//! Histories of transactions from threads, recorded as their clients saw them, and judged: by `adya`, a checker for strict
//! serializability that knows nothing of this engine, and by a replay in the order of the commits, which also judges ranges.

use crate::storage::soak::soak;
use crate::storage::workload::{Model, Write, apply, key, perform, random_writes};
use adya::{History, Opts, Valid, Workload};
use parking_lot::Mutex;
use portunus_storage::conformance::Random;
use portunus_storage::{
    Durability, Engine, EngineOptions, Error, KeyRange, Order, Snapshot, Transaction, Version, create, memory,
};
use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const LISTS: usize = 6;

/// How the clients of a history read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reads {
    /// Through their transaction, as they should.
    Honest,
    /// Beside it, so that the engine cannot know of them: such a history must be found out.
    Hidden,
}

/// A step of a client's transaction, with what it saw.
enum Step {
    Append(usize, u64),
    Read(usize, Vec<u64>),
}

fn list_key(list: usize) -> Vec<u8> {
    format!("list {list}").into_bytes()
}

fn parse(bytes: &[u8]) -> Vec<u64> {
    bytes.chunks(8).map(|chunk| u64::from_be_bytes(chunk.try_into().unwrap())).collect()
}

/// The list under a key. The empty list and no list are the same.
fn read_list(snapshot: &dyn Snapshot, list: usize) -> Vec<u64> {
    let mut found = Vec::new();
    snapshot.get(&list_key(list), &mut |bytes| found = parse(bytes)).unwrap();
    found
}

/// All lists, by a scan: what is not there is read as well.
fn scan_lists(snapshot: &dyn Snapshot, order: Order) -> Vec<Step> {
    let mut lists = vec![Vec::new(); LISTS];
    snapshot
        .scan(&KeyRange::prefix(b"list "), order, &mut |key, bytes| {
            let number = usize::from(key[5] - b'0');
            lists[number] = parse(bytes);
            ControlFlow::Continue(())
        })
        .unwrap();
    lists.into_iter().enumerate().map(|(list, found)| Step::Read(list, found)).collect()
}

/// Runs a random transaction, and tells its steps. A list that was removed would not fit the checker, so none is.
fn client(
    transaction: &mut dyn Transaction,
    beside: &dyn Snapshot,
    reads: Reads,
    random: &mut Random,
    next: &AtomicU64,
) -> Vec<Step> {
    let mut steps = Vec::new();
    // One list is appended to at most once, so that a hidden read need not see its own writes.
    let mut appended = [false; LISTS];
    for _ in 0..1 + random.below(4) {
        let list = random.below(LISTS);
        if appended.iter().any(|done| *done) && reads == Reads::Hidden {
            continue;
        }
        let reader: &dyn Snapshot = if reads == Reads::Honest { transaction } else { beside };
        match random.below(5) {
            0 => steps.extend(scan_lists(reader, Order::Ascending)),
            1 => steps.extend(scan_lists(reader, Order::Descending)),
            2 => steps.push(Step::Read(list, read_list(reader, list))),
            _ if appended[list] => {}
            _ => {
                let mut found = read_list(reader, list);
                let value = next.fetch_add(1, Ordering::Relaxed);
                steps.push(Step::Append(list, value));
                found.push(value);
                let bytes: Vec<u8> = found.iter().flat_map(|value| value.to_be_bytes()).collect();
                transaction.put(&list_key(list), &bytes).unwrap();
                appended[list] = true;
            }
        }
    }
    steps
}

fn describe(steps: &[Step], completed: bool) -> String {
    let mut text = String::from("[");
    for (number, step) in steps.iter().enumerate() {
        let comma = if number == 0 { "" } else { "," };
        match step {
            Step::Append(list, value) => write!(text, "{comma}[\"append\",{list},{value}]").unwrap(),
            Step::Read(list, found) if completed => write!(text, "{comma}[\"r\",{list},{found:?}]").unwrap(),
            Step::Read(list, _) => write!(text, "{comma}[\"r\",{list},null]").unwrap(),
        }
    }
    text + "]"
}

/// Runs a history of appends and reads. Returns what the checker says of it, and how many transactions committed.
fn judge_lists(engine: &dyn Engine, reads: Reads, seed: u64, transactions: usize) -> (Valid, String, usize) {
    let events: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let next = AtomicU64::new(1);
    let committed = AtomicU64::new(0);
    std::thread::scope(|threads| {
        for process in 0..8_u64 {
            let (events, next, committed) = (&events, &next, &committed);
            threads.spawn(move || {
                let mut random = Random::new(seed * 100 + process);
                for _ in 0..transactions / 8 {
                    // The invocation is written into the history before the transaction begins; what it will do is filled in
                    // afterwards, since only the places of the two events count.
                    let place = {
                        let mut events = events.lock();
                        events.push(String::new());
                        events.len() - 1
                    };
                    let mut transaction = engine.begin_write().unwrap();
                    let beside = engine.begin_read().unwrap();
                    let steps = client(transaction.as_mut(), beside.as_ref(), reads, &mut random, next);
                    if random.chance(50) {
                        std::thread::yield_now();
                    }
                    let outcome = match transaction.commit(Durability::Relaxed) {
                        Ok(_) => "ok",
                        Err(Error::Conflict) => "fail",
                        Err(error) => panic!("{error}"),
                    };
                    committed.fetch_add(u64::from(outcome == "ok"), Ordering::Relaxed);
                    let event = |kind: &str, completed| {
                        let value = describe(&steps, completed);
                        format!(r#"{{"type":"{kind}","process":{process},"f":"txn","value":{value}}}"#)
                    };
                    let mut events = events.lock();
                    events[place] = event("invoke", false);
                    events.push(event(outcome, true));
                }
            });
        }
    });
    let text = events.into_inner().join("\n");
    let history = History::from_json(&text).unwrap();
    // A checker that runs out of time says `Unknown`: a busy machine must not decide.
    let opts = Opts { timeout: Duration::from_secs(600), ..Opts::default() };
    let report = adya::check(&history, Workload::ListAppend, &opts);
    let committed = usize::try_from(committed.into_inner()).unwrap();
    (report.valid, format!("{:?}", report.anomaly_types), committed)
}

type Make = Box<dyn Fn() -> Arc<dyn Engine>>;

fn engines() -> Vec<(&'static str, Make)> {
    let directory = tempfile::tempdir().unwrap();
    let count = AtomicU64::new(0);
    vec![
        ("memory", Box::new(|| memory(EngineOptions::default()).unwrap())),
        (
            "file",
            Box::new(move || {
                let number = count.fetch_add(1, Ordering::Relaxed);
                create(&directory.path().join(number.to_string()), EngineOptions::default()).unwrap()
            }),
        ),
    ]
}

#[test]
fn histories_from_threads_are_strictly_serializable() {
    for (name, engine) in engines() {
        let (mut histories, mut transactions) = (0, 0);
        for seed in 0..u64::try_from(10 * soak()).unwrap() {
            let (valid, anomalies, committed) = judge_lists(engine().as_ref(), Reads::Honest, seed, 400);
            assert_eq!(valid, Valid::True, "{name}, seed {seed}: {anomalies}");
            assert!(committed > 40, "{name}: too few transactions committed to mean anything");
            histories += 1;
            transactions += committed;
        }
        println!("{name}: {histories} histories checked, {transactions} transactions committed in them");
    }
}

/// The judge is worth something: when clients hide their reads from the engine, it finds them out.
#[test]
fn histories_with_hidden_reads_are_found_out() {
    for (name, engine) in engines() {
        let found =
            (0..10).any(|seed| judge_lists(engine().as_ref(), Reads::Hidden, seed, 400).0 == Valid::False);
        assert!(found, "{name}: ten histories of lost updates, and none was found");
    }
}

/// What a client read, to be compared with the model.
enum Seen {
    Key(Vec<u8>, Option<Vec<u8>>),
    /// The range, the order, how many pairs the visitor took, and those pairs.
    Range(KeyRange, Order, usize, Vec<(Vec<u8>, Vec<u8>)>),
}

struct Done {
    version: Version,
    seen: Vec<Seen>,
    writes: Vec<Write>,
    /// The newest version that had been acknowledged to anyone before it began.
    acknowledged_before: Version,
}

fn random_read(snapshot: &dyn Snapshot, random: &mut Random, keys: usize) -> Seen {
    if random.chance(50) {
        let key = key(random.below(keys));
        let mut found = None;
        snapshot.get(&key, &mut |value| found = Some(value.to_vec())).unwrap();
        return Seen::Key(key, found);
    }
    let start = random.below(keys);
    let range = KeyRange::half_open(&key(start), &key(start + 1 + random.below(8)));
    let order = if random.chance(50) { Order::Ascending } else { Order::Descending };
    let count = 1 + random.below(6);
    Seen::Range(range.clone(), order, count, take(snapshot, &range, order, count))
}

fn take(snapshot: &dyn Snapshot, range: &KeyRange, order: Order, count: usize) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut pairs = Vec::new();
    snapshot
        .scan(range, order, &mut |key, value| {
            pairs.push((key.to_vec(), value.to_vec()));
            if pairs.len() == count { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap();
    pairs
}

fn model_take(model: &Model, range: &KeyRange, order: Order, count: usize) -> Vec<(Vec<u8>, Vec<u8>)> {
    let pairs =
        model.iter().filter(|(key, _)| range.contains(key)).map(|(key, value)| (key.clone(), value.clone()));
    match order {
        Order::Ascending => pairs.take(count).collect(),
        Order::Descending => pairs.rev().take(count).collect(),
    }
}

/// Runs transactions with ranges from threads, and tells what each saw and did. Reads come before writes.
fn run_ranges(engine: &dyn Engine, seed: u64, transactions: usize) -> Vec<Done> {
    let done = Mutex::new(Vec::new());
    let newest = AtomicU64::new(0);
    std::thread::scope(|threads| {
        for process in 0..8_u64 {
            let (done, newest) = (&done, &newest);
            threads.spawn(move || {
                let mut random = Random::new(seed * 100 + process);
                for _ in 0..transactions / 8 {
                    let acknowledged_before = Version(newest.load(Ordering::SeqCst));
                    let mut transaction = engine.begin_write().unwrap();
                    let seen: Vec<Seen> = (0..random.below(3))
                        .map(|_| random_read(transaction.as_ref(), &mut random, 40))
                        .collect();
                    let writes = if random.chance(80) { random_writes(&mut random, 40) } else { Vec::new() };
                    perform(transaction.as_mut(), &writes);
                    match transaction.commit(Durability::Relaxed) {
                        Ok(version) => {
                            newest.fetch_max(version.0, Ordering::SeqCst);
                            done.lock().push(Done { version, seen, writes, acknowledged_before });
                        }
                        Err(Error::Conflict) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            });
        }
    });
    done.into_inner()
}

/// Replays a history in the order of its versions: each transaction must have seen what the model shows at its place.
fn replay(mut history: Vec<Done>) {
    let changes = |done: &Done| {
        done.writes.iter().any(|write| !matches!(write, Write::DeleteRange(start, end) if start >= end))
    };
    // One without writes commits at its snapshot's version, so it comes after the writer of that version.
    history.sort_by_key(|done| (done.version, !changes(done)));
    let mut model = Model::new();
    let mut last = Version(0);
    for done in &history {
        assert!(
            done.version >= done.acknowledged_before,
            "it began after a commit, and does not come after it"
        );
        if changes(done) {
            assert!(
                done.version > done.acknowledged_before && done.version > last,
                "a version was given twice"
            );
            last = done.version;
        }
        for seen in &done.seen {
            match seen {
                Seen::Key(key, found) => {
                    assert!(model.get(key) == found.as_ref(), "a stale key at {:?}", done.version);
                }
                Seen::Range(range, order, count, pairs) => {
                    assert!(
                        model_take(&model, range, *order, *count) == *pairs,
                        "a stale range at {:?}",
                        done.version
                    );
                }
            }
        }
        apply(&mut model, &done.writes);
    }
}

#[test]
fn every_transaction_saw_the_state_at_its_place_in_the_order_of_commits() {
    for (name, engine) in engines() {
        let (mut histories, mut transactions) = (0, 0);
        for seed in 0..u64::try_from(10 * soak()).unwrap() {
            let history = run_ranges(engine().as_ref(), seed, 800);
            assert!(history.len() > 80, "{name}: too few transactions committed to mean anything");
            histories += 1;
            transactions += history.len();
            replay(history);
        }
        println!(
            "{name}: {histories} histories with ranges replayed, {transactions} transactions committed in them"
        );
    }
}
