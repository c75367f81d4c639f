//! Documents that expire: invisible from their instant on, and collected after it.

use crate::{ROOT, Store, all, by, collection_of, ids, insert, is_invalid};
use portunus_scope::{Collection, Expiry, Order, Then, Timestamp, Value};
use serde_json::json;
use std::time::Duration;

fn store() -> Store {
    Store::with(&Collection::new("sessions").unique(["user"]).ttl(Duration::from_secs(10)))
}

#[test]
fn a_document_is_gone_at_its_instant_on_every_path() {
    let store = store();
    store.create("sessions", "a", json!({"user": "ann"})).unwrap();
    let seen = || {
        let reader = store.read();
        let collection = collection_of(&reader, "sessions");
        let by_user = by("user", vec![Value::from("ann")], Then::Any);
        let counts = [
            usize::from(reader.unfiltered_get(&collection, "a").unwrap().is_some()),
            ids(&reader, "sessions", &all(), Order::Ascending).unwrap().len(),
            ids(&reader, "sessions", &by_user, Order::Ascending).unwrap().len(),
        ];
        assert!(counts.iter().all(|count| *count == counts[0]), "{counts:?}");
        counts[0] == 1
    };
    assert!(seen());
    store.clock.advance(Duration::from_micros(9_999_999));
    assert!(seen());
    store.clock.advance(Duration::from_micros(1));
    assert!(!seen());
    assert_eq!(store.read().check().unwrap().documents, 1);
    assert_eq!(store.tree.sweep(100).unwrap(), 1);
    assert_eq!(store.tree.sweep(100).unwrap(), 0);
    let report = store.read().check().unwrap();
    assert_eq!((report.documents, report.index_entries), (0, 0));
    store.check();
}

#[test]
fn one_that_has_expired_makes_room_for_its_id_and_its_unique_terms() {
    let store = store();
    store.create("sessions", "a", json!({"user": "ann"})).unwrap();
    assert!(store.create("sessions", "b", json!({"user": "ann"})).is_err());
    store.clock.advance(Duration::from_secs(10));
    store.create("sessions", "b", json!({"user": "ann"})).unwrap();
    store.create("sessions", "a", json!({"user": "bob"})).unwrap();
    store.check();
    store.tree.sweep(100).unwrap();
    assert_eq!(ids(&store.read(), "sessions", &all(), Order::Ascending).unwrap(), ["a", "b"]);
    store.check();
}

#[test]
fn a_writer_says_otherwise_and_may_change_its_mind() {
    let store = store();
    let at = Timestamp(store.read().now().0 + 5);
    let never = store.write(|writer| insert(writer, "sessions", "a", json!({}), Expiry::Never)).unwrap();
    assert_eq!(never.expires_at(), None);
    let soon = store.write(|writer| insert(writer, "sessions", "b", json!({}), Expiry::At(at))).unwrap();
    assert_eq!(soon.expires_at(), Some(at));
    let past =
        store.write(|writer| insert(writer, "sessions", "c", json!({}), Expiry::At(store.read().now())));
    assert!(is_invalid(&past));
    for (expiry, expected) in [(Expiry::Unchanged, Some(at)), (Expiry::Never, None)] {
        let replaced = store
            .write(|writer| {
                let collection = collection_of(writer, "sessions");
                let old = writer.unfiltered_get(&collection, "b")?.unwrap();
                writer.unfiltered_replace(&collection, &old, &old.value(), expiry)
            })
            .unwrap();
        assert_eq!(replaced.expires_at(), expected);
        store.check();
    }
    store.clock.advance(Duration::from_secs(100));
    assert_eq!(store.tree.sweep(100).unwrap(), 0);
}

#[test]
fn what_is_put_off_leaves_nothing_in_the_queue_for_its_first_instant() {
    let store = store();
    let after = |seconds| Expiry::At(store.read().now().saturating_add(Duration::from_secs(seconds)));
    store.write(|writer| insert(writer, "sessions", "a", json!({}), after(5))).unwrap();
    store
        .write(|writer| {
            let collection = collection_of(writer, "sessions");
            let old = writer.unfiltered_get(&collection, "a")?.unwrap();
            writer.unfiltered_replace(&collection, &old, &old.value(), after(50))
        })
        .unwrap();
    store.clock.advance(Duration::from_secs(6));
    assert_eq!(store.tree.sweep(100).unwrap(), 0);
    store.clock.advance(Duration::from_secs(50));
    assert_eq!(store.tree.sweep(100).unwrap(), 1);
    store.check();
}

#[test]
fn a_sweep_takes_no_more_than_it_is_told_and_copes_with_dropped_collections() {
    let store = store();
    for n in 0..10 {
        store.create("sessions", &format!("{n}"), json!({"user": n})).unwrap();
    }
    store.clock.advance(Duration::from_secs(10));
    assert_eq!(store.tree.sweep(4).unwrap(), 4);
    store.write(|writer| writer.drop_collection(ROOT, "sessions")).unwrap();
    assert_eq!(store.tree.sweep(100).unwrap(), 6);
    assert_eq!(store.tree.sweep(100).unwrap(), 0);
    store.check();
}

#[test]
fn a_system_record_that_expires_is_collected_like_a_document() {
    use portunus_scope::SystemCollection::Once;
    let store = store();
    let until = |seconds| store.read().now().saturating_add(Duration::from_secs(seconds));
    let put = |at| {
        store.write(|writer| writer.unfiltered_system_put_until(ROOT, Once, "a", &Value::Null, at)).unwrap();
    };
    put(until(5));
    // Set again, it expires at its new instant only.
    put(until(20));
    store.check();
    store.clock.advance(Duration::from_secs(10));
    assert_eq!(store.tree.sweep(100).unwrap(), 0);
    store.clock.advance(Duration::from_secs(10));
    assert_eq!(store.tree.sweep(100).unwrap(), 1);
    assert!(store.read().unfiltered_system_get(ROOT, Once, "a").unwrap().is_none());
    store.check();
}

#[test]
fn a_token_of_a_transaction_does_not_raise_the_epoch() {
    use portunus_scope::SystemCollection::{Once, Store as About};
    let store = store();
    let before = store.tree.epoch();
    store.write(|writer| writer.unfiltered_system_put(ROOT, Once, "a", &Value::Null)).unwrap();
    assert_eq!(store.tree.epoch(), before);
    store.write(|writer| writer.unfiltered_system_put(ROOT, About, "a", &Value::Null)).unwrap();
    assert!(store.tree.epoch() > before);
}
