//! Access providers: who sees and changes them, what their definitions may be, and what goes with them.

use crate::mint::{Signer, key_set};
use crate::outside::{changed, check};
use crate::world::{denied, invalid, not_found, path};
use portunus_auth::{
    Action, Algorithm, Collection, Durability, Error, Gate, GateOptions, JwksError, JwksSource,
    PROVIDERS_MAX, Provider, ReadView, Resource, Role, Secret, Timestamp,
};
use serde_json::json;
use std::sync::{Arc, Condvar, Mutex};

#[test]
fn providers_are_there_for_those_who_may_see_them() {
    check(|it| {
        let second = changed(it.provider(), |it| (it.name, it.issuer) = ("a".into(), "urn:a".into()));
        it.define(second);
        let names = |secret: &Secret| -> Vec<String> {
            let found = it.world.read(secret, ReadView::providers);
            found.into_iter().map(|found| found.definition.name).collect()
        };
        assert_eq!(names(&it.admin()), ["a", "staff"]);
        assert!(names(&it.world.inside("acme/eu")).is_empty(), "they are not inherited");
        assert!(names(&it.good()).is_empty());
        assert!(it.world.read(&it.admin(), |tx| tx.provider("ghost")).is_none());
        it.world.write(&it.admin(), |tx| {
            tx.define_role(Role::new("auditor").allow_every(Resource::AccessProvider, Action::Read))
        });
        let (_, auditor) = it.world.key("acme", "auditor");
        assert_eq!(names(&auditor), ["a", "staff"]);
        let mut view = it.world.gate.begin_write(&auditor).unwrap();
        denied(view.define_provider(it.provider()));
        denied(view.rename_provider("staff", "b"));
        denied(view.set_provider_not_before("staff", None));
        denied(view.deny_jwt("staff", "one", Timestamp::MAX));
        denied(view.delete_provider("staff"));
        denied(view.delete_provider("ghost"));
    });
}

#[test]
fn what_is_not_there_is_not_found() {
    check(|it| {
        let mut view = it.world.gate.begin_write(&it.admin()).unwrap();
        not_found(view.rename_provider("ghost", "b"));
        not_found(view.set_provider_not_before("ghost", None));
        not_found(view.deny_jwt("ghost", "one", Timestamp::MAX));
        not_found(view.delete_provider("ghost"));
    });
}

#[test]
fn a_provider_keeps_its_holders_under_another_name() {
    check(|it| {
        let good = it.good();
        it.world.opens(&good);
        it.world.write(&it.admin(), |tx| tx.rename_provider("staff", "employees"));
        it.world.opens(&good);
        let renamed =
            |name: &str| it.world.try_write(&it.admin(), |tx| tx.rename_provider("employees", name));
        renamed("employees").unwrap();
        invalid(renamed(""));
        invalid(renamed(&"x".repeat(65)));
        // Its old name is free, its issuer is not.
        crate::world::constraint(it.try_define(it.provider()));
        it.define(changed(it.provider(), |it| it.issuer = "urn:other".into()));
        assert!(matches!(renamed("staff"), Err(Error::AlreadyExists(_))));
    });
}

#[test]
fn a_provider_without_roles_or_holders_can_be_defined_before_they_are_there() {
    check(|it| {
        it.define(it.provider());
        it.world.refuses(&it.good());
        it.define(it.provider().role("reader"));
        it.world.opens(&it.good());
    });
}

#[test]
fn a_database_has_as_many_providers_as_the_limit_says() {
    check(|it| {
        let number = |number: usize| {
            changed(it.provider(), |it| {
                it.name = format!("p{number}");
                it.issuer = format!("urn:{number}");
            })
        };
        it.world
            .write(&it.admin(), |tx| (1..PROVIDERS_MAX).try_for_each(|at| tx.define_provider(number(at))));
        let one_more = it.try_define(number(PROVIDERS_MAX));
        assert!(matches!(one_more, Err(Error::Limit { actual: 101, max: 100, .. })), "{one_more:?}");
        it.define(number(PROVIDERS_MAX - 1));
        it.world.opens(&it.good());
        // Many issuers for one audience: each JWT leads to its own.
        it.define(number(7).role("reader"));
        it.world.opens(&it.jwt(|claims| claims["iss"] = json!("urn:7")));
        it.world.refuses(&it.jwt(|claims| claims["iss"] = json!("urn:8")));
    });
}

#[test]
fn the_id_of_a_token_to_be_refused_is_one_that_a_token_can_have() {
    check(|it| {
        let deny = |id: &str| it.world.try_write(&it.admin(), |tx| tx.deny_jwt("staff", id, Timestamp::MAX));
        invalid(deny(""));
        invalid(deny(&"x".repeat(257)));
        deny(&"x".repeat(256)).unwrap();
        it.world.refuses(&it.jwt(|claims| claims["jti"] = json!("x".repeat(256))));
        // A token that has no id is none that can be refused by it.
        it.world.opens(&it.good());
    });
}

#[test]
fn what_one_transaction_does_with_a_provider_it_sees_at_once_and_others_after_the_commit() {
    check(|it| {
        let good = it.good();
        let mut view = it.world.gate.begin_write(&it.admin()).unwrap();
        view.delete_provider("staff").unwrap();
        assert!(view.providers().unwrap().is_empty());
        view.define_provider(it.provider().role("author")).unwrap();
        assert_eq!(view.provider("staff").unwrap().unwrap().definition.roles[0].role, "author");
        assert_eq!(it.roles(&good), ["reader"]);
        view.commit(Durability::Immediate).unwrap();
        assert_eq!(it.roles(&good), ["author"]);
    });
}

#[test]
fn a_refused_token_of_a_deleted_provider_is_nothing_to_its_successor() {
    check(|it| {
        let secret = it.jwt(|claims| claims["jti"] = json!("one"));
        it.world.write(&it.admin(), |tx| {
            tx.deny_jwt("staff", "one", it.world.later(3_600))?;
            tx.delete_provider("staff")?;
            tx.define_provider(it.provider().role("reader"))
        });
        // Whoever deletes a provider starts over.
        it.world.opens(&secret);
    });
}

#[test]
fn nothing_of_providers_is_left_of_a_deleted_database() {
    check(|it| {
        it.world.write(&it.world.inside("acme/eu"), |tx| tx.define_provider(it.provider()));
        it.world.write(&it.admin(), |tx| tx.deny_jwt("staff", "one", it.world.later(60)));
        it.world.write(&it.world.admin, |tx| tx.delete_database(&path("acme")));
        it.world.refuses(&it.good());
        it.at(7_200);
        it.world.gate.sweep(100).unwrap();
        assert_eq!(it.world.read(&it.world.admin, ReadView::check).problems, Vec::<String>::new());
        it.world.gate.prefetch_key_sets().unwrap();
    });
}

#[test]
fn a_mapping_takes_who_could_be_all_of_its_holders() {
    check(|it| {
        it.world.write(&it.admin(), |tx| {
            let provider = Resource::AccessProvider;
            let delegate = Role::new("delegate")
                .allow_every(provider, Action::Create)
                .allow_every(provider, Action::Read);
            tx.define_role(delegate.allow_every(Resource::Token, Action::Create))
        });
        let (_, delegate) = it.world.key("acme", "delegate");
        let own = || changed(it.provider(), |it| (it.name, it.issuer) = ("own".into(), "urn:own".into()));
        let define = |provider: Provider| it.world.try_write(&delegate, |tx| tx.define_provider(provider));
        // Users read users; the delegate does not.
        denied(define(own().identity("users", ["issuer", "subject"])));
        it.world.write(&it.admin(), |tx| tx.define_role(Role::new("member").member("users")));
        define(own().identity("users", ["issuer", "subject"])).unwrap();
    });
}

#[test]
fn an_index_that_is_still_being_built_keeps_nobody_apart_yet() {
    check(|it| {
        // More documents than one transaction takes into an index.
        for chunk in 0..11 {
            it.world.write(&it.admin(), |tx| {
                if chunk == 0 {
                    tx.define(Collection::new("people"))?;
                }
                (0..1_000).try_for_each(|number| {
                    let subject = format!("{chunk} {number}");
                    tx.create("people", json!({"issuer": "urn:i", "subject": subject})).map(drop)
                })
            });
        }
        it.world.write(&it.admin(), |tx| tx.define(Collection::new("people").unique(["issuer", "subject"])));
        let mapped = || it.provider().role("reader").identity("people", ["issuer", "subject"]);
        crate::world::constraint(it.try_define(mapped()));
        while it.world.write(&it.admin(), |tx| tx.build_indexes("people"))
            != portunus_auth::BuildProgress::Ready
        {}
        it.define(mapped());
        it.world.opens(&it.good());
    });
}

#[test]
fn a_key_set_is_kept_as_it_was_given() {
    check(|it| {
        let set = key_set([&it.signer, &Signer::p256("p256"), &Signer::rsa("rsa")]);
        it.define(it.provider().role("reader").jwks(set.clone()));
        let found = it.world.read(&it.admin(), |tx| tx.provider("staff")).unwrap();
        assert_eq!(found.definition.jwks, Some(set));
    });
}

/// Keys that come when they are let go.
#[derive(Default)]
struct Held {
    is_free: Mutex<bool>,
    freed: Condvar,
}

impl JwksSource for Held {
    fn fetch(&self, _: &str) -> Result<Vec<u8>, JwksError> {
        let mut is_free = self.is_free.lock().unwrap();
        while !*is_free {
            is_free = self.freed.wait(is_free).unwrap();
        }
        Ok(key_set([&Signer::new("first")]).into_bytes())
    }
}

#[test]
fn keys_that_are_fetched_ahead_are_so_a_few_at_a_time() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store");
    let held = || {
        let held = Arc::new(Held::default());
        let jwks: Option<Arc<dyn JwksSource>> = Some(held.clone());
        (held, GateOptions { jwks, ..GateOptions::default() })
    };
    let let_go = |held: &Held| {
        *held.is_free.lock().unwrap() = true;
        held.freed.notify_all();
    };
    let (first, options) = held();
    let (gate, root) = Gate::create(&file, &options).unwrap();
    let mut view = gate.begin_write(&root).unwrap();
    view.create_database(&path("acme")).unwrap();
    view.commit(Durability::Immediate).unwrap();
    let mut view = gate.begin_write(&root.scoped(&"@acme#admin".parse().unwrap())).unwrap();
    for number in 0..40 {
        let provider = Provider::new(format!("p{number}"), format!("urn:{number}"));
        let provider = provider.jwks_url(format!("https://issuer.example/{number}"));
        view.define_provider(provider.algorithm(Algorithm::EdDsa)).unwrap();
    }
    view.commit(Durability::Immediate).unwrap();
    assert_eq!(gate.jwks_stats().fetches, 16);
    let_go(&first);
    gate.close().unwrap();
    drop(gate);
    let (second, options) = held();
    let gate = Gate::open(&file, &options).unwrap();
    for _ in 0..3 {
        gate.prefetch_key_sets().unwrap();
        assert_eq!(gate.jwks_stats().fetches, 16, "no more than so many at a time");
    }
    let_go(&second);
    // Called again it goes on with others, until all are there.
    while gate.jwks_stats().fetches < 40 {
        gate.prefetch_key_sets().unwrap();
        std::thread::yield_now();
    }
    gate.prefetch_key_sets().unwrap();
    assert_eq!((gate.jwks_stats().sets, gate.jwks_stats().fetches), (40, 40));
}
