//! Rules that need a look inside the file: what its pages say may be sound, and yet not be what this program wrote.

use super::{HEADER, RECORDS, STORE, create, open};
use crate::{Durability, EngineOptions, Error, KeyRange, Order, Version, header, record};
use redb::{Database, ReadableDatabase, TableDefinition};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn store() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    let engine = create(&path, EngineOptions::default()).unwrap();
    let mut transaction = engine.begin_write().unwrap();
    for key in [b"a", b"b", b"c"] {
        transaction.put(key, b"value").unwrap();
    }
    transaction.commit(Durability::Immediate).unwrap();
    engine.close().unwrap();
    (directory, path)
}

fn set(path: &Path, table: TableDefinition<'static, &'static [u8], &'static [u8]>, key: &[u8], value: &[u8]) {
    let database = Database::open(path).unwrap();
    let write = database.begin_write().unwrap();
    write.open_table(table).unwrap().insert(key, value).unwrap();
    write.commit().unwrap();
}

/// The file must be refused with an error that `expected` accepts, and stay as it is.
fn check_refused(path: &Path, expected: fn(&Error) -> bool) {
    let before = std::fs::read(path).unwrap();
    let error = open(path, EngineOptions::default()).map(drop).unwrap_err();
    assert!(expected(&error), "{error:?}");
    assert!(std::fs::read(path).unwrap() == before, "a refused file was changed");
}

#[test]
fn a_record_that_was_exchanged_within_sound_pages_is_never_believed() {
    let (_directory, path) = store();
    set(&path, RECORDS, b"b", &record::seal(b"a", b"value"));
    let engine = open(&path, EngineOptions::default()).unwrap();
    let snapshot = engine.begin_read().unwrap();
    assert!(snapshot.get(b"a", &mut |_| {}).unwrap());
    assert!(matches!(snapshot.get(b"b", &mut |_| panic!("it was read")), Err(Error::Corrupt(_))));
    let outcome = snapshot.scan(&KeyRange::all(), Order::Ascending, &mut |key, _| {
        assert_eq!(key, b"a");
        ControlFlow::Continue(())
    });
    assert!(matches!(outcome, Err(Error::Corrupt(_))));
}

#[test]
fn another_programs_redb_file_is_refused_unchanged() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("other");
    set(&path_of_new(&path), TableDefinition::new("theirs"), b"key", b"value");
    check_refused(&path, |error| matches!(error, Error::Version(_)));
    set(&path, TableDefinition::new("store"), b"header", b"something else entirely, and long enough");
    check_refused(&path, |error| matches!(error, Error::Version(_)));
}

fn path_of_new(path: &Path) -> PathBuf {
    Database::create(path).unwrap();
    path.to_path_buf()
}

#[test]
fn a_newer_format_is_refused_unchanged() {
    let (_directory, path) = store();
    let mut newer = header::encode(Version(1));
    newer[8] = 2;
    set(&path, STORE, HEADER, &newer);
    check_refused(&path, |error| matches!(error, Error::Version(text) if text.contains("format 2")));
}

#[test]
fn a_damaged_header_is_refused_unchanged() {
    let (_directory, path) = store();
    let mut damaged = header::encode(Version(1));
    damaged[12] ^= 1;
    set(&path, STORE, HEADER, &damaged);
    check_refused(&path, |error| matches!(error, Error::Corrupt(_)));
}

/// The form on disk, read without this crate's engine: two tables, the header, and sealed records.
#[test]
fn the_file_holds_what_the_format_says() {
    let (_directory, path) = store();
    let database = Database::open(&path).unwrap();
    let read = database.begin_read().unwrap();
    let names: Vec<String> =
        read.list_tables().unwrap().map(|table| redb::TableHandle::name(&table).to_owned()).collect();
    assert_eq!(names, ["records", "store"]);
    let stored = read.open_table(STORE).unwrap().get(HEADER).unwrap().unwrap();
    assert_eq!(stored.value(), header::encode(Version(1)));
    let sealed = read.open_table(RECORDS).unwrap().get(b"b".as_slice()).unwrap().unwrap();
    assert_eq!(sealed.value(), record::seal(b"b", b"value"));
}
