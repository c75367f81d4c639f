//! Transactions: run again on conflict, whole or not at all, sent between threads.

use crate::{kind, store};
use portunus::{Collection, Durability, Error, ErrorKind, Portunus, ReadView, Secret, WriteView};
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};

fn counter(db: &Portunus, server: &Secret) -> i64 {
    let count = |tx: &ReadView| Ok(tx.get("notes", "n")?.and_then(|note| note.field("n")?.as_int()));
    db.read(server, count).unwrap().unwrap()
}

fn add_one(tx: &mut WriteView) -> portunus::Result<()> {
    let now = tx.get("notes", "n")?.and_then(|note| note.field("n")?.as_int()).unwrap_or(0);
    tx.patch("notes", "n", json!({"n": now + 1}))?;
    Ok(())
}

#[test]
fn threads_that_count_together_lose_no_step() {
    let (db, admin) = Portunus::builder().attempts_max(1_000).in_memory().unwrap();
    db.write(&admin, |tx| {
        tx.define(Collection::new("notes"))?;
        tx.create_with_id("notes", "n", json!({"n": 0}))
    })
    .unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..25).for_each(|_| db.write(&admin, add_one).unwrap()));
        }
    });
    assert_eq!(counter(&db, &admin), 200);
}

#[test]
fn a_conflict_is_run_again_as_often_as_it_may_be() {
    let (db, _, server) = store();
    db.write(&server, |tx| tx.create_with_id("notes", "n", json!({"n": 0}))).unwrap();
    let disturbed = |attempts: usize| {
        let runs = AtomicUsize::new(0);
        let result = db.write(&server, |tx| {
            add_one(tx)?;
            if runs.fetch_add(1, Ordering::Relaxed) < attempts {
                db.try_write(&server, add_one)?;
            }
            Ok(())
        });
        (result.map_err(|error| error.kind()), runs.into_inner())
    };
    assert_eq!(disturbed(0), (Ok(()), 1));
    assert_eq!(disturbed(4), (Ok(()), 5));
    assert_eq!(disturbed(9), (Err(ErrorKind::Conflict), 5));
    assert_eq!(counter(&db, &server), 1 + 5 + 5);
}

#[test]
fn an_error_of_the_application_ends_the_transaction_and_comes_back() {
    let (db, _, server) = store();
    let result = db.write(&server, |tx| {
        tx.create_with_id("notes", "a", json!({}))?;
        Err::<(), _>(Error::application("the application thought better of it"))
    });
    let error = result.unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string().as_str()),
        (ErrorKind::Application, "the application thought better of it")
    );
    assert!(!db.read(&server, |tx| tx.exists("notes", "a")).unwrap());
}

#[test]
fn a_closure_that_panics_leaves_nothing_and_the_store_goes_on() {
    let (db, _, server) = store();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        db.write(&server, |tx| {
            tx.create_with_id("notes", "a", json!({}))?;
            std::panic::resume_unwind(Box::new("half-way"));
            #[expect(unreachable_code, reason = "the closure needs a type")]
            Ok(())
        })
    }));
    assert!(panicked.is_err());
    assert!(!db.read(&server, |tx| tx.exists("notes", "a")).unwrap());
    db.write(&server, |tx| tx.create_with_id("notes", "a", json!({}))).unwrap();
}

#[test]
fn views_are_sent_between_threads_and_dropped_without_effect() {
    let (db, _, server) = store();
    let mut tx = db.begin_write(&server).unwrap();
    tx.create_with_id("notes", "a", json!({})).unwrap();
    std::thread::spawn(move || tx.commit(Durability::Relaxed).unwrap()).join().unwrap();
    let view = db.begin_read(&server).unwrap();
    assert!(std::thread::spawn(move || view.exists("notes", "a").unwrap()).join().unwrap());
    let mut dropped = db.begin_write(&server).unwrap();
    dropped.delete("notes", "a").unwrap();
    drop(dropped);
    assert!(db.read(&server, |tx| tx.exists("notes", "a")).unwrap());
}

#[test]
fn two_transactions_that_each_rely_on_what_the_other_changes_do_not_both_commit() {
    // Write skew: of two doctors on call one may leave, but not both.
    let (db, _, server) = store();
    for id in ["ann", "bob"] {
        db.write(&server, |tx| tx.create_with_id("notes", id, json!({"owner": "on call"}))).unwrap();
    }
    let mut leaving = ["ann", "bob"].map(|id| (id, db.begin_write(&server).unwrap()));
    for (id, tx) in &mut leaving {
        assert_eq!(tx.query("notes").index("owner").equal(["on call"]).count().unwrap(), 2);
        tx.patch("notes", id, json!({"owner": "at home"})).unwrap();
    }
    let [(_, first), (_, second)] = leaving;
    first.commit(Durability::Immediate).unwrap();
    assert_eq!(kind(second.commit(Durability::Immediate)), ErrorKind::Conflict);
}

#[test]
fn a_transaction_with_a_token_is_done_once_and_only_for_its_own_key() {
    let (db, admin, server) = store();
    let order = |secret: &Secret| {
        db.write(secret, |tx| {
            if tx.once("order-17")? {
                tx.create("notes", json!({"owner": "ann"}))?;
            }
            Ok(())
        })
        .unwrap();
        db.read(&server, |tx| tx.query("notes").count()).unwrap()
    };
    assert_eq!([order(&server), order(&server), order(&admin), order(&admin)], [1, 1, 2, 2]);
    // One that is not committed has not been done.
    let mut dropped = db.begin_write(&server).unwrap();
    assert!(dropped.once("order-18").unwrap());
    drop(dropped);
    assert!(db.begin_write(&server).unwrap().once("order-18").unwrap());
    for wrong in ["", &"x".repeat(129)] {
        assert!(db.begin_write(&server).unwrap().once(wrong).is_err());
    }
}
