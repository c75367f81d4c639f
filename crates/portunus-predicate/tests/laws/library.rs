//! On what both have in common, an interpreter of the same language that others have written says the same.

use crate::made::Maker;
use crate::thing::Thing;
use crate::tree::Tree;
use crate::world::{World, vocabulary};
use crate::{config, oracle, quirk, recipes};
use cel::objects::{Key, Map};
use cel::{Context, Program, Value};
use portunus_predicate::{Predicate, Scratch};
use proptest::prelude::*;
use std::collections::HashMap;
use std::sync::Arc;

fn to_value(thing: &Thing) -> Value {
    match thing {
        Thing::Null => Value::Null,
        Thing::Bool(truth) => Value::Bool(*truth),
        Thing::Int(int) => Value::Int(*int),
        Thing::Uint(uint) => Value::UInt(*uint),
        Thing::Double(double) => Value::Float(*double),
        Thing::Text(text) => Value::String(Arc::new(text.clone())),
        Thing::Bytes(bytes) => Value::Bytes(Arc::new(bytes.clone())),
        Thing::List(items) => Value::List(Arc::new(items.iter().map(to_value).collect())),
        Thing::Map(entries) => {
            let map: HashMap<Key, Value> =
                entries.iter().map(|(key, value)| (to_key(key), to_value(value))).collect();
            Value::Map(Map { map: Arc::new(map) })
        }
        Thing::Instant(..) | Thing::Span(..) => panic!("{thing:?} is never stored"),
    }
}

fn to_key(thing: &Thing) -> Key {
    match thing {
        Thing::Text(text) => Key::String(Arc::new(text.clone())),
        Thing::Int(int) => Key::Int(*int),
        Thing::Uint(uint) => Key::Uint(*uint),
        Thing::Bool(truth) => Key::Bool(*truth),
        _ => panic!("{thing:?} is no key"),
    }
}

/// What the library says, if anything.
fn said(source: &str, world: &World) -> Option<Value> {
    let program = Program::compile(source).unwrap();
    let mut context = Context::default();
    let root = |document: Option<&Thing>| document.map_or(Value::Null, to_value);
    context.add_variable_from_value("doc", root(Some(&world.doc.root)));
    context.add_variable_from_value("identity", root(world.identity.as_ref().map(|document| &document.root)));
    context.add_variable_from_value("claims", root(world.claims.as_ref().map(Thing::without_nulls).as_ref()));
    program.execute(&context).ok()
}

/// Whether both have a value and it is one, or neither has.
fn agree(ours: Option<&Thing>, theirs: Option<&Value>) -> bool {
    match (ours.map(to_value), theirs) {
        // What is not a number is not equal to itself, at any depth.
        (Some(ours), Some(theirs)) => ours == *theirs || format!("{ours:?}") == format!("{theirs:?}"),
        (ours, theirs) => ours.is_none() && theirs.is_none(),
    }
}

fn check(tree: &Tree, world: &World) -> Result<(), TestCaseError> {
    let source = tree.to_string();
    let Ok(predicate) = Predicate::expression(&source, &vocabulary()) else { return Ok(()) };
    let ours = predicate.evaluate(&world, &mut Scratch::new()).map(|value| Thing::of(&value));
    let theirs = said(&source, world);
    if !agree(ours.as_ref().ok(), theirs.as_ref()) {
        quirk::take();
        let _ = oracle::value(tree, world);
        prop_assert!(!quirk::take().is_empty(), "{source}: {ours:?}, and theirs is {theirs:?}\n{world:?}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_condition_is_true_where_it_is_for_others(recipe in recipes()) {
        let mut maker = Maker::plain(&recipe);
        check(&maker.condition(2), &maker.world())?;
    }

    #[test]
    fn an_expression_has_the_value_that_it_has_for_others(recipe in recipes()) {
        let mut maker = Maker::plain(&recipe);
        check(&maker.value(2), &maker.world())?;
    }
}

#[test]
fn what_others_see_otherwise_is_known() {
    let world = Maker::plain(&[]).world();
    let differs = |source: &str, ours: Option<Thing>, theirs: Option<Value>| {
        let predicate = Predicate::expression(source, &vocabulary()).unwrap();
        let found = predicate.evaluate(&&world, &mut Scratch::new()).map(|value| Thing::of(&value));
        assert!(
            agree(found.as_ref().ok(), ours.as_ref().map(to_value).as_ref()),
            "{source} is {found:?} to us"
        );
        assert_eq!(said(source, &world), theirs, "{source} to them");
    };
    differs("[1] in {}", Some(Thing::Bool(false)), None);
    differs("[1] + {2: 3}", None, Some(to_value(&Thing::List(vec![Thing::Int(1), Thing::Int(2)]))));
    differs("9007199254740993 == 9007199254740992.0", Some(Thing::Bool(false)), Some(Value::Bool(true)));
}
