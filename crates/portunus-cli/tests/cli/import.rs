//! Imports that are cut, and go on: nothing is half-written, nothing is lost, nothing is there twice.

use crate::harness::{World, flights};

fn lines(wrong_at: Option<usize>) -> String {
    let line = |number: usize| match wrong_at {
        Some(wrong) if wrong == number => "{\"id\":\"cut off".to_owned(),
        _ => format!("{{\"id\":\"n{number:03}\",\"amount\":{number}}}"),
    };
    (1..=25).map(|number| line(number) + "\n").collect()
}

fn count(world: &World) -> u64 {
    world.admin(&["scan", "notes", "--count", "--json"]).ok().json()["count"].as_u64().unwrap()
}

#[test]
fn a_wrong_line_is_named_and_its_batch_is_not_stored() {
    let world = World::new();
    world.admin(&["collection", "define", "notes"]).ok();
    world.write("in", &lines(Some(17)));
    let import = ["import", "notes", "in", "--id-field", "id", "--batch", "10"];
    let said = world.admin(&import).failed(1, "line 17: ");
    assert!(said.err.contains("behind line 10") && said.err.contains("--resume"), "{}", said.err);
    assert_eq!(count(&world), 10, "the batch before it is whole, its own is not there");

    world.write("in", &lines(None));
    world.admin(&import).failed(1, "line 1: ");
    assert_eq!(count(&world), 10, "what is there already is not silently taken over");
    let report = world.admin(&[&import[..], &["--resume", "--json"]].concat()).ok().json();
    assert_eq!((report["created"].as_u64(), report["skipped"].as_u64()), (Some(15), Some(10)));
    assert_eq!(count(&world), 25);
    let report = world.admin(&[&import[..], &["--replace", "--json"]].concat()).ok().json();
    assert_eq!(report["replaced"], 25);
    world.admin(&["check"]).ok();
}

#[test]
fn a_trial_names_every_wrong_line_and_stores_nothing() {
    let world = World::new();
    world.admin(&["collection", "define", "notes", "--field", "amount:int,required"]).ok();
    let mut text = lines(Some(3));
    text.push_str(
        "{\"id\":\"x\",\"amount\":\"hush\"}\n\n{\"id\":\"n001\",\"amount\":1}\n[1]\n{\"amount\":1}\n",
    );
    world.write("in", &text);
    let said = world
        .admin(&["import", "notes", "in", "--id-field", "id", "--dry-run"])
        .failed(1, "5 lines are wrong");
    for words in [
        "line 3: ",
        "line 26: amount: must be an integer",
        "line 28: ",
        "line 29: ",
        "line 30: id: is missing",
    ] {
        assert!(said.err.contains(words), "{words}: {}", said.err);
    }
    assert!(!said.err.contains("hush"), "values are not said aloud");
    assert_eq!(count(&world), 0);
    world.write("in", &lines(None));
    world.admin(&["import", "notes", "in", "--id-field", "id", "--dry-run"]).ok();
    assert_eq!(count(&world), 0);
}

#[test]
fn an_export_makes_the_same_collection_again() {
    let world = World::new();
    world.admin(&["collection", "define", "flights"]).ok();
    world.admin(&["import", "flights", flights().to_str().unwrap(), "--id-field", "id"]).ok();
    world
        .admin(&["put", "flights", "odd", r#"{"id":"inner","at":{"$timestamp":"2026-01-01T00:00:00Z"}}"#])
        .ok();
    world.admin(&["put", "flights", "brief", "{}", "--expires", "30d"]).ok();
    world.admin(&["export", "flights", "out"]).ok();
    world.admin(&["collection", "define", "again"]).ok();
    world.admin(&["import", "again", "out"]).ok();
    let (first, second) =
        (world.admin(&["export", "flights"]).ok().out, world.admin(&["export", "again"]).ok().out);
    assert_eq!(first.lines().count(), 4_336);
    assert!(first == second, "what came back differs from what went out");
    assert_eq!(world.read("out"), first);

    // An export that was cut in a line goes on behind the last whole one.
    let cut: String = first.chars().take(first.len() / 2).collect();
    world.write("out", &cut);
    world.admin(&["export", "flights", "out", "--resume"]).ok();
    assert!(world.read("out") == first);
}

#[test]
fn an_import_reads_standard_input_and_refuses_what_is_no_file() {
    let world = World::new();
    world.admin(&["collection", "define", "notes"]).ok();
    let args = ["import", "notes", "-", "--new-ids", "--store", "s", "--secret-file", "k"];
    world.with_input(&args, "{\"a\":1}\n{\"a\":2}").ok();
    assert_eq!(count(&world), 2);
    std::fs::create_dir(world.path("folder")).unwrap();
    world.admin(&["import", "notes", "folder"]).failed(1, "folder");
    world.admin(&["import", "notes", "nowhere"]).failed(4, "nowhere");
    std::fs::write(world.path("bytes"), b"\xff\xfe\n").unwrap();
    world.admin(&["import", "notes", "bytes", "--new-ids"]).failed(1, "line 1: is no text in UTF-8");
    world.admin(&["import", "nothing", "bytes", "--new-ids", "--dry-run"]).failed(1, "line 1: ");
    world.write("good", "{}\n");
    world.admin(&["import", "nothing", "good", "--new-ids"]).failed(4, "collection");
}
