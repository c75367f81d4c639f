//! Guessing at passwords is slowed down, alike for everybody, across restarts, and never for good.

use crate::people::{People, RIGHT, WRONG, commit, login, password, throttled, timed, wrong};
use crate::world::path;
use portunus_auth::{Collection, ErrorKind, Gate, GateOptions, Sessions, ThrottleLimits};
use serde_json::json;
use std::time::Duration;

fn limits(burst: u32, seconds: u64) -> ThrottleLimits {
    ThrottleLimits::new(burst, Duration::from_secs(seconds)).unwrap()
}

#[test]
fn guesses_at_the_own_password_are_counted_with_all_others() {
    let people = People::with(GateOptions { throttle_credential: limits(2, 30), ..GateOptions::default() });
    let ann = people.session("ann").secret;
    let change =
        || people.world.gate.change_password(&ann, &password(WRONG), &password("a new one"), Sessions::End);
    wrong(change());
    wrong(change());
    assert_eq!(throttled(change()), 30);
    throttled(people.verify(&people.app, "ann", RIGHT));
}

#[test]
fn guessing_is_slowed_down_alike_for_those_who_are_there_and_those_who_are_not() {
    let people = People::with(GateOptions { throttle_credential: limits(2, 30), ..GateOptions::default() });
    let gate = &people.world.gate;
    let mut told = Vec::new();
    for name in ["ann", "bob", "carl", "nobody"] {
        let try_it = || gate.login(&people.app, login(name, WRONG));
        wrong(try_it());
        wrong(try_it());
        let hashes = gate.hashes();
        let error = try_it().unwrap_err();
        assert_eq!((error.kind(), error.code()), (ErrorKind::Throttled, "throttled"));
        assert!(!error.is_retryable());
        told.push(format!("{error} {error:?}"));
        assert_eq!(
            throttled(gate.login(&people.app, login(name, RIGHT))),
            30,
            "not looked at, though it is right"
        );
        assert_eq!(gate.hashes(), hashes);
    }
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("too many attempts, try again in 30 seconds"));
    people.session("eve");
    // After the wait the right password is right: nobody is locked out for good, however many have guessed.
    people.world.advance(29);
    assert_eq!(throttled(gate.login(&people.app, login("ann", RIGHT))), 1);
    people.world.advance(1);
    people.session("ann");
    people.session("ann");
    wrong(gate.login(&people.app, login("ann", WRONG)));
    throttled(gate.login(&people.app, login("ann", WRONG)));
}

#[test]
fn unless_something_else_is_said_ten_guesses_are_free_and_then_two_a_minute() {
    let options = GateOptions::default();
    assert_eq!(options.throttle_credential, limits(10, 30));
    assert_eq!(options.throttle_source, limits(100, 1));
    let people = People::new();
    let guess = || people.world.gate.login(&people.app, login("ann", WRONG));
    (0..10).for_each(|_| wrong(guess()));
    assert_eq!(throttled(guess()), 30);
    people.world.advance(30);
    wrong(guess());
    assert_eq!(throttled(guess()), 30);
}

#[test]
fn a_right_password_gives_its_attempt_back() {
    let people = People::with(GateOptions {
        throttle_credential: limits(1, 30),
        throttle_source: limits(1, 30),
        ..GateOptions::default()
    });
    for _ in 0..3 {
        people.world.gate.login(&people.app, login("ann", RIGHT).source("here")).unwrap();
    }
    // A disabled one does not: that would tell that it is right.
    let carl = login("carl", RIGHT);
    wrong(people.world.gate.login(&people.app, &carl));
    throttled(people.world.gate.login(&people.app, &carl));
}

#[test]
fn attack_063_who_guesses_for_many_names_is_slowed_down_by_where_it_comes_from() {
    let people = People::with(GateOptions { throttle_source: limits(3, 1), ..GateOptions::default() });
    let from = |name: &str, text: &str, source: &str| {
        people.world.gate.login(&people.app, login(name, text).source(source))
    };
    for name in ["ann", "bob", "nobody"] {
        wrong(from(name, WRONG, "198.51.100.7"));
    }
    let hashes = people.world.gate.hashes();
    assert_eq!(throttled(from("somebody", WRONG, "198.51.100.7")), 1);
    throttled(from("eve", RIGHT, "198.51.100.7"));
    assert_eq!(people.world.gate.hashes(), hashes);
    // What the login is for plays no part: the source is what the application says, and nothing else says it.
    let elsewhere = login("eve", RIGHT).data(json!({"x-forwarded-for": "203.0.113.9"})).unwrap();
    throttled(people.world.gate.login(&people.app, elsewhere.source("198.51.100.7")));
    from("eve", RIGHT, "203.0.113.9").unwrap();
    people.world.advance(1);
    from("eve", RIGHT, "198.51.100.7").unwrap();
}

#[test]
fn attack_065_a_restart_forgives_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store");
    let (options, clock) =
        timed(GateOptions { throttle_credential: limits(2, 30), ..GateOptions::default() });
    let (gate, admin) = Gate::create(&file, &options).unwrap();
    let hash = gate.hash_password(&password(RIGHT)).unwrap();
    commit(&gate, &admin, |tx| {
        tx.define(Collection::new("users").unique(["email"]))?;
        tx.create_with_id("users", "ann", json!({"email": "ann@example.org"}))?;
        tx.set_credential("users", "ann", &hash, Sessions::End)
    })
    .unwrap();
    wrong(gate.login(&admin, login("ann", WRONG)));
    wrong(gate.login(&admin, login("nobody", WRONG)));
    gate.close().unwrap();
    drop(gate);
    let gate = Gate::open(&file, &options).unwrap();
    wrong(gate.login(&admin, login("ann", WRONG)));
    assert_eq!(throttled(gate.login(&admin, login("ann", RIGHT))), 30);
    // This time nobody closes it.
    drop(gate);
    let gate = Gate::open(&file, &options).unwrap();
    let hashes = gate.hashes();
    assert_eq!(throttled(gate.login(&admin, login("ann", RIGHT))), 30);
    assert_eq!(gate.hashes(), hashes);
    wrong(gate.login(&admin, login("nobody", WRONG)));
    throttled(gate.login(&admin, login("nobody", WRONG)));
    clock.advance(Duration::from_secs(30));
    gate.login(&admin, login("ann", RIGHT)).unwrap();
}

#[test]
fn a_login_in_a_child_is_counted_there() {
    let people = People::with(GateOptions { throttle_credential: limits(1, 30), ..GateOptions::default() });
    let world = &people.world;
    world.write(&world.admin, |tx| tx.create_database(&path("acme")));
    world.write(&world.inside("acme"), |tx| tx.define(Collection::new("users").unique(["email"])));
    wrong(world.gate.login(&world.inside("acme"), login("ann", RIGHT)));
    throttled(world.gate.login(&world.inside("acme"), login("ann", RIGHT)));
    people.session("ann");
}
