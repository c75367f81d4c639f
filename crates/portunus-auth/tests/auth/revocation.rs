//! Revocation is immediate: for the next transaction, for those that are open, and for those about to commit.

use crate::world::{World, check, path};
use portunus_auth::{Collection, Durability, Error, NewKey, ReadView, Secret, WriteView};
use serde_json::json;
use std::ops::ControlFlow;

/// What closes a secret, each with what it is called.
type Closing = (&'static str, fn(&World, &Case));

struct Case {
    secret: Secret,
    id: portunus_auth::PublicId,
}

const CLOSINGS: [Closing; 6] = [
    ("the key is deleted", |world, case| world.delete_key(case.id)),
    ("the key expires by the clock", |world, _| world.advance(100)),
    ("the key's expiry is moved to now", |world, case| {
        world.write(&world.admin, |tx| tx.set_key_expiry(case.id, Some(tx.now())));
    }),
    ("the database is disabled", |world, _| {
        world.write(&world.admin, |tx| tx.disable_database(&path("acme/eu")));
    }),
    ("a database above is disabled", |world, _| {
        world.write(&world.admin, |tx| tx.disable_database(&path("acme")));
    }),
    ("the database is deleted", |world, _| {
        world.write(&world.admin, |tx| tx.delete_database(&path("acme")));
    }),
];

/// Runs a test for everything that closes a secret: a key of `acme/eu` that would expire in 100 seconds.
fn for_each_closing(test: impl Fn(&World, &Case, &dyn Fn())) {
    for (what, close) in CLOSINGS {
        for principals_max in [0, 64] {
            println!("{what}, {principals_max} principals");
            let world = World::new(principals_max);
            let key = NewKey::new("server").at(path("acme/eu")).expires_at(world.later(100));
            let made = world.write(&world.admin, |tx| tx.create_key(&key));
            let case = Case { secret: made.secret, id: made.id };
            world.opens(&case.secret);
            test(&world, &case, &|| close(&world, &case));
            world.refuses(&case.secret);
        }
    }
}

#[track_caller]
fn gone<T: std::fmt::Debug>(result: Result<T, Error>) {
    assert!(matches!(result, Err(Error::Unauthenticated)), "{result:?}");
}

#[track_caller]
fn reads_nothing(view: &ReadView) {
    gone(view.get("notes", "n1"));
    gone(view.exists("notes", "n1"));
    gone(view.query("notes").documents());
    gone(view.query("notes").index("owner").count());
    gone(view.query("notes").page(1, None));
    gone(view.query("notes").list_ids());
    gone(view.collections());
    gone(view.collection("notes"));
    gone(view.unbuilt_indexes("notes"));
    gone(view.databases(&path("")));
    gone(view.disabled_databases(&path("")));
    gone(view.database_at(&path("x")));
    gone(view.keys());
    gone(view.principal());
    gone(view.check());
}

#[track_caller]
fn writes_nothing(view: &mut WriteView, id: portunus_auth::PublicId) {
    gone(view.create("notes", json!({})));
    gone(view.create_with_id("notes", "n2", json!({})));
    gone(view.replace("notes", "n1", json!({})));
    gone(view.patch("notes", "n1", json!({})));
    gone(view.delete("notes", "n1"));
    gone(view.define(Collection::new("more")));
    gone(view.rename_collection("notes", "more"));
    gone(view.drop_collection("notes"));
    gone(view.build_indexes("notes"));
    gone(view.create_database(&path("x")));
    gone(view.rename_database(&path("x"), &"y".parse().unwrap()));
    gone(view.move_database(&path("x"), &path("y")));
    gone(view.disable_database(&path("x")));
    gone(view.enable_database(&path("x")));
    gone(view.protect_database(&path("x"), true));
    gone(view.delete_database(&path("x")));
    gone(view.create_key(NewKey::new("none")));
    gone(view.set_key_role(id, "none"));
    gone(view.set_key_expiry(id, None));
    gone(view.delete_key(id));
}

#[test]
fn an_open_reader_reads_no_further() {
    for_each_closing(|world, case, close| {
        let view = world.gate.begin_read(&case.secret).unwrap();
        assert!(view.get("notes", "n1").unwrap().is_some());
        close();
        reads_nothing(&view);
    });
}

#[test]
fn an_open_writer_reads_writes_and_commits_nothing() {
    for_each_closing(|world, case, close| {
        let mut view = world.gate.begin_write(&case.secret).unwrap();
        view.create_with_id("notes", "n2", json!({})).unwrap();
        close();
        reads_nothing(&view);
        writes_nothing(&mut view, case.id);
        gone(view.commit(Durability::Immediate));
    });
}

#[test]
fn a_writer_that_only_commits_is_refused_as_well() {
    for_each_closing(|world, case, close| {
        let mut view = world.gate.begin_write(&case.secret).unwrap();
        view.create_with_id("notes", "n2", json!({})).unwrap();
        close();
        gone(view.commit(Durability::Immediate));
    });
}

#[test]
fn a_writer_that_wrote_nothing_is_refused_as_well() {
    for_each_closing(|world, case, close| {
        let view = world.gate.begin_write(&case.secret).unwrap();
        close();
        gone(view.commit(Durability::Immediate));
    });
}

#[test]
fn a_scan_ends_at_the_document_that_it_has_come_to() {
    for_each_closing(|world, case, close| {
        world.write(&world.inside("acme/eu"), |tx| {
            for number in 0..10 {
                tx.create("notes", json!({"number": number}))?;
            }
            Ok(())
        });
        let view = world.gate.begin_read(&case.secret).unwrap();
        let mut seen = 0;
        let ended = view.query("notes").for_each(|_| {
            seen += 1;
            if seen == 3 {
                close();
            }
            Ok::<_, Error>(ControlFlow::Continue(()))
        });
        gone(ended);
        assert_eq!(seen, 3);
    });
}

#[test]
fn what_was_revoked_stays_so_for_an_open_transaction() {
    let world = World::new(64);
    let key = NewKey::new("server").expires_at(world.later(100));
    let made = world.write(&world.admin, |tx| tx.create_key(&key));
    let view = world.gate.begin_read(&made.secret).unwrap();
    world.advance(100);
    gone(view.get("notes", "n1"));
    world.write(&world.admin, |tx| tx.set_key_expiry(made.id, None));
    gone(view.get("notes", "n1"));
    world.opens(&made.secret);
}

#[test]
fn a_role_that_was_changed_takes_effect_at_once() {
    check(|world| {
        let (id, secret) = world.key("", "server");
        let mut view = world.gate.begin_write(&secret).unwrap();
        view.create_with_id("notes", "n2", json!({})).unwrap();
        world.write(&world.admin, |tx| tx.set_key_role(id, "server-readonly"));
        assert!(matches!(view.get("notes", "n1"), Err(Error::Conflict)));
        assert!(matches!(view.commit(Durability::Immediate), Err(Error::Conflict)));
        // Run again, the transaction finds what it may do now.
        let mut view = world.gate.begin_write(&secret).unwrap();
        assert!(matches!(view.create_with_id("notes", "n2", json!({})), Err(Error::Denied { .. })));
    });
}

#[test]
fn a_conflict_is_one_as_long_as_the_secret_opens_something() {
    check(|world| {
        let (_, secret) = world.key("", "server");
        let mut view = world.gate.begin_write(&secret).unwrap();
        view.patch("notes", "n1", json!({"count": 1})).unwrap();
        world.write(&world.admin, |tx| tx.patch("notes", "n1", json!({"count": 2})));
        assert!(matches!(view.commit(Durability::Immediate), Err(Error::Conflict)));
    });
}

#[test]
fn security_records_of_others_disturb_no_open_transaction() {
    check(|world| {
        let (_, secret) = world.key("acme", "server");
        let mut view = world.gate.begin_write(&secret).unwrap();
        let reader = world.gate.begin_read(&secret).unwrap();
        view.patch("notes", "n1", json!({"count": 1})).unwrap();
        world.key("acme", "server");
        world.write(&world.admin, |tx| tx.disable_database(&path("beta")));
        world.write(&world.inside("acme/eu"), |tx| tx.define(Collection::new("more")));
        assert!(reader.get("notes", "n1").unwrap().is_some());
        view.patch("notes", "n1", json!({"count": 2})).unwrap();
        view.commit(Durability::Immediate).unwrap();
    });
}

#[test]
fn a_key_that_deletes_itself_commits_and_is_gone() {
    check(|world| {
        let (_, first) = world.key("", "admin");
        let id = world.read(&first, |tx| Ok(tx.principal()?.id()));
        world.write(&first, |tx| {
            tx.delete_key(id)?;
            tx.create("notes", json!({"by": "a key that is gone"}))
        });
        world.refuses(&first);
    });
}

#[test]
fn a_moved_or_renamed_database_keeps_its_open_transactions() {
    check(|world| {
        let (_, key) = world.key("acme/eu", "server");
        let reader = world.gate.begin_read(&key).unwrap();
        let narrowed = world.gate.begin_read(&world.inside("acme/eu")).unwrap();
        world.write(&world.admin, |tx| tx.move_database(&path("acme/eu"), &path("beta")));
        assert!(reader.get("notes", "n1").unwrap().is_some(), "the root owns the key, and is above it still");
        gone(narrowed.get("notes", "n1"));
        assert_eq!(world.place(&world.inside("beta/eu")), "acme/eu");
    });
}

#[test]
fn a_key_of_an_owner_that_is_no_longer_above_opens_nothing() {
    check(|world| {
        let made =
            world.write(&world.inside("acme"), |tx| tx.create_key(NewKey::new("server").at(path("eu"))));
        let view = world.gate.begin_read(&made.secret).unwrap();
        world.write(&world.admin, |tx| tx.move_database(&path("acme/eu"), &path("beta")));
        gone(view.get("notes", "n1"));
        world.refuses(&made.secret);
        assert_eq!(world.read(&world.inside("acme"), |tx| tx.key(made.id)).unwrap().path, None);
        world.write(&world.inside("acme"), |tx| tx.delete_key(made.id));
        assert!(world.read(&world.inside("acme"), ReadView::keys).is_empty());
    });
}

#[test]
fn threads_that_write_while_their_key_is_deleted_commit_nothing_after_it() {
    let world = World::new(64);
    let (id, secret) = world.key("", "server");
    let deleted = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let was_deleted = deleted.load(std::sync::atomic::Ordering::SeqCst);
                    match world.try_write(&secret, |tx| tx.create("notes", json!({}))) {
                        Ok(_) => assert!(!was_deleted, "a commit began after the deletion had returned"),
                        Err(Error::Conflict) => {}
                        Err(Error::Unauthenticated) => break,
                        Err(error) => panic!("{error}"),
                    }
                }
            });
        }
        world.delete_key(id);
        deleted.store(true, std::sync::atomic::Ordering::SeqCst);
    });
    world.refuses(&secret);
}
