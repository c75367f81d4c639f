//! `bench`: what the work of a user costs on the user's own machine, beside raw redb with the same bytes. It knows nothing of what
//! is in anybody's store.

use crate::args::Common;
use crate::failure::{Failure, Result};
use crate::measure::{crowded_rate, median};
use crate::output::Output;
use crate::progress::Progress;
use crate::raw::{Phases, Raw};
use crate::scratch::Scratch;
use crate::table::Table;
use clap::Args;
use portunus::{Collection, Durability, ErrorKind, NewKey, Portunus, Secret};
use serde_json::json;
use std::hint::black_box;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// The collection that is worked on.
const COLLECTION: &str = "documents";

/// How many documents one transaction of the filling creates, as far as their bytes allow.
const FILL_STEP: u32 = 1_000;
const FILL_BYTES: u32 = 4 << 20;

/// The memory for pages of each of the two.
const CACHE_BYTES: usize = 256 << 20;

/// Measure work of a shape that you say, in a new store on your own disk, beside raw redb with the same bytes
///
/// Rounds of both take turns, and medians are told. Reads are single documents by id, in transactions of their own; writes are
/// single new documents, durable, in transactions of their own. Nothing is left behind.
#[derive(Args)]
pub struct Bench {
    /// The folder to work in: another disk may be faster or slower
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    folder: PathBuf,
    /// How many documents there are
    #[arg(long, value_name = "NUMBER", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    documents: u32,
    /// How many bytes of text each has
    #[arg(long, value_name = "NUMBER", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    bytes: u32,
    /// How many read at a time
    #[arg(long, value_name = "NUMBER", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    readers: u32,
    /// How many write at a time
    #[arg(long, value_name = "NUMBER", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    writers: u32,
    /// How many rounds there are
    #[arg(long, value_name = "NUMBER", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    rounds: u32,
    /// How long each of the four parts of a round takes, in milliseconds
    #[arg(long, value_name = "NUMBER", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=600_000))]
    round_ms: u32,
}

/// In a second, of each round.
#[derive(Default)]
struct Rates {
    reads: Vec<f64>,
    raw_reads: Vec<f64>,
    writes: Vec<f64>,
    raw_writes: Vec<f64>,
}

/// A store of the wanted shape, and raw redb with the same bytes.
struct Bed {
    db: Portunus,
    server: Secret,
    raw: Raw,
    text: String,
    /// What a document is as it is stored.
    stored: Vec<u8>,
    documents: u32,
    next: AtomicU32,
    /// Where the readers are.
    at: AtomicU32,
    _scratch: Scratch,
}

impl Bench {
    /// # Errors
    /// What the store, redb or the disk reports.
    pub fn run(self, common: &Common, output: &mut Output) -> Result {
        if common.store.is_some() {
            return Err(Failure::usage(
                "this command works on a store of its own, and not on that of --store",
            ));
        }
        let progress = Progress::steps(output, Some(u64::from(self.rounds)));
        progress.say("filling");
        let bed = Bed::make(&self)?;
        progress.say("measuring");
        let mut rates = Rates::default();
        let length = Duration::from_millis(u64::from(self.round_ms));
        for _ in 0..self.rounds {
            rates.reads.push(crowded_rate(self.readers, length, &|| bed.read())?);
            rates.raw_reads.push(crowded_rate(self.readers, length, &|| bed.raw_read())?);
            rates.writes.push(crowded_rate(self.writers, length, &|| bed.write())?);
            rates.raw_writes.push(crowded_rate(self.writers, length, &|| bed.raw_write())?);
            progress.add(1);
        }
        drop(progress);
        bed.db.close()?;
        self.report(rates, output)
    }

    fn report(&self, rates: Rates, output: &mut Output) -> Result {
        let rows = [
            ("reads", self.readers, median(rates.reads), median(rates.raw_reads)),
            ("durable writes", self.writers, median(rates.writes), median(rates.raw_writes)),
        ];
        let value = || {
            let [reads, writes] = rows.map(|(_, threads, ours, raw)| {
                json!({"threads": threads, "per_second": ours.round(), "raw_redb_per_second": raw.round(), "ratio": ours / raw})
            });
            json!({"documents": self.documents, "bytes": self.bytes, "rounds": self.rounds, "reads": reads, "writes": writes})
        };
        let table = || {
            let mut table = Table::new(["work", "threads", "in a second", "raw redb", "ratio"]).right(1..5);
            for (work, threads, ours, raw) in rows {
                let ratio = format!("{:.2}", ours / raw);
                table.row([
                    work.into(),
                    threads.to_string(),
                    format!("{ours:.0}"),
                    format!("{raw:.0}"),
                    ratio,
                ]);
            }
            table
        };
        output.value_or_table(value, table)
    }
}

impl Bed {
    fn make(bench: &Bench) -> Result<Self> {
        let text = "x".repeat(usize::try_from(bench.bytes).unwrap_or(usize::MAX));
        let beside = bench.folder.join("portunus");
        let scratch = Scratch::beside(&beside, "bench");
        let (db, server) = filled(scratch.path(), bench, &text)?;
        scratch.forget_name();
        let first = db.read(&server, |tx| tx.get(COLLECTION, &id(0)))?;
        let first = first.ok_or_else(|| Failure::new("a document that was created is not there"))?;
        let stored = first.as_stored().to_vec();
        let raw = Raw::with(Scratch::beside(&beside, "raw"), CACHE_BYTES, &[])?;
        for step in steps(bench) {
            let pairs: Vec<_> = step.map(|number| (id(number).into_bytes(), stored.clone())).collect();
            raw.put_many(&pairs)?;
        }
        let (documents, next) = (bench.documents, AtomicU32::new(bench.documents));
        Ok(Self { db, server, raw, text, stored, documents, next, at: AtomicU32::new(0), _scratch: scratch })
    }

    fn read(&self) -> Result {
        let id = self.some_id();
        let found = self.db.read(&self.server, |tx| tx.get(COLLECTION, &id))?;
        black_box(
            found.ok_or_else(|| Failure::new("a document that was created is not there"))?.as_stored().len(),
        );
        Ok(())
    }

    fn raw_read(&self) -> Result {
        match black_box(self.raw.get(self.some_id().as_bytes())?) {
            0 => Err(Failure::new("a record that was put is not there")),
            _ => Ok(()),
        }
    }

    fn write(&self) -> Result {
        let (id, value) = (id(self.next.fetch_add(1, Ordering::Relaxed)), json!({"text": self.text}));
        Ok(self.db.write(&self.server, |tx| tx.create_with_id(COLLECTION, &id, &value)).map(drop)?)
    }

    fn raw_write(&self) -> Result {
        let id = id(self.next.fetch_add(1, Ordering::Relaxed));
        self.raw.put(id.into_bytes(), self.stored.clone(), Phases::Two)
    }

    /// The id of a document that is there, not in the order of the keys.
    fn some_id(&self) -> String {
        id(self.at.fetch_add(2_741, Ordering::Relaxed) % self.documents)
    }
}

/// A store with the documents, and a key for a server.
fn filled(path: &Path, bench: &Bench, text: &str) -> Result<(Portunus, Secret)> {
    let builder = Portunus::builder().sweep_every(None).cache_bytes(CACHE_BYTES);
    let (db, admin) = builder.create(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Failure::not_found("folder").at(bench.folder.display()),
        _ => error.into(),
    })?;
    let server = db.write(&admin, |tx| {
        tx.define(Collection::new(COLLECTION))?;
        tx.create_key(NewKey::new("server"))
    })?;
    let value = json!({"text": text});
    for step in steps(bench) {
        db.write_with(&server.secret, Durability::Relaxed, |tx| {
            step.clone().try_for_each(|number| tx.create_with_id(COLLECTION, &id(number), &value).map(drop))
        })?;
    }
    Ok((db, server.secret))
}

/// The documents, in as many as one transaction creates.
fn steps(bench: &Bench) -> impl Iterator<Item = Range<u32>> {
    let (documents, step) = (bench.documents, (FILL_BYTES / (bench.bytes + 200)).clamp(1, FILL_STEP));
    (0..documents)
        .step_by(usize::try_from(step).unwrap_or(1))
        .map(move |from| from..documents.min(from + step))
}

fn id(number: u32) -> String {
    format!("d{number:010}")
}
