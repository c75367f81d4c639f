//! The values that documents are made of. It knows nothing of how they are stored.

mod check;
mod convert;
mod patch;
mod serial;

pub(crate) use check::enter;
pub(crate) use serial::{INTEGER_RANGE, Reader, TIMESTAMP_NAME, ValueSeed};

use crate::{Object, Timestamp, ValueRef};

/// A value of a document.
///
/// Two values are equal if they are of one kind and hold the same: the integer 1 is not equal to the float 1.0, and -0.0
/// is equal to 0.0. Indexes and queries compare by [`compare`](crate::compare) instead, which has one number line.
///
/// Everything in this crate that makes a value out of input bounds its depth, so that walking and dropping it, which
/// recurse, cannot exhaust the stack. A program that nests millions of arrays by hand has to take them apart by hand:
/// an iterative `Drop` here would forbid matching a value apart.
///
/// ```
/// use portunus_scope::{Object, Timestamp, Value};
/// let note = Value::from(Object::from_iter([("title", Value::from("milk")), ("amount", Value::from(2))]));
/// assert_eq!(note.member("title").and_then(Value::as_str), Some("milk"));
/// assert_eq!(note.member("amount").and_then(Value::as_int), Some(2));
/// assert_eq!(note.as_object().map(Object::len), Some(2));
///
/// // Each kind is asked for by its name, and no other one answers.
/// assert_eq!((Value::from(1.5).as_float(), Value::from(1).as_float()), (Some(1.5), None));
/// assert_eq!(Value::from(true).as_bool(), Some(true));
/// assert_eq!(Value::from(vec![1_u8, 2]).as_bytes(), Some(&[1, 2][..]));
/// assert_eq!(Value::from(Timestamp(5)).as_timestamp(), Some(Timestamp(5)));
/// assert!(Value::from(()).is_null() && Value::Null.kind() == "null");
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// The absence of a value, stated.
    #[default]
    Null,
    /// A truth value.
    Bool(bool),
    /// A 64-bit signed integer.
    Int(i64),
    /// A 64-bit float. Not-a-number is refused when a document is written.
    Float(f64),
    /// Text.
    String(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// An instant, in microseconds.
    Timestamp(Timestamp),
    /// Values in order.
    Array(Vec<Value>),
    /// Named values.
    Object(Object),
}

impl Value {
    /// What kind of value this is, for messages.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        ValueRef::from(self).kind()
    }

    /// Whether this is null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The truth value, if it is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(truth) = self { Some(*truth) } else { None }
    }

    /// The integer, if it is one.
    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        if let Self::Int(int) = self { Some(*int) } else { None }
    }

    /// The float, if it is one. An integer is none.
    #[must_use]
    pub fn as_float(&self) -> Option<f64> {
        if let Self::Float(float) = self { Some(*float) } else { None }
    }

    /// The text, if it is text.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// The bytes, if it is bytes.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }

    /// The instant, if it is one.
    #[must_use]
    pub fn as_timestamp(&self) -> Option<Timestamp> {
        if let Self::Timestamp(instant) = self { Some(*instant) } else { None }
    }

    /// The elements, if it is an array.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Self]> {
        if let Self::Array(elements) = self { Some(elements) } else { None }
    }

    /// The elements to change, if it is an array.
    #[must_use]
    pub fn as_array_mut(&mut self) -> Option<&mut Vec<Self>> {
        if let Self::Array(elements) = self { Some(elements) } else { None }
    }

    /// The object, if it is one.
    #[must_use]
    pub fn as_object(&self) -> Option<&Object> {
        if let Self::Object(object) = self { Some(object) } else { None }
    }

    /// The object to change, if it is one.
    ///
    /// ```
    /// # use portunus_scope::Value;
    /// let mut note = Value::from_json(r#"{"tags": ["a"]}"#)?;
    /// let tags = note.as_object_mut().and_then(|members| members.get_mut("tags"));
    /// tags.and_then(Value::as_array_mut).expect("an array").push("b".into());
    /// assert_eq!(note.member("tags").and_then(Value::as_array).map(<[Value]>::len), Some(2));
    /// # Ok::<(), portunus_scope::Error>(())
    /// ```
    #[must_use]
    pub fn as_object_mut(&mut self) -> Option<&mut Object> {
        if let Self::Object(object) = self { Some(object) } else { None }
    }

    /// The member of this name, if it is an object and has one.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Self> {
        self.as_object()?.get(name)
    }
}

#[cfg(test)]
pub(crate) mod tests;
