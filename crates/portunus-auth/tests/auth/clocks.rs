//! Secrets under clocks that jump, forward and back, and to the ends of time. JWTs are told of in their own file.

use crate::people::{People, RIGHT, login};
use crate::world::{START, World, path};
use portunus_auth::{Durability, Error, Expiry, NewKey, NewToken, ReadView, RefreshTerms, Secret, Timestamp};
use serde_json::json;
use std::time::Duration;

/// So many seconds after everything began.
fn at(world: &World, seconds: i64) {
    world.clock.set(Timestamp(START.0 + seconds * 1_000_000));
}

/// Secrets that are good for ten seconds from the beginning on, each with what it is called.
fn passing(world: &World) -> [(&'static str, Secret); 4] {
    let end = world.later(10);
    world.write(&world.admin, |tx| {
        let until = Expiry::At(end);
        tx.add("users").id("cid").expires(until).create(json!({}))?;
        let key = tx.create_key(NewKey::new("server").expires_at(end))?.secret;
        Ok([
            ("a key that acts as a document", key.scoped(&"#@doc/users/bob".parse()?)),
            ("a key", key),
            ("a token", tx.create_token(NewToken::new("users", "ann").expires_at(end))?.secret),
            ("a token of a document", tx.create_token(NewToken::new("users", "cid"))?.secret),
        ])
    })
}

#[test]
fn a_secret_is_good_by_what_the_clock_says_however_it_jumps() {
    for principals_max in [0, 64] {
        let world = World::new(principals_max);
        world.settle("");
        let secrets = passing(&world);
        for (seconds, opens) in [
            (0, true),
            (9, true),
            (10, false),
            (9, true),
            (i64::from(u32::MAX), false),
            (0, true),
            (-3_600, true),
            (10, false),
            (5, true),
        ] {
            at(&world, seconds);
            for (what, secret) in &secrets {
                println!("{what} at {seconds}");
                if opens { world.opens(secret) } else { world.refuses(secret) }
            }
        }
    }
}

#[test]
fn what_a_jump_has_ended_for_a_transaction_or_collected_stays_ended() {
    for principals_max in [0, 64] {
        let world = World::new(principals_max);
        world.settle("");
        let secrets = passing(&world);
        let open = secrets.clone().map(|(_, secret)| {
            (world.gate.begin_read(&secret).unwrap(), world.gate.begin_write(&secret).unwrap())
        });
        at(&world, 1_000_000);
        let over = |view: &ReadView| assert!(matches!(view.principal(), Err(Error::Unauthenticated)));
        open.iter().for_each(|(reader, writer)| {
            over(reader);
            over(writer);
        });
        at(&world, 0);
        for (reader, writer) in open {
            over(&reader);
            assert!(matches!(writer.commit(Durability::Immediate), Err(Error::Unauthenticated)));
        }
        secrets.iter().for_each(|(_, secret)| world.opens(secret));
        // What has been collected meanwhile is gone. A key is not: its expiry can be moved.
        at(&world, 1_000_000);
        while world.gate.sweep(100).unwrap() > 0 {}
        at(&world, 0);
        for (what, secret) in &secrets {
            println!("{what}");
            if what.starts_with("a key") { world.opens(secret) } else { world.refuses(secret) }
        }
        assert_eq!(world.read(&world.admin, ReadView::check).problems, Vec::<String>::new());
    }
}

#[test]
fn a_login_is_carried_on_by_what_the_clock_says() {
    let people = People::new();
    let world = &people.world;
    let minute = Duration::from_secs(60);
    let terms = RefreshTerms { idle: 10 * minute, absolute: 60 * minute };
    let begun = world.clock_now();
    let first = world.gate.login(&people.app, login("ann", RIGHT).ttl(minute).refresh(terms)).unwrap();
    let refresh = first.refresh.unwrap().secret;
    // Set back, before the login itself: what it gives ends as soon as by the clock from before, or sooner.
    world.clock.set(Timestamp(begun.0 - 3_600_000_000));
    world.opens(&first.secret);
    let second = world.gate.refresh(&refresh).unwrap();
    assert!(second.expires_at < first.expires_at);
    // Forward beyond its end, and back: it is as good as it was.
    let refresh = second.refresh.unwrap().secret;
    world.clock.set(begun.saturating_add(61 * minute));
    assert!(matches!(world.gate.refresh(&refresh), Err(Error::Unauthenticated)));
    world.clock.set(begun);
    assert!(matches!(world.gate.refresh(&refresh), Err(Error::Unauthenticated)), "it has waited too long");
    world.clock.set(Timestamp(begun.0 - 3_600_000_000));
    world.opens(&world.gate.refresh(&refresh).unwrap().secret);
}

#[test]
fn at_the_ends_of_time_nothing_goes_round() {
    for principals_max in [0, 64] {
        for instant in [Timestamp::MAX, Timestamp::MIN, Timestamp(0), Timestamp(-1)] {
            let world = World::new(principals_max);
            world.settle("");
            let [(_, acting), (_, key), (_, token), (_, of_document)] = passing(&world);
            world.clock.set(instant);
            let ended = instant > START;
            for secret in [&acting, &key, &token, &of_document] {
                if ended { world.refuses(secret) } else { world.opens(secret) }
            }
            // Whatever is begun then either ends later than it begins, or is refused.
            world.opens(&world.admin);
            let long = NewToken::new("users", "ann").ttl(Duration::MAX);
            match world.try_write(&world.admin, |tx| tx.create_token(&long)) {
                Ok(made) => world.opens(&made.secret),
                Err(error) => assert!(instant == Timestamp::MAX && matches!(error, Error::Invalid { .. })),
            }
            world.write(&world.admin, |tx| tx.create_with_id("notes", "n2", json!({})));
            world.clock.set(START);
            assert!(world.read(&world.admin, |tx| tx.exists("notes", "n2")));
            assert_eq!(world.read(&world.admin, ReadView::check).problems, Vec::<String>::new());
        }
    }
}

// The same for what has no end of its own: a database that is closed and opened again gives everybody back what they had.
#[test]
fn acceptance_147_an_enabled_database_is_open_to_the_tokens_that_it_had() {
    for principals_max in [0, 64] {
        let world = World::new(principals_max);
        world.settle("acme/eu");
        let secrets = [world.token("acme/eu", "ann").secret, world.as_document("acme/eu", "bob")];
        for place in ["acme", "acme/eu"] {
            world.write(&world.admin, |tx| tx.disable_database(&path(place)));
            secrets.iter().for_each(|secret| world.refuses(secret));
            world.write(&world.admin, |tx| tx.enable_database(&path(place)));
            secrets.iter().for_each(|secret| world.opens(secret));
        }
    }
}
