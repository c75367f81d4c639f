//! What was tried to break the tree with, beside the rules of its parts: races of caches, clocks that go back, room that runs
//! out, definitions that change under documents.

use crate::{ROOT, Store, all, by, collection_of, ids, insert, paged, segment};
use portunus_scope::{
    BuildProgress, Clock, Collection, Durability, Error, Expiry, Field, ManualClock, Order, Then, Timestamp,
    Tree, TreeOptions, Type, Value, to_value,
};
use portunus_storage::conformance::Interrupted;
use portunus_storage::{Engine, memory};
use serde_json::json;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

#[test]
fn a_reader_never_meets_a_definition_that_is_newer_than_its_snapshot() {
    let mut engine = None;
    let open = |options| {
        let interrupted = engine.insert(Interrupted::new(memory(options)?));
        Ok::<Arc<dyn Engine>, _>(interrupted.clone())
    };
    let (tree, mut writer) = Tree::create_on(open, &TreeOptions::default()).unwrap();
    let engine = engine.unwrap();
    writer.define_collection(ROOT, &Collection::new("notes").index(["x"])).unwrap();
    writer.commit(Durability::Immediate).unwrap();

    let reader = tree.begin_read().unwrap();
    let before = collection_of(&tree.begin_read().unwrap(), "notes").number();
    let other = tree.clone();
    let replace = move || {
        let mut writer = other.begin_write().unwrap();
        writer.drop_collection(ROOT, "notes").unwrap();
        writer.define_collection(ROOT, &Collection::new("notes")).unwrap();
        writer.commit(Durability::Immediate).unwrap();
        // Someone else's look leaves the new definition in the cache.
        collection_of(&other.begin_read().unwrap(), "notes");
    };
    engine.after_the_epoch(replace);
    assert_eq!(collection_of(&reader, "notes").number(), before);
    assert_ne!(collection_of(&tree.begin_read().unwrap(), "notes").number(), before);
}

#[test]
fn what_failed_half_way_for_want_of_room_is_not_committed() {
    let store = small(&Collection::new("fat").index(["a"]));
    let terms: Vec<String> = (0..100).map(|n| format!("{n:0200}")).collect();
    let mut writer = store.tree.begin_write().unwrap();
    let failed = (0..).find_map(|n| {
        insert(&mut writer, "fat", &format!("{n}"), json!({"a": terms}), Expiry::Unchanged).err()
    });
    assert!(matches!(failed, Some(Error::Storage(portunus_storage::Error::Limit { .. }))), "{failed:?}");
    assert!(matches!(writer.commit(Durability::Immediate), Err(Error::Incomplete)));
    assert!(ids(&store.read(), "fat", &all(), Order::Ascending).unwrap().is_empty());
    store.check();
}

#[test]
fn documents_too_large_to_be_swept_together_are_swept_one_after_the_other() {
    let store = small(&Collection::new("fat").index(["a"]).index(["b"]).ttl(Duration::from_secs(1)));
    let terms: Vec<String> = (0..100).map(|n| format!("{n:0200}")).collect();
    for n in 0..20 {
        store.create("fat", &format!("{n}"), json!({"a": terms, "b": terms})).unwrap();
    }
    store.clock.advance(Duration::from_secs(1));
    assert_eq!(store.tree.sweep(1_000).unwrap(), 20);
    assert_eq!(store.tree.sweep(1_000).unwrap(), 0);
    assert_eq!(store.read().check().unwrap().index_entries, 0);
    store.check();
}

/// A clock at which something happens, in turn, whenever it is looked at.
struct Acting {
    clock: Arc<ManualClock>,
    acts: Mutex<Vec<Act>>,
}

type Act = Box<dyn FnOnce() + Send>;

impl Clock for Acting {
    fn now(&self) -> Timestamp {
        let act = self.acts.lock().unwrap().pop();
        if let Some(act) = act {
            act();
        }
        self.clock.now()
    }
}

#[test]
fn whoever_keeps_writing_to_a_few_expired_documents_does_not_keep_the_others() {
    let clock = Arc::new(ManualClock::new(Timestamp(1_000_000_000)));
    let acting = Arc::new(Acting { clock: clock.clone(), acts: Mutex::default() });
    let options = TreeOptions { clock: acting.clone(), ..TreeOptions::default() };
    let (tree, mut writer) = Tree::create_in_memory(&options).unwrap();
    writer.define_collection(ROOT, &Collection::new("sessions").ttl(Duration::from_secs(1))).unwrap();
    writer.commit(Durability::Immediate).unwrap();
    let store = Arc::new(Store { tree, clock });
    for n in 0..16 {
        store.create("sessions", &format!("{n:02}"), json!({})).unwrap();
    }
    store.clock.advance(Duration::from_secs(1));
    // Each time that the sweep has begun to write, one that it is about to collect is written anew.
    let again = |id: &'static str| -> Act {
        let store = Arc::clone(&store);
        Box::new(move || drop(store.create("sessions", id, json!({})).unwrap()))
    };
    *acting.acts.lock().unwrap() = vec![again("00"), again("01"), again("02")];
    assert_eq!(store.tree.sweep(1_000).unwrap(), 13);
    assert!(acting.acts.lock().unwrap().is_empty(), "all of it has happened");
    let left = ids(&store.read(), "sessions", &all(), Order::Ascending).unwrap();
    assert_eq!(left, ["00", "01", "02"]);
    store.check();
}

/// A store whose transactions are at most 256 KiB large.
fn small(collection: &Collection) -> Store {
    let clock = Arc::new(ManualClock::new(Timestamp(1_000_000_000)));
    let transaction_bytes_max = 256 << 10;
    let options = TreeOptions { clock: clock.clone(), transaction_bytes_max, ..TreeOptions::default() };
    let (tree, mut writer) = Tree::create_in_memory(&options).unwrap();
    writer.define_collection(ROOT, collection).unwrap();
    writer.commit(Durability::Immediate).unwrap();
    Store { tree, clock }
}

/// A collection whose index is half built: document `99999` is behind where the build has come to, and does not fit it.
fn half_built() -> Store {
    let store = Store::with(&Collection::new("notes"));
    let fill = |from: usize, to: usize| {
        store
            .write(|writer| {
                (from..to).try_for_each(|n| {
                    insert(writer, "notes", &format!("{n:05}"), json!({"x": 1}), Expiry::Unchanged).map(drop)
                })
            })
            .unwrap();
    };
    (0..10).for_each(|batch| fill(batch * 1_000, batch * 1_000 + 1_000));
    let at = store.read().now().saturating_add(Duration::from_secs(5));
    let long = json!({"x": "y".repeat(2_000)});
    store.write(|writer| insert(writer, "notes", "99999", &long, Expiry::At(at))).unwrap();
    store.write(|writer| writer.define_collection(ROOT, &Collection::new("notes").index(["x"]))).unwrap();
    assert_eq!(collection_of(&store.read(), "notes").building(), ["x"]);
    store
}

#[test]
fn a_document_that_does_not_fit_an_index_being_built_can_still_be_mended() {
    let store = half_built();
    let build = || store.write(|writer| writer.build_indexes(ROOT, "notes"));
    assert!(matches!(build(), Err(Error::Limit { .. })));
    store.check();
    store
        .write(|writer| {
            let collection = collection_of(writer, "notes");
            let old = writer.unfiltered_get(&collection, "99999")?.unwrap();
            writer.unfiltered_replace(&collection, &old, &to_value(&json!({"x": 1}))?, Expiry::Unchanged)
        })
        .unwrap();
    while build().unwrap() != BuildProgress::Ready {}
    store.check();
}

#[test]
fn a_document_that_does_not_fit_an_index_being_built_is_still_deleted_and_swept() {
    let store = half_built();
    let mut writer = store.tree.begin_write().unwrap();
    let collection = collection_of(&writer, "notes");
    let old = writer.unfiltered_get(&collection, "99999").unwrap().unwrap();
    writer.unfiltered_delete(&collection, &old).unwrap();
    drop(writer);
    store.clock.advance(Duration::from_secs(5));
    assert_eq!(store.tree.sweep(10).unwrap(), 1);
    store.check();
}

#[test]
fn an_expired_document_does_not_keep_a_unique_index_from_being_built() {
    let store = Store::with(&Collection::new("users"));
    let at = store.read().now().saturating_add(Duration::from_secs(5));
    // Whichever of the two the build comes to first.
    for id in ["a", "z"] {
        let ann = json!({"email": "ann"});
        store.write(|writer| insert(writer, "users", id, &ann, Expiry::At(at))).unwrap();
    }
    store.create("users", "m", json!({"email": "ann"})).unwrap();
    store.clock.advance(Duration::from_secs(5));
    store
        .write(|writer| writer.define_collection(ROOT, &Collection::new("users").unique(["email"])))
        .unwrap();
    store.check();
    store.tree.sweep(10).unwrap();
    store.check();
    let ann = by("email", vec![Value::from("ann")], Then::Any);
    assert_eq!(ids(&store.read(), "users", &ann, Order::Ascending).unwrap(), ["m"]);
}

#[test]
fn a_clock_that_goes_back_does_not_bring_a_second_document_into_a_unique_index() {
    let store = Store::with(&Collection::new("users").unique(["email"]));
    let start = store.read().now();
    let at = Expiry::At(start.saturating_add(Duration::from_secs(5)));
    store.write(|writer| insert(writer, "users", "a", json!({"email": "ann"}), at)).unwrap();
    store.clock.advance(Duration::from_secs(5));
    store.create("users", "b", json!({"email": "ann"})).unwrap();
    store.clock.set(start);
    let ann = by("email", vec![Value::from("ann")], Then::Any);
    assert_eq!(ids(&store.read(), "users", &ann, Order::Ascending).unwrap(), ["b"]);
    store.check();
}

#[test]
fn a_definition_comes_back_as_it_was_given() {
    let check = |definition: &Collection| {
        let store = Store::with(definition);
        assert_eq!(collection_of(&store.read(), "c").definition(), definition);
    };
    let of_default = |value: Value| Collection::new("c").field(Field::new("x", Type::Any).default(value));
    check(&of_default(Value::Null));
    check(&Collection::new("c").field(Field::new("x", Type::Int).nullable().default(Value::Null)));
    check(&of_default(Value::Bool(false)));
    check(&of_default(Value::Int(i64::MIN)));
    check(&of_default(Value::Float(1.0)));
    check(&of_default(Value::Float(f64::INFINITY)));
    check(&of_default(Value::from("2026-01-01T00:00:00Z")));
    check(&of_default(Value::Bytes(vec![0, 255])));
    check(&of_default(Value::Timestamp(Timestamp::MIN)));
    check(&of_default(Value::from(vec![Value::Null, Value::Bytes(vec![]), Value::Timestamp(Timestamp(0))])));
    check(&of_default(to_value(&json!({"a": {"b": null}})).unwrap()));
    check(&Collection::new("c").ttl(Duration::MAX));
    check(&Collection::new("c").field(Field::new("x", Type::String).max_len(u64::MAX)));
}

#[test]
fn a_default_of_null_is_given_to_new_documents() {
    let field = Field::new("x", Type::Int).required().nullable().default(Value::Null);
    let store = Store::with(&Collection::new("c").field(field));
    let made = store.create("c", "a", json!({})).unwrap();
    assert!(made.field("x").is_some_and(portunus_scope::ValueRef::is_null));
}

#[test]
fn the_longest_time_to_live_is_forever() {
    let store = Store::with(&Collection::new("c").ttl(Duration::MAX));
    let made = store.create("c", "a", json!({})).unwrap();
    assert_eq!(made.expires_at(), Some(Timestamp::MAX));
    store.check();
}

#[test]
fn a_tree_of_many_databases_is_sound() {
    let store = Store::in_memory();
    for batch in 0..11 {
        store
            .write(|writer| {
                (0..1_000).try_for_each(|n| {
                    writer.create_database(ROOT, &segment(&format!("d{batch}-{n}"))).map(drop)
                })
            })
            .unwrap();
    }
    let report = store.read().check().unwrap();
    assert_eq!((report.databases, report.problems.len()), (11_001, 0));
}

#[test]
fn an_index_with_more_entries_than_a_transaction_holds_is_built_in_steps() {
    let store = small(&Collection::new("fat"));
    let terms: Vec<String> = (0..100).map(|n| format!("{n:0200}")).collect();
    for n in 0..20 {
        store.create("fat", &format!("{n:03}"), json!({"a": terms, "b": terms})).unwrap();
    }
    let indexed = Collection::new("fat").index(["a"]).index(["b"]);
    store.write(|writer| writer.define_collection(ROOT, &indexed)).unwrap();
    store.check();
    let mut steps = 0;
    while store.write(|writer| writer.build_indexes(ROOT, "fat")).unwrap() != BuildProgress::Ready {
        steps += 1;
        assert!(steps < 100);
    }
    assert_eq!(store.read().check().unwrap().index_entries, 4_000);
    store.check();
}

#[test]
fn a_transaction_may_define_drop_rename_and_define_again() {
    let store = Store::with(&Collection::new("a").unique(["x"]));
    store.create("a", "one", json!({"x": 1})).unwrap();
    store.write(|writer| writer.define_collection(ROOT, &Collection::new("b").index(["y"]))).unwrap();
    store.create("b", "two", json!({"y": 2})).unwrap();
    let held = store.read();
    store
        .write(|writer| {
            writer.rename_collection(ROOT, "a", "t")?;
            writer.rename_collection(ROOT, "b", "a")?;
            writer.rename_collection(ROOT, "t", "b")?;
            insert(writer, "a", "three", json!({"y": 3}), Expiry::Unchanged)?;
            assert!(insert(writer, "b", "four", json!({"x": 1}), Expiry::Unchanged).is_err());
            writer.define_collection(ROOT, &Collection::new("c").unique(["z"]))?;
            insert(writer, "c", "five", json!({"z": 5}), Expiry::Unchanged)?;
            writer.drop_collection(ROOT, "c")?;
            writer.define_collection(ROOT, &Collection::new("c").unique(["z"]))?;
            insert(writer, "c", "six", json!({"z": 5}), Expiry::Unchanged).map(drop)
        })
        .unwrap();
    let found = |name: &str| ids(&store.read(), name, &all(), Order::Ascending).unwrap();
    assert_eq!(
        (found("a"), found("b"), found("c")),
        (vec!["three".to_string(), "two".into()], vec!["one".to_string()], vec!["six".to_string()])
    );
    assert_eq!(ids(&held, "a", &all(), Order::Ascending).unwrap(), ["one"]);
    assert_eq!(ids(&held, "b", &by("y", vec![], Then::Any), Order::Ascending).unwrap(), ["two"]);
    store.check();
}

#[test]
fn a_document_may_be_deleted_and_made_again_in_one_transaction() {
    let store = Store::with(&Collection::new("c").unique(["x"]).ttl(Duration::from_secs(5)));
    store.create("c", "a", json!({"x": [1, 2]})).unwrap();
    store
        .write(|writer| {
            let collection = collection_of(writer, "c");
            for x in [json!([2, 3]), json!([1]), json!([2, 4])] {
                let old = writer.unfiltered_get(&collection, "a")?.unwrap();
                writer.unfiltered_delete(&collection, &old)?;
                assert!(writer.unfiltered_get(&collection, "a")?.is_none());
                insert(writer, "c", "a", json!({"x": x}), Expiry::Unchanged)?;
            }
            insert(writer, "c", "b", json!({"x": [1, 3]}), Expiry::Never)
        })
        .unwrap();
    store.check();
    store.clock.advance(Duration::from_secs(5));
    assert_eq!(store.tree.sweep(10).unwrap(), 1);
    assert_eq!(ids(&store.read(), "c", &all(), Order::Ascending).unwrap(), ["b"]);
    store.check();
}

#[test]
fn pages_over_arrays_in_several_fields_visit_each_document_once_in_both_directions() {
    let store = Store::with(&Collection::new("c").index(["a", "b"]).index(["a"]));
    let values =
        [json!(null), json!(1), json!(1.5), json!("x"), json!([]), json!([3, 1, "x"]), json!([null, [1], 2])];
    for (i, a) in values.iter().enumerate() {
        for (j, b) in values.iter().enumerate() {
            store.create("c", &format!("{i}{j}"), json!({"a": a, "b": b})).unwrap();
        }
    }
    use std::ops::Bound::{Excluded, Included, Unbounded};
    let thens = [
        Then::Any,
        Then::Range(Excluded(Value::Int(1)), Unbounded),
        Then::Range(Unbounded, Included(Value::Int(2))),
        Then::Range(Included(Value::Int(1)), Excluded(Value::from("y"))),
        Then::Prefix(String::new()),
    ];
    for then in thens {
        for access in [
            by("a", vec![], then.clone()),
            by("a,b", vec![], then.clone()),
            by("a,b", vec![Value::Int(1)], then.clone()),
        ] {
            for order in [Order::Ascending, Order::Descending] {
                let whole = ids(&store.read(), "c", &access, order).unwrap();
                let mut once = whole.clone();
                once.sort();
                once.dedup();
                assert_eq!(once.len(), whole.len(), "{access:?}");
                assert_eq!(paged(&store, "c", &access, order), whole, "{access:?} {order:?}");
            }
        }
    }
    store.check();
}

#[test]
fn writers_of_documents_and_of_definitions_exclude_each_other() {
    static STORE: OnceLock<Store> = OnceLock::new();
    let store = STORE.get_or_init(|| Store::with(&Collection::new("c")));
    let documents = std::thread::spawn(move || {
        for n in 0..400 {
            // A conflict leaves nothing behind, and that is all that is asked here.
            let _ = store.write(|writer| {
                let Some(collection) = writer.collection(ROOT, "c")? else { return Ok(()) };
                let draft = writer.unfiltered_prepare(
                    &collection,
                    Some(&format!("{}", n % 7)),
                    to_value(&json!({"x": n % 5}))?,
                    Expiry::Unchanged,
                )?;
                match writer.unfiltered_get(&collection, &draft.id)? {
                    Some(old) => writer
                        .unfiltered_replace(&collection, &old, &draft.value, Expiry::Unchanged)
                        .map(drop),
                    None => writer.unfiltered_insert(&collection, draft).map(drop),
                }
            });
        }
    });
    for n in 0..200 {
        let _ = store.write(|writer| match n % 4 {
            0 => writer.define_collection(ROOT, &Collection::new("c").index(["x"])),
            1 => writer.define_collection(ROOT, &Collection::new("c").index(["y"])),
            2 => writer.define_collection(ROOT, &Collection::new("c").index(["x"]).index(["y"])),
            _ => writer.drop_collection(ROOT, "c"),
        });
    }
    documents.join().unwrap();
    store.check();
}

#[test]
fn a_definition_is_small_whatever_its_defaults_are_and_one_refused_changes_nothing() {
    let store = Store::in_memory();
    let deep = (0..60).fold(Value::Null, |inner, _| Value::from(vec![inner]));
    let check = |default: Value| {
        let definition = Collection::new("c").field(Field::new("x", Type::Any).default(default));
        store.write(|writer| {
            let defined = writer.define_collection(ROOT, &definition);
            // The transaction goes on, refused definition or not.
            writer.define_collection(ROOT, &Collection::new("other"))?;
            Ok(defined)
        })
    };
    let large = check(Value::from("y".repeat(300 << 10))).unwrap();
    assert!(matches!(large, Err(Error::Limit { what: "definition of a collection", .. })));
    assert!(check(Value::from(f64::NAN)).unwrap().is_err());
    assert!(
        check(Value::from(vec![deep.clone(), Value::from(vec![Value::from(vec![deep])])])).unwrap().is_err()
    );
    assert!(store.read().collection(ROOT, "c").unwrap().is_none());
    check(Value::from("y".repeat(200 << 10))).unwrap().unwrap();
    store.check();
}
