//! Short rounds, and faults that must be found: in the engine, and in histories written by hand.

use super::client::{Done, End};
use super::deed::{Deed, Outcome, item_id};
use super::observed::Fault;
use super::policy::{Policy, Rule};
use super::state::{ADMIN, Item, LISTS, Standing, State};
use super::{judged, replay};
use std::collections::BTreeMap;
use std::panic::catch_unwind;

#[test]
fn rounds_of_every_kind_hold() {
    for seed in 0..12 {
        let count = judged(seed, 200, Fault::None).unwrap_or_else(|problem| panic!("seed {seed}: {problem}"));
        assert!(count > 60, "seed {seed}: only {count} transactions ran to their end");
    }
}

#[test]
fn a_round_is_determined_by_its_seed() {
    let of = |seed| (0..2).map(move |_| judged(seed, 120, Fault::None));
    assert!(of(4).collect::<Result<Vec<_>, _>>().unwrap().windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn an_engine_that_breaks_a_promise_is_found() {
    for fault in [Fault::Unvalidated, Fault::StaleEpoch, Fault::StaleSnapshot] {
        // A store whose indexes no longer fit its documents says so itself, and that ends a client.
        let is_found = |seed: &u64| {
            catch_unwind(|| judged(*seed, 200, fault)).map_or(true, |judgement| judgement.is_err())
        };
        let found = (0..6).filter(is_found).count();
        assert!(found > 2, "{fault:?} was found in {found} of six rounds");
    }
}

const ITEM: Item = Item { owner: 0, team: 0, rank: 1 };
const OTHER: Item = Item { owner: 1, ..ITEM };
const ALL: Policy = Policy {
    read: Rule::Always,
    denied: Rule::Never,
    write: Rule::Always,
    create: Rule::Always,
    delete: Rule::Always,
};
const ANN: usize = 1;

fn start() -> State {
    State {
        items: BTreeMap::from([(item_id(0), ITEM), (item_id(1), ITEM)]),
        lists: [const { Vec::new() }; LISTS],
        people: [Some(0); 3],
        policies: [ALL; 3],
        standing: BTreeMap::from([(ADMIN, Standing::Admin), (ANN, Standing::Person(0))]),
    }
}

fn done(secret: usize, begun: u64, version: u64, deeds: Vec<(Deed, Outcome)>) -> Done {
    let (end, cut_off, acted_revoked) = (End::Committed, false, false);
    Done { secret, deeds, end, cut_off, begun, version, acknowledged_before: 0, acted_revoked }
}

fn get(place: usize, item: Item) -> (Deed, Outcome) {
    (Deed::Get(place), Outcome::Items(vec![(item_id(place), item)]))
}

fn patch(place: usize, item: Item) -> (Deed, Outcome) {
    (Deed::Patch(place, item), Outcome::Done)
}

/// That the history is fine as it is up to its last transaction, and not with it.
fn is_found(history: &[Done]) {
    let good = &history[..history.len() - 1];
    assert_eq!(replay::judge(&start(), good), Ok(u64::try_from(good.len()).unwrap()));
    assert!(replay::judge(&start(), history).is_err(), "{history:?}");
}

#[test]
fn a_lost_update_is_found() {
    let update = |version| done(ANN, 1, version, vec![get(0, ITEM), patch(0, OTHER)]);
    is_found(&[update(2), update(3)]);
}

#[test]
fn write_skew_is_found() {
    let cross = |read, written, version| done(ANN, 1, version, vec![get(read, ITEM), patch(written, OTHER)]);
    is_found(&[cross(0, 1, 2), cross(1, 0, 3)]);
}

#[test]
fn a_phantom_is_found_in_every_kind_of_range() {
    let create = || (Deed::Create(2, Item { rank: 2, ..ITEM }), Outcome::Done);
    let (first, second) = ((item_id(0), ITEM), (item_id(1), ITEM));
    for stale in [
        (Deed::Count, Outcome::Count(2)),
        (Deed::CountOfOwner(0), Outcome::Count(2)),
        (Deed::OfOwner(0), Outcome::Items(vec![first.clone(), second.clone()])),
        (Deed::Ranks(0, 5, true), Outcome::Items(vec![second, first])),
        (Deed::Ids(0, 9, false, 9), Outcome::Ids(vec![item_id(0), item_id(1)])),
        (Deed::Pages(1), Outcome::Ids(vec![item_id(0), item_id(1)])),
    ] {
        let before = done(ANN, 1, 2, vec![stale.clone(), create()]);
        let behind = done(ANN, 1, 3, vec![stale, patch(0, OTHER)]);
        is_found(&[before, behind]);
    }
}

#[test]
fn a_stale_policy_is_found() {
    let own = Policy { read: Rule::Own, ..ALL };
    let narrowed = done(ADMIN, 1, 2, vec![(Deed::SetPolicy(0, own), Outcome::Done), patch(1, OTHER)]);
    let as_before = done(ANN, 1, 3, vec![(Deed::Count, Outcome::Count(2)), patch(0, ITEM)]);
    is_found(&[narrowed, as_before]);
    let moved = done(
        ADMIN,
        1,
        2,
        vec![
            (Deed::SetPolicy(0, Policy { write: Rule::Team, ..ALL }), Outcome::Done),
            (Deed::SetTeam(0, 1), Outcome::Done),
        ],
    );
    is_found(&[moved, done(ANN, 1, 3, vec![patch(0, OTHER)])]);
}

#[test]
fn whoever_acts_without_a_secret_is_found() {
    let deleted = done(ADMIN, 1, 2, vec![(Deed::DeletePerson(0), Outcome::Done)]);
    is_found(&[deleted.clone(), done(ANN, 1, 3, vec![patch(0, OTHER)])]);
    // Another of that name is somebody else.
    let created = done(ADMIN, 2, 3, vec![(Deed::CreatePerson(0, 0), Outcome::Done)]);
    is_found(&[deleted, created, done(ANN, 3, 4, vec![patch(0, OTHER)])]);
    let late = Done { acted_revoked: true, ..done(ANN, 1, 2, vec![get(0, ITEM)]) };
    assert!(replay::judge(&start(), &[late]).is_err());
    let shut_out = Done { end: End::Refused, ..done(ANN, 1, 1, Vec::new()) };
    assert!(replay::judge(&start(), &[shut_out]).is_err(), "a secret that opens was refused");
}

#[test]
fn a_state_that_is_older_than_what_was_acknowledged_is_found() {
    let late = Done { acknowledged_before: 2, ..done(ANN, 1, 3, vec![patch(1, OTHER)]) };
    is_found(&[done(ANN, 1, 2, vec![patch(0, OTHER)]), late]);
}
