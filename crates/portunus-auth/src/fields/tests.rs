//! Fields as they are written, and their limits; and a second, plainer account of what they mean, for the tests of masks.

use super::*;
use crate::ErrorKind;
use portunus_scope::{Object, Value, from_value, to_value};
use proptest::prelude::*;
use std::collections::BTreeSet;

#[test]
fn fields_are_stored_under_what_they_mean() {
    let check = |fields: Fields, json: &str| {
        let stored = Value::from_json(json).unwrap();
        assert_eq!(to_value(&fields).unwrap(), stored);
        assert_eq!(from_value::<Fields>(&stored).unwrap(), fields);
        assert_eq!(serde_json::to_string(&fields).unwrap(), json);
        assert_eq!(serde_json::from_str::<Fields>(json).unwrap(), fields);
    };
    check(Fields::only(["b", "a.*"]), r#"{"only":["b","a.*"]}"#);
    check(Fields::only([""; 0]), r#"{"only":[]}"#);
    check(Fields::except([r"a\.b"]), r#"{"except":["a\\.b"]}"#);
}

#[test]
fn what_is_no_list_of_fields_is_refused() {
    for wrong in [
        "{}",
        r#"{"only":["a"],"except":["a"]}"#,
        r#"{"only":["a"],"also":1}"#,
        r#"{"Only":["a"]}"#,
        r#"{"only":"a"}"#,
        r#"{"only":[1]}"#,
        r#"{"only":null}"#,
        r#"["only",["a"]]"#,
        r#""only""#,
    ] {
        assert!(from_value::<Fields>(&Value::from_json(wrong).unwrap()).is_err(), "{wrong}");
        assert!(serde_json::from_str::<Fields>(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn paths_are_checked_with_their_place() {
    let check = |fields: Fields, message: &str| {
        let error = fields.check().unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Invalid, message));
    };
    check(Fields::except([""; 0]), "except: names no field, so that nothing would be hidden");
    check(Fields::only([""]), "only[0]: a name is empty");
    check(Fields::only(["a", "a..b"]), "only[1]: a name is empty");
    check(Fields::except(["a", "b", r"a\b"]), r"except[2]: only '\.' and '\\' are escapes");
    for right in ["a", "*", "a.*.b", "*.*", r"a\.b.c\\", "**", " "] {
        Fields::only([right, right]).check().unwrap();
        Fields::except([right, "a", "a.b"]).check().unwrap();
    }
    Fields::only([""; 0]).check().unwrap();
}

#[test]
fn there_is_a_limit_to_paths_to_their_names_and_to_the_length_of_those() {
    let many = |count: usize| (0..count).map(|number| format!("f{number}")).collect::<Vec<_>>();
    let limited = |fields: Fields| {
        let error = fields.check().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
    };
    Fields::only(many(FIELDS_MAX)).check().unwrap();
    Fields::except(many(FIELDS_MAX)).check().unwrap();
    limited(Fields::only(many(FIELDS_MAX + 1)));
    limited(Fields::except(many(FIELDS_MAX + 1)));
    for part in ["a".to_owned(), "*".to_owned(), "a".repeat(64)] {
        Fields::only([vec![part.as_str(); 16].join(".")]).check().unwrap();
        limited(Fields::only([vec![part.as_str(); 17].join(".")]));
    }
    limited(Fields::only(["a".repeat(65)]));
    limited(Fields::except(["a.".repeat(1_000_000)]));
}

/// A step from the top of a document to one of its parts.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    Member(String),
    Element(usize),
}

/// Something inside a document.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) steps: Vec<Step>,
    /// What tells a plain value from the others; objects and arrays have none.
    pub(super) number: Option<i64>,
}

/// All that is inside a document.
pub(super) fn parts(document: &Value) -> Vec<Part> {
    let mut found = Vec::new();
    add_parts(document, &[], &mut found);
    found
}

fn add_parts(value: &Value, steps: &[Step], found: &mut Vec<Part>) {
    let inner: Vec<(Step, &Value)> = match value {
        Value::Object(members) => {
            members.iter().map(|(name, value)| (Step::Member(name.to_owned()), value)).collect()
        }
        Value::Array(elements) => {
            elements.iter().enumerate().map(|(index, element)| (Step::Element(index), element)).collect()
        }
        _ => Vec::new(),
    };
    for (step, value) in inner {
        let steps = [steps, &[step]].concat();
        add_parts(value, &steps, found);
        found.push(Part { steps, number: value.as_int() });
    }
}

/// The plain values of a document.
pub(super) fn numbers(document: &Value) -> BTreeSet<i64> {
    parts(document).into_iter().filter_map(|part| part.number).collect()
}

/// The plain values that any of the fields shows, and how many objects and arrays.
pub(super) fn visible_parts(several: &[Fields], document: &Value) -> (BTreeSet<i64>, usize) {
    let parts = parts(document);
    let visible: Vec<&Part> =
        parts.iter().filter(|part| several.iter().any(|fields| is_visible(fields, part, &parts))).collect();
    let plain: BTreeSet<i64> = visible.iter().filter_map(|part| part.number).collect();
    let containers = visible.iter().filter(|part| part.number.is_none()).count();
    (plain, containers)
}

fn is_visible(fields: &Fields, part: &Part, parts: &[Part]) -> bool {
    match &fields.0 {
        Form::Except(paths) => !covers(paths, part, true),
        // What is shown for something inside it: only there can that be told from what lies beside.
        Form::Only(paths) => {
            parts.iter().any(|inner| inner.steps.starts_with(&part.steps) && covers(paths, inner, false))
        }
    }
}

/// Whether one of the paths leads to a part or to something around it, where `*` may stand for an element or not.
fn covers(paths: &[String], part: &Part, stands_for_elements: bool) -> bool {
    readings(&part.steps, stands_for_elements).iter().any(|reading| {
        paths.iter().any(|path| {
            let path: FieldPath = path.parse().unwrap();
            let segments = path.segments();
            let fits = |(segment, name): (&String, &Option<&str>)| {
                segment == "*" || name.is_some_and(|name| name == segment)
            };
            segments.len() <= reading.len() && segments.iter().zip(reading).all(fits)
        })
    })
}

/// All lists of names that a place can be taken for: with an element left out, or as something that has no name.
fn readings(steps: &[Step], stands_for_elements: bool) -> Vec<Vec<Option<&str>>> {
    let mut readings: Vec<Vec<Option<&str>>> = vec![Vec::new()];
    for step in steps {
        let name = match step {
            Step::Member(name) => Some(name.as_str()),
            Step::Element(_) if stands_for_elements => None,
            Step::Element(_) => continue,
        };
        let longer: Vec<_> = readings.iter().map(|reading| [reading.as_slice(), &[name]].concat()).collect();
        if name.is_some() {
            readings.clear();
        }
        readings.extend(longer);
    }
    readings
}

fn names() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["a", "b", "c"])
}

fn paths() -> impl Strategy<Value = Vec<String>> {
    let segment = prop_oneof![3 => names(), 1 => Just("*")];
    let path = prop::collection::vec(segment, 1..4).prop_map(|segments| segments.join("."));
    prop::collection::vec(path, 0..4)
}

fn fields() -> impl Strategy<Value = Fields> {
    prop_oneof![paths().prop_map(Fields::only), paths().prop_map(Fields::except)]
}

/// What somebody is given by several privileges.
pub(super) fn several() -> impl Strategy<Value = Vec<Fields>> {
    prop::collection::vec(fields(), 0..4)
}

/// The same fields with their paths the other way round.
pub(super) fn turned(fields: &Fields) -> Fields {
    match &fields.0 {
        Form::Only(paths) => Fields::only(paths.iter().rev()),
        Form::Except(paths) => Fields::except(paths.iter().rev()),
    }
}

/// An object of objects, arrays and these plain values.
pub(super) fn object(plain: impl Strategy<Value = Value> + 'static) -> impl Strategy<Value = Value> {
    let inner = plain.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            2 => members(inner),
        ]
    });
    members(inner)
}

fn members(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    prop::collection::vec((names(), inner), 0..4)
        .prop_map(|members| Value::Object(Object::from_iter(members)))
}

/// A document whose plain values are told apart by their numbers.
pub(super) fn document() -> impl Strategy<Value = Value> {
    object(Just(Value::Int(0))).prop_map(|mut document| {
        number(&mut document, &mut 0);
        document
    })
}

fn number(value: &mut Value, next: &mut i64) {
    match value {
        Value::Object(members) => members.iter_mut().for_each(|(_, value)| number(value, next)),
        Value::Array(elements) => elements.iter_mut().for_each(|element| number(element, next)),
        plain => {
            *plain = Value::Int(*next);
            *next += 1;
        }
    }
}
