//! What changes through a mask do, by examples, and what holds for all of them.

use super::*;
use crate::fields::Fields;
use crate::fields::tests::{Part, Step, document, object, parts, several};
use proptest::prelude::*;

fn json(text: &str) -> Value {
    Value::from_json(text).unwrap()
}

fn only(paths: &[&str]) -> Mask {
    Mask::of(&Fields::only(paths.iter().copied()))
}

fn except(paths: &[&str]) -> Mask {
    Mask::of(&Fields::except(paths.iter().copied()))
}

#[test]
fn a_change_is_allowed_only_where_all_that_differs_is_visible() {
    let check = |mask: &Mask, old: &str, new: &str, expected: bool| {
        let (old, new) = (json(old), json(new));
        let (old, new) = (ValueRef::from(&old), ValueRef::from(&new));
        assert_eq!(mask.allows_change(old, new), expected, "{mask:?}: {old:?} to {new:?}");
        assert_eq!(mask.allows_change(new, old), expected, "{mask:?}: {new:?} to {old:?}");
    };
    let title = only(&["title"]);
    check(&title, r#"{"title": 1, "owner": 2}"#, r#"{"title": {"a": []}, "owner": 2}"#, true);
    check(&title, r#"{"title": 1, "owner": 2}"#, r#"{"owner": 2}"#, true);
    check(&title, r#"{"owner": 2}"#, r#"{"owner": 3}"#, false);
    check(&title, r#"{"owner": 2}"#, "{}", false);
    check(&title, r#"{"owner": {}}"#, "{}", false);
    check(&title, r#"{"owner": 0.0}"#, r#"{"owner": -0.0}"#, false);
    check(&title, r#"{"owner": 1}"#, r#"{"owner": 1.0}"#, false);
    check(&title, r#"{"owner": null}"#, "{}", false);
    check(&except(&["owner"]), r#"{"owner": 2}"#, r#"{"owner": 3}"#, false);
    check(&except(&["owner"]), r#"{"owner": 2, "a": 1}"#, r#"{"owner": 2, "b": 1}"#, true);
    check(&only(&[]), "{}", r#"{"a": 1}"#, false);

    // Below: what comes or goes does so with all its parts.
    let city = only(&["address.city"]);
    check(&city, r#"{"address": {"city": 1, "zip": 2}}"#, r#"{"address": {"city": 3, "zip": 2}}"#, true);
    check(&city, r#"{"address": {"city": 1, "zip": 2}}"#, r#"{"address": {"zip": 2}}"#, true);
    check(&city, r#"{"address": {"city": 1}}"#, r#"{"address": {}}"#, true);
    check(&city, "{}", r#"{"address": {"city": 1}}"#, true);
    check(&city, "{}", r#"{"address": {"city": 1, "zip": 2}}"#, false);
    check(&city, "{}", r#"{"address": {}}"#, false);
    check(&city, r#"{"address": 1}"#, r#"{"address": 2}"#, false);
    check(&city, r#"{"address": {"city": 1}}"#, r#"{"address": 2}"#, false);
    let no_zip = except(&["address.zip"]);
    check(&no_zip, "{}", r#"{"address": {}}"#, true);
    check(&no_zip, r#"{"address": 1}"#, r#"{"address": {"city": 1}}"#, true);
    check(&no_zip, r#"{"address": 1}"#, r#"{"address": {"zip": 1}}"#, false);

    // Elements: those of the same place are compared.
    let name = only(&["items.name"]);
    let both = r#"{"items": [{"name": 1, "cost": 2}, {"name": 3, "cost": 4}]}"#;
    check(&name, both, r#"{"items": [{"name": 5, "cost": 2}, {"cost": 4}]}"#, true);
    check(&name, both, r#"{"items": [{"name": 3, "cost": 4}, {"name": 1, "cost": 2}]}"#, false);
    check(&name, both, r#"{"items": [{"name": 1, "cost": 2}]}"#, false);
    check(&name, r#"{"items": []}"#, r#"{"items": [{"name": 1}]}"#, false);
    check(&only(&["items"]), both, r#"{"items": [1]}"#, true);
    check(&except(&["tags.*"]), r#"{"tags": ["a"]}"#, r#"{"tags": ["b"]}"#, false);
    check(&except(&["tags.*"]), r#"{"tags": ["a"]}"#, r#"{"tags": ["a", "b"]}"#, false);
    check(&except(&["tags.*"]), r#"{"tags": ["a"]}"#, r#"{"tags": ["a"], "b": 1}"#, true);
}

#[test]
fn what_is_put_meets_what_is_hidden() {
    let check = |mask: &Mask, old: &str, new: &str, expected: Option<&str>| {
        let merged = mask.merge_hidden(ValueRef::from(&json(old)), json(new));
        assert_eq!(merged, expected.map(json), "{mask:?}: {new} for {old}");
    };
    let salary = except(&["salary"]);
    check(&salary, r#"{"a": 1, "b": 2, "salary": 3}"#, r#"{"a": 4}"#, Some(r#"{"a": 4, "salary": 3}"#));
    check(&salary, r#"{"salary": 3}"#, r#"{"salary": 4}"#, Some(r#"{"salary": 4}"#));
    check(&Mask::all(), r#"{"a": 1}"#, r#"{"b": 2}"#, Some(r#"{"b": 2}"#));
    check(&only(&[]), r#"{"a": 1}"#, r#"{"b": 2}"#, Some(r#"{"a": 1, "b": 2}"#));

    // An object that is shown for itself cannot go, or become something else, whether it hides something or not.
    let zip = except(&["address.zip"]);
    let address = r#"{"address": {"city": 1, "zip": 2}}"#;
    check(&zip, address, r#"{"address": {}}"#, Some(r#"{"address": {"zip": 2}}"#));
    check(&zip, address, "{}", None);
    check(&zip, r#"{"address": {"city": 1}}"#, "{}", None);
    check(&zip, r#"{"address": {"city": 1}}"#, r#"{"address": 2}"#, None);
    check(&zip, r#"{"address": 1}"#, r#"{"address": {"city": 2}}"#, Some(r#"{"address": {"city": 2}}"#));
    check(&zip, "{}", r#"{"address": {"city": 2}}"#, Some(r#"{"address": {"city": 2}}"#));

    // One that is shown for its parts goes with them, but for the others.
    let city = only(&["address.city"]);
    check(&city, address, "{}", Some(r#"{"address": {"zip": 2}}"#));
    check(&city, r#"{"address": {"city": 1}}"#, "{}", Some("{}"));
    check(&city, r#"{"address": {}, "b": 1}"#, "{}", Some(r#"{"address": {}, "b": 1}"#));
    check(&city, address, r#"{"address": 5}"#, None);
    check(&city, r#"{"address": {"zip": 2}}"#, r#"{"address": {"city": 1}}"#, Some(address));
    check(&city, r#"{"address": 7}"#, r#"{"address": {"city": 1}}"#, Some(r#"{"address": {"city": 1}}"#));

    // Arrays that may hide something stay as they are.
    let cost = except(&["items.cost"]);
    let items = r#"{"items": [{"name": 1, "cost": 2}], "a": 1}"#;
    check(
        &cost,
        items,
        r#"{"items": [{"name": 1}], "a": 2}"#,
        Some(r#"{"items": [{"name": 1, "cost": 2}], "a": 2}"#),
    );
    check(&cost, items, r#"{"items": [{"name": 3}], "a": 1}"#, None);
    check(&cost, items, r#"{"items": [], "a": 1}"#, None);
    check(&cost, items, r#"{"a": 1}"#, None);
    check(&cost, r#"{"items": [{"name": 1}]}"#, r#"{"items": [{"name": 2}]}"#, None);
    check(
        &cost,
        r#"{"items": ["a", [1]]}"#,
        r#"{"items": [{"name": 2}]}"#,
        Some(r#"{"items": [{"name": 2}]}"#),
    );
    check(&only(&["items.name"]), items, r#"{"items": [{"name": 1}]}"#, Some(items));
    check(&only(&["items.name"]), items, r#"{"items": [{"name": 2}]}"#, None);
    check(&except(&["tags.*"]), r#"{"tags": ["a"]}"#, r#"{"tags": []}"#, Some(r#"{"tags": ["a"]}"#));
    check(&except(&["tags.*"]), r#"{"tags": []}"#, r#"{"tags": ["a"]}"#, None);
}

#[test]
fn a_patch_meets_what_is_hidden() {
    let check = |mask: &Mask, old: &str, patch: &str, expected: Option<&str>| {
        let merged = mask.merge_patch(ValueRef::from(&json(old)), json(patch));
        assert_eq!(merged, expected.map(json), "{mask:?}: {patch} to {old}");
    };
    let zip = except(&["address.zip", "salary"]);
    let old = r#"{"address": {"city": 1, "zip": 2}, "salary": 3}"#;
    check(&zip, old, "{}", Some(old));
    check(&zip, old, r#"{"address": {"city": null}}"#, Some(r#"{"address": {"zip": 2}, "salary": 3}"#));
    check(
        &zip,
        old,
        r#"{"address": {"zip": null}, "salary": 4}"#,
        Some(r#"{"address": {"city": 1}, "salary": 4}"#),
    );
    check(&zip, old, r#"{"address": null}"#, None);
    check(&zip, r#"{"address": 1}"#, r#"{"address": {"a": null, "b": 2}}"#, Some(r#"{"address": {"b": 2}}"#));
    check(
        &zip,
        r#"{"salary": {"a": 1}}"#,
        r#"{"salary": {"b": 2}}"#,
        Some(r#"{"salary": {"a": 1, "b": 2}}"#),
    );
    check(
        &only(&["address.city"]),
        old,
        r#"{"address": null}"#,
        Some(r#"{"address": {"zip": 2}, "salary": 3}"#),
    );
    check(&only(&["address.city"]), "{}", r#"{"address": null}"#, Some("{}"));

    let cost = except(&["items.cost"]);
    let items = r#"{"items": [{"name": 1, "cost": 2}]}"#;
    check(&cost, items, r#"{"a": 1}"#, Some(r#"{"items": [{"name": 1, "cost": 2}], "a": 1}"#));
    check(&cost, items, r#"{"items": [{"name": 1}]}"#, Some(items));
    check(&cost, items, r#"{"items": [{"name": 2}]}"#, None);
}

#[test]
fn what_is_no_object_is_merged_only_where_nothing_is_hidden() {
    let (old, mask) = (json(r#"{"a": 1}"#), except(&["a"]));
    assert_eq!(mask.merge_hidden(ValueRef::from(&old), json("[]")), None);
    assert_eq!(mask.merge_patch(ValueRef::from(&old), json("null")), None);
    assert_eq!(mask.merge_hidden(ValueRef::Null, old.clone()), None);
    assert_eq!(Mask::all().merge_hidden(ValueRef::from(&old), json("[]")), Some(json("[]")));
    assert_eq!(Mask::all().merge_patch(ValueRef::from(&old), json("[]")), Some(json("[]")));
}

#[test]
fn to_name_what_is_hidden_is_seen_without_looking_at_it() {
    let (read, write) = (except(&["salary"]), only(&["title"]));
    let guess = json(r#"{"title": 1, "salary": 5000}"#);
    let guess = ValueRef::from(&guess);
    // Where the guess is right nothing hidden would change, and still it is refused.
    let merged = read.merge_hidden(guess, guess.to_value()).unwrap();
    assert!(write.allows_change(guess, ValueRef::from(&merged)));
    assert!(!write.or(&read).shows_all_of(guess));
}

/// What somebody puts: new plain values, and some that are there already.
fn put() -> impl Strategy<Value = Value> {
    object(prop_oneof![
        Just(Value::Null),
        (0..5_i64).prop_map(Value::Int),
        (100..105_i64).prop_map(Value::Int)
    ])
}

/// A document, a mask, and what somebody who sees the one through the other may put in its place.
fn changes() -> impl Strategy<Value = (Mask, Value, Value)> {
    let mask = several().prop_map(|several| Mask::union(&several));
    (mask, document(), put(), any::<bool>()).prop_map(|(mask, old, mut new, from_shown)| {
        if from_shown {
            let mut shown = mask.show(ValueRef::from(&old));
            shown.merge_patch(new);
            new = shown;
        }
        (mask, old, new)
    })
}

/// The names on the way to a part, as long as there is no array.
fn resolve<'v>(document: &'v Value, steps: &[Step]) -> Option<&'v Value> {
    steps.iter().try_fold(document, |value, step| match step {
        Step::Member(name) => value.member(name),
        Step::Element(_) => None,
    })
}

/// Whether a part is hidden, and nothing was put at a place around it where nothing was seen.
fn must_stay(part: &Part, shown: &Value, new: &Value) -> bool {
    let seen = parts(shown).iter().any(|other| other.number == part.number);
    let named = (1..=part.steps.len()).any(|length| {
        let place = &part.steps[..length];
        resolve(shown, place).is_none() && resolve(new, place).is_some()
    });
    !seen && !named
}

proptest! {
    #[test]
    fn nothing_hidden_changes_unless_it_is_named((mask, old, new) in changes()) {
        let shown = mask.show(ValueRef::from(&old));
        let merges = [mask.merge_hidden(ValueRef::from(&old), new.clone()), mask.merge_patch(ValueRef::from(&old), new.clone())];
        for merged in merges.into_iter().flatten() {
            let there = parts(&merged);
            for part in parts(&old).iter().filter(|part| part.number.is_some() && must_stay(part, &shown, &new)) {
                prop_assert!(there.iter().any(|other| other.number == part.number), "{part:?} is not in {merged:?}");
            }
        }
    }

    #[test]
    fn what_was_put_is_seen((mask, old, new) in changes()) {
        if let Some(merged) = mask.merge_hidden(ValueRef::from(&old), new.clone()) {
            prop_assert_eq!(mask.show(ValueRef::from(&merged)), mask.show(ValueRef::from(&new)));
        }
    }

    #[test]
    fn a_patch_makes_of_what_is_seen_what_it_makes_of_any_document((mask, old, patch) in changes()) {
        if let Some(merged) = mask.merge_patch(ValueRef::from(&old), patch.clone()) {
            let mut seen = mask.show(ValueRef::from(&old));
            seen.merge_patch(patch);
            prop_assert_eq!(mask.show(ValueRef::from(&merged)), mask.show(ValueRef::from(&seen)));
        }
    }

    #[test]
    fn whether_a_change_can_be_merged_tells_nothing_of_what_is_hidden((mask, old, new) in changes()) {
        let bare = mask.show(ValueRef::from(&old));
        let (old, bare) = (ValueRef::from(&old), ValueRef::from(&bare));
        let put = |old| mask.merge_hidden(old, new.clone()).is_some();
        prop_assert_eq!(put(old), put(bare));
        let patch = |old| mask.merge_patch(old, new.clone()).is_some();
        prop_assert_eq!(patch(old), patch(bare));
    }

    #[test]
    fn to_put_what_is_seen_and_to_patch_nothing_changes_nothing(several in several(), old in document()) {
        let mask = Mask::union(&several);
        let shown = mask.show(ValueRef::from(&old));
        prop_assert_eq!(mask.merge_hidden(ValueRef::from(&old), shown), Some(old.clone()));
        prop_assert_eq!(mask.merge_patch(ValueRef::from(&old), json("{}")), Some(old.clone()));
        prop_assert!(mask.allows_change(ValueRef::from(&old), ValueRef::from(&old)));
    }

    #[test]
    fn an_allowed_change_leaves_alone_what_is_not_visible((mask, old, new) in changes(), other in document()) {
        for new in [new, other] {
            let (old, new) = (ValueRef::from(&old), ValueRef::from(&new));
            prop_assert_eq!(mask.allows_change(old, new), mask.allows_change(new, old));
            if mask.allows_change(old, new) {
                prop_assert_eq!(hidden(&mask, &old.to_value()), hidden(&mask, &new.to_value()));
            }
        }
    }
}

/// The plain values that a mask does not show, with their places.
fn hidden(mask: &Mask, document: &Value) -> Vec<(Vec<Step>, Value)> {
    let mut found = Vec::new();
    add_hidden(&mask.top(), ValueRef::from(document), &mut Vec::new(), &mut found);
    found
}

fn add_hidden(
    sight: &Sight<'_>,
    value: ValueRef<'_>,
    steps: &mut Vec<Step>,
    found: &mut Vec<(Vec<Step>, Value)>,
) {
    match (sight, value) {
        (Sight::Full, _) => {}
        (Sight::Partly(partly), ValueRef::Object(members)) => {
            for (name, value) in members.iter() {
                steps.push(Step::Member(name.to_owned()));
                add_hidden(&partly.member(name), value, steps, found);
                steps.pop();
            }
        }
        (Sight::Partly(partly), ValueRef::Array(elements)) => {
            for (index, element) in elements.iter().enumerate() {
                steps.push(Step::Element(index));
                add_hidden(&partly.element(), element, steps, found);
                steps.pop();
            }
        }
        (sight, value) => {
            if sight.show(value).is_none() {
                found.push((steps.clone(), value.to_value()));
            }
        }
    }
}
