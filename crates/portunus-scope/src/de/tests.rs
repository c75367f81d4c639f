//! What a value can be read as, and what the refusals say and do not say.

use super::*;
use crate::Document;
use serde::Deserialize;
use std::collections::BTreeMap;

fn json(text: &str) -> Value {
    Value::from_json(text).unwrap()
}

#[derive(Deserialize, PartialEq, Debug)]
#[serde(deny_unknown_fields)]
struct Person<'a> {
    name: &'a str,
    #[serde(borrow, default)]
    tags: Vec<&'a str>,
    age: Option<u8>,
}

#[test]
fn text_and_bytes_are_borrowed_from_the_document() {
    #[derive(Deserialize)]
    struct Borrowed<'a> {
        text: &'a str,
        bytes: &'a [u8],
    }
    let value = Value::Object(
        [("text", Value::from("longer than eight")), ("bytes", vec![1_u8, 2].into())].into_iter().collect(),
    );
    let document = Document::new("a", 1, None, &value).unwrap();
    let read: Borrowed<'_> = document.to_borrowed().unwrap();
    assert_eq!((read.text, read.bytes), ("longer than eight", [1, 2].as_slice()));
    assert!(document.as_stored().as_ptr_range().contains(&read.text.as_ptr()));
    assert!(document.as_stored().as_ptr_range().contains(&read.bytes.as_ptr()));
    assert_eq!(document.as_ref().to::<Borrowed<'_>>().unwrap().text, read.text);
}

#[test]
fn a_refusal_names_the_place_and_the_kinds() {
    let check = |text: &str, problem: &str| {
        let value = json(text);
        let error = Person::deserialize(ValueRef::from(&value)).unwrap_err();
        assert_eq!(error.to_string(), problem, "{text}");
    };
    check(r#"{"name": 7654321}"#, "name: expected a borrowed string, found an integer");
    check(
        r#"{"name": "n", "tags": ["a", {"b": 1}]}"#,
        "tags[1]: expected a borrowed string, found an object",
    );
    check(r#"{"name": "n", "age": 7654321}"#, "age: expected u8, found an integer that is none");
    check(r#"{"name": "n", "age": -1}"#, "age: expected u8, found an integer that is none");
    check(r#"{"name": "n", "age": 1.5}"#, "age: expected u8, found a float");
    check(r#"{"age": 1}"#, "name: is missing");
    check(r#"{"name": "n", "rôle": "admin"}"#, "rôle: is not a known field");
    check("null", "expected struct Person, found null");
}

/// Errors end up in logs, which are read by those who may not read the document.
#[test]
fn a_refusal_never_holds_what_is_there() {
    #[derive(Deserialize, Debug)]
    enum Kind {
        A,
        B(u8),
    }
    fn check<T: DeserializeOwned + std::fmt::Debug>(value: &Value) {
        let error = from_value::<T>(value).unwrap_err().to_string();
        assert!(!error.contains("hunter2") && !error.contains("424242"), "{error}");
    }
    let secret = Value::from("hunter2");
    check::<u8>(&secret);
    check::<Kind>(&secret);
    check::<bool>(&secret);
    check::<char>(&secret);
    check::<Vec<u8>>(&secret);
    check::<BTreeMap<u8, u8>>(&secret);
    check::<Option<i64>>(&secret);
    let number = Value::from(424_242);
    check::<u8>(&number);
    check::<String>(&number);
    check::<Kind>(&Value::Object([("B", number.clone())].into_iter().collect()));
    check::<Kind>(&Value::Object([("A", number)].into_iter().collect()));
    check::<f64>(&Value::Bytes(b"hunter2".to_vec()));
    check::<BTreeMap<u8, ()>>(&json(r#"{"x": 1}"#));
    assert!(matches!(from_value::<Kind>(&"A".into()).unwrap(), Kind::A));
    assert!(matches!(from_value::<Kind>(&json(r#"{"B": 1}"#)).unwrap(), Kind::B(1)));
}

#[test]
fn nothing_is_left_over_unseen() {
    assert!(from_value::<(i32, i32)>(&json("[1, 2]")).is_ok());
    assert_eq!(
        from_value::<(i32, i32)>(&json("[1, 2, 3]")).unwrap_err().to_string(),
        "expected no more than 2 elements"
    );
    assert!(from_value::<(i32, i32)>(&json("[1]")).is_err());
    assert!(from_value::<BTreeMap<u8, u8>>(&json(r#"{"300": 1}"#)).is_err());
    assert!(from_value::<de::IgnoredAny>(&json(r#"{"a": [1, {"b": null}]}"#)).is_ok());
}

#[test]
fn an_instant_is_text_for_a_type_that_reads_text() {
    let instant = Value::from(Timestamp(1));
    assert_eq!(from_value::<String>(&instant).unwrap(), "1970-01-01T00:00:00.000001Z");
    assert_eq!(from_value::<Timestamp>(&"1970-01-01T00:00:00.000001Z".into()).unwrap(), Timestamp(1));
    assert!(from_value::<Timestamp>(&"soon".into()).is_err());
    assert!(from_value::<Timestamp>(&Value::Null).is_err());
    assert!(from_value::<serde_json::Value>(&instant).is_err());
    assert!(from_value::<serde_json::Value>(&Value::Bytes(vec![1])).is_err());
}
