//! What a secret costs: reads and commits through the facade, with raw redb doing the same work beside it.
//!
//! Ratios within one run mean something; absolute times depend on the disk of the day.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use portunus::{Collection, NewKey, Portunus, Secret};
use redb::{Database, ReadableDatabase, TableDefinition};
use serde_json::json;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const DOCUMENTS: u64 = 100_000;
const BATCH: u64 = 1_000;
const RAW: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("raw");

/// A store with documents and a raw table with the same bytes, each in its own file.
struct Pair {
    _folder: tempfile::TempDir,
    db: Portunus,
    server: Secret,
    raw: Database,
}

fn id(number: u64) -> String {
    // Spread over the space of ids, like ids made by a hash.
    format!("{:016x}", number.wrapping_mul(0x9E37_79B9_7F4A_7C15))
}

fn document(number: u64) -> serde_json::Value {
    json!({"owner": format!("user{}", number % 1_000), "n": number, "text": "x".repeat(80)})
}

fn pair(documents: u64) -> Pair {
    let folder = tempfile::tempdir().unwrap();
    let (db, admin) = Portunus::create(folder.path().join("store")).unwrap();
    db.write(&admin, |tx| tx.define(Collection::new("notes").index(["owner"]))).unwrap();
    let server = db.write(&admin, |tx| tx.create_key(NewKey::new("server"))).unwrap().secret;
    let mut raw = Database::builder().create(folder.path().join("raw")).unwrap();
    let mut next = 0;
    while next < documents {
        let batch = next..(next + BATCH).min(documents);
        db.write(&server, |tx| {
            for number in batch.clone() {
                tx.create_with_id("notes", &id(number), document(number))?;
            }
            Ok(())
        })
        .unwrap();
        copy(&db, &server, &mut raw, batch.clone());
        next = batch.end;
    }
    Pair { _folder: folder, db, server, raw }
}

/// Puts the stored bytes of documents into the raw table, under keys of the same length as the store's.
fn copy(db: &Portunus, server: &Secret, raw: &mut Database, batch: std::ops::Range<u64>) {
    let view = db.begin_read(server).unwrap();
    let mut transaction = raw.begin_write().unwrap();
    transaction.set_two_phase_commit(true);
    {
        let mut table = transaction.open_table(RAW).unwrap();
        for number in batch {
            let stored = view.get("notes", &id(number)).unwrap().unwrap();
            table.insert(raw_key(number).as_slice(), stored.as_stored()).unwrap();
        }
    }
    transaction.commit().unwrap();
}

fn raw_key(number: u64) -> Vec<u8> {
    [b"123456789".as_slice(), id(number).as_bytes()].concat()
}

/// One document by id, each in a transaction of its own.
fn get(criterion: &mut Criterion) {
    let pair = pair(DOCUMENTS);
    let mut group = criterion.benchmark_group("get");
    let mut number = 0;
    group.bench_function("portunus: open with a secret, get", |bencher| {
        bencher.iter(|| {
            number = (number + 7_919) % DOCUMENTS;
            let view = pair.db.begin_read(&pair.server).unwrap();
            black_box(view.get("notes", &id(number)).unwrap().unwrap())
        });
    });
    group.bench_function("redb: begin, open table, get", |bencher| {
        bencher.iter(|| {
            number = (number + 7_919) % DOCUMENTS;
            let transaction = pair.raw.begin_read().unwrap();
            let table = transaction.open_table(RAW).unwrap();
            black_box(table.get(raw_key(number).as_slice()).unwrap().unwrap())
        });
    });
    group.finish();
}

/// All documents, and those of one owner by the index.
fn scan(criterion: &mut Criterion) {
    let pair = pair(DOCUMENTS);
    let mut group = criterion.benchmark_group("scan");
    group.throughput(Throughput::Elements(DOCUMENTS));
    group.sample_size(10);
    group.bench_function("portunus: count", |bencher| {
        bencher.iter(|| pair.db.read(&pair.server, |tx| tx.query("notes").count()).unwrap());
    });
    group.bench_function("redb: walk", |bencher| {
        bencher.iter(|| {
            let table = pair.raw.begin_read().unwrap().open_table(RAW).unwrap();
            table.range::<&[u8]>(..).unwrap().filter(|row| row.is_ok()).count()
        });
    });
    group.throughput(Throughput::Elements(DOCUMENTS / 1_000));
    group.bench_function("portunus: one owner by the index", |bencher| {
        bencher.iter(|| {
            let owned = |tx: &portunus::ReadView| tx.query("notes").index("owner").equal(["user7"]).count();
            pair.db.read(&pair.server, owned).unwrap()
        });
    });
    group.finish();
}

/// Durable commits of one document each, by so many writers at once.
fn commits(criterion: &mut Criterion) {
    let pair = pair(0);
    let counter = AtomicU64::new(0);
    let mut group = criterion.benchmark_group("durable commits");
    group.sample_size(10).measurement_time(Duration::from_secs(5)).throughput(Throughput::Elements(1));
    for writers in [1_u64, 8, 64] {
        group.bench_function(BenchmarkId::new("portunus, writers", writers), |bencher| {
            bencher.iter_custom(|commits| {
                run_writers(writers, commits, &|| {
                    let number = counter.fetch_add(1, Ordering::Relaxed);
                    let create = |tx: &mut portunus::WriteView| {
                        tx.create_with_id("notes", &id(number), document(number))
                    };
                    pair.db.write(&pair.server, create).unwrap();
                })
            });
        });
    }
    for (name, two_phase) in [("redb, one by one, two-phase", true), ("redb, one by one, one-phase", false)] {
        group.bench_function(name, |bencher| {
            bencher
                .iter_custom(|commits| run_writers(1, commits, &|| raw_put(&pair.raw, &counter, two_phase)));
        });
    }
    group.finish();
}

fn raw_put(raw: &Database, counter: &AtomicU64, two_phase: bool) {
    let number = counter.fetch_add(1, Ordering::Relaxed);
    let mut transaction = raw.begin_write().unwrap();
    transaction.set_two_phase_commit(two_phase);
    transaction.open_table(RAW).unwrap().insert(raw_key(number).as_slice(), [7_u8; 160].as_slice()).unwrap();
    transaction.commit().unwrap();
}

/// The time that so many commits take, shared between so many threads.
fn run_writers(writers: u64, commits: u64, commit: &(dyn Fn() + Sync)) -> Duration {
    let left = AtomicU64::new(commits);
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..writers {
            scope.spawn(|| {
                while left
                    .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
                    .is_ok()
                {
                    commit();
                }
            });
        }
    });
    start.elapsed()
}

/// A load of documents with an index, a thousand a commit.
fn import(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("import");
    group.sample_size(10).throughput(Throughput::Elements(10 * BATCH));
    group.bench_function("portunus: 10,000 documents with an index", |bencher| {
        bencher.iter_with_large_drop(|| pair_without_copy(10 * BATCH));
    });
    group.finish();
}

fn pair_without_copy(documents: u64) -> (tempfile::TempDir, Portunus) {
    let folder = tempfile::tempdir().unwrap();
    let (db, admin) = Portunus::create(folder.path().join("store")).unwrap();
    db.write(&admin, |tx| tx.define(Collection::new("notes").index(["owner"]))).unwrap();
    for batch in 0..documents / BATCH {
        db.write(&admin, |tx| {
            for number in batch * BATCH..(batch + 1) * BATCH {
                tx.create_with_id("notes", &id(number), document(number))?;
            }
            Ok(())
        })
        .unwrap();
    }
    (folder, db)
}

criterion_group!(benches, get, scan, commits, import);
criterion_main!(benches);
