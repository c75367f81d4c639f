//! What masks show, by examples and against a second, plainer account of what paths mean.

use super::*;
use crate::fields::tests::{document, numbers, parts, several, turned, visible_parts};
use proptest::prelude::*;

#[test]
fn a_mask_shows_what_its_fields_say() {
    let check = |fields: Fields, document: &str, shown: &str| {
        let document = Value::from_json(document).unwrap();
        let seen = Mask::of(&fields).show(ValueRef::from(&document));
        assert_eq!(seen, Value::from_json(shown).unwrap(), "{fields:?} of {document:?}");
    };
    let only = |paths: &[&str]| Fields::only(paths.iter().copied());
    let except = |paths: &[&str]| Fields::except(paths.iter().copied());

    // Members, nested ones, and what is on the way to them.
    check(only(&["a"]), r#"{"a": 1, "b": 2}"#, r#"{"a": 1}"#);
    check(only(&["a"]), r#"{"a": {"b": [1, {}]}}"#, r#"{"a": {"b": [1, {}]}}"#);
    check(only(&["a.b"]), r#"{"a": {"b": 1, "c": 2}, "b": 3}"#, r#"{"a": {"b": 1}}"#);
    check(except(&["a.b"]), r#"{"a": {"b": 1, "c": 2}, "b": 3}"#, r#"{"a": {"c": 2}, "b": 3}"#);
    check(only(&[r"a\.b"]), r#"{"a.b": 1, "a": {"b": 2}}"#, r#"{"a.b": 1}"#);
    check(only(&[]), r#"{"a": 1}"#, "{}");

    // Of what is left bare, `only` does not even tell that it is there.
    check(only(&["a.b"]), r#"{"a": {"c": 1}}"#, "{}");
    check(only(&["a.b"]), r#"{"a": {}}"#, "{}");
    check(only(&["a.b.c"]), r#"{"a": {"b": {"d": 1}}}"#, "{}");
    check(except(&["a.b"]), r#"{"a": {"b": 1}}"#, r#"{"a": {}}"#);

    // A plain value where a path leads on.
    check(only(&["a.b"]), r#"{"a": 1}"#, "{}");
    check(except(&["a.b"]), r#"{"a": 1}"#, r#"{"a": 1}"#);
    check(only(&["a.b"]), r#"{"a": null}"#, "{}");

    // Elements.
    let items = r#"{"items": [{"name": 1, "cost": 2}, {"cost": 3}, 4, {"name": 5}, []]}"#;
    check(only(&["items.name"]), items, r#"{"items": [{"name": 1}, {"name": 5}]}"#);
    check(except(&["items.cost"]), items, r#"{"items": [{"name": 1}, {}, 4, {"name": 5}, []]}"#);
    check(only(&["items.price"]), items, "{}");
    check(
        only(&["a.b"]),
        r#"{"a": [[{"b": 1}, {"c": 2}], [[{"b": 3}]], [{"c": 4}]]}"#,
        r#"{"a": [[{"b": 1}], [[{"b": 3}]]]}"#,
    );
    check(
        except(&["a.b"]),
        r#"{"a": [[{"b": 1}, {"c": 2}], [[{"b": 3}]]]}"#,
        r#"{"a": [[{}, {"c": 2}], [[{}]]]}"#,
    );
    check(only(&["a.b.c"]), r#"{"a": [{"b": [{"c": 1, "d": 2}]}]}"#, r#"{"a": [{"b": [{"c": 1}]}]}"#);

    // Every member, and elements that one may take for members.
    check(only(&["*"]), r#"{"a": 1, "*": {}}"#, r#"{"a": 1, "*": {}}"#);
    check(except(&["*"]), r#"{"a": 1, "*": 2}"#, "{}");
    check(only(&["*.b"]), r#"{"a": {"b": 1, "c": 2}, "b": 3}"#, r#"{"a": {"b": 1}}"#);
    check(except(&["*.b"]), r#"{"a": {"b": 1, "c": 2}, "b": 3}"#, r#"{"a": {"c": 2}, "b": 3}"#);
    check(
        only(&["*.x", "a.y"]),
        r#"{"a": {"x": 1, "y": 2}, "b": {"x": 3, "y": 4}}"#,
        r#"{"a": {"x": 1, "y": 2}, "b": {"x": 3}}"#,
    );
    let tags = r#"{"tags": ["a", {"x": 1}, ["b", {"y": 2}]]}"#;
    check(except(&["tags.*"]), tags, r#"{"tags": []}"#);
    check(only(&["tags.*"]), tags, r#"{"tags": [{"x": 1}, [{"y": 2}]]}"#);
    let either = r#"{"a": [{"c": 1, "b": {"c": 2, "d": 3}}]}"#;
    check(except(&["a.*.c"]), either, r#"{"a": [{"b": {"d": 3}}]}"#);
    check(only(&["a.*.c"]), either, r#"{"a": [{"b": {"c": 2}}]}"#);
}

#[test]
fn a_union_shows_what_any_of_its_parts_shows() {
    let document =
        Value::from_json(r#"{"a": {"x": 1, "y": 2}, "b": [{"x": 3, "y": 4}, {"z": 5}], "c": 6}"#).unwrap();
    let check = |several: &[Fields], shown: &str| {
        let seen = Mask::union(several).show(ValueRef::from(&document));
        assert_eq!(seen, Value::from_json(shown).unwrap(), "{several:?}");
    };
    check(&[], "{}");
    check(&[Fields::only(["a.x"]), Fields::only(["b.y"])], r#"{"a": {"x": 1}, "b": [{"y": 4}]}"#);
    check(&[Fields::except(["a", "b"]), Fields::only(["a.x"])], r#"{"a": {"x": 1}, "c": 6}"#);
    check(
        &[Fields::except(["a", "b.x"]), Fields::except(["a.x", "b"])],
        r#"{"a": {"y": 2}, "b": [{"y": 4}, {"z": 5}], "c": 6}"#,
    );
    check(
        &[Fields::except(["a", "c"]), Fields::except(["b"])],
        r#"{"a": {"x": 1, "y": 2}, "b": [{"x": 3, "y": 4}, {"z": 5}], "c": 6}"#,
    );
    assert_eq!(Mask::all().show(ValueRef::from(&document)), document);
    assert!(Mask::all().is_all() && !Mask::union([]).is_all() && !Mask::of(&Fields::except(["a"])).is_all());
}

#[test]
fn an_index_may_serve_only_what_cannot_be_hidden() {
    let check = |several: &[Fields], path: &str, expected: bool| {
        assert_eq!(Mask::union(several).may_hide(&path.parse().unwrap()), expected, "{several:?} {path}");
    };
    check(&[], "a", true);
    check(&[Fields::only(["a"])], "a", false);
    check(&[Fields::only(["a"])], "a.b.c", false);
    check(&[Fields::only(["a"])], "b", true);
    check(&[Fields::only(["a.b"])], "a", true);
    check(&[Fields::only(["*.b"])], "c.b", false);
    check(&[Fields::only(["*.b"])], "b", true);
    check(&[Fields::except(["a.b"])], "a", true);
    check(&[Fields::except(["a.b"])], "a.b.c", true);
    check(&[Fields::except(["a.b"])], "a.c", false);
    check(&[Fields::except(["*.b"])], "c", true);
    check(&[Fields::except(["a"]), Fields::only(["a.b"])], "a.b", false);
    check(&[Fields::except(["a"]), Fields::except(["b"])], "a", false);
    assert!(!Mask::all().may_hide(&"a".parse().unwrap()));
}

#[test]
fn fields_that_were_never_checked_show_less() {
    let document = Value::from_json(r#"{"a": 1, "b": 2}"#).unwrap();
    let shown = |fields: Fields| Mask::of(&fields).show(ValueRef::from(&document));
    assert_eq!(shown(Fields::except(["a", "b..c"])), Value::from_json("{}").unwrap());
    assert_eq!(shown(Fields::only(["a", "b..c"])), Value::from_json(r#"{"a": 1}"#).unwrap());
}

#[test]
fn arrays_in_arrays_do_not_multiply_the_work() {
    let paths = (1..=16)
        .map(|length| vec!["*"; length].join(".") + ".x")
        .filter(|path| path.matches('.').count() < 16);
    let mut document = Value::from(1);
    for _ in 0..60 {
        document = Value::Array(vec![document]);
    }
    let document = Value::Object([("a", document)].into_iter().collect());
    let mask = Mask::of(&Fields::except(paths));
    assert_eq!(mask.show(ValueRef::from(&document)), document);
    assert!(mask.shows_all_of(ValueRef::from(&document)));
}

#[test]
fn what_is_bare_from_the_start_is_shown_whole_at_the_top_alone() {
    let mask = Mask::of(&Fields::only(["a.b"]));
    let check = |json: &str, expected: bool| {
        let document = Value::from_json(json).unwrap();
        assert_eq!(mask.shows_all_of(ValueRef::from(&document)), expected, "{json}");
    };
    check("{}", true);
    check(r#"{"a": {"b": {}}}"#, true);
    check(r#"{"a": {}}"#, false);
    check(r#"{"a": [{}]}"#, false);
    check(r#"{"a": [{"b": 1}, 2]}"#, false);
    check(r#"{"a": {"b": 1}, "c": 2}"#, false);
}

proptest! {
    #[test]
    fn exactly_that_is_shown_which_a_plainer_account_shows(several in several(), document in document()) {
        let shown = Mask::union(&several).show(ValueRef::from(&document));
        let (plain, containers) = visible_parts(&several, &document);
        prop_assert_eq!(numbers(&shown), plain);
        prop_assert_eq!(parts(&shown).iter().filter(|part| part.number.is_none()).count(), containers);
    }

    #[test]
    fn a_union_shows_the_plain_values_that_either_shows(one in several(), other in several(), document in document()) {
        let view = ValueRef::from(&document);
        let mut expected = numbers(&Mask::union(&one).show(view));
        expected.extend(numbers(&Mask::union(&other).show(view)));
        let union = Mask::union(one.iter().chain(&other));
        prop_assert_eq!(numbers(&union.show(view)), expected);
        prop_assert_eq!(Mask::union(&one).or(&Mask::union(&other)), union);
    }

    #[test]
    fn what_is_shown_is_shown_whole(several in several(), document in document()) {
        let mask = Mask::union(&several);
        let shown = mask.show(ValueRef::from(&document));
        prop_assert_eq!(mask.show(ValueRef::from(&shown)), shown.clone());
        prop_assert!(mask.shows_all_of(ValueRef::from(&shown)));
        prop_assert_eq!(mask.shows_all_of(ValueRef::from(&document)), shown == document);
        prop_assert!(!mask.is_all() || shown == document);
    }

    #[test]
    fn the_order_of_fields_and_of_their_paths_means_nothing(several in several().prop_flat_map(|several| {
        let shuffled = Just(several.clone()).prop_shuffle();
        (Just(several), shuffled)
    }), document in document()) {
        let (several, shuffled) = several;
        let turned: Vec<Fields> = shuffled.iter().map(turned).collect();
        let view = ValueRef::from(&document);
        prop_assert_eq!(Mask::union(&several).show(view), Mask::union(&turned).show(view));
    }

    #[test]
    fn what_no_document_hides_is_said_rightly(several in several(), document in document(), path in "[abc](\\.[abc]){0,2}") {
        let mask = Mask::union(&several);
        let path: FieldPath = path.parse().unwrap();
        if !mask.may_hide(&path) {
            let shown = mask.show(ValueRef::from(&document));
            let there = |value: &Value| path.resolve(ValueRef::from(value)).map(ValueRef::to_value);
            prop_assert_eq!(there(&shown), there(&document));
        }
    }
}
