//! The life of a key, and of an index that is too large for one transaction.

use crate::harness::World;

#[test]
fn a_key_changes_its_role_ends_and_is_revoked() {
    let world = World::new();
    world.admin(&["collection", "define", "notes"]).ok();
    let made = world.admin(&["key", "create", "--role", "server", "--key-file", "k2", "--json"]).ok().json();
    let id = made["id"].as_str().unwrap();
    let with = |args: &[&str]| world.run(&[args, &["--store", "s", "--secret-file", "k2"]].concat());
    with(&["put", "notes", "n1", "{}"]).ok();
    world.admin(&["key", "role", id, "server-readonly"]).ok();
    with(&["put", "notes", "n1", "{}"]).failed(3, "denied");
    with(&["get", "notes", "n1"]).ok();
    world.admin(&["key", "role", id, "president"]).failed(5, "role");

    world.admin(&["key", "expire", id, "2000-01-01T00:00:00Z"]).ok();
    with(&["get", "notes", "n1"]).failed(3, "unauthenticated");
    world.admin(&["key", "expire", id, "30d"]).ok();
    with(&["get", "notes", "n1"]).ok();
    world.admin(&["key", "expire", id, "never"]).ok();
    let listed = world.admin(&["key", "list", "--json"]).ok().json();
    assert_eq!(listed[1]["id"], id);
    assert!(listed[1]["expires_at"].is_null());

    world.admin(&["key", "delete", id]).failed(2, "--yes");
    with(&["get", "notes", "n1"]).ok();
    world.admin(&["key", "delete", id, "--yes"]).ok();
    with(&["get", "notes", "n1"]).failed(3, "unauthenticated");
}

#[test]
fn an_index_over_many_documents_is_built_to_its_end() {
    const DOCUMENTS: usize = 10_050;
    let world = World::new();
    world.admin(&["collection", "define", "notes"]).ok();
    let lines: String = (0..DOCUMENTS).map(|number| format!("{{\"even\":{}}}\n", number % 2 == 0)).collect();
    world.write("in", &lines);
    world.admin(&["import", "notes", "in", "--new-ids"]).ok();
    world.admin(&["index", "add", "notes", "even"]).ok();
    let even = world.admin(&["scan", "notes", "--index", "even", "--equal", "true", "--count"]).ok();
    assert_eq!(even.out, format!("{}\n", DOCUMENTS / 2));
    assert_eq!(
        world.admin(&["collection", "show", "notes", "--json"]).json()["unbuilt_indexes"],
        serde_json::json!([])
    );
    world.admin(&["check"]).ok();
}
