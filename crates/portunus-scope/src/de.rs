//! From values, owned or archived, to Rust types, through serde. Text and bytes are borrowed where the type allows it.
//! It knows nothing of how values are stored.

use crate::place::{inside_element, inside_member};
use crate::{ArrayRef, Error, ObjectRef, Result, Timestamp, Value, ValueRef};
use serde::de::value::{BorrowedStrDeserializer, I64Deserializer};
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Expected, IntoDeserializer, MapAccess,
    SeqAccess, Unexpected, VariantAccess, Visitor,
};
use std::fmt::Display;

/// A value as a type of the caller's.
///
/// # Errors
/// `Invalid` with the place that does not fit the type. The message never holds what is there, except where the type's
/// own reading code puts it into one.
///
/// ```
/// use portunus_scope::{Value, from_value};
/// let value = Value::from_json(r#"{"tags": ["a", 5]}"#)?;
/// let error = from_value::<std::collections::BTreeMap<String, Vec<String>>>(&value).unwrap_err();
/// assert_eq!(error.to_string(), "tags[1]: expected a string, found an integer");
/// # Ok::<(), portunus_scope::Error>(())
/// ```
pub fn from_value<T: DeserializeOwned>(value: &Value) -> Result<T> {
    T::deserialize(ValueRef::from(value))
}

impl de::Error for Error {
    fn custom<T: Display>(problem: T) -> Self {
        Self::invalid("", problem.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid("", format!("expected {expected}, found {}", kind_of(found)))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid("", format!("expected {expected}, found {} that is none", kind_of(found)))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::invalid("", format!("expected one of {}", expected.join(", ")))
    }

    /// The place, which is added on the way out, ends with the name.
    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Self::invalid("", "is not a known field")
    }

    fn missing_field(name: &'static str) -> Self {
        inside_member(Self::invalid("", "is missing"), name)
    }

    fn duplicate_field(name: &'static str) -> Self {
        inside_member(Self::invalid("", "is there twice"), name)
    }
}

/// What was found, without what it holds.
fn kind_of(found: Unexpected<'_>) -> &'static str {
    match found {
        Unexpected::Bool(_) => "a bool",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "an integer",
        Unexpected::Float(_) => "a float",
        Unexpected::Char(_) | Unexpected::Str(_) => "a string",
        Unexpected::Bytes(_) => "bytes",
        Unexpected::Unit | Unexpected::Option => "null",
        Unexpected::NewtypeStruct => "a timestamp",
        Unexpected::Seq => "an array",
        Unexpected::Map => "an object",
        Unexpected::Enum
        | Unexpected::UnitVariant
        | Unexpected::NewtypeVariant
        | Unexpected::TupleVariant
        | Unexpected::StructVariant => "a variant",
        Unexpected::Other(_) => "something else",
    }
}

impl<'de> IntoDeserializer<'de, Error> for ValueRef<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for ValueRef<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self {
            Self::Null => visitor.visit_unit(),
            Self::Bool(truth) => visitor.visit_bool(truth),
            Self::Int(int) => visitor.visit_i64(int),
            Self::Float(float) => visitor.visit_f64(float),
            Self::String(text) => visitor.visit_borrowed_str(text),
            Self::Bytes(bytes) => visitor.visit_borrowed_bytes(bytes),
            Self::Timestamp(instant) => visitor.visit_newtype_struct(Micros::new(instant)),
            Self::Array(array) => visit_array(array, visitor),
            Self::Object(object) => visit_object(object, visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    /// An instant is text for a type that reads instants of its own from text.
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self {
            Self::Timestamp(instant) => visitor.visit_string(instant.to_string()),
            other => other.deserialize_any(visitor),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value> {
        match self {
            Self::Timestamp(instant) => visitor.visit_newtype_struct(Micros::new(instant)),
            other => visitor.visit_newtype_struct(other),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        match self {
            Self::String(name) => visitor.visit_enum(Variant { name, content: None }),
            Self::Object(object) if object.len() == 1 => match object.at(0) {
                Some((name, content)) => visitor.visit_enum(Variant { name, content: Some(content) }),
                None => Err(Error::invalid("", "expected a variant")),
            },
            other => Err(Error::invalid("", format!("expected a variant, found {}", other.kind()))),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier
    }
}

/// The inside of an instant: microseconds for who knows instants, text for who does not.
struct Micros(Timestamp);

impl Micros {
    fn new(instant: Timestamp) -> Self {
        Self(instant)
    }
}

impl<'de> Deserializer<'de> for Micros {
    type Error = Error;

    fn is_human_readable(&self) -> bool {
        false
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        I64Deserializer::new(self.0.0).deserialize_any(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_string(self.0.to_string())
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_str(visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

fn visit_array<'de, V: Visitor<'de>>(array: ArrayRef<'de>, visitor: V) -> Result<V::Value> {
    let mut rest = Elements { array, next: 0 };
    let value = visitor.visit_seq(&mut rest)?;
    if rest.next < array.len() {
        return Err(Error::invalid("", format!("expected no more than {} elements", rest.next)));
    }
    Ok(value)
}

fn visit_object<'de, V: Visitor<'de>>(object: ObjectRef<'de>, visitor: V) -> Result<V::Value> {
    let mut rest = Members { object, next: 0 };
    let value = visitor.visit_map(&mut rest)?;
    if rest.next < object.len() {
        return Err(Error::invalid("", format!("expected no more than {} members", rest.next)));
    }
    Ok(value)
}

struct Elements<'de> {
    array: ArrayRef<'de>,
    next: usize,
}

impl<'de> SeqAccess<'de> for Elements<'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        let Some(element) = self.array.get(self.next) else { return Ok(None) };
        let element = seed.deserialize(element).map_err(|error| inside_element(error, self.next))?;
        self.next += 1;
        Ok(Some(element))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.array.len() - self.next)
    }
}

struct Members<'de> {
    object: ObjectRef<'de>,
    /// The member whose name comes next; its value is the one before.
    next: usize,
}

impl<'de> MapAccess<'de> for Members<'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        let Some((name, _)) = self.object.at(self.next) else { return Ok(None) };
        self.next += 1;
        seed.deserialize(Name(name)).map(Some).map_err(|error| inside_member(error, name))
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value> {
        let member = self.next.checked_sub(1).and_then(|place| self.object.at(place));
        let Some((name, value)) = member else {
            return Err(Error::invalid("", "a value came before its key"));
        };
        seed.deserialize(value).map_err(|error| inside_member(error, name))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.object.len() - self.next)
    }
}

/// A member's name, which may be the text of a key of another type.
struct Name<'de>(&'de str);

impl<'de> Name<'de> {
    fn parsed<T: std::str::FromStr>(&self, what: &str) -> Result<T> {
        self.0.parse().map_err(|_| Error::invalid("", format!("expected the name to be {what}")))
    }
}

impl<'de> Deserializer<'de> for Name<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_borrowed_str(self.0)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_bool(self.parsed("a bool")?)
    }

    fn deserialize_i8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_i16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_i32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_i64(self.parsed("an integer")?)
    }

    fn deserialize_i128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_i128(self.parsed("an integer")?)
    }

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_u128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_i128(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        visitor.visit_enum(BorrowedStrDeserializer::new(self.0))
    }

    serde::forward_to_deserialize_any! {
        f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// A variant of an enum: a name alone, or with what the one member of an object holds.
struct Variant<'de> {
    name: &'de str,
    content: Option<ValueRef<'de>>,
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self)> {
        let variant = seed.deserialize(BorrowedStrDeserializer::<Error>::new(self.name))?;
        Ok((variant, self))
    }
}

impl<'de> Variant<'de> {
    fn content(&self) -> Result<ValueRef<'de>> {
        self.content
            .ok_or_else(|| Error::invalid("", "expected a variant with content, found its name alone"))
    }
}

impl<'de> VariantAccess<'de> for Variant<'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<()> {
        match self.content {
            None | Some(ValueRef::Null) => Ok(()),
            Some(_) => {
                Err(inside_member(Error::invalid("", "expected a variant without content"), self.name))
            }
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value> {
        seed.deserialize(self.content()?).map_err(|error| inside_member(error, self.name))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value> {
        self.content()?.deserialize_any(visitor).map_err(|error| inside_member(error, self.name))
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value> {
        self.content()?.deserialize_any(visitor).map_err(|error| inside_member(error, self.name))
    }
}

#[cfg(test)]
mod tests;
