//! What rules cost where many documents are read: a list that a rule leads to through an index, beside the same index range read
//! without a rule and in raw redb; and a walk that asks a rule of every document, beside one without a rule.

use super::figures::Extent;
use super::people::{DATABASE, People, admin_of};
use super::place::Place;
use super::roles::REGIONS;
use super::world::{CACHE_BYTES, World};
use crate::failure::{Failure, Result};
use crate::measure::median;
use crate::raw::Raw;
use portunus::{DocumentRef, Error, Query, ReadView, Secret, ValueRef};
use std::hint::black_box;
use std::ops::ControlFlow;
use std::time::Instant;

/// Medians of nanoseconds.
pub(super) struct Lists {
    /// For each document of a list that a rule with an index allows, and for each that raw redb reads along an index.
    pub list_ns: f64,
    pub raw_list_ns: f64,
    /// For each document that an administrator lists along the index.
    pub admin_list_ns: f64,
    /// For each document that is met by a walk, with a rule that is asked of every one and without.
    pub scan_ns: f64,
    pub admin_scan_ns: f64,
}

impl Lists {
    /// The time of a list by a rule for each unit of one of the same range of the same index.
    pub(super) fn list_ratio(&self) -> f64 {
        self.list_ns / self.admin_list_ns
    }

    /// The same for each unit of that in raw redb.
    pub(super) fn raw_list_ratio(&self) -> f64 {
        self.list_ns / self.raw_list_ns
    }

    /// The time of a walk with a rule for each unit of one without.
    pub(super) fn scan_ratio(&self) -> f64 {
        self.scan_ns / self.admin_scan_ns
    }
}

/// How many documents were read, and how long their ids are together.
type Read = (usize, usize);

/// # Errors
/// What the store or redb reports.
pub(super) fn measure(world: &World, people: &People, place: &Place, extent: &Extent) -> Result<Lists> {
    let db = world.db();
    let admin = &admin_of(world, DATABASE)?;
    let raw = same_flights(world, place)?;
    let flights_of = |secret: &Secret, narrow: fn(Query<'_>) -> Query<'_>| -> Result<Read> {
        Ok(db.read(secret, |tx| read(tx, narrow))?)
    };
    let listed = || flights_of(&people.cho, |flights| flights);
    let raw_listed = || raw.list(&REGIONS);
    let admin_listed = || -> Result<Read> {
        let mut total = (0, 0);
        db.read(admin, |tx| {
            for region in REGIONS {
                let (count, bytes) = read(tx, |flights| flights.index("region").equal([region]))?;
                total = (total.0 + count, total.1 + bytes);
            }
            Ok::<_, Error>(total)
        })
        .map_err(Into::into)
    };
    let scanned = || flights_of(&people.statistics, |flights| flights);
    let admin_scanned = || flights_of(admin, |flights| flights);
    let visible = listed()?;
    if visible.0 == 0 || visible != raw_listed()? || visible != admin_listed()? {
        return Err(Failure::new("what a rule shows is not what its index range has"));
    }
    let all = admin_scanned()?.0;
    let works: [(&dyn Fn() -> Result<Read>, usize); 5] = [
        (&listed, visible.0),
        (&raw_listed, visible.0),
        (&admin_listed, visible.0),
        (&scanned, all),
        (&admin_scanned, all),
    ];
    let [list_ns, raw_list_ns, admin_list_ns, scan_ns, admin_scan_ns] = in_turns(works, extent)?;
    Ok(Lists { list_ns, raw_list_ns, admin_list_ns, scan_ns, admin_scan_ns })
}

/// Reads the flights of a query where they lie.
fn read(tx: &ReadView, narrow: impl Fn(Query<'_>) -> Query<'_>) -> portunus::Result<Read> {
    let (mut count, mut bytes) = (0, 0);
    narrow(tx.query("flights")).for_each(|flight| {
        count += 1;
        bytes += black_box(flight).id().len();
        Ok::<_, Error>(ControlFlow::Continue(()))
    })?;
    Ok((count, bytes))
}

/// The flights of the database as they are stored, with an index on their region.
fn same_flights(world: &World, place: &Place) -> Result<Raw> {
    let admin = admin_of(world, DATABASE)?;
    let flights = world.db().read(&admin, |tx| tx.query("flights").documents())?;
    let id = |flight: DocumentRef<'_>| flight.id().as_bytes().to_vec();
    let pairs: Vec<_> = flights.iter().map(|it| (id(it.as_ref()), it.as_stored().to_vec())).collect();
    let region =
        |flight: DocumentRef<'_>| flight.field("region").and_then(ValueRef::as_str).map(str::to_owned);
    let entries: Vec<_> =
        flights.iter().filter_map(|it| Some((region(it.as_ref())?, id(it.as_ref())))).collect();
    let raw = Raw::with(place.scratch("lists"), CACHE_BYTES, &pairs)?;
    raw.index(&entries)?;
    Ok(raw)
}

/// The nanoseconds of each piece of work for each of its documents: medians of rounds in turns.
fn in_turns<const N: usize>(
    works: [(&dyn Fn() -> Result<Read>, usize); N],
    extent: &Extent,
) -> Result<[f64; N]> {
    let mut rounds = works.map(|_| Vec::new());
    for _ in 0..extent.list_rounds {
        for ((work, documents), ns) in works.iter().zip(&mut rounds) {
            let began = Instant::now();
            work()?;
            ns.push(
                began.elapsed().as_secs_f64() * 1e9
                    / f64::from(u32::try_from(*documents).unwrap_or(u32::MAX)),
            );
        }
    }
    Ok(rounds.map(median))
}
