//! Passwords and logins: where passwords come from, that they go nowhere, and that no answer tells which part was wrong.

use crate::harness::{Said, World};

const PASSWORD: &str = "correct horse battery";
const OTHER: &str = "staple correct horse";

/// A store with the user ann, who has a password.
fn with_ann() -> World {
    let world = World::new();
    world.admin(&["collection", "define", "users", "--unique", "email"]).ok();
    world.admin(&["put", "users", "ann", r#"{"email":"ann@example.org"}"#]).ok();
    world.write("password", &format!("{PASSWORD}\n"));
    world.write("other", &format!("{OTHER}\n"));
    world.admin(&["credential", "set", "users", "ann", "--password-file", "password"]).ok();
    world
}

fn login(world: &World, args: &[&str]) -> Said {
    let said = world.admin(&[&["login", "users"], args].concat());
    for password in [PASSWORD, OTHER] {
        assert!(!said.out.contains(password) && !said.err.contains(password), "{}{}", said.out, said.err);
    }
    said
}

#[test]
fn a_password_comes_from_a_file_the_environment_or_standard_input_and_no_argument() {
    let world = with_ann();
    let args = ["credential", "verify", "users", "--id", "ann", "--store", "s", "--secret-file", "k"];
    let with_env = |password: &str| {
        world.said(world.command(&args).env("PORTUNUS_PASSWORD", password).output().unwrap())
    };
    with_env(PASSWORD).ok();
    with_env(OTHER).failed(3, "wrong name or password");
    // A password is taken as it is.
    with_env(&format!("{PASSWORD} ")).failed(3, "wrong name or password");
    with_env("").failed(3, "no password was given");
    let with_input = |text: &str| world.with_input(&[&args[..], &["--password-file", "-"]].concat(), text);
    with_input(PASSWORD).ok();
    with_input(&format!("{PASSWORD}\r\n")).ok();
    with_input(&format!("{PASSWORD}\n\n")).failed(3, "wrong name or password");
    with_input("").failed(2, "standard input holds no password");
    let long = with_input(&"hush".repeat(300)).failed(1, "over the limit of 1024");
    let book = with_input(&"hush".repeat(30_000)).failed(2, "too large");
    assert!(!long.err.contains("hush") && !book.err.contains("hush"));
    world.run(&[&args[..], &["--password", PASSWORD]].concat()).failed(2, "unexpected argument");
}

#[test]
fn a_new_password_has_a_place_of_its_own() {
    let world = with_ann();
    login(&world, &["--id", "ann", "--password-file", "password", "--token-file", "t"]).ok();
    let change = ["credential", "change", "--store", "s", "--secret-file", "t"];
    let mut command = world.command(&change);
    command.env("PORTUNUS_PASSWORD", PASSWORD).env("PORTUNUS_NEW_PASSWORD", OTHER);
    world.said(command.output().unwrap()).ok();
    login(&world, &["--id", "ann", "--password-file", "password"]).failed(3, "wrong name or password");
    login(&world, &["--id", "ann", "--password-file", "other"]).ok();
    let said = world.said(world.command(&change).env("PORTUNUS_PASSWORD", OTHER).output().unwrap());
    said.failed(3, "no new password was given");
    world
        .run(&[&change[..], &["--password-file", "-", "--new-password-file", "-"]].concat())
        .failed(2, "only one secret");
}

#[test]
fn a_login_that_fails_does_not_tell_which_part_was_wrong() {
    let world = with_ann();
    world.admin(&["put", "users", "bob", r#"{"email":"bob@example.org"}"#]).ok();
    world.admin(&["put", "users", "cat", r#"{"email":"cat@example.org"}"#]).ok();
    world.admin(&["credential", "set", "users", "cat", "--password-file", "other"]).ok();
    world.admin(&["credential", "disable", "users", "cat"]).ok();
    let answers: Vec<(i32, String, String)> = ["ann", "bob", "cat", "zoe"]
        .into_iter()
        .flat_map(|name| {
            let email = format!("email={name}@example.org");
            let by_email = login(&world, &["--by", &email, "--password-file", "other", "--json"]);
            let by_id = login(&world, &["--id", name, "--password-file", "other", "--json"]);
            [by_email, by_id].map(|said| (said.code, said.out, said.err))
        })
        .collect();
    assert_eq!((answers[0].0, answers[0].1.as_str()), (3, ""));
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

#[test]
fn whoever_tries_too_often_has_to_wait_across_processes() {
    let world = with_ann();
    let attempt = || login(&world, &["--id", "ann", "--password-file", "other", "--json"]);
    // However slow this machine: sooner or later they are tried faster than they are given back.
    let refused = (0..100).map(|_| attempt()).find(|said| !said.err.contains("invalid_secret")).unwrap();
    let refused = refused.failed(3, "too many attempts, try again in ");
    assert!(refused.err.contains(r#""code":"throttled""#) && refused.out.is_empty(), "{}", refused.err);
    // For others there is nothing to wait for.
    login(&world, &["--id", "bob", "--password-file", "other"]).failed(3, "wrong name or password");
}

#[test]
fn a_login_goes_on_from_file_to_file_and_a_copy_ends_it() {
    let world = with_ann();
    let files = ["--refresh", "--token-file", "t", "--refresh-file", "r"];
    login(&world, &[&["--id", "ann", "--password-file", "password"], &files[..]].concat()).ok();
    let (first_token, first) = (world.read("t"), world.read("r"));
    let refresh = ["refresh", "--store", "s", "--refresh-file", "r", "--token-file", "t"];
    let said = world.run(&refresh).ok();
    assert!(said.out.is_empty() && !said.err.contains(world.read("t").trim()));
    assert!(world.read("t") != first_token && world.read("r") != first);
    assert_eq!(world.names(), ["k", "other", "password", "r", "s", "t"]);
    let whoami = ["whoami", "--store", "s", "--secret-file", "t"];
    world.run(&whoami).ok();

    world.write("copied", &first);
    let token = world.read("t");
    world.run(&["refresh", "--store", "s", "--refresh-file", "copied"]).failed(3, "unauthenticated");
    world.run(&whoami).failed(3, "unauthenticated");
    world.run(&refresh).failed(3, "unauthenticated");
    assert_eq!(world.read("t"), token, "what was not replaced is as it was");
    assert_eq!(world.names(), ["copied", "k", "other", "password", "r", "s", "t"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_login_that_cannot_be_shown_leaves_no_token() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let world = with_ann();
    let args = ["login", "users", "--id", "ann", "--refresh", "--refresh-file", "r", "--store", "s"];
    let mut command = world.command(&args);
    command.args(["--secret-file", "k", "--password-file", "password"]);
    world.said(command.stdout(full).output().unwrap()).failed(1, "cannot write the output");
    assert_eq!(world.admin(&["token", "list", "users", "ann", "--json"]).ok().out, "[]\n");
    assert!(!world.path("r").exists());
}

#[test]
fn a_refresh_token_can_be_the_secret() {
    let world = with_ann();
    let made =
        login(&world, &["--id", "ann", "--password-file", "password", "--refresh", "--json"]).ok().json();
    let mut command = world.command(&["refresh", "--store", "s", "--json"]);
    let next = command.env("PORTUNUS_SECRET", made["refresh"]["secret"].as_str().unwrap());
    let next = world.said(next.output().unwrap()).ok().json();
    for secret in [&next["secret"], &next["refresh"]["secret"]] {
        assert!(secret.as_str().unwrap().starts_with('p'));
    }
    assert_ne!(next["refresh"]["secret"], made["refresh"]["secret"]);
}

#[test]
fn a_password_hash_of_another_program_is_taken_over() {
    let world = with_ann();
    for (file, hash) in [
        ("bcrypt", "$2b$10$XajjQvNhvvRt5GSeFk1xFeyqRrsxkhBkUiQeg0dt.wU1qD4aFDcga"),
        (
            "argon2id",
            "$argon2id$v=19$m=65536,t=3,p=4$AQIDBAUGBwgJCgsMDQ4PEA$4vmHFy8vFe4M2/pxpktZhQgMx6SMBCdNKUH8oDYZxfM",
        ),
    ] {
        world.write(file, &format!("{hash}\n"));
        world.admin(&["credential", "import", "users", "ann", "--hash-file", file]).ok();
        let shown = world.admin(&["credential", "show", "users", "ann", "--json"]).ok();
        assert_eq!(shown.json()["algorithm"], file);
        assert!(!shown.out.contains("$2b") && !shown.out.contains("$argon"), "no hash is shown");
    }
    world.write("greedy", "$argon2id$v=19$m=4294967295,t=3,p=4$AQIDBAUGBwgJCgsMDQ4PEA$4vmHFy8vFe4M2/pxpktZhQgMx6SMBCdNKUH8oDYZxfM");
    let said = world.admin(&["credential", "import", "users", "ann", "--hash-file", "greedy"]).failed(1, "");
    assert!(!said.err.contains("AQIDBA"), "{}", said.err);
}
