//! Several rules say together what they say one by one, in whatever order they are.

use crate::made::Maker;
use crate::world::vocabulary;
use crate::{config, recipes};
use portunus_predicate::{Outcome, Predicate, Residual, Scratch};
use proptest::prelude::*;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_grant_needs_exactly_true_and_a_denial_lifts_only_on_exactly_false(recipe in recipes()) {
        let mut maker = Maker::new(&recipe);
        let (grants, denials) = (maker.below(4), maker.below(3));
        let predicates: Vec<_> = (0..grants + denials)
            .map(|_| maker.condition(1).to_string())
            .map(|source| Predicate::new(&source, &vocabulary()))
            .collect();
        let world = &maker.world();
        let mut scratch = Scratch::new();
        if predicates.iter().any(Result::is_err) {
            return Ok(());
        }
        let residuals: Vec<_> =
            predicates.iter().flatten().map(|it| it.bind(&world, &mut scratch).unwrap()).collect();
        let said: Vec<_> = residuals.iter().map(|it| it.decide(&world, &mut scratch)).collect();
        let (grants, denials) = residuals.split_at(grants);
        let (granted, denied) = said.split_at(grants.len());
        let expected = granted.contains(&Outcome::True) && denied.iter().all(|it| it.is_false());

        let is_true = |grants: &[Residual], denials: &[Residual], scratch: &mut Scratch| {
            let united = Residual::any(grants, denials);
            let said = united.decide(&world, scratch);
            assert!(united.known().is_none_or(|known| known == said), "{united} is not {said:?}");
            said.is_true()
        };
        prop_assert_eq!(is_true(grants, denials, &mut scratch), expected);
        let (mut grants, mut denials) = (grants.to_vec(), denials.to_vec());
        let (by, other) = (maker.below(4), maker.below(3));
        let (by, other) = (by % grants.len().max(1), other % denials.len().max(1));
        grants.rotate_left(by);
        denials.rotate_left(other);
        prop_assert_eq!(is_true(&grants, &denials, &mut scratch), expected);
        grants.reverse();
        denials.reverse();
        prop_assert_eq!(is_true(&grants, &denials, &mut scratch), expected);

        // Twice the same is the same, and what is put together can be put together again.
        let again = [Residual::any(&grants, &[]), Residual::any(&grants, &[])];
        prop_assert_eq!(is_true(&again, &denials, &mut scratch), expected);
        if let [first, second, ..] = residuals.as_slice() {
            let both = first.and(second).decide(&world, &mut scratch);
            prop_assert_eq!(both.is_true(), said[0].is_true() && said[1].is_true());
            prop_assert_eq!(both.is_false(), said[0].is_false() || said[1].is_false());
        }
    }
}
