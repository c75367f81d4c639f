//! Backups as an application makes them: of one state whatever others do meanwhile, for whom they are, and what comes of them.

use crate::kind;
use portunus::{
    AuditQuery, AuditSettings, Collection, Document, ErrorKind, NewKey, NewToken, Portunus, ReadView, Secret,
    WriteView,
};
use serde_json::json;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The room between two accounts stays what it is, whoever moves what from one to the other.
const SUM: i64 = 1_000;

/// A store with accounts, much else, a child database and somebody in it, and their secrets.
fn bank() -> (Portunus, Secret, Vec<Secret>) {
    let (db, admin) = Portunus::builder().attempts_max(1_000).in_memory().unwrap();
    let mut secrets = db
        .write(&admin, |tx| {
            tx.define(Collection::new("accounts").index(["amount"]))?;
            tx.define(Collection::new("users"))?;
            tx.create_with_id("accounts", "ann", json!({"amount": SUM}))?;
            tx.create_with_id("accounts", "bob", json!({"amount": 0}))?;
            tx.create_with_id("users", "ann", json!({}))?;
            // More than one block has room for.
            for number in 0..200 {
                let id = format!("n{number:03}");
                tx.create_with_id("accounts", &id, json!({"amount": 0, "text": "x".repeat(10_000)}))?;
            }
            tx.create_database(&"acme".parse()?)?;
            tx.set_audit(AuditSettings::default())?;
            Ok(vec![
                tx.create_key(NewKey::new("server-readonly"))?.secret,
                tx.create_token(NewToken::new("users", "ann"))?.secret,
                tx.create_key(NewKey::new("admin").at("acme".parse()?))?.secret,
            ])
        })
        .unwrap();
    secrets.push(admin.clone());
    (db, admin, secrets)
}

fn amount(document: Option<Document>) -> i64 {
    document.unwrap().field("amount").unwrap().as_int().unwrap()
}

fn transfer(db: &Portunus, admin: &Secret, by: i64) {
    db.write(admin, |tx| {
        let (ann, bob) = (amount(tx.get("accounts", "ann")?), amount(tx.get("accounts", "bob")?));
        tx.replace("accounts", "ann", json!({"amount": ann - by}))?;
        tx.replace("accounts", "bob", json!({"amount": bob + by}))
    })
    .unwrap();
}

fn sum(db: &Portunus, admin: &Secret) -> i64 {
    db.read(admin, |tx| Ok(amount(tx.get("accounts", "ann")?) + amount(tx.get("accounts", "bob")?))).unwrap()
}

fn backup(db: &Portunus, secret: &Secret) -> portunus::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    db.read(secret, |tx| tx.backup(&mut bytes))?;
    Ok(bytes)
}

/// A store from a backup, and where it is.
fn restored(mut bytes: &[u8]) -> (tempfile::TempDir, Portunus) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("again");
    Portunus::restore(&mut bytes, &path).unwrap();
    (folder, Portunus::open(path).unwrap())
}

/// A sink that does something before each block that it is given, but not before the head.
struct Meanwhile<F>(F, Vec<u8>);

impl<F: FnMut()> Write for Meanwhile<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.1.is_empty() {
            (self.0)();
        }
        self.1.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn attack_126_a_backup_is_of_the_state_at_which_it_began_and_all_secrets_open_it() {
    let (db, admin, secrets) = bank();
    let before = backup(&db, &admin).unwrap();
    let view = db.begin_read(&admin).unwrap();
    let mut sink = Meanwhile(|| transfer(&db, &admin, 7), Vec::new());
    view.backup(&mut sink).unwrap();
    assert!(sum(&db, &admin) == SUM && db.stats().commits > 5, "others went on");
    let (_folder, again) = restored(&sink.1);
    assert_eq!(again.read(&admin, |tx| Ok(amount(tx.get("accounts", "ann")?))).unwrap(), SUM);
    for secret in &secrets {
        again.begin_read(secret).unwrap();
    }
    assert!(again.read(&admin, ReadView::verify_audit).unwrap().first_break.is_none());
    // But for what the backups themselves left in the audit log, one is the other again.
    let (_folder, of_before) = restored(&before);
    for db in [&again, &of_before] {
        let report = db.read(&admin, ReadView::check).unwrap();
        assert_eq!((report.documents, report.problems.len()), (203, 0));
    }
}

#[test]
fn attack_126_backups_beside_writers_hold_whole_transactions_and_come_back_byte_for_byte() {
    let (db, admin, _) = bank();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for by in [3, -5] {
            let (db, admin, stop) = (&db, &admin, &stop);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    transfer(db, admin, by);
                }
            });
        }
        for _ in 0..5 {
            let bytes = backup(&db, &admin).unwrap();
            let (_folder, again) = restored(&bytes);
            assert_eq!(sum(&again, &admin), SUM, "a transaction is there in part");
            assert_eq!(again.read(&admin, ReadView::check).unwrap().problems, Vec::<String>::new());
        }
        stop.store(true, Ordering::Relaxed);
    });
}

#[test]
fn a_restored_store_backs_up_to_the_same_bytes() {
    let (db, admin, _) = bank();
    // Without a log, a backup leaves no trace in what it is of.
    db.write(&admin, |tx| tx.set_audit(None)).unwrap();
    let bytes = backup(&db, &admin).unwrap();
    let (_folder, again) = restored(&bytes);
    assert!(backup(&again, &admin).unwrap() == bytes);
}

#[test]
fn nobody_but_an_unnarrowed_admin_key_of_the_root_takes_a_backup() {
    let (db, admin, secrets) = bank();
    let scoped = |scope: &str| admin.scoped(&scope.parse().unwrap());
    let below = db.write(&admin, |tx| tx.create_key(NewKey::new("admin").at("acme".parse()?))).unwrap();
    let nobody = [
        secrets[0].clone(),
        secrets[1].clone(),
        secrets[2].clone(),
        below.secret,
        scoped("#admin"),
        scoped("#server"),
        scoped("@acme#admin"),
        scoped("#@doc/users/ann"),
    ];
    for (number, secret) in nobody.iter().enumerate() {
        let mut bytes = Vec::new();
        let denied = db.read(secret, |tx| tx.backup(&mut bytes));
        assert_eq!(kind(denied), ErrorKind::Denied, "{number}");
        assert!(bytes.is_empty(), "{number}");
    }
    let other = db.write(&admin, |tx| tx.create_key(NewKey::new("admin"))).unwrap();
    assert!(backup(&db, &other.secret).is_ok());
    // It is a state, and not what somebody is about to make of it.
    let writer = db.begin_write(&admin).unwrap();
    assert_eq!(kind(writer.backup(&mut Vec::new())), ErrorKind::Invalid);
}

#[test]
fn a_key_that_is_revoked_ends_its_backup_before_the_next_block() {
    let (db, admin, _) = bank();
    let taker = db.write(&admin, |tx| tx.create_key(NewKey::new("admin"))).unwrap();
    let view = db.begin_read(&taker.secret).unwrap();
    let mut blocks = 0;
    let mut sink = Meanwhile(
        || {
            blocks += 1;
            let _ = db.write(&admin, |tx| tx.delete_key(taker.id));
        },
        Vec::new(),
    );
    let ended = view.backup(&mut sink);
    let bytes = sink.1;
    assert_eq!((kind(ended), blocks), (ErrorKind::Unauthenticated, 1));
    assert_eq!(kind(Portunus::verify_backup(&mut bytes.as_slice())), ErrorKind::Corrupt);
}

#[test]
fn a_backup_is_noted_in_the_audit_log_of_the_root() {
    let (db, admin, _) = bank();
    backup(&db, &admin).unwrap();
    let noted = db.read(&admin, |tx| tx.audit(AuditQuery::default().kind("backup_begun"))).unwrap();
    let me = db.read(&admin, |tx| Ok(tx.principal()?.id())).unwrap();
    assert_eq!(noted.iter().map(|record| record.principal).collect::<Vec<_>>(), [Some(me)]);
}

/// Once begun it takes as long as it takes; begun too late, it is refused.
#[test]
fn the_deadline_of_readers_does_not_cut_a_backup_and_is_no_excuse_to_begin_one_late() {
    let (db, admin) = Portunus::builder().reader_deadline(Duration::ZERO).in_memory().unwrap();
    let write = || {
        db.write(&admin, |tx| tx.define(Collection::new("notes"))).unwrap();
        db.write(&admin, |tx| tx.create("notes", json!({}))).unwrap();
    };
    write();
    let view = db.begin_read(&admin).unwrap();
    let mut sink = Meanwhile(write, Vec::new());
    view.backup(&mut sink).unwrap();
    Portunus::verify_backup(&mut sink.1.as_slice()).unwrap();
    assert_eq!(kind(view.backup(&mut Vec::new())), ErrorKind::SnapshotExpired);
}

#[test]
fn a_compacted_store_is_smaller_and_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let (db, admin) = Portunus::create(&path).unwrap();
    db.write(&admin, |tx| tx.define(Collection::new("notes"))).unwrap();
    let note = json!({"text": "x".repeat(3_000)});
    let ids = || (0..400).map(|number: i32| (number, number.to_string()));
    let put =
        |tx: &mut WriteView| ids().try_for_each(|(_, id)| tx.create_with_id("notes", &id, &note).map(drop));
    db.write(&admin, put).unwrap();
    let mut most =
        ids().filter(|(number, _)| number % 20 != 0).map(|(_, id)| id).collect::<Vec<_>>().into_iter();
    db.write(&admin, |tx| most.try_for_each(|id| tx.delete("notes", &id))).unwrap();
    let before = db.begin_read(&admin).unwrap().check().unwrap();
    assert_eq!(kind(Portunus::compact(&path)), ErrorKind::Locked);
    db.close().unwrap();
    drop(db);
    let done = Portunus::compact(&path).unwrap();
    assert!(done.bytes_after * 2 < done.bytes_before, "{done:?}");
    assert_eq!(std::fs::metadata(&path).unwrap().len(), done.bytes_after);
    let db = Portunus::open(&path).unwrap();
    assert_eq!(db.read(&admin, ReadView::check).unwrap(), before);
}
