//! How much is read for an answer, where that could tell what is hidden. It knows the engine as what answers reads, and nothing
//! of time.

use portunus_auth::{
    Action, Collection, Durability, Fields, Gate, GateOptions, NewToken, On, Privilege, Role, Secret,
};
use portunus_storage::{Engine, EngineStats, KeyRange, Order, Result, Snapshot, Transaction, Version, Visit};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// An engine that counts the records which its snapshots hand out.
struct Counting {
    inner: Arc<dyn Engine>,
    records: Arc<AtomicUsize>,
}

struct CountingSnapshot {
    inner: Arc<dyn Snapshot>,
    records: Arc<AtomicUsize>,
}

impl Engine for Counting {
    fn begin_read(&self) -> Result<Arc<dyn Snapshot>> {
        Ok(Arc::new(CountingSnapshot { inner: self.inner.begin_read()?, records: self.records.clone() }))
    }

    fn begin_write(&self) -> Result<Box<dyn Transaction>> {
        self.inner.begin_write()
    }

    fn epoch(&self) -> Version {
        self.inner.epoch()
    }

    fn stats(&self) -> EngineStats {
        self.inner.stats()
    }

    fn close(&self) -> Result<()> {
        self.inner.close()
    }
}

impl Snapshot for CountingSnapshot {
    fn version(&self) -> Version {
        self.inner.version()
    }

    fn get(&self, key: &[u8], read: &mut dyn FnMut(&[u8])) -> Result<bool> {
        self.records.fetch_add(1, Ordering::Relaxed);
        self.inner.get(key, read)
    }

    fn scan(&self, range: &KeyRange, order: Order, visit: &mut Visit<'_>) -> Result<()> {
        self.inner.scan(range, order, &mut |key, value| {
            self.records.fetch_add(1, Ordering::Relaxed);
            visit(key, value)
        })
    }
}

/// A store with notes of which many have the salary 1 and a single one has 2, and a token of somebody who may read them, without
/// what is hidden.
fn notes(hidden: &[&str]) -> (Arc<AtomicUsize>, Gate, Secret) {
    let records = Arc::new(AtomicUsize::new(0));
    let counts = records.clone();
    let open = |options| {
        let inner = portunus_storage::memory(options)?;
        Ok::<Arc<dyn Engine>, _>(Arc::new(Counting { inner, records: counts }))
    };
    let (gate, admin) = Gate::create_on(open, &GateOptions::default()).unwrap();
    let mut tx = gate.begin_write(&admin).unwrap();
    tx.define(Collection::new("users")).unwrap();
    tx.create_with_id("users", "ann", json!({})).unwrap();
    tx.define(Collection::new("notes").index(["salary"])).unwrap();
    for at in 0..40 {
        let salary = if at == 7 { 2 } else { 1 };
        tx.create_with_id("notes", &format!("n{at:02}"), json!({"salary": salary})).unwrap();
    }
    let read = Privilege::new(On::Collection("notes".into()), Action::Read)
        .fields(Fields::except(hidden.iter().copied()));
    tx.define_role(Role::new("r").member("users").privilege(read)).unwrap();
    let ann = tx.create_token(NewToken::new("users", "ann")).unwrap().secret;
    tx.commit(Durability::Immediate).unwrap();
    (records, gate, ann)
}

/// How many records are read for a filter, once what can be kept is.
fn read_for((records, gate, ann): &(Arc<AtomicUsize>, Gate, Secret), filter: &str) -> usize {
    let view = gate.begin_read(ann).unwrap();
    view.query("notes").filter(filter).list_ids().unwrap();
    let before = records.load(Ordering::Relaxed);
    view.query("notes").filter(filter).list_ids().unwrap();
    records.load(Ordering::Relaxed) - before
}

#[test]
fn a_filter_reads_as_much_whatever_it_says_of_a_hidden_field() {
    let masked = notes(&["salary"]);
    let all = read_for(&masked, "doc.salary == 1");
    for filter in ["doc.salary == 2", "doc.salary == 3", "doc.salary > 1", "doc.salary in [2, 3]"] {
        assert_eq!(read_for(&masked, filter), all, "{filter}");
    }
    // Where it is shown, the index is of use, and this would be seen.
    let open = notes(&["title"]);
    assert!(read_for(&open, "doc.salary == 2") < read_for(&open, "doc.salary == 1"));
}
