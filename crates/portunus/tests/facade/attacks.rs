//! The attacks on documents, indexes and transactions, under their numbers, as an application would make them.

use crate::{kind, store};
use portunus::{
    Collection, DOCUMENT_BYTES_MAX, Durability, ErrorKind, Expiry, ManualClock, NewKey, Object, Portunus,
    ReadView, Secret, Timestamp, Value, WriteView, compare,
};
use serde_json::json;
use std::cmp::Ordering;
use std::sync::Arc;
use std::time::Duration;

/// A document with this value in its field `x`.
fn holding(value: impl Into<Value>) -> Value {
    Value::Object(Object::from_iter([("x".to_owned(), value.into())]))
}

fn put(db: &Portunus, secret: &Secret, id: &str, value: &Value) -> portunus::Result<()> {
    db.write(secret, |tx| tx.create_with_id("notes", id, value).map(drop))
}

fn held(db: &Portunus, secret: &Secret, id: &str) -> Option<Value> {
    db.read(secret, |tx| tx.get("notes", id)).unwrap().and_then(|note| note.value().member("x").cloned())
}

#[test]
fn attack_101_numbers_are_kept_exactly_or_refused() {
    let (db, _, server) = store();
    let kept = [
        0.0,
        -0.0,
        0.1 + 0.2,
        f64::MIN_POSITIVE,
        5e-324,
        -5e-324,
        f64::MAX,
        f64::INFINITY,
        f64::NEG_INFINITY,
    ];
    for (place, float) in kept.into_iter().enumerate() {
        let id = place.to_string();
        put(&db, &server, &id, &holding(Value::Float(float))).unwrap();
        let found = held(&db, &server, &id).unwrap().as_float().unwrap();
        assert_eq!(found.to_bits(), float.to_bits(), "{float}");
    }
    for int in [i64::MAX, i64::MIN, (1 << 53) + 1] {
        put(&db, &server, &int.to_string(), &holding(int)).unwrap();
        assert_eq!(held(&db, &server, &int.to_string()), Some(Value::Int(int)));
    }
    for nan in [f64::NAN, -f64::NAN, f64::from_bits(0x7FF0_0000_0000_0001)] {
        assert_eq!(kind(put(&db, &server, "nan", &holding(Value::Float(nan)))), ErrorKind::Invalid);
    }
    for text in
        ["1e400", "-1e400", "1e-400", "9223372036854775808", "10000000000000000000000000000000000000000"]
    {
        let refused = Value::from_json(&format!(r#"{{"x": {text}}}"#)).map_err(portunus::Error::from);
        assert_eq!(kind(refused), ErrorKind::Invalid, "{text}");
    }
    // The order of numbers is one, also where a float rounds what an integer is.
    let order = [
        Value::Float(f64::NEG_INFINITY),
        Value::Int(i64::MIN),
        Value::Float(-5e-324),
        Value::Int(0),
        Value::Float(5e-324),
        Value::Float(0.3),
        Value::Float(0.1 + 0.2),
        Value::Float(9_007_199_254_740_992.0),
        Value::Int((1 << 53) + 1),
        Value::Int(i64::MAX),
        Value::Float(9_223_372_036_854_775_808.0),
        Value::Float(f64::INFINITY),
    ];
    for pair in order.windows(2) {
        assert_eq!(compare((&pair[0]).into(), (&pair[1]).into()), Ordering::Less, "{pair:?}");
    }
    assert_eq!(compare((&Value::Float(-0.0)).into(), (&Value::Int(0)).into()), Ordering::Equal);
}

#[test]
fn attack_102_a_document_of_the_greatest_size_is_kept_and_one_byte_more_is_refused() {
    let (db, _, server) = store();
    // What a document takes besides its text: found by the first size that is refused, which must be at the limit.
    let try_size = |id: &str, bytes: usize| put(&db, &server, id, &holding("x".repeat(bytes)));
    let (mut fits, mut too_large) = (DOCUMENT_BYTES_MAX - 1_024, DOCUMENT_BYTES_MAX);
    assert_eq!(kind(try_size("over", too_large)), ErrorKind::Limit);
    while too_large - fits > 1 {
        let middle = usize::midpoint(fits, too_large);
        match try_size(&middle.to_string(), middle) {
            Ok(()) => fits = middle,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Limit);
                assert!(held(&db, &server, &middle.to_string()).is_none(), "nothing of it is there");
                too_large = middle;
            }
        }
    }
    for (id, bytes) in [("limit", fits), ("below", fits - 1)] {
        try_size(id, bytes).unwrap();
        assert_eq!(held(&db, &server, id).unwrap().as_str().map(str::len), Some(bytes));
    }
    assert_eq!(kind(try_size("above", fits + 1)), ErrorKind::Limit);
}

#[test]
fn attack_104_a_member_that_occurs_twice_is_refused_at_any_depth() {
    for text in [r#"{"x": 1, "x": 1}"#, r#"{"x": {"y": [{"z": 1, "z": 2}]}}"#, r#"{"x": 1, "\u0078": 2}"#] {
        for read in [Value::from_json(text), Value::from_tagged_json(text)] {
            assert_eq!(kind(read.map_err(portunus::Error::from)), ErrorKind::Invalid, "{text}");
        }
    }
}

/// Values of every kind that are near to each other, or whose bytes could be mixed up, in their order.
fn neighbours() -> Vec<Value> {
    let mut values = vec![Value::Null, Value::Bool(false), Value::Bool(true)];
    values.extend([i64::MIN, -256, -1, 0, 1, 255, 256, i64::MAX].map(Value::Int));
    values.extend(
        ["", "\0", "\0\0", "\0a", "\0b", "\u{1}", "a", "a\0", "a\0b", "ab", "b", "é", "\u{10FFFF}"]
            .map(Value::from),
    );
    values.extend(
        [&b""[..], b"\0", b"\0\xFF", b"\x01", b"a", b"\xFF", b"\xFF\xFF"]
            .map(|bytes| Value::from(bytes.to_vec())),
    );
    values.extend([i64::MIN, -1, 0, i64::MAX].map(|at| Value::from(Timestamp(at))));
    values
}

#[test]
fn attack_107_no_value_and_no_id_is_taken_for_another() {
    let (db, admin, _) = store();
    db.write(&admin, |tx| {
        tx.define(Collection::new("notes").index(["x"]))?;
        // One whose id has the form of an index entry or of another's id, each with a value of its own.
        for (place, value) in neighbours().into_iter().enumerate() {
            tx.create_with_id("notes", &format!("{place:03}\0a"), holding(value))?;
        }
        tx.create_with_id("notes", "lacks", json!({}))?;
        tx.create_database(&"acme".parse()?)
    })
    .unwrap();
    let found = db.read(&admin, |tx| tx.query("notes").index("x").documents()).unwrap();
    let found: Vec<Value> = found.iter().map(|note| note.value().member("x").unwrap().clone()).collect();
    assert_eq!(
        found,
        neighbours(),
        "the order of the index is that of the values, and what lacks the field is not in it"
    );
    for (place, value) in neighbours().into_iter().enumerate() {
        let ids =
            db.read(&admin, |tx| tx.query("notes").index("x").equal([value.clone()]).list_ids()).unwrap();
        assert_eq!(ids, [format!("{place:03}\0a")], "{value:?}");
    }
    // Ids of which one begins another, and those that look like the end of a key, are each their own.
    let ids = ["a", "a\0", "a\0b", "a\0\u{1}", "ab", "\0", "\0\0", "\u{FFFF}", "a/b", "../a", "%2e"];
    db.write(&admin, |tx| {
        tx.define(Collection::new("ids"))?;
        ids.iter().try_for_each(|id| tx.create_with_id("ids", id, json!({"id": id})).map(drop))
    })
    .unwrap();
    for id in ids {
        let note = db.read(&admin, |tx| tx.get("ids", id)).unwrap().unwrap();
        assert_eq!((note.id(), note.value().member("id").and_then(Value::as_str)), (id, Some(id)));
    }
    // And another tenant of the same names has none of it.
    let below = admin.scoped(&"@acme#admin".parse().unwrap());
    db.write(&below, |tx| tx.define(Collection::new("notes").index(["x"]))).unwrap();
    assert_eq!(db.read(&below, |tx| tx.query("notes").index("x").count()).unwrap(), 0);
    assert_eq!(db.read(&below, |tx| tx.query("notes").count()).unwrap(), 0);
}

#[test]
fn attack_108_an_entry_of_an_index_that_is_too_long_is_refused_and_changes_nothing() {
    let (db, _, server) = store();
    let owned_by = |bytes: usize| json!({"owner": "x".repeat(bytes)});
    let create = |id: &str, bytes: usize| {
        db.write(&server, |tx| tx.create_with_id("notes", id, owned_by(bytes)).map(drop))
    };
    create("short", 100).unwrap();
    assert_eq!(kind(create("long", 2_000)), ErrorKind::Limit);
    assert_eq!(kind(db.write(&server, |tx| tx.replace("notes", "short", owned_by(2_000)))), ErrorKind::Limit);
    let found = db.read(&server, |tx| tx.query("notes").index("owner").documents()).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].value().member("owner").and_then(Value::as_str).map(str::len), Some(100));
    // A text without an index may be as long as it likes.
    db.write(&server, |tx| tx.patch("notes", "short", json!({"text": "x".repeat(2_000)}))).unwrap();
}

#[test]
fn attack_114_of_two_writers_of_one_document_exactly_one_wins() {
    let (db, _, server) = store();
    put(&db, &server, "n", &holding(0)).unwrap();
    type Write = fn(&mut WriteView) -> portunus::Result<()>;
    let writes: [Write; 3] = [
        |tx| tx.replace("notes", "n", json!({"x": 1})).map(drop),
        |tx| tx.patch("notes", "n", json!({"y": 1})).map(drop),
        |tx| tx.delete("notes", "n"),
    ];
    for first in writes {
        for second in writes {
            let mut both = [first, second].map(|write| (db.begin_write(&server).unwrap(), write));
            both.iter_mut().for_each(|(tx, write)| write(tx).unwrap());
            let [(winner, _), (loser, _)] = both;
            winner.commit(Durability::Relaxed).unwrap();
            assert_eq!(kind(loser.commit(Durability::Relaxed)), ErrorKind::Conflict);
            if held(&db, &server, "n").is_none() {
                put(&db, &server, "n", &holding(0)).unwrap();
            }
        }
    }
}

#[test]
fn attack_116_a_phantom_is_a_conflict_however_it_comes() {
    let (db, admin, server) = store();
    db.write(&admin, |tx| {
        tx.define(Collection::new("notes").index(["owner"]).index(["level"]))?;
        tx.create_with_id("notes", "b", json!({"owner": "ann", "level": 5})).map(drop)
    })
    .unwrap();
    type Read = fn(&ReadView) -> portunus::Result<usize>;
    let reads: [(&str, Read); 4] = [
        ("a range of ids", |tx| tx.query("notes").ids("a".."c").count()),
        ("an empty range of ids", |tx| tx.query("notes").ids("a".."b").count()),
        ("an index", |tx| tx.query("notes").index("owner").equal(["ann"]).count()),
        ("an empty range of an index", |tx| tx.query("notes").index("level").range(1..3).count()),
    ];
    for (what, read) in reads {
        // The same document is in all of these: by its id, by its owner, and by its level.
        let mut reader = db.begin_write(&server).unwrap();
        let before = read(&reader).unwrap();
        reader.create_with_id("notes", &format!("done-{what}"), json!({"counted": before})).unwrap();
        db.write(&server, |tx| tx.create_with_id("notes", "aa", json!({"owner": "ann", "level": 2})))
            .unwrap();
        assert_eq!(kind(reader.commit(Durability::Relaxed)), ErrorKind::Conflict, "{what}");
        db.write(&server, |tx| tx.delete("notes", "aa")).unwrap();
    }
    // By way of a role: who was let in by it, and wrote, does not commit once it is another one.
    let key = db.write(&admin, |tx| tx.create_key(NewKey::new("server"))).unwrap();
    let mut writer = db.begin_write(&key.secret).unwrap();
    writer
        .create_with_id("notes", "late", json!({"counted": writer.query("notes").count().unwrap()}))
        .unwrap();
    db.write(&admin, |tx| tx.set_key_role(key.id, "server-readonly")).unwrap();
    assert!(writer.commit(Durability::Relaxed).is_err());
    assert!(!db.read(&server, |tx| tx.exists("notes", "late")).unwrap());
}

#[test]
fn attack_117_a_reader_of_long_ago_sees_what_it_saw_while_very_much_is_written() {
    let (db, _, server) = store();
    put(&db, &server, "n", &holding(0)).unwrap();
    let reader = db.begin_read(&server).unwrap();
    for number in 1..=2_000_i64 {
        let mut writer = db.begin_write(&server).unwrap();
        writer.replace("notes", "n", holding(number)).unwrap();
        writer.create("notes", json!({"owner": "ann"})).unwrap();
        writer.commit(Durability::Relaxed).unwrap();
    }
    assert_eq!(reader.get("notes", "n").unwrap().unwrap().value(), holding(0));
    assert_eq!(reader.query("notes").count().unwrap(), 1);
    drop(reader);
    assert_eq!(db.read(&server, |tx| tx.query("notes").count()).unwrap(), 2_001);
}

#[test]
fn attack_125_ten_thousand_readers_are_open_at_once_and_hold_up_nobody() {
    let (db, _, server) = store();
    let mut readers = Vec::new();
    for number in 0..10_000 {
        if number % 1_000 == 0 {
            put(&db, &server, &number.to_string(), &holding(number)).unwrap();
        }
        readers.push(db.begin_read(&server).unwrap());
    }
    put(&db, &server, "last", &holding(0)).unwrap();
    for (number, reader) in readers.iter().enumerate().step_by(997) {
        assert_eq!(reader.query("notes").count().unwrap(), number / 1_000 + 1);
    }
}

#[test]
fn attack_134_what_is_done_again_for_want_of_an_answer_is_done_once() {
    let (db, _, server) = store();
    // Somebody whose answer was lost does the same again, also from several threads, and after a try that was given up.
    let mut lost = db.begin_write(&server).unwrap();
    assert!(lost.once("pay-17").unwrap());
    lost.create("notes", json!({})).unwrap();
    drop(lost);
    let pay = || {
        db.write(&server, |tx| {
            if tx.once("pay-17")? {
                tx.create("notes", json!({}))?;
            }
            Ok(())
        })
    };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                // One that has met another is told so, and may do it again as often as it likes.
                while let Err(error) = pay() {
                    assert_eq!(error.kind(), ErrorKind::Conflict);
                }
            });
        }
    });
    pay().unwrap();
    assert_eq!(db.read(&server, |tx| tx.query("notes").count()).unwrap(), 1);
}

#[test]
fn attack_137_a_clock_that_goes_back_during_a_transaction_revives_nothing() {
    let start = Timestamp(1_800_000_000_000_000);
    let clock = Arc::new(ManualClock::new(start));
    let (db, admin) = Portunus::builder().clock(clock.clone()).in_memory().unwrap();
    let at = |seconds: i64| Timestamp(start.0 + seconds * 1_000_000);
    let key = db
        .write(&admin, |tx| {
            tx.define(Collection::new("notes"))?;
            tx.add("notes").id("brief").expires(Expiry::At(at(10))).create(json!({}))?;
            tx.create_key(NewKey::new("server").expires_at(at(20)))
        })
        .unwrap();
    let mut writer = db.begin_write(&key.secret).unwrap();
    let version = writer.create_with_id("notes", "a", json!({})).unwrap().version();
    assert_eq!(writer.now(), start);
    // A transaction has one instant, whatever the clock does meanwhile.
    clock.set(at(-3_600));
    assert_eq!(writer.now(), start);
    assert!(writer.exists("notes", "brief").unwrap());
    writer.commit(Durability::Relaxed).unwrap();
    // Versions rise all the same, so nobody takes the new for the old.
    let newer = db.write(&key.secret, |tx| tx.patch("notes", "a", json!({"x": 1}))).unwrap().version();
    assert!(newer > version, "{newer} comes after {version}");
    // What has ended by the clock has ended for those who are let in, and who was let in before does not outlive its secret.
    let mut late = db.begin_write(&key.secret).unwrap();
    late.create_with_id("notes", "b", json!({})).unwrap();
    clock.advance(Duration::from_secs(3_600 + 30));
    assert_eq!(kind(late.commit(Durability::Relaxed)), ErrorKind::Unauthenticated);
    assert!(!db.read(&admin, |tx| tx.exists("notes", "b")).unwrap());
    assert!(!db.read(&admin, |tx| tx.exists("notes", "brief")).unwrap());
}

#[test]
fn attack_138_a_transaction_that_is_too_large_is_told_so_and_leaves_nothing() {
    let (db, _, server) = store();
    let mut writer = db.begin_write(&server).unwrap();
    let large = holding("x".repeat(1 << 20));
    let mut error = None;
    for number in 0..64 {
        if let Err(refused) = writer.create_with_id("notes", &number.to_string(), &large) {
            error = Some((number, refused.kind()));
            break;
        }
    }
    let (number, kind) = error.expect("there is an end to it");
    assert_eq!(kind, ErrorKind::Limit);
    assert!((10..=16).contains(&number), "it is refused at its limit, not at {number} MiB");
    drop(writer);
    assert_eq!(db.read(&server, |tx| tx.query("notes").count()).unwrap(), 0);
    // And one that takes too long to look around is told that too: see what is remembered of reads, in the engine's tests.
    put(&db, &server, "small", &holding(0)).unwrap();
}
