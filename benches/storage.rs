//! The storage engine beside raw redb, in one run: a fresh read, a scan, and durable commits with 1, 8 and 64 writers.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use portunus_storage::{Durability, Engine, EngineOptions, KeyRange, Order, create};
use redb::{Builder, Database, ReadableDatabase, TableDefinition};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const TABLE: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("records");
const RECORDS: u64 = 1_000_000;
const CACHE_BYTES: usize = 1 << 30;
const VALUE: [u8; 150] = [7; 150];

/// A stream of numbers that looks random.
fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed ^ (mixed >> 27)
}

fn key(number: u64) -> [u8; 16] {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&(number % RECORDS).to_be_bytes());
    key
}

fn raw(directory: &TempDir, records: u64) -> Database {
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE_BYTES);
    let database = builder.create(directory.path().join("raw")).unwrap();
    for chunk in 0..=records / 50_000 {
        let mut write = database.begin_write().unwrap();
        write.set_two_phase_commit(true);
        {
            let mut table = write.open_table(TABLE).unwrap();
            for number in chunk * 50_000..records.min((chunk + 1) * 50_000) {
                table.insert(key(number).as_slice(), VALUE.as_slice()).unwrap();
            }
        }
        write.commit().unwrap();
    }
    database
}

fn engine(directory: &TempDir, records: u64) -> Arc<dyn Engine> {
    let options = EngineOptions { cache_bytes: CACHE_BYTES, ..EngineOptions::default() };
    let engine = create(&directory.path().join("engine"), options).unwrap();
    for chunk in 0..=records / 50_000 {
        let mut write = engine.begin_write().unwrap();
        for number in chunk * 50_000..records.min((chunk + 1) * 50_000) {
            write.put(&key(number), &VALUE).unwrap();
        }
        write.commit(Durability::Immediate).unwrap();
    }
    engine
}

fn reads(criterion: &mut Criterion) {
    let directory = tempfile::tempdir().unwrap();
    let raw = raw(&directory, RECORDS);
    let engine = engine(&directory, RECORDS);
    let next = AtomicU64::new(0);
    let random_key = || key(mixed(next.fetch_add(1, Ordering::Relaxed)));

    let mut group = criterion.benchmark_group("fresh get of 1,000,000");
    group.bench_function("raw redb: begin, open, get", |bencher| {
        bencher.iter_batched(
            random_key,
            |key| {
                let read = raw.begin_read().unwrap();
                let table = read.open_table(TABLE).unwrap();
                let value = table.get(key.as_slice()).unwrap().unwrap();
                std::hint::black_box(value.value().len())
            },
            BatchSize::SmallInput,
        );
    });
    group.bench_function("engine: begin, get, checksum", |bencher| {
        bencher.iter_batched(
            random_key,
            |key| {
                let snapshot = engine.begin_read().unwrap();
                let mut len = 0;
                snapshot.get(&key, &mut |value| len = value.len()).unwrap();
                std::hint::black_box(len)
            },
            BatchSize::SmallInput,
        );
    });
    group.bench_function("engine: begin a write, get, drop", |bencher| {
        bencher.iter_batched(
            random_key,
            |key| {
                let transaction = engine.begin_write().unwrap();
                let mut len = 0;
                transaction.get(&key, &mut |value| len = value.len()).unwrap();
                std::hint::black_box(len)
            },
            BatchSize::SmallInput,
        );
    });
    group.finish();
    scans(criterion, &raw, engine.as_ref());
}

fn scans(criterion: &mut Criterion, raw: &Database, engine: &dyn Engine) {
    let mut group = criterion.benchmark_group("scan of 100,000");
    group.throughput(Throughput::Elements(100_000));
    let (start, end) = (key(300_000), key(400_000));
    group.bench_function("raw redb", |bencher| {
        bencher.iter(|| {
            let table = raw.begin_read().unwrap().open_table(TABLE).unwrap();
            let range = table.range(start.as_slice()..end.as_slice()).unwrap();
            range.map(|pair| pair.unwrap().1.value().len()).sum::<usize>()
        });
    });
    group.bench_function("engine", |bencher| {
        bencher.iter(|| {
            let mut sum = 0;
            let visit = &mut |_: &[u8], value: &[u8]| {
                sum += value.len();
                ControlFlow::Continue(())
            };
            engine
                .begin_read()
                .unwrap()
                .scan(&KeyRange::half_open(&start, &end), Order::Ascending, visit)
                .unwrap();
            sum
        });
    });
    group.finish();
}

/// Runs `commits` of one put each from several threads, and tells how long they took.
fn spread(writers: u64, commits: u64, commit: &(dyn Fn(u64) + Sync)) -> Duration {
    let next = AtomicU64::new(0);
    let start = Instant::now();
    std::thread::scope(|threads| {
        for _ in 0..writers {
            threads.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= commits {
                        return;
                    }
                    commit(number);
                }
            });
        }
    });
    start.elapsed()
}

fn commits(criterion: &mut Criterion) {
    let directory = tempfile::tempdir().unwrap();
    let raw = raw(&directory, 100_000);
    let engine = engine(&directory, 100_000);
    let seed = AtomicU64::new(0);
    let commit_raw = |_| {
        let mut write = raw.begin_write().unwrap();
        write.set_two_phase_commit(true);
        let key = key(mixed(seed.fetch_add(1, Ordering::Relaxed)) % 100_000);
        write.open_table(TABLE).unwrap().insert(key.as_slice(), VALUE.as_slice()).unwrap();
        write.commit().unwrap();
    };
    let commit_engine = |_| {
        let mut write = engine.begin_write().unwrap();
        let key = key(mixed(seed.fetch_add(1, Ordering::Relaxed)) % 100_000);
        write.put(&key, &VALUE).unwrap();
        write.commit(Durability::Immediate).unwrap();
    };
    let mut group = criterion.benchmark_group("durable commits of one put");
    group.throughput(Throughput::Elements(1)).sample_size(10).measurement_time(Duration::from_secs(4));
    for writers in [1, 8, 64] {
        group.bench_function(format!("raw redb, {writers} writers"), |bencher| {
            bencher.iter_custom(|commits| spread(writers, commits, &commit_raw));
        });
        group.bench_function(format!("engine, {writers} writers"), |bencher| {
            bencher.iter_custom(|commits| spread(writers, commits, &commit_engine));
        });
    }
    group.finish();
}

criterion_group!(benches, reads, commits);
criterion_main!(benches);
