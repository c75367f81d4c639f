//! Random transactions over a few keys, and a model of what they do.

use portunus_storage::conformance::Random;
use portunus_storage::{Engine, KeyRange, Order, Snapshot, Transaction};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

pub type Model = BTreeMap<Vec<u8>, Vec<u8>>;

/// One write of a transaction.
#[derive(Clone, Debug)]
pub enum Write {
    Put(Vec<u8>, Vec<u8>),
    Delete(Vec<u8>),
    DeleteRange(Vec<u8>, Vec<u8>),
}

pub fn key(number: usize) -> Vec<u8> {
    format!("key {number:03}").into_bytes()
}

/// A few writes; now and then a large value or a range.
pub fn random_writes(random: &mut Random, keys: usize) -> Vec<Write> {
    (0..1 + random.below(5)).map(|_| random_write(random, keys)).collect()
}

fn random_write(random: &mut Random, keys: usize) -> Write {
    match random.below(10) {
        0..=5 => {
            let len = if random.chance(10) { 3000 + random.below(6000) } else { random.below(120) };
            let byte = random.next().to_le_bytes()[0];
            Write::Put(key(random.below(keys)), vec![byte; len])
        }
        6..=8 => Write::Delete(key(random.below(keys))),
        _ => {
            let start = random.below(keys);
            Write::DeleteRange(key(start), key(start + random.below(keys / 6 + 1)))
        }
    }
}

pub fn perform(transaction: &mut dyn Transaction, writes: &[Write]) {
    for write in writes {
        match write {
            Write::Put(key, value) => transaction.put(key, value).unwrap(),
            Write::Delete(key) => transaction.delete(key).unwrap(),
            Write::DeleteRange(start, end) => {
                transaction.delete_range(&KeyRange::half_open(start, end)).unwrap();
            }
        }
    }
}

pub fn apply(model: &mut Model, writes: &[Write]) {
    for write in writes {
        match write {
            Write::Put(key, value) => {
                model.insert(key.clone(), value.clone());
            }
            Write::Delete(key) => {
                model.remove(key);
            }
            Write::DeleteRange(start, end) => model.retain(|key, _| key < start || key >= end),
        }
    }
}

pub fn contents(snapshot: &dyn Snapshot) -> portunus_storage::Result<Model> {
    let mut found = Model::new();
    snapshot.scan(&KeyRange::all(), Order::Ascending, &mut |key, value| {
        found.insert(key.to_vec(), value.to_vec());
        ControlFlow::Continue(())
    })?;
    Ok(found)
}

pub fn read_all(engine: &dyn Engine) -> Model {
    contents(engine.begin_read().unwrap().as_ref()).unwrap()
}
