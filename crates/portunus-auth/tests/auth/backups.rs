//! Backups of stores that somebody has tampered with: whole as streams, and no stores.

use portunus_auth::{AuditSettings, Collection, Durability, Error, Gate, GateOptions, NewKey, Secret};
use portunus_storage::{Engine, memory};
use serde_json::json;
use std::sync::Arc;

/// A store on an engine that the test can reach around the lock: with a note under an index, and three records in its audit log.
fn store() -> (Arc<dyn Engine>, Gate, Secret) {
    let mut engine = None;
    let open = |options| Ok(engine.insert(memory(options)?).clone());
    let (gate, admin) = Gate::create_on(open, &GateOptions::default()).unwrap();
    let mut view = gate.begin_write(&admin).unwrap();
    view.define(Collection::new("notes").index(["x"])).unwrap();
    view.create_with_id("notes", "a", json!({"x": 1})).unwrap();
    view.set_audit(AuditSettings::default()).unwrap();
    view.create_key(NewKey::new("server")).unwrap();
    view.commit(Durability::Immediate).unwrap();
    (engine.unwrap(), gate, admin)
}

/// What becomes of a backup of such a store, after its `key` was deleted behind its back.
fn without(key: &[u8]) -> Result<(), Error> {
    let (engine, gate, admin) = store();
    let mut transaction = engine.begin_write().unwrap();
    assert!(transaction.get(key, &mut |_| {}).unwrap() != key.is_empty(), "there is such a key");
    transaction.delete(key).unwrap();
    transaction.commit(Durability::Immediate).unwrap();
    let mut bytes = Vec::new();
    gate.begin_read(&admin).unwrap().backup(&mut bytes).unwrap();
    Gate::verify_backup(&mut bytes.as_slice()).unwrap();

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("again");
    let done = Gate::restore(&mut bytes.as_slice(), &path, &GateOptions::default());
    assert_eq!(path.exists(), done.is_ok());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), usize::from(done.is_ok()));
    done.map(drop)
}

#[test]
fn what_fits_together_is_restored() {
    without(b"").unwrap();
}

#[test]
fn a_store_that_lacks_a_record_of_its_audit_log_is_not_restored() {
    let record = [&[0, 0, 0, 1, 1, 0, 0, 0, 36][..], b"0000000000000001"].concat();
    let refused = without(&record).unwrap_err();
    assert!(matches!(&refused, Error::Corrupt(what) if what.contains("audit log")), "{refused}");
}

#[test]
fn a_store_that_lacks_an_entry_of_an_index_is_not_restored() {
    let document = [0, 0, 0, 1, 1, 0, 0, 0, 64, b'a'];
    let refused = without(&document).unwrap_err();
    assert!(matches!(&refused, Error::Corrupt(what) if what.contains("index")), "{refused}");
}

#[test]
fn a_store_that_lacks_its_own_key_is_not_restored() {
    let key = [&[0, 0, 0, 0, 1, 0, 0, 0, 8][..], b"mac_key"].concat();
    let refused = without(&key).unwrap_err();
    assert!(matches!(&refused, Error::Corrupt(what) if what.contains("key of its own")), "{refused}");
}
