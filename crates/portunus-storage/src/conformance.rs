//! The rules that every storage engine must keep, as checks that any engine can be put to; and a disk that records, fails and
//! loses its power, for tests of what is built on one. It knows engines only by their contract.
//!
//! ```
//! use portunus_storage::conformance::{Store, run_all};
//! use portunus_storage::memory;
//!
//! let checks = run_all(&|| Store::forgetful(|options| memory(options).unwrap()));
//! assert!(checks > 40);
//! ```

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    reason = "a check fails by panicking; this module is for tests"
)]

mod hermitage;
mod interrupted;
mod isolation;
mod life;
mod limits;
mod power_cut;
mod random;
mod reading;
mod recording_disk;
mod writing;

pub use interrupted::Interrupted;
pub use power_cut::{PowerCuts, SECTOR_BYTES, Unsynced};
pub use random::Random;
pub use recording_disk::{Act, Judge, RecordingDisk, Verdict};

use crate::{
    Durability, Engine, EngineOptions, Error, KeyRange, Order, Result, Snapshot, Transaction, Version,
};
use std::ops::ControlFlow;
use std::sync::Arc;

/// One store that can be opened again and again.
pub struct Store {
    open: Box<dyn Fn(EngineOptions) -> Arc<dyn Engine>>,
    lasting: bool,
}

impl Store {
    /// A store that `open` creates empty when it is called first, and opens with all that is in it when it is called again.
    pub fn lasting(open: impl Fn(EngineOptions) -> Arc<dyn Engine> + 'static) -> Self {
        Self { open: Box::new(open), lasting: true }
    }

    /// A store that is empty each time it is opened.
    pub fn forgetful(open: impl Fn(EngineOptions) -> Arc<dyn Engine> + 'static) -> Self {
        Self { open: Box::new(open), lasting: false }
    }

    fn open(&self, options: EngineOptions) -> Arc<dyn Engine> {
        (self.open)(options)
    }
}

/// What makes a new, empty store for each check.
pub type Factory<'f> = &'f dyn Fn() -> Store;

/// A check, with the rule that it guards.
pub type Check = (&'static str, fn(Factory<'_>));

/// Every check of the suite.
#[must_use]
pub fn checks() -> Vec<Check> {
    [reading::CHECKS, writing::CHECKS, limits::CHECKS, isolation::CHECKS, hermitage::CHECKS, life::CHECKS]
        .concat()
}

/// Runs every check, and tells how many there were.
///
/// # Panics
/// If the engine breaks a rule. The rule's name is printed before it is checked, so that it is the last one shown.
pub fn run_all(factory: Factory<'_>) -> usize {
    let checks = checks();
    for (rule, check) in &checks {
        tracing::debug!(rule, "checking");
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(factory)));
        if let Err(cause) = outcome {
            let text = cause.downcast_ref::<String>().cloned();
            let text = text.or_else(|| cause.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            panic!("the engine breaks the rule \"{rule}\": {}", text.unwrap_or_default());
        }
    }
    checks.len()
}

type Pair = (Vec<u8>, Vec<u8>);

/// A new store with default options.
fn fresh(factory: Factory<'_>) -> Arc<dyn Engine> {
    factory().open(EngineOptions::default())
}

/// A new store with these pairs in it.
fn filled(factory: Factory<'_>, pairs: &[(&str, &str)]) -> Arc<dyn Engine> {
    let engine = fresh(factory);
    fill(engine.as_ref(), pairs);
    engine
}

/// Puts pairs in one transaction of their own.
fn fill(engine: &dyn Engine, pairs: &[(&str, &str)]) -> Version {
    let mut transaction = engine.begin_write().unwrap();
    for (key, value) in pairs {
        put(transaction.as_mut(), key, value);
    }
    commit(transaction).unwrap()
}

fn commit(transaction: Box<dyn Transaction>) -> Result<Version> {
    transaction.commit(Durability::Immediate)
}

fn assert_conflict(outcome: Result<Version>) {
    assert!(matches!(outcome, Err(Error::Conflict)), "{outcome:?} where there is a conflict");
}

fn put(transaction: &mut dyn Transaction, key: &str, value: &str) {
    transaction.put(key.as_bytes(), value.as_bytes()).unwrap();
}

fn delete(transaction: &mut dyn Transaction, key: &str) {
    transaction.delete(key.as_bytes()).unwrap();
}

fn get(snapshot: &dyn Snapshot, key: &str) -> Option<String> {
    let mut found = None;
    let there = snapshot.get(key.as_bytes(), &mut |value| found = Some(text(value))).unwrap();
    assert_eq!(there, found.is_some(), "the answer and the call of the reader differ");
    found
}

/// All pairs of a range in an order, as `key=value`, with a space between them.
fn scan(snapshot: &dyn Snapshot, range: &KeyRange, order: Order) -> String {
    scan_some(snapshot, range, order, usize::MAX)
}

/// As [`scan`], but the visitor ends the scan at the pair with number `count`.
fn scan_some(snapshot: &dyn Snapshot, range: &KeyRange, order: Order, count: usize) -> String {
    let mut pairs: Vec<String> = Vec::new();
    snapshot
        .scan(range, order, &mut |key, value| {
            assert!(pairs.len() < count, "the scan went on after the visitor had ended it");
            pairs.push(format!("{}={}", text(key), text(value)));
            if pairs.len() == count { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap();
    pairs.join(" ")
}

fn scan_all(snapshot: &dyn Snapshot) -> String {
    scan(snapshot, &KeyRange::all(), Order::Ascending)
}

fn read_all(engine: &dyn Engine) -> String {
    scan_all(engine.begin_read().unwrap().as_ref())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The range from one key, included, to another, excluded.
fn between(start: &str, end: &str) -> KeyRange {
    KeyRange::half_open(start.as_bytes(), end.as_bytes())
}

fn prefix(prefix: &str) -> KeyRange {
    KeyRange::prefix(prefix.as_bytes())
}

fn pairs(snapshot: &dyn Snapshot, range: &KeyRange, order: Order) -> Vec<Pair> {
    let mut pairs = Vec::new();
    snapshot
        .scan(range, order, &mut |key, value| {
            pairs.push((key.to_vec(), value.to_vec()));
            ControlFlow::Continue(())
        })
        .unwrap();
    pairs
}
