//! Predicates and surroundings made of bytes: the evaluator says what an oracle says that shares no code with it, before and after
//! what is known of the caller has been put in, and several together say what they say one by one. It knows nothing of texts.

use super::made::Maker;
use super::oracle;
use super::thing::Thing;
use super::world::{Half, vocabulary};
use portunus_predicate::{Fault, Outcome, Predicate, Residual, Scratch};

/// Makes a condition of `data`, then an expression, then several grants and denials.
pub fn run(data: &[u8]) {
    decided(data);
    valued(data);
    united(data);
}

/// Binding changes nothing of what a condition says, and the oracle says the same.
pub fn decided(data: &[u8]) {
    let mut maker = Maker::new(data);
    let tree = maker.condition(3);
    let world = &maker.world();
    let Ok(predicate) = Predicate::new(&tree.to_string(), &vocabulary()) else { return };
    let mut scratch = Scratch::new();
    let unbound = predicate.decide(&world, &mut scratch);
    assert_eq!(unbound, oracle::decide(&tree, world), "{}\n{world:?}", predicate.source());
    let residual = predicate.bind(&Half { world, is_binding: true }, &mut scratch).unwrap();
    let deciding = Half { world, is_binding: false };
    let bound = residual.decide(&deciding, &mut scratch);
    assert_eq!(bound, unbound, "{} -> {residual}\n{world:?}", predicate.source());
    if let Some(known) = residual.known() {
        assert_eq!(known, unbound, "{}", predicate.source());
    }
    let traced = residual.decide_traced(&deciding, &mut scratch, &mut |_, _| {});
    assert_eq!(traced, unbound, "{}", predicate.source());
    assert!(unbound != Outcome::Fault(Fault::Cost), "{}", predicate.source());
}

/// An expression has the value that the oracle gives it, or its fault.
pub fn valued(data: &[u8]) {
    let mut maker = Maker::new(data);
    let tree = maker.value(3);
    let world = &maker.world();
    let Ok(predicate) = Predicate::expression(&tree.to_string(), &vocabulary()) else { return };
    let found = predicate.evaluate(&world, &mut Scratch::new()).map(|value| Thing::of(&value));
    let expected = oracle::value(&tree, world);
    let is_same = match (&found, &expected) {
        (Ok(found), Ok(expected)) => found.is_same(expected),
        _ => found.as_ref().err() == expected.as_ref().err(),
    };
    assert!(is_same, "{}: {found:?}, not {expected:?}\n{world:?}", predicate.source());
}

/// A grant needs exactly true and a denial lifts only on exactly false, in whatever order they are and however often.
pub fn united(data: &[u8]) {
    let mut maker = Maker::new(data);
    let (grants, denials) = (maker.below(4), maker.below(3));
    let trees: Vec<_> = (0..grants + denials).map(|_| maker.condition(1)).collect();
    let world = &maker.world();
    let predicates: Vec<_> =
        trees.iter().filter_map(|tree| Predicate::new(&tree.to_string(), &vocabulary()).ok()).collect();
    if predicates.len() < trees.len() {
        return;
    }
    let mut scratch = Scratch::new();
    let residuals: Vec<_> = predicates.iter().map(|it| it.bind(&world, &mut scratch).unwrap()).collect();
    let said: Vec<_> = residuals.iter().map(|it| it.decide(&world, &mut scratch)).collect();
    let (grants, denials) = residuals.split_at(grants);
    let (granted, denied) = said.split_at(grants.len());
    let expected = granted.contains(&Outcome::True) && denied.iter().all(|it| it.is_false());

    let mut is_true = |grants: &[Residual], denials: &[Residual]| {
        let united = Residual::any(grants, denials);
        let said = united.decide(&world, &mut scratch);
        assert!(united.known().is_none_or(|known| known == said), "{united} is not {said:?}");
        said.is_true()
    };
    assert_eq!(is_true(grants, denials), expected);
    let (mut grants, mut denials) = (grants.to_vec(), denials.to_vec());
    let (by, other) = (maker.below(4), maker.below(3));
    let (by, other) = (by % grants.len().max(1), other % denials.len().max(1));
    grants.rotate_left(by);
    denials.rotate_left(other);
    assert_eq!(is_true(&grants, &denials), expected);
    grants.reverse();
    denials.reverse();
    assert_eq!(is_true(&grants, &denials), expected);

    // Twice the same is the same, and what is put together can be put together again.
    let again = [Residual::any(&grants, &[]), Residual::any(&grants, &[])];
    assert_eq!(is_true(&again, &denials), expected);
    if let [first, second, ..] = residuals.as_slice() {
        let both = first.and(second).decide(&world, &mut scratch);
        assert_eq!(both.is_true(), said[0].is_true() && said[1].is_true());
        assert_eq!(both.is_false(), said[0].is_false() || said[1].is_false());
    }
}
