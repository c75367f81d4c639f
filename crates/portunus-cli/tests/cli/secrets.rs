//! Where secrets come from, and that they go nowhere.

use crate::harness::World;

/// Every command, as its words.
const COMMANDS: &[&[&str]] = &[
    &[],
    &["init"],
    &["demo"],
    &["create"],
    &["get"],
    &["put"],
    &["delete"],
    &["scan"],
    &["import"],
    &["export"],
    &["db"],
    &["db", "create"],
    &["db", "list"],
    &["db", "rename"],
    &["db", "move"],
    &["db", "disable"],
    &["db", "enable"],
    &["db", "protect"],
    &["db", "unprotect"],
    &["db", "delete"],
    &["collection"],
    &["collection", "define"],
    &["collection", "list"],
    &["collection", "show"],
    &["collection", "rename"],
    &["collection", "drop"],
    &["index"],
    &["index", "add"],
    &["index", "drop"],
    &["index", "build"],
    &["key"],
    &["key", "create"],
    &["key", "list"],
    &["key", "role"],
    &["key", "expire"],
    &["key", "delete"],
    &["token"],
    &["token", "create"],
    &["token", "list"],
    &["token", "show"],
    &["token", "retarget"],
    &["token", "expire"],
    &["token", "delete"],
    &["login"],
    &["refresh"],
    &["logout"],
    &["credential"],
    &["credential", "set"],
    &["credential", "import"],
    &["credential", "show"],
    &["credential", "verify"],
    &["credential", "change"],
    &["credential", "disable"],
    &["credential", "enable"],
    &["credential", "delete"],
    &["whoami"],
    &["role"],
    &["role", "define"],
    &["role", "list"],
    &["role", "show"],
    &["role", "rename"],
    &["role", "delete"],
    &["role", "export"],
    &["role", "diff"],
    &["role", "check"],
    &["role", "apply"],
    &["role", "versions"],
    &["role", "rollback"],
    &["predicate"],
    &["predicate", "define"],
    &["predicate", "list"],
    &["predicate", "delete"],
    &["explain"],
    &["what-can"],
    &["who-can"],
    &["policy"],
    &["policy", "test"],
    &["procedure"],
    &["procedure", "define"],
    &["procedure", "list"],
    &["procedure", "delete"],
    &["provider"],
    &["provider", "define"],
    &["provider", "list"],
    &["provider", "show"],
    &["provider", "rename"],
    &["provider", "not-before"],
    &["provider", "deny"],
    &["provider", "delete"],
    &["audit"],
    &["audit", "on"],
    &["audit", "off"],
    &["audit", "status"],
    &["audit", "tail"],
    &["audit", "list"],
    &["audit", "verify"],
    &["backup"],
    &["restore"],
    &["compact"],
    &["dump"],
    &["load"],
    &["bench"],
    &["check"],
    &["stats"],
    &["serve"],
];

#[test]
fn no_help_shows_what_is_in_the_environment() {
    let world = World::empty();
    let canary = "pk_canary-that-must-not-sing";
    let mut texts: Vec<Vec<String>> = Vec::new();
    for words in COMMANDS {
        for help in ["--help", "-h"] {
            texts.push(words.iter().chain([&help]).map(ToString::to_string).collect());
        }
    }
    for words in
        [["man"].as_slice(), &["completions", "bash"], &["completions", "zsh"], &["help"], &["nonsense"]]
    {
        texts.push(words.iter().map(ToString::to_string).collect());
    }
    for words in texts {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut command = world.command(&words);
        for variable in ["PORTUNUS_SECRET", "PORTUNUS_STORE", "PORTUNUS_PASSWORD", "PORTUNUS_NEW_PASSWORD"] {
            command.env(variable, canary);
        }
        let said = world.said(command.output().unwrap());
        assert!(said.code == 0 || words == ["nonsense"], "{words:?}: {}", said.err);
        assert!(!said.out.contains("canary") && !said.err.contains("canary"), "{words:?}");
    }
}

#[test]
fn the_list_of_commands_above_has_them_all() {
    let man = World::empty();
    man.run(&["man", "--dir", "."]).ok();
    let pages: Vec<String> = man.names().into_iter().filter(|name| !name.contains("help")).collect();
    let without_store = ["portunus-completions.1", "portunus-man.1", "portunus-sweep.1"];
    let listed: Vec<String> = COMMANDS
        .iter()
        .map(|words| [&["portunus"], *words].concat().join("-") + ".1")
        .chain(without_store.map(ToOwned::to_owned))
        .collect();
    for page in pages {
        assert!(listed.contains(&page), "{page} is not tried above");
    }
}

#[test]
fn a_secret_comes_from_a_file_the_environment_or_standard_input_and_no_argument() {
    let world = World::new();
    let key = world.read("k");
    let with_env = |secret: &str| {
        let mut command = world.command(&["whoami", "--store", "s"]);
        world.said(command.env("PORTUNUS_SECRET", secret).output().unwrap())
    };
    with_env(key.trim()).ok();
    with_env(&key).ok();
    with_env("swordfish").failed(3, "unauthenticated");
    with_env("").failed(3, "no secret was given");
    world.with_input(&["whoami", "--store", "s", "--secret-file", "-"], &key).ok();
    world.with_input(&["whoami", "--store", "s", "--secret-file", "-"], "").failed(2, "empty");
    let said = world.with_input(&["put", "notes", "n1", "--store", "s", "--secret-file", "-"], &key);
    said.failed(2, "both the secret and the document");
    let said = world.with_input(
        &["login", "users", "--id", "ann", "--password-file", "-", "--store", "s", "--secret-file", "-"],
        &key,
    );
    said.failed(2, "only one secret");
    world.run(&["whoami", "--store", "s", "--secret", "swordfish"]).failed(2, "unexpected argument");
}

#[test]
fn a_secret_file_that_cannot_be_one_is_named_and_not_shown() {
    let world = World::new();
    std::fs::create_dir(world.path("folder")).unwrap();
    world.write("blank", "\n");
    world.write("long", &"hush".repeat(10_000));
    std::fs::write(world.path("bytes"), b"hush\xff\xfe").unwrap();
    for (file, code) in [("nowhere", 4), ("folder", 1), ("blank", 2), ("long", 2), ("bytes", 1)] {
        let said = world.run(&["whoami", "--store", "s", "--secret-file", file]).failed(code, file);
        assert!(!said.err.contains("hush"), "{file}: {}", said.err);
    }
    world.write("wrong", "hush");
    let said = world.run(&["whoami", "--store", "s", "--secret-file", "wrong"]).failed(3, "unauthenticated");
    assert!(!said.err.contains("hush"));
}

#[test]
fn every_secret_that_opens_nothing_gets_the_same_answer() {
    let world = World::new();
    let create = |args: &[&str]| {
        let made = world.admin(&[&["key", "create", "--json"], args].concat()).ok().json();
        (made["id"].as_str().unwrap().to_owned(), made["secret"].as_str().unwrap().to_owned())
    };
    world.admin(&["db", "create", "closed"]).ok();
    let (revoked_id, revoked) = create(&["--role", "server"]);
    world.admin(&["key", "delete", &revoked_id, "--yes"]).ok();
    let (_, closed) = create(&["--role", "server", "--for", "closed"]);
    world.admin(&["db", "disable", "closed"]).ok();
    let (_, server) = create(&["--role", "server"]);
    let admin = world.read("k").trim().to_owned();
    let mut answers = Vec::new();
    for secret in [
        revoked,
        closed,
        format!("{server}#admin"),
        format!("{admin}@nowhere#admin"),
        format!("{admin}#nobody"),
        format!("{admin}#"),
        admin.chars().rev().collect(),
        "swordfish".into(),
    ] {
        let mut command = world.command(&["whoami", "--store", "s", "--json"]);
        let said = world.said(command.env("PORTUNUS_SECRET", &secret).output().unwrap());
        answers.push((said.code, said.out, said.err));
    }
    assert_eq!(answers[0].0, 3);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}
