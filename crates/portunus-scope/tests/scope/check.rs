//! The check of a store finds what is wrong with it.

use crate::ROOT;
use portunus_scope::{Collection, Durability, Error, Tree, TreeOptions};
use portunus_storage::{Engine, KeyRange, Order, memory};
use serde_json::json;
use std::ops::ControlFlow;
use std::sync::Arc;

/// A store on an engine that the test can reach around the tree.
fn store() -> (Arc<dyn Engine>, Tree) {
    let mut engine = None;
    let open = |options| Ok(engine.insert(memory(options)?).clone());
    let (tree, mut writer) = Tree::create_on(open, &TreeOptions::default()).unwrap();
    writer.define_collection(ROOT, &Collection::new("notes").index(["x"])).unwrap();
    crate::insert(&mut writer, "notes", "a", json!({"x": 1}), portunus_scope::Expiry::Unchanged).unwrap();
    writer.commit(Durability::Immediate).unwrap();
    (engine.unwrap(), tree)
}

/// The keys of a kind, in the root.
fn keys(engine: &Arc<dyn Engine>, kind: u8) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let range = KeyRange::prefix(&[0, 0, 0, 1, kind, 0, 0, 0, 64]);
    engine
        .begin_read()
        .unwrap()
        .scan(&range, Order::Ascending, &mut |key, _| {
            found.push(key.to_vec());
            ControlFlow::Continue(())
        })
        .unwrap();
    found
}

#[test]
fn a_sound_store_is_counted_and_has_no_problems() {
    let (_, tree) = store();
    let report = tree.begin_read().unwrap().check().unwrap();
    assert_eq!((report.databases, report.collections, report.documents, report.index_entries), (1, 1, 1, 1));
    assert!(report.problems.is_empty(), "{:?}", report.problems);
}

#[test]
fn every_planted_fault_is_found() {
    type Plant = dyn Fn(&mut dyn portunus_storage::Transaction, &[u8], &[u8]);
    let check = |what: &str, plant: &Plant| {
        let (engine, tree) = store();
        let (document, entry) = (keys(&engine, 1), keys(&engine, 2));
        let mut transaction = engine.begin_write().unwrap();
        plant(transaction.as_mut(), &document[0], &entry[0]);
        transaction.commit(Durability::Immediate).unwrap();
        match tree.begin_read().unwrap().check() {
            Ok(report) => assert!(!report.problems.is_empty(), "{what}"),
            Err(error) => assert!(matches!(error, Error::Corrupt(_)), "{what}: {error}"),
        }
    };
    check("an entry is missing", &|transaction, _, entry| transaction.delete(entry).unwrap());
    check("an entry is left over", &|transaction, document, _| transaction.delete(document).unwrap());
    check("a document is no document", &|transaction, document, _| {
        transaction.put(document, b"nonsense").unwrap();
    });
    check("a document of nobody", &|transaction, _, _| {
        transaction.put(&[0, 0, 0, 9, 1, 0, 0, 0, 64, b'a'], b"").unwrap();
    });
    check("a key of no kind", &|transaction, _, _| transaction.put(b"\0\0\0\x01\x09", b"").unwrap());
    check("the root is gone", &|transaction, _, _| {
        transaction.delete_range(&KeyRange::prefix(&[0, 0, 0, 1, 1, 0, 0, 0, 1])).unwrap();
    });
}

#[test]
fn a_sweep_believes_the_document_and_not_the_queue() {
    let (engine, tree) = store();
    let mut writer = tree.begin_write().unwrap();
    let late = portunus_scope::Expiry::At(portunus_scope::Timestamp(i64::MAX - 1));
    crate::insert(&mut writer, "notes", "late", json!({"x": 2}), late).unwrap();
    writer.commit(Durability::Immediate).unwrap();
    let document = keys(&engine, 1).pop().unwrap();
    // The queue says that it has expired long ago, whatever has become of the file.
    let entry =
        [&[0, 0, 0, 0, 3, 128, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 64], &document[9..]].concat();
    let mut transaction = engine.begin_write().unwrap();
    transaction.put(&entry, b"").unwrap();
    transaction.commit(Durability::Immediate).unwrap();
    assert_eq!(tree.sweep(10).unwrap(), 1);
    let report = tree.begin_read().unwrap().check().unwrap();
    assert_eq!((report.documents, report.index_entries, report.problems.len()), (2, 2, 0));
}

#[test]
fn a_store_is_not_created_twice_on_one_engine_and_not_opened_before_it_was_created() {
    let (engine, _) = store();
    assert!(matches!(
        Tree::create_on(|_| Ok(engine.clone()), &TreeOptions::default()),
        Err(Error::AlreadyExists("store"))
    ));
    assert!(Tree::open_on(|_| Ok(engine), &TreeOptions::default()).is_ok());
    let opened = Tree::open_on(memory, &TreeOptions::default());
    assert!(matches!(opened, Err(Error::Storage(portunus_storage::Error::Version(_)))));
}
