//! JSON, in two forms. The plain form holds what JSON can hold, exactly, and refuses the rest. The tagged form holds every
//! value, for export and import. It knows nothing of files or documents.
//!
//! In the tagged form an object of one member whose name begins with `$` stands for something else:
//!
//! ```text
//! {"$bytes": "AQID"}                         bytes, in base64url without padding
//! {"$timestamp": "1970-01-01T00:00:00Z"}     an instant, in the text form of `Timestamp`
//! {"$float": "inf"}                          a float without JSON form: inf, -inf or nan
//! {"$$name": …}                              the object {"$name": …} itself
//! ```

use crate::limits::{DEPTH_MAX, DOCUMENT_BYTES_MAX};
use crate::place::Place;
use crate::value::{INTEGER_RANGE, Reader, ValueSeed, enter};
use crate::{Error, Object, Result, Timestamp, Value};
use data_encoding::BASE64URL_NOPAD;
use serde::de::DeserializeSeed;
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

/// The most bytes of a JSON text: a document of the greatest size, with room for escapes and white space.
pub const JSON_BYTES_MAX: usize = 4 * DOCUMENT_BYTES_MAX;

impl Value {
    /// Reads plain JSON. A number without fraction or exponent is an integer, every other one the float nearest to it.
    ///
    /// # Errors
    /// `Invalid` with the place of what would have to be changed to be kept: an integer beyond 64 bits with a sign, a
    /// float beyond the largest or below the smallest one, a second member of one name, more than 64 levels; or if this
    /// is not JSON, or text follows it. `Limit` for a text of more than [`JSON_BYTES_MAX`].
    ///
    /// ```
    /// use portunus_scope::Value;
    /// assert_eq!(Value::from_json("-0.5e1")?, Value::Float(-5.0));
    /// let error = Value::from_json(r#"{"a": [1, 10000000000000000000000000]}"#).unwrap_err();
    /// assert_eq!(error.to_string(), "a[1]: is an integer that does not fit into 64 bits with a sign");
    /// # Ok::<(), portunus_scope::Error>(())
    /// ```
    pub fn from_json(text: &str) -> Result<Self> {
        read(text, DEPTH_MAX)
    }

    /// The value as plain JSON.
    ///
    /// # Errors
    /// `Invalid` with the place of bytes, an instant, an infinity or not-a-number, or more than 64 levels.
    ///
    /// ```
    /// use portunus_scope::{Object, Timestamp, Value};
    /// let value = Value::from(Object::from_iter([("a", 1)]));
    /// assert_eq!(value.to_json()?, serde_json::json!({"a": 1}));
    /// assert!(Value::from(Timestamp(0)).to_json().is_err());
    /// # Ok::<(), portunus_scope::Error>(())
    /// ```
    pub fn to_json(&self) -> Result<serde_json::Value> {
        check_plain(self, Place::Top, DEPTH_MAX)?;
        serde_json::to_value(self).map_err(|_| unwritable())
    }

    /// The value as the text of plain JSON, on one line.
    ///
    /// # Errors
    /// As [`Value::to_json`].
    ///
    /// ```
    /// use portunus_scope::{Object, Timestamp, Value};
    /// let value = Value::from(Object::from_iter([("a", Value::from(1.0)), ("b", Value::Null)]));
    /// assert_eq!(value.to_json_text()?, r#"{"a":1.0,"b":null}"#);
    /// assert!(Value::from(Timestamp(0)).to_json_text().is_err());
    /// # Ok::<(), portunus_scope::Error>(())
    /// ```
    pub fn to_json_text(&self) -> Result<String> {
        check_plain(self, Place::Top, DEPTH_MAX)?;
        serde_json::to_string(self).map_err(|_| unwritable())
    }

    /// Reads tagged JSON.
    ///
    /// # Errors
    /// As [`Value::from_json`], and `Invalid` for a tag that is unknown or wrongly used.
    pub fn from_tagged_json(text: &str) -> Result<Self> {
        // A tag is an object around what may be at the greatest depth.
        untag(read(text, DEPTH_MAX + 1)?, Place::Top, DEPTH_MAX)
    }

    /// The value as tagged JSON, which holds every value.
    ///
    /// # Errors
    /// `Invalid` for more than 64 levels.
    ///
    /// ```
    /// use portunus_scope::Value;
    /// assert_eq!(Value::from(vec![1_u8, 2, 3]).to_tagged_json()?, serde_json::json!({"$bytes": "AQID"}));
    /// # Ok::<(), portunus_scope::Error>(())
    /// ```
    pub fn to_tagged_json(&self) -> Result<serde_json::Value> {
        check_depth(self, Place::Top, DEPTH_MAX)?;
        serde_json::to_value(Tagged(self)).map_err(|_| unwritable())
    }

    /// The value as the text of tagged JSON, on one line.
    ///
    /// # Errors
    /// As [`Value::to_tagged_json`].
    ///
    /// ```
    /// use portunus_scope::{Timestamp, Value};
    /// let value = Value::from(vec![Value::from(Timestamp(0)), Value::from(vec![1_u8, 2, 3])]);
    /// let text = value.to_tagged_json_text()?;
    /// assert_eq!(text, r#"[{"$timestamp":"1970-01-01T00:00:00Z"},{"$bytes":"AQID"}]"#);
    /// assert_eq!(Value::from_tagged_json(&text)?, value);
    /// # Ok::<(), portunus_scope::Error>(())
    /// ```
    pub fn to_tagged_json_text(&self) -> Result<String> {
        check_depth(self, Place::Top, DEPTH_MAX)?;
        serde_json::to_string(&Tagged(self)).map_err(|_| unwritable())
    }
}

fn unwritable() -> Error {
    Error::Internal("a value that was checked could not be written as JSON".into())
}

fn read(text: &str, depth_max: usize) -> Result<Value> {
    if text.len() > JSON_BYTES_MAX {
        return Err(Error::Limit { what: "JSON text", actual: text.len(), max: JSON_BYTES_MAX });
    }
    let mut reader = Reader { refused_number: find_refused_number(text), ..Reader::default() };
    let mut json = serde_json::Deserializer::from_str(text);
    let seed = ValueSeed { place: Place::Top, depth_left: depth_max, reader: &mut reader };
    match seed.deserialize(&mut json).and_then(|value| json.end().map(|()| value)) {
        Ok(value) => Ok(value),
        Err(error) => Err(reader.fault.take().unwrap_or_else(|| refused_by_parser(&error, &reader))),
    }
}

/// The parser's messages name the place and what was expected there, and nothing of the text.
fn refused_by_parser(error: &serde_json::Error, reader: &Reader) -> Error {
    match reader.refused_number {
        // The parser itself stops at a number beyond the largest float, without a path.
        Some((count, problem)) if count == reader.numbers + 1 && problem == BEYOND_FLOATS => {
            Error::invalid(format!("line {} column {}", error.line(), error.column()), problem)
        }
        _ => Error::invalid("", format!("is not JSON: {error}")),
    }
}

/// The first number of a JSON text that the parser would change without a word, counted from 1, and what is wrong with
/// it. (The parser turns integers of more than 64 bits into floats, and tiny floats into zero.) In a text that is not
/// JSON this finds anything or nothing, and the parser then refuses it.
fn find_refused_number(text: &str) -> Option<(usize, &'static str)> {
    let mut rest = text.as_bytes();
    let mut count = 0;
    while let Some((&first, after)) = rest.split_first() {
        rest = match first {
            b'"' => after_string(after),
            b'-' | b'0'..=b'9' => {
                count += 1;
                let length = rest.iter().take_while(|byte| is_of_number(**byte)).count();
                let (number, after) = rest.split_at(length);
                if let Some(problem) = std::str::from_utf8(number).ok().and_then(refusal) {
                    return Some((count, problem));
                }
                after
            }
            _ => after,
        };
    }
    None
}

fn is_of_number(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')
}

/// What follows the end of a string.
fn after_string(mut rest: &[u8]) -> &[u8] {
    loop {
        rest = match rest {
            [b'"', after @ ..] => return after,
            [b'\\', _, after @ ..] | [_, after @ ..] => after,
            [] => return rest,
        };
    }
}

const BEYOND_FLOATS: &str = "is a number beyond the largest float";

/// Why a number cannot be kept as it is, if it cannot.
fn refusal(number: &str) -> Option<&'static str> {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, ""));
    if exponent.is_empty() && !mantissa.contains('.') {
        return number.parse::<i64>().is_err().then_some(INTEGER_RANGE);
    }
    let float: f64 = number.parse().ok()?;
    if float.is_infinite() {
        Some(BEYOND_FLOATS)
    } else if float == 0.0 && mantissa.contains(|digit: char| matches!(digit, '1'..='9')) {
        Some("is a number below the smallest float")
    } else {
        None
    }
}

fn check_plain(value: &Value, place: Place<'_>, depth_left: usize) -> Result<()> {
    check_each(value, place, depth_left, &|value, place| match value {
        Value::Float(float) if float.is_nan() => Err(no_json(place, "not-a-number has")),
        Value::Float(float) if float.is_infinite() => Err(no_json(place, "an infinity has")),
        Value::Bytes(_) => Err(no_json(place, "bytes have")),
        Value::Timestamp(_) => Err(no_json(place, "an instant has")),
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => Ok(()),
    })
}

fn no_json(place: Place<'_>, what: &str) -> Error {
    Error::invalid(place.to_string(), format!("{what} no JSON form"))
}

fn check_depth(value: &Value, place: Place<'_>, depth_left: usize) -> Result<()> {
    check_each(value, place, depth_left, &|_, _| Ok(()))
}

/// Checks every value that holds no other, and that none lies too deep.
fn check_each(
    value: &Value,
    place: Place<'_>,
    depth_left: usize,
    check: &dyn Fn(&Value, Place<'_>) -> Result<()>,
) -> Result<()> {
    match value {
        Value::Array(elements) => {
            let depth_left = enter(place, depth_left)?;
            let mut elements = elements.iter().enumerate();
            elements
                .try_for_each(|(index, element)| check_each(element, place.element(index), depth_left, check))
        }
        Value::Object(object) => {
            let depth_left = enter(place, depth_left)?;
            object
                .iter()
                .try_for_each(|(name, value)| check_each(value, place.member(name), depth_left, check))
        }
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::String(_)
        | Value::Bytes(_)
        | Value::Timestamp(_) => check(value, place),
    }
}

/// A value that writes itself in the tagged form.
struct Tagged<'a>(&'a Value);

impl Serialize for Tagged<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self.0 {
            Value::Bytes(bytes) => tag(serializer, "$bytes", &BASE64URL_NOPAD.encode(bytes)),
            Value::Timestamp(instant) => tag(serializer, "$timestamp", &instant.to_string()),
            Value::Float(float) if float.is_nan() => tag(serializer, "$float", "nan"),
            Value::Float(float) if float.is_infinite() => {
                tag(serializer, "$float", if *float > 0.0 { "inf" } else { "-inf" })
            }
            Value::Array(elements) => {
                let mut sequence = serializer.serialize_seq(Some(elements.len()))?;
                elements.iter().try_for_each(|element| sequence.serialize_element(&Tagged(element)))?;
                sequence.end()
            }
            Value::Object(object) => {
                let mut map = serializer.serialize_map(Some(object.len()))?;
                for (name, value) in object.iter() {
                    if object.len() == 1 && name.starts_with('$') {
                        map.serialize_entry(&format!("${name}"), &Tagged(value))?;
                    } else {
                        map.serialize_entry(name, &Tagged(value))?;
                    }
                }
                map.end()
            }
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::String(_) => {
                self.0.serialize(serializer)
            }
        }
    }
}

fn tag<S: Serializer>(serializer: S, tag: &str, text: &str) -> std::result::Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry(tag, text)?;
    map.end()
}

/// Replaces tags by what they stand for.
fn untag(value: Value, place: Place<'_>, depth_left: usize) -> Result<Value> {
    match value {
        Value::Array(elements) => {
            let depth_left = enter(place, depth_left)?;
            let elements = elements.into_iter().enumerate();
            elements
                .map(|(index, element)| untag(element, place.element(index), depth_left))
                .collect::<Result<_>>()
                .map(Value::Array)
        }
        Value::Object(object) => {
            if let Some((name, content)) = only_member(&object)
                && name.starts_with('$')
                && !name.starts_with("$$")
            {
                return read_tag(name, content)
                    .ok_or_else(|| Error::invalid(place.member(name).to_string(), fault_of_tag(name)));
            }
            let depth_left = enter(place, depth_left)?;
            let is_escaped = only_member(&object).is_some_and(|(name, _)| name.starts_with("$$"));
            let mut members = Vec::with_capacity(object.len());
            for (name, value) in object {
                let value = untag(value, place.member(&name), depth_left)?;
                let name = if is_escaped { name.split_at(1).1.to_string() } else { name };
                members.push((name, value));
            }
            Ok(Value::Object(members.into_iter().collect()))
        }
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::String(_)
        | Value::Bytes(_)
        | Value::Timestamp(_) => Ok(value),
    }
}

fn only_member(object: &Object) -> Option<(&str, &Value)> {
    if object.len() == 1 { object.iter().next() } else { None }
}

fn read_tag(tag: &str, content: &Value) -> Option<Value> {
    let text = content.as_str()?;
    match (tag, text) {
        ("$bytes", _) => BASE64URL_NOPAD.decode(text.as_bytes()).ok().map(Value::Bytes),
        ("$timestamp", _) => text.parse::<Timestamp>().ok().map(Value::Timestamp),
        ("$float", "inf") => Some(Value::Float(f64::INFINITY)),
        ("$float", "-inf") => Some(Value::Float(f64::NEG_INFINITY)),
        ("$float", "nan") => Some(Value::Float(f64::NAN)),
        _ => None,
    }
}

/// What is wrong where a tag could not be read.
fn fault_of_tag(tag: &str) -> &'static str {
    match tag {
        "$bytes" => "is not base64url without padding",
        "$timestamp" => "is not an instant such as 2024-05-06T07:08:09Z",
        "$float" => "is not inf, -inf or nan",
        _ => "is not a tag: those are $bytes, $timestamp and $float, and $$name is the name $name itself",
    }
}

#[cfg(test)]
mod tests;
