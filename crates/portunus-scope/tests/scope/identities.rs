//! Identity documents: what is attached to one dies with it, whatever ends it, and every change of one raises the epoch.

use crate::{ROOT, Store, collection_of, insert, segment};
use portunus_scope::identities::{attached_id, attached_prefix, credential_id};
use portunus_scope::{
    Collection, DatabaseId, Durability, Error, Expiry, Result, SystemCollection, Timestamp, TreeReader,
    TreeWriter, Value,
};
use serde_json::json;
use std::time::Duration;

/// Ids that could be taken for one another: prefixes, look-alikes of what ids are put together from, odd characters.
const IDS: [&str; 8] = ["u", "u1", "u1 ", "0001u1", "00000040", "u1\0", "é", "U1"];

/// A store whose collection `users` holds identities, and one `notes` that does not.
fn store() -> Store {
    let store = Store::with(&Collection::new("users").unique(["email"]));
    store.write(|writer| writer.define_collection(ROOT, &Collection::new("notes"))).unwrap();
    store.write(|writer| writer.mark_identities(ROOT, "users")).unwrap();
    store
}

fn number(reader: &TreeReader, collection: &str) -> u32 {
    collection_of(reader, collection).number()
}

/// What a layer above keeps for a document: a token with its entry and its last use, and a credential.
fn attach(writer: &mut TreeWriter, document: &str, token: &str) -> Result<()> {
    let users = number(writer, "users");
    let entry = attached_id(users, document, token);
    writer.unfiltered_system_put(DatabaseId::STORE, SystemCollection::Token, token, &Value::Null)?;
    writer.unfiltered_system_put(DatabaseId::STORE, SystemCollection::TokenUse, token, &Value::Null)?;
    writer.unfiltered_system_put(ROOT, SystemCollection::TokenOf, &entry, &Value::Null)?;
    let credential = credential_id(users, document);
    writer.unfiltered_system_put(ROOT, SystemCollection::Credential, &credential, &Value::Null)
}

fn create(store: &Store, id: &str, expiry: Expiry, token: &str) {
    store
        .write(|writer| {
            insert(writer, "users", id, json!({"email": id}), expiry)?;
            attach(writer, id, token)
        })
        .unwrap();
}

/// How many records are attached to a document, by its token and the number that its collection has or had.
fn attached(reader: &TreeReader, users: u32, document: &str, token: &str) -> usize {
    let entry = attached_id(users, document, token);
    let credential = credential_id(users, document);
    let records = [
        (DatabaseId::STORE, SystemCollection::Token, token),
        (DatabaseId::STORE, SystemCollection::TokenUse, token),
        (ROOT, SystemCollection::TokenOf, &entry),
        (ROOT, SystemCollection::Credential, &credential),
    ];
    let is_there = |(database, collection, id): &(DatabaseId, SystemCollection, &str)| {
        reader.unfiltered_system_get(*database, *collection, id).unwrap().is_some()
    };
    records.iter().filter(|record| is_there(record)).count()
}

fn delete(store: &Store, collection: &str, id: &str) {
    store
        .write(|writer| {
            let collection = collection_of(writer, collection);
            let old = writer.unfiltered_get(&collection, id)?.unwrap();
            writer.unfiltered_delete(&collection, &old)
        })
        .unwrap();
}

fn at(store: &Store, seconds: u64) -> Expiry {
    Expiry::At(store.read().now().saturating_add(Duration::from_secs(seconds)))
}

#[test]
fn what_is_attached_dies_with_its_document_and_with_no_other() {
    for gone in IDS {
        let store = store();
        for (place, id) in IDS.iter().enumerate() {
            create(&store, id, Expiry::Never, &format!("token{place}"));
        }
        store.check();
        let users = number(&store.read(), "users");
        let before = store.read();
        delete(&store, "users", gone);
        let after = store.read();
        for (place, id) in IDS.iter().enumerate() {
            let token = format!("token{place}");
            assert_eq!(attached(&before, users, id, &token), 4, "{id:?}: the state of before is whole");
            let left = if *id == gone { 0 } else { 4 };
            assert_eq!(attached(&after, users, id, &token), left, "{id:?} after {gone:?} was deleted");
        }
        store.check();
    }
}

#[test]
fn the_collection_of_expired_documents_takes_what_is_attached_with_them() {
    let store = store();
    create(&store, "u", at(&store, 10), "token");
    create(&store, "u1", Expiry::Never, "other");
    let users = number(&store.read(), "users");
    store.clock.advance(Duration::from_secs(10));
    assert_eq!(attached(&store.read(), users, "u", "token"), 4, "it is not collected yet");
    assert!(store.read().unfiltered_identity(ROOT, users, "u").unwrap().is_none(), "but nobody is it");
    store.check();
    assert_eq!(store.tree.sweep(100).unwrap(), 1);
    assert_eq!(attached(&store.read(), users, "u", "token"), 0);
    assert_eq!(attached(&store.read(), users, "u1", "other"), 4);
    store.check();
}

#[test]
fn one_that_takes_the_place_of_an_expired_document_has_nothing_of_it() {
    // Under its id.
    let store = store();
    create(&store, "u", at(&store, 10), "token");
    let users = number(&store.read(), "users");
    store.clock.advance(Duration::from_secs(10));
    store.create("users", "u", json!({"email": "new"})).unwrap();
    assert_eq!(attached(&store.read(), users, "u", "token"), 0);
    // With its terms.
    create(&store, "v", at(&store, 10), "token");
    store.clock.advance(Duration::from_secs(10));
    store.create("users", "w", json!({"email": "v"})).unwrap();
    assert_eq!(attached(&store.read(), users, "v", "token"), 0);
    store.check();
    // The clock goes back, and brings nothing back.
    store.clock.set(Timestamp(store.read().now().0 - 15_000_000));
    assert_eq!(
        attached(&store.read(), users, "u", "token") + attached(&store.read(), users, "v", "token"),
        0
    );
    assert!(store.read().unfiltered_identity(ROOT, users, "v").unwrap().is_none());
}

#[test]
fn a_living_document_that_is_replaced_keeps_what_is_attached() {
    let store = store();
    create(&store, "u", Expiry::Never, "token");
    let users = number(&store.read(), "users");
    store
        .write(|writer| {
            let collection = collection_of(writer, "users");
            let old = writer.unfiltered_get(&collection, "u")?.unwrap();
            writer.unfiltered_replace(
                &collection,
                &old,
                &Value::from_json(r#"{"email": "x"}"#)?,
                Expiry::Never,
            )
        })
        .unwrap();
    assert_eq!(attached(&store.read(), users, "u", "token"), 4);
    store.check();
}

#[test]
fn a_collection_that_is_dropped_takes_what_is_attached_in_it() {
    let store = store();
    for (place, id) in IDS.iter().enumerate() {
        create(&store, id, at(&store, 10), &format!("token{place}"));
    }
    let users = number(&store.read(), "users");
    store.write(|writer| writer.drop_collection(ROOT, "users")).unwrap();
    for (place, id) in IDS.iter().enumerate() {
        assert_eq!(attached(&store.read(), users, id, &format!("token{place}")), 0, "{id:?}");
    }
    assert!(store.read().identity_collection(ROOT, users).unwrap().is_none());
    // One of the same name is another collection, which holds no identities.
    store.write(|writer| writer.define_collection(ROOT, &Collection::new("users"))).unwrap();
    store.create("users", "u1", json!({})).unwrap();
    assert!(!collection_of(&store.read(), "users").holds_identities());
    assert!(store.read().unfiltered_identity(ROOT, users, "u1").unwrap().is_none());
    store.clock.advance(Duration::from_secs(10));
    store.tree.sweep(1_000).unwrap();
    store.check();
}

#[test]
fn a_database_that_is_deleted_takes_the_tokens_of_its_documents_and_of_those_below() {
    let store = Store::in_memory();
    let (acme, eu) = store
        .write(|writer| {
            let acme = writer.create_database(ROOT, &segment("acme"))?.id;
            let eu = writer.create_database(acme, &segment("eu"))?.id;
            for (database, token) in [(acme, "one"), (eu, "two"), (ROOT, "three")] {
                writer.define_collection(database, &Collection::new("users"))?;
                writer.mark_identities(database, "users")?;
                let users = writer.collection(database, "users")?.unwrap();
                let draft =
                    writer.unfiltered_prepare(&users, Some("u"), Value::from_json("{}")?, Expiry::Never)?;
                writer.unfiltered_insert(&users, draft)?;
                let entry = attached_id(users.number(), "u", token);
                writer.unfiltered_system_put(
                    DatabaseId::STORE,
                    SystemCollection::Token,
                    token,
                    &Value::Null,
                )?;
                writer.unfiltered_system_put(database, SystemCollection::TokenOf, &entry, &Value::Null)?;
            }
            Ok((acme, eu))
        })
        .unwrap();
    store.check();
    let is_there = |token: &str| {
        let found = store.read().unfiltered_system_get(DatabaseId::STORE, SystemCollection::Token, token);
        found.unwrap().is_some()
    };
    assert_eq!(["one", "two", "three"].map(is_there), [true; 3]);
    store.write(|writer| writer.delete_database(acme)).unwrap();
    assert_eq!(["one", "two", "three"].map(is_there), [false, false, true]);
    assert!(store.read().database(eu).unwrap().is_none());
    store.check();
}

#[test]
fn every_change_in_a_marked_collection_raises_the_epoch_and_none_in_another_does() {
    let store = store();
    for (collection, raises) in [("users", true), ("notes", false)] {
        let check = |what: &str, change: &dyn Fn()| {
            let before = store.tree.epoch();
            change();
            assert_eq!(store.tree.epoch() > before, raises, "{what} in {collection}");
        };
        let replace = |expiry| {
            store
                .write(|writer| {
                    let collection = collection_of(writer, collection);
                    let old = writer.unfiltered_get(&collection, "a")?.unwrap();
                    writer.unfiltered_replace(&collection, &old, &old.value(), expiry)
                })
                .unwrap();
        };
        check("create", &|| drop(store.create(collection, "a", json!({"email": 1})).unwrap()));
        check("replace", &|| replace(Expiry::Unchanged));
        check("a new expiry", &|| replace(at(&store, 1)));
        check("delete", &|| delete(&store, collection, "a"));
        store.write(|writer| insert(writer, collection, "a", json!({}), at(&store, 1))).unwrap();
        store.clock.advance(Duration::from_secs(1));
        check("sweep", &|| assert_eq!(store.tree.sweep(10).unwrap(), 1));
    }
}

#[test]
fn two_writers_of_different_identity_documents_do_not_meet() {
    let store = store();
    for id in ["a", "b"] {
        store.create("users", id, json!({"email": id})).unwrap();
    }
    let change = |writer: &mut TreeWriter, id: &str| {
        let users = collection_of(writer, "users");
        let old = writer.unfiltered_get(&users, id).unwrap().unwrap();
        writer.unfiltered_replace(&users, &old, &old.value(), Expiry::Unchanged).unwrap();
    };
    let (mut one, mut other) = (store.tree.begin_write().unwrap(), store.tree.begin_write().unwrap());
    change(&mut one, "a");
    change(&mut other, "b");
    // Nor do those who stand for a third, and read what is kept of all of them.
    let mut third = store.tree.begin_write().unwrap();
    let users = number(&third, "users");
    assert_eq!(third.identity_collection(ROOT, users).unwrap().as_deref(), Some("users"));
    assert!(third.attached(ROOT, users, "c").unwrap().is_empty());
    insert(&mut third, "notes", "n", json!({}), Expiry::Never).unwrap();
    one.commit(Durability::Immediate).unwrap();
    other.commit(Durability::Immediate).unwrap();
    third.commit(Durability::Immediate).unwrap();
    // But a writer of a document meets whoever depends on that document.
    let mut holder = store.tree.begin_write().unwrap();
    assert!(holder.unfiltered_identity(ROOT, users, "a").unwrap().is_some());
    insert(&mut holder, "notes", "m", json!({}), Expiry::Never).unwrap();
    delete(&store, "users", "a");
    let refused = holder.commit(Durability::Immediate);
    assert!(matches!(refused, Err(Error::Storage(portunus_storage::Error::Conflict))), "{refused:?}");
    store.check();
}

#[test]
fn a_writer_that_did_not_know_of_the_mark_commits_nothing() {
    let store = Store::with(&Collection::new("users"));
    store.create("users", "u", json!({})).unwrap();
    let mut late = store.tree.begin_write().unwrap();
    let users = collection_of(&late, "users");
    let old = late.unfiltered_get(&users, "u").unwrap().unwrap();
    late.unfiltered_delete(&users, &old).unwrap();
    store.write(|writer| writer.mark_identities(ROOT, "users")).unwrap();
    store.write(|writer| attach(writer, "u", "token")).unwrap();
    let refused = late.commit(Durability::Immediate);
    assert!(matches!(refused, Err(Error::Storage(portunus_storage::Error::Conflict))), "{refused:?}");
    assert_eq!(attached(&store.read(), number(&store.read(), "users"), "u", "token"), 4);
    store.check();
}

#[test]
fn the_mark_outlives_alterations_and_the_number_leads_to_the_present_name() {
    let store = store();
    let users = number(&store.read(), "users");
    let marked = |name: &str| {
        let reader = store.read();
        assert!(collection_of(&reader, name).holds_identities());
        assert_eq!(reader.identity_collection(ROOT, users).unwrap().as_deref(), Some(name));
        assert_eq!(number(&reader, name), users);
    };
    create(&store, "u", Expiry::Never, "token");
    marked("users");
    store.write(|writer| writer.define_collection(ROOT, &Collection::new("users").index(["age"]))).unwrap();
    marked("users");
    store.write(|writer| writer.build_indexes(ROOT, "users")).unwrap();
    marked("users");
    store.write(|writer| writer.rename_collection(ROOT, "users", "people")).unwrap();
    marked("people");
    // To mark it again changes nothing.
    let epoch = store.tree.epoch();
    store.write(|writer| writer.mark_identities(ROOT, "people")).unwrap();
    assert_eq!(store.tree.epoch(), epoch);
    assert_eq!(attached(&store.read(), users, "u", "token"), 4);
    // What is written after the renaming leaves the name as it is.
    store.create("people", "v", json!({})).unwrap();
    marked("people");
    let nobody = store.read().identity_collection(ROOT, users + 1).unwrap();
    assert_eq!(nobody, None, "notes holds no identities");
    assert!(matches!(store.write(|writer| writer.mark_identities(ROOT, "users")), Err(Error::NotFound(_))));
    store.check();
}

#[test]
fn the_queue_forgets_records_that_die_before_their_instant() {
    let store = store();
    create(&store, "u", Expiry::Never, "other");
    let users = number(&store.read(), "users");
    let entry = attached_id(users, "u", "token");
    let until = store.read().now().saturating_add(Duration::from_secs(10));
    let put = |writer: &mut TreeWriter| {
        let store = DatabaseId::STORE;
        writer.unfiltered_system_put_until(store, SystemCollection::Token, "token", &Value::Null, until)?;
        writer.unfiltered_system_put_until(
            store,
            SystemCollection::TokenUse,
            "token",
            &Value::Null,
            until,
        )?;
        writer.unfiltered_system_put_until(ROOT, SystemCollection::TokenOf, &entry, &Value::Null, until)
    };
    store.write(put).unwrap();
    assert_eq!(store.read().attached(ROOT, users, "u").unwrap(), ["other", "token"]);
    delete(&store, "users", "u");
    store.check();
    store.clock.advance(Duration::from_secs(20));
    assert_eq!(store.tree.sweep(100).unwrap(), 0, "nothing is left in the queue");
    // A token that expires is collected with all that it has, while its document stays.
    create(&store, "u", Expiry::Never, "other");
    let until = store.read().now().saturating_add(Duration::from_secs(10));
    store
        .write(|writer| {
            writer.unfiltered_system_put_until(
                DatabaseId::STORE,
                SystemCollection::Token,
                "token",
                &Value::Null,
                until,
            )?;
            let uses = SystemCollection::TokenUse;
            writer.unfiltered_system_put(DatabaseId::STORE, uses, "token", &Value::Null)?;
            writer.unfiltered_system_put_until(ROOT, SystemCollection::TokenOf, &entry, &Value::Null, until)
        })
        .unwrap();
    store.clock.advance(Duration::from_secs(10));
    // The token goes first: an entry without it opens nothing, the other way about it could be forgotten.
    assert_eq!(store.tree.sweep(1).unwrap(), 1);
    for gone in [SystemCollection::Token, SystemCollection::TokenUse] {
        assert!(store.read().unfiltered_system_get(DatabaseId::STORE, gone, "token").unwrap().is_none());
    }
    store.check();
    assert_eq!(store.tree.sweep(100).unwrap(), 1);
    assert_eq!(store.read().attached(ROOT, users, "u").unwrap(), ["other"]);
    store.check();
}

#[test]
fn what_is_attached_to_nothing_is_found_by_the_check() {
    type Plant = dyn Fn(&mut TreeWriter) -> Result<()>;
    let check = |what: &str, plant: &Plant| {
        let store = store();
        create(&store, "u", Expiry::Never, "token");
        store.check();
        store.write(|writer| plant(writer)).unwrap();
        assert_eq!(store.read().check().unwrap().problems.len(), 1, "{what}");
    };
    fn put(writer: &mut TreeWriter, collection: SystemCollection, id: &str) -> Result<()> {
        writer.unfiltered_system_put(ROOT, collection, id, &Value::Null)
    }
    check("an entry without a token", &|writer| {
        put(writer, SystemCollection::TokenOf, &attached_id(number(writer, "users"), "u", "nobody"))
    });
    check("an entry without a document", &|writer| {
        put(writer, SystemCollection::TokenOf, &attached_id(number(writer, "users"), "v", "token"))
    });
    check("an entry of a collection that holds no identities", &|writer| {
        insert(writer, "notes", "n", json!({}), Expiry::Never)?;
        put(writer, SystemCollection::TokenOf, &attached_id(number(writer, "notes"), "n", "token"))
    });
    check("an entry without a form", &|writer| put(writer, SystemCollection::TokenOf, "00"));
    check("a credential without a document", &|writer| {
        put(writer, SystemCollection::Credential, &credential_id(number(writer, "users"), "v"))
    });
    check("a credential without a form", &|writer| put(writer, SystemCollection::Credential, "é"));
}

#[test]
fn no_two_documents_share_an_id_of_what_is_attached_to_them() {
    let mut prefixes: Vec<String> = Vec::new();
    for collection in [64, 65, 0x100] {
        prefixes.extend(IDS.iter().map(|id| attached_prefix(collection, id)));
    }
    for (place, one) in prefixes.iter().enumerate() {
        for other in prefixes.iter().skip(place + 1) {
            assert!(
                !one.starts_with(other.as_str()) && !other.starts_with(one.as_str()),
                "{one:?} {other:?}"
            );
        }
    }
}
