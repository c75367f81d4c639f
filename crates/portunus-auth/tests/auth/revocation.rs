//! Revocation is immediate: for the next transaction, for those that are open, and for those about to commit; whatever the
//! secret is, and whatever closes it.

use crate::world::{World, check, path, scope};
use portunus_auth::{
    Action, AuditQuery, AuditSettings, Collection, Durability, Error, Expiry, Logout, NewKey, NewToken,
    PublicId, ReadView, Resource, Role, Secret, Sessions, Timestamp, WriteView,
};
use serde_json::json;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// What a secret is. Each works in `acme/eu`, may do everything with documents there, and ends by the clock in 100 seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// A key of the root.
    Key,
    /// The same, acting as a document; the key ends.
    ActingKey,
    /// The same; the document ends.
    ActingDocument,
    /// A token that ends.
    Token,
    /// A token of a document that ends.
    TokenOfDocument,
}

use Kind::{ActingDocument, ActingKey, Key, Token, TokenOfDocument};

const ALL: [Kind; 5] = [Key, ActingKey, ActingDocument, Token, TokenOfDocument];

struct Case {
    secret: Secret,
    id: PublicId,
    /// The document of `users` that it stands for.
    document: &'static str,
    /// Another token of that document.
    other: Secret,
}

/// What closes a secret: what it is called, which kinds it closes, and how.
type Closing = (&'static str, &'static [Kind], fn(&World, &Case));

const CLOSINGS: [Closing; 14] = [
    ("its time comes", &ALL, |world, _| world.advance(100)),
    ("the key is deleted", &[Key, ActingKey, ActingDocument], |world, case| world.delete_key(case.id)),
    ("the key's expiry is moved to now", &[Key, ActingKey, ActingDocument], |world, case| {
        world.write(&world.admin, |tx| tx.set_key_expiry(case.id, Some(tx.now())));
    }),
    ("the token is deleted", &[Token, TokenOfDocument], |world, case| {
        world.write(&inside(world), |tx| tx.delete_token(case.id));
    }),
    ("the token's expiry is moved, and comes", &[Token, TokenOfDocument], |world, case| {
        let soon = soon(world);
        world.write(&inside(world), |tx| tx.set_token_expiry(case.id, Some(soon)));
        world.advance(1);
    }),
    ("everybody logs out", &[Token, TokenOfDocument], |world, case| {
        world.write(&case.other, |tx| tx.logout(Logout::Everywhere));
    }),
    ("everybody else logs out", &[Token, TokenOfDocument], |world, case| {
        world.write(&case.other, |tx| tx.logout(Logout::Elsewhere));
    }),
    ("the identity is deleted", &ALL_IDENTITIES, |world, case| {
        world.write(&inside(world), |tx| tx.delete("users", case.document));
    }),
    ("the identity is deleted and made again", &[Token, TokenOfDocument], |world, case| {
        world.write(&inside(world), |tx| {
            tx.delete("users", case.document)?;
            tx.create_with_id("users", case.document, json!({}))
        });
    }),
    ("the identity's expiry is moved, and comes", &ALL_IDENTITIES, |world, case| {
        let soon = Expiry::At(soon(world));
        world.write(&inside(world), |tx| tx.change("users", case.document).expires(soon).patch(json!({})));
        world.advance(1);
    }),
    ("the collection of the identity is dropped", &ALL_IDENTITIES, |world, _| {
        world.write(&inside(world), |tx| tx.drop_collection("users"));
    }),
    ("the database is disabled", &ALL, |world, _| {
        world.write(&world.admin, |tx| tx.disable_database(&path("acme/eu")));
    }),
    ("a database above is disabled", &ALL, |world, _| {
        world.write(&world.admin, |tx| tx.disable_database(&path("acme")));
    }),
    ("the database is deleted", &ALL, |world, _| {
        world.write(&world.admin, |tx| tx.delete_database(&path("acme")));
    }),
];

const ALL_IDENTITIES: [Kind; 4] = [ActingKey, ActingDocument, Token, TokenOfDocument];

fn inside(world: &World) -> Secret {
    world.inside("acme/eu")
}

fn soon(world: &World) -> Timestamp {
    world.clock_now().saturating_add(Duration::from_secs(1))
}

/// `acme/eu` with the documents `ann`, who stays, and `bob`, who ends in 100 seconds; both may do everything with documents.
fn settled(principals_max: usize) -> World {
    let world = World::new(principals_max);
    world.settle("acme/eu");
    let everything = [Action::Read, Action::Create, Action::CreateWithId, Action::Write, Action::Delete];
    let worker = everything.into_iter().fold(Role::new("worker").member("users"), |role, action| {
        role.allow_every(Resource::Document, action)
    });
    let end = Expiry::At(world.later(100));
    world.write(&inside(&world), |tx| {
        tx.define_role(&worker)?;
        tx.change("users", "bob").expires(end).patch(json!({}))
    });
    world
}

fn case(world: &World, kind: Kind) -> Case {
    let end = world.later(100);
    let document = if matches!(kind, ActingDocument | TokenOfDocument) { "bob" } else { "ann" };
    let acting = scope(&format!("#@doc/users/{document}"));
    let key = NewKey::new("server").at(path("acme/eu"));
    let key = if kind == ActingDocument { key } else { key.expires_at(end) };
    let token = NewToken::new("users", document);
    let token = if kind == TokenOfDocument { token } else { token.expires_at(end) };
    let (secret, id) = match kind {
        Key | ActingKey | ActingDocument => {
            let made = world.write(&world.admin, |tx| tx.create_key(&key));
            (if kind == Key { made.secret } else { made.secret.scoped(&acting) }, made.id)
        }
        Token | TokenOfDocument => {
            let made = world.write(&inside(world), |tx| tx.create_token(&token));
            (made.secret, made.id)
        }
    };
    Case { secret, id, document, other: world.token("acme/eu", document).secret }
}

/// Runs a test for every kind of secret and everything that closes it.
fn for_each_closing(test: impl Fn(&World, &Case, &dyn Fn())) {
    for (what, kinds, close) in CLOSINGS {
        for (kind, principals_max) in kinds.iter().flat_map(|kind| [(*kind, 0), (*kind, 64)]) {
            println!("{kind:?}: {what}, {principals_max} principals");
            let world = settled(principals_max);
            let case = case(&world, kind);
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
pub fn reads_nothing(view: &ReadView, id: PublicId) {
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
    gone(view.key(id));
    gone(view.principal());
    gone(view.check());
    gone(view.own_tokens());
    gone(view.tokens_of("users", "ann"));
    gone(view.token(id));
    gone(view.credential("users", "ann"));
    gone(view.roles());
    gone(view.role("worker"));
    gone(view.procedures());
    gone(view.providers());
    gone(view.provider("issuer"));
    gone(view.audit_settings());
    gone(view.audit(AuditQuery::default()));
    gone(view.verify_audit());
}

#[track_caller]
pub fn writes_nothing(view: &mut WriteView, id: PublicId) {
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
    gone(view.once("a token"));
    gone(view.create_token(NewToken::new("users", "ann")));
    gone(view.retarget_token(id, "users", "ann"));
    gone(view.set_token_expiry(id, None));
    gone(view.delete_token(id));
    for which in [Logout::Here, Logout::Everywhere, Logout::Elsewhere] {
        gone(view.logout(which));
    }
    gone(view.disable_credential("users", "ann", Sessions::Keep));
    gone(view.enable_credential("users", "ann"));
    gone(view.delete_credential("users", "ann", Sessions::End));
    gone(view.define_role(Role::new("more")));
    gone(view.rename_role("worker", "more"));
    gone(view.delete_role("worker"));
    gone(view.define_procedure("more", None));
    gone(view.delete_procedure("more"));
    gone(view.rename_provider("issuer", "more"));
    gone(view.set_provider_not_before("issuer", None));
    gone(view.deny_jwt("issuer", "id", Timestamp::MAX));
    gone(view.delete_provider("issuer"));
    gone(view.set_audit(AuditSettings::default()));
}

#[test]
fn an_open_reader_reads_no_further() {
    for_each_closing(|world, case, close| {
        let view = world.gate.begin_read(&case.secret).unwrap();
        assert!(view.get("notes", "n1").unwrap().is_some());
        close();
        reads_nothing(&view, case.id);
    });
}

#[test]
fn an_open_writer_reads_writes_and_commits_nothing() {
    for_each_closing(|world, case, close| {
        let mut view = world.gate.begin_write(&case.secret).unwrap();
        view.create_with_id("notes", "n2", json!({})).unwrap();
        close();
        reads_nothing(&view, case.id);
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
fn a_database_that_is_enabled_again_gives_back_no_open_transaction() {
    check(|world| {
        let (_, secret) = world.key("acme/eu", "server");
        let view = world.gate.begin_read(&secret).unwrap();
        world.write(&world.admin, |tx| tx.disable_database(&path("acme")));
        gone(view.get("notes", "n1"));
        world.write(&world.admin, |tx| tx.enable_database(&path("acme")));
        gone(view.get("notes", "n1"));
        world.opens(&secret);
    });
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

/// What changes the rights of a secret of `acme/eu` without closing it.
type Change = (&'static str, &'static [Kind], fn(&World, &Case));

const CHANGES: [Change; 6] = [
    ("the role loses a grant", &ALL_IDENTITIES, |world, _| {
        world.write(&inside(world), |tx| {
            tx.define_role(Role::new("worker").member("users").allow("notes", Action::Read))
        });
    }),
    ("the role is deleted", &ALL_IDENTITIES, |world, _| {
        world.write(&inside(world), |tx| tx.delete_role("worker"));
    }),
    ("its members lose the role", &ALL_IDENTITIES, |world, _| {
        world.write(&inside(world), |tx| tx.define_role(Role::new("worker")));
    }),
    ("another role denies it", &ALL_IDENTITIES, |world, _| {
        world.write(&inside(world), |tx| {
            tx.define_role(Role::new("denial").member("users").deny_every(Resource::Document, Action::Create))
        });
    }),
    ("the key gets another role", &[Key], |world, case| {
        world.write(&world.admin, |tx| tx.set_key_role(case.id, "server-readonly"));
    }),
    ("the token is given away", &[Token, TokenOfDocument], |world, case| {
        let other = if case.document == "ann" { "bob" } else { "ann" };
        world.write(&inside(world), |tx| tx.retarget_token(case.id, "users", other));
    }),
];

#[test]
fn rights_that_were_changed_take_effect_at_once() {
    for (what, kinds, change) in CHANGES {
        for (kind, principals_max) in kinds.iter().flat_map(|kind| [(*kind, 0), (*kind, 64)]) {
            println!("{kind:?}: {what}, {principals_max} principals");
            let world = settled(principals_max);
            let case = case(&world, kind);
            let reader = world.gate.begin_read(&case.secret).unwrap();
            let mut asks = world.gate.begin_write(&case.secret).unwrap();
            let mut commits = world.gate.begin_write(&case.secret).unwrap();
            let empty = world.gate.begin_write(&case.secret).unwrap();
            asks.create_with_id("notes", "n2", json!({})).unwrap();
            commits.create_with_id("notes", "n2", json!({})).unwrap();
            change(&world, &case);
            let conflict =
                |result: Result<(), Error>| assert!(matches!(result, Err(Error::Conflict)), "{result:?}");
            conflict(reader.get("notes", "n1").map(drop));
            conflict(reader.query("notes").count().map(drop));
            conflict(asks.create("notes", json!({})).map(drop));
            conflict(asks.commit(Durability::Immediate));
            conflict(commits.commit(Durability::Immediate));
            conflict(empty.commit(Durability::Immediate));
            // Begun again, they find what they may do now.
            world.gate.begin_read(&case.secret).unwrap();
            assert!(!world.read(&inside(&world), |tx| tx.exists("notes", "n2")));
        }
    }
}

#[test]
fn what_changes_for_others_disturbs_no_holder_of_a_token() {
    for kind in [ActingKey, Token] {
        let world = settled(64);
        let case = case(&world, kind);
        let reader = world.gate.begin_read(&case.secret).unwrap();
        let mut writer = world.gate.begin_write(&case.secret).unwrap();
        writer.create_with_id("notes", "n2", json!({})).unwrap();
        world.write(&inside(&world), |tx| {
            tx.define_role(Role::new("other").allow("notes", Action::Read))?;
            tx.create_with_id("users", "cid", json!({}))?;
            tx.patch("users", "bob", json!({"age": 7}))?;
            tx.create_token(NewToken::new("users", "cid"))
        });
        world.token("acme/eu", "ann");
        world.write(&inside(&world), |tx| tx.delete("users", "bob"));
        world.write(&world.inside("acme"), |tx| tx.define(Collection::new("users")));
        assert!(reader.get("notes", "n1").unwrap().is_some());
        writer.patch("notes", "n2", json!({"size": 1})).unwrap();
        writer.commit(Durability::Immediate).unwrap();
    }
}

/// Threads that read and write for as long as they can, while the secret is closed: nothing that began after the closing
/// call has returned may succeed, and nothing that was open may go on.
pub fn closed_under_load(world: &World, secret: &Secret, close: impl FnOnce()) {
    let (closed, done) = (AtomicBool::new(false), AtomicUsize::new(0));
    let after = || closed.load(Ordering::SeqCst);
    std::thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| {
                loop {
                    let was_closed = after();
                    match world.try_write(secret, |tx| tx.create("notes", json!({}))) {
                        Ok(_) => assert!(!was_closed, "a commit began after the closing call had returned"),
                        Err(Error::Conflict) => {}
                        Err(Error::Unauthenticated) => break,
                        Err(error) => panic!("{error}"),
                    }
                    done.fetch_add(1, Ordering::SeqCst);
                }
            });
            let mut open = world.gate.begin_read(secret).unwrap();
            let (done, after) = (&done, &after);
            threads.spawn(move || {
                loop {
                    let was_closed = after();
                    let old = open.exists("notes", "n1");
                    let new = world.gate.begin_read(secret).and_then(|view| view.exists("notes", "n1"));
                    match (old, new) {
                        (_, Err(Error::Unauthenticated)) => break,
                        (Ok(_), Ok(_)) => {
                            assert!(!was_closed, "it reads on after the closing call had returned");
                        }
                        // Some close in two steps, of which the first makes another principal of it.
                        (Err(Error::Conflict), _) | (Ok(_), Err(Error::Conflict)) => {
                            match world.gate.begin_read(secret) {
                                Ok(view) => open = view,
                                Err(error) => break gone(Err::<(), _>(error)),
                            }
                        }
                        (old, new) => panic!("{old:?} {new:?}"),
                    }
                    done.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        while done.load(Ordering::SeqCst) < 50 {
            std::thread::yield_now();
        }
        // The transaction that closes may meet a conflict with those of the threads.
        close();
        closed.store(true, Ordering::SeqCst);
    });
    world.refuses(secret);
}

#[test]
fn nothing_goes_on_under_load_after_what_closes_it_has_returned() {
    for (what, kinds, close) in CLOSINGS {
        for kind in kinds.iter().filter(|kind| **kind != TokenOfDocument) {
            println!("{kind:?}: {what}");
            let world = settled(64);
            let case = case(&world, *kind);
            closed_under_load(&world, &case.secret, || close(&world, &case));
        }
    }
}
