//! Random operations on a collection with indexes, beside a map that is searched by brute force.

use crate::{Store, all, by, collection_of, ids, insert};
use portunus_scope::{Collection, Expiry, Order, Then, Value, ValueRef, compare, to_value};
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::Bound;

#[derive(Clone, Debug)]
enum Operation {
    Create(u8, Json),
    Replace(u8, Json),
    Delete(u8),
}

fn term() -> impl Strategy<Value = Json> {
    prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        (-3i64..3).prop_map(Json::from),
        prop_oneof![Just(0.5), Just(-1.0), Just(2.0)].prop_map(Json::from),
        "[ab\0]{0,2}".prop_map(Json::from),
    ]
}

fn document() -> impl Strategy<Value = Json> {
    let field = prop_oneof![term(), prop::collection::vec(term(), 0..3).prop_map(Json::from)];
    (prop::option::of(field.clone()), prop::option::of(field)).prop_map(|(a, b)| {
        let members =
            [("a", a), ("b", b)].into_iter().filter_map(|(name, value)| Some((name.into(), value?)));
        Json::Object(members.collect())
    })
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        3 => (0u8..12, document()).prop_map(|(id, document)| Operation::Create(id, document)),
        2 => (0u8..12, document()).prop_map(|(id, document)| Operation::Replace(id, document)),
        1 => (0u8..12).prop_map(Operation::Delete),
    ]
}

/// Does one operation on the store as on the model, which says whether it can be done.
fn run(store: &Store, model: &mut BTreeMap<String, Json>, operation: &Operation) {
    let name = |id: &u8| format!("{id:02}");
    store
        .write(|writer| {
            let collection = collection_of(writer, "c");
            match operation {
                Operation::Create(id, document) => {
                    let created = insert(writer, "c", &name(id), document.clone(), Expiry::Unchanged);
                    assert_eq!(created.is_ok(), !model.contains_key(&name(id)));
                    model.entry(name(id)).or_insert_with(|| document.clone());
                }
                Operation::Replace(id, document) => {
                    let old = writer.unfiltered_get(&collection, &name(id))?;
                    assert_eq!(old.is_some(), model.contains_key(&name(id)));
                    if let Some(old) = old {
                        writer.unfiltered_replace(
                            &collection,
                            &old,
                            &to_value(document)?,
                            Expiry::Unchanged,
                        )?;
                        model.insert(name(id), document.clone());
                    }
                }
                Operation::Delete(id) => {
                    if let Some(old) = writer.unfiltered_get(&collection, &name(id))? {
                        writer.unfiltered_delete(&collection, &old)?;
                    }
                    model.remove(&name(id));
                }
            }
            Ok(())
        })
        .unwrap();
}

/// The documents of the model of which a field is, or has an element, that the condition holds for.
fn search(model: &BTreeMap<String, Json>, field: &str, holds: &dyn Fn(&Value) -> bool) -> Vec<String> {
    let matches = |document: &Json| match to_value(document).unwrap().member(field) {
        Some(Value::Array(elements)) => elements.iter().any(holds),
        Some(value) => holds(value),
        None => false,
    };
    model.iter().filter(|(_, document)| matches(document)).map(|(id, _)| id.clone()).collect()
}

fn order(a: &Value, b: &Value) -> Ordering {
    compare(ValueRef::from(a), ValueRef::from(b))
}

fn agree(store: &Store, model: &BTreeMap<String, Json>, low: &Value, high: &Value) {
    let reader = store.read();
    let found = |access| {
        let mut forwards = ids(&reader, "c", &access, Order::Ascending).unwrap();
        let mut backwards = ids(&reader, "c", &access, Order::Descending).unwrap();
        forwards.sort();
        backwards.sort();
        assert_eq!(forwards, backwards);
        forwards
    };
    assert_eq!(found(all()), model.keys().cloned().collect::<Vec<_>>());
    for field in ["a", "b"] {
        let equal = found(by(field, vec![low.clone()], Then::Any));
        assert_eq!(
            equal,
            search(model, field, &|value| order(value, low) == Ordering::Equal),
            "{field} = {low:?}"
        );
        let then = Then::Range(Bound::Included(low.clone()), Bound::Excluded(high.clone()));
        let within =
            |value: &Value| order(value, low) != Ordering::Less && order(value, high) == Ordering::Less;
        assert_eq!(
            found(by(field, vec![], then)),
            search(model, field, &within),
            "{low:?} <= {field} < {high:?}"
        );
        let prefixed = found(by(field, vec![], Then::Prefix("a".into())));
        let begins = |value: &Value| value.as_str().is_some_and(|text| text.starts_with('a'));
        assert_eq!(prefixed, search(model, field, &begins));
    }
    store.check();
}

#[test]
fn a_range_with_an_open_end_stays_within_the_type_of_its_other_end() {
    let store = Store::with(&Collection::new("c").index(["a"]));
    let values =
        [json!(null), json!(true), json!(4), json!(5), json!(7.5), json!("m"), json!("x"), json!([6, "n"])];
    for (at, value) in values.iter().enumerate() {
        store.create("c", &format!("d{at}"), json!({"a": value})).unwrap();
    }
    let found = |start, end| {
        let mut found =
            ids(&store.read(), "c", &by("a", vec![], Then::Range(start, end)), Order::Ascending).unwrap();
        found.sort();
        found
    };
    let (five, text) = (Value::from(5), Value::from("m"));
    assert_eq!(found(Bound::Included(five.clone()), Bound::Unbounded), ["d3", "d4", "d7"]);
    assert_eq!(found(Bound::Excluded(five.clone()), Bound::Unbounded), ["d4", "d7"]);
    assert_eq!(found(Bound::Unbounded, Bound::Included(five.clone())), ["d2", "d3"]);
    assert_eq!(found(Bound::Unbounded, Bound::Excluded(five)), ["d2"]);
    assert_eq!(found(Bound::Included(text.clone()), Bound::Unbounded), ["d5", "d6", "d7"]);
    assert_eq!(found(Bound::Unbounded, Bound::Included(text)), ["d5"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn indexes_find_what_a_search_by_brute_force_finds(
        operations in prop::collection::vec(operation(), 1..40),
        (low, high) in (term(), term()),
    ) {
        let definition = Collection::new("c").index(["a"]).index(["b"]).index(["a", "b"]);
        let store = Store::with(&definition);
        let mut model = BTreeMap::new();
        for operation in &operations {
            run(&store, &mut model, operation);
        }
        let (low, high) = (to_value(&low).unwrap(), to_value(&high).unwrap());
        agree(&store, &model, &low, &high);
    }

    #[test]
    fn an_index_built_at_the_end_is_the_one_that_was_kept_all_along(
        operations in prop::collection::vec(operation(), 1..40),
    ) {
        let indexed = Collection::new("c").index(["a", "b"]);
        let (kept, built) = (Store::with(&indexed), Store::with(&Collection::new("c")));
        let (mut one, mut other) = (BTreeMap::new(), BTreeMap::new());
        for operation in &operations {
            run(&kept, &mut one, operation);
            run(&built, &mut other, operation);
        }
        built.write(|writer| writer.define_collection(crate::ROOT, &indexed)).unwrap();
        let access = by("a,b", vec![], Then::Any);
        let found = |store: &Store| ids(&store.read(), "c", &access, Order::Ascending).unwrap();
        prop_assert_eq!(found(&kept), found(&built));
        built.check();
    }
}
