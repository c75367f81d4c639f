//! Refresh tokens: good once, for one pair after the other, until the login ends in one of many ways.

use crate::people::{People, RIGHT, commit, login, password, timed};
use crate::world::{World, constraint, path};
use portunus_auth::{
    Collection, Error, Gate, GateOptions, Logout, NewToken, ReadView, RefreshTerms, Secret, Session, Sessions,
};
use serde_json::json;
use std::thread;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

/// A login whose token lives ten minutes, whose refresh token waits an hour, and that lasts for three.
fn begin(people: &People, name: &str) -> Session {
    let terms = RefreshTerms { idle: 60 * MINUTE, absolute: 180 * MINUTE };
    let login = login(name, RIGHT).ttl(10 * MINUTE).refresh(terms).data(json!({"device": "phone"})).unwrap();
    people.world.gate.login(&people.app, login).unwrap()
}

fn refresh_of(session: &Session) -> Secret {
    session.refresh.as_ref().unwrap().secret.clone()
}

/// That a refresh token is good for nothing, and that nothing is told but that.
#[track_caller]
fn good_for_nothing(gate: &Gate, secret: &Secret) {
    let error = gate.refresh(secret).unwrap_err();
    assert!(matches!(error, Error::Unauthenticated), "{error:?}");
    assert_eq!(format!("{error} {error:?}"), "unauthenticated Unauthenticated");
}

#[test]
fn a_login_is_carried_on_by_one_pair_after_the_other() {
    let people = People::new();
    let world = &people.world;
    let mut session = begin(&people, "ann");
    let family = session.refresh.as_ref().unwrap().id;
    for _ in 0..20 {
        world.advance(60);
        world.opens(&session.secret);
        let next = world.gate.refresh(&refresh_of(&session)).unwrap();
        world.refuses(&session.secret);
        world.opens(&next.secret);
        assert_ne!(next.id, session.id);
        assert_eq!(next.refresh.as_ref().unwrap().id, family, "the login keeps its name");
        assert_ne!(refresh_of(&next).expose(), refresh_of(&session).expose());
        let tokens = world.read(&next.secret, ReadView::own_tokens);
        assert_eq!(tokens.len(), 2, "however often it is carried on");
        assert!(
            tokens
                .iter()
                .all(|token| token.data == portunus_auth::to_value(&json!({"device": "phone"})).unwrap())
        );
        assert_eq!(tokens.iter().filter(|token| token.is_refresh).count(), 1);
        session = next;
    }
    let me = world.read(&session.secret, |tx| Ok(tx.principal()?.identity().cloned())).unwrap();
    assert_eq!(me.document(), "ann");
}

#[test]
fn a_refresh_token_opens_nothing_and_nothing_else_is_one() {
    let people = People::new();
    let session = begin(&people, "ann");
    let refresh = refresh_of(&session);
    people.world.refuses(&refresh);
    let own = people.world.write(&people.app, |tx| tx.create_token(NewToken::new("users", "ann"))).secret;
    for secret in [
        &people.world.admin,
        &people.app,
        &own,
        &session.secret,
        &Secret::from(""),
        &Secret::from("swordfish"),
        &Secret::from("a.b.c"),
        &Secret::new(refresh.expose().replacen("pr_", "pt_", 1)),
        &refresh.scoped(&"#admin".parse().unwrap()),
        &refresh_of(&begin(&People::new(), "ann")),
    ] {
        good_for_nothing(&people.world.gate, secret);
    }
    people.world.opens(&session.secret);
    people.world.gate.refresh(&refresh).unwrap();
}

#[test]
fn a_refresh_token_that_is_shown_again_ends_its_login_and_no_other() {
    let people = People::new();
    let world = &people.world;
    let (first, other, hers) = (begin(&people, "ann"), begin(&people, "ann"), begin(&people, "eve"));
    let second = world.gate.refresh(&refresh_of(&first)).unwrap();
    let third = world.gate.refresh(&refresh_of(&second)).unwrap();
    world.opens(&third.secret);
    let open = world.gate.begin_read(&third.secret).unwrap();
    good_for_nothing(&world.gate, &refresh_of(&first));
    assert!(matches!(open.own_tokens(), Err(Error::Unauthenticated)), "not even what is open reads on");
    for session in [&first, &second, &third] {
        world.refuses(&session.secret);
        good_for_nothing(&world.gate, &refresh_of(session));
    }
    for session in [&other, &hers] {
        world.opens(&session.secret);
        world.opens(&world.gate.refresh(&refresh_of(session)).unwrap().secret);
    }
}

#[test]
fn a_restart_does_not_forget_which_refresh_tokens_were_used() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store");
    let (options, clock) = timed(GateOptions::default());
    let (gate, admin) = Gate::create(&file, &options).unwrap();
    let hash = gate.hash_password(&password(RIGHT)).unwrap();
    commit(&gate, &admin, |tx| {
        tx.define(Collection::new("users").unique(["email"]))?;
        tx.create_with_id("users", "ann", json!({"email": "ann@example.org"}))?;
        tx.set_credential("users", "ann", &hash, Sessions::End)
    })
    .unwrap();
    let asked = login("ann", RIGHT).refresh(RefreshTerms::default());
    let first = gate.login(&admin, asked).unwrap();
    let second = gate.refresh(&refresh_of(&first)).unwrap();
    drop(gate);
    let gate = Gate::open(&file, &options).unwrap();
    // Nor does a sweep, as long as the login may last.
    clock.advance(7 * 24 * 60 * MINUTE);
    while gate.sweep(100).unwrap() == 100 {}
    let third = gate.refresh(&refresh_of(&second)).unwrap();
    good_for_nothing(&gate, &refresh_of(&first));
    assert!(gate.begin_read(&third.secret).is_err());
}

#[test]
fn two_threads_with_one_refresh_token_get_one_session_and_lose_it() {
    let people = People::new();
    let world = &people.world;
    for _ in 0..8 {
        let first = begin(&people, "ann");
        let refresh = refresh_of(&first);
        let both = thread::scope(|scope| {
            let both = [(); 2].map(|()| scope.spawn(|| world.gate.refresh(&refresh)));
            both.map(|one| one.join().unwrap())
        });
        let given: Vec<_> = both.iter().filter_map(|one| one.as_ref().ok()).collect();
        assert_eq!(given.len(), 1, "{both:?}");
        assert!(both.iter().any(|one| matches!(one, Err(Error::Unauthenticated))));
        // Whoever of the two is a thief: the one that came second has ended the login.
        world.refuses(&given[0].secret);
        world.refuses(&first.secret);
        good_for_nothing(&world.gate, &refresh_of(given[0]));
    }
}

#[test]
fn a_login_ends_when_nobody_carries_it_on_and_at_its_end_in_any_case() {
    let people = People::new();
    let world = &people.world;
    let begun = world.clock_now();
    let idle = begin(&people, "ann");
    assert_eq!(idle.expires_at, begun.saturating_add(10 * MINUTE));
    assert_eq!(idle.refresh.as_ref().unwrap().expires_at, Some(begun.saturating_add(60 * MINUTE)));
    world.advance(3_599);
    world.refuses(&idle.secret);
    let mut session = world.gate.refresh(&refresh_of(&idle)).unwrap();
    let waiting = begin(&people, "ann");
    world.advance(3_600);
    good_for_nothing(&world.gate, &refresh_of(&waiting));
    good_for_nothing(&world.gate, &refresh_of(&session));
    // Carried on in time again and again, it lasts for three hours and not a moment longer.
    let begun = world.clock_now();
    session = begin(&people, "ann");
    let ends = begun.saturating_add(180 * MINUTE);
    for _ in 0..5 {
        world.advance(35 * 60);
        session = world.gate.refresh(&refresh_of(&session)).unwrap();
        assert!(session.expires_at <= ends && session.refresh.as_ref().unwrap().expires_at <= Some(ends));
    }
    assert_eq!((session.expires_at, session.refresh.as_ref().unwrap().expires_at), (ends, Some(ends)));
    world.advance(5 * 60);
    world.refuses(&session.secret);
    good_for_nothing(&world.gate, &refresh_of(&session));
    // All that was kept of the logins goes with them.
    while world.gate.sweep(100).unwrap() == 100 {}
    assert!(world.read(&people.app, |tx| tx.tokens_of("users", "ann")).is_empty());
}

#[test]
fn a_login_without_refresh_gives_none_and_one_that_is_short_ends_its_token() {
    let people = People::new();
    assert!(people.session("ann").refresh.is_none());
    let terms = RefreshTerms { idle: 60 * MINUTE, absolute: MINUTE };
    let asked = login("ann", RIGHT).ttl(10 * MINUTE).refresh(terms);
    let session = people.world.gate.login(&people.app, asked).unwrap();
    let ends = people.world.clock_now().saturating_add(MINUTE);
    assert_eq!((session.expires_at, session.refresh.unwrap().expires_at), (ends, Some(ends)));
}

/// What ends a login, each with what it is called, and whether its token ends as well.
type Ending = (&'static str, bool, fn(&World, &Session));

const ENDINGS: [Ending; 11] = [
    ("a logout", true, |world, session| {
        world.write(&session.secret, |tx| tx.logout(Logout::Here));
    }),
    ("a logout everywhere", true, |world, session| {
        world.write(&session.secret, |tx| tx.logout(Logout::Everywhere));
    }),
    ("its deletion", false, |world, session| {
        world.write(&session.secret, |tx| tx.delete_token(session.refresh.as_ref().unwrap().id));
    }),
    ("an expiry that is moved to the next moment", false, |world, session| {
        let soon = world.clock_now().saturating_add(Duration::from_secs(1));
        let id = session.refresh.as_ref().unwrap().id;
        world.write(&world.admin, |tx| tx.set_token_expiry(id, Some(soon)));
        world.advance(1);
    }),
    ("a disabled password", false, |world, _| {
        world.write(&world.admin, |tx| tx.disable_credential("users", "ann", Sessions::Keep));
    }),
    ("a deleted password", false, |world, _| {
        world.write(&world.admin, |tx| tx.delete_credential("users", "ann", Sessions::Keep));
    }),
    ("the deletion of the identity", true, |world, _| {
        world.write(&world.admin, |tx| tx.delete("users", "ann"));
    }),
    ("the expiry of the identity", true, |world, _| {
        let soon = world.clock_now().saturating_add(Duration::from_secs(1));
        let user = json!({"email": "ann@example.org"});
        let until = portunus_auth::Expiry::At(soon);
        world.write(&world.admin, |tx| tx.change("users", "ann").expires(until).replace(user));
        world.advance(1);
    }),
    ("the end of the collection", true, |world, _| {
        world.write(&world.admin, |tx| tx.drop_collection("users"));
    }),
    ("a namesake of the identity", true, |world, _| {
        world.write(&world.admin, |tx| {
            tx.delete("users", "ann")?;
            tx.create_with_id("users", "ann", json!({"email": "ann@example.org"}))
        });
    }),
    ("a closed store", true, |world, _| world.gate.close().unwrap()),
];

#[test]
fn whatever_ends_a_login_ends_its_refresh_token() {
    for (what, with_token, end) in ENDINGS {
        println!("{what}");
        let people = People::new();
        let session = begin(&people, "ann");
        let session = people.world.gate.refresh(&refresh_of(&session)).unwrap();
        end(&people.world, &session);
        let refused = people.world.gate.refresh(&refresh_of(&session));
        if what == "a closed store" {
            assert!(matches!(refused, Err(Error::Closed)), "{refused:?}");
            continue;
        }
        assert!(matches!(refused, Err(Error::Unauthenticated)), "{what}: {refused:?}");
        if with_token {
            people.world.refuses(&session.secret);
        } else {
            people.world.opens(&session.secret);
        }
    }
}

#[test]
fn attack_056_after_a_password_reset_neither_session_nor_refresh_token_is_good_for_anything() {
    let people = People::new();
    let world = &people.world;
    let new = people.hash_of("a new password");
    let (session, older) = (begin(&people, "ann"), begin(&people, "ann"));
    let older = world.gate.refresh(&refresh_of(&older)).unwrap();
    let hers = begin(&people, "eve");
    people.set_password("ann", &new, Sessions::End);
    for session in [&session, &older] {
        world.refuses(&session.secret);
        good_for_nothing(&world.gate, &refresh_of(session));
    }
    world.opens(&hers.secret);
    world.gate.refresh(&refresh_of(&hers)).unwrap();
}

#[test]
fn an_ending_that_is_taken_back_lets_a_login_go_on() {
    let people = People::new();
    let world = &people.world;
    let mut session = begin(&people, "ann");
    world.write(&world.admin, |tx| tx.disable_credential("users", "ann", Sessions::Keep));
    good_for_nothing(&world.gate, &refresh_of(&session));
    world.write(&world.admin, |tx| tx.enable_credential("users", "ann"));
    session = world.gate.refresh(&refresh_of(&session)).unwrap();
    // The same for the database, which is not the root here.
    world.write(&world.admin, |tx| tx.create_database(&path("acme")));
    let acme = world.inside("acme");
    world.write(&acme, |tx| {
        tx.define(Collection::new("users").unique(["email"]))?;
        tx.create_with_id("users", "ann", json!({"email": "ann@example.org"}))?;
        tx.set_credential("users", "ann", &people.hash, Sessions::End)
    });
    let asked = login("ann", RIGHT).refresh(RefreshTerms::default());
    let there = world.gate.login(&acme, asked).unwrap();
    world.write(&world.admin, |tx| tx.disable_database(&path("acme")));
    good_for_nothing(&world.gate, &refresh_of(&there));
    world.write(&world.admin, |tx| tx.enable_database(&path("acme")));
    world.opens(&world.gate.refresh(&refresh_of(&there)).unwrap().secret);
    world.opens(&world.gate.refresh(&refresh_of(&session)).unwrap().secret);
}

#[test]
fn a_login_stays_with_whom_it_is_of() {
    let people = People::new();
    let world = &people.world;
    let session = begin(&people, "ann");
    let id = session.refresh.as_ref().unwrap().id;
    constraint(world.try_write(&world.admin, |tx| tx.retarget_token(id, "users", "eve")));
    // Its token may stand for somebody else; then it is none of this login any more.
    world.write(&world.admin, |tx| tx.retarget_token(session.id, "users", "eve"));
    let next = world.gate.refresh(&refresh_of(&session)).unwrap();
    let whose = |secret: &Secret| world.read(secret, |tx| Ok(tx.principal()?.identity().cloned())).unwrap();
    assert_eq!(whose(&next.secret).document(), "ann");
    assert_eq!(whose(&session.secret).document(), "eve");
    // Not even if it is given back.
    world.write(&world.admin, |tx| tx.retarget_token(session.id, "users", "ann"));
    good_for_nothing(&world.gate, &refresh_of(&session));
    world.refuses(&next.secret);
    world.opens(&session.secret);
}

#[test]
fn a_password_that_is_set_again_brings_back_no_login_by_one_that_was_deleted() {
    let people = People::new();
    let world = &people.world;
    let session = begin(&people, "ann");
    world.write(&world.admin, |tx| tx.delete_credential("users", "ann", Sessions::Keep));
    people.set_password("ann", &people.hash_of("a new password"), Sessions::Keep);
    good_for_nothing(&world.gate, &refresh_of(&session));
    world.opens(&session.secret);
    assert_eq!(world.read(&session.secret, ReadView::own_tokens).len(), 1);
}

#[test]
fn a_refresh_token_that_is_let_live_for_good_goes_with_its_login() {
    let people = People::new();
    let world = &people.world;
    let records = || {
        while world.gate.sweep(100).unwrap() == 100 {}
        world.read(&world.admin, ReadView::check).records
    };
    let before = records();
    let begun = world.clock_now();
    let session = begin(&people, "ann");
    let refresh = session.refresh.as_ref().unwrap();
    let ends = Some(begun.saturating_add(180 * MINUTE));
    for later in [None, Some(begun.saturating_add(1_000 * MINUTE))] {
        world.write(&world.admin, |tx| tx.set_token_expiry(refresh.id, later));
        assert_eq!(world.read(&world.admin, |tx| tx.token(refresh.id)).unwrap().expires_at, ends);
    }
    world.advance(180 * 60);
    good_for_nothing(&world.gate, &refresh.secret);
    assert_eq!(records(), before);
}

#[test]
fn a_login_takes_no_more_room_however_often_it_is_carried_on() {
    let people = People::new();
    let world = &people.world;
    let mut session = begin(&people, "ann");
    let records = || world.read(&world.admin, ReadView::check).records;
    session = world.gate.refresh(&refresh_of(&session)).unwrap();
    let (before, second) = (records(), refresh_of(&session));
    for _ in 0..100 {
        session = world.gate.refresh(&refresh_of(&session)).unwrap();
    }
    assert_eq!(records(), before);
    // And the oldest is known all the same.
    good_for_nothing(&world.gate, &second);
    world.refuses(&session.secret);
}
