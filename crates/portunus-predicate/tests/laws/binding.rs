//! What must hold of predicates that are made of bytes, tried on random ones. What that is, the body of the fuzz target says.

use crate::predicate_eval::{decided, united, valued};
use crate::{config, recipes};
use proptest::prelude::*;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_bound_predicate_says_what_the_predicate_says_and_what_the_oracle_says(recipe in recipes()) {
        decided(&recipe);
    }

    #[test]
    fn an_expression_has_the_value_that_the_oracle_gives_it(recipe in recipes()) {
        valued(&recipe);
    }

    #[test]
    fn a_grant_needs_exactly_true_and_a_denial_lifts_only_on_exactly_false(recipe in recipes()) {
        united(&recipe);
    }
}
