//! Revocation of JWTs is immediate too: for the next transaction, for those that are open, and for those about to commit.

use crate::outside::{Outside, check};
use crate::revocation::closed_under_load;
use crate::world::path;
use portunus_auth::{Collection, Durability, Error, Secret, TreeOptions};
use serde_json::json;
use std::ops::ControlFlow;

/// What closes a JWT, each with what it is called.
type Closing = (&'static str, fn(&Outside));

const CLOSINGS: [Closing; 10] = [
    ("the provider is deleted", |it| {
        it.world.write(&it.admin(), |tx| tx.delete_provider("staff"));
    }),
    ("the token is refused by its id", |it| {
        it.world.write(&it.admin(), |tx| tx.deny_jwt("staff", "one", it.world.later(3_600)));
    }),
    ("tokens that were issued before now are refused", |it| {
        it.world.advance(1);
        it.world.write(&it.admin(), |tx| tx.set_provider_not_before("staff", Some(tx.now())));
    }),
    ("the token expires by the clock", |it| it.at(3_600)),
    ("the holder is deleted, who alone had a role", |it| {
        it.world.write(&it.admin(), |tx| tx.delete("users", "u1"));
    }),
    ("the holder becomes another issuer's", |it| {
        it.world.write(&it.admin(), |tx| tx.patch("users", "u1", json!({"issuer": "https://other"})));
    }),
    ("the index of the mapping is dropped", |it| {
        it.world.write(&it.admin(), |tx| tx.define(Collection::new("users")));
    }),
    ("the collection of the mapping is dropped", |it| {
        it.world.write(&it.admin(), |tx| tx.drop_collection("users"));
    }),
    ("the database is disabled", |it| {
        it.world.write(&it.world.admin, |tx| tx.disable_database(&path("acme")));
    }),
    ("the database is deleted", |it| {
        it.world.write(&it.world.admin, |tx| tx.delete_database(&path("acme")));
    }),
];

/// Runs a test for everything that closes a JWT: one whose holder has a role by being a user.
fn for_each_closing(test: impl Fn(&Outside, &Secret, &dyn Fn())) {
    for (what, close) in CLOSINGS {
        check(|it| {
            println!("{what}");
            let secret = prepared(it);
            test(it, &secret, &|| close(it));
            it.world.refuses(&secret);
        });
    }
}

fn prepared(it: &Outside) -> Secret {
    it.world.write(&it.admin(), |tx| {
        let member = portunus_auth::Role::new("member").member("users");
        let all = [portunus_auth::Action::Read, portunus_auth::Action::Create];
        tx.define_role(all.into_iter().fold(member, |role, action| role.allow("notes", action)))
    });
    it.define(it.provider().identity("users", ["issuer", "subject"]));
    it.user("u1", "ann");
    let secret = it.jwt(|claims| claims["jti"] = json!("one"));
    it.world.opens(&secret);
    secret
}

#[track_caller]
fn gone<T: std::fmt::Debug>(result: Result<T, Error>) {
    assert!(matches!(result, Err(Error::Unauthenticated)), "{result:?}");
}

#[test]
fn an_open_reader_reads_no_further() {
    for_each_closing(|it, secret, close| {
        let view = it.world.gate.begin_read(secret).unwrap();
        assert!(view.get("notes", "n1").unwrap().is_some());
        close();
        gone(view.get("notes", "n1"));
        gone(view.query("notes").documents());
        gone(view.principal());
        gone(view.providers());
    });
}

#[test]
fn an_open_writer_reads_writes_and_commits_nothing() {
    for_each_closing(|it, secret, close| {
        let mut view = it.world.gate.begin_write(secret).unwrap();
        view.create("notes", json!({})).unwrap();
        close();
        gone(view.get("notes", "n1"));
        gone(view.create("notes", json!({})));
        gone(view.commit(Durability::Immediate));
    });
}

#[test]
fn a_writer_that_only_commits_is_refused_as_well() {
    for_each_closing(|it, secret, close| {
        let mut view = it.world.gate.begin_write(secret).unwrap();
        view.create("notes", json!({})).unwrap();
        close();
        gone(view.commit(Durability::Immediate));
    });
}

#[test]
fn a_scan_ends_at_the_document_that_it_has_come_to() {
    for_each_closing(|it, secret, close| {
        it.world.write(&it.admin(), |tx| {
            (0..10).try_for_each(|number| tx.create("notes", json!({"number": number})).map(drop))
        });
        let view = it.world.gate.begin_read(secret).unwrap();
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
fn a_provider_that_was_altered_has_open_transactions_begin_again() {
    check(|it| {
        let good = it.good();
        let mut view = it.world.gate.begin_write(&good).unwrap();
        assert!(view.get("notes", "n1").unwrap().is_some());
        it.define(it.provider().role("reader").audience("https://notes.example"));
        assert!(matches!(view.get("notes", "n1"), Err(Error::Conflict)));
        assert!(matches!(view.create("notes", json!({})), Err(Error::Conflict)));
        assert!(matches!(view.commit(Durability::Immediate), Err(Error::Conflict)));
        it.world.opens(&good);
    });
}

#[test]
fn tokens_that_were_issued_later_or_at_that_instant_are_good() {
    check(|it| {
        let before = it.good();
        let silent = it.without("iat");
        it.world.opens(&silent);
        it.world.advance(10);
        it.world.write(&it.admin(), |tx| tx.set_provider_not_before("staff", Some(tx.now())));
        let after = it.good();
        let there = it.world.read(&it.admin(), |tx| tx.provider("staff")).unwrap();
        assert_eq!(there.not_before, Some(it.world.clock_now()));
        for (refused, opens) in [(&before, &after), (&silent, &after)] {
            it.world.refuses(refused);
            it.world.opens(opens);
        }
        // To alter the provider is no way around it; to say so is.
        it.define(it.provider().role("author"));
        it.world.refuses(&before);
        it.world.write(&it.admin(), |tx| tx.set_provider_not_before("staff", None));
        it.world.opens(&before);
        it.world.opens(&silent);
    });
}

#[test]
fn a_revocation_is_there_when_the_store_is_opened_again() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store");
    let it = Outside::new(0);
    let options = || portunus_auth::GateOptions {
        tree: TreeOptions { clock: it.world.clock.clone(), ..TreeOptions::default() },
        ..portunus_auth::GateOptions::default()
    };
    let (gate, root) = portunus_auth::Gate::create(&file, &options()).unwrap();
    let mut view = gate.begin_write(&root).unwrap();
    let public_id = view.create_database(&path("acme")).unwrap().public_id;
    view.commit(Durability::Immediate).unwrap();
    let admin = root.scoped(&"@acme#admin".parse().unwrap());
    let mut view = gate.begin_write(&admin).unwrap();
    view.define_role(portunus_auth::Role::new("reader")).unwrap();
    view.define_provider(it.provider().role("reader")).unwrap();
    view.deny_jwt("staff", "one", it.world.later(3_600)).unwrap();
    view.commit(Durability::Immediate).unwrap();
    let jwt = |id: &str| {
        it.jwt(|claims| {
            claims["jti"] = json!(id);
            claims["aud"] = json!(format!("urn:portunus:db:{public_id}"));
        })
    };
    gate.begin_read(&jwt("two")).unwrap();
    gate.close().unwrap();
    drop(gate);
    let gate = portunus_auth::Gate::open(&file, &options()).unwrap();
    gone(gate.begin_read(&jwt("one")).map(drop));
    gate.begin_read(&jwt("two")).unwrap();
}

#[test]
fn nothing_goes_on_under_load_after_what_closes_a_jwt_has_returned() {
    for (what, close) in CLOSINGS {
        println!("{what}");
        let it = Outside::new(64);
        let secret = prepared(&it);
        closed_under_load(&it.world, &secret, || close(&it));
    }
}
