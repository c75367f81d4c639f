//! JSON is kept exactly or refused, in both directions; the tagged form keeps everything.

use super::*;
use crate::value::tests::{any_text, any_value};
use proptest::prelude::*;

fn refused(text: &str) -> String {
    match Value::from_json(text) {
        Err(Error::Invalid { place, problem }) => format!("{place}: {problem}"),
        other => panic!("{text:?} was not refused as invalid: {other:?}"),
    }
}

/// ATTACKS 101: numbers are kept or refused, never changed without a word.
#[test]
fn numbers_are_kept_or_refused() {
    let kept = |text: &str, value: Value, written: &str| {
        let read = Value::from_json(text).unwrap();
        // Unlike equality this tells the two zeros apart.
        assert_eq!(format!("{read:?}"), format!("{value:?}"), "{text}");
        assert_eq!(read.to_json_text().unwrap(), written, "{text}");
        assert_eq!(format!("{:?}", Value::from_json(written).unwrap()), format!("{value:?}"), "{text}");
    };
    kept("0", Value::Int(0), "0");
    kept("-0", Value::Float(-0.0), "-0.0");
    kept("-0.0", Value::Float(-0.0), "-0.0");
    kept("0e999999", Value::Float(0.0), "0.0");
    kept("0.1", Value::Float(0.1), "0.1");
    kept("0.30000000000000004", Value::Float(0.1 + 0.2), "0.30000000000000004");
    kept("1.0", Value::Float(1.0), "1.0");
    kept("1e2", Value::Float(100.0), "100.0");
    kept("9223372036854775807", Value::Int(i64::MAX), "9223372036854775807");
    kept("-9223372036854775808", Value::Int(i64::MIN), "-9223372036854775808");
    kept("5e-324", Value::Float(5e-324), "5e-324");
    kept("2.2250738585072014e-308", Value::Float(f64::MIN_POSITIVE), "2.2250738585072014e-308");
    kept("1.7976931348623157e308", Value::Float(f64::MAX), "1.7976931348623157e+308");

    let check = |number: &str, problem: &str| {
        assert_eq!(refused(number), format!(": {problem}"));
        assert_eq!(refused(&format!("[1, \"2\\\"3\", {{\"a\": {number}}}]")), format!("[2].a: {problem}"));
    };
    for number in
        ["9223372036854775808", "-9223372036854775809", "18446744073709551616", "10000000000000000000000000"]
    {
        check(number, INTEGER_RANGE);
    }
    check(&format!("1{}", "0".repeat(40)), INTEGER_RANGE);
    assert_eq!(refused("1e400"), "line 1 column 5: is a number beyond the largest float");
    assert_eq!(refused("[1,\n-1.5E+400, 2]"), "line 2 column 9: is a number beyond the largest float");
    check("1e-400", "is a number below the smallest float");
    check("-0.0001e-400", "is a number below the smallest float");
    for wrong in ["NaN", "Infinity", "-Infinity", "01", "+1", "1.", ".5", "0x10", "1_000", "--1", "1e", "-"] {
        assert!(refused(wrong).starts_with(": is not JSON"), "{wrong}");
    }
}

/// ATTACKS 104: the second member of a name is refused, at any depth, however it is written.
#[test]
fn a_second_member_of_one_name_is_refused() {
    let check = |text: &str, place: &str| {
        assert_eq!(refused(text), format!("{place}: there are two members of this name"));
    };
    check(r#"{"a": 1, "a": 2}"#, "a");
    check(r#"{"a": 1, "b": 0, "a": 1}"#, "a");
    check(r#"{"a": 1, "\u0061": 2}"#, "a");
    check(r#"{"x": [{"owner": "me", "role": {}, "owner": "you"}]}"#, "x[0].owner");
    check(r#"{"": 1, "": 1}"#, r#"[""]"#);
    assert!(Value::from_json(r#"{"a": 1, "A": 2, "a ": 3}"#).is_ok());
}

/// ATTACKS 105: a name is only a name.
#[test]
fn no_name_of_a_member_means_anything() {
    let names = [
        "",
        "__proto__",
        "constructor",
        "$or",
        "$bytes",
        "$$bytes",
        "a.b",
        "a\0b",
        "\0",
        "_id",
        "_role",
        "id",
        "version",
        "..",
        "a/b",
    ];
    let value = Value::Object(names.iter().map(|name| (*name, Value::from(*name))).collect());
    assert_eq!(value.as_object().unwrap().len(), names.len());
    assert_eq!(Value::from_json(&value.to_json_text().unwrap()).unwrap(), value);
    assert_eq!(Value::from_tagged_json(&value.to_tagged_json_text().unwrap()).unwrap(), value);
    let document = crate::Document::new("the id", 3, None, &value).unwrap();
    assert_eq!((document.id(), document.version(), document.value()), ("the id", 3, value));
    for name in names {
        let alone = Value::Object(Object::from_iter([(name, Value::Object(Object::from_iter([(name, 1)])))]));
        assert_eq!(Value::from_tagged_json(&alone.to_tagged_json_text().unwrap()).unwrap(), alone);
        assert_eq!(document.root().member(name).and_then(crate::ValueRef::as_str), Some(name));
    }
}

#[test]
fn what_is_not_json_is_refused() {
    for wrong in [
        "",
        " ",
        "{",
        "[",
        "[1,]",
        "{\"a\":1,}",
        "{a:1}",
        "'a'",
        "\"a",
        "\"\\x\"",
        "\"\\ud800\"",
        "\"a\nb\"",
        "nul",
        "1 2",
        "{} x",
        "[1]]",
        "// c\n1",
        "\u{feff}1",
        "\0",
        "\"\\",
        "[\"\\\"]",
        "tru",
    ] {
        let message = refused(wrong);
        assert!(message.starts_with(": is not JSON: "), "{wrong:?}: {message}");
    }
}

#[test]
fn json_that_is_too_deep_or_too_long_is_refused() {
    let nested =
        |open: &str, close: &str, depth: usize| format!("{}1{}", open.repeat(depth), close.repeat(depth));
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        assert!(Value::from_json(&nested(open, close, DEPTH_MAX)).is_ok());
        assert!(refused(&nested(open, close, DEPTH_MAX + 1)).ends_with("is nested too deeply"));
        assert!(refused(&nested(open, close, 100_000)).ends_with("is nested too deeply"));
        assert!(refused(&open.repeat(100_000)).ends_with("is nested too deeply"));
        assert!(Value::from_tagged_json(&nested(open, close, DEPTH_MAX)).is_ok());
        assert!(Value::from_tagged_json(&nested(open, close, DEPTH_MAX + 1)).is_err());
    }
    let long = " ".repeat(JSON_BYTES_MAX);
    assert!(matches!(Value::from_json(&(long.clone() + "1")), Err(Error::Limit { .. })));
    assert!(refused(&long).starts_with(": is not JSON"));
}

#[test]
fn what_json_cannot_hold_is_refused_with_its_place() {
    let check = |value: Value, problem: &str| {
        let value = Value::Object(Object::from_iter([("a", Value::Array(vec![Value::Null, value]))]));
        assert_eq!(value.to_json().unwrap_err().to_string(), format!("a[1]: {problem}"));
        assert_eq!(value.to_json_text().unwrap_err().to_string(), format!("a[1]: {problem}"));
        let text = value.to_tagged_json_text().unwrap();
        assert_eq!(format!("{:?}", Value::from_tagged_json(&text).unwrap()), format!("{value:?}"));
    };
    check(Value::Bytes(vec![]), "bytes have no JSON form");
    check(Value::Timestamp(Timestamp(0)), "an instant has no JSON form");
    check(Value::Float(f64::NAN), "not-a-number has no JSON form");
    check(Value::Float(f64::INFINITY), "an infinity has no JSON form");
    check(Value::Float(f64::NEG_INFINITY), "an infinity has no JSON form");
}

#[test]
fn tags_are_read_strictly() {
    let check = |text: &str, place: &str| match Value::from_tagged_json(text) {
        Err(Error::Invalid { place: found, .. }) => assert_eq!(found, place, "{text}"),
        other => panic!("{text} was not refused: {other:?}"),
    };
    check(r#"{"$bytes": "AQI="}"#, "$bytes");
    check(r#"{"$bytes": "AQJ"}"#, "$bytes");
    check(r#"{"$bytes": "+/8"}"#, "$bytes");
    check(r#"{"$bytes": [1]}"#, "$bytes");
    check(r#"{"$bytes": {"$bytes": "AQID"}}"#, "$bytes");
    check(r#"[{"a": {"$timestamp": "yesterday"}}]"#, "[0].a.$timestamp");
    check(r#"{"$timestamp": 0}"#, "$timestamp");
    check(r#"{"$float": "1.5"}"#, "$float");
    check(r#"{"$float": "Inf"}"#, "$float");
    check(r#"{"$unknown": 1}"#, "$unknown");
    check(r#"{"$": 1}"#, "$");
    let told = |text: &str, words: &str| {
        let error = Value::from_tagged_json(text).unwrap_err().to_string();
        assert!(error.contains(words), "{text}: {error}");
    };
    told(r#"{"$bytes": "AQI="}"#, "base64url without padding");
    told(r#"{"$timestamp": "yesterday"}"#, "2024-05-06T07:08:09Z");
    told(r#"{"$float": "1.5"}"#, "inf, -inf or nan");
    told(r#"{"$unknown": 1}"#, "$$name");
    let kept = |text: &str, value: Value| assert_eq!(Value::from_tagged_json(text).unwrap(), value);
    let object = |name: &str, value: Value| Value::Object(Object::from_iter([(name, value)]));
    kept(r#"{"$bytes": "_-8"}"#, Value::Bytes(vec![255, 239]));
    kept(r#"{"$$bytes": "AQID"}"#, object("$bytes", "AQID".into()));
    kept(r#"{"$$$bytes": {"$float": "inf"}}"#, object("$$bytes", f64::INFINITY.into()));
    let two = r#"{"$bytes": "AQID", "b": 1}"#;
    kept(two, Value::from_json(two).unwrap());
}

#[test]
fn the_deepest_value_has_a_tagged_form() {
    let innermost = Value::Array(vec![Value::Bytes(vec![1]), Value::Timestamp(Timestamp(1))]);
    let deepest =
        (1..DEPTH_MAX).fold(innermost, |inner, _| Value::Object(Object::from_iter([("$bytes", inner)])));
    assert_eq!(Value::from_tagged_json(&deepest.to_tagged_json_text().unwrap()).unwrap(), deepest);
}

/// Whether a value has only what JSON can hold.
fn is_plain(value: &Value) -> bool {
    match value {
        Value::Bytes(_) | Value::Timestamp(_) => false,
        Value::Float(float) => float.is_finite(),
        Value::Array(elements) => elements.iter().all(is_plain),
        Value::Object(object) => object.iter().all(|(_, value)| is_plain(value)),
        _ => true,
    }
}

proptest! {
    #[test]
    fn every_value_survives_tagged_json(value in any_value()) {
        let text = value.to_tagged_json_text().unwrap();
        prop_assert_eq!(format!("{:?}", Value::from_tagged_json(&text).unwrap()), format!("{value:?}"));
        prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value.to_tagged_json().unwrap());
    }

    #[test]
    fn a_value_survives_plain_json_or_is_refused(value in any_value()) {
        match value.to_json_text() {
            Ok(text) => {
                prop_assert!(is_plain(&value));
                prop_assert_eq!(format!("{:?}", Value::from_json(&text).unwrap()), format!("{value:?}"));
                let json = value.to_json().unwrap();
                prop_assert_eq!(format!("{:?}", crate::to_value(&json).unwrap()), format!("{value:?}"));
                prop_assert_eq!(crate::from_value::<serde_json::Value>(&value).unwrap(), json);
            }
            Err(_) => prop_assert!(!is_plain(&value) && value.to_json().is_err()),
        }
    }

    #[test]
    fn no_text_makes_reading_panic(text in prop_oneof![
        r#"[\[\]{}",:0-9eE.+\-\\ ant$]{0,40}"#,
        any_text(),
    ]) {
        let (plain, reference) = (Value::from_json(&text), serde_json::from_str::<serde_json::Value>(&text));
        prop_assert!(plain.is_err() || reference.is_ok());
        let _ = Value::from_tagged_json(&text);
    }

    #[test]
    fn an_integer_of_any_length_is_read_as_it_is_or_refused(digits in "-?(0|[1-9][0-9]{0,30})") {
        match (Value::from_json(&digits), digits.parse::<i64>()) {
            (Ok(Value::Int(read)), Ok(int)) => prop_assert_eq!(read, int),
            (Ok(Value::Float(read)), Ok(0)) => prop_assert!(digits == "-0" && read.is_sign_negative()),
            (Err(_), Err(_)) => {}
            (read, int) => prop_assert!(false, "{read:?} and {int:?}"),
        }
    }
}
