//! What is done to a store by a process that somebody disturbs, and how the store must look afterwards. It knows of no processes.

use portunus::{AuditSettings, Collection, Error, ErrorKind, Portunus, Secret};
use serde_json::json;
use std::path::Path;

/// Who works at the same time.
pub const WRITERS: usize = 2;
/// How many transactions each of them makes.
pub const TRANSACTIONS: u64 = 24;

/// How often a transaction is begun again after its outcome was unknown or the store refused to write.
const ATTEMPTS_MAX: u32 = 20;

/// How many transactions of each writer were acknowledged.
pub type Done = [u64; WRITERS];

/// A closed store, ready to be worked on.
pub fn prepare(path: &Path) -> Secret {
    let (db, admin) = Portunus::builder().sweep_every(None).create(path).unwrap();
    db.write(&admin, |tx| {
        tx.set_audit(AuditSettings::default())?;
        tx.define(Collection::new("notes").index(["by"]))?;
        tx.define(Collection::new("counters"))?;
        (0..WRITERS)
            .try_for_each(|by| tx.create_with_id("counters", &by.to_string(), json!({"n": 0})).map(drop))
    })
    .unwrap();
    db.close().unwrap();
    admin
}

/// One transaction: a note and its number, together or not at all, and once however often it is asked for.
pub fn write(db: &Portunus, admin: &Secret, by: usize, number: u64) -> Result<(), Error> {
    db.write(admin, |tx| {
        if !tx.once(&format!("{by}:{number}"))? {
            return Ok(());
        }
        let writer = by.to_string();
        let before = tx.get("counters", &writer)?.and_then(|counter| counter.field("n")?.as_int());
        assert_eq!(before, Some(i64::try_from(number).unwrap() - 1), "a transaction was done twice or never");
        tx.patch("counters", &writer, json!({"n": number}))?;
        let text = "some text, so that the file has to grow ".repeat(20);
        tx.create_with_id("notes", &format!("{by}:{number}"), json!({"by": writer, "text": text})).map(drop)
    })
}

/// All the transactions of one writer. It tells of each that is acknowledged, and ends early if the store refuses to write for good.
pub fn write_all(db: &Portunus, admin: &Secret, by: usize, acknowledged: impl Fn(u64)) {
    for number in 1..=TRANSACTIONS {
        let mut attempts = 0;
        while let Err(error) = write(db, admin, by, number) {
            let known = matches!(
                error.kind(),
                ErrorKind::OutcomeUnknown
                    | ErrorKind::ReadOnly
                    | ErrorKind::Conflict
                    | ErrorKind::SnapshotExpired
            );
            assert!(known, "{error:?}");
            attempts += 1;
            if attempts == ATTEMPTS_MAX {
                return;
            }
        }
        acknowledged(number);
    }
}

/// That a store holds all that was acknowledged, at most one transaction of each writer more, and none in part.
pub fn check(db: &Portunus, admin: &Secret, acknowledged: Done) {
    db.read(admin, |tx| {
        let mut notes = 0;
        for (by, least) in acknowledged.into_iter().enumerate() {
            let writer = by.to_string();
            let counted = tx.get("counters", &writer)?.and_then(|counter| counter.field("n")?.as_int());
            let counted = u64::try_from(counted.unwrap()).unwrap();
            assert!((least..=least + 1).contains(&counted), "{least} acknowledged, {counted} found");
            for number in 1..=counted {
                assert!(tx.exists("notes", &format!("{by}:{number}"))?, "note {number} of {by} is lost");
            }
            let indexed = tx.query("notes").index("by").equal([writer.as_str()]).count()?;
            assert_eq!(u64::try_from(indexed).unwrap(), counted);
            notes += counted;
        }
        assert_eq!(u64::try_from(tx.query("notes").count()?).unwrap(), notes);
        assert_eq!(tx.verify_audit()?.first_break, None);
        let problems = tx.check()?.problems;
        assert!(problems.is_empty(), "{problems:?}");
        Ok(())
    })
    .unwrap();
}

/// Opens the store in a file and checks it; then it takes more.
pub fn check_file(path: &Path, admin: &Secret, acknowledged: Done) {
    let db = Portunus::builder().sweep_every(None).open(path).unwrap();
    check(&db, admin, acknowledged);
    for (by, last) in acknowledged.into_iter().enumerate() {
        // The next one may have been done already, and is then not done again.
        write(&db, admin, by, last + 1).unwrap();
    }
    check(&db, admin, acknowledged.map(|last| last + 1));
    db.close().unwrap();
}
