//! The audit log as an operator uses it: the true reasons are in it, secrets are not, and what was taken out is missed.

use crate::harness::World;
use serde_json::Value as Json;

const PASSWORD: &str = "correct horse battery";

/// A store with the user ann, and a log of all there can be one of.
fn with_log() -> World {
    let world = World::new();
    world.admin(&["collection", "define", "users"]).ok();
    world.admin(&["put", "users", "ann", "{}"]).ok();
    world.admin(&["audit", "on", "--openings", "--refusals", "--denials"]).ok();
    world.write("password", PASSWORD);
    world.write("other", "staple correct horse");
    world.admin(&["credential", "set", "users", "ann", "--password-file", "password"]).ok();
    world
}

fn records(world: &World, args: &[&str]) -> Vec<Json> {
    let listed = world.admin(&[&["audit", "list", "--json"], args].concat()).ok().out;
    listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_log_has_the_true_reasons_and_no_secret() {
    let world = with_log();
    let login = |id: &str, file: &str, token: &str| {
        world.admin(&["login", "users", "--id", id, "--password-file", file, "--token-file", token])
    };
    login("ann", "other", "t").failed(3, "wrong name or password");
    login("zoe", "other", "t").failed(3, "wrong name or password");
    login("ann", "password", "t").ok();
    let whoami = |file: &str| world.run(&["whoami", "--store", "s", "--secret-file", file]);
    let token = world.read("t");
    whoami("t").ok();
    world.run(&["role", "define", "a", "--store", "s", "--secret-file", "t"]).failed(3, "denied");
    world.write("mistyped", &format!("{}{}", &token[..20], token[20..].to_lowercase()));
    whoami("mistyped").failed(3, "unauthenticated");
    world.run(&["logout", "--store", "s", "--secret-file", "t"]).ok();
    whoami("t").failed(3, "unauthenticated");

    let reasons = |kind: &str| -> Vec<String> {
        let found = records(&world, &["--kind", kind]);
        found.iter().map(|record| record["event"]["reason"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(reasons("login_failed"), ["wrong_password", "unknown_identity"]);
    let refused = reasons("refused");
    assert!(refused.len() == 2 && refused[0] != refused[1], "{refused:?}");
    let id = &records(&world, &["--kind", "logged_in"])[0]["event"]["token"];
    let by_token = records(&world, &["--principal", id.as_str().unwrap()]);
    let mut kinds: Vec<&str> =
        by_token.iter().map(|record| record["event"]["kind"].as_str().unwrap()).collect();
    // What has no transaction of its own comes to the log behind what has one.
    kinds.sort_unstable();
    assert_eq!(kinds, ["denied", "opened", "opened", "opened", "tokens_ended"]);

    let whole = world.admin(&["audit", "list", "--json"]).ok().out;
    let table = world.admin(&["audit", "tail", "-n", "1000"]).ok().out;
    for secret in [PASSWORD, "staple", token.trim(), world.read("k").trim(), "argon2"] {
        assert!(!whole.contains(secret) && !table.contains(secret));
    }
}

#[test]
fn records_are_numbered_from_one_on_across_processes() {
    let world = with_log();
    for _ in 0..3 {
        world.admin(&["whoami"]).ok();
    }
    let all = records(&world, &[]);
    let numbers: Vec<u64> = all.iter().map(|record| record["sequence"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=u64::try_from(all.len()).unwrap()).collect::<Vec<_>>());
    assert_eq!(records(&world, &["--limit", "2"]), all[..2]);
    let last = world.admin(&["audit", "tail", "-n", "1", "--json"]).ok().json();
    assert!(
        last["sequence"].as_u64().unwrap() > u64::try_from(all.len()).unwrap(),
        "looking is recorded too"
    );
}

#[test]
fn a_log_that_was_put_back_does_not_have_the_head_that_it_had() {
    let world = with_log();
    let old = std::fs::read(world.path("s")).unwrap();
    world.admin(&["key", "create", "--role", "server", "--key-file", "k2"]).ok();
    let verify = |more: &[&str]| world.admin(&[&["audit", "verify", "--json"], more].concat());
    let head = verify(&[]).ok().json()["head"].as_str().unwrap().to_owned();
    assert_eq!(verify(&["--head", &head]).ok().json()["has_head"], true);
    world.admin(&["whoami"]).ok();
    verify(&["--head", &head]).ok();
    std::fs::write(world.path("s"), old).unwrap();
    verify(&[]).ok();
    let report = verify(&["--head", &head]).failed(6, "does not have the hash").json();
    assert_eq!((&report["whole"], &report["has_head"]), (&true.into(), &false.into()));
}
