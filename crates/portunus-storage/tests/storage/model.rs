//! Scripts of random operations on several transactions at once, run on both engines and on a model.

use crate::storage::workload::{Model, Write, apply, contents, perform};
use portunus_storage::{
    Durability, Engine, EngineOptions, Error, KeyRange, Order, Snapshot, Transaction, Version, create,
    memory, open,
};
use proptest::prelude::*;
use std::ops::{Bound, ControlFlow};
use std::path::Path;
use std::sync::Arc;

#[derive(Clone, Debug)]
enum Op {
    Begin(usize),
    Write(usize, Write),
    Get(usize, Vec<u8>),
    Scan(usize, KeyRange, Order, usize),
    Commit(usize, bool),
    Abort(usize),
    Hold,
    Reopen,
}

const SLOTS: usize = 3;

fn key() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop_oneof![Just(0u8), Just(1), Just(255)], 0..3)
}

fn bound() -> impl Strategy<Value = Bound<Vec<u8>>> {
    prop_oneof![key().prop_map(Bound::Included), key().prop_map(Bound::Excluded), Just(Bound::Unbounded)]
}

fn range() -> impl Strategy<Value = KeyRange> {
    (bound(), bound()).prop_map(|(start, end)| KeyRange { start, end })
}

fn op() -> impl Strategy<Value = Op> {
    let slot = 0..SLOTS;
    let value = prop::collection::vec(any::<u8>(), 0..4);
    let order = prop_oneof![Just(Order::Ascending), Just(Order::Descending)];
    prop_oneof![
        3 => slot.clone().prop_map(Op::Begin),
        6 => (slot.clone(), key(), value).prop_map(|(slot, key, value)| Op::Write(slot, Write::Put(key, value))),
        2 => (slot.clone(), key()).prop_map(|(slot, key)| Op::Write(slot, Write::Delete(key))),
        1 => (slot.clone(), key(), key()).prop_map(|(slot, start, end)| Op::Write(slot, Write::DeleteRange(start, end))),
        3 => (slot.clone(), key()).prop_map(|(slot, key)| Op::Get(slot, key)),
        3 => (slot.clone(), range(), order, 1usize..8)
            .prop_map(|(slot, range, order, count)| Op::Scan(slot, range, order, count)),
        4 => (slot.clone(), any::<bool>()).prop_map(|(slot, durable)| Op::Commit(slot, durable)),
        1 => slot.prop_map(Op::Abort),
        1 => Just(Op::Hold),
        1 => Just(Op::Reopen),
    ]
}

/// An open transaction, and what it should see.
struct Open {
    transaction: Box<dyn Transaction>,
    view: Model,
    base: Version,
    writes: Vec<Write>,
    has_read: bool,
}

fn pairs(snapshot: &dyn Snapshot, range: &KeyRange, order: Order, count: usize) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut pairs = Vec::new();
    let visit = &mut |key: &[u8], value: &[u8]| {
        pairs.push((key.to_vec(), value.to_vec()));
        if pairs.len() == count { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    snapshot.scan(range, order, visit).unwrap();
    pairs
}

fn model_pairs(model: &Model, range: &KeyRange, order: Order, count: usize) -> Vec<(Vec<u8>, Vec<u8>)> {
    let pairs =
        model.iter().filter(|(key, _)| range.contains(key)).map(|(key, value)| (key.clone(), value.clone()));
    match order {
        Order::Ascending => pairs.take(count).collect(),
        Order::Descending => pairs.rev().take(count).collect(),
    }
}

struct Bench<'p> {
    engine: Arc<dyn Engine>,
    /// Where the store is, if it lasts.
    path: Option<&'p Path>,
    committed: Model,
    last: Version,
    slots: [Option<Open>; SLOTS],
    held: Vec<(Arc<dyn Snapshot>, Model)>,
}

impl Bench<'_> {
    fn run(&mut self, op: &Op) {
        match op {
            Op::Begin(slot) => {
                let transaction = self.engine.begin_write().unwrap();
                assert_eq!(transaction.version(), self.last);
                let view = self.committed.clone();
                let open = Open { transaction, view, base: self.last, writes: Vec::new(), has_read: false };
                self.slots[*slot] = Some(open);
            }
            Op::Write(slot, write) => {
                if let Some(open) = &mut self.slots[*slot] {
                    perform(open.transaction.as_mut(), std::slice::from_ref(write));
                    apply(&mut open.view, std::slice::from_ref(write));
                    open.writes.push(write.clone());
                }
            }
            Op::Get(slot, key) => {
                if let Some(open) = &mut self.slots[*slot] {
                    let mut found = None;
                    open.transaction.get(key, &mut |value| found = Some(value.to_vec())).unwrap();
                    assert_eq!(found.as_ref(), open.view.get(key));
                    open.has_read = true;
                }
            }
            Op::Scan(slot, range, order, count) => {
                if let Some(open) = &mut self.slots[*slot] {
                    let found = pairs(open.transaction.as_ref(), range, *order, *count);
                    assert_eq!(found, model_pairs(&open.view, range, *order, *count));
                    open.has_read = true;
                }
            }
            Op::Commit(slot, durable) => self.commit(*slot, *durable),
            Op::Abort(slot) => self.slots[*slot] = None,
            Op::Hold => self.held.push((self.engine.begin_read().unwrap(), self.committed.clone())),
            Op::Reopen => self.reopen(),
        }
    }

    fn commit(&mut self, slot: usize, durable: bool) {
        let Some(open) = self.slots[slot].take() else { return };
        let durability = if durable { Durability::Immediate } else { Durability::Relaxed };
        let empty = |write: &Write| matches!(write, Write::DeleteRange(start, end) if start >= end);
        match open.transaction.commit(durability) {
            Ok(version) if open.writes.iter().all(empty) => assert_eq!(version, open.base),
            Ok(version) => {
                assert!(version > self.last);
                self.last = version;
                apply(&mut self.committed, &open.writes);
            }
            Err(Error::Conflict) => {
                assert!(open.base < self.last, "a conflict, and nobody else has committed");
                assert!(open.has_read, "a conflict of blind writes");
            }
            Err(error) => panic!("{error}"),
        }
        assert_eq!(contents(self.engine.begin_read().unwrap().as_ref()).unwrap(), self.committed);
    }

    fn reopen(&mut self) {
        let Some(path) = self.path else { return };
        self.slots = [None, None, None];
        self.held.clear();
        self.engine.close().unwrap();
        self.engine = open(path, EngineOptions::default()).unwrap();
        assert_eq!(self.engine.begin_read().unwrap().version(), self.last);
        assert_eq!(contents(self.engine.begin_read().unwrap().as_ref()).unwrap(), self.committed);
    }

    fn finish(self) {
        for (snapshot, model) in &self.held {
            assert_eq!(contents(snapshot.as_ref()).unwrap(), *model, "a snapshot has changed");
        }
    }
}

fn run_script(engine: Arc<dyn Engine>, path: Option<&Path>, script: &[Op]) {
    let slots = [None, None, None];
    let mut bench =
        Bench { engine, path, committed: Model::new(), last: Version(0), slots, held: Vec::new() };
    for op in script {
        bench.run(op);
    }
    bench.finish();
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]
    #[test]
    fn the_memory_engine_does_what_the_model_does(script in prop::collection::vec(op(), 0..60)) {
        run_script(memory(EngineOptions::default()).unwrap(), None, &script);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]
    #[test]
    fn the_file_engine_does_what_the_model_does(script in prop::collection::vec(op(), 0..60)) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("store");
        run_script(create(&path, EngineOptions::default()).unwrap(), Some(&path), &script);
    }
}

/// What makes the scripts worth running: a transaction may commit only if its reads still hold. The model above sees a wrong
/// state after it; this checks it directly, over every pair of one read and one write in a small world.
#[test]
fn a_commit_succeeds_only_if_its_reads_still_hold() {
    let keys: [&[u8]; 4] = [b"", b"\0", b"\x01", b"\xff"];
    let bounds: Vec<Bound<Vec<u8>>> = keys
        .iter()
        .flat_map(|key| [Bound::Included(key.to_vec()), Bound::Excluded(key.to_vec())])
        .chain([Bound::Unbounded])
        .collect();
    let mut tried = 0;
    for (start, end) in bounds.iter().flat_map(|start| bounds.iter().map(move |end| (start, end))) {
        let range = KeyRange { start: start.clone(), end: end.clone() };
        for order in [Order::Ascending, Order::Descending] {
            for (count, written) in (1..3).flat_map(|count| keys.iter().map(move |key| (count, key))) {
                check_pair(&range, order, count, written);
                tried += 1;
            }
        }
    }
    assert_eq!(tried, 81 * 2 * 2 * 4);
}

fn check_pair(range: &KeyRange, order: Order, count: usize, written: &[u8]) {
    let engine = memory(EngineOptions::default()).unwrap();
    let mut setup = engine.begin_write().unwrap();
    setup.put(b"\0", b"1").unwrap();
    setup.put(b"\x01", b"1").unwrap();
    setup.commit(Durability::Relaxed).unwrap();
    let mut reader = engine.begin_write().unwrap();
    let seen = pairs(reader.as_ref(), range, order, count);
    reader.put(b"result", b"").unwrap();
    let mut writer = engine.begin_write().unwrap();
    writer.put(written, b"2").unwrap();
    writer.commit(Durability::Relaxed).unwrap();
    let now = pairs(engine.begin_read().unwrap().as_ref(), range, order, count);
    let outcome = reader.commit(Durability::Relaxed);
    assert_eq!(
        outcome.is_err(),
        seen != now,
        "{range:?} {order:?} {count}, {written:?} written: {seen:?} {now:?}"
    );
}
