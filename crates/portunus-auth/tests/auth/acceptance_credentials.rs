//! The lines of the acceptance list that are about passwords and logins, each as a test under its number.

use crate::people::{People, RIGHT, WRONG, login, password, wrong};
use crate::world::{denied, invalid, not_found};
use portunus_auth::{Action, ErrorKind, NewToken, Password, Resource, Role, Secret, Sessions};
use serde_json::json;
use std::time::Duration;

#[test]
fn acceptance_035_documents_of_the_system_have_neither_tokens_nor_passwords() {
    let people = People::new();
    let number = people.world.read(&people.world.admin, |tx| Ok(tx.principal()?.id().to_string()));
    for collection in ["Key", "key", "keys", "Token", "credential", "system", "5", "$key", "", "\u{1}"] {
        for id in [number.as_str(), "self", "header"] {
            let admin = &people.world.admin;
            not_found(people.world.try_write(admin, |tx| tx.create_token(NewToken::new(collection, id))));
            not_found(
                people
                    .world
                    .try_write(admin, |tx| tx.set_credential(collection, id, &people.hash, Sessions::End)),
            );
        }
    }
}

#[test]
fn acceptance_036_and_037_a_password_dies_with_its_document_and_is_not_revived_by_its_id() {
    let people = People::new();
    let token = people.session("ann").secret;
    people.world.write(&people.world.admin, |tx| tx.delete("users", "ann"));
    people.world.refuses(&token);
    wrong(people.world.gate.login(&people.app, login("ann", RIGHT)));
    people.world.write(&people.world.admin, |tx| {
        tx.create_with_id("users", "ann", json!({"email": "ann@example.org"}))
    });
    people.world.refuses(&token);
    wrong(people.world.gate.login(&people.app, login("ann", RIGHT)));
    assert_eq!(people.world.read(&people.world.admin, |tx| tx.credential("users", "ann")), None);
}

#[test]
fn acceptance_046_a_session_ends_after_its_time_and_none_begins_that_has_ended() {
    let people = People::new();
    let asked = login("ann", RIGHT).ttl(Duration::from_secs(60));
    let session = people.world.gate.login(&people.app, &asked).unwrap();
    people.world.advance(59);
    people.world.opens(&session.secret);
    people.world.advance(1);
    people.world.refuses(&session.secret);
    invalid(people.world.gate.login(&people.app, login("ann", RIGHT).ttl(Duration::ZERO)));
}

#[test]
fn acceptance_051_the_right_password_gives_a_token_and_a_wrong_one_is_told_to_be_wrong() {
    let people = People::new();
    people.world.opens(&people.session("ann").secret);
    let tokens = || people.world.read(&people.app, |tx| tx.tokens_of("users", "ann")).len();
    let before = tokens();
    let error = people.world.gate.login(&people.app, login("ann", WRONG)).unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::InvalidSecret, "invalid_secret"));
    assert_eq!(tokens(), before);
}

// That no hash and no password is shown holds by type: nothing that a view returns has either. This is what an admin is shown.
#[test]
fn acceptance_052_no_role_however_powerful_sees_a_password_or_its_hash() {
    let people = People::new();
    let view = people.world.gate.begin_read(&people.world.admin).unwrap();
    let shown = format!(
        "{:?} {:?} {:?} {:?} {view:?}",
        view.credential("users", "ann").unwrap(),
        view.get("users", "ann").unwrap(),
        view.query("users").documents().unwrap(),
        people.session("ann"),
    );
    let hash = people.hash.expose();
    assert!(
        !shown.contains(RIGHT) && !shown.contains("$argon2id$") && !shown.contains(&hash[hash.len() - 20..])
    );
}

#[test]
fn acceptance_054_who_may_not_read_passwords_is_denied_and_not_told_false() {
    let people = People::new();
    let hashes = people.world.gate.hashes();
    for role in ["server-readonly", "none"] {
        let key = people.world.key("", role).1;
        for (id, text) in [("ann", RIGHT), ("ann", WRONG), ("bob", RIGHT), ("nobody", RIGHT)] {
            denied(people.verify(&key, id, text));
        }
    }
    assert_eq!(people.world.gate.hashes(), hashes);
    assert!(people.verify(&people.app, "ann", RIGHT).unwrap());
    assert!(!people.verify(&people.app, "ann", WRONG).unwrap());
}

#[test]
fn acceptance_056_no_password_and_a_wrong_one_are_told_alike() {
    let people = People::new();
    let told = ["ann", "bob", "nobody"].map(|name| {
        let (error, hashes) = people.failure(&login(name, WRONG));
        (format!("{error} {error:?} {:?} {}", error.kind(), error.code()), hashes)
    });
    assert!(told.iter().all(|one| *one == told[0]), "{told:?}");
}

#[test]
fn acceptance_057_a_changed_password_ends_older_tokens_unless_they_are_to_be_kept() {
    let people = People::new();
    let world = &people.world;
    let (here, older) = (people.session("ann").secret, people.session("ann").secret);
    let made = world.write(&people.app, |tx| tx.create_token(NewToken::new("users", "ann"))).secret;
    let change = |present: &str, new: &str, sessions| {
        world.gate.change_password(&here, &password(present), &password(new), sessions)
    };
    change(RIGHT, "the second password", Sessions::Keep).unwrap();
    world.opens(&older);
    world.opens(&made);
    change("the second password", "the third password", Sessions::End).unwrap();
    for secret in [&here, &older, &made] {
        world.refuses(secret);
    }
    for old in [RIGHT, "the second password"] {
        wrong(world.gate.login(&people.app, login("ann", old)));
    }
    world.opens(&world.gate.login(&people.app, login("ann", "the third password")).unwrap().secret);
}

#[test]
fn acceptance_058_nobody_changes_its_own_password_without_the_present_one() {
    let people = People::new();
    let ann = people.session("ann").secret;
    for present in [WRONG, "", "Correct horse", "correct horse "] {
        let change = people.world.gate.change_password(
            &ann,
            &password(present),
            &password("a new password"),
            Sessions::End,
        );
        wrong(change);
    }
    people.session("ann");
}

#[test]
fn acceptance_059_a_token_without_a_role_touches_no_password() {
    let people = People::new();
    let ann = people.session("ann").secret;
    let bob = people.world.write(&people.app, |tx| tx.create_token(NewToken::new("users", "bob"))).secret;
    for (secret, own, other) in [(&ann, "ann", "bob"), (&bob, "bob", "ann")] {
        for id in [own, other, "nobody"] {
            let world = &people.world;
            let set = |tx: &mut portunus_auth::WriteView| {
                tx.set_credential("users", id, &people.hash, Sessions::Keep)
            };
            denied(world.try_write(secret, set));
            // What it may not see is not there to be changed.
            not_found(world.try_write(secret, |tx| tx.disable_credential("users", id, Sessions::End)));
            not_found(world.try_write(secret, |tx| tx.enable_credential("users", id)));
            not_found(world.try_write(secret, |tx| tx.delete_credential("users", id, Sessions::End)));
            assert_eq!(world.read(secret, |tx| tx.credential("users", id)), None);
            denied(people.verify(secret, id, RIGHT));
        }
    }
    // With a role it may do what the role says, and that is seen at once.
    let reads = Role::new("reads").member("users").allow_every(Resource::Credential, Action::Read);
    people.world.write(&people.world.admin, |tx| tx.define_role(&reads));
    let delete = |secret: &Secret| {
        people.world.try_write(secret, |tx| tx.delete_credential("users", "ann", Sessions::Keep))
    };
    denied(delete(&bob));
    let deletes = reads.allow_every(Resource::Credential, Action::Delete);
    people.world.write(&people.world.admin, |tx| tx.define_role(&deletes));
    delete(&bob).unwrap();
}

#[test]
fn acceptance_062_all_bytes_of_a_password_count_and_longer_ones_are_refused_before_any_hash() {
    let people = People::new();
    let (one, other) = (format!("{}a", "x".repeat(99)), format!("{}b", "x".repeat(99)));
    people.set_password("ann", &people.hash_of(&one), Sessions::End);
    assert!(people.verify(&people.app, "ann", &one).unwrap());
    assert!(!people.verify(&people.app, "ann", &other).unwrap());
    let longest = "x".repeat(1_024);
    people.set_password("eve", &people.hash_of(&longest), Sessions::End);
    assert!(people.verify(&people.app, "eve", &longest).unwrap());
    assert!(!people.verify(&people.app, "eve", &longest[1..]).unwrap());
    let hashes = people.world.gate.hashes();
    invalid(Password::new("x".repeat(1_025)));
    assert_eq!(people.world.gate.hashes(), hashes);
}
