//! Files that are not what they should be: each has its exit code, and is left as it was.

use crate::harness::World;

/// The bytes of the store with a document in it, of which one letter was changed behind its back.
fn damaged(world: &World) -> Vec<u8> {
    let needle = b"a needle in the page";
    world.admin(&["collection", "define", "notes"]).ok();
    world.admin(&["put", "notes", "n1", r#"{"text":"a needle in the page"}"#]).ok();
    let mut bytes = std::fs::read(world.path("s")).unwrap();
    let found: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(needle)).collect();
    assert!(!found.is_empty());
    found.into_iter().for_each(|at| bytes[at] = b'A');
    bytes
}

#[test]
fn what_is_no_store_is_refused_and_left_alone() {
    let world = World::new();
    let flipped = damaged(&world);
    let whole = std::fs::read(world.path("s")).unwrap();
    std::fs::create_dir(world.path("folder")).unwrap();
    for (name, bytes, codes) in [
        ("empty", Vec::new(), &[6][..]),
        ("letter", b"dear all, ".repeat(1_000), &[1]),
        ("short", whole[..whole.len() / 3].to_vec(), &[6, 1]),
        ("cut", whole[..40].to_vec(), &[6, 1]),
        ("flipped", flipped, &[6]),
    ] {
        std::fs::write(world.path(name), &bytes).unwrap();
        for command in ["whoami", "check", "stats", "sweep"] {
            let said = world.run(&[command, "--store", name, "--secret-file", "k"]);
            assert!(codes.contains(&said.code), "{command} {name}: {} {}{}", said.code, said.out, said.err);
            assert!(!said.err.is_empty(), "{command} {name}");
        }
        assert_eq!(std::fs::read(world.path(name)).unwrap(), bytes, "{name} was changed");
    }
    world.run(&["stats", "--store", "folder"]).failed(1, "folder");
    world.run(&["stats", "--store", "nowhere"]).failed(4, "portunus init");
    assert!(!world.path("nowhere").exists(), "opening makes nothing");
    world.run(&["init", "nowhere/s"]).failed(4, "no such folder");
}

#[test]
fn a_damaged_store_is_listed_with_exit_code_6() {
    let world = World::new();
    std::fs::write(world.path("s"), damaged(&world)).unwrap();
    let report = world.admin(&["check", "--json"]).failed(6, "damaged").json();
    assert_eq!(report["sound"], false);
    assert!(!report["problems"].as_array().unwrap().is_empty());
}

#[test]
fn a_store_that_is_open_elsewhere_is_refused_at_once() {
    let world = World::new();
    let _open = portunus::Portunus::open(world.path("s")).unwrap();
    world.admin(&["whoami"]).failed(7, "open elsewhere");
    let said = world.admin(&["whoami", "--json"]);
    let error: serde_json::Value = serde_json::from_str(&said.err).unwrap();
    assert_eq!((said.code, &error["error"]["code"]), (7, &"locked".into()));
}

#[test]
fn nothing_is_ever_overwritten() {
    let world = World::new();
    let (store, key) = (std::fs::read(world.path("s")).unwrap(), world.read("k"));
    world.run(&["init", "s"]).failed(5, "already");
    world.run(&["init", "s", "--key-file", "k2"]).failed(5, "already");
    world.run(&["init", "s2", "--key-file", "k"]).failed(5, "k");
    world.admin(&["key", "create", "--role", "none", "--key-file", "k"]).failed(5, "k");
    world.admin(&["collection", "define", "notes"]).ok();
    world.admin(&["export", "notes", "k"]).failed(5, "--resume");
    assert_eq!(world.read("k"), key);
    assert_eq!(world.names(), ["k", "s"], "a failed command leaves no file of its own");
    assert_eq!(world.admin(&["key", "list", "--json"]).json().as_array().unwrap().len(), 1);
    assert_ne!(store, Vec::<u8>::new());
}

#[cfg(unix)]
#[test]
fn a_key_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new();
    world.admin(&["key", "create", "--role", "server", "--key-file", "k2"]).ok();
    for name in ["k", "k2"] {
        let mode = std::fs::metadata(world.path(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
        world.run(&["whoami", "--store", "s", "--secret-file", name]).ok();
    }
}
