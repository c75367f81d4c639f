//! Binding changes nothing of what is said, and the evaluator says what the oracle says.

use crate::made::Maker;
use crate::thing::Thing;
use crate::world::{Half, vocabulary};
use crate::{config, oracle, recipes};
use portunus_predicate::{Fault, Outcome, Predicate, Scratch};
use proptest::prelude::*;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_bound_predicate_says_what_the_predicate_says_and_what_the_oracle_says(recipe in recipes()) {
        let mut maker = Maker::new(&recipe);
        let tree = maker.condition(3);
        let world = &maker.world();
        let Ok(predicate) = Predicate::new(&tree.to_string(), &vocabulary()) else { return Ok(()) };
        let mut scratch = Scratch::new();
        let unbound = predicate.decide(&world, &mut scratch);
        prop_assert_eq!(unbound, oracle::decide(&tree, world), "{}\n{:?}", predicate.source(), world);
        let residual = predicate.bind(&Half { world, is_binding: true }, &mut scratch).unwrap();
        let deciding = Half { world, is_binding: false };
        let bound = residual.decide(&deciding, &mut scratch);
        prop_assert_eq!(bound, unbound, "{} -> {}\n{:?}", predicate.source(), residual, world);
        if let Some(known) = residual.known() {
            prop_assert_eq!(known, unbound);
        }
        let traced = residual.decide_traced(&deciding, &mut scratch, &mut |_, _| {});
        prop_assert_eq!(traced, unbound);
        prop_assert!(unbound != Outcome::Fault(Fault::Cost), "{}", predicate.source());
    }

    #[test]
    fn an_expression_has_the_value_that_the_oracle_gives_it(recipe in recipes()) {
        let mut maker = Maker::new(&recipe);
        let tree = maker.value(3);
        let world = &maker.world();
        let Ok(predicate) = Predicate::expression(&tree.to_string(), &vocabulary()) else { return Ok(()) };
        let found = predicate.evaluate(&world, &mut Scratch::new()).map(|value| Thing::of(&value));
        let expected = oracle::value(&tree, world);
        let is_same = match (&found, &expected) {
            (Ok(found), Ok(expected)) => found.is_same(expected),
            _ => found.as_ref().err() == expected.as_ref().err(),
        };
        prop_assert!(is_same, "{}: {:?}, not {:?}\n{:?}", predicate.source(), found, expected, world);
    }
}
