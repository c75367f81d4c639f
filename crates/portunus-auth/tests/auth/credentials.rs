//! Passwords of documents: who may set, see, disable and delete them, and what that does to sessions.

use crate::people::{People, RIGHT, WRONG, login, password, wrong};
use crate::world::{denied, invalid, not_found};
use portunus_auth::{
    Action, CredentialInfo, Decision, NewToken, PasswordHash, Resource, Role, Secret, Sessions,
};
use serde_json::json;

fn info(people: &People, secret: &Secret, id: &str) -> Option<CredentialInfo> {
    people.world.read(secret, |tx| tx.credential("users", id))
}

#[test]
fn what_is_shown_of_a_password_is_that_there_is_one() {
    let people = People::new();
    let ann = info(&people, &people.app, "ann").unwrap();
    assert_eq!((ann.algorithm, ann.is_disabled), (Some("argon2id"), false));
    assert!(info(&people, &people.app, "carl").unwrap().is_disabled);
    for id in ["bob", "nobody", "dora", ""] {
        assert_eq!(info(&people, &people.app, id), None, "{id}");
    }
    assert_eq!(people.world.read(&people.app, |tx| tx.credential("nothing", "ann")), None);
    let shown = format!("{ann:?} {:?} {:?}", people.hash, login("ann", RIGHT));
    assert!(!shown.contains(RIGHT) && !shown.contains("$argon2id"), "{shown}");
}

#[test]
fn each_right_to_a_password_is_one_of_its_own() {
    let people = People::new();
    let role = |name: &str, actions: &[Action]| {
        let role = actions
            .iter()
            .fold(Role::new(name), |role, action| role.allow_every(Resource::Credential, *action));
        people.key_with(role)
    };
    let create = role("create", &[Action::Create]);
    let read = role("read", &[Action::Read]);
    let write = role("write", &[Action::Write]);
    let create_and_read = role("create_and_read", &[Action::Create, Action::Read]);
    let set = |secret: &Secret, id: &str| {
        people.world.try_write(secret, |tx| tx.set_credential("users", id, &people.hash, Sessions::Keep))
    };
    let told = |secret: &Secret, id: &str| set(secret, id).unwrap_err().to_string();
    // One that may not see passwords is not told by the action in the error whether there is one.
    assert_eq!(told(&create, "ann"), "denied: create on credential");
    assert_eq!(told(&read, "ann"), told(&read, "bob"));
    assert_eq!(told(&create_and_read, "ann"), "denied: write on credential");
    assert_eq!(told(&write, "bob"), "denied: create on credential");
    set(&write, "ann").unwrap();
    set(&create, "bob").unwrap();
    assert_eq!(info(&people, &create, "bob"), None);
    assert!(info(&people, &read, "bob").is_some());
    for secret in [&create, &write] {
        not_found(people.world.try_write(secret, |tx| tx.enable_credential("users", "carl")));
        not_found(people.world.try_write(secret, |tx| tx.disable_credential("users", "ann", Sessions::End)));
        not_found(people.world.try_write(secret, |tx| tx.delete_credential("users", "ann", Sessions::End)));
    }
    denied(people.world.try_write(&read, |tx| tx.enable_credential("users", "carl")));
    denied(people.world.try_write(&read, |tx| tx.delete_credential("users", "ann", Sessions::End)));
    for (builtin, may) in [("admin", true), ("server", true), ("server-readonly", false), ("none", false)] {
        let key = people.world.key("", builtin).1;
        assert_eq!(set(&key, "bob").is_ok(), may, "{builtin}");
        assert_eq!(info(&people, &key, "ann").is_some(), may, "{builtin}");
        let role = portunus_auth::BuiltInRole::named(builtin).unwrap();
        assert_eq!(role.decide(Resource::Credential, Action::Write) == Decision::Allow, may);
    }
}

#[test]
fn nobody_has_a_password_who_is_not_there() {
    let people = People::new();
    for (collection, id) in [("users", "nobody"), ("users", "dora"), ("users", ""), ("nothing", "ann")] {
        let set = people
            .world
            .try_write(&people.app, |tx| tx.set_credential(collection, id, &people.hash, Sessions::End));
        not_found(set);
        not_found(people.world.try_write(&people.app, |tx| tx.enable_credential(collection, id)));
    }
    not_found(people.world.try_write(&people.app, |tx| tx.disable_credential("users", "bob", Sessions::End)));
    not_found(people.world.try_write(&people.app, |tx| tx.delete_credential("users", "bob", Sessions::End)));
}

#[test]
fn a_password_goes_with_its_document_and_a_namesake_has_none() {
    let people = People::new();
    let delete = || people.world.write(&people.app, |tx| tx.delete("users", "ann"));
    delete();
    assert_eq!(info(&people, &people.app, "ann"), None);
    people
        .world
        .write(&people.app, |tx| tx.create_with_id("users", "ann", json!({"email": "ann@example.org"})));
    assert_eq!(info(&people, &people.app, "ann"), None);
    wrong(people.world.gate.login(&people.app, login("ann", RIGHT)));
    // One that expired makes room for a namesake before it is swept.
    people
        .world
        .write(&people.app, |tx| tx.create_with_id("users", "dora", json!({"email": "dora@example.org"})));
    wrong(people.world.gate.login(&people.app, login("dora", RIGHT)));
    assert_eq!(info(&people, &people.app, "dora"), None);
    // Nor has one in a collection that takes the name of one that was dropped.
    people.world.write(&people.world.admin, |tx| {
        tx.drop_collection("users")?;
        tx.define(portunus_auth::Collection::new("users").unique(["email"]))?;
        tx.create_with_id("users", "eve", json!({"email": "eve@example.org"}))
    });
    wrong(people.world.gate.login(&people.app, login("eve", RIGHT)));
}

#[test]
fn a_renamed_collection_keeps_its_passwords() {
    let people = People::new();
    people.world.write(&people.world.admin, |tx| tx.rename_collection("users", "people"));
    not_found(people.world.gate.login(&people.app, login("ann", RIGHT)));
    let by = portunus_auth::By::id("ann");
    assert!(people.world.gate.verify_password(&people.app, "people", &by, &password(RIGHT)).unwrap());
}

#[test]
fn a_disabled_password_proves_nothing_until_it_is_enabled_again() {
    let people = People::new();
    wrong(people.world.gate.login(&people.app, login("carl", RIGHT)));
    assert!(!people.verify(&people.app, "carl", RIGHT).unwrap());
    // A new one is as disabled as the old one.
    people.set_password("carl", &people.hash, Sessions::End);
    assert!(info(&people, &people.app, "carl").unwrap().is_disabled);
    people.world.write(&people.app, |tx| tx.enable_credential("users", "carl"));
    people.session("carl");
    people.world.write(&people.app, |tx| tx.delete_credential("users", "carl", Sessions::End));
    wrong(people.world.gate.login(&people.app, login("carl", RIGHT)));
}

#[test]
fn what_is_done_to_a_password_ends_the_sessions_that_it_is_told_to() {
    let people = People::new();
    let world = &people.world;
    type Change = fn(&mut portunus_auth::WriteView, &PasswordHash, Sessions) -> portunus_auth::Result<()>;
    let changes: [Change; 3] = [
        |tx, hash, sessions| tx.set_credential("users", "ann", hash, sessions),
        |tx, _, sessions| tx.disable_credential("users", "ann", sessions),
        |tx, _, sessions| tx.delete_credential("users", "ann", sessions),
    ];
    for change in changes {
        for (sessions, live) in
            [(Sessions::Keep, true), (Sessions::End, false), (Sessions::EndElsewhere, false)]
        {
            people.set_password("ann", &people.hash, Sessions::End);
            world.write(&people.app, |tx| tx.enable_credential("users", "ann"));
            let made = world.write(&people.app, |tx| tx.create_token(NewToken::new("users", "ann"))).secret;
            let hers = people.session("ann").secret;
            let others = people.session("eve").secret;
            world.write(&people.app, |tx| change(tx, &people.hash, sessions));
            for secret in [&made, &hers] {
                if live { world.opens(secret) } else { world.refuses(secret) }
            }
            world.opens(&others);
        }
    }
}

#[test]
fn hashes_made_elsewhere_are_taken_over_and_those_that_cannot_be_are_refused() {
    let people = People::new();
    // Of `correct horse`, with other parameters than ours.
    let made_elsewhere =
        "$argon2id$v=19$m=65536,t=3,p=4$AQIDBAUGBwgJCgsMDQ4PEA$4vmHFy8vFe4M2/pxpktZhQgMx6SMBCdNKUH8oDYZxfM";
    people.set_password("bob", &PasswordHash::import(made_elsewhere).unwrap(), Sessions::End);
    people.session("bob");
    wrong(people.world.gate.login(&people.app, login("bob", WRONG)));
    for text in ["", RIGHT, &made_elsewhere.replace("m=65536", "m=8"), &made_elsewhere.replace("id", "i")] {
        invalid(PasswordHash::import(text));
    }
}
