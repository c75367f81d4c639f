//! Past every limit: a typed error, and nothing changes.

use crate::{kind, store};
use portunus::{Collection, Cursor, ErrorKind, NewKey, Portunus, ReadView, Result, Value, WriteView};
use serde_json::json;

#[test]
fn what_is_too_much_is_refused_and_changes_nothing() {
    let (db, admin, _) = store();
    let before = db.read(&admin, ReadView::check).unwrap();
    let check = |what: &str, expected: ErrorKind, run: &dyn Fn(&mut WriteView) -> Result<()>| {
        let found = kind(db.write(&admin, run));
        assert_eq!(found, expected, "{what}");
        assert_eq!(db.read(&admin, ReadView::check).unwrap(), before, "{what}: something changed");
    };
    let create = |tx: &mut WriteView, id: &str, value: Value| tx.create_with_id("notes", id, value).map(drop);
    let object = |value: Value| Value::Object(portunus::Object::from_iter([("x".to_string(), value)]));
    let nested = |depth: usize| (0..depth).fold(Value::Null, |value, _| Value::Array(vec![value]));
    check("an id too long", ErrorKind::Limit, &|tx| create(tx, &"x".repeat(257), object(Value::Null)));
    check("an empty id", ErrorKind::Invalid, &|tx| create(tx, "", object(Value::Null)));
    check("a document too large", ErrorKind::Limit, &|tx| {
        create(tx, "a", object("x".repeat(9 << 20).into()))
    });
    check("a document too deep", ErrorKind::Invalid, &|tx| create(tx, "a", object(nested(64))));
    check("not a number", ErrorKind::Invalid, &|tx| create(tx, "a", object(Value::Float(f64::NAN))));
    check("no object", ErrorKind::Invalid, &|tx| create(tx, "a", Value::Null));
    check("a collection's name", ErrorKind::Invalid, &|tx| tx.define(Collection::new("a/b")));
    check("a database's name", ErrorKind::Invalid, &|tx| tx.create_database(&"A".parse()?).map(drop));
    check("a path too long", ErrorKind::Limit, &|tx| {
        tx.create_database(&["a"; 33].join("/").parse()?).map(drop)
    });
    check("an index that is not there", ErrorKind::NotFound, &|tx| {
        tx.query("notes").index("size").equal([1]).count().map(drop)
    });
    check("an index on a field that is not there", ErrorKind::Invalid, &|tx| {
        tx.define(Collection::new("closed").closed().index(["size"]))
    });
    check("a page without size", ErrorKind::Invalid, &|tx| tx.query("notes").page(0, None).map(drop));
    check("a page too large", ErrorKind::Limit, &|tx| tx.query("notes").page(1 << 20, None).map(drop));
    check("a cursor of nobody", ErrorKind::Invalid, &|tx| {
        tx.query("notes").page(1, Some(&Cursor::new("AAAA"))).map(drop)
    });
    check("a role of nobody", ErrorKind::Constraint, &|tx| tx.create_key(NewKey::new("queen")).map(drop));
    check("a transaction too large", ErrorKind::Limit, &|tx| {
        (0..4).try_for_each(|n| create(tx, &n.to_string(), object("x".repeat(7 << 20).into())))
    });
}

#[test]
fn a_cursor_of_another_query_or_key_is_refused() {
    let (db, admin, server) = store();
    db.write(&server, |tx| {
        (0..5).try_for_each(|n| tx.create("notes", json!({"owner": "ann", "n": n})).map(drop))
    })
    .unwrap();
    let view = db.begin_read(&server).unwrap();
    let page = view.query("notes").page(2, None).unwrap();
    let cursor = page.next.unwrap();
    assert_eq!(view.query("notes").page(2, Some(&cursor)).unwrap().documents.len(), 2);
    let of_index = view.query("notes").index("owner").equal(["ann"]);
    assert_eq!(kind(of_index.page(2, Some(&cursor))), ErrorKind::Invalid);
    assert_eq!(kind(view.query("notes").descending().page(2, Some(&cursor))), ErrorKind::Invalid);
    let others = db.begin_read(&admin).unwrap();
    assert_eq!(kind(others.query("notes").page(2, Some(&cursor))), ErrorKind::Invalid);
}

#[test]
fn a_reader_past_its_deadline_is_told_so() {
    let builder = Portunus::builder().reader_deadline(std::time::Duration::ZERO);
    let (db, admin) = builder.in_memory().unwrap();
    let view = db.begin_read(&admin).unwrap();
    // The newest state may be held for as long as one likes; this one is superseded.
    db.write(&admin, |tx| tx.once("something")).unwrap();
    assert_eq!(kind(view.collections()), ErrorKind::SnapshotExpired);
}
