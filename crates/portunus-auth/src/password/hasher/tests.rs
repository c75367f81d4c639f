//! Exactly one hash each time, whatever the answer, and never more at a time than there are seats.

use super::{Hasher, Verified};
use crate::password::{HashParameters, Password, PasswordHash, hashes_at_once};
use std::thread;

/// Of `correct horse`.
const DEAR: &str =
    "$argon2id$v=19$m=65536,t=3,p=4$AQIDBAUGBwgJCgsMDQ4PEA$4vmHFy8vFe4M2/pxpktZhQgMx6SMBCdNKUH8oDYZxfM";
const WEAK: &str = "$argon2id$v=19$m=7168,t=5,p=1$AQIDBAUGBwg$O3XCpbgxrIVSR2g/nCebwA";

fn hasher(at_once: u32) -> Hasher {
    Hasher::new(HashParameters::default(), at_once).unwrap()
}

fn password(text: &str) -> Password {
    Password::new(text).unwrap()
}

#[test]
fn every_answer_costs_exactly_one_hash() {
    let hasher = hasher(1);
    let right = password("correct horse");
    let wrong = password("incorrect horse");
    let own = hasher.hash(&right).unwrap();
    assert_eq!(hasher.hashes(), 1);
    let [dear, weak] = [DEAR, WEAK].map(|text| PasswordHash::import(text).unwrap());
    let mut expected = 1;
    for (tried, hash, answer) in [
        (&right, Some(&own), Verified::Right),
        (&wrong, Some(&own), Verified::Wrong),
        (&right, Some(&dear), Verified::Right),
        (&wrong, Some(&dear), Verified::Wrong),
        (&right, Some(&weak), Verified::Outdated),
        (&wrong, Some(&weak), Verified::Wrong),
        (&right, None, Verified::Wrong),
        (&password(""), None, Verified::Wrong),
        (&password(""), Some(&own), Verified::Wrong),
        (&password(&"x".repeat(1024)), Some(&own), Verified::Wrong),
    ] {
        assert_eq!(hasher.verify(tried, hash).unwrap(), answer);
        expected += 1;
        assert_eq!(hasher.hashes(), expected);
    }
}

/// What is stored of a user can be damaged or edited: that is a wrong password, and costs what one costs.
#[test]
fn a_stored_hash_that_asks_for_too_much_is_a_wrong_password_after_one_hash() {
    let hasher = hasher(1);
    for parameters in ["m=4294967295,t=3,p=4", "m=4294967296,t=3,p=4", "m=19456,t=1,p=1"] {
        let stored = PasswordHash::import(&DEAR.replace("m=65536,t=3,p=4", parameters));
        assert_eq!(hasher.verify(&password("correct horse"), stored.ok().as_ref()).unwrap(), Verified::Wrong);
    }
    assert_eq!(hasher.hashes(), 3);
}

#[cfg(feature = "import-bcrypt")]
#[test]
fn the_right_password_of_a_hash_of_bcrypt_is_to_be_hashed_anew() {
    let hasher = hasher(2);
    let text = "$2b$10$abcdefghijklmnopqrstuu23JPZtHcGhwXSF41f93o/7vBdDut3Xu";
    let hash = PasswordHash::import(text).unwrap();
    assert_eq!(hasher.verify(&password("correct horse"), Some(&hash)).unwrap(), Verified::Outdated);
    assert_eq!(hasher.verify(&password("x".repeat(73).as_str()), Some(&hash)).unwrap(), Verified::Wrong);
    assert_eq!(hasher.hashes(), 2);
}

#[test]
fn a_hash_waits_for_its_turn() {
    let hasher = hasher(2);
    let permit = hasher.queue.enter(2).unwrap();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| hasher.verify(&password("correct horse"), None));
        while hasher.queue.waiting() == 0 {
            thread::yield_now();
        }
        assert_eq!(hasher.hashes(), 0);
        drop(permit);
        assert_eq!(waiting.join().unwrap().unwrap(), Verified::Wrong);
    });
    assert_eq!(hasher.hashes(), 1);
}

#[test]
fn a_hash_of_much_memory_takes_as_many_seats_as_it_has_memory() {
    let hasher = hasher(8);
    // 64 MiB are four times 19 MiB, so that another four seats are left.
    let permit = hasher.queue.enter(5).unwrap();
    thread::scope(|scope| {
        let dear = PasswordHash::import(DEAR).unwrap();
        let hasher = &hasher;
        let waiting = scope.spawn(move || hasher.verify(&password("correct horse"), Some(&dear)));
        while hasher.queue.waiting() == 0 {
            thread::yield_now();
        }
        assert_eq!(hasher.hashes(), 0, "three seats are not enough");
        drop(permit);
        assert_eq!(waiting.join().unwrap().unwrap(), Verified::Right);
    });
}

#[test]
fn many_at_once_are_all_served() {
    let hasher = hasher(2);
    let hash = hasher.hash(&password("correct horse")).unwrap();
    thread::scope(|scope| {
        for number in 0..24 {
            let (hasher, hash) = (&hasher, &hash);
            scope.spawn(move || {
                let (text, expected) = if number % 2 == 0 {
                    ("correct horse", Verified::Right)
                } else {
                    ("wrong", Verified::Wrong)
                };
                let stored = (number % 3 != 0 || number % 2 == 0).then_some(hash);
                assert_eq!(hasher.verify(&password(text), stored).unwrap(), expected);
            });
        }
    });
    assert_eq!(hasher.hashes(), 25);
}

#[test]
fn as_many_at_once_as_there_are_processors_but_few() {
    assert!((1..=4).contains(&hashes_at_once()));
}
