//! Indexes: kept with every change, unique where they say so, built over what is there.

use crate::{ROOT, Store, by, collection_of, ids, insert};
use portunus_scope::{BuildProgress, Collection, Error, Expiry, Order, Then, Value};
use serde_json::json;

#[test]
fn an_index_follows_every_change_of_a_document() {
    let store = Store::with(&Collection::new("notes").index(["owner"]).index(["tags"]));
    let of = |field: &str, term: &str| {
        ids(&store.read(), "notes", &by(field, vec![Value::from(term)], Then::Any), Order::Ascending).unwrap()
    };
    store.create("notes", "a", json!({"owner": "ann", "tags": ["x", "y", "x"]})).unwrap();
    store.create("notes", "b", json!({"owner": "bob", "tags": "x"})).unwrap();
    assert_eq!(
        (of("owner", "ann"), of("tags", "x"), of("tags", "y")),
        (vec!["a".into()], vec!["a".into(), "b".into()], vec!["a".into()])
    );
    store
        .write(|writer| {
            let collection = collection_of(writer, "notes");
            let old = writer.unfiltered_get(&collection, "a")?.unwrap();
            let new = portunus_scope::to_value(&json!({"owner": "bob", "tags": ["z"]}))?;
            writer.unfiltered_replace(&collection, &old, &new, Expiry::Unchanged)
        })
        .unwrap();
    assert_eq!((of("owner", "ann"), of("owner", "bob")), (vec![], vec!["a".to_string(), "b".into()]));
    assert_eq!((of("tags", "x"), of("tags", "z")), (vec!["b".to_string()], vec!["a".to_string()]));
    store.check();
    store
        .write(|writer| {
            let collection = collection_of(writer, "notes");
            let old = writer.unfiltered_get(&collection, "a")?.unwrap();
            writer.unfiltered_delete(&collection, &old)
        })
        .unwrap();
    assert_eq!((of("owner", "bob"), of("tags", "z")), (vec!["b".to_string()], Vec::<String>::new()));
    store.check();
}

#[test]
fn a_unique_index_refuses_a_second_document_with_its_terms() {
    let store = Store::with(&Collection::new("users").unique(["email"]).unique(["team", "nick"]));
    let create = |id: &str, value| store.create("users", id, value);
    create("a", json!({"email": "ann", "team": 1, "nick": "a"})).unwrap();
    let check = |value, index: &str| match create("x", value) {
        Err(Error::Clash { index: found, existing }) => {
            assert_eq!((found.as_str(), existing.as_str()), (index, "a"));
        }
        other => panic!("{other:?}"),
    };
    check(json!({"email": "ann"}), "email");
    check(json!({"email": ["bob", "ann"]}), "email");
    check(json!({"team": 1.0, "nick": "a"}), "team,nick");
    // Who lacks a term, or has null there, does not take part.
    create("b", json!({"team": 1})).unwrap();
    create("c", json!({"team": 1, "email": null})).unwrap();
    create("d", json!({"team": 1, "email": null})).unwrap();
    create("e", json!({"email": "ANN", "team": 2, "nick": "a"})).unwrap();
    store.check();
}

#[test]
fn a_document_keeps_its_own_unique_terms_when_it_is_replaced() {
    let store = Store::with(&Collection::new("users").unique(["email"]));
    let ann = store.create("users", "a", json!({"email": "ann"})).unwrap();
    let same = portunus_scope::to_value(&json!({"email": "ann", "x": 1})).unwrap();
    store
        .write(|writer| {
            writer.unfiltered_replace(&collection_of(writer, "users"), &ann, &same, Expiry::Unchanged)
        })
        .unwrap();
    store.check();
}

#[test]
fn two_writers_of_the_same_unique_term_never_both_commit() {
    let store = Store::with(&Collection::new("users").unique(["email"]));
    let mut writers = [store.tree.begin_write().unwrap(), store.tree.begin_write().unwrap()];
    for (writer, id) in writers.iter_mut().zip(["a", "b"]) {
        insert(writer, "users", id, json!({"email": "ann"}), Expiry::Unchanged).unwrap();
    }
    let [first, second] = writers;
    first.commit(portunus_scope::Durability::Immediate).unwrap();
    assert!(second.commit(portunus_scope::Durability::Immediate).is_err());
    store.check();
}

#[test]
fn an_index_defined_later_holds_what_was_there_and_a_dropped_one_leaves_nothing() {
    let store = Store::with(&Collection::new("notes"));
    for n in 0..50 {
        store.create("notes", &format!("{n:02}"), json!({"n": n % 5})).unwrap();
    }
    store.write(|writer| writer.define_collection(ROOT, &Collection::new("notes").index(["n"]))).unwrap();
    let found =
        ids(&store.read(), "notes", &by("n", vec![Value::Int(3)], Then::Any), Order::Ascending).unwrap();
    assert_eq!(found.len(), 10);
    store.check();
    store.write(|writer| writer.define_collection(ROOT, &Collection::new("notes"))).unwrap();
    assert_eq!(store.read().check().unwrap().index_entries, 0);
    store.check();
}

#[test]
fn a_unique_index_is_not_built_over_documents_that_clash() {
    let store = Store::with(&Collection::new("notes"));
    store.create("notes", "a", json!({"n": 1})).unwrap();
    store.create("notes", "b", json!({"n": 1})).unwrap();
    let defined =
        store.write(|writer| writer.define_collection(ROOT, &Collection::new("notes").unique(["n"])));
    assert!(matches!(defined, Err(Error::Clash { .. })));
    assert!(collection_of(&store.read(), "notes").definition().indexes().is_empty());
    store.check();
}

#[test]
fn a_large_index_is_built_in_steps_while_documents_change() {
    let store = Store::with(&Collection::new("notes"));
    for batch in 0..13 {
        store
            .write(|writer| {
                for n in 0..1_000 {
                    insert(
                        writer,
                        "notes",
                        &format!("{:05}", batch * 1_000 + n),
                        json!({"n": n}),
                        Expiry::Unchanged,
                    )?;
                }
                Ok(())
            })
            .unwrap();
    }
    store.write(|writer| writer.define_collection(ROOT, &Collection::new("notes").index(["n"]))).unwrap();
    assert_eq!(collection_of(&store.read(), "notes").building(), ["n"]);
    let query = by("n", vec![Value::Int(7)], Then::Any);
    assert!(matches!(ids(&store.read(), "notes", &query, Order::Ascending), Err(Error::Invalid { .. })));
    // A document that the build has not come to, and one that it has, change meanwhile.
    for id in ["12500", "00001"] {
        store
            .write(|writer| {
                let collection = collection_of(writer, "notes");
                let old = writer.unfiltered_get(&collection, id)?.unwrap();
                let new = portunus_scope::to_value(&json!({"n": 7}))?;
                writer.unfiltered_replace(&collection, &old, &new, Expiry::Unchanged)
            })
            .unwrap();
    }
    store.check();
    let mut steps = 0;
    while store.write(|writer| writer.build_indexes(ROOT, "notes")).unwrap() != BuildProgress::Ready {
        steps += 1;
        assert!(steps < 10);
    }
    assert!(steps >= 1);
    assert_eq!(ids(&store.read(), "notes", &query, Order::Ascending).unwrap().len(), 15);
    store.check();
}

#[test]
fn an_entry_that_is_too_long_or_one_too_many_is_refused() {
    let store = Store::with(&Collection::new("notes").index(["x"]));
    let long = store.create("notes", "a", json!({"x": "y".repeat(701)}));
    assert!(matches!(long, Err(Error::Limit { what: "index entry", .. })));
    let many = store.create("notes", "a", json!({"x": (0..1_001).collect::<Vec<_>>()}));
    assert!(matches!(many, Err(Error::Limit { .. })));
    store.create("notes", "a", json!({"x": (0..1_000).collect::<Vec<_>>()})).unwrap();
    store.check();
}
