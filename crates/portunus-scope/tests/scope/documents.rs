//! Creating, replacing and deleting documents.

use crate::{ROOT, Store, collection_of, insert, is_invalid};
use portunus_scope::{Collection, Durability, Error, Expiry, Object, Value};
use serde_json::json;
use std::time::Duration;

fn notes() -> Store {
    Store::with(&Collection::new("notes"))
}

#[test]
fn a_document_is_read_as_it_was_written() {
    let store = notes();
    let written =
        store.create("notes", "a", json!({"text": "hello", "n": [1, 2.5, null, {"x": true}]})).unwrap();
    let reader = store.read();
    let read = reader.unfiltered_get(&collection_of(&reader, "notes"), "a").unwrap().unwrap();
    assert_eq!(read.value(), written.value());
    assert_eq!((read.id(), read.version()), ("a", written.version()));
    assert!(reader.unfiltered_get(&collection_of(&reader, "notes"), "b").unwrap().is_none());
}

#[test]
fn ids_that_the_engine_makes_sort_by_time_and_are_never_the_same() {
    let store = notes();
    let mut last = String::new();
    for _ in 0..100 {
        store.clock.advance(Duration::from_millis(1));
        let id = store
            .write(|writer| {
                let collection = collection_of(writer, "notes");
                let draft = writer.unfiltered_prepare(
                    &collection,
                    None,
                    Value::Object(Object::new()),
                    Expiry::Unchanged,
                )?;
                writer.unfiltered_insert(&collection, draft)
            })
            .unwrap()
            .id()
            .to_string();
        assert!(id > last);
        last = id;
    }
}

#[test]
fn only_objects_of_a_fair_size_with_a_fair_id_are_documents() {
    let store = notes();
    for wrong in [json!(1), json!([1]), json!(null), json!("text")] {
        assert!(is_invalid(&store.create("notes", "a", wrong.clone())), "{wrong}");
    }
    assert!(is_invalid(&store.create("notes", "", json!({}))));
    assert!(matches!(store.create("notes", &"x".repeat(257), json!({})), Err(Error::Limit { .. })));
    store.create("notes", &"x".repeat(256), json!({})).unwrap();
    let large = json!({"text": "x".repeat(8 << 20)});
    assert!(matches!(store.create("notes", "a", large), Err(Error::Limit { .. } | Error::Invalid { .. })));
    store.create("notes", "large", json!({"text": "x".repeat((8 << 20) - 200)})).unwrap();
    store.check();
}

#[test]
fn versions_rise_even_when_the_clock_stands_still_or_goes_back_and_over_deletion() {
    let store = notes();
    let mut last = store.create("notes", "a", json!({"n": 0})).unwrap();
    for n in 1..5 {
        store.clock.set(portunus_scope::Timestamp(1_000_000_000 - n));
        let next = store
            .write(|writer| {
                let collection = collection_of(writer, "notes");
                writer.unfiltered_replace(&collection, &last, &json_value(n), Expiry::Unchanged)
            })
            .unwrap();
        assert!(next.version() > last.version());
        last = next;
    }
    store.clock.set(portunus_scope::Timestamp(2_000_000_000));
    store.write(|writer| writer.unfiltered_delete(&collection_of(writer, "notes"), &last)).unwrap();
    let again = store.create("notes", "a", json!({})).unwrap();
    assert!(again.version() > last.version());
}

fn json_value(n: i64) -> Value {
    Value::Object(Object::from_iter([("n".to_string(), Value::Int(n))]))
}

#[test]
fn of_two_writers_of_one_document_exactly_one_wins() {
    let store = notes();
    store.create("notes", "a", json!({"n": 0})).unwrap();
    let mut writers = [store.tree.begin_write().unwrap(), store.tree.begin_write().unwrap()];
    for writer in &mut writers {
        let collection = collection_of(writer, "notes");
        let old = writer.unfiltered_get(&collection, "a").unwrap().unwrap();
        writer.unfiltered_replace(&collection, &old, &json_value(1), Expiry::Unchanged).unwrap();
    }
    let [first, second] = writers;
    first.commit(Durability::Immediate).unwrap();
    assert!(matches!(
        second.commit(Durability::Immediate),
        Err(Error::Storage(portunus_storage::Error::Conflict))
    ));
}

#[test]
fn two_creations_of_one_id_are_a_conflict_and_then_a_clash() {
    let store = notes();
    let mut late = store.tree.begin_write().unwrap();
    insert(&mut late, "notes", "a", json!({}), Expiry::Unchanged).unwrap();
    store.create("notes", "a", json!({})).unwrap();
    assert!(late.commit(Durability::Immediate).is_err());
    assert!(matches!(store.create("notes", "a", json!({})), Err(Error::Clash { .. })));
}

#[test]
fn a_refused_operation_leaves_the_transaction_as_it_was() {
    let store = Store::with(&Collection::new("notes").unique(["x"]));
    store.create("notes", "a", json!({"x": 1})).unwrap();
    store
        .write(|writer| {
            insert(writer, "notes", "b", json!({"x": 2}), Expiry::Unchanged)?;
            assert!(insert(writer, "notes", "c", json!({"x": 2}), Expiry::Unchanged).is_err());
            assert!(insert(writer, "notes", "c", json!({"x": 1}), Expiry::Unchanged).is_err());
            assert!(insert(writer, "notes", "b", json!({"x": 3}), Expiry::Unchanged).is_err());
            Ok(())
        })
        .unwrap();
    let count = crate::ids(&store.read(), "notes", &crate::all(), portunus_scope::Order::Ascending).unwrap();
    assert_eq!(count, ["a", "b"]);
    store.check();
}

#[test]
fn a_transaction_that_grows_too_large_is_refused_and_changes_nothing() {
    let store = notes();
    let mut writer = store.tree.begin_write().unwrap();
    let mut refused = None;
    for n in 0..5 {
        let large = json!({"text": "x".repeat(7 << 20)});
        if let Err(error) = insert(&mut writer, "notes", &format!("{n}"), large, Expiry::Unchanged) {
            refused = Some(error);
            break;
        }
    }
    assert!(matches!(refused, Some(Error::Storage(portunus_storage::Error::Limit { .. }))));
    drop(writer);
    assert!(
        crate::ids(&store.read(), "notes", &crate::all(), portunus_scope::Order::Ascending)
            .unwrap()
            .is_empty()
    );
    assert_eq!(store.read().collections(ROOT).unwrap().len(), 1);
}
