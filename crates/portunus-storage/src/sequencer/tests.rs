//! The sequencer, the committer and all below them as they are, in orders that shuttle chooses: random ones, and ones that
//! put few threads off at the worst moments. Built with `RUSTFLAGS="--cfg shuttle"` alone. Knows nothing of documents.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod brittle;
mod file;
mod groups;
mod histories;
mod life;

use crate::sync::{Fault, plant};
use crate::{Durability, Engine, EngineOptions, Result, Version};
use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::{Config, Runner};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

/// How many schedules of each kind are tried, unless `PORTUNUS_SOAK` says how many times more.
const SCHEDULES: usize = 1_000;

/// How many of the steps of a schedule of the second kind take the running thread off its way.
const TURNS: usize = 3;

/// Keys that begin so raise the epoch.
const WATCHED: &[u8] = b"watched";

/// Readers have no deadline, so time has no say.
fn options() -> EngineOptions {
    let watch: fn(&[u8]) -> bool = |key| key.starts_with(WATCHED);
    EngineOptions { watch, cache_bytes: 1 << 20, reader_deadline: Duration::MAX, ..EngineOptions::default() }
}

/// Runs `scene` in many orders.
fn explore(scene: fn()) {
    explore_with(Fault::None, scene);
}

fn explore_with(fault: Fault, scene: fn()) {
    plant(fault);
    let more = std::env::var("PORTUNUS_SOAK").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let schedules = SCHEDULES * more;
    run(RandomScheduler::new_from_seed(1, schedules), scene);
    run(PctScheduler::new_from_seed(1, TURNS, schedules), scene);
}

fn run(scheduler: impl Scheduler + 'static, scene: fn()) {
    let mut config = Config::new();
    // redb takes more than shuttle expects.
    config.stack_size = 1 << 20;
    config.silence_warnings = true;
    Runner::new(scheduler, config).run(scene);
}

/// That some order shows that something is wrong.
fn finds(fault: Fault, scene: fn()) {
    let found = catch_unwind(AssertUnwindSafe(|| explore_with(fault, scene))).is_err();
    plant(Fault::None);
    assert!(found, "the planted fault was not found");
}

fn spawn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> shuttle::thread::JoinHandle<T> {
    shuttle::thread::spawn(work)
}

fn below(bound: usize) -> usize {
    shuttle::rand::Rng::gen_range(&mut shuttle::rand::thread_rng(), 0..bound)
}

fn put(engine: &dyn Engine, key: &[u8], value: &[u8]) -> Result<Version> {
    let mut transaction = engine.begin_write()?;
    transaction.put(key, value)?;
    transaction.commit(Durability::Immediate)
}

fn has(engine: &dyn Engine, key: &[u8]) -> bool {
    engine.begin_read().unwrap().get(key, &mut |_| {}).unwrap()
}

/// The same handle for another thread.
fn another(engine: &Arc<dyn Engine>) -> Arc<dyn Engine> {
    Arc::clone(engine)
}
