//! What all values promise: the rules of storing, merge patches, serde; and the strategies that make values for tests.

use super::*;
use crate::{Error, ValueRef};
use proptest::prelude::*;

/// Every value, a few levels deep, with the awkward ones often.
pub(crate) fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any_int().prop_map(Value::Int),
        any_float().prop_map(Value::Float),
        any_text().prop_map(Value::String),
        prop::collection::vec(prop_oneof![Just(0), Just(1), Just(255), any::<u8>()], 0..12)
            .prop_map(Value::Bytes),
        any::<i64>().prop_map(|micros| Value::Timestamp(Timestamp(micros))),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            prop::collection::vec((any_text(), inner), 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Integers, those at the edges of what a float can hold often.
pub(crate) fn any_int() -> impl Strategy<Value = i64> {
    let near = |centre: i64| (-3..=3_i64).prop_map(move |step| centre.saturating_add(step));
    prop_oneof![
        any::<i64>(),
        near(0),
        near(1 << 53),
        near(-(1 << 53)),
        near(1 << 62),
        near(i64::MAX),
        near(i64::MIN),
    ]
}

/// Floats that are numbers, those at the edges often.
pub(crate) fn any_float() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>().prop_filter("a number", |float| !float.is_nan()),
        any_int().prop_map(nearest_float),
        prop::sample::select(vec![
            0.0,
            -0.0,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::MAX,
            f64::MIN,
            f64::MIN_POSITIVE,
            5e-324,
            -5e-324,
            0.1 + 0.2,
            9_007_199_254_740_992.0,
            9_223_372_036_854_775_808.0,
            -9_223_372_036_854_775_808.0,
            9_223_372_036_854_774_784.0,
        ]),
    ]
}

#[expect(clippy::as_conversions, reason = "rounds to the nearest float, which is what is wanted")]
fn nearest_float(int: i64) -> f64 {
    int as f64
}

/// Text, also such as tempts somebody to give it a meaning.
pub(crate) fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c\0.$_]{0,4}",
        r"\PC{0,12}",
        prop::sample::select(vec![
            "",
            "__proto__",
            "$or",
            "$bytes",
            "$$bytes",
            "$float",
            "a.b",
            "_id",
            "id",
            "\0",
            "12345678",
            "123456789"
        ])
        .prop_map(String::from),
    ]
}

fn json(text: &str) -> Value {
    Value::from_json(text).unwrap()
}

fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::Object(members.into_iter().collect())
}

/// Takes a value apart without recursion, which dropping it would need.
fn dismantle(value: Value) {
    let mut rest = vec![value];
    while let Some(value) = rest.pop() {
        match value {
            Value::Array(elements) => rest.extend(elements),
            Value::Object(object) => rest.extend(object.into_iter().map(|(_, value)| value)),
            _ => {}
        }
    }
}

#[test]
fn the_check_names_the_place_of_a_fault() {
    let check = |value: Value, problem: &str| {
        assert_eq!(value.check(3, 1 << 20).unwrap_err().to_string(), problem);
    };
    let nan = || Value::from(f64::NAN);
    check(nan(), "is not a number");
    check(Value::from(vec![Value::Null, nan()]), "[1]: is not a number");
    check(
        object([("address", object([("lines", vec![Value::Null, Value::Null, Value::Null, nan()].into())]))]),
        "address.lines[3]: is not a number",
    );
    check(object([("a\nb", object([("", nan())]))]), r#"["a\nb"][""]: is not a number"#);
    check(json(r#"{"a": [[[]]]}"#), "a[0][0]: is nested too deeply");
    assert!(json(r#"{"a": [[]], "b": {"c": [1]}}"#).check(3, 1 << 20).is_ok());
    assert!(Value::from(f64::INFINITY).check(0, 1 << 20).is_ok());
    assert!(Value::Array(vec![]).check(0, 1 << 20).is_err());
}

/// ATTACKS 102, for the bytes that count: those of the stored form.
#[test]
fn a_document_is_refused_by_the_byte() {
    const MAX: usize = 8 << 20;
    let check = |length: usize, fits: bool| {
        let checked = object([("data", "x".repeat(length).into())]).check(64, MAX);
        match checked {
            Ok(bytes) => assert!(fits && bytes <= MAX),
            Err(Error::Limit { actual, max, .. }) => assert!(!fits && actual > max && max == MAX),
            Err(other) => panic!("{other}"),
        }
    };
    let overhead = 26 + 17;
    check(MAX - overhead - 1, true);
    check(MAX - overhead, true);
    check(MAX - overhead + 1, false);
    check(10 << 20, false);
}

#[test]
fn values_of_any_depth_are_refused_and_not_followed() {
    let deep = (0..1_000_000).fold(Value::Null, |inner, level| {
        if level % 2 == 0 { Value::Array(vec![inner]) } else { object([("a", inner)]) }
    });
    assert!(matches!(deep.check(usize::MAX, usize::MAX), Err(Error::Invalid { .. })));
    assert!(matches!(crate::to_value(&deep), Err(Error::Invalid { .. })));
    assert!(deep.to_json().is_err() && deep.to_json_text().is_err());
    assert!(deep.to_tagged_json().is_err() && deep.to_tagged_json_text().is_err());
    assert!(crate::Document::new("a", 1, None, &deep).is_err());
    dismantle(deep);
}

/// The table of RFC 7396, appendix A.
#[test]
fn merge_patches_do_what_rfc_7396_says() {
    let check = |target: &str, patch: &str, result: &str| {
        let mut value = json(target);
        value.merge_patch(json(patch));
        assert_eq!(value, json(result), "{target} patched with {patch}");
    };
    check(r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#);
    check(r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#);
    check(r#"{"a":"b"}"#, r#"{"a":null}"#, r#"{}"#);
    check(r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#);
    check(r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#);
    check(r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#);
    check(r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#);
    check(r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#);
    check(r#"["a","b"]"#, r#"["c","d"]"#, r#"["c","d"]"#);
    check(r#"{"a":"b"}"#, r#"["c"]"#, r#"["c"]"#);
    check(r#"{"a":"foo"}"#, "null", "null");
    check(r#"{"a":"foo"}"#, r#""bar""#, r#""bar""#);
    check(r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#);
    check("[1,2]", r#"{"a":"b","c":null}"#, r#"{"a":"b"}"#);
    check("{}", r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#);
}

#[test]
fn rust_types_become_values() {
    assert_eq!(Value::from(()), Value::Null);
    assert_eq!(Value::from(None::<i32>), Value::Null);
    assert_eq!(Value::from(Some("a")), Value::String("a".into()));
    assert_eq!(Value::from(u32::MAX), Value::Int(4_294_967_295));
    assert_eq!(Value::from(vec![1_u8]), Value::Bytes(vec![1]));
    assert_eq!(Value::from(Timestamp(3)).as_timestamp(), Some(Timestamp(3)));
    assert_eq!(Value::from(1.5).as_float(), Some(1.5));
    assert_eq!(Value::from(1).as_float(), None);
    assert_eq!(object([("a", 1.into())]).member("a"), Some(&Value::Int(1)));
    assert_eq!(Value::Null.member("a"), None);
}

proptest! {
    #[test]
    fn a_view_of_an_owned_value_reads_as_the_value(value in any_value()) {
        let view = ValueRef::from(&value);
        prop_assert_eq!(format!("{:?}", view.to_value()), format!("{value:?}"));
        prop_assert_eq!(view.kind(), value.kind());
        if let (Some(object), Some(view)) = (value.as_object(), view.as_object()) {
            for (place, (name, member)) in object.iter().enumerate() {
                prop_assert!(crate::compare(view.get(name).unwrap(), member.into()).is_eq());
                prop_assert_eq!(view.at(place).map(|(name, _)| name), Some(name));
            }
            prop_assert!(view.at(object.len()).is_none());
        }
    }

    #[test]
    fn an_archived_value_reads_as_the_owned_one(value in any_value(), other in any_text()) {
        let document = crate::Document::new("a", 1, None, &value).unwrap();
        let (archived, owned) = (document.root(), ValueRef::from(&value));
        prop_assert!(crate::compare(archived, owned).is_eq());
        prop_assert_eq!(format!("{archived:?}"), format!("{owned:?}"));
        let names = value.as_object().into_iter().flat_map(Object::iter).map(|(name, _)| name);
        for name in names.chain([other.as_str()]) {
            prop_assert_eq!(archived.member(name).map(ValueRef::to_value), value.member(name).cloned());
        }
        if let (Some(a), Some(b)) = (archived.as_array(), value.as_array()) {
            prop_assert!(a.iter().rev().map(ValueRef::to_value).eq(b.iter().rev().cloned()));
            prop_assert!(a.get(b.len()).is_none());
        }
    }

    #[test]
    fn patching_a_value_with_itself_leaves_what_is_not_null(value in any_value()) {
        let mut once = Value::Null;
        once.merge_patch(value.clone());
        let mut twice = once.clone();
        twice.merge_patch(value);
        prop_assert_eq!(once, twice);
    }
}
