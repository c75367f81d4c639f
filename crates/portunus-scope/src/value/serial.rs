//! Values, objects and instants as serde sees them. Formats of others get what they can hold; this crate's own
//! serializers recognise bytes and instants, and keep them.

use super::check::enter;
use crate::limits::DEPTH_MAX;
use crate::object::Member;
use crate::place::Place;
use crate::{Error, Object, Timestamp, Value};
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq, Serializer};
use serde::{Deserialize, Serialize};
use std::fmt;

/// By this name of a newtype struct this crate's own serializers know an instant.
pub(crate) const TIMESTAMP_NAME: &str = "$portunus::Timestamp";
/// The most elements for which room is made before they are there.
const RESERVED_MAX: usize = 1_024;

impl Serialize for Value {
    /// In a format without bytes or instants they become what that format makes of them: in JSON a list of numbers,
    /// and text. Use [`Value::to_json`] to have them refused, or [`Value::to_tagged_json`] to have them kept.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(truth) => serializer.serialize_bool(*truth),
            Self::Int(int) => serializer.serialize_i64(*int),
            Self::Float(float) => serializer.serialize_f64(*float),
            Self::String(text) => serializer.serialize_str(text),
            Self::Bytes(bytes) => serializer.serialize_bytes(bytes),
            Self::Timestamp(instant) => instant.serialize(serializer),
            Self::Array(elements) => {
                let mut sequence = serializer.serialize_seq(Some(elements.len()))?;
                elements.iter().try_for_each(|element| sequence.serialize_element(element))?;
                sequence.end()
            }
            Self::Object(object) => object.serialize(serializer),
        }
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        self.iter().try_for_each(|(name, value)| map.serialize_entry(name, value))?;
        map.end()
    }
}

impl Serialize for Timestamp {
    /// RFC 3339 where people read, else microseconds.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(TIMESTAMP_NAME, &Micros(*self))
    }
}

/// The inside of an instant.
struct Micros(Timestamp);

impl Serialize for Micros {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(&self.0)
        } else {
            serializer.serialize_i64(self.0.0)
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    /// At most [`DEPTH_MAX`] levels deep, no member twice.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ValueSeed { place: Place::Top, depth_left: DEPTH_MAX, reader: &mut Reader::default() }
            .deserialize(deserializer)
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Object(object) => Ok(object),
            other => Err(de::Error::custom(format_args!("expected an object, found {}", other.kind()))),
        }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(TIMESTAMP_NAME, TimestampVisitor)
    }
}

struct TimestampVisitor;

impl<'de> Visitor<'de> for TimestampVisitor {
    type Value = Timestamp;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a timestamp")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inside: D) -> Result<Timestamp, D::Error> {
        if inside.is_human_readable() { inside.deserialize_any(self) } else { inside.deserialize_i64(self) }
    }

    fn visit_i64<E: de::Error>(self, micros: i64) -> Result<Timestamp, E> {
        Ok(Timestamp(micros))
    }

    fn visit_u64<E: de::Error>(self, micros: u64) -> Result<Timestamp, E> {
        i64::try_from(micros).map(Timestamp).map_err(|_| E::custom("is not an instant"))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Timestamp, E> {
        text.parse().map_err(E::custom)
    }
}

/// What is known while a value is being read.
#[derive(Default)]
pub(crate) struct Reader {
    /// What was found wrong, with its place, which the error type of a foreign format cannot carry.
    pub(crate) fault: Option<Error>,
    /// How many numbers have been read.
    pub(crate) numbers: usize,
    /// Which number of the text, counted from 1, must be refused, and why.
    pub(crate) refused_number: Option<(usize, &'static str)>,
}

/// Reads one value at a place.
pub(crate) struct ValueSeed<'a> {
    pub(crate) place: Place<'a>,
    pub(crate) depth_left: usize,
    pub(crate) reader: &'a mut Reader,
}

impl ValueSeed<'_> {
    fn fail<E: de::Error>(&mut self, error: Error) -> E {
        let message = E::custom(&error);
        self.reader.fault = Some(error);
        message
    }

    fn fail_here<E: de::Error>(&mut self, problem: &'static str) -> E {
        self.fail(Error::invalid(self.place.to_string(), problem))
    }

    fn number<E: de::Error>(mut self, number: Value) -> Result<Value, E> {
        self.reader.numbers += 1;
        match self.reader.refused_number {
            Some((place, problem)) if place == self.reader.numbers => Err(self.fail_here(problem)),
            _ => Ok(number),
        }
    }

    fn integer<E: de::Error>(mut self, integer: impl TryInto<i64>) -> Result<Value, E> {
        match integer.try_into() {
            Ok(int) => self.number(Value::Int(int)),
            Err(_) => Err(self.fail_here(INTEGER_RANGE)),
        }
    }
}

pub(crate) const INTEGER_RANGE: &str = "is an integer that does not fit into 64 bits with a sign";

impl<'de> DeserializeSeed<'de> for ValueSeed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueSeed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, inside: D) -> Result<Value, D::Error> {
        inside.deserialize_any(self)
    }

    fn visit_bool<E: de::Error>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Bool(truth))
    }

    fn visit_i64<E: de::Error>(self, int: i64) -> Result<Value, E> {
        self.integer(int)
    }

    fn visit_u64<E: de::Error>(self, int: u64) -> Result<Value, E> {
        self.integer(int)
    }

    fn visit_i128<E: de::Error>(self, int: i128) -> Result<Value, E> {
        self.integer(int)
    }

    fn visit_u128<E: de::Error>(self, int: u128) -> Result<Value, E> {
        self.integer(int)
    }

    fn visit_f64<E: de::Error>(self, float: f64) -> Result<Value, E> {
        self.number(Value::Float(float))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.into()))
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Value, E> {
        Ok(Value::Bytes(bytes.into()))
    }

    fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Value, E> {
        Ok(Value::Bytes(bytes))
    }

    /// Only this crate's own values describe themselves as newtype structs: instants.
    fn visit_newtype_struct<D: Deserializer<'de>>(self, inside: D) -> Result<Value, D::Error> {
        inside.deserialize_i64(TimestampVisitor).map(Value::Timestamp)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut sequence: A) -> Result<Value, A::Error> {
        let depth_left = enter(self.place, self.depth_left).map_err(|error| self.fail(error))?;
        let mut elements = Vec::with_capacity(sequence.size_hint().unwrap_or(0).min(RESERVED_MAX));
        loop {
            let place = self.place.element(elements.len());
            match sequence.next_element_seed(ValueSeed { place, depth_left, reader: self.reader })? {
                Some(element) => elements.push(element),
                None => return Ok(Value::Array(elements)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Value, A::Error> {
        let depth_left = enter(self.place, self.depth_left).map_err(|error| self.fail(error))?;
        let mut members = Vec::with_capacity(map.size_hint().unwrap_or(0).min(RESERVED_MAX));
        while let Some(name) = map.next_key::<String>()? {
            let place = self.place.member(&name);
            let value = map.next_value_seed(ValueSeed { place, depth_left, reader: self.reader })?;
            members.push(Member { name, value });
        }
        Object::from_members(members).map(Value::Object).map_err(|twice| {
            self.fail(Error::invalid(
                self.place.member(&twice).to_string(),
                "there are two members of this name",
            ))
        })
    }
}
