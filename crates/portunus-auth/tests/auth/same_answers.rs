//! Every operation once, on two stores whose hidden parts differ: the same answer from both, whatever it was.

use crate::world::{START, path};
use portunus_auth::{
    Collection, Cursor, Durability, Gate, GateOptions, ManualClock, NewKey, PublicId, Query, ReadView,
    Secret, TreeOptions, Value,
};
use serde_json::json;
use std::sync::Arc;

/// The queries that are tried.
fn query(view: &ReadView, number: usize) -> Query<'_> {
    let notes = view.query("notes");
    match number {
        0 => notes,
        1 => notes.ids("a".."z"),
        2 => notes.index("owner").equal(["ann"]),
        3 => notes.index("owner").equal(["ann", "bob"]),
        4 => notes.index("nowhere").descending(),
        5 => notes.index("owner").range(1..).limit(1),
        6 => notes.prefix("a"),
        _ => notes.strict(),
    }
}

/// What every operation of a view answers, as text.
fn answers(gate: &Gate, secret: &Secret, key: PublicId) -> Vec<String> {
    let mut all = Vec::new();
    let mut say = |what: &str, answer: &dyn std::fmt::Debug| all.push(format!("{what}: {answer:?}"));
    let view = gate.begin_read(secret).unwrap();
    for number in 0..8 {
        let query = || query(&view, number);
        let name = format!("query {number}");
        say(&name, &(query().documents(), query().count(), query().first(), query().list_ids()));
        say(&name, &(query().collect::<Value>(), query().page(1, None)));
        say(&name, &query().page(1, Some(&Cursor::from("AQAA"))));
    }
    say("get", &(view.get("notes", "n1"), view.exists("notes", "n1"), view.get("notes", "")));
    say("collections", &(view.collections(), view.collection("notes"), view.unbuilt_indexes("notes")));
    say("databases", &(view.databases(&path("")), view.databases(&path("deep"))));
    say("databases", &(view.disabled_databases(&path("")), view.database_at(&path("deep"))));
    say("keys", &(view.keys(), view.key(key), view.check()));
    drop(view);
    let mut tx = gate.begin_write(secret).unwrap();
    say("create", &tx.create("notes", json!({"email": "x"})).map(drop));
    say("create", &tx.create_with_id("notes", "n1", json!({})).map(drop));
    say("create", &tx.create_with_id("notes", "", json!(7)).map(drop));
    say("replace", &(tx.replace("notes", "n1", json!({})), tx.replace("notes", "n1", json!(7))));
    say("patch", &tx.change("notes", "n1").if_version(3).patch(json!({"a": 1})));
    say("delete", &(tx.delete("notes", "n1"), tx.delete("notes", "n2")));
    say("define", &tx.define(Collection::new("notes")));
    say("define", &tx.define(Collection::new("no such name")));
    say("rename", &(tx.rename_collection("notes", "others"), tx.drop_collection("notes")));
    say("build", &tx.build_indexes("notes"));
    say("create", &(tx.create_database(&path("deep")), tx.create_database(&path("deep/er"))));
    say("rename", &tx.rename_database(&path("deep"), &"x".parse().unwrap()));
    say("move", &(tx.move_database(&path("deep"), &path("")), tx.delete_database(&path("deep"))));
    say("close", &(tx.disable_database(&path("deep")), tx.enable_database(&path("deep"))));
    say("protect", &(tx.protect_database(&path("deep"), true), tx.protect_database(&path(""), true)));
    say("key", &tx.create_key(NewKey::new("admin")).map(drop));
    say("key", &tx.create_key(NewKey::new("admin").at(path("deep"))).map(drop));
    say("key", &(tx.set_key_role(key, "none"), tx.set_key_expiry(key, None), tx.delete_key(key)));
    say("once", &tx.once("again"));
    say("commit", &tx.commit(Durability::Immediate));
    all
}

/// A store whose database `home` has much in it, or nothing; beside it a sibling that has or has not.
fn home(role: &str, is_full: bool, documents: bool) -> Vec<String> {
    let clock = Arc::new(ManualClock::new(START));
    let tree = TreeOptions { clock, ..TreeOptions::default() };
    let (gate, admin) = Gate::create_in_memory(&GateOptions { tree, ..GateOptions::default() }).unwrap();
    let inside = |place: &str| admin.scoped(&format!("@{place}#admin").parse().unwrap());
    let mut tx = gate.begin_write(&admin).unwrap();
    tx.create_database(&path("home")).unwrap();
    tx.create_database(&path("sibling")).unwrap();
    let own = tx.create_key(NewKey::new(role).at(path("home"))).unwrap();
    tx.commit(Durability::Immediate).unwrap();
    let mut tx = gate.begin_write(&inside("home")).unwrap();
    let key = tx.create_key(NewKey::new("admin")).unwrap();
    if documents {
        tx.define(Collection::new("notes").index(["owner"]).unique(["email"])).unwrap();
        tx.create_with_id("notes", "n1", json!({"owner": "ann", "email": "x"})).unwrap();
    }
    if is_full {
        tx.create_database(&path("deep")).unwrap();
    } else {
        tx.delete_key(key.id).unwrap();
    }
    tx.commit(Durability::Immediate).unwrap();
    if is_full {
        let mut tx = gate.begin_write(&inside("sibling")).unwrap();
        tx.define(Collection::new("others")).unwrap();
        tx.create("others", json!({"email": "x"})).unwrap();
        tx.commit(Durability::Immediate).unwrap();
    }
    answers(&gate, &own.secret, key.id)
}

#[test]
fn whoever_may_not_see_it_gets_the_same_answers_whether_it_is_there_or_not() {
    for role in ["server", "server-readonly", "none"] {
        assert_eq!(home(role, true, true), home(role, false, true), "{role}: databases, keys, siblings");
    }
    assert_eq!(home("none", true, true), home("none", false, false), "collections and documents");
    assert_ne!(home("admin", true, true), home("admin", false, true), "it is there");
    assert_ne!(home("server", true, true), home("server", true, false), "it is there");
}
