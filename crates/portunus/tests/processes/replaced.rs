//! A file that is moved, deleted, replaced, or changed under a store that has it open: nothing wrong is read, and nothing panics.

use crate::work::{self, Done};
use portunus::{ErrorKind, Portunus, Result, Secret, ValueRef};
use std::fs::{self, OpenOptions, Permissions};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// How many transactions there have been before anything happens to the file.
const BEFORE: u64 = 6;

/// An open store, whose pages are read from its file each time.
struct Opened {
    folder: TempDir,
    path: PathBuf,
    admin: Secret,
    db: Portunus,
}

impl Opened {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let admin = work::prepare(&path);
        let db = Portunus::builder().sweep_every(None).cache_bytes(0).open(&path).unwrap();
        let opened = Self { folder, path, admin, db };
        (1..=BEFORE).for_each(|number| opened.write(number).unwrap());
        opened
    }

    fn write(&self, number: u64) -> Result<()> {
        work::write(&self.db, &self.admin, 0, number)
    }

    /// What is not as it was must be refused: a note that was acknowledged is never missing.
    #[track_caller]
    fn read_all(&self, what: &str, until: u64) -> u64 {
        let mut refused = 0;
        for number in 1..=until {
            match self.db.read(&self.admin, |tx| tx.get("notes", &format!("0:{number}"))) {
                Ok(note) => {
                    let note = note.unwrap_or_else(|| panic!("{what}: note {number} is hidden"));
                    assert_eq!(note.field("by").and_then(ValueRef::as_str), Some("0"), "{what}");
                }
                Err(error) => {
                    assert!(of_damage(error.kind()), "{what}: {error:?}");
                    refused += 1;
                }
            }
        }
        refused
    }
}

/// What a store may say whose file is not what it was.
fn of_damage(kind: ErrorKind) -> bool {
    use ErrorKind::{Corrupt, Io, OutcomeUnknown, ReadOnly, SnapshotExpired, Version};
    matches!(kind, Corrupt | Io | OutcomeUnknown | ReadOnly | SnapshotExpired | Version)
}

fn kind(path: &Path) -> Option<ErrorKind> {
    Portunus::builder().sweep_every(None).open(path).err().map(|error| error.kind())
}

/// The name of a file is no part of it: whoever has it open goes on, and what is put in its place is another file.
#[test]
fn attack_122_a_file_that_is_deleted_moved_replaced_or_forbidden_is_still_the_store() {
    let done: Done = [BEFORE + 1, 0];
    let check = |what: &str, act: &dyn Fn(&Opened)| {
        let opened = Opened::new();
        let held = opened.db.begin_read(&opened.admin).unwrap();
        act(&opened);
        assert!(held.exists("notes", "0:1").unwrap(), "{what}");
        opened.write(BEFORE + 1).unwrap();
        work::check(&opened.db, &opened.admin, done);
        drop(held);
        opened.db.close().unwrap();
        opened
    };
    let deleted = check("deleted", &|opened| fs::remove_file(&opened.path).unwrap());
    assert_eq!(kind(&deleted.path), Some(ErrorKind::NotFound));

    let moved =
        check("moved", &|opened| fs::rename(&opened.path, opened.folder.path().join("moved")).unwrap());
    assert_eq!(kind(&moved.path), Some(ErrorKind::NotFound));
    work::check_file(&moved.folder.path().join("moved"), &moved.admin, done);

    let another = tempfile::tempdir().unwrap();
    let (stranger, kept) = (another.path().join("store"), another.path().join("kept"));
    let strangers_admin = work::prepare(&stranger);
    let replaced = check("replaced", &|opened| {
        fs::rename(&opened.path, opened.folder.path().join("moved")).unwrap();
        fs::copy(&stranger, &opened.path).unwrap();
        fs::copy(&stranger, &kept).unwrap();
    });
    assert!(
        fs::read(&replaced.path).unwrap() == fs::read(&kept).unwrap(),
        "what was put in its place was written to"
    );
    work::check_file(&replaced.path, &strangers_admin, [0, 0]);
    work::check_file(&replaced.folder.path().join("moved"), &replaced.admin, done);

    let forbidden = check("forbidden", &|opened| {
        fs::set_permissions(&opened.path, Permissions::from_mode(0o000)).unwrap();
    });
    fs::set_permissions(&forbidden.path, Permissions::from_mode(0o600)).unwrap();
    work::check_file(&forbidden.path, &forbidden.admin, done);
}

fn size(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap()
}

/// What happens to a file under a store: it gets the file, its bytes, and those that it had when the store was made.
type Mischief = (&'static str, fn(&fs::File, &[u8], &[u8]));

const AN_EARLIER_COPY: &str = "as it once was";

const MISCHIEFS: [Mischief; 8] = [
    ("cut off whole", |file, _, _| file.set_len(0).unwrap()),
    ("cut off after its first page", |file, _, _| file.set_len(4096).unwrap()),
    ("cut in half", |file, bytes, _| file.set_len(size(bytes) / 2).unwrap()),
    ("without its last page", |file, bytes, _| file.set_len(size(bytes) - 4096).unwrap()),
    ("zeroes", |file, bytes, _| file.write_all_at(&vec![0; bytes.len()], 0).unwrap()),
    ("zeroes but for its first page", |file, bytes, _| {
        file.write_all_at(&vec![0; bytes.len() - 4096], 4096).unwrap();
    }),
    (AN_EARLIER_COPY, |file, _, earlier| {
        file.set_len(size(earlier)).unwrap();
        file.write_all_at(earlier, 0).unwrap();
    }),
    ("longer", |file, bytes, _| file.set_len(size(bytes) + 1_000_000).unwrap()),
];

#[test]
fn attack_122_a_file_that_is_cut_or_overwritten_under_the_store_is_never_believed() {
    for (what, act) in MISCHIEFS {
        let opened = Opened::new();
        let earlier = fs::read(&opened.path).unwrap();
        (BEFORE + 1..=2 * BEFORE).for_each(|number| opened.write(number).unwrap());
        let bytes = fs::read(&opened.path).unwrap();
        let file = OpenOptions::new().write(true).open(&opened.path).unwrap();
        act(&file, &bytes, &earlier);

        let mut acknowledged = 2 * BEFORE;
        let refused = opened.read_all(what, acknowledged);
        for _ in 0..4 {
            match opened.write(acknowledged + 1) {
                Ok(()) => acknowledged += 1,
                Err(error) => assert!(of_damage(error.kind()), "{what}: {error:?}"),
            }
            opened.read_all(what, acknowledged);
        }
        drop(opened.db.close());
        // A copy of a whole earlier state cannot be told from the file that it was made of.
        let expected = if what == AN_EARLIER_COPY { BEFORE } else { acknowledged };
        match Portunus::builder().sweep_every(None).open(&opened.path) {
            Ok(db) => work::check(&db, &opened.admin, [expected, 0]),
            Err(error) => assert!(of_damage(error.kind()), "{what}: {error:?}"),
        }
        println!("{what}: {refused} reads refused, {} more writes taken", acknowledged - 2 * BEFORE);
    }
}
