//! Scripts of operations on an engine, beside a plain ordered map. It knows nothing of how an engine works.
//!
//! Bytes become operations of up to three transactions and a snapshot at a time. What a read shows must be what the map
//! shows. A commit that succeeds must have read what it would read if it ran alone at its place in the order of all commits; one
//! that is refused must have read something that another commit has written in the meantime.

use super::ram::Ram;
use portunus_storage::{
    Disk, Durability, Engine, EngineOptions, Error, KeyRange, Order, Snapshot, Transaction, create_on,
    memory, open_on,
};
use std::collections::BTreeMap;
use std::ops::{Bound, ControlFlow};
use std::sync::Arc;

/// More operations than this teach nothing new, and make a failure hard to read.
const OPERATIONS_MAX: usize = 400;
/// Transactions that are open at a time.
const SLOTS: usize = 3;
/// What keys are made of: few bytes, so that they meet, and the ones at the ends.
const ALPHABET: [u8; 4] = [0, 1, b'a', 255];

type Map = BTreeMap<Vec<u8>, Vec<u8>>;
type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

/// One script in so many also runs on a file, which takes far longer. Which one it is, no byte of it says: a fuzzer likes those best that
/// reach most, and would soon make no others.
const SCRIPTS_PER_FILE: u32 = 32;

/// Runs a script on the engine in memory, and some on a file too.
pub fn run(data: &[u8]) {
    let engine = memory(EngineOptions::default()).unwrap();
    let end = run_on(&*engine, data);
    engine.close().unwrap();
    if crc32fast::hash(data).is_multiple_of(SCRIPTS_PER_FILE) {
        run_on_file(data, &end);
    }
}

/// Runs the script on a new file and opens it again: `end` is what it must hold.
fn run_on_file(script: &[u8], end: &Pairs) {
    let options = EngineOptions { cache_bytes: 1 << 20, ..EngineOptions::default() };
    let disk = Arc::new(Ram::default());
    let engine = create_on(Arc::clone(&disk) as Arc<dyn Disk>, options.clone()).unwrap();
    assert_eq!(&run_on(&*engine, script), end, "the engines differ");
    engine.close().unwrap();
    drop(engine);
    let again = open_on(disk, options).unwrap();
    let found = seen(&*again.begin_read().unwrap(), &KeyRange::all(), Order::Ascending, 0);
    assert_eq!(&found, end, "opening it again lost something");
}

/// Runs the script that `data` holds on an engine with nothing in it, and returns what it leaves.
fn run_on(engine: &dyn Engine, data: &[u8]) -> Pairs {
    let first = Commit { version: engine.begin_read().unwrap().version().0, ..Commit::default() };
    let mut stage = Stage { engine, commits: vec![first], open: Default::default(), snapshot: None };
    let mut script = Script { data, at: 0 };
    for _ in 0..OPERATIONS_MAX {
        let Some(code) = script.byte() else { break };
        stage.perform(code, &mut script);
    }
    let end = seen(&*engine.begin_read().unwrap(), &KeyRange::all(), Order::Ascending, 0);
    assert_eq!(end, pairs(&stage.last().map));
    end
}

/// The bytes of a script, from front to back.
struct Script<'d> {
    data: &'d [u8],
    at: usize,
}

impl Script<'_> {
    fn byte(&mut self) -> Option<u8> {
        let byte = self.data.get(self.at).copied();
        self.at += 1;
        byte
    }

    fn number(&mut self, below: usize) -> usize {
        usize::from(self.byte().unwrap_or(0)) % below
    }

    /// A key of 0 to 3 bytes.
    fn key(&mut self) -> Vec<u8> {
        let byte = usize::from(self.byte().unwrap_or(0));
        (0..byte % 4).map(|place| ALPHABET[(byte >> (2 + 2 * place)) % ALPHABET.len()]).collect()
    }

    fn bound(&mut self) -> Bound<Vec<u8>> {
        match self.number(5) {
            0 => Bound::Unbounded,
            1 | 2 => Bound::Included(self.key()),
            _ => Bound::Excluded(self.key()),
        }
    }

    fn range(&mut self) -> KeyRange {
        if self.number(3) == 0 {
            return KeyRange::prefix(&self.key());
        }
        KeyRange { start: self.bound(), end: self.bound() }
    }

    fn order(&mut self) -> Order {
        if self.number(2) == 0 { Order::Ascending } else { Order::Descending }
    }
}

/// What a transaction did, so that it can be done again on another state.
#[derive(Clone)]
enum Step {
    Get { key: Vec<u8>, found: Option<Vec<u8>> },
    Scan { range: KeyRange, order: Order, limit: usize, found: Pairs },
    Put { key: Vec<u8>, value: Vec<u8> },
    Delete { key: Vec<u8> },
    DeleteRange { range: KeyRange },
}

/// A commit: its place in the order, the state after it, and what it wrote.
#[derive(Clone, Default)]
struct Commit {
    version: u64,
    map: Arc<Map>,
    writes: Vec<Step>,
}

/// A transaction beside its model.
struct Open {
    real: Box<dyn Transaction>,
    /// The place in the list of commits that it began at.
    base: usize,
    map: Map,
    steps: Vec<Step>,
    value: u8,
}

struct Stage<'e> {
    engine: &'e dyn Engine,
    commits: Vec<Commit>,
    open: [Option<Open>; SLOTS],
    snapshot: Option<(Arc<dyn Snapshot>, Arc<Map>)>,
}

impl Stage<'_> {
    fn last(&self) -> &Commit {
        self.commits.last().unwrap()
    }

    fn perform(&mut self, code: u8, script: &mut Script<'_>) {
        let slot = usize::from(code) % SLOTS;
        match usize::from(code) / SLOTS % 10 {
            0 => self.begin(slot),
            1 | 2 => self.with(slot, |open| open.get(script.key())),
            3 => self.with(slot, |open| open.scan(script.range(), script.order(), script.number(6))),
            4 | 5 => self.with(slot, |open| open.put(script.key(), script.number(4))),
            6 => self.with(slot, |open| open.delete(script.key())),
            7 => self.with(slot, |open| open.delete_range(script.range())),
            8 => self.commit(slot),
            _ => self.read_snapshot(script),
        }
    }

    fn begin(&mut self, slot: usize) {
        // What was open there is dropped, which must change nothing.
        let real = self.engine.begin_write().unwrap();
        let base = self.commits.len() - 1;
        assert_eq!(real.version().0, self.last().version, "a transaction begins at the newest commit");
        let map = (*self.last().map).clone();
        self.open[slot] = Some(Open { real, base, map, steps: Vec::new(), value: 0 });
    }

    fn with(&mut self, slot: usize, act: impl FnOnce(&mut Open)) {
        if self.open[slot].is_none() {
            self.begin(slot);
        }
        act(self.open[slot].as_mut().unwrap());
    }

    fn commit(&mut self, slot: usize) {
        let Some(Open { real, base, steps, .. }) = self.open[slot].take() else { return };
        let writes: Vec<Step> = steps.iter().filter(|step| step.is_write()).cloned().collect();
        match real.commit(Durability::Relaxed) {
            Ok(version) if version.0 == self.commits[base].version => {
                // It has written nothing, so it stays where it began: at most it has cleared ranges in which no key can lie.
                let mut map = (*self.commits[base].map).clone();
                writes.iter().for_each(|step| step.again(&mut map));
                assert_eq!(map, *self.commits[base].map, "what was written is lost");
            }
            Ok(version) => {
                assert!(version.0 > self.last().version, "commits are in one order");
                let mut map = (*self.last().map).clone();
                steps.iter().for_each(|step| step.again(&mut map));
                self.commits.push(Commit { version: version.0, map: Arc::new(map), writes });
            }
            Err(Error::Conflict) => {
                let met = self.commits[base + 1..]
                    .iter()
                    .flat_map(|commit| &commit.writes)
                    .any(|write| steps.iter().any(|step| step.reads_what(write)));
                assert!(met, "a transaction was refused though nothing that it read was written");
            }
            Err(other) => panic!("{other}"),
        }
    }

    /// Reads the snapshot that is held, or takes a new one.
    fn read_snapshot(&mut self, script: &mut Script<'_>) {
        if script.number(4) == 0 || self.snapshot.is_none() {
            self.snapshot = Some((self.engine.begin_read().unwrap(), Arc::clone(&self.last().map)));
        }
        let (real, map) = self.snapshot.as_ref().unwrap();
        let (range, order, limit) = (script.range(), script.order(), script.number(6));
        assert_eq!(
            seen(&**real, &range, order, limit),
            expected(map, &range, order, limit),
            "{range:?} {order:?}"
        );
        let key = script.key();
        assert_eq!(value_of(&**real, &key), map.get(&key).cloned(), "{key:?}");
    }
}

impl Open {
    fn get(&mut self, key: Vec<u8>) {
        let found = value_of(&*self.real, &key);
        assert_eq!(found, self.map.get(&key).cloned(), "{key:?}");
        self.steps.push(Step::Get { key, found });
    }

    fn scan(&mut self, range: KeyRange, order: Order, limit: usize) {
        let found = seen(&*self.real, &range, order, limit);
        assert_eq!(found, expected(&self.map, &range, order, limit), "{range:?} {order:?} {limit}");
        self.steps.push(Step::Scan { range, order, limit, found });
    }

    fn put(&mut self, key: Vec<u8>, length: usize) {
        self.value = self.value.wrapping_add(1);
        let value = vec![self.value; length];
        self.real.put(&key, &value).unwrap();
        self.change(Step::Put { key, value });
    }

    fn delete(&mut self, key: Vec<u8>) {
        self.real.delete(&key).unwrap();
        self.change(Step::Delete { key });
    }

    fn delete_range(&mut self, range: KeyRange) {
        self.real.delete_range(&range).unwrap();
        self.change(Step::DeleteRange { range });
    }

    fn change(&mut self, step: Step) {
        step.again(&mut self.map);
        self.steps.push(step);
    }
}

impl Step {
    fn is_write(&self) -> bool {
        match self {
            Self::Put { .. } | Self::Delete { .. } | Self::DeleteRange { .. } => true,
            Self::Get { .. } | Self::Scan { .. } => false,
        }
    }

    /// Does the step on `map`, where a read must show what it showed before.
    fn again(&self, map: &mut Map) {
        match self {
            Self::Get { key, found } => assert_eq!(map.get(key), found.as_ref(), "not serializable: {key:?}"),
            Self::Scan { range, order, limit, found } => {
                assert_eq!(
                    &expected(map, range, *order, *limit),
                    found,
                    "not serializable: {range:?} {order:?}"
                );
            }
            Self::Put { key, value } => drop(map.insert(key.clone(), value.clone())),
            Self::Delete { key } => drop(map.remove(key)),
            Self::DeleteRange { range } => map.retain(|key, _| !range.contains(key)),
        }
    }

    /// Whether this read may depend on what `write` wrote.
    fn reads_what(&self, write: &Self) -> bool {
        let touches = |key: &[u8], written: &Self| match written {
            Self::Put { key: other, .. } | Self::Delete { key: other } => key == other,
            Self::DeleteRange { range } => range.contains(key),
            Self::Get { .. } | Self::Scan { .. } => false,
        };
        match (self, write) {
            (Self::Get { key, .. }, _) => touches(key, write),
            (Self::Scan { range, .. }, Self::Put { key, .. } | Self::Delete { key }) => range.contains(key),
            (Self::Scan { .. }, Self::DeleteRange { .. }) => true,
            (_, _) => false,
        }
    }
}

fn value_of(snapshot: &dyn Snapshot, key: &[u8]) -> Option<Vec<u8>> {
    let mut value = None;
    let found = snapshot.get(key, &mut |bytes| value = Some(bytes.to_vec())).unwrap();
    assert_eq!(found, value.is_some(), "what a get answers and what it hands out agree");
    value
}

/// The first pairs of a scan: `limit` of them, then it is stopped. A limit of 0 never stops.
fn seen(snapshot: &dyn Snapshot, range: &KeyRange, order: Order, limit: usize) -> Pairs {
    let mut found = Pairs::new();
    let mut visit = |key: &[u8], value: &[u8]| {
        found.push((key.to_vec(), value.to_vec()));
        if found.len() == limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    snapshot.scan(range, order, &mut visit).unwrap();
    found
}

fn expected(map: &Map, range: &KeyRange, order: Order, limit: usize) -> Pairs {
    let mut found: Pairs = pairs(map).into_iter().filter(|(key, _)| range.contains(key)).collect();
    if order == Order::Descending {
        found.reverse();
    }
    if limit > 0 {
        found.truncate(limit);
    }
    found
}

fn pairs(map: &Map) -> Pairs {
    map.iter().map(|(key, value)| (key.clone(), value.clone())).collect()
}
