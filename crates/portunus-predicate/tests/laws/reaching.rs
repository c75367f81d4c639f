//! A reach leaves no document out for which a residual is true.

use crate::made::Maker;
use crate::thing::Thing;
use crate::world::{DOC, Document, World, vocabulary};
use crate::{config, recipes};
use portunus_predicate::{Constant, Outcome, Over, Predicate, Reach, Scratch};
use proptest::prelude::*;
use std::cell::Cell;
use std::ops::Bound;

/// Whether a document is in a reach.
fn covers(reach: &Reach, doc: &Document, world: &World) -> bool {
    match reach {
        Reach::Everything(_) => true,
        Reach::Nothing => false,
        Reach::Field { path, over } => at(&doc.root, path).is_some_and(|value| lies(value, over)),
        Reach::Id(over) => lies(&Thing::text(doc.id), over),
        Reach::Members { path, collection, field, element } => {
            let Some(Thing::Text(id)) = at(&doc.root, path) else { return false };
            let other = world.group(collection, id);
            let list = other.and_then(|other| at(&other.root, field));
            list.is_some_and(|list| lies(list, &Over::Element(element.clone())))
        }
        Reach::Any(arms) => arms.iter().any(|arm| covers(arm, doc, world)),
        Reach::All(arms) => arms.iter().all(|arm| covers(arm, doc, world)),
    }
}

fn at<'t>(root: &'t Thing, path: &str) -> Option<&'t Thing> {
    path.split('.').try_fold(root, |value, name| value.field(name))
}

fn lies(value: &Thing, over: &Over) -> bool {
    match over {
        Over::Equal(point) => stored(point).equals(value),
        Over::Range(from, to) => {
            assert!(!matches!((from, to), (Bound::Unbounded, Bound::Unbounded)));
            let is_within = |bound: &Bound<Constant>, is_end: bool| match bound {
                Bound::Unbounded => true,
                Bound::Included(end) | Bound::Excluded(end) => {
                    let order = value.order(&stored(end)).flatten();
                    let order = if is_end { order.map(std::cmp::Ordering::reverse) } else { order };
                    order.is_some_and(|order| {
                        order.is_gt() || (order.is_eq() && matches!(bound, Bound::Included(_)))
                    })
                }
            };
            is_within(from, false) && is_within(to, true)
        }
        Over::Prefix(prefix) => matches!(value, Thing::Text(text) if text.starts_with(prefix)),
        Over::Element(point) => match (value, stored(point)) {
            (Thing::List(items), point) => items.iter().any(|item| item.equals(&point)),
            // This is what is documented: keys of objects are text.
            (Thing::Map(entries), Thing::Text(_)) => {
                entries.iter().any(|(key, _)| key.equals(&stored(point)))
            }
            _ => false,
        },
    }
}

/// A value of a reach, of which an index must have been able to be made.
fn stored(point: &Constant) -> Thing {
    let thing = Thing::of(point);
    match &thing {
        Thing::Null | Thing::Bool(_) | Thing::Int(_) | Thing::Text(_) | Thing::Bytes(_) => {}
        Thing::Double(double) => {
            assert!(!double.is_nan() && (double.fract() != 0.0 || double.abs() >= 9.2e18));
        }
        Thing::Instant(_, nanos) => assert_eq!(nanos % 1_000, 0),
        _ => panic!("{thing:?} is in no index"),
    }
    thing
}

#[test]
fn a_reach_leaves_out_nothing_for_which_a_residual_is_true() {
    let (cases, narrow, hits) = (Cell::new(0_u32), Cell::new(0_u32), Cell::new(0_u32));
    let mut runner = proptest::test_runner::TestRunner::new(config());
    let checked = runner.run(&recipes(), |recipe| {
        let mut maker = Maker::new(&recipe);
        let tree = maker.condition(2);
        let world = maker.world();
        let Ok(predicate) = Predicate::new(&tree.to_string(), &vocabulary()) else { return Ok(()) };
        let mut scratch = Scratch::new();
        let residual = predicate.bind(&&world, &mut scratch).unwrap();
        let reach = residual.reach(DOC);
        cases.set(cases.get() + 1);
        narrow.set(narrow.get() + u32::from(!matches!(reach, Reach::Everything(_))));
        // The residual is the same for all documents, so one binding is tried on many of them.
        let more = maker.more();
        let mut others = Maker::new(&more);
        for _ in 0..8 {
            let World { doc, old, .. } = others.world();
            let world = World { doc, old, ..world.clone() };
            if residual.decide(&&world, &mut scratch) == Outcome::True {
                hits.set(hits.get() + u32::from(!matches!(reach, Reach::Everything(_))));
                prop_assert!(covers(&reach, &world.doc, &world), "{residual}\n{reach:?}\n{:?}", world.doc);
            }
        }
        Ok(())
    });
    if let Err(error) = checked {
        panic!("{error}");
    }
    // Else nothing would be tried here.
    assert!(narrow.get() * 3 > cases.get(), "{} of {} are narrow", narrow.get(), cases.get());
    assert!(hits.get() * 10 > cases.get(), "{} are true in narrow ones of {}", hits.get(), cases.get());
}
