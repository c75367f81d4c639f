//! Logins at the worst moment: many at once, while the password changes, and while nothing can be written.

use crate::disturbed::Disturbed;
use crate::people::{People, RIGHT, WRONG, commit, endless, login, password, timed, wrong};
use crate::world::World;
use portunus_auth::{
    Collection, Error, Gate, GateOptions, NewToken, PasswordHash, Result, Sessions, WriteView,
};
use portunus_storage::Engine;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

#[test]
fn attack_062_many_logins_at_once_wait_for_each_other_and_nobody_else_waits_for_them() {
    let options = GateOptions {
        hashes_at_once: 1,
        throttle_credential: endless(),
        throttle_source: endless(),
        ..GateOptions::default()
    };
    let people = People::with(options);
    let world = &people.world;
    world.write(&world.admin, |tx| tx.define(Collection::new("notes")));
    let hashes = world.gate.hashes();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let people = &people;
        let logins: Vec<_> = (0..48)
            .map(|number| {
                scope.spawn(move || {
                    let name = ["ann", "bob", "nobody"][number % 3];
                    wrong(people.world.gate.login(&people.app, login(name, WRONG)));
                })
            })
            .collect();
        let others = scope.spawn(|| {
            let mut served = 0;
            while !done.load(Ordering::Relaxed) {
                world.write(&people.app, |tx| tx.create("notes", json!({})));
                served += 1;
                assert_eq!(world.read(&people.app, |tx| tx.query("notes").list_ids()).len(), served);
            }
            served
        });
        logins.into_iter().for_each(|login| login.join().unwrap());
        done.store(true, Ordering::Relaxed);
        assert!(others.join().unwrap() > 0);
    });
    assert_eq!(world.gate.hashes(), hashes + 48, "one each, and in the place of one");
}

fn disturbed() -> (Arc<Disturbed>, People) {
    let mut kept = None;
    let open = |options| Ok::<Arc<dyn Engine>, _>(kept.insert(Disturbed::new(options)?).clone());
    let (options, clock) = timed(GateOptions::default());
    let (gate, admin) = Gate::create_on(open, &options).unwrap();
    let people = People::fill(World { gate, admin, clock });
    (kept.unwrap(), people)
}

#[test]
fn where_no_attempt_can_be_counted_nobody_logs_in() {
    let (engine, people) = disturbed();
    let hashes = people.world.gate.hashes();
    engine.refuses.store(true, Ordering::Relaxed);
    for name in ["ann", "nobody"] {
        let refused = people.world.gate.login(&people.app, login(name, RIGHT));
        assert!(matches!(refused, Err(Error::ReadOnly(_))), "{refused:?}");
        assert!(matches!(people.verify(&people.app, name, RIGHT), Err(Error::ReadOnly(_))));
    }
    assert_eq!(people.world.gate.hashes(), hashes);
    engine.refuses.store(false, Ordering::Relaxed);
    people.session("ann");
}

/// A login writes three times: it takes an attempt, gives it back, and stores the session. Somebody changes the password after
/// the first, second or third of these has begun.
#[test]
fn attack_057_a_login_that_a_password_change_overtakes_fails() {
    for moment in 1..=3 {
        let (engine, people) = disturbed();
        let (gate, admin) = (people.world.gate.clone(), people.world.admin.clone());
        // The same password again, at the same instant: even that is another one.
        let hash = people.hash.clone();
        let change = move || {
            commit(&gate, &admin, |tx| tx.set_credential("users", "ann", &hash, Sessions::End)).unwrap();
        };
        engine.after_writers(moment, change);
        let (error, hashes) = people.failure(&login("ann", RIGHT));
        assert!(matches!(error, Error::WrongCredentials), "{moment}: {error:?}");
        assert_eq!(hashes, 1, "{moment}");
        assert!(people.world.read(&people.app, |tx| tx.tokens_of("users", "ann")).is_empty());
        people.session("ann");
    }
    // The same for who may log anybody in at all, and for the document itself.
    for moment in 1..=3 {
        let (engine, people) = disturbed();
        let (gate, admin) = (people.world.gate.clone(), people.world.admin.clone());
        let (id, app) = people.world.key("", "server");
        engine.after_writers(moment, move || commit(&gate, &admin, |tx| tx.delete_key(id)).unwrap());
        let refused = people.world.gate.login(&app, login("ann", RIGHT));
        assert!(matches!(refused, Err(Error::Unauthenticated)), "{moment}: {refused:?}");
        let (gate, admin) = (people.world.gate.clone(), people.world.admin.clone());
        engine.after_writers(moment, move || commit(&gate, &admin, |tx| tx.delete("users", "eve")).unwrap());
        wrong(people.world.gate.login(&people.app, login("eve", RIGHT)));
    }
}

/// To try a password writes twice: an attempt is taken, and given back. The answer is that of the end, not of the beginning.
#[test]
fn attack_057_a_password_that_is_changed_while_it_is_tried_is_a_wrong_one() {
    for moment in 1..=2 {
        let (engine, people) = disturbed();
        let change = |people: &People, then: fn(&mut WriteView, &PasswordHash) -> Result<()>| {
            let (gate, admin) = (people.world.gate.clone(), people.world.admin.clone());
            let other = people.hash_of("another password");
            engine.after_writers(moment, move || commit(&gate, &admin, |tx| then(tx, &other)).unwrap());
        };
        change(&people, |tx, other| tx.set_credential("users", "ann", other, Sessions::Keep));
        assert!(!people.verify(&people.app, "ann", RIGHT).unwrap(), "{moment}");
        change(&people, |tx, _| tx.disable_credential("users", "ann", Sessions::Keep));
        assert!(!people.verify(&people.app, "ann", "another password").unwrap(), "{moment}");
        change(&people, |tx, _| tx.delete("users", "eve"));
        assert!(!people.verify(&people.app, "eve", RIGHT).unwrap(), "{moment}");
        // The same for who changes the own one.
        let bob = people.world.write(&people.app, |tx| {
            tx.set_credential("users", "bob", &people.hash, Sessions::Keep)?;
            tx.create_token(NewToken::new("users", "bob"))
        });
        change(&people, |tx, other| tx.set_credential("users", "bob", other, Sessions::Keep));
        let (old, new) = (password(RIGHT), password("a third password"));
        wrong(people.world.gate.change_password(&bob.secret, &old, &new, Sessions::Keep));
        assert!(people.verify(&people.app, "bob", "another password").unwrap());
    }
}

#[test]
fn attack_057_after_a_password_change_has_returned_no_session_of_the_old_one_is_left() {
    let people = People::with(GateOptions { throttle_credential: endless(), ..GateOptions::default() });
    let world = &people.world;
    let other = people.hash_of("another password");
    let mut came_first = 0;
    for round in 0..21 {
        let before = world.gate.stats().commits;
        let sessions = thread::scope(|scope| {
            let logins = [(); 2].map(|()| scope.spawn(|| world.gate.login(&people.app, login("ann", RIGHT))));
            // The two commit six times together. This comes after so many of them, or more.
            while world.gate.stats().commits < before + round % 7 {
                thread::yield_now();
            }
            people.set_password("ann", &other, Sessions::End);
            logins.map(|login| login.join().unwrap())
        });
        for session in sessions {
            match session {
                Ok(session) => {
                    came_first += 1;
                    world.refuses(&session.secret);
                }
                Err(error) => assert!(matches!(error, Error::WrongCredentials), "{error:?}"),
            }
        }
        people.set_password("ann", &people.hash, Sessions::End);
    }
    println!("{came_first} of 42 logins came before the change");
}
