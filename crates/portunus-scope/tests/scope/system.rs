//! Records of system collections, where they differ from documents.

use crate::{ROOT, Store};
use portunus_scope::{Durability, Error, Order, StorageError, SystemCollection, Value};
use std::ops::ControlFlow;

const LOG: SystemCollection = SystemCollection::Audit;

#[test]
fn a_record_that_is_put_without_a_look_makes_the_transaction_depend_on_nothing() {
    let store = Store::in_memory();
    let commits = |blind: bool| {
        let mut writers = [1, 2].map(|number| {
            let mut writer = store.tree.begin_write().unwrap();
            let value = Value::from(number);
            match blind {
                true => writer.unfiltered_system_put_blind(ROOT, LOG, "a", &value).unwrap(),
                false => writer.unfiltered_system_put(ROOT, LOG, "a", &value).unwrap(),
            }
            writer
        });
        writers.reverse();
        writers.map(|writer| writer.commit(Durability::Relaxed))
    };
    assert!(matches!(commits(false), [Ok(_), Err(Error::Storage(StorageError::Conflict))]));
    assert!(matches!(commits(true), [Ok(_), Ok(_)]));
    let last = store.read().unfiltered_system_get(ROOT, LOG, "a").unwrap().unwrap();
    assert_eq!(last.value(), Value::from(1), "the last one to commit");
    store.check();
}

#[test]
fn records_are_walked_from_any_place_in_either_order() {
    let store = Store::in_memory();
    store
        .write(|writer| {
            for id in ["b", "d", "f"] {
                writer.unfiltered_system_put_blind(ROOT, LOG, id, &Value::Null)?;
            }
            // Neighbours that do not belong to it.
            writer.unfiltered_system_put_blind(ROOT, SystemCollection::TokenUse, "e", &Value::Null)?;
            writer.unfiltered_system_put_blind(ROOT, SystemCollection::AuditHead, "c", &Value::Null)
        })
        .unwrap();
    let reader = store.read();
    let walk = |after: Option<&str>, order: Order| {
        let mut ids = String::new();
        reader
            .unfiltered_system_scan_after(ROOT, LOG, after, order, &mut |record| {
                ids.push_str(record.id());
                Ok(ControlFlow::Continue(()))
            })
            .unwrap();
        ids
    };
    use Order::{Ascending, Descending};
    assert_eq!((walk(None, Ascending).as_str(), walk(None, Descending).as_str()), ("bdf", "fdb"));
    for (after, upward, downward) in [
        ("", "bdf", ""),
        ("a", "bdf", ""),
        ("b", "df", ""),
        ("c", "df", "b"),
        ("f", "", "db"),
        ("g", "", "fdb"),
    ] {
        assert_eq!(walk(Some(after), Ascending), upward, "{after}");
        assert_eq!(walk(Some(after), Descending), downward, "{after}");
    }
}
