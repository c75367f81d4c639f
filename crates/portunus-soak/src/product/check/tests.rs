//! A store that holds what was promised passes; one that somebody has changed behind the writers' backs does not, whatever was
//! changed. And the workload reaches what it is for.

use super::*;
use crate::product::Product;
use crate::product::transaction::Focus;
use portunus_auth::{Durability, NewKey, Result, Role, WriteView};
use portunus_storage::conformance::RecordingDisk;
use serde_json::json;

fn product(seed: u64, transactions: usize) -> Product {
    let mut product = Product::create(RecordingDisk::empty(), seed, 2).unwrap();
    (0..transactions).for_each(|_| product.step().unwrap());
    product
}

fn checked(product: &Product) -> Checked {
    check(&product.gate, &product.promises, &product.promises.now())
}

/// What the check says after somebody has done this in `acme`.
fn broken(seed: u64, tamper: impl FnOnce(&mut WriteView) -> Result<()>) -> String {
    let product = product(seed, 30);
    checked(&product).unwrap();
    let mut view = product.gate.begin_write(&inside(&product.promises.admin, 0, 1)).unwrap();
    tamper(&mut view).unwrap();
    view.commit(Durability::Immediate).unwrap();
    checked(&product).unwrap_err()
}

#[track_caller]
fn says(problem: &str, part: &str) {
    assert!(problem.contains(part), "{problem}");
}

/// The first seed whose run leaves this in `acme`.
fn seed_where(holds: impl Fn(&ReadView) -> Result<bool>) -> u64 {
    let leaves_it = |seed: &u64| {
        let product = product(*seed, 30);
        let secret = inside(&product.promises.admin, 0, 1);
        holds(&product.gate.begin_read(&secret).unwrap()).unwrap()
    };
    (0..).find(leaves_it).unwrap()
}

/// One document that a writer has left.
fn an_item(view: &WriteView) -> Result<String> {
    Ok(view.query("items").list_ids()?.remove(0))
}

#[test]
fn a_document_that_is_missing_added_or_changed_is_found() {
    says(
        &broken(1, |view| view.create_with_id("items", "w0-9", json!({"n": 1})).map(drop)),
        "should not be there",
    );
    says(&broken(1, |view| an_item(view).and_then(|id| view.delete("items", &id))), "documents instead of");
    says(
        &broken(1, |view| {
            an_item(view).and_then(|id| view.patch("items", &id, json!({"text": 7}))).map(drop)
        }),
        "is another one",
    );
    says(
        &broken(1, |view| view.replace("writers", "w1", json!({"n": 1000})).map(drop)),
        "transactions of writer 1",
    );
    says(
        &broken(1, |view| view.create_with_id("items", "other", json!({})).map(drop)),
        "documents instead of",
    );
}

#[test]
fn a_security_record_that_is_missing_added_or_changed_is_found() {
    says(&broken(2, |view| view.define_role(Role::new("another"))), "roles are there instead of");
    says(&broken(2, |view| view.create_key(NewKey::new("none")).map(drop)), "keys are there instead of");
    let a_key = |view: &WriteView| view.keys().map(|keys| keys[0].id);
    says(
        &broken(seed_where(|view| Ok(!view.keys()?.is_empty())), |view| {
            a_key(view).and_then(|id| view.delete_key(id))
        }),
        "keys are there instead of",
    );
    says(&broken(2, |view| view.set_audit(None)), "audit log has");
    let seed = seed_where(|view| Ok(view.collection("shelf0")?.is_some()));
    says(&broken(seed, |view| view.create("shelf0", json!({"n": 1})).map(drop)), "in shelf0");
    says(&broken(2, |view| view.create_database(&"x0".parse()?).map(drop)), "audit log has");
}

#[test]
fn a_secret_that_opens_although_it_is_revoked_is_found_and_one_that_does_not() {
    let product = product(3, 40);
    checked(&product).unwrap();
    let states = product.promises.states(&product.promises.acknowledged());
    let held =
        states.iter().flat_map(|state| &state.held).find(|held| held.of == Of::Key && !held.is_revoked);
    let held = held.expect("forty transactions have made a key");
    let mut state = State::clone(&states[0]);
    state.held.push(crate::product::state::Held { is_revoked: true, ..held.clone() });
    let checker = Checker {
        promises: &product.promises,
        states: vec![Arc::new(state)],
        now: product.gate.clock().now(),
    };
    says(&checker.check_secrets(&product.gate).unwrap_err(), "opens: true");
    let mut state = State::clone(&states[0]);
    let guess = portunus_auth::Secret::from("a guess");
    state.held.push(crate::product::state::Held { secret: guess, ..held.clone() });
    let checker = Checker { states: vec![Arc::new(state)], ..checker };
    says(&checker.check_secrets(&product.gate).unwrap_err(), "opens: false");
}

#[test]
fn what_is_there_must_lie_in_its_bounds_and_in_its_order() {
    let product = product(4, 20);
    let now = product.promises.now();
    checked(&product).unwrap();
    let more = Bounds { least: now.least.iter().map(|least| least + 1).collect(), ..now.clone() };
    says(&check(&product.gate, &product.promises, &more).unwrap_err(), "transactions of writer 0");
    let fewer = Bounds { least: vec![0; 2], most: now.most.iter().map(|most| most - 1).collect() };
    says(&check(&product.gate, &product.promises, &fewer).unwrap_err(), "transactions of writer 0");
    assert!(product.promises.out_of_order(&[now.most[0], 0]).is_some_and(|text| text.contains("only 0")));
    assert_eq!(product.promises.out_of_order(&now.most), None);
}

#[test]
fn a_workload_reaches_all_that_it_is_for() {
    let (mut deleted, mut unbuilt, mut dropped, mut revoked, mut passwords, mut roles) = (0, 0, 0, 0, 0, 0);
    for seed in 0..4 * u64::try_from(Focus::ALL.len()).unwrap() {
        let product = product(seed, 40);
        checked(&product).unwrap();
        for (writer, number) in product.promises.acknowledged().into_iter().enumerate() {
            let states: Vec<Arc<State>> = (0..=number)
                .map(|number| {
                    let mut numbers = vec![0; 2];
                    numbers[writer] = number;
                    product.promises.states(&numbers)[writer].clone()
                })
                .collect();
            for (before, after) in states.iter().zip(&states[1..]) {
                deleted += usize::from(before.annex == Annex::Furnished && after.annex == Annex::None);
                dropped += usize::from(before.shelf.is_some() && after.shelf.is_none());
                unbuilt += usize::from(after.shelf.as_ref().is_some_and(|shelf| !shelf.unbuilt.is_empty()));
            }
            let last = &states[number];
            revoked += last.held.iter().filter(|held| held.is_revoked).count();
            passwords += last.credentials.iter().map(BTreeSet::len).sum::<usize>();
            roles += last.roles.iter().map(BTreeMap::len).sum::<usize>();
        }
    }
    let reached = [deleted, unbuilt, dropped, revoked, passwords, roles];
    assert!(reached.iter().all(|count| *count > 0), "{reached:?}");
}
