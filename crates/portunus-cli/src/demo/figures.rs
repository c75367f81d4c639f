//! What a secret costs, beside raw redb with the same bytes on the same disk. Rounds of both take turns, and medians are
//! told: a machine that is busy for a while is busy for both.

use super::lists::{self, Lists};
use super::people::People;
use super::place::Place;
use super::world::{CACHE_BYTES, World};
use crate::failure::{Failure, Result};
use crate::measure::{crowded_rate, median, rate};
use crate::raw::{Phases, Raw};
use portunus::{Collection, NewKey, Portunus, Secret, Value};
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The writers of the crowded measurement.
const WRITERS: u32 = 64;

/// How much is measured.
pub(super) struct Extent {
    pub get_rounds: u32,
    pub gets_per_round: u32,
    pub list_rounds: u32,
    pub commit_rounds: u32,
    pub commit_round: Duration,
}

impl Extent {
    pub(super) fn of(quick: bool) -> Self {
        if quick {
            Self {
                get_rounds: 3,
                gets_per_round: 200,
                list_rounds: 3,
                commit_rounds: 1,
                commit_round: Duration::from_millis(20),
            }
        } else {
            Self {
                get_rounds: 31,
                gets_per_round: 20_000,
                list_rounds: 101,
                commit_rounds: 9,
                commit_round: Duration::from_millis(400),
            }
        }
    }
}

/// What was measured: medians.
pub(super) struct Figures {
    pub get_ns: f64,
    pub raw_get_ns: f64,
    pub commits64_per_s: f64,
    pub commits1_per_s: f64,
    pub raw_commits_per_s: f64,
    pub raw_one_phase_commits_per_s: f64,
    pub scan_documents_per_s: f64,
    pub lists: Lists,
}

impl Figures {
    /// The time of a secured get for each unit of a raw one. Below 1 it is the faster one.
    pub(super) fn get_ratio(&self) -> f64 {
        self.get_ns / self.raw_get_ns
    }

    /// Secured durable commits of 64 writers for each raw one.
    pub(super) fn commit64_ratio(&self) -> f64 {
        self.commits64_per_s / self.raw_commits_per_s
    }
}

/// # Errors
/// What the store or redb reports.
pub(super) fn measure(world: &World, people: &People, place: &Place, extent: &Extent) -> Result<Figures> {
    let server = &world.holder("operations")?.secret;
    let pairs = same_bytes(world)?;
    let (get_ns, raw_get_ns) = gets(world, server, place, &pairs, extent)?;
    let scan_documents_per_s = scans(world, server, extent)?;
    let lists = lists::measure(world, people, place, extent)?;
    let commits = commits(world, place, &pairs, extent)?;
    Ok(Figures {
        get_ns,
        raw_get_ns,
        commits64_per_s: median(commits.secured64),
        commits1_per_s: median(commits.secured1),
        raw_commits_per_s: median(commits.raw_two_phase),
        raw_one_phase_commits_per_s: median(commits.raw_one_phase),
        scan_documents_per_s,
        lists,
    })
}

/// The flights as they are stored, byte for byte, under their ids.
fn same_bytes(world: &World) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
    let stored = world.db().read(&world.admin, |tx| tx.query("flights").documents())?;
    Ok(stored.iter().map(|flight| (flight.id().as_bytes().to_vec(), flight.as_stored().to_vec())).collect())
}

fn gets(
    world: &World,
    server: &Secret,
    place: &Place,
    pairs: &[(Vec<u8>, Vec<u8>)],
    extent: &Extent,
) -> Result<(f64, f64)> {
    let raw = Raw::with(place.scratch("raw"), CACHE_BYTES, pairs)?;
    let ids: Vec<&str> = world.data.flights.iter().map(|flight| flight.id.as_str()).collect();
    let secured = |id: &str| -> Result<usize> {
        let found = world.db().read(server, |tx| tx.get("flights", id))?;
        Ok(found.map_or(0, |flight| flight.as_stored().len()))
    };
    let raw = |id: &str| raw.get(id.as_bytes());
    // Both caches are warm before the first round.
    one_by_one(&ids, 1_000, 0, &secured)?;
    one_by_one(&ids, 1_000, 0, &raw)?;
    let (mut secured_ns, mut raw_ns) = (Vec::new(), Vec::new());
    for round in 0..extent.get_rounds {
        secured_ns.push(one_by_one(&ids, extent.gets_per_round, round, &secured)?);
        raw_ns.push(one_by_one(&ids, extent.gets_per_round, round, &raw)?);
    }
    Ok((median(secured_ns), median(raw_ns)))
}

/// The nanoseconds of one get: the mean of many, of ids in an order that is the same for both but not that of the keys.
fn one_by_one(ids: &[&str], count: u32, round: u32, get: &dyn Fn(&str) -> Result<usize>) -> Result<f64> {
    let mut at = usize::try_from(round).unwrap_or_default();
    let began = Instant::now();
    for _ in 0..count {
        // A step that has no factor in common with the number of ids comes by all of them.
        at = (at + 2_741) % ids.len().max(1);
        if black_box(get(ids.get(at).copied().unwrap_or_default())?) == 0 {
            return Err(Failure::new("a flight that was imported is not there"));
        }
    }
    Ok(began.elapsed().as_secs_f64() * 1e9 / f64::from(count))
}

fn scans(world: &World, server: &Secret, extent: &Extent) -> Result<f64> {
    let mut rates = Vec::new();
    for _ in 0..extent.commit_rounds {
        let began = Instant::now();
        let count = world.db().read(server, |tx| tx.query("flights").count())?;
        rates.push(f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / began.elapsed().as_secs_f64());
    }
    Ok(median(rates))
}

/// Durable commits in a second, of each round.
#[derive(Default)]
struct Commits {
    secured64: Vec<f64>,
    secured1: Vec<f64>,
    raw_two_phase: Vec<f64>,
    raw_one_phase: Vec<f64>,
}

fn commits(world: &World, place: &Place, pairs: &[(Vec<u8>, Vec<u8>)], extent: &Extent) -> Result<Commits> {
    let raw = Raw::with(place.scratch("raw"), CACHE_BYTES, pairs)?;
    let scratch = place.scratch("secured");
    let (db, server) = secured_store(world, scratch.path())?;
    scratch.forget_name();
    let flight = world.data.flights.first().map_or(Value::Null, |flight| flight.value.clone());
    let bytes = pairs.first().map_or_else(Vec::new, |(_, value)| value.clone());
    let next = AtomicU64::new(0);
    // Ids that are like those of the flights, and always new.
    let new_id = || format!("2013-02-01-XX-{:010}", next.fetch_add(1, Ordering::Relaxed));
    let secured =
        || Ok(db.write(&server, |tx| tx.create_with_id("flights", &new_id(), &flight)).map(drop)?);
    let mut commits = Commits::default();
    for _ in 0..extent.commit_rounds {
        let raw =
            |phases| rate(extent.commit_round, || raw.put(new_id().into_bytes(), bytes.clone(), phases));
        commits.raw_two_phase.push(raw(Phases::Two)?);
        commits.secured64.push(crowded_rate(WRITERS, extent.commit_round, &secured)?);
        commits.raw_one_phase.push(raw(Phases::One)?);
        commits.secured1.push(rate(extent.commit_round, secured)?);
    }
    db.close()?;
    Ok(commits)
}

/// A store with the flights in it and no index, as raw redb has none, and a server key for it.
fn secured_store(world: &World, path: &std::path::Path) -> Result<(Portunus, Secret)> {
    let (db, admin) = Portunus::builder().sweep_every(None).cache_bytes(CACHE_BYTES).create(path)?;
    let server = db.write(&admin, |tx| {
        tx.define(Collection::new("flights"))?;
        for flight in &world.data.flights {
            tx.create_with_id("flights", &flight.id, &flight.value)?;
        }
        tx.create_key(NewKey::new("server"))
    })?;
    Ok((db, server.secret))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_steps_through_the_flights_come_by_all_of_them() {
        let (count, mut at, mut seen) = (4_334, 0, std::collections::BTreeSet::new());
        for _ in 0..count {
            at = (at + 2_741) % count;
            seen.insert(at);
        }
        assert_eq!(seen.len(), count);
    }
}
