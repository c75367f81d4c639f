//! Definitions of collections, and the check of documents against them.

use crate::{ROOT, Store, all, ids, is_invalid};
use portunus_scope::{Collection, Error, Field, Order, Type};
use serde_json::json;
use std::time::Duration;

#[test]
fn definitions_that_break_a_rule_are_refused() {
    let check = |what: &str, definition: Collection| {
        let store = Store::in_memory();
        let defined = store.write(|writer| writer.define_collection(ROOT, &definition));
        assert!(matches!(defined, Err(Error::Invalid { .. } | Error::Limit { .. })), "{what}: {defined:?}");
        assert!(store.read().collections(ROOT).unwrap().is_empty());
    };
    let new = || Collection::new("a");
    check("a name with a slash", Collection::new("a/b"));
    check("a name too long", Collection::new("a".repeat(65)));
    check("a field twice", new().field(Field::new("x", Type::Int)).field(Field::new("x", Type::Int)));
    check("a field in a number", new().field(Field::new("x", Type::Int)).field(Field::new("x.y", Type::Int)));
    check("a default of another type", new().field(Field::new("x", Type::Int).default("text")));
    check("an index twice", new().index(["x"]).unique(["x"]));
    check("an index with a field twice", new().index(["x", "x"]));
    check("an index without fields", new().index(Vec::<String>::new()));
    check("an index of nine fields", new().index(["a", "b", "c", "d", "e", "f", "g", "h", "i"]));
    check("an index on a missing field", new().field(Field::new("x", Type::Int)).closed().index(["y"]));
    check("no time to live", new().ttl(Duration::ZERO));
    check("too many indexes", (0..65).fold(new(), |all, n| all.index([format!("f{n}")])));
}

#[test]
fn documents_that_break_the_schema_are_refused_with_the_place() {
    let users = Collection::new("users")
        .field(Field::new("email", Type::String).required().max_len(10))
        .field(Field::new("age", Type::Int).nullable())
        .field(Field::new("address.city", Type::String))
        .field(Field::new("tags", Type::Array).max_len(2))
        .closed();
    let store = Store::with(&users);
    let check = |document: serde_json::Value, place: &str| match store.create("users", "x", document.clone())
    {
        Err(Error::Invalid { place: found, .. }) => assert_eq!(found, place, "{document}"),
        other => panic!("{document}: {other:?}"),
    };
    check(json!({}), "email");
    check(json!({"email": 5}), "email");
    check(json!({"email": "12345678901"}), "email");
    check(json!({"email": null}), "email");
    check(json!({"email": "a", "age": 1.5}), "age");
    check(json!({"email": "a", "tags": [1, 2, 3]}), "tags");
    check(json!({"email": "a", "address": {"city": 1}}), "address.city");
    check(json!({"email": "a", "address": {"street": "b"}}), "address.street");
    check(json!({"email": "a", "address": 1}), "address");
    check(json!({"email": "a", "role": "admin"}), "role");
    store
        .create("users", "y", json!({"email": "a", "age": null, "address": {"city": "b"}, "tags": [1]}))
        .unwrap();
    assert_eq!(ids(&store.read(), "users", &all(), Order::Ascending).unwrap(), ["y"]);
}

#[test]
fn defaults_fill_what_is_missing_and_nothing_else() {
    let definition = Collection::new("notes")
        .field(Field::new("public", Type::Bool).default(false))
        .field(Field::new("meta.stars", Type::Int).default(3));
    let store = Store::with(&definition);
    let stored =
        |id: &str, value| store.create("notes", id, value).unwrap().to::<serde_json::Value>().unwrap();
    assert_eq!(stored("a", json!({})), json!({"public": false, "meta": {"stars": 3}}));
    assert_eq!(
        stored("b", json!({"public": true, "meta": {}})),
        json!({"public": true, "meta": {"stars": 3}})
    );
}

#[test]
fn a_stricter_definition_is_refused_while_a_document_breaks_it() {
    let store = Store::with(&Collection::new("notes"));
    store.create("notes", "a", json!({"x": "text"})).unwrap();
    let stricter = Collection::new("notes").field(Field::new("x", Type::Int));
    assert!(is_invalid(&store.write(|writer| writer.define_collection(ROOT, &stricter))));
    store.create("notes", "b", json!({"x": "text"})).unwrap();
    let fitting = Collection::new("notes").field(Field::new("x", Type::String)).closed();
    store.write(|writer| writer.define_collection(ROOT, &fitting)).unwrap();
    assert!(is_invalid(&store.create("notes", "c", json!({"x": 1}))));
}

#[test]
fn a_renamed_collection_keeps_its_documents_and_a_dropped_one_leaves_nothing() {
    let store = Store::with(&Collection::new("notes").index(["x"]));
    store.create("notes", "a", json!({"x": 1})).unwrap();
    store.write(|writer| writer.rename_collection(ROOT, "notes", "papers")).unwrap();
    assert!(store.read().collection(ROOT, "notes").unwrap().is_none());
    assert_eq!(ids(&store.read(), "papers", &all(), Order::Ascending).unwrap(), ["a"]);
    store.write(|writer| writer.drop_collection(ROOT, "papers")).unwrap();
    store.check();
    store.write(|writer| writer.define_collection(ROOT, &Collection::new("papers"))).unwrap();
    assert!(ids(&store.read(), "papers", &all(), Order::Ascending).unwrap().is_empty());
}

#[test]
fn a_definition_that_changes_under_a_writer_is_a_conflict() {
    let store = Store::with(&Collection::new("notes"));
    let mut writer = store.tree.begin_write().unwrap();
    crate::insert(&mut writer, "notes", "a", json!({"x": 1}), portunus_scope::Expiry::Unchanged).unwrap();
    store.write(|writer| writer.define_collection(ROOT, &Collection::new("notes").index(["x"]))).unwrap();
    let late = writer.commit(portunus_scope::Durability::Immediate);
    assert!(matches!(late, Err(Error::Storage(portunus_storage::Error::Conflict))));
    store.check();
}

#[test]
fn a_reader_that_began_before_a_change_keeps_the_old_definition() {
    let store = Store::with(&Collection::new("notes"));
    let before = store.read();
    store.write(|writer| writer.define_collection(ROOT, &Collection::new("notes").index(["x"]))).unwrap();
    assert_eq!(crate::collection_of(&store.read(), "notes").definition().indexes().len(), 1);
    assert_eq!(crate::collection_of(&before, "notes").definition().indexes().len(), 0);
    assert_eq!(crate::collection_of(&store.read(), "notes").definition().indexes().len(), 1);
}
