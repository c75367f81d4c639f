//! JWTs over time: what is remembered of them and what ends that, keys that come and go, clocks that jump, holders that
//! come and go.

use crate::disturbed::Disturbed;
use crate::mint::{Signer, key_set};
use crate::outside::{ISSUER, KEYS_URL, Outside, audience, changed, check};
use crate::people::timed;
use crate::world::{denied, path};
use portunus_auth::{
    Action, Collection, Durability, Error, Expiry, Gate, GateOptions, Identity, NewToken, Procedure,
    Provider, ReadView, Result, Role, Secret, Timestamp, WriteView,
};
use portunus_storage::Engine;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const REFETCH_EVERY: u64 = 30;

#[test]
fn keys_are_fetched_when_the_provider_is_defined_and_then_serve_everybody() {
    check(|it| {
        it.define(it.fetching().role("reader"));
        for subject in ["ann", "bob", "eve"] {
            it.world.opens(&it.jwt(|claims| claims["sub"] = json!(subject)));
        }
        assert_eq!(it.key_sets.fetches(), 1);
    });
}

#[test]
fn a_new_key_is_fetched_once_it_is_used_and_the_old_one_opens_nothing_more() {
    check(|it| {
        it.define(it.fetching().role("reader"));
        let old = it.good();
        it.world.opens(&old);
        it.world.advance(REFETCH_EVERY);
        let second = Signer::new("second");
        it.key_sets.publish(KEYS_URL, [&second]);
        it.world.opens(&old);
        let new = Secret::new(second.token(&it.claims()));
        it.world.opens(&new);
        assert_eq!(it.key_sets.fetches(), 2);
        // What is remembered of the old one ended with its key.
        it.world.refuses(&old);
        // A key of the same id is another key.
        it.world.advance(REFETCH_EVERY);
        it.key_sets.publish(KEYS_URL, [&Signer::new("second"), &Signer::new("third")]);
        it.world.refuses(&Secret::new(Signer::new("unknown").token(&it.claims())));
        it.world.refuses(&new);
    });
}

#[test]
fn keys_that_are_only_added_leave_those_who_are_there_in_peace() {
    check(|it| {
        it.define(it.fetching().role("reader"));
        let old = it.good();
        it.world.opens(&old);
        it.world.advance(REFETCH_EVERY);
        let second = Signer::new("second");
        it.key_sets.publish(KEYS_URL, [&it.signer, &second]);
        it.world.opens(&Secret::new(second.token(&it.claims())));
        it.world.opens(&old);
    });
}

#[test]
fn the_last_keys_serve_through_an_outage_and_not_for_ever() {
    check(|it| {
        it.define(it.fetching().role("reader"));
        it.world.opens(&it.good());
        it.key_sets.withdraw(KEYS_URL);
        it.world.advance(23 * 3_600);
        it.world.opens(&it.good());
        it.world.advance(3_600);
        it.world.refuses(&it.good());
        it.key_sets.publish(KEYS_URL, [&it.signer]);
        it.world.advance(REFETCH_EVERY);
        it.world.opens(&it.good());
    });
}

#[test]
fn a_provider_whose_keys_were_never_there_opens_nothing_until_they_are() {
    check(|it| {
        it.key_sets.withdraw(KEYS_URL);
        it.define(it.fetching().role("reader"));
        it.world.refuses(&it.good());
        it.key_sets.publish(KEYS_URL, [&it.signer]);
        it.world.refuses(&it.good());
        it.world.advance(REFETCH_EVERY);
        it.world.opens(&it.good());
    });
}

#[test]
fn key_sets_can_be_fetched_before_anybody_comes() {
    let it = Outside::new(64);
    it.key_sets.withdraw(KEYS_URL);
    it.define(it.fetching().role("reader"));
    it.world.refuses(&it.good());
    it.key_sets.publish(KEYS_URL, [&it.signer]);
    it.world.advance(REFETCH_EVERY);
    it.world.gate.prefetch_key_sets().unwrap();
    // It has begun by now, and whoever comes waits for it.
    assert_eq!(it.world.gate.jwks_stats().fetches, 2);
    it.world.opens(&it.good());
    let stats = it.world.gate.jwks_stats();
    assert_eq!((stats.sets, stats.fetches, stats.failures), (1, 2, 1));
}

#[test]
fn without_a_way_to_fetch_keys_no_provider_can_be_told_to() {
    let it = Outside::with(GateOptions::default());
    let defined = it.try_define(it.fetching());
    assert!(matches!(&defined, Err(Error::Invalid { place, .. }) if place == "jwks_url"), "{defined:?}");
    it.world.opens(&it.good());
}

#[test]
fn what_is_remembered_ends_with_the_provider_as_it_was() {
    check(|it| {
        let good = it.good();
        let right = || it.provider().role("reader");
        let other = key_set([&Signer::new("first")]);
        for (changed_one, opens) in [
            (it.provider().role("author"), true),
            (right().age_max(Duration::from_secs(60)), true),
            (right().token_type("at+jwt"), false),
            (right(), true),
            (it.fetching().role("reader"), true),
            (right().jwks(other), false),
            (changed(right(), |it| it.issuer += "/"), false),
            (right().audience("https://notes.example"), true),
            (it.provider(), false),
            (right(), true),
        ] {
            it.define(changed_one);
            if opens {
                it.world.opens(&good);
            } else {
                it.world.refuses(&good);
            }
        }
        it.world.write(&it.admin(), |tx| tx.delete_provider("staff"));
        it.world.refuses(&good);
        // Another one of the same issuer is as good.
        it.define(changed(right(), |it| it.name += "2"));
        it.world.opens(&good);
        it.world.write(&it.admin(), |tx| {
            tx.delete_provider("staff2")?;
            tx.define_provider(right())
        });
        it.world.opens(&good);
    });
}

#[test]
fn a_provider_that_changes_while_its_keys_are_fetched_is_the_one_that_it_became() {
    type Change = fn(&mut WriteView, Provider) -> Result<()>;
    let changes: [(Change, Option<&[&str]>); 5] = [
        (|tx, right| tx.define_provider(right.role("author")), Some(&["author"])),
        (|tx, right| tx.define_provider(right.role("author").token_type("at+jwt")), None),
        (|tx, _| tx.delete_provider("staff"), None),
        (|tx, _| tx.set_provider_not_before("staff", Some(Timestamp::MAX)), None),
        (
            |tx, right| {
                tx.delete_provider("staff")?;
                tx.define_provider(right.role("author"))
            },
            Some(&["author"]),
        ),
    ];
    for (change, roles) in changes {
        check(|it| {
            it.key_sets.withdraw(KEYS_URL);
            it.define(it.fetching().role("reader"));
            it.world.refuses(&it.good());
            it.world.advance(REFETCH_EVERY);
            it.key_sets.publish(KEYS_URL, [&it.signer]);
            let (gate, admin, provider) = (it.world.gate.clone(), it.admin(), it.fetching());
            it.key_sets.meanwhile(move || {
                let mut view = gate.begin_write(&admin).unwrap();
                change(&mut view, provider).unwrap();
                view.commit(Durability::Immediate).unwrap();
            });
            match roles {
                Some(roles) => assert_eq!(it.roles(&it.good()), roles),
                None => it.world.refuses(&it.good()),
            }
            assert_eq!(it.key_sets.fetches(), 2);
        });
    }
}

#[test]
fn a_provider_that_never_holds_still_is_a_conflict_and_no_endless_work() {
    for principals_max in [0, 64] {
        let mut kept = None;
        let open = |options| Ok::<Arc<dyn Engine>, _>(kept.insert(Disturbed::new(options)?).clone());
        let (options, clock) = timed(GateOptions { principals_max, ..GateOptions::default() });
        let (gate, root) = Gate::create_on(open, &options).unwrap();
        let engine = kept.unwrap();
        let world = crate::world::World { gate, admin: root, clock };
        world.write(&world.admin, |tx| tx.create_database(&path("acme")));
        let (admin, signer) = (world.inside("acme"), Signer::new("first"));
        let staff = Provider::new("staff", ISSUER).jwks(key_set([&signer])).algorithm(signer.algorithm());
        let staff = staff.role("reader");
        world.write(&admin, |tx| {
            tx.define_role(Role::new("reader"))?;
            tx.define_provider(&staff)
        });
        let exp = world.clock_now().0 / 1_000_000 + 60;
        let claims = json!({"iss": ISSUER, "aud": audience(&world, "acme"), "sub": "ann", "exp": exp});
        let good = Secret::new(signer.token(&claims));
        world.opens(&good);
        // It is altered each time before anybody looks at it, and each time takes the token as before.
        let altered = Arc::new(AtomicUsize::new(0));
        let (gate, count) = (world.gate.clone(), altered.clone());
        engine.before_readers(move || {
            let turn = count.fetch_add(1, Ordering::Relaxed);
            let leeway = Duration::from_secs(1 + u64::try_from(turn % 50).unwrap());
            let mut view = gate.begin_write(&admin).unwrap();
            view.define_provider(staff.clone().leeway(leeway)).unwrap();
            view.commit(Durability::Immediate).unwrap();
        });
        assert!(matches!(world.gate.begin_read(&good), Err(Error::Conflict)));
        assert!(matches!(world.gate.begin_write(&good), Err(Error::Conflict)));
        assert!((4..20).contains(&altered.load(Ordering::Relaxed)), "{altered:?}");
        engine.calm();
        world.opens(&good);
    }
}

#[test]
fn a_token_is_good_as_long_as_it_says_however_the_clock_jumps() {
    check(|it| {
        it.define(it.provider().role("reader").leeway(Duration::from_secs(10)));
        let good = it.jwt(|claims| claims["nbf"] = json!(it.seconds() + 100));
        let beginning = 100 - 10;
        let end = 3_600 + 10;
        for (at, opens) in [
            (0, false),
            (beginning - 1, false),
            (beginning, true),
            (end - 1, true),
            (end, false),
            (end - 1, true),
            (0, false),
            (i64::from(i32::MAX), false),
            (beginning, true),
            (-3_600, false),
            (end - 1, true),
            (-1, false),
        ] {
            it.at(at);
            if opens {
                it.world.opens(&good);
            } else {
                it.world.refuses(&good);
            }
        }
    });
}

#[test]
fn who_somebody_is_that_ends_is_found_by_what_the_clock_says_however_it_jumps() {
    check(|it| {
        it.define(it.provider().role("reader").identity("users", ["issuer", "subject"]));
        let until = Expiry::At(it.world.later(10));
        let user = json!({"issuer": ISSUER, "subject": "ann"});
        it.world.write(&it.admin(), |tx| tx.add("users").id("u1").expires(until).create(user));
        let good = it.good();
        for (at, who) in
            [(0, Some("u1")), (10, None), (9, Some("u1")), (3_000, None), (10, None), (0, Some("u1"))]
        {
            it.at(at);
            assert_eq!(it.identity(&good).as_deref(), who, "at {at}");
            let written = it.world.gate.begin_write(&good).unwrap();
            assert_eq!(written.principal().unwrap().identity().map(Identity::document), who, "at {at}");
        }
    });
}

#[test]
fn a_token_is_too_old_when_its_provider_says_so() {
    check(|it| {
        let (good, silent) = (it.good(), it.without("iat"));
        it.world.opens(&silent);
        it.define(it.provider().role("reader").age_max(Duration::from_secs(60)));
        it.world.refuses(&silent);
        let ends = it.world.read(&good, |tx| Ok(tx.principal()?.expires_at()));
        assert_eq!(ends, Some(it.world.later(60)));
        it.at(59);
        it.world.opens(&good);
        it.at(60);
        it.world.refuses(&good);
    });
}

#[test]
fn a_holder_is_whoever_the_users_say_at_that_moment() {
    check(|it| {
        it.define(it.provider().role("reader").identity("users", ["issuer", "subject"]));
        let good = it.good();
        assert_eq!(it.identity(&good), None);
        it.user("u1", "ann");
        assert_eq!(it.identity(&good).as_deref(), Some("u1"));
        // Another issuer's subject of that name is somebody else, and so is another subject.
        it.world.write(&it.admin(), |tx| tx.patch("users", "u1", json!({"issuer": "https://other.example"})));
        assert_eq!(it.identity(&good), None);
        it.user("u2", "Ann");
        assert_eq!(it.identity(&good), None);
        it.world.write(&it.admin(), |tx| tx.patch("users", "u2", json!({"subject": "ann"})));
        assert_eq!(it.identity(&good).as_deref(), Some("u2"));
        it.world.write(&it.admin(), |tx| tx.rename_collection("users", "people"));
        assert_eq!(it.identity(&good).as_deref(), Some("u2"));
        assert_eq!(it.roles(&good), ["member", "reader"]);
        it.world.write(&it.admin(), |tx| tx.delete("people", "u2"));
        assert_eq!(it.identity(&good), None);
        it.world.write(&it.admin(), |tx| {
            tx.change("people", "u1").replace(json!({"issuer": ISSUER, "subject": "ann"}))
        });
        assert_eq!(it.identity(&good).as_deref(), Some("u1"));
        it.world.write(&it.admin(), |tx| {
            tx.change("people", "u1").expires(Expiry::At(it.world.later(60))).patch(json!({}))
        });
        assert_eq!(it.world.read(&good, |tx| Ok(tx.principal()?.expires_at())), Some(it.world.later(60)));
        it.at(60);
        assert_eq!(it.identity(&good), None);
    });
}

#[test]
fn only_a_document_with_just_the_two_texts_is_a_holder() {
    check(|it| {
        it.define(it.provider().role("reader").identity("users", ["issuer", "subject"]));
        let good = it.good();
        // These have entries in the index as if each of their elements were meant with each.
        for strange in [
            json!({"issuer": [ISSUER, "https://other.example"], "subject": ["bob", "ann"]}),
            json!({"issuer": ISSUER, "subject": ["ann"]}),
            json!({"issuer": [ISSUER], "subject": "ann"}),
        ] {
            it.world.write(&it.admin(), |tx| tx.create_with_id("users", "u1", strange.clone()));
            assert_eq!(it.identity(&good), None, "{strange}");
            it.world.write(&it.admin(), |tx| tx.delete("users", "u1"));
        }
        it.user("u1", "ann");
        assert_eq!(it.identity(&good).as_deref(), Some("u1"));
    });
}

#[test]
fn without_its_index_a_mapping_opens_nothing() {
    check(|it| {
        it.define(it.provider().role("reader").identity("users", ["issuer", "subject"]));
        it.user("u1", "ann");
        let good = it.good();
        let open = it.world.gate.begin_read(&good).unwrap();
        let unique = || Collection::new("users").unique(["issuer", "subject"]);
        for without in [
            Collection::new("users"),
            Collection::new("users").index(["issuer", "subject"]),
            Collection::new("users").unique(["subject", "issuer"]),
        ] {
            it.world.write(&it.admin(), |tx| tx.define(without));
            it.world.refuses(&good);
            assert!(matches!(open.get("notes", "n1"), Err(Error::Unauthenticated)));
            it.world.write(&it.admin(), |tx| tx.define(unique()));
            it.world.opens(&good);
        }
        it.world.write(&it.admin(), |tx| tx.drop_collection("users"));
        it.world.refuses(&good);
        // Another collection of the name is another collection.
        it.world.write(&it.admin(), |tx| tx.define(unique()));
        it.world.refuses(&good);
        let described = it.world.read(&it.admin(), |tx| tx.provider("staff")).unwrap();
        assert_eq!(described.definition.identity, None);
        it.define(it.provider().role("reader").identity("users", ["issuer", "subject"]));
        it.world.opens(&good);
    });
}

#[test]
fn an_identity_is_looked_up_by_fields_however_deep() {
    check(|it| {
        it.world.write(&it.admin(), |tx| {
            tx.define(Collection::new("people").unique(["login.issuer", "login.subject"]))?;
            tx.create_with_id("people", "p1", json!({"login": {"issuer": ISSUER, "subject": "ann"}}))
        });
        it.define(it.provider().role("reader").identity("people", ["login.issuer", "login.subject"]));
        assert_eq!(it.identity(&it.good()).as_deref(), Some("p1"));
    });
}

#[test]
fn an_audience_that_two_databases_share_leads_nowhere() {
    check(|it| {
        let world = &it.world;
        let shared = "https://api.example";
        it.define(it.provider().role("reader").audience(shared));
        let good = it.jwt(|claims| claims["aud"] = json!(shared));
        world.opens(&good);
        let beta = world.inside("beta");
        world.write(&beta, |tx| {
            tx.define_role(Role::new("reader").allow("notes", Action::Read))?;
            tx.define_provider(it.provider().role("reader").audience(shared))
        });
        world.refuses(&good);
        world.refuses(&it.jwt(|claims| claims["aud"] = json!([it.audience, audience(world, "beta")])));
        assert_eq!(world.place(&it.good()), "acme");
        assert_eq!(world.place(&it.jwt(|claims| claims["aud"] = json!(audience(world, "beta")))), "beta");
        // Nor does another issuer's provider of that audience make a difference.
        world.write(&beta, |tx| tx.delete_provider("staff"));
        world.opens(&good);
        world.write(&beta, |tx| {
            let other = changed(it.provider(), |it| it.issuer += "/");
            tx.define_provider(other.role("reader").audience(shared))
        });
        world.opens(&good);
        // It is free for others as soon as its database is gone, or says so.
        it.define(it.provider().role("reader"));
        world.refuses(&good);
        world.write(&beta, |tx| tx.delete_provider("staff"));
        world.write(&beta, |tx| tx.define_provider(it.provider().role("reader").audience(shared)));
        assert_eq!(world.place(&good), "beta");
        world.write(&world.admin, |tx| tx.delete_database(&path("beta")));
        world.refuses(&good);
        it.define(it.provider().role("reader").audience(shared));
        assert_eq!(world.place(&good), "acme");
    });
}

#[test]
fn the_holder_of_a_jwt_calls_procedures_as_itself() {
    let who = Procedure::new("who", |call, (): ()| {
        let view = call.begin_read()?;
        let me = view.principal()?;
        assert_eq!(me.kind(), portunus_auth::PrincipalKind::Jwt);
        let roles = me.roles().iter().map(ToString::to_string).collect::<Vec<_>>();
        Ok((me.identity().map(|own| own.document().to_owned()), roles))
    });
    for principals_max in [0, 64] {
        let it = Outside::with(GateOptions {
            principals_max,
            procedures: vec![who.clone()],
            ..GateOptions::default()
        });
        it.world.write(&it.admin(), |tx| {
            tx.define_procedure("who", Some("server"))?;
            tx.define_role(Role::new("caller").allow_call("who"))
        });
        it.define(it.provider().role("caller").role("reader").identity("users", ["issuer", "subject"]));
        it.user("u1", "ann");
        let called: (Option<String>, Vec<String>) = it.world.gate.call(&it.good(), "who", ()).unwrap();
        assert_eq!(called, (Some("u1".into()), vec!["server".into()]));
        it.define(it.provider().role("reader"));
        denied(it.world.gate.call::<_, (Option<String>, Vec<String>)>(&it.good(), "who", ()));
    }
}

#[test]
fn the_holder_of_a_jwt_has_no_tokens_of_its_own_to_look_after() {
    check(|it| {
        it.define(it.provider().role("reader").identity("users", ["issuer", "subject"]));
        it.user("u1", "ann");
        let made = it.world.write(&it.admin(), |tx| tx.create_token(NewToken::new("users", "u1")));
        let mut view = it.world.gate.begin_write(&it.good()).unwrap();
        denied(view.own_tokens());
        denied(view.logout(portunus_auth::Logout::Everywhere));
        assert!(view.token(made.id).unwrap().is_none());
        crate::world::not_found(view.delete_token(made.id));
    });
}

#[test]
fn many_holders_at_once_are_each_themselves() {
    let it = Outside::new(8);
    it.define(it.fetching().role("reader").identity("users", ["issuer", "subject"]));
    for number in 0..32 {
        it.user(&format!("u{number}"), &format!("s{number}"));
    }
    let secrets: Vec<Secret> =
        (0..32).map(|number| it.jwt(|claims| claims["sub"] = json!(format!("s{number}")))).collect();
    std::thread::scope(|scope| {
        for turn in 0..4 {
            let (it, secrets) = (&it, &secrets);
            scope.spawn(move || {
                for number in (0..32).cycle().skip(turn * 8).take(128) {
                    assert_eq!(it.identity(&secrets[number]), Some(format!("u{number}")));
                }
            });
        }
    });
}

#[test]
fn a_writer_depends_on_what_its_token_rests_on() {
    check(|it| {
        it.define(it.provider().role("author").identity("users", ["issuer", "subject"]));
        it.user("u1", "ann");
        let good = it.good();
        let ends: [&dyn Fn(); 3] = [
            &|| it.world.write(&it.admin(), |tx| tx.delete("users", "u1")),
            &|| it.user("u1", "ann"),
            &|| it.define(it.provider().role("reader")),
        ];
        for change in ends {
            let mut view = it.world.gate.begin_write(&good).unwrap();
            view.create("notes", json!({})).unwrap();
            change();
            assert!(matches!(view.commit(Durability::Immediate), Err(Error::Conflict)));
        }
    });
}

#[test]
fn writes_to_other_users_disturb_no_open_transaction() {
    check(|it| {
        it.define(it.provider().role("author").identity("users", ["issuer", "subject"]));
        it.user("u1", "ann");
        it.user("u2", "bob");
        let mut view = it.world.gate.begin_write(&it.good()).unwrap();
        view.create("notes", json!({})).unwrap();
        it.world.write(&it.admin(), |tx| tx.patch("users", "u2", json!({"name": "Bob"})));
        view.create("notes", json!({})).unwrap();
        view.commit(Durability::Immediate).unwrap();
    });
}

#[test]
fn a_definition_comes_back_as_it_was_written() {
    check(|it| {
        let full: Provider = it
            .fetching()
            .role("reader")
            .audience("https://notes.example")
            .identity("users", ["issuer", "subject"])
            .age_max(Duration::from_millis(1_500))
            .leeway(Duration::from_micros(7))
            .token_type("at+jwt");
        it.define(full.clone());
        let found = it.world.read(&it.admin(), ReadView::providers);
        assert_eq!(found.len(), 1);
        assert_eq!((&found[0].definition, &found[0].audience), (&full, &it.audience));
        assert_eq!((found[0].not_before, found[0].created_at), (None, it.world.clock_now()));
    });
}
