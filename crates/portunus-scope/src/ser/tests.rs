//! What Rust types become, what is refused, and that everything comes back.

use super::*;
use crate::from_value;
use crate::value::tests::any_value;
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;

/// What serde_json makes of the type is what this crate makes of it, and it comes back from both an owned value
/// and an archived one.
fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let made = to_value(value).unwrap();
    let json = serde_json::to_value(value).unwrap();
    assert_eq!(made, to_value(&json).unwrap(), "{value:?}");
    assert_eq!(&from_value::<T>(&made).unwrap(), value);
    let document = crate::Document::new("a", 1, None, &made).unwrap();
    assert_eq!(&document.to::<T>().unwrap(), value);
}

fn refused<T: Serialize>(value: T) -> String {
    to_value(&value).unwrap_err().to_string()
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Unit;

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Newtype(u8);

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Pair(i8, String);

#[derive(Serialize, Deserialize, PartialEq, Debug)]
enum Shape {
    Point,
    Circle(f64),
    Line(i32, i32),
    Box { width: u32, height: Option<u32> },
}

#[derive(Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Key {
    A,
    B,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Tagged {
    Note { text: String },
    Done { at: Timestamp },
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(untagged)]
enum Untagged {
    Int(i64),
    At(Timestamp),
    Text(String),
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Flat {
    name: String,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[test]
fn types_are_what_json_makes_of_them_and_come_back() {
    check(&());
    check(&true);
    check(&-5_i8);
    check(&u32::MAX);
    check(&i64::MIN);
    check(&i64::MAX.cast_unsigned());
    check(&1.5_f64);
    check(&0.5_f32);
    check(&'ä');
    check(&String::from("a\0b"));
    check(&Some(5));
    check(&None::<i32>);
    check(&vec![Some(1), None]);
    check(&(1, "a".to_string(), [true, false]));
    check(&Unit);
    check(&Newtype(3));
    check(&Pair(-1, "b".into()));
    check(&vec![Shape::Point, Shape::Circle(2.0), Shape::Line(1, -1), Shape::Box { width: 1, height: None }]);
    check(&HashMap::from([("b".to_string(), 1), ("a".to_string(), 2)]));
    check(&BTreeMap::from([(10_u8, 'x'), (9, 'y')]));
    check(&BTreeMap::from([(-10_i64, ()), (9, ())]));
    check(&BTreeMap::from([('x', 1)]));
    check(&BTreeMap::from([(true, 1), (false, 2)]));
    check(&BTreeMap::from([(Key::A, 1), (Key::B, 2)]));
    check(&Tagged::Note { text: "t".into() });
    check(&Untagged::Int(5));
    check(&Untagged::Text("t".into()));
    check(&Flat { name: "n".into(), rest: BTreeMap::from([("x".into(), Value::Int(1))]) });
    check(&std::net::Ipv4Addr::LOCALHOST);
    check(&i128::from(i64::MIN));
}

#[test]
fn bytes_and_instants_stay_what_they_are() {
    struct Bytes(Vec<u8>);
    impl Serialize for Bytes {
        fn serialize<S: ser::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
            serializer.serialize_bytes(&self.0)
        }
    }
    assert_eq!(to_value(&Bytes(vec![0, 255])).unwrap(), Value::Bytes(vec![0, 255]));
    assert_eq!(to_value(&Some(Timestamp(-7))).unwrap(), Value::Timestamp(Timestamp(-7)));
    let keeps = |value: &dyn Fn() -> Value| assert_eq!(to_value(&value()).unwrap(), value());
    keeps(&|| Value::Timestamp(Timestamp::MIN));
    keeps(&|| Value::Bytes(vec![1, 2]));

    let done = to_value(&Tagged::Done { at: Timestamp(5) }).unwrap();
    assert_eq!(done.member("at"), Some(&Value::Timestamp(Timestamp(5))));
    // Through the buffers that serde puts between for tagged, untagged and flattened types.
    assert_eq!(from_value::<Tagged>(&done).unwrap(), Tagged::Done { at: Timestamp(5) });
    assert_eq!(from_value::<Untagged>(&Value::Timestamp(Timestamp(5))).unwrap(), Untagged::At(Timestamp(5)));
    let flat = Flat {
        name: "n".into(),
        rest: BTreeMap::from([("at".into(), Timestamp(9).into()), ("b".into(), vec![1_u8].into())]),
    };
    assert_eq!(from_value::<Flat>(&to_value(&flat).unwrap()).unwrap(), flat);
    let keyed = BTreeMap::from([(Timestamp(0), 1)]);
    assert_eq!(to_value(&keyed).unwrap().member("1970-01-01T00:00:00Z"), Some(&Value::Int(1)));
    assert_eq!(from_value::<BTreeMap<Timestamp, i32>>(&to_value(&keyed).unwrap()).unwrap(), keyed);
    // Where people read, an instant is text.
    assert_eq!(serde_json::to_string(&Timestamp(1)).unwrap(), "\"1970-01-01T00:00:00.000001Z\"");
    assert_eq!(serde_json::from_str::<Timestamp>("\"1970-01-01T00:00:00.000001Z\"").unwrap(), Timestamp(1));
}

#[test]
fn what_no_value_can_hold_is_refused_with_its_place() {
    let integer = "is an integer that does not fit into 64 bits with a sign";
    assert_eq!(refused(u64::MAX), integer);
    assert_eq!(refused(u128::MAX), integer);
    assert_eq!(refused(i128::MIN), integer);
    assert_eq!(
        refused(BTreeMap::from([("a", vec![0, i64::MIN.cast_unsigned()])])),
        format!("a[1]: {integer}")
    );
    assert_eq!(refused((1, Shape::Circle(f64::NAN))), "[1].Circle: is not a number");
    assert_eq!(refused(f32::NAN), "is not a number");
    assert_eq!(
        refused(serde_json::json!({"a": {"b.c": [18_446_744_073_709_551_615_u64]}})),
        format!("a[\"b.c\"][0]: {integer}")
    );
    let key = "has a key that is neither text nor an integer, bool or character";
    assert_eq!(refused(BTreeMap::from([("m", BTreeMap::from([(None::<u8>, 1)]))])), format!("m: {key}"));
    assert_eq!(refused(BTreeMap::from([(vec![1], 1)])), key);
    assert_eq!(refused(BTreeMap::from([(u64::MAX, 1)])), key);
}

/// ATTACKS 104, from the side of Rust: a type that gives a member twice, so that two readers could see two documents.
#[test]
fn a_member_given_twice_is_refused() {
    #[derive(Serialize)]
    struct Twice {
        owner: u8,
        #[serde(flatten)]
        rest: BTreeMap<String, u8>,
    }
    let twice = || Twice { owner: 1, rest: BTreeMap::from([("owner".into(), 2)]) };
    assert_eq!(refused(twice()), "owner: there are two members of this name");
    assert_eq!(refused(vec![twice()]), "[0].owner: there are two members of this name");
}

#[test]
fn types_of_any_depth_are_refused_and_not_followed() {
    struct Endless;
    impl Serialize for Endless {
        fn serialize<S: ser::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
            [Endless].serialize(serializer)
        }
    }
    assert!(refused(Endless).ends_with("is nested too deeply"));
    let deepest = (0..DEPTH_MAX).fold(Value::Null, |inner, _| Value::Array(vec![inner]));
    assert_eq!(to_value(&deepest).unwrap(), deepest);
    assert!(refused(Value::Array(vec![deepest])).ends_with("is nested too deeply"));
    // A variant with fields is two objects deep.
    let variant =
        |depth: usize| (0..depth).fold(serde_json::Value::Null, |inner, _| serde_json::json!([inner]));
    assert!(to_value(&BTreeMap::from([("a", BTreeMap::from([("b", variant(DEPTH_MAX - 2))]))])).is_ok());
    assert!(to_value(&Shape::Line(1, 2)).unwrap().check(2, 1_000).is_ok());
    assert!(to_value(&Shape::Line(1, 2)).unwrap().check(1, 1_000).is_err());
}

proptest! {
    #[test]
    fn every_value_goes_through_serde_unchanged(value in any_value()) {
        let made = to_value(&value).unwrap();
        prop_assert_eq!(format!("{made:?}"), format!("{value:?}"));
        let read: Value = from_value(&value).unwrap();
        prop_assert_eq!(format!("{read:?}"), format!("{value:?}"));
        let document = crate::Document::new("a", 1, None, &value).unwrap();
        prop_assert_eq!(format!("{:?}", document.to::<Value>().unwrap()), format!("{value:?}"));
    }
}
