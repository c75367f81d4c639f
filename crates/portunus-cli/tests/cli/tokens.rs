//! Tokens by their ids, which no transcript knows beforehand: changed, ended, and gone with their documents.

use crate::harness::{Said, World};
use portunus::{ManualClock, NewToken, Portunus, Secret};
use std::sync::Arc;
use std::time::Duration;

/// A store with the users ann and bob.
fn with_users() -> World {
    let world = World::new();
    world.admin(&["collection", "define", "users"]).ok();
    for id in ["ann", "bob"] {
        world.admin(&["put", "users", id, "{}"]).ok();
    }
    world
}

/// Makes a token in the file of this name, and returns its id.
fn token(world: &World, document: &str, file: &str) -> String {
    let made =
        world.admin(&["token", "create", "users", document, "--token-file", file, "--json"]).ok().json();
    made["id"].as_str().unwrap().to_owned()
}

fn with(world: &World, file: &str, args: &[&str]) -> Said {
    world.run(&[args, &["--store", "s", "--secret-file", file]].concat())
}

#[test]
fn a_token_is_changed_and_revoked_by_its_id() {
    let world = with_users();
    let id = token(&world, "ann", "t");
    let shown = || world.admin(&["token", "show", &id, "--json"]).ok().json();
    assert_eq!((&shown()["document"], &shown()["kind"]), (&"ann".into(), &"token".into()));
    world.admin(&["token", "retarget", &id, "users", "zoe"]).failed(4, "no such identity document");
    world.admin(&["token", "retarget", &id, "users", "bob"]).ok();
    assert_eq!(shown()["document"], "bob");
    assert_eq!(with(&world, "t", &["whoami", "--json"]).ok().json()["identity"]["document"], "bob");
    world.admin(&["token", "expire", &id, "2000-01-01T00:00:00Z"]).failed(1, "has passed");
    world.admin(&["token", "expire", &id, "2099-01-01T00:00:00Z"]).ok();
    assert_eq!(shown()["expires_at"], "2099-01-01T00:00:00Z");
    world.admin(&["token", "expire", &id, "never"]).ok();
    assert!(shown()["expires_at"].is_null());
    assert!(world.admin(&["token", "show", &id]).ok().out.contains("users/bob"));
    world.admin(&["token", "delete", &id, "--yes"]).ok();
    world.admin(&["token", "show", &id]).failed(4, "no such token");
    with(&world, "t", &["whoami"]).failed(3, "unauthenticated");
}

#[test]
fn whoever_holds_a_token_ends_those_of_the_same_document_and_no_others() {
    let world = with_users();
    let (phone, laptop) = (token(&world, "ann", "phone"), token(&world, "ann", "laptop"));
    let other = token(&world, "bob", "other");
    let own = with(&world, "phone", &["token", "list", "--json"]).ok().json();
    let ids: Vec<&str> = own.as_array().unwrap().iter().map(|token| token["id"].as_str().unwrap()).collect();
    assert!(ids.len() == 2 && ids.contains(&phone.as_str()) && ids.contains(&laptop.as_str()));
    with(&world, "phone", &["token", "delete", &other, "--yes"]).failed(4, "no such token");
    with(&world, "phone", &["token", "delete", &laptop, "--yes"]).ok();
    with(&world, "laptop", &["whoami"]).failed(3, "unauthenticated");
    with(&world, "phone", &["logout", "--everywhere"]).ok();
    with(&world, "phone", &["whoami"]).failed(3, "unauthenticated");
    with(&world, "other", &["whoami"]).ok();
}

#[test]
fn a_token_that_has_expired_opens_nothing() {
    let world = with_users();
    // The clock of whoever makes it stands long ago: its end has passed when the command looks.
    let clock = Arc::new(ManualClock::new("2001-01-01T00:00:00Z".parse().unwrap()));
    let db = Portunus::builder().clock(clock).open(world.path("s")).unwrap();
    let admin = Secret::new(world.read("k").trim());
    let an_hour = NewToken::new("users", "ann").ttl(Duration::from_secs(3_600));
    let token = db.write(&admin, |tx| tx.create_token(&an_hour)).unwrap();
    assert!(db.begin_read(&token.secret).is_ok());
    db.close().unwrap();
    world.write("t", token.secret.expose());
    with(&world, "t", &["whoami"]).failed(3, "unauthenticated");
    world.admin(&["token", "show", &token.id.to_string()]).failed(4, "no such token");
    assert_eq!(world.admin(&["token", "list", "users", "ann", "--json"]).ok().out, "[]\n");
}

#[cfg(target_os = "linux")]
#[test]
fn a_token_that_cannot_be_shown_is_not_made() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let world = with_users();
    let mut create =
        world.command(&["token", "create", "users", "ann", "--store", "s", "--secret-file", "k"]);
    world.said(create.stdout(full).output().unwrap()).failed(1, "cannot write the output");
    assert_eq!(world.admin(&["token", "list", "users", "ann", "--json"]).ok().out, "[]\n");
}

#[cfg(unix)]
#[test]
fn a_token_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = with_users();
    token(&world, "ann", "t");
    assert_eq!(std::fs::metadata(world.path("t")).unwrap().permissions().mode() & 0o777, 0o600);
}
