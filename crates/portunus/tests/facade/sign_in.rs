//! What an application builds signing up and logging in with: procedures whose transactions are run again, many people at the
//! same time, and what a store does in the background for all of that.

use crate::kind;
use portunus::{
    AuditQuery, AuditSettings, Collection, ErrorKind, Login, NewKey, NewToken, Password, Portunus, Role,
    Secret, Sessions, by,
};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// A store whose public key signs people up, logs them in and adds to a counter, and does nothing else.
fn shop(attempts_max: u32) -> (Portunus, Secret, Secret, Arc<AtomicUsize>) {
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = runs.clone();
    let builder = Portunus::builder()
        .attempts_max(attempts_max)
        .procedure("sign_up", |call, (email, password): (String, String)| {
            let hash = call.hash_password(&Password::new(password)?)?;
            call.write(|tx| {
                let user = tx.create("users", json!({"email": email}))?;
                tx.set_credential("users", user.id(), &hash, Sessions::End)
            })
        })
        .procedure("log_in", |call, (email, password): (String, String)| {
            let login = Login::new("users", by("email", email), &Password::new(password)?);
            Ok(call.login(login)?.secret.expose().to_owned())
        })
        .procedure("count", move |call, (): ()| {
            call.write(|tx| {
                counted.fetch_add(1, Ordering::Relaxed);
                let count = tx.get("counters", "n")?.and_then(|n| n.field("n")?.as_int()).unwrap_or(0);
                std::thread::yield_now();
                tx.patch("counters", "n", json!({"n": count + 1})).map(drop)
            })
        });
    let (db, admin) = builder.in_memory().unwrap();
    let names = ["sign_up", "log_in", "count"];
    let public = db.write(&admin, |tx| {
        tx.define(Collection::new("users").unique(["email"]))?;
        tx.define(Collection::new("counters"))?;
        tx.create_with_id("counters", "n", json!({"n": 0}))?;
        names.iter().try_for_each(|name| tx.define_procedure(name, Some("server")))?;
        tx.define_role(names.iter().fold(Role::new("public"), |role, name| role.allow_call(*name)))?;
        tx.create_key(NewKey::new("public"))
    });
    (db, admin, public.unwrap().secret, runs)
}

#[test]
fn a_procedure_that_meets_conflicts_is_run_again_as_often_as_the_store_was_told() {
    let (db, admin, public, runs) = shop(1_000);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..25).for_each(|_| db.call::<_, ()>(&public, "count", ()).unwrap()));
        }
    });
    let count = db.read(&admin, |tx| Ok(tx.get("counters", "n")?.and_then(|n| n.field("n")?.as_int())));
    assert_eq!(count.unwrap(), Some(100));
    assert!(runs.load(Ordering::Relaxed) >= 100);
}

#[test]
fn of_many_who_sign_up_by_one_name_one_is_let_in() {
    let (db, admin, public, _) = shop(5);
    let sign_up = |number: usize| {
        let person = ("ann@example.org", format!("password number {number}"));
        let done = db.call::<_, ()>(&public, "sign_up", &person).map_err(|error| error.kind());
        (person, done)
    };
    let all: Vec<_> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..6).map(|number| scope.spawn(move || sign_up(number))).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let refused = all.iter().filter(|(_, done)| *done == Err(ErrorKind::Constraint)).count();
    assert_eq!(refused, 5, "{all:?}");
    for (person, done) in &all {
        let token = db.call::<_, String>(&public, "log_in", person);
        match done {
            Ok(()) => drop(db.begin_read(&token.unwrap().into()).unwrap()),
            Err(_) => assert_eq!(kind(token), ErrorKind::InvalidSecret),
        }
    }
    assert_eq!(db.read(&admin, |tx| tx.query("users").count()).unwrap(), 1);
    assert_eq!(kind(db.write(&public, |tx| tx.create("users", json!({})))), ErrorKind::Denied);
}

#[test]
fn what_is_noted_outside_of_transactions_is_brought_to_the_store_in_the_background() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    let builder = || Portunus::builder().sweep_every(Some(Duration::from_millis(1)));
    let (db, admin) = builder().create(&path).unwrap();
    let token = db
        .write(&admin, |tx| {
            tx.set_audit(AuditSettings { refusals: true, ..AuditSettings::default() })?;
            tx.define(Collection::new("users"))?;
            tx.create_with_id("users", "ann", json!({}))?;
            tx.create_token(NewToken::new("users", "ann"))
        })
        .unwrap();
    db.begin_read(&token.secret).unwrap();
    assert_eq!(kind(db.begin_read(&Secret::from("a guess"))), ErrorKind::Unauthenticated);
    // Nobody asks for it, and it comes.
    let refused = || db.read(&admin, |tx| tx.audit(AuditQuery::default().kind("refused"))).unwrap();
    while refused().is_empty() {
        std::thread::yield_now();
    }
    db.close().unwrap();
    let db = builder().open(&path).unwrap();
    let last_used = db.read(&admin, |tx| Ok(tx.token(token.id)?.and_then(|token| token.last_used_at)));
    assert!(last_used.unwrap().is_some());
}
