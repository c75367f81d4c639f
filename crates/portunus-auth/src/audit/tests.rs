//! Logs that somebody has been at: what a walk along them finds, and what it cannot.

use super::*;
use crate::mac::{TAG_BYTES, link};
use crate::{AuditQuery, Collection, Gate, GateOptions, NewKey, Secret};
use portunus_scope::{ManualClock, Object, SystemCollection, Timestamp, TreeOptions, Value, ValueRef};
use std::time::Duration;

const ROOT: DatabaseId = DatabaseId::ROOT;
const RECORDS: u64 = 8;

type Hash = [u8; TAG_BYTES];

/// A store with a log of [`RECORDS`] records.
fn audited() -> (Gate, Secret) {
    let (gate, admin) = Gate::create_in_memory(&GateOptions::default()).unwrap();
    let mut view = gate.begin_write(&admin).unwrap();
    view.set_audit(AuditSettings { openings: false, refusals: true, denials: true }).unwrap();
    for _ in 1..RECORDS {
        view.create_key(NewKey::new("server")).unwrap();
    }
    view.commit(Durability::Immediate).unwrap();
    (gate, admin)
}

fn read(writer: &TreeReader, sequence: u64) -> (String, Hash) {
    let found = writer.unfiltered_system_get(ROOT, SystemCollection::Audit, &record_id(sequence));
    let found = found.unwrap().unwrap();
    let event = found.field("event").and_then(ValueRef::as_str).unwrap().to_owned();
    let hash = found.field("hash").and_then(ValueRef::as_bytes).unwrap().try_into().unwrap();
    (event, hash)
}

fn put(writer: &mut TreeWriter, id: &str, event: &str, hash: Hash) {
    let value = [("event", Value::from(event)), ("hash", Value::Bytes(hash.to_vec()))];
    let value = Value::Object(Object::from_iter(value));
    writer.unfiltered_system_put(ROOT, SystemCollection::Audit, id, &value).unwrap();
}

fn put_head(writer: &mut TreeWriter, sequence: u64, hash: Hash) {
    let sequence = i64::try_from(sequence).unwrap();
    let value = [("sequence", Value::Int(sequence)), ("hash", Value::Bytes(hash.to_vec()))];
    let value = Value::Object(Object::from_iter(value));
    writer.unfiltered_system_put(ROOT, SystemCollection::AuditHead, "self", &value).unwrap();
}

fn remove(writer: &mut TreeWriter, sequence: u64) {
    writer.unfiltered_system_delete(ROOT, SystemCollection::Audit, &record_id(sequence)).unwrap();
}

/// Tells the first break that is found after somebody who can write the file has done this to it.
fn broken_by(tamper: impl FnOnce(&mut TreeWriter)) -> Option<u64> {
    let (gate, admin) = audited();
    assert_eq!(gate.begin_read(&admin).unwrap().verify_audit().unwrap().first_break, None);
    let mut writer = gate.shared.tree.begin_write().unwrap();
    tamper(&mut writer);
    writer.commit(Durability::Immediate).unwrap();
    gate.begin_read(&admin).unwrap().verify_audit().unwrap().first_break
}

#[test]
fn whatever_is_done_to_a_part_of_the_log_is_found() {
    let check = |what: &str, first_break: u64, tamper: &dyn Fn(&mut TreeWriter)| {
        assert_eq!(broken_by(tamper), Some(first_break), "{what}");
    };
    check("a text is changed", 3, &|writer| {
        let (event, hash) = read(writer, 3);
        put(writer, &record_id(3), &event.replace("server", "sernone"), hash);
    });
    check("a text is changed, and its own hash with it", 4, &|writer| {
        let (event, _) = read(writer, 3);
        let event = event.replace("server", "sernone");
        put(writer, &record_id(3), &event, link(&read(writer, 2).1, 3, &event));
    });
    check("the last text is changed, and its hash with it", RECORDS, &|writer| {
        let event = "{}";
        let hash = link(&read(writer, RECORDS - 1).1, RECORDS, event);
        put(writer, &record_id(RECORDS), event, hash);
    });
    check("a hash is changed", 5, &|writer| put(writer, &record_id(5), &read(writer, 5).0, [7; TAG_BYTES]));
    check("the first record is removed", 1, &|writer| remove(writer, 1));
    check("a record is removed", 4, &|writer| remove(writer, 4));
    check("a record is removed, and those behind it move up", 4, &|writer| {
        for sequence in 4..RECORDS {
            let (event, hash) = read(writer, sequence + 1);
            put(writer, &record_id(sequence), &event, hash);
        }
        remove(writer, RECORDS);
    });
    check("two records change places", 2, &|writer| {
        let (two, three) = (read(writer, 2), read(writer, 3));
        put(writer, &record_id(2), &three.0, three.1);
        put(writer, &record_id(3), &two.0, two.1);
    });
    check("the end is cut off", RECORDS - 1, &|writer| {
        remove(writer, RECORDS);
        remove(writer, RECORDS - 1);
    });
    check("everything is removed but the head", 1, &|writer| (1..=RECORDS).for_each(|it| remove(writer, it)));
    check("the head is removed", 1, &|writer| {
        writer.unfiltered_system_delete(ROOT, SystemCollection::AuditHead, "self").unwrap();
    });
    check("the head is set back", RECORDS, &|writer| {
        put_head(writer, RECORDS - 1, read(writer, RECORDS - 1).1);
    });
    check("the head has another hash", RECORDS, &|writer| put_head(writer, RECORDS, [7; TAG_BYTES]));
    check("a record is added", RECORDS + 1, &|writer| {
        let hash = link(&read(writer, RECORDS).1, RECORDS + 1, "{}");
        put(writer, &record_id(RECORDS + 1), "{}", hash);
    });
    check("something is put between two records", 3, &|writer| {
        let (event, hash) = read(writer, 3);
        put(writer, &format!("{}0", record_id(2)), &event, hash);
    });
    check("a record has not its form", 6, &|writer| {
        let (log, id) = (SystemCollection::Audit, record_id(6));
        writer.unfiltered_system_put(ROOT, log, &id, &Value::from("x")).unwrap();
    });
}

#[test]
fn a_log_that_is_rewritten_as_a_whole_is_told_by_the_head_that_was_kept_elsewhere() {
    let (gate, admin) = audited();
    let kept = gate.begin_read(&admin).unwrap().verify_audit().unwrap().head;
    let mut writer = gate.shared.tree.begin_write().unwrap();
    let mut last = [0; TAG_BYTES];
    for sequence in 1..=RECORDS {
        let event = read(&writer, sequence).0.replace("server", "sernone");
        last = link(&last, sequence, &event);
        put(&mut writer, &record_id(sequence), &event, last);
    }
    put_head(&mut writer, RECORDS, last);
    writer.commit(Durability::Immediate).unwrap();
    let view = gate.begin_read(&admin).unwrap();
    let chain = view.verify_audit().unwrap();
    assert_eq!((chain.records, chain.first_break), (RECORDS, None), "by itself it looks whole");
    let records = view.audit(AuditQuery::default()).unwrap();
    assert!(records.iter().all(|record| record.hash != kept), "but no record leads to the head of before");
}

#[test]
fn a_record_without_its_form_is_not_read_as_one() {
    let (gate, admin) = audited();
    for event in ["", "{}", r#"{"at":"now","kind":"opened"}"#, r#"{"at":"2027-01-15T08:00:00Z","kind":3}"#] {
        let mut writer = gate.shared.tree.begin_write().unwrap();
        put(&mut writer, &record_id(2), event, [0; TAG_BYTES]);
        writer.commit(Durability::Immediate).unwrap();
        let view = gate.begin_read(&admin).unwrap();
        assert!(matches!(view.audit(AuditQuery::default()), Err(Error::Corrupt(_))), "{event}");
    }
}

#[test]
fn what_waits_for_a_database_that_is_gone_is_forgotten() {
    let (gate, admin) = audited();
    let gone = DatabaseId::STORE;
    gate.shared.audit.waiting.push(gone, Class::Refusal, Timestamp(0), || "{}".into());
    gate.flush_audit().unwrap();
    assert!(gate.shared.audit.waiting.is_empty());
    assert_eq!(gate.begin_read(&admin).unwrap().verify_audit().unwrap().records, RECORDS);
}

#[test]
fn what_cannot_be_written_waits_on() {
    let (gate, _) = audited();
    gate.begin_read(&Secret::from("a guess")).unwrap_err();
    gate.shared.tree.close().unwrap();
    assert!(matches!(gate.flush_audit(), Err(Error::Closed)));
    assert!(!gate.shared.audit.waiting.is_empty());
}

#[test]
fn a_log_that_cannot_be_written_keeps_nothing_from_being_collected() {
    let clock = Arc::new(ManualClock::new(Timestamp(1_800_000_000_000_000)));
    let tree = TreeOptions { clock: clock.clone(), ..TreeOptions::default() };
    let (gate, admin) = Gate::create_in_memory(&GateOptions { tree, ..GateOptions::default() }).unwrap();
    let mut view = gate.begin_write(&admin).unwrap();
    view.set_audit(AuditSettings { refusals: true, ..AuditSettings::default() }).unwrap();
    view.define(Collection::new("sessions").ttl(Duration::from_secs(1))).unwrap();
    view.create("sessions", serde_json::json!({})).unwrap();
    view.commit(Durability::Immediate).unwrap();
    let mut writer = gate.shared.tree.begin_write().unwrap();
    writer.unfiltered_system_put(ROOT, SystemCollection::AuditHead, "self", &Value::Null).unwrap();
    writer.commit(Durability::Immediate).unwrap();
    gate.begin_read(&Secret::from("a guess")).unwrap_err();
    assert!(matches!(gate.flush_audit(), Err(Error::Corrupt(_))));
    clock.advance(Duration::from_secs(1));
    assert_eq!(gate.sweep(10).unwrap(), 1);
    assert!(matches!(gate.flush_audit(), Err(Error::Corrupt(_))), "nothing that waits was lost");
}
