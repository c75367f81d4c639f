//! Tokens: made, listed, ended; what each holder may do with those of its own identity, and when they were last used.

use crate::world::{START, World, check, denied, invalid, not_found};
use portunus_auth::{
    Action, Durability, Error, Gate, GateOptions, Logout, ManualClock, NewToken, PublicId, ReadView,
    Resource, Role, Secret, Timestamp, TreeOptions,
};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

fn settled(test: impl Fn(&World)) {
    check(|world| {
        world.settle("");
        test(world);
    });
}

fn logout(world: &World, secret: &Secret, which: Logout) -> usize {
    world.write(secret, |tx| tx.logout(which))
}

#[test]
fn a_logout_ends_this_token_or_all_or_all_but_this() {
    settled(|world| {
        let token = |id: &str| world.token("", id).secret;
        let (phone, laptop, watch, bob) = (token("ann"), token("ann"), token("ann"), token("bob"));
        assert_eq!(logout(world, &phone, Logout::Here), 1);
        world.refuses(&phone);
        for secret in [&laptop, &watch, &bob] {
            world.opens(secret);
        }
        let phone = token("ann");
        assert_eq!(logout(world, &laptop, Logout::Elsewhere), 2);
        for secret in [&phone, &watch] {
            world.refuses(secret);
        }
        for secret in [&laptop, &bob] {
            world.opens(secret);
        }
        assert_eq!(logout(world, &laptop, Logout::Elsewhere), 0);
        let phone = token("ann");
        assert_eq!(logout(world, &laptop, Logout::Everywhere), 2);
        for secret in [&phone, &laptop] {
            world.refuses(secret);
        }
        world.opens(&bob);
        // A key has nothing to log out of, whatever it may do.
        for secret in [&world.admin, &world.key("", "server").1, &world.as_document("", "ann")] {
            for which in [Logout::Here, Logout::Everywhere, Logout::Elsewhere] {
                denied(world.try_write(secret, |tx| tx.logout(which)));
            }
        }
    });
}

#[test]
fn tokens_that_ended_by_themselves_do_not_count() {
    settled(|world| {
        let short = NewToken::new("users", "ann").ttl(Duration::from_secs(5));
        world.write(&world.admin, |tx| tx.create_token(&short));
        let ann = world.token("", "ann").secret;
        assert_eq!(world.read(&ann, ReadView::own_tokens).len(), 2);
        world.advance(5);
        assert_eq!(world.read(&ann, ReadView::own_tokens).len(), 1);
        assert_eq!(world.read(&world.admin, |tx| tx.tokens_of("users", "ann")).len(), 1);
        assert_eq!(logout(world, &ann, Logout::Everywhere), 1);
    });
}

#[test]
fn a_holder_lists_and_ends_the_tokens_of_its_own_identity_alone() {
    settled(|world| {
        let (phone, laptop, bob) = (world.token("", "ann"), world.token("", "ann"), world.token("", "bob"));
        world.settle("acme");
        let namesake = world.token("acme", "ann");
        let view = world.gate.begin_read(&phone.secret).unwrap();
        let mut own: Vec<PublicId> = view.own_tokens().unwrap().iter().map(|token| token.id).collect();
        own.sort_unstable();
        let mut expected = vec![phone.id, laptop.id];
        expected.sort_unstable();
        assert_eq!(own, expected);
        assert!(view.token(laptop.id).unwrap().is_some());
        for other in [bob.id, namesake.id] {
            assert!(view.token(other).unwrap().is_none());
            not_found(world.try_write(&phone.secret, |tx| tx.delete_token(other)));
        }
        let unknown: PublicId = "00000000000".parse().unwrap();
        not_found(world.try_write(&phone.secret, |tx| tx.delete_token(unknown)));
        world.write(&phone.secret, |tx| tx.delete_token(laptop.id));
        world.refuses(&laptop.secret);
        for secret in [&bob.secret, &namesake.secret] {
            world.opens(secret);
        }
        // Those of another database are not there for its administrator either.
        assert!(world.read(&world.admin, |tx| tx.token(namesake.id)).is_none());
        not_found(world.try_write(&world.admin, |tx| tx.delete_token(namesake.id)));
        not_found(world.try_write(&world.admin, |tx| tx.retarget_token(namesake.id, "users", "ann")));
        not_found(world.try_write(&world.admin, |tx| tx.set_token_expiry(namesake.id, None)));
        // Who acts as a document by a key holds no token, and has none of a holder's rights.
        let acting = world.as_document("", "bob");
        assert!(world.read(&acting, |tx| tx.token(bob.id)).is_none());
        not_found(world.try_write(&acting, |tx| tx.delete_token(bob.id)));
    });
}

#[test]
fn the_data_of_a_token_is_kept_and_has_limits() {
    settled(|world| {
        let with = |data: &serde_json::Value| {
            let token = NewToken::new("users", "ann").data(data)?;
            world.try_write(&world.admin, |tx| tx.create_token(&token))
        };
        let data = json!({"device": "phone", "places": [1, 2.5, null, "é"]});
        let made = with(&data).unwrap();
        let kept = world.read(&made.secret, |tx| tx.token(made.id)).unwrap().data;
        assert_eq!(kept, portunus_auth::to_value(&data).unwrap());
        let nested = |depth: usize| (0..depth).fold(json!(1), |value, _| json!([value]));
        with(&nested(8)).unwrap();
        invalid(with(&nested(9)));
        invalid(with(&nested(100)));
        with(&json!("x".repeat(4_000))).unwrap();
        let too_large = with(&json!("x".repeat(4_097))).unwrap_err();
        assert!(matches!(too_large, Error::Limit { what: "token data", .. }), "{too_large:?}");
        // What is too deep does not hide that it is too large as well.
        invalid(with(&json!([nested(9), "x".repeat(1 << 20)])));
    });
}

#[test]
fn an_identity_has_so_many_tokens_and_no_more_until_some_have_gone() {
    let world = World::new(64);
    world.settle("");
    let lasting = NewToken::new("users", "ann");
    let passing = NewToken::new("users", "ann").ttl(Duration::from_secs(60));
    let first = world.write(&world.admin, |tx| {
        for _ in 0..998 {
            tx.create_token(&passing)?;
        }
        tx.create_token(&lasting)?;
        tx.create_token(&lasting)
    });
    let one_more = || world.try_write(&world.admin, |tx| tx.create_token(&lasting));
    let too_many = one_more().unwrap_err();
    assert!(matches!(too_many, Error::Limit { max: 1_000, .. }), "{too_many:?}");
    let bob = world.token("", "bob");
    let retargeted = world.try_write(&world.admin, |tx| tx.retarget_token(bob.id, "users", "ann"));
    assert!(matches!(retargeted, Err(Error::Limit { .. })), "{retargeted:?}");
    world.write(&world.admin, |tx| tx.delete_token(first.id));
    one_more().unwrap();
    assert!(one_more().is_err());
    // Those that have ended take no room, whether or not they have been collected.
    world.advance(60);
    one_more().unwrap();
    world.gate.sweep(10_000).unwrap();
    one_more().unwrap();
    assert_eq!(world.read(&world.admin, |tx| tx.tokens_of("users", "ann")).len(), 4);
    assert_eq!(world.read(&world.admin, ReadView::check).problems, Vec::<String>::new());
}

fn last_used(world: &World, id: PublicId) -> Option<Timestamp> {
    world.read(&world.admin, |tx| tx.token(id)).unwrap().last_used_at
}

#[test]
fn the_last_use_of_a_token_is_noted_coarsely_and_never_before_it_was_used() {
    let world = World::new(64);
    world.settle("");
    let token = world.token("", "ann");
    assert_eq!(last_used(&world, token.id), None);
    world.refuses(&token.secret.scoped(&crate::world::scope("#admin")));
    assert_eq!(last_used(&world, token.id), None, "a refusal is no use");
    world.opens(&token.secret);
    assert_eq!(last_used(&world, token.id), Some(START));
    world.advance(10);
    world.opens(&token.secret);
    assert_eq!(last_used(&world, token.id), Some(START), "some seconds do not matter");
    world.advance(600);
    world.opens(&token.secret);
    assert_eq!(last_used(&world, token.id), Some(world.clock_now()));
    // It is brought to the store by the sweep, in a commit that raises no epoch: nobody is proven again for it.
    let commits = world.gate.stats().commits;
    world.gate.sweep(10).unwrap();
    assert_eq!(world.gate.stats().commits, commits + 1);
    world.gate.sweep(10).unwrap();
    assert_eq!(world.gate.stats().commits, commits + 1, "there is nothing new to bring");
    assert_eq!(last_used(&world, token.id), Some(world.clock_now()));
    // What was noted of a token that is gone is noted nowhere.
    let other = world.token("", "bob");
    world.opens(&other.secret);
    world.write(&world.admin, |tx| tx.delete("users", "bob"));
    world.write(&world.admin, |tx| tx.delete("users", "ann"));
    world.gate.sweep(10).unwrap();
    assert_eq!(world.read(&world.admin, ReadView::check).problems, Vec::<String>::new());
}

#[test]
fn the_last_use_of_a_token_survives_the_end_of_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("store");
    let clock = Arc::new(ManualClock::new(START));
    let tree = TreeOptions { clock: clock.clone(), ..TreeOptions::default() };
    let options = GateOptions { tree, ..GateOptions::default() };
    let (gate, admin) = Gate::create(&file, &options).unwrap();
    let mut tx = gate.begin_write(&admin).unwrap();
    tx.define(portunus_auth::Collection::new("users")).unwrap();
    tx.create_with_id("users", "ann", json!({})).unwrap();
    let used = tx.create_token(NewToken::new("users", "ann")).unwrap();
    let idle = tx.create_token(NewToken::new("users", "ann")).unwrap();
    tx.commit(Durability::Immediate).unwrap();
    clock.advance(Duration::from_secs(7));
    gate.begin_read(&used.secret).unwrap();
    gate.close().unwrap();
    drop(gate);
    let gate = Gate::open(&file, &options).unwrap();
    let view = gate.begin_read(&admin).unwrap();
    let last = |id| view.token(id).unwrap().unwrap().last_used_at;
    assert_eq!(last(used.id), Some(Timestamp(START.0 + 7_000_000)));
    assert_eq!(last(idle.id), None);
}

#[test]
fn uses_of_more_tokens_than_one_transaction_holds_are_brought_in_several() {
    let clock = Arc::new(ManualClock::new(START));
    let tree = TreeOptions { clock, transaction_bytes_max: 8_000, ..TreeOptions::default() };
    let (gate, admin) = Gate::create_in_memory(&GateOptions { tree, ..GateOptions::default() }).unwrap();
    let write = |run: &dyn Fn(&mut portunus_auth::WriteView) -> portunus_auth::Result<Secret>| {
        let mut tx = gate.begin_write(&admin).unwrap();
        let secret = run(&mut tx).unwrap();
        tx.commit(Durability::Immediate).unwrap();
        secret
    };
    write(&|tx| {
        tx.define(portunus_auth::Collection::new("users"))?;
        tx.create_with_id("users", "ann", json!({}))?;
        Ok(Secret::from(""))
    });
    let tokens: Vec<Secret> =
        (0..200).map(|_| write(&|tx| Ok(tx.create_token(NewToken::new("users", "ann"))?.secret))).collect();
    for token in &tokens {
        gate.begin_read(token).unwrap();
    }
    gate.sweep(10).unwrap();
    let listed = gate.begin_read(&admin).unwrap().tokens_of("users", "ann").unwrap();
    assert_eq!(listed.iter().filter(|token| token.last_used_at == Some(START)).count(), 200);
}

#[test]
fn a_token_that_is_given_away_ends_what_the_old_holder_had_open() {
    settled(|world| {
        world.write(&world.admin, |tx| {
            tx.define_role(
                Role::new("author")
                    .member("users")
                    .allow("notes", Action::Read)
                    .allow("notes", Action::Create),
            )
        });
        let token = world.token("", "ann");
        let reader = world.gate.begin_read(&token.secret).unwrap();
        let mut writer = world.gate.begin_write(&token.secret).unwrap();
        writer.create("notes", json!({})).unwrap();
        world.write(&world.admin, |tx| tx.retarget_token(token.id, "users", "bob"));
        assert!(matches!(reader.get("notes", "n1"), Err(Error::Conflict)));
        assert!(matches!(reader.own_tokens(), Err(Error::Conflict)));
        assert!(matches!(writer.commit(Durability::Immediate), Err(Error::Conflict)));
        world.opens(&token.secret);
        assert_eq!(world.read(&world.admin, |tx| tx.query("notes").count()), 1);
    });
}

#[test]
fn an_expiry_that_is_moved_counts_at_once() {
    settled(|world| {
        let token = world.token("", "ann");
        let view = world.gate.begin_read(&token.secret).unwrap();
        world.write(&world.admin, |tx| tx.set_token_expiry(token.id, Some(world.later(10))));
        world.opens(&token.secret);
        world.advance(10);
        world.refuses(&token.secret);
        assert!(matches!(view.own_tokens(), Err(Error::Unauthenticated)));
        world.gate.sweep(10).unwrap();
        assert!(world.read(&world.admin, |tx| tx.tokens_of("users", "ann")).is_empty());
        // Longer, and then for good.
        let token = world.token("", "ann");
        for at in [Some(world.later(20)), Some(world.later(30)), None] {
            world.write(&world.admin, |tx| tx.set_token_expiry(token.id, at));
            assert_eq!(world.read(&world.admin, |tx| tx.token(token.id)).unwrap().expires_at, at);
        }
        world.advance(100);
        assert_eq!(world.gate.sweep(10).unwrap(), 0);
        world.opens(&token.secret);
        assert_eq!(world.read(&world.admin, ReadView::check).problems, Vec::<String>::new());
    });
}

#[test]
fn holders_of_tokens_of_one_collection_do_not_get_in_each_other_s_way() {
    settled(|world| {
        world.write(&world.admin, |tx| {
            let role = Role::new("author").member("users").allow("users", Action::Read);
            tx.define_role(role.allow("users", Action::Write).allow("notes", Action::Create))
        });
        let (ann, bob) = (world.token("", "ann"), world.token("", "bob"));
        let mut one = world.gate.begin_write(&ann.secret).unwrap();
        let mut other = world.gate.begin_write(&bob.secret).unwrap();
        one.patch("users", "ann", json!({"seen": 1})).unwrap();
        other.patch("users", "bob", json!({"seen": 1})).unwrap();
        let mut third = world.gate.begin_write(&world.token("", "ann").secret).unwrap();
        third.create("notes", json!({})).unwrap();
        other.commit(Durability::Immediate).unwrap();
        third.commit(Durability::Immediate).unwrap();
        one.commit(Durability::Immediate).unwrap();
        // What changes the document that one is changes what one is.
        let mut late = world.gate.begin_write(&ann.secret).unwrap();
        late.create("notes", json!({})).unwrap();
        world.write(&world.admin, |tx| tx.patch("users", "ann", json!({"seen": 2})));
        assert!(matches!(late.commit(Durability::Immediate), Err(Error::Conflict)));
    });
}

#[test]
fn a_right_to_see_tokens_is_one_on_tokens_and_not_on_who_they_are_for() {
    settled(|world| {
        world.write(&world.admin, |tx| {
            tx.define_role(Role::new("seer").allow_every(Resource::Token, Action::Read))
        });
        let (ann, seer) = (world.token("", "ann"), world.key("", "seer").1);
        let view = world.gate.begin_read(&seer).unwrap();
        assert_eq!(view.tokens_of("users", "ann").unwrap().len(), 1);
        assert!(view.get("users", "ann").unwrap().is_none());
        for (collection, document) in [("ghosts", "ann"), ("users", ""), ("users", "nobody"), ("", "")] {
            assert!(view.tokens_of(collection, document).unwrap().is_empty());
        }
        assert!(view.tokens_of("users", &"x".repeat(100_000)).unwrap().is_empty());
        denied(world.try_write(&seer, |tx| tx.delete_token(ann.id)));
        denied(view.own_tokens());
    });
}
