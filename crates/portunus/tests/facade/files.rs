//! Files: those that are stores, and those that are not.

use crate::kind;
use portunus::{Collection, ErrorKind, Portunus, Secret};
use serde_json::json;
use std::path::Path;

/// A store in a file, with one note, closed.
fn closed(path: &Path) -> Secret {
    let (db, admin) = Portunus::create(path).unwrap();
    db.write(&admin, |tx| {
        tx.define(Collection::new("notes"))?;
        tx.create_with_id("notes", "a", json!({"text": "hello"}))
    })
    .unwrap();
    db.close().unwrap();
    admin
}

#[test]
fn a_store_holds_what_was_committed_after_it_was_closed_and_opened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let admin = closed(&path);
    for _ in 0..3 {
        let db = Portunus::open(&path).unwrap();
        assert!(db.read(&admin, |tx| tx.exists("notes", "a")).unwrap());
        // Dropped without being closed: the same.
    }
}

#[test]
fn what_is_not_a_store_is_refused_and_left_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    closed(&store);
    let whole = std::fs::read(&store).unwrap();
    let check = |what: &str, bytes: &[u8], expected: &[ErrorKind]| {
        let path = folder.path().join("other");
        std::fs::write(&path, bytes).unwrap();
        let found = kind(Portunus::open(&path));
        assert!(expected.contains(&found), "{what}: {found:?}");
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "{what}: the file was changed");
        assert_eq!(kind(Portunus::create(&path)), ErrorKind::AlreadyExists, "{what}");
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "{what}: the file was changed");
    };
    let strange = [ErrorKind::Version, ErrorKind::Corrupt];
    check("zero bytes", b"", &strange);
    check("one byte", b"x", &strange);
    check("a text", "to be or not to be\n".repeat(1_000).as_bytes(), &strange);
    check("another program's", b"SQLite format 3\0", &strange);
    check("half a store", whole.get(..whole.len() / 2).unwrap(), &strange);
    check("a store without its end", whole.get(..whole.len() - 1).unwrap(), &strange);
    check("nothing but zeroes", &vec![0; whole.len()], &strange);
}

#[test]
fn places_without_a_store_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(kind(Portunus::open(folder.path().join("nothing"))), ErrorKind::NotFound);
    assert!(!folder.path().join("nothing").exists());
    assert!(matches!(kind(Portunus::open(folder.path())), ErrorKind::Io | ErrorKind::Version));
    assert_eq!(kind(Portunus::create(folder.path())), ErrorKind::AlreadyExists);
    assert!(matches!(
        kind(Portunus::create(folder.path().join("no/such/folder"))),
        ErrorKind::Io | ErrorKind::NotFound
    ));
    assert!(Portunus::open("/dev/null").is_err());
}

#[test]
fn a_second_handle_on_one_file_is_refused_at_once_also_by_another_name() {
    let folder = tempfile::tempdir().unwrap();
    let (path, link) = (folder.path().join("store"), folder.path().join("link"));
    let admin = closed(&path);
    std::fs::hard_link(&path, &link).unwrap();
    let db = Portunus::open(&path).unwrap();
    assert_eq!(kind(Portunus::open(&path)), ErrorKind::Locked);
    assert_eq!(kind(Portunus::open(&link)), ErrorKind::Locked);
    assert!(db.read(&admin, |tx| tx.exists("notes", "a")).unwrap());
    drop(db);
    assert!(Portunus::open(&link).is_ok());
}

#[test]
fn a_closed_store_answers_that_it_is() {
    let (db, admin, _) = crate::store();
    let (read, write) = (db.begin_read(&admin).unwrap(), db.begin_write(&admin).unwrap());
    db.close().unwrap();
    db.close().unwrap();
    assert_eq!(kind(db.begin_read(&admin)), ErrorKind::Io);
    assert_eq!(kind(db.begin_write(&admin)), ErrorKind::Io);
    // What was begun before ends in an error or goes on, but never hangs.
    drop(read.get("notes", "a"));
    drop(write.commit(portunus::Durability::Immediate));
}

#[test]
fn no_part_of_a_secret_is_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let admin = closed(&path);
    let bytes = std::fs::read(&path).unwrap();
    let random = admin.expose().get(14..57).unwrap().as_bytes();
    for part in random.chunks(12).filter(|part| part.len() == 12) {
        assert!(!bytes.windows(part.len()).any(|window| window == part));
    }
}
