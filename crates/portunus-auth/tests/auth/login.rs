//! Logins through the public interface: who may let whom in, and what each answer costs.

use crate::people::{People, RIGHT, WRONG, login, password, wrong};
use crate::world::{World, denied, invalid, not_found, path};
use portunus_auth::{
    Action, By, Collection, Error, ErrorKind, GateOptions, Login, Object, PasswordHash, Procedure, Resource,
    Role, Secret, Sessions, Value, by,
};
use serde_json::json;
use std::thread;
use std::time::Duration;

#[test]
fn a_login_gives_a_token_for_the_document_that_the_password_is_of() {
    let people = People::new();
    let world = &people.world;
    let by_id =
        Login::new("users", By::id("ann"), &password(RIGHT)).data(json!({"device": "phone"})).unwrap();
    let session = world.gate.login(&people.app, by_id).unwrap();
    assert_eq!(session.expires_at, world.later(10 + 12 * 3_600), "twelve hours");
    let view = world.gate.begin_read(&session.secret).unwrap();
    assert_eq!(view.principal().unwrap().identity().unwrap().document(), "ann");
    let token = view.token(session.id).unwrap().unwrap();
    assert_eq!((token.expires_at, token.is_refresh), (Some(session.expires_at), false));
    assert_eq!(token.data, portunus_auth::to_value(&json!({"device": "phone"})).unwrap());
    let by_email = people.session("ann");
    assert_ne!(by_email.id, session.id);
    assert_eq!(world.read(&by_email.secret, portunus_auth::ReadView::own_tokens).len(), 2);
}

#[test]
fn people_with_the_longest_names_log_in_and_nobody_has_a_longer_one() {
    let people = People::new();
    let world = &people.world;
    let (id, email) = ("i".repeat(256), "é".repeat(300));
    world.write(&people.app, |tx| {
        tx.create_with_id("users", &id, json!({"email": email}))?;
        tx.set_credential("users", &id, &people.hash, Sessions::End)
    });
    for by in [By::id(&id), by("email", email.as_str())] {
        let asked = Login::new("users", by, &password(RIGHT)).refresh(portunus_auth::RefreshTerms::default());
        let session = world.gate.login(&people.app, asked).unwrap();
        world.opens(&world.gate.refresh(&session.refresh.unwrap().secret).unwrap().secret);
    }
    assert_eq!(world.read(&people.app, |tx| tx.tokens_of("users", &id)).len(), 4);
    // What no index can have is nobody's, like any other name: after one hash.
    for name in [format!("{email}x"), "x".repeat(701), "x".repeat(1_024), "\0".repeat(1_024)] {
        let (error, hashes) = people.failure(&Login::new("users", by("email", name), &password(RIGHT)));
        assert!(matches!(error, Error::WrongCredentials), "{error:?}");
        assert_eq!(hashes, 1);
    }
    world.write(&people.app, |tx| tx.delete("users", &id));
    wrong(world.gate.login(&people.app, Login::new("users", By::id(&id), &password(RIGHT))));
    let check = world.read(&world.admin, portunus_auth::ReadView::check);
    assert_eq!(check.problems, Vec::<String>::new());
}

#[test]
fn a_login_in_a_database_knows_the_people_of_that_database_alone() {
    let people = People::new();
    let world = &people.world;
    world.write(&world.admin, |tx| tx.create_database(&path("acme")));
    let acme = world.inside("acme");
    world.write(&acme, |tx| tx.define(Collection::new("users").unique(["email"])));
    wrong(world.gate.login(&acme, login("ann", RIGHT)));
    world.write(&acme, |tx| {
        let ann = tx.create("users", json!({"email": "ann@example.org"}))?;
        tx.set_credential("users", ann.id(), &people.hash, Sessions::End)
    });
    let session = world.gate.login(&acme, login("ann", RIGHT)).unwrap();
    let here = world.read(&session.secret, |tx| Ok(tx.principal()?.database().to_owned()));
    assert_eq!(here, world.read(&acme, |tx| Ok(tx.principal()?.database().to_owned())));
    world.write(&world.admin, |tx| tx.disable_database(&path("acme")));
    world.refuses(&session.secret);
}

#[test]
fn who_lets_people_in_needs_both_rights_and_nobody_is_looked_for_before() {
    let people = People::new();
    let reads = people.key_with(Role::new("reads").allow_every(Resource::Credential, Action::Read));
    let issues = people.key_with(Role::new("issues").allow_every(Resource::Token, Action::Create));
    let both = people.key_with(
        Role::new("both")
            .allow_every(Resource::Credential, Action::Read)
            .allow_every(Resource::Token, Action::Create),
    );
    let token = people.session("eve").secret;
    let hashes = people.world.gate.hashes();
    for secret in [&reads, &issues, &token, &people.world.key("", "server-readonly").1] {
        // Whoever may not is told that and nothing else, whatever else is wrong.
        for login in [
            login("ann", RIGHT),
            login("nobody", RIGHT),
            login("ann", RIGHT).ttl(Duration::ZERO),
            Login::new("nothing", by("nothing", 1), &password(RIGHT)),
        ] {
            denied(people.world.gate.login(secret, login));
        }
    }
    for secret in [&issues, &token] {
        denied(people.verify(secret, "ann", RIGHT));
        denied(people.verify(secret, "nobody", RIGHT));
    }
    assert_eq!(people.world.gate.hashes(), hashes);
    people.world.gate.login(&both, login("ann", RIGHT)).unwrap();
    assert!(people.verify(&reads, "ann", RIGHT).unwrap());
    let nobody = World::new(0).admin;
    let refused = people.world.gate.login(&nobody, login("ann", RIGHT));
    assert!(matches!(refused, Err(Error::Unauthenticated)));
}

#[test]
fn attack_059_every_failure_costs_one_hash_and_is_told_alike() {
    let people = People::new();
    let mut told = Vec::new();
    for (what, login) in [
        ("nobody of that name", login("nobody", RIGHT)),
        ("nobody of that id", Login::new("users", By::id("nobody"), &password(RIGHT))),
        ("a wrong password", login("ann", WRONG)),
        ("no password to be wrong", login("bob", RIGHT)),
        ("a disabled one", login("carl", RIGHT)),
        ("a disabled one that is wrong", login("carl", WRONG)),
        ("a document that has expired", login("dora", RIGHT)),
        ("an empty password", login("eve", "")),
    ] {
        let (error, hashes) = people.failure(&login);
        assert_eq!(hashes, 1, "{what}");
        told.push((
            error.to_string(),
            format!("{error:?}"),
            error.kind(),
            error.code(),
            error.is_retryable(),
        ));
    }
    assert_eq!(told[0].0, "wrong name or password");
    assert_eq!((told[0].2, told[0].3), (ErrorKind::InvalidSecret, "invalid_secret"));
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
    for (id, text, right) in [
        ("nobody", RIGHT, false),
        ("bob", RIGHT, false),
        ("carl", RIGHT, false),
        ("dora", RIGHT, false),
        ("ann", WRONG, false),
        ("ann", RIGHT, true),
    ] {
        let hashes = people.world.gate.hashes();
        assert_eq!(people.verify(&people.app, id, text).unwrap(), right, "{id}");
        assert_eq!(people.world.gate.hashes(), hashes + 1, "{id}");
    }
}

#[test]
fn attack_060_a_name_is_a_simple_value_and_a_password_is_text() {
    let login_by_json = Procedure::new("login", |call, (name, secret): (Value, String)| {
        let login = Login::new("users", by("email", name), &portunus_auth::Password::new(secret)?);
        Ok(call.login(login)?.secret.expose().to_owned())
    });
    let people = People::with(GateOptions { procedures: vec![login_by_json], ..GateOptions::default() });
    people.world.write(&people.world.admin, |tx| tx.define_procedure("login", Some("server")));
    let public = people.key_with(Role::new("public").allow_call("login"));
    let hashes = people.world.gate.hashes();
    for arguments in [
        json!([{"$ne": null}, RIGHT]),
        json!([["ann@example.org"], RIGHT]),
        json!([null, RIGHT]),
        json!(["ann@example.org", {"$ne": null}]),
        json!(["ann@example.org", [RIGHT]]),
        json!(["ann@example.org", null]),
        json!(["ann@example.org", true]),
        json!({"email": "ann@example.org", "password": RIGHT}),
    ] {
        invalid(people.world.gate.call::<_, String>(&public, "login", &arguments));
    }
    for named in [
        By::id(""),
        By::id("x".repeat(257)),
        by("email", Value::Null),
        by("email", Object::from_iter([("$gt", "")])),
        by("email", vec![Value::from("ann@example.org")]),
        by("email", "x".repeat(1_025)),
    ] {
        invalid(people.world.gate.login(&people.app, Login::new("users", named, &password(RIGHT))));
    }
    assert_eq!(people.world.gate.hashes(), hashes);
    let right = json!(["ann@example.org", RIGHT]);
    let token: String = people.world.gate.call(&public, "login", &right).unwrap();
    people.world.opens(&Secret::new(token));
}

#[test]
fn only_a_unique_index_of_one_field_that_is_ready_names_people() {
    let people = People::new();
    let hashes = people.world.gate.hashes();
    for index in ["city", "city,name", "name", "", "id", "email "] {
        let told = ["Ulm", "nobody"].map(|term| {
            let login = Login::new("users", by(index, term), &password(RIGHT));
            people.world.gate.login(&people.app, login).unwrap_err().to_string()
        });
        assert_eq!(told[0], "by: is not a unique index of one field that is ready", "{index}");
        assert_eq!(told[0], told[1], "the same, whether or not there is anybody");
    }
    not_found(people.world.gate.login(&people.app, Login::new("nothing", By::id("ann"), &password(RIGHT))));
    // An index over very many documents is built in steps, and until then it does not know everybody.
    people
        .world
        .write(&people.app, |tx| (0..10_001).try_for_each(|n| tx.create("users", json!({"n": n})).map(drop)));
    let definition = people.world.read(&people.app, |tx| tx.collection("users")).unwrap();
    people.world.write(&people.world.admin, |tx| tx.define(definition.unique(["n"])));
    invalid(people.world.gate.login(&people.app, Login::new("users", by("n", 5), &password(RIGHT))));
    assert_eq!(people.world.gate.hashes(), hashes);
    while people.world.write(&people.world.admin, |tx| tx.build_indexes("users"))
        != portunus_auth::BuildProgress::Ready
    {}
    wrong(people.world.gate.login(&people.app, Login::new("users", by("n", 5), &password(RIGHT))));
}

#[test]
fn a_login_that_asks_for_too_much_or_nothing_is_refused_before_any_hash() {
    let people = People::new();
    let day = Duration::from_secs(24 * 60 * 60);
    let terms = |idle, absolute| portunus_auth::RefreshTerms { idle, absolute };
    let hashes = people.world.gate.hashes();
    for name in ["ann", "nobody"] {
        let plain = || login(name, RIGHT);
        for asked in [
            plain().ttl(Duration::ZERO),
            plain().ttl(Duration::from_nanos(999)),
            plain().ttl(367 * day),
            plain().refresh(terms(Duration::ZERO, day)),
            plain().refresh(terms(day, Duration::ZERO)),
            plain().refresh(terms(day, 367 * day)),
            plain().refresh(terms(Duration::MAX, day)),
            plain().source(""),
            plain().source("x".repeat(257)),
            plain().data("x".repeat(5_000)).unwrap(),
        ] {
            invalid(people.world.gate.login(&people.app, asked));
        }
    }
    assert_eq!(people.world.gate.hashes(), hashes);
    let longest = login("ann", RIGHT).ttl(366 * day);
    people.world.gate.login(&people.app, longest).unwrap();
}

#[test]
fn a_weak_hash_is_made_anew_at_the_next_login_and_by_nothing_else() {
    let people = People::new();
    // Of `correct horse`, with less memory than hashes have here.
    let weak =
        PasswordHash::import("$argon2id$v=19$m=7168,t=5,p=1$AQIDBAUGBwg$O3XCpbgxrIVSR2g/nCebwA").unwrap();
    people.set_password("ann", &weak, Sessions::End);
    let changed_at =
        || people.world.read(&people.app, |tx| tx.credential("users", "ann")).unwrap().changed_at;
    let before = changed_at();
    people.world.advance(60);
    let costs = |run: &dyn Fn()| {
        let hashes = people.world.gate.hashes();
        run();
        people.world.gate.hashes() - hashes
    };
    assert_eq!(costs(&|| assert!(people.verify(&people.app, "ann", RIGHT).unwrap())), 1);
    assert_eq!(costs(&|| wrong(people.world.gate.login(&people.app, login("ann", WRONG)))), 1);
    let older = people.session("ann");
    assert_eq!(costs(&|| drop(people.session("ann"))), 1, "it has been made anew");
    people.world.opens(&older.secret);
    assert_eq!(changed_at(), before, "it is the same password");
    // Two at once: who comes second finds the new hash of the same password.
    people.set_password("ann", &weak, Sessions::End);
    thread::scope(|scope| {
        let both =
            [(); 2].map(|()| scope.spawn(|| people.world.gate.login(&people.app, login("ann", RIGHT))));
        both.into_iter().for_each(|one| people.world.opens(&one.join().unwrap().unwrap().secret));
    });
}

#[test]
fn the_own_password_is_changed_by_whoever_knows_it() {
    let people = People::new();
    let gate = &people.world.gate;
    let change = |secret: &Secret, present: &str, new: &str, sessions| {
        gate.change_password(secret, &password(present), &password(new), sessions)
    };
    let ann = people.session("ann").secret;
    let hashes = gate.hashes();
    for key in
        [&people.app, &people.world.admin, &people.world.admin.scoped(&"#@doc/users/ann".parse().unwrap())]
    {
        denied(change(key, RIGHT, WRONG, Sessions::End));
    }
    invalid(change(&ann, RIGHT, "short", Sessions::End));
    assert_eq!(gate.hashes(), hashes);
    wrong(change(&ann, WRONG, "a new password", Sessions::End));
    assert_eq!(gate.hashes(), hashes + 1);
    people.world.opens(&ann);
    for (sessions, here, elsewhere) in
        [(Sessions::Keep, true, true), (Sessions::EndElsewhere, true, false), (Sessions::End, false, false)]
    {
        let [here_secret, other] = [(); 2].map(|()| people.session("ann").secret);
        change(&here_secret, RIGHT, RIGHT, sessions).unwrap();
        for (secret, live) in [(&here_secret, here), (&other, elsewhere)] {
            if live { people.world.opens(secret) } else { people.world.refuses(secret) }
        }
    }
    // A token whose owner has no password, or a disabled one, has nothing to show for it.
    for id in ["bob", "carl"] {
        let token =
            people.world.write(&people.app, |tx| tx.create_token(portunus_auth::NewToken::new("users", id)));
        let hashes = gate.hashes();
        wrong(change(&token.secret, RIGHT, "a new password", Sessions::End));
        assert_eq!(gate.hashes(), hashes + 1);
    }
}

#[test]
fn what_a_procedure_may_do_with_passwords_its_role_says() {
    let with_role = |role: &str, run: &dyn Fn(&People, &Secret)| {
        let verify = Procedure::new("verify", |call, (id, text): (String, String)| {
            call.verify_password("users", &By::id(id), &portunus_auth::Password::new(text)?)
        });
        let people = People::with(GateOptions { procedures: vec![verify], ..GateOptions::default() });
        people.world.write(&people.world.admin, |tx| tx.define_procedure("verify", Some(role)));
        let public = people.key_with(Role::new("public").allow_call("verify"));
        run(&people, &public);
    };
    with_role("server", &|people, public| {
        let gate = &people.world.gate;
        assert!(gate.call::<_, bool>(public, "verify", ("ann", RIGHT)).unwrap());
        assert!(!gate.call::<_, bool>(public, "verify", ("nobody", RIGHT)).unwrap());
        denied(people.verify(public, "ann", RIGHT));
    });
    with_role("server-readonly", &|people, public| {
        denied(people.world.gate.call::<_, bool>(public, "verify", ("ann", RIGHT)));
        // A stronger caller has no more than the procedure's role while it runs.
        denied(people.world.gate.call::<_, bool>(&people.world.admin, "verify", ("ann", RIGHT)));
    });
}
