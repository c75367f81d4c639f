//! Scans by id and by index, in both directions, from a place on.

use crate::{Store, all, by, collection_of, ids, insert, paged};
use portunus_scope::{Access, Collection, Error, Expiry, Order, Position, Scan, Then, Value};
use serde_json::json;
use std::ops::{Bound, ControlFlow};

fn store() -> Store {
    let store = Store::with(&Collection::new("notes").index(["owner", "n"]).index(["n"]).index(["tags"]));
    store
        .write(|writer| {
            for (id, value) in [
                ("a", json!({"owner": "ann", "n": 1, "tags": ["x", "z"]})),
                ("b", json!({"owner": "ann", "n": 2.5, "tags": ["y"]})),
                ("c", json!({"owner": "anna", "n": 3, "tags": []})),
                ("d", json!({"owner": "bob", "n": "3"})),
                ("e", json!({"owner": "bob"})),
                ("f", json!({"n": null, "tags": ["z", "y", "x"]})),
            ] {
                insert(writer, "notes", id, value, Expiry::Unchanged)?;
            }
            Ok(())
        })
        .unwrap();
    store
}

#[test]
fn scans_visit_what_they_say_in_their_order() {
    let store = store();
    let check = |access: Access, expected: &[&str]| {
        let reader = store.read();
        assert_eq!(ids(&reader, "notes", &access, Order::Ascending).unwrap(), expected, "{access:?}");
        let mut backwards = ids(&reader, "notes", &access, Order::Descending).unwrap();
        backwards.sort();
        let mut sorted = expected.to_vec();
        sorted.sort_unstable();
        assert_eq!(backwards, sorted, "{access:?} backwards");
    };
    let text = |text: &str| Value::from(text);
    let range = |start, end| Then::Range(start, end);
    check(all(), &["a", "b", "c", "d", "e", "f"]);
    check(Access::Ids(Bound::Included("b".into()), Bound::Excluded("d".into())), &["b", "c"]);
    check(Access::Ids(Bound::Excluded("b".into()), Bound::Unbounded), &["c", "d", "e", "f"]);
    check(Access::Ids(Bound::Included("d".into()), Bound::Included("b".into())), &[]);
    check(by("owner,n", vec![text("ann")], Then::Any), &["a", "b"]);
    check(by("owner,n", vec![text("ann"), Value::Int(1)], Then::Any), &["a"]);
    check(by("owner,n", vec![text("ann"), Value::Float(1.0)], Then::Any), &["a"]);
    check(by("owner,n", vec![], Then::Prefix("ann".into())), &["a", "b", "c"]);
    check(by("owner,n", vec![text("bob")], Then::Any), &["e", "d"]);
    check(by("owner,n", vec![text("ann")], range(Bound::Excluded(Value::Int(1)), Bound::Unbounded)), &["b"]);
    check(
        by("n", vec![], range(Bound::Included(Value::Int(1)), Bound::Excluded(Value::Int(3)))),
        &["a", "b"],
    );
    check(by("n", vec![], range(Bound::Included(Value::Int(2)), Bound::Unbounded)), &["b", "c"]);
    check(by("n", vec![], range(Bound::Unbounded, Bound::Included(Value::Float(2.5)))), &["a", "b"]);
    check(by("n", vec![], range(Bound::Excluded(Value::Int(3)), Bound::Unbounded)), &[]);
    check(by("n", vec![], Then::Any), &["f", "a", "b", "c", "d"]);
    check(by("n", vec![Value::Null], Then::Any), &["f"]);
    check(by("n", vec![text("3")], Then::Any), &["d"]);
    check(by("tags", vec![text("y")], Then::Any), &["b", "f"]);
    check(by("tags", vec![], Then::Any), &["a", "f", "b"]);
    check(by("tags", vec![], range(Bound::Included(text("y")), Bound::Unbounded)), &["b", "f", "a"]);
}

#[test]
fn a_descending_scan_is_the_ascending_one_backwards_where_no_document_has_several_entries() {
    let store = store();
    for access in [all(), by("n", vec![], Then::Any), by("owner,n", vec![], Then::Prefix("a".into()))] {
        let forwards = ids(&store.read(), "notes", &access, Order::Ascending).unwrap();
        let mut backwards = ids(&store.read(), "notes", &access, Order::Descending).unwrap();
        backwards.reverse();
        assert_eq!(forwards, backwards);
    }
}

#[test]
fn a_scan_goes_on_behind_any_place_and_pages_add_up_to_the_whole() {
    let store = store();
    for order in [Order::Ascending, Order::Descending] {
        for access in [all(), by("tags", vec![], Then::Any), by("n", vec![], Then::Any)] {
            let found = paged(&store, "notes", &access, order);
            assert_eq!(found, ids(&store.read(), "notes", &access, order).unwrap(), "{access:?} {order:?}");
        }
    }
}

#[test]
fn a_place_from_elsewhere_never_shows_more_than_the_scan() {
    let store = store();
    let access = by("owner,n", vec![Value::from("ann")], Then::Any);
    let reader = store.read();
    let collection = collection_of(&reader, "notes");
    for bytes in [vec![], vec![0], vec![255; 40], b"zzz".to_vec()] {
        for order in [Order::Ascending, Order::Descending] {
            let after = Position::from_bytes(bytes.clone());
            let scan = Scan { collection: &collection, access: &access, order, after: Some(&after) };
            reader
                .unfiltered_scan(&scan, &mut |document, _| {
                    assert!(["a", "b"].contains(&document.id()));
                    Ok(ControlFlow::Continue(()))
                })
                .unwrap();
        }
    }
}

#[test]
fn queries_that_do_not_fit_an_index_are_refused() {
    let store = store();
    let check = |access: Access| {
        let refused = ids(&store.read(), "notes", &access, Order::Ascending);
        assert!(
            matches!(refused, Err(Error::Invalid { .. } | Error::NotFound("index"))),
            "{access:?}: {refused:?}"
        );
    };
    check(by("nowhere", vec![], Then::Any));
    check(by("n", vec![Value::Int(1), Value::Int(2)], Then::Any));
    check(by("n", vec![Value::Int(1)], Then::Prefix("x".into())));
    check(by("n", vec![Value::Array(vec![])], Then::Any));
    check(by("n", vec![Value::Float(f64::NAN)], Then::Any));
}

#[test]
fn a_scan_sees_what_its_own_transaction_has_written() {
    let store = store();
    store
        .write(|writer| {
            insert(writer, "notes", "bb", json!({"owner": "ann", "n": 2}), Expiry::Unchanged)?;
            let collection = collection_of(writer, "notes");
            let a = writer.unfiltered_get(&collection, "a")?.unwrap();
            writer.unfiltered_delete(&collection, &a)?;
            let access = by("owner,n", vec![Value::from("ann")], Then::Any);
            assert_eq!(ids(writer, "notes", &access, Order::Ascending)?, ["bb", "b"]);
            assert_eq!(ids(writer, "notes", &all(), Order::Ascending)?, ["b", "bb", "c", "d", "e", "f"]);
            Ok(())
        })
        .unwrap();
    store.check();
}

#[test]
fn a_document_with_a_thousand_entries_is_visited_once() {
    // Its first entry was once worked out anew at each of its entries: a million terms for one document.
    let store = Store::with(&Collection::new("notes").index(["tags"]));
    for n in 0..100 {
        let tags: Vec<i64> = (0..1_000).collect();
        store.create("notes", &format!("{n:03}"), json!({"tags": tags})).unwrap();
    }
    for order in [Order::Ascending, Order::Descending] {
        let found = ids(&store.read(), "notes", &by("tags", vec![], Then::Any), order).unwrap();
        assert_eq!(found.len(), 100);
    }
}
