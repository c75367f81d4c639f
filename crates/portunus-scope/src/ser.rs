//! From Rust types to values, through serde. It knows nothing of how values are stored.

use crate::limits::DEPTH_MAX;
use crate::object::Member;
use crate::place::{inside_element, inside_member};
use crate::value::{INTEGER_RANGE, TIMESTAMP_NAME};
use crate::{Error, Object, Result, Timestamp, Value};
use serde::ser::{self, Serialize};
use std::fmt::Display;

const DEEP: &str = "is nested too deeply";

/// The value that a type of the caller's describes itself as, in the shapes that JSON has for it: `Option` and `()` may be
/// null, a variant is its name or an object of one member, keys of maps are text. Bytes and instants are kept.
///
/// # Errors
/// `Invalid` with the place of what no value can hold: integers beyond 64 bits with a sign, floats that are not a number,
/// keys that are not text, integers, bools or characters, the same key twice, more than [`DEPTH_MAX`] levels.
///
/// ```
/// use portunus_scope::{Value, from_value, to_value};
/// #[derive(serde::Serialize, serde::Deserialize, PartialEq, Debug)]
/// struct Note { title: String, tags: Vec<String> }
/// let note = Note { title: "milk".into(), tags: vec!["shop".into()] };
/// let value = to_value(&note)?;
/// assert_eq!(value, Value::from_json(r#"{"title": "milk", "tags": ["shop"]}"#)?);
/// assert_eq!(from_value::<Note>(&value)?, note);
/// # Ok::<(), portunus_scope::Error>(())
/// ```
pub fn to_value<T: Serialize + ?Sized>(value: &T) -> Result<Value> {
    value.serialize(ValueSerializer { depth_left: DEPTH_MAX, is_human_readable: true })
}

impl ser::Error for Error {
    fn custom<T: Display>(problem: T) -> Self {
        Self::invalid("", problem.to_string())
    }
}

#[derive(Clone, Copy)]
struct ValueSerializer {
    /// How many more containers may be entered.
    depth_left: usize,
    is_human_readable: bool,
}

impl ValueSerializer {
    fn enter(mut self) -> Result<Self> {
        self.depth_left = self.depth_left.checked_sub(1).ok_or_else(|| Error::invalid("", DEEP))?;
        Ok(self)
    }

    fn integer(self, integer: impl TryInto<i64>) -> Result<Value> {
        integer.try_into().map(Value::Int).map_err(|_| Error::invalid("", INTEGER_RANGE))
    }

    fn elements(self, variant: Option<&'static str>) -> Result<Elements> {
        let inside = if variant.is_some() { self.enter()?.enter()? } else { self.enter()? };
        Ok(Elements { inside, variant, elements: Vec::new() })
    }

    fn members(self, variant: Option<&'static str>) -> Result<Members> {
        let inside = if variant.is_some() { self.enter()?.enter()? } else { self.enter()? };
        Ok(Members { inside, variant, members: Vec::new(), name: None })
    }
}

impl ser::Serializer for ValueSerializer {
    type Ok = Value;
    type Error = Error;
    type SerializeSeq = Elements;
    type SerializeTuple = Elements;
    type SerializeTupleStruct = Elements;
    type SerializeTupleVariant = Elements;
    type SerializeMap = Members;
    type SerializeStruct = Members;
    type SerializeStructVariant = Members;

    fn is_human_readable(&self) -> bool {
        self.is_human_readable
    }

    fn serialize_bool(self, truth: bool) -> Result<Value> {
        Ok(Value::Bool(truth))
    }

    fn serialize_i8(self, int: i8) -> Result<Value> {
        self.integer(int)
    }

    fn serialize_i16(self, int: i16) -> Result<Value> {
        self.integer(int)
    }

    fn serialize_i32(self, int: i32) -> Result<Value> {
        self.integer(int)
    }

    fn serialize_i64(self, int: i64) -> Result<Value> {
        self.integer(int)
    }

    fn serialize_i128(self, int: i128) -> Result<Value> {
        self.integer(int)
    }

    fn serialize_u8(self, int: u8) -> Result<Value> {
        self.integer(int)
    }

    fn serialize_u16(self, int: u16) -> Result<Value> {
        self.integer(int)
    }

    fn serialize_u32(self, int: u32) -> Result<Value> {
        self.integer(int)
    }

    fn serialize_u64(self, int: u64) -> Result<Value> {
        self.integer(int)
    }

    fn serialize_u128(self, int: u128) -> Result<Value> {
        self.integer(int)
    }

    fn serialize_f32(self, float: f32) -> Result<Value> {
        self.serialize_f64(float.into())
    }

    fn serialize_f64(self, float: f64) -> Result<Value> {
        if float.is_nan() { Err(Error::invalid("", "is not a number")) } else { Ok(Value::Float(float)) }
    }

    fn serialize_char(self, character: char) -> Result<Value> {
        Ok(Value::String(character.into()))
    }

    fn serialize_str(self, text: &str) -> Result<Value> {
        Ok(Value::String(text.into()))
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<Value> {
        Ok(Value::Bytes(bytes.into()))
    }

    fn serialize_none(self) -> Result<Value> {
        Ok(Value::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Value> {
        Ok(Value::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Value> {
        Ok(Value::Null)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Value> {
        Ok(Value::String(variant.into()))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<Value> {
        if name != TIMESTAMP_NAME {
            return value.serialize(self);
        }
        match value.serialize(Self { is_human_readable: false, ..self })? {
            Value::Int(micros) => Ok(Value::Timestamp(Timestamp(micros))),
            _ => Err(Error::invalid("", "is not an instant")),
        }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Value> {
        let value = value.serialize(self.enter()?).map_err(|error| inside_member(error, variant))?;
        Ok(of_variant(Some(variant), value))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Elements> {
        self.elements(None)
    }

    fn serialize_tuple(self, _: usize) -> Result<Elements> {
        self.elements(None)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Elements> {
        self.elements(None)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Elements> {
        self.elements(Some(variant))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Members> {
        self.members(None)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Members> {
        self.members(None)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Members> {
        self.members(Some(variant))
    }
}

/// A value, inside the object of one member that a variant with content is.
fn of_variant(variant: Option<&'static str>, value: Value) -> Value {
    match variant {
        Some(variant) => Value::Object(Object::from_iter([(variant, value)])),
        None => value,
    }
}

fn in_variant(variant: Option<&'static str>, error: Error) -> Error {
    match variant {
        Some(variant) => inside_member(error, variant),
        None => error,
    }
}

struct Elements {
    inside: ValueSerializer,
    variant: Option<&'static str>,
    elements: Vec<Value>,
}

impl Elements {
    fn push<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<()> {
        let element = element
            .serialize(self.inside)
            .map_err(|error| in_variant(self.variant, inside_element(error, self.elements.len())))?;
        self.elements.push(element);
        Ok(())
    }

    fn finish(self) -> Value {
        of_variant(self.variant, Value::Array(self.elements))
    }
}

impl ser::SerializeSeq for Elements {
    type Ok = Value;
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<()> {
        self.push(element)
    }

    fn end(self) -> Result<Value> {
        Ok(self.finish())
    }
}

impl ser::SerializeTuple for Elements {
    type Ok = Value;
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<()> {
        self.push(element)
    }

    fn end(self) -> Result<Value> {
        Ok(self.finish())
    }
}

impl ser::SerializeTupleStruct for Elements {
    type Ok = Value;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<()> {
        self.push(element)
    }

    fn end(self) -> Result<Value> {
        Ok(self.finish())
    }
}

impl ser::SerializeTupleVariant for Elements {
    type Ok = Value;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<()> {
        self.push(element)
    }

    fn end(self) -> Result<Value> {
        Ok(self.finish())
    }
}

struct Members {
    inside: ValueSerializer,
    variant: Option<&'static str>,
    members: Vec<Member>,
    /// The key that its value has not come for yet.
    name: Option<String>,
}

impl Members {
    fn push<T: Serialize + ?Sized>(&mut self, name: String, value: &T) -> Result<()> {
        match value.serialize(self.inside) {
            Ok(value) => {
                self.members.push(Member { name, value });
                Ok(())
            }
            Err(error) => Err(in_variant(self.variant, inside_member(error, &name))),
        }
    }

    fn finish(self) -> Result<Value> {
        match Object::from_members(self.members) {
            Ok(object) => Ok(of_variant(self.variant, Value::Object(object))),
            Err(twice) => {
                let error = inside_member(Error::invalid("", "there are two members of this name"), &twice);
                Err(in_variant(self.variant, error))
            }
        }
    }
}

impl ser::SerializeMap for Members {
    type Ok = Value;
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<()> {
        // A key is serialized as a value would be, without a container, and then has to have a text form.
        let key = key.serialize(ValueSerializer { depth_left: 0, ..self.inside }).map_err(|_| bad_key())?;
        self.name = Some(match key {
            Value::String(text) => text,
            Value::Int(int) => int.to_string(),
            Value::Bool(truth) => truth.to_string(),
            Value::Timestamp(instant) => instant.to_string(),
            Value::Null | Value::Float(_) | Value::Bytes(_) | Value::Array(_) | Value::Object(_) => {
                return Err(bad_key());
            }
        });
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        let name = self.name.take().ok_or_else(|| Error::invalid("", "a value came before its key"))?;
        self.push(name, value)
    }

    fn end(self) -> Result<Value> {
        self.finish()
    }
}

fn bad_key() -> Error {
    Error::invalid("", "has a key that is neither text nor an integer, bool or character")
}

impl ser::SerializeStruct for Members {
    type Ok = Value;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<()> {
        self.push(name.into(), value)
    }

    fn end(self) -> Result<Value> {
        self.finish()
    }
}

impl ser::SerializeStructVariant for Members {
    type Ok = Value;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<()> {
        self.push(name.into(), value)
    }

    fn end(self) -> Result<Value> {
        self.finish()
    }
}

#[cfg(test)]
mod tests;
