//! Files that are no store, or cannot be one: each is a typed error, and the file stays as it is.

use portunus_storage::{Durability, EngineOptions, Error, Result, create, open};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn place() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    (directory, path)
}

fn store_at(path: &Path) {
    let engine = create(path, EngineOptions::default()).unwrap();
    let mut transaction = engine.begin_write().unwrap();
    for n in 0..100 {
        transaction.put(format!("key {n}").as_bytes(), &[7; 100]).unwrap();
    }
    transaction.commit(Durability::Immediate).unwrap();
    engine.close().unwrap();
}

fn try_open(path: &Path) -> Result<()> {
    open(path, EngineOptions::default()).map(drop)
}

/// Opens a file with these bytes, and checks that it is refused and unchanged.
fn check(bytes: &[u8], expected: fn(&Error) -> bool, what: &str) {
    let (_directory, path) = place();
    fs::write(&path, bytes).unwrap();
    let error = try_open(&path).unwrap_err();
    assert!(expected(&error), "{what}: {error:?}");
    assert!(fs::read(&path).unwrap() == bytes, "{what}: the file was changed");
    assert!(matches!(create(&path, EngineOptions::default()).map(drop), Err(Error::AlreadyExists)), "{what}");
    assert!(fs::read(&path).unwrap() == bytes, "{what}: the file was changed");
}

#[test]
fn a_missing_file_is_not_found_and_not_created() {
    let (_directory, path) = place();
    assert!(matches!(try_open(&path), Err(Error::NotFound)));
    assert!(!path.exists());
    assert!(matches!(create(&path.join("below"), EngineOptions::default()).map(drop), Err(Error::NotFound)));
}

#[cfg(unix)]
#[test]
fn a_new_store_is_its_owners_alone() {
    let (_directory, path) = place();
    store_at(&path);
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn the_size_of_the_file_is_told_before_anything_is_written() {
    let (_directory, path) = place();
    store_at(&path);
    let engine = open(&path, EngineOptions::default()).unwrap();
    assert_eq!(engine.stats().file_bytes, fs::metadata(&path).unwrap().len());
    assert!(engine.stats().file_bytes > 10_000);
}

#[test]
fn attack_123_files_of_other_programs_and_damaged_ones_are_refused_unchanged() {
    check(b"", |error| matches!(error, Error::Corrupt(_)), "no bytes");
    check(b"r", |error| matches!(error, Error::Version(_)), "one byte");
    check(&[0; 9], |error| matches!(error, Error::Version(_)), "nine zeroes");
    check(&[0; 1 << 20], |error| matches!(error, Error::Version(_)), "zeroes");
    check(
        b"SQLite format 3\0 and so on, for another program",
        |error| matches!(error, Error::Version(_)),
        "sqlite",
    );
    check(
        b"redb\x1A\x0A\xA9\x0D\x0A",
        |error| matches!(error, Error::Corrupt(_) | Error::Io(_)),
        "a magic number alone",
    );
}

#[test]
fn attack_123_a_store_of_an_older_or_newer_version_is_refused_unchanged() {
    let (_directory, path) = place();
    store_at(&path);
    for format in [0_u32, 2, u32::MAX] {
        let mut header = [b"PORTUNUS".as_slice(), &format.to_le_bytes(), &7_u64.to_le_bytes()].concat();
        header.extend(xxhash_rust::xxh3::xxh3_64(&header).to_le_bytes());
        let database = redb::Database::open(&path).unwrap();
        let write = database.begin_write().unwrap();
        let table = redb::TableDefinition::<&[u8], &[u8]>::new("store");
        write.open_table(table).unwrap().insert(b"header".as_slice(), header.as_slice()).unwrap();
        write.commit().unwrap();
        drop(database);
        let expected = |error: &Error| matches!(error, Error::Version(message) if message.contains("format"));
        check(&fs::read(&path).unwrap(), expected, &format!("format {format}"));
    }
}

#[test]
fn a_truncated_store_is_refused_unchanged() {
    let (_directory, path) = place();
    store_at(&path);
    let whole = fs::read(&path).unwrap();
    for len in [
        1,
        9,
        100,
        319,
        320,
        4095,
        4096,
        5000,
        8192,
        32_768,
        whole.len() / 2,
        whole.len() - 4096,
        whole.len() - 1,
    ] {
        let expected = |error: &Error| matches!(error, Error::Corrupt(_) | Error::Version(_) | Error::Io(_));
        check(&whole[..len], expected, &format!("cut at {len} of {}", whole.len()));
    }
    fs::write(&path, &whole).unwrap();
    try_open(&path).unwrap();
}

#[test]
fn attack_123_what_is_no_file_is_refused() {
    let (directory, path) = place();
    assert!(matches!(try_open(directory.path()), Err(Error::Io(_))));
    assert!(matches!(
        create(directory.path(), EngineOptions::default()).map(drop),
        Err(Error::AlreadyExists)
    ));
    #[cfg(unix)]
    {
        assert!(matches!(try_open(Path::new("/dev/null")), Err(Error::Io(_))));
        let status = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(status.success());
        assert!(
            matches!(try_open(&path), Err(Error::Io(_))),
            "and it does not wait for someone to write to the pipe"
        );
    }
}

#[test]
fn a_second_handle_is_refused_at_once_and_harms_nothing() {
    let (_directory, path) = place();
    store_at(&path);
    let first = open(&path, EngineOptions::default()).unwrap();
    assert!(matches!(try_open(&path), Err(Error::Locked)));
    assert!(matches!(create(&path, EngineOptions::default()).map(drop), Err(Error::AlreadyExists)));
    assert!(first.begin_read().unwrap().get(b"key 1", &mut |_| {}).unwrap());
    first.close().unwrap();
    try_open(&path).unwrap();
}

#[test]
fn a_second_process_is_refused_too() {
    let (_directory, path) = place();
    if let Some(path) = std::env::var_os("PORTUNUS_TEST_OPEN") {
        let refused = matches!(try_open(Path::new(&path)), Err(Error::Locked));
        std::process::exit(if refused { 42 } else { 1 });
    }
    store_at(&path);
    let _first = open(&path, EngineOptions::default()).unwrap();
    let this = std::env::current_exe().unwrap();
    let status = std::process::Command::new(this)
        .args(["--exact", "storage::files::a_second_process_is_refused_too"])
        .env("PORTUNUS_TEST_OPEN", &path)
        .stdout(std::process::Stdio::null())
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(42));
}

/// The administrator's account ignores permissions; there the file opens, and that is right.
#[cfg(unix)]
#[test]
fn a_file_without_permission_is_an_error_of_the_system() {
    use std::os::unix::fs::PermissionsExt;
    let (directory, path) = place();
    store_at(&path);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    let permissions_count = fs::File::open(&path).is_err();
    match try_open(&path) {
        Err(Error::Io(error)) if permissions_count => {
            assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied);
        }
        Ok(()) if !permissions_count => {
            println!("permissions do not bind this account: only the other half was tested");
        }
        outcome => panic!("{outcome:?}"),
    }
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o555)).unwrap();
    let created = create(&directory.path().join("another"), EngineOptions::default()).map(drop);
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(created.is_err(), permissions_count, "{created:?}");
}
