//! Restored stores: whole and in their place, or not there at all.

use super::{ENDING, Restoration, move_to};
use crate::backup::write_backup;
use crate::{Durability, EngineOptions, Error, KeyRange, Order, Result, Version, create, memory, open};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const CACHE_BYTES: usize = 1 << 20;

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    (folder, path)
}

/// A backup of a store with a hundred records, whose last commit is the third.
fn backup() -> Vec<u8> {
    let engine = memory(EngineOptions::default()).unwrap();
    for round in 0..3_u8 {
        let mut transaction = engine.begin_write().unwrap();
        (0..100_u8).for_each(|key| transaction.put(&[key], &[round, key]).unwrap());
        transaction.commit(Durability::Immediate).unwrap();
    }
    let mut bytes = Vec::new();
    let snapshot = engine.begin_read().unwrap();
    write_backup(snapshot.as_ref(), &mut bytes, &mut || ControlFlow::Continue(())).unwrap();
    bytes
}

fn restore(mut backup: &[u8], place: &Path) -> Result<()> {
    Restoration::begin(&mut backup, place, CACHE_BYTES)?.put_into_place().map(drop)
}

fn names(folder: &TempDir) -> Vec<String> {
    let entries = std::fs::read_dir(folder.path()).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn a_restored_store_has_the_records_and_the_version_of_its_backup_and_goes_on_from_there() {
    let (folder, path) = place();
    restore(&backup(), &path).unwrap();
    assert_eq!(names(&folder), ["store"]);
    let engine = open(&path, EngineOptions::default()).unwrap();
    let snapshot = engine.begin_read().unwrap();
    assert_eq!(snapshot.version(), Version(3));
    let mut found = 0;
    snapshot
        .scan(&KeyRange::all(), Order::Ascending, &mut |key, value| {
            assert_eq!(value, [2, key[0]]);
            found += 1;
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(found, 100);
    let mut transaction = engine.begin_write().unwrap();
    transaction.put(b"more", b"").unwrap();
    assert_eq!(transaction.commit(Durability::Immediate).unwrap(), Version(4));
}

#[cfg(unix)]
#[test]
fn a_restored_store_is_its_owners_alone() {
    let (_folder, path) = place();
    restore(&backup(), &path).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn attack_126_what_cannot_be_restored_leaves_nothing_behind() {
    let (folder, path) = place();
    let whole = backup();
    let mut flipped = whole.clone();
    flipped[100] ^= 1;
    for bytes in [
        &whole[..whole.len() / 2],
        &whole[..whole.len() - 1],
        &flipped,
        b"",
        &[whole.clone(), vec![0]].concat(),
    ] {
        let refused = restore(bytes, &path).unwrap_err();
        assert!(matches!(refused, Error::Backup(_) | Error::Version(_)), "{refused:?}");
        assert!(names(&folder).is_empty(), "{:?}", names(&folder));
    }
    // Nor does one that nobody put into its place.
    drop(Restoration::begin(&mut whole.as_slice(), &path, CACHE_BYTES).unwrap());
    assert!(names(&folder).is_empty());
}

#[test]
fn attack_126_no_file_is_ever_overwritten() {
    let (folder, path) = place();
    let whole = backup();
    std::fs::write(&path, "dear all").unwrap();
    assert!(matches!(restore(&whole, &path), Err(Error::AlreadyExists)));
    std::fs::remove_file(&path).unwrap();

    // One that comes there meanwhile is not overwritten either.
    let restored = Restoration::begin(&mut whole.as_slice(), &path, CACHE_BYTES).unwrap();
    std::fs::write(&path, "dear all").unwrap();
    assert!(matches!(move_to(restored.beside(), &path), Err(Error::AlreadyExists)));
    assert!(matches!(restored.put_into_place(), Err(Error::AlreadyExists)));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "dear all");
    assert_eq!(names(&folder), ["store"]);
}

#[test]
fn what_another_restore_left_stays_and_is_named() {
    let (folder, path) = place();
    let left = format!("store{ENDING}");
    std::fs::write(folder.path().join(&left), "half of it").unwrap();
    let refused = restore(&backup(), &path).unwrap_err();
    assert!(refused.to_string().contains(&left), "{refused}");
    assert_eq!(names(&folder), [left]);
}

#[test]
fn without_second_names_a_store_is_moved() {
    let (folder, path) = place();
    let restored = Restoration::begin(&mut backup().as_slice(), &path, CACHE_BYTES).unwrap();
    move_to(restored.beside(), &path).unwrap();
    drop(restored);
    assert_eq!(names(&folder), ["store"]);
    assert!(open(&path, EngineOptions::default()).is_ok());
}

#[test]
fn a_folder_that_is_not_there_is_not_made() {
    let (folder, path) = place();
    assert!(matches!(restore(&backup(), &path.join("below")), Err(Error::NotFound)));
    assert!(names(&folder).is_empty());
}

/// What is beside its place is a store of its own, for whoever looks at it before it is put there.
#[test]
fn a_store_beside_its_place_can_be_looked_at() {
    let (_folder, path) = place();
    let restored = Restoration::begin(&mut backup().as_slice(), &path, CACHE_BYTES).unwrap();
    open(restored.beside(), EngineOptions::default()).unwrap().close().unwrap();
    assert!(matches!(
        create(restored.beside(), EngineOptions::default()).map(drop),
        Err(Error::AlreadyExists)
    ));
    restored.put_into_place().unwrap();
    assert!(open(&path, EngineOptions::default()).is_ok());
}
