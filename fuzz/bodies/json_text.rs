//! Texts as JSON, plain and tagged, and as patches: what is read is what another reader of JSON finds there, and is written so that
//! it is read as the same. It knows nothing of how JSON is read.

use portunus_scope::{Error, Value, ValueRef};
use serde_json::{Map, Value as Json};

/// The most levels of a document.
const DEPTH_MAX: usize = 64;

/// Reads `data` in both forms; if it has two lines, the second one changes the first.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    plain(text);
    tagged(text);
    if let Some((target, patch)) = text.split_once('\n') {
        patched(target, patch);
    }
}

fn plain(text: &str) {
    let other = serde_json::from_str::<Json>(text).ok();
    match Value::from_json(text) {
        Ok(value) => {
            let written = value.to_json_text().unwrap();
            assert_eq!(exact(&Value::from_json(&written).unwrap()), exact(&value), "{text} as {written}");
            assert_eq!(value.to_json().unwrap().to_string(), written, "there is one plain form");
            let other = other.expect("what we read is JSON");
            assert_eq!(value.to_json().unwrap(), other, "{text}");
            // A tag is plain JSON as well, and only the tagged form gives it another meaning.
            let tagged = value.to_tagged_json_text().unwrap();
            assert_eq!(exact(&Value::from_tagged_json(&tagged).unwrap()), exact(&value), "{tagged}");
        }
        Err(error) => {
            refused(text, &error);
            // The other reader keeps one of two members of a name and rounds numbers. What it then writes can be read.
            if let Some(other) = other.filter(|other| fits(other, DEPTH_MAX)) {
                let read =
                    Value::from_json(&other.to_string()).unwrap_or_else(|error| panic!("{other}: {error}"));
                assert_eq!(read.to_json().unwrap(), other);
            }
        }
    }
}

fn tagged(text: &str) {
    match Value::from_tagged_json(text) {
        Ok(value) => {
            let written = value.to_tagged_json_text().unwrap();
            assert_eq!(
                exact(&Value::from_tagged_json(&written).unwrap()),
                exact(&value),
                "{text} as {written}"
            );
            assert_eq!(value.to_tagged_json().unwrap().to_string(), written, "there is one tagged form");
        }
        Err(error) => refused(text, &error),
    }
}

fn patched(target: &str, patch: &str) {
    let (Ok(mut value), Ok(change)) = (Value::from_json(target), Value::from_json(patch)) else { return };
    let expected = merged(&value.to_json().unwrap(), &change.to_json().unwrap());
    value.merge_patch(change);
    match value.to_json() {
        Ok(found) => assert_eq!(found, expected, "{target} changed by {patch}"),
        Err(error) => panic!("{error}"),
    }
}

/// RFC 7396 as it is written there.
fn merged(target: &Json, patch: &Json) -> Json {
    let Json::Object(patch) = patch else { return patch.clone() };
    let mut made = target.as_object().cloned().unwrap_or_else(Map::new);
    for (name, change) in patch {
        if change.is_null() {
            made.remove(name);
        } else {
            let value = merged(made.get(name).unwrap_or(&Json::Null), change);
            made.insert(name.clone(), value);
        }
    }
    Json::Object(made)
}

fn refused(text: &str, error: &Error) {
    match error {
        Error::Invalid { problem, .. } => {
            assert!(!problem.is_empty() && !problem.ends_with('.'), "{text}: {problem}");
        }
        Error::Limit { .. } => {}
        other => panic!("{text}: {other}"),
    }
}

/// Whether nothing lies too deep and every integer has its 64 bits with a sign.
fn fits(json: &Json, depth_left: usize) -> bool {
    match json {
        Json::Number(number) => !number.is_u64() || number.is_i64(),
        Json::Array(items) => depth_left > 0 && items.iter().all(|item| fits(item, depth_left - 1)),
        Json::Object(members) => depth_left > 0 && members.values().all(|value| fits(value, depth_left - 1)),
        Json::Null | Json::Bool(_) | Json::String(_) => true,
    }
}

/// A value as text in which -0 is not 0, and what is not a number is itself.
fn exact(value: &Value) -> String {
    fn write(value: ValueRef<'_>, to: &mut String) {
        match value {
            ValueRef::Float(float) => to.push_str(&format!("{:x}f", float.to_bits())),
            ValueRef::Array(items) => {
                to.push('[');
                items.iter().for_each(|item| {
                    write(item, to);
                    to.push(',');
                });
                to.push(']');
            }
            ValueRef::Object(members) => {
                to.push('{');
                members.iter().for_each(|(name, value)| {
                    to.push_str(&format!("{name:?}:"));
                    write(value, to);
                    to.push(',');
                });
                to.push('}');
            }
            other => to.push_str(&format!("{:?}", other.to_value())),
        }
    }
    let mut text = String::new();
    write(ValueRef::from(value), &mut text);
    text
}
