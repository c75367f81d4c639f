//! What all values promise: the rules of storing, merge patches, serde; and the strategies that make values for tests.

use super::*;
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
        any_int().prop_map(|int| int as f64),
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
