//! Reads a store by what ARCHITECTURE.md says about its bytes, and by nothing else: no crate of ours takes part in the reading.
//! It fails when the format changes without its text.

use portunus::{
    Action, Collection, Expiry, Fields, NamedPredicate, NewKey, NewToken, On, Password, Portunus, Privilege,
    Resource, Role, Sessions, Timestamp,
};
use redb::{ReadableDatabase, ReadableTable, TableDefinition};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

type Table = TableDefinition<'static, &'static [u8], &'static [u8]>;

/// A record, taken out of its envelope.
type Records = BTreeMap<Vec<u8>, Vec<u8>>;

fn bytes<const N: usize>(from: &[u8], at: usize) -> [u8; N] {
    from[at..at + N].try_into().unwrap()
}

fn read(path: &std::path::Path) -> Records {
    let database = redb::Database::open(path).unwrap();
    let file = database.begin_read().unwrap();
    let header = file.open_table(Table::new("store")).unwrap().get(b"header".as_slice()).unwrap().unwrap();
    let header = header.value();
    assert_eq!(header.len(), 28);
    assert_eq!(&header[..8], b"PORTUNUS");
    assert_eq!(u32::from_le_bytes(bytes(header, 8)), 1);
    assert!(u64::from_le_bytes(bytes(header, 12)) > 0);
    assert_eq!(u64::from_le_bytes(bytes(header, 20)), xxh3_64(&header[..20]));
    let mut records = Records::new();
    for row in file.open_table(Table::new("records")).unwrap().iter().unwrap() {
        let (key, value) = row.unwrap();
        let (key, value) = (key.value(), value.value());
        assert_eq!(value[0], 1);
        assert_eq!(u64::from_le_bytes(bytes(value, 1)), xxh3_64_with_seed(&value[9..], xxh3_64(key)));
        records.insert(key.to_vec(), value[9..].to_vec());
    }
    records
}

/// A stored document: its version, its expiry, its value.
fn document(stored: &[u8]) -> (u64, Option<i64>, Json) {
    let root = stored.len() - 26;
    let expires = (stored[root + 8] == 1).then(|| i64::from_le_bytes(bytes(stored, root + 9)));
    (u64::from_le_bytes(bytes(stored, root)), expires, value(stored, root + 17))
}

fn value(stored: &[u8], at: usize) -> Json {
    let inside = at + 1;
    match stored[at] {
        0 => Json::Null,
        1 => json!(stored[inside] == 1),
        2 => json!(i64::from_le_bytes(bytes(stored, inside))),
        3 => json!(f64::from_le_bytes(bytes(stored, inside))),
        4 => json!(text(stored, inside)),
        5 => {
            let (start, length) = list(stored, inside);
            json!({"bytes": stored[start..start + length]})
        }
        6 => json!({"timestamp": i64::from_le_bytes(bytes(stored, inside))}),
        7 => {
            let (start, length) = list(stored, inside);
            (0..length).map(|element| value(stored, start + 9 * element)).collect()
        }
        8 => {
            let (start, length) = list(stored, inside);
            let member = |number| start + 17 * number;
            Json::Object(
                (0..length).map(|n| (text(stored, member(n)), value(stored, member(n) + 8))).collect(),
            )
        }
        tag => panic!("a value has the tag {tag}"),
    }
}

/// Where the elements of a list begin, and how many there are.
fn list(stored: &[u8], at: usize) -> (usize, usize) {
    let offset = i32::from_le_bytes(bytes(stored, at));
    let length = u32::from_le_bytes(bytes(stored, at + 4));
    (at.checked_add_signed(offset.try_into().unwrap()).unwrap(), length.try_into().unwrap())
}

fn text(stored: &[u8], at: usize) -> String {
    let text = if (0x80..=0xBF).contains(&stored[at]) {
        let written = u32::from_le_bytes(bytes(stored, at));
        let length = usize::try_from((written & 0x3F) | ((written >> 8) << 6)).unwrap();
        let offset = i32::from_le_bytes(bytes(stored, at + 4));
        let start = at.checked_add_signed(offset.try_into().unwrap()).unwrap();
        &stored[start..start + length]
    } else {
        let inline = &stored[at..at + 8];
        &inline[..inline.iter().position(|byte| *byte == 0xFF).unwrap_or(8)]
    };
    String::from_utf8(text.to_vec()).unwrap()
}

fn key(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

/// The value of a record of a system collection.
fn system(records: &Records, database: u32, collection: u32, id: &str) -> Json {
    let at = key(&[&database.to_be_bytes(), &[1], &collection.to_be_bytes(), id.as_bytes()]);
    document(records.get(&at).unwrap_or_else(|| panic!("{id} is not in system collection {collection}"))).2
}

#[test]
fn a_store_is_read_by_the_text_of_its_format_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let long = "a text that is longer than sixty-three bytes, so that its length needs both parts";
    let written =
        json!({"owner": "ann", "n": [1, -2.5, null, true], "name of nine": {"deep": long}, "eight by": ""});
    let (db, admin) = Portunus::create(&path).unwrap();
    let expires_at = Timestamp(4_000_000_000_000_000);
    let (created, key_id) = db
        .write(&admin, |tx| {
            tx.define(Collection::new("notes").index(["owner", "n"]))?;
            tx.create_database(&"acme".parse()?)?;
            let created = tx.add("notes").id("first").expires(Expiry::At(expires_at)).create(&written)?;
            Ok((created, tx.create_key(NewKey::new("server").at("acme".parse()?))?.id))
        })
        .unwrap();
    db.close().unwrap();
    drop(db);

    let records = read(&path);
    let notes = key(&[&[0, 0, 0, 1, 1], &64_u32.to_be_bytes(), b"first"]);
    assert_eq!(document(&records[&notes]), (created.version(), Some(expires_at.0), written));

    // The index has one entry for each element of `n`: `ann`, then the number.
    let entry =
        |term: &[u8]| key(&[&[0, 0, 0, 1, 2], &64_u32.to_be_bytes(), b"\x50ann\x00\x01", term, b"first"]);
    let sortable = |bits: u64| if bits >> 63 == 1 { !bits } else { bits | 1 << 63 };
    let number = |float: f64| key(&[&[0x40], &sortable(float.to_bits()).to_be_bytes(), &[0, 0]]);
    for term in [vec![0x20], vec![0x30, 1], number(1.0), number(-2.5)] {
        assert_eq!(records.get(&entry(&term)), Some(&vec![]), "{term:?}");
    }
    let entries = records.keys().filter(|key| key.starts_with(&[0, 0, 0, 1, 2])).count();
    assert_eq!(entries, 4);

    let instant = (expires_at.0 ^ i64::MIN).to_be_bytes();
    let queued = key(&[&[0, 0, 0, 0, 3], &instant, &[0, 0, 0, 1], &64_u32.to_be_bytes(), b"first"]);
    assert_eq!(records.get(&queued), Some(&vec![]));

    assert_eq!(system(&records, 1, 1, "self")["id"], 1);
    assert_eq!(system(&records, 1, 2, "acme"), 2);
    assert_eq!(system(&records, 2, 1, "self")["name"], "acme");
    assert_eq!(system(&records, 1, 3, "notes")["indexes"], json!([[64, "ready"]]));
    assert_eq!(system(&records, 0, 4, "databases"), 3);
    assert_eq!(system(&records, 0, 5, &key_id.to_string())["role"], "server");
    assert_eq!(system(&records, 1, 6, &key_id.to_string()), json!({}));
    assert_eq!(system(&records, 2, 7, &key_id.to_string()), json!({}));
    assert_eq!(system(&records, 0, 8, "header")["format"], 1);
    assert!(system(&records, 0, 8, "mac_key")["bytes"].is_array());
}

// over 70 lines: one store, and then every record of it in turn.
#[test]
fn what_is_kept_of_people_and_roles_is_read_by_the_text_of_the_format_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let (db, admin) = Portunus::create(&path).unwrap();
    let hash = db.hash_password(&Password::new("correct horse").unwrap()).unwrap();
    let end = Timestamp(4_000_000_000_000_000);
    let (token, key_id) = db
        .write(&admin, |tx| {
            tx.define(Collection::new("users"))?;
            tx.create_with_id("users", "ann", json!({}))?;
            tx.define_procedure("work", None)?;
            let author = Role::new("author").member("users").allow("users", Action::Read).allow_call("work");
            tx.define_role(author.allow_every(Resource::Key, Action::Read).deny("users", Action::Write))?;
            tx.define_procedure("work", Some("author"))?;
            tx.define_procedure("serve", Some("server"))?;
            tx.set_credential("users", "ann", &hash, Sessions::End)?;
            let token =
                tx.create_token(NewToken::new("users", "ann").expires_at(end).data(json!({"on": 1}))?)?;
            Ok((token, tx.create_key(NewKey::new("author"))?.id.to_string()))
        })
        .unwrap();
    db.write(&admin, |tx| tx.patch("users", "ann", json!({"age": 7}))).unwrap();
    let used = db.read(&token.secret, |tx| Ok(tx.now())).unwrap();
    db.close().unwrap();
    drop(db);

    let records = read(&path);
    let id = token.id.to_string();
    let of = |database, collection, id: &str| system(&records, database, collection, id);
    let timestamp = |at: Timestamp| json!({"timestamp": at.0});
    assert_eq!(of(1, 3, "users")["holds_identities"], true);
    assert_eq!(of(1, 4, "roles"), 2);

    let record = of(0, 9, &id);
    assert_eq!(record["mac"]["bytes"].as_array().map(Vec::len), Some(32));
    for (name, expected) in [
        ("database", json!(1)),
        ("collection", json!(64)),
        ("document", json!("ann")),
        ("expires_at", timestamp(end)),
        ("data", json!({"on": 1})),
        ("family", Json::Null),
        ("renewals", Json::Null),
    ] {
        assert_eq!(record[name], expected, "{name}");
    }
    let entry = format!("000000400003ann{id}");
    assert_eq!(of(1, 10, &entry), Json::Null);
    let instant = (end.0 ^ i64::MIN).to_be_bytes();
    for (database, collection, id) in [(0_u32, 9_u32, &id), (1, 10, &entry)] {
        let place = [database.to_be_bytes(), collection.to_be_bytes()].concat();
        assert_eq!(records.get(&key(&[&[0, 0, 0, 0, 3], &instant, &place, id.as_bytes()])), Some(&vec![]));
    }
    assert_eq!(of(0, 34, &id), timestamp(used));
    assert_eq!((of(1, 11, "00000040"), of(1, 11, "00000040*")), (json!("users"), Json::Null));

    let role = of(1, 12, "00000001");
    assert_eq!((&role["name"], &role["members"]), (&json!("author"), &json!([64])));
    assert_eq!(
        role["privileges"],
        json!([
            {"on": {"every": "key"}, "action": "read"},
            {"on": {"collection": 64}, "action": "read"},
            {"on": {"procedure": "work"}, "action": "call"},
        ])
    );
    assert_eq!(role["denials"], json!([{"on": {"collection": 64}, "action": "write"}]));
    assert_eq!((of(1, 13, "author"), of(1, 14, "0000004000000001")), (json!(1), Json::Null));
    assert_eq!(of(0, 5, &key_id)["role"], 1);
    assert_eq!(of(1, 15, &format!("00000001key:{key_id}")), json!({}));
    assert_eq!(of(1, 15, "00000001procedure:work"), json!({}));
    assert_eq!((&of(1, 18, "work")["role"], &of(1, 18, "serve")["role"]), (&json!(1), &json!("server")));

    let credential = of(1, 33, "00000040ann");
    assert_eq!((&credential["hash"], &credential["disabled"]), (&json!(hash.expose()), &json!(false)));
}

#[test]
fn what_is_kept_of_rules_is_read_by_the_text_of_the_format_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let (db, admin) = Portunus::create(&path).unwrap();
    let titles = Privilege::new(On::Collection("notes".into()), Action::Read).when("mine(doc)");
    let (changed_at, by) = db
        .write(&admin, |tx| {
            tx.define(Collection::new("users"))?;
            tx.define(Collection::new("notes"))?;
            tx.define_predicate(NamedPredicate::new("mine", ["what"], "what.owner == id(identity)"))?;
            let author = Role::new("author").member("users").member_when("notes", "identity.acts");
            tx.define_role(author.privilege(titles.clone().fields(Fields::only(["title"]))))?;
            let wide = Role::new("wide").allow("elsewhere", Action::Read).inherit();
            tx.define_role(wide.deny_when("notes", Action::Delete, "doc.kept"))?;
            Ok((tx.now(), tx.principal()?.id().to_string()))
        })
        .unwrap();
    db.write(&admin, |tx| tx.delete_role("wide")).unwrap();
    db.write(&admin, |tx| tx.roll_back_roles(2)).unwrap();
    db.close().unwrap();
    drop(db);

    let records = read(&path);
    let of = |collection, id: &str| system(&records, 1, collection, id);
    let rule = |source: &str| json!({"dialect": 1, "source": source});
    let mine = json!({"parameters": ["what"], "rule": rule("what.owner == id(identity)")});
    assert_eq!(of(21, "self"), json!({"predicates": {"mine": mine}}));

    let author = of(12, "00000001");
    let members = json!([64, {"of": {"collection": 65}, "when": rule("identity.acts")}]);
    assert_eq!((author.get("inherit"), &author["members"]), (None, &members));
    let titles = json!({"on": {"collection": 65}, "action": "read", "when": rule("mine(doc)"), "fields": {"only": ["title"]}});
    assert_eq!(author["privileges"], json!([titles]));
    assert_eq!((of(14, "0000004000000001"), of(14, "0000004100000001")), (Json::Null, Json::Null));

    // The role that was had back has another number.
    let wide = of(12, "00000003");
    assert_eq!((&wide["name"], &wide["inherit"]), (&json!("wide"), &json!(true)));
    assert_eq!(wide["privileges"], json!([{"on": {"named": "elsewhere"}, "action": "read"}]));
    assert_eq!(
        wide["denials"],
        json!([{"on": {"collection": 65}, "action": "delete", "when": rule("doc.kept")}])
    );
    assert_eq!(of(22, "00000003"), Json::Null);

    let first = of(23, "0000000000000001");
    assert_eq!(first, json!({"at": changed_at.0, "by": by, "set": {}}));
    let second = &of(23, "0000000000000002")["set"];
    assert_eq!(second["predicates"]["mine"]["rule"], "what.owner == id(identity)");
    let allow = json!([{"on": "notes", "actions": ["read"], "when": "mine(doc)", "only": ["title"]}]);
    assert_eq!((&second["role"][0]["name"], &second["role"][0]["allow"]), (&json!("author"), &allow));
    assert_eq!(
        second["role"][0]["members"],
        json!([{"collection": "notes", "when": "identity.acts"}, "users"])
    );
    assert_eq!(second["role"][1]["inherit"], true);
    assert_eq!(of(23, "0000000000000003")["set"]["role"].as_array().map(Vec::len), Some(1));
}
