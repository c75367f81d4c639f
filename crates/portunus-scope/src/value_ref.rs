//! The borrowed view that all readers of values share, over archived bytes and over owned values alike.
//! It knows nothing of the archive's layout, and looking through it allocates nothing.

use crate::object::Member;
use crate::stored::{ArchivedMember, ArchivedValue};
use crate::{Object, Timestamp, Value};
use std::fmt;

/// A value that is looked at where it lies.
///
/// ```
/// use portunus_scope::{Timestamp, Value, ValueRef};
/// let value = Value::from_json(r#"{"tags": ["a", "b"], "done": true, "price": 1.5, "note": null}"#)?;
/// let view = ValueRef::from(&value);
/// let tags = view.member("tags").and_then(ValueRef::as_array).expect("an array");
/// assert_eq!(tags.get(1).and_then(ValueRef::as_str), Some("b"));
/// assert_eq!(view.member("done").and_then(ValueRef::as_bool), Some(true));
/// assert_eq!(view.member("price").and_then(ValueRef::as_float), Some(1.5));
/// assert!(view.member("note").is_some_and(ValueRef::is_null));
/// assert_eq!(view.as_object().map(|members| members.len()), Some(4));
/// assert_eq!(view.to_value(), value);
///
/// // What JSON cannot hold, a value can.
/// assert_eq!(ValueRef::Bytes(b"ab").as_bytes(), Some(&b"ab"[..]));
/// assert_eq!(ValueRef::Timestamp(Timestamp(5)).as_timestamp(), Some(Timestamp(5)));
/// assert_eq!((ValueRef::Int(5).as_int(), ValueRef::Int(5).kind()), (Some(5), "an integer"));
/// # Ok::<(), portunus_scope::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub enum ValueRef<'a> {
    /// The absence of a value, stated.
    Null,
    /// A truth value.
    Bool(bool),
    /// A 64-bit signed integer.
    Int(i64),
    /// A 64-bit float.
    Float(f64),
    /// Text.
    String(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
    /// An instant.
    Timestamp(Timestamp),
    /// Values in order.
    Array(ArrayRef<'a>),
    /// Named values.
    Object(ObjectRef<'a>),
}

impl<'a> ValueRef<'a> {
    /// What kind of value this is, for messages.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a bool",
            Self::Int(_) => "an integer",
            Self::Float(_) => "a float",
            Self::String(_) => "a string",
            Self::Bytes(_) => "bytes",
            Self::Timestamp(_) => "a timestamp",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }

    /// Whether this is null.
    #[must_use]
    pub fn is_null(self) -> bool {
        matches!(self, Self::Null)
    }

    /// The truth value, if it is one.
    #[must_use]
    pub fn as_bool(self) -> Option<bool> {
        if let Self::Bool(truth) = self { Some(truth) } else { None }
    }

    /// The integer, if it is one.
    #[must_use]
    #[inline]
    pub fn as_int(self) -> Option<i64> {
        if let Self::Int(int) = self { Some(int) } else { None }
    }

    /// The float, if it is one. An integer is none.
    #[must_use]
    pub fn as_float(self) -> Option<f64> {
        if let Self::Float(float) = self { Some(float) } else { None }
    }

    /// The text, if it is text.
    #[must_use]
    #[inline]
    pub fn as_str(self) -> Option<&'a str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// The bytes, if it is bytes.
    #[must_use]
    pub fn as_bytes(self) -> Option<&'a [u8]> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }

    /// The instant, if it is one.
    #[must_use]
    pub fn as_timestamp(self) -> Option<Timestamp> {
        if let Self::Timestamp(instant) = self { Some(instant) } else { None }
    }

    /// The array, if it is one.
    #[must_use]
    #[inline]
    pub fn as_array(self) -> Option<ArrayRef<'a>> {
        if let Self::Array(array) = self { Some(array) } else { None }
    }

    /// The object, if it is one.
    #[must_use]
    #[inline]
    pub fn as_object(self) -> Option<ObjectRef<'a>> {
        if let Self::Object(object) = self { Some(object) } else { None }
    }

    /// The member of this name, if it is an object and has one.
    #[must_use]
    #[inline]
    pub fn member(self, name: &str) -> Option<Self> {
        self.as_object()?.get(name)
    }

    /// An owned copy.
    #[must_use]
    pub fn to_value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(truth) => Value::Bool(truth),
            Self::Int(int) => Value::Int(int),
            Self::Float(float) => Value::Float(float),
            Self::String(text) => Value::String(text.into()),
            Self::Bytes(bytes) => Value::Bytes(bytes.into()),
            Self::Timestamp(instant) => Value::Timestamp(instant),
            Self::Array(array) => Value::Array(array.iter().map(Self::to_value).collect()),
            Self::Object(object) => Value::Object(object.to_object()),
        }
    }
}

impl<'a> From<&'a Value> for ValueRef<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(truth) => Self::Bool(*truth),
            Value::Int(int) => Self::Int(*int),
            Value::Float(float) => Self::Float(*float),
            Value::String(text) => Self::String(text),
            Value::Bytes(bytes) => Self::Bytes(bytes),
            Value::Timestamp(instant) => Self::Timestamp(*instant),
            Value::Array(elements) => Self::Array(ArrayRef(Elements::Owned(elements))),
            Value::Object(object) => Self::Object(object.into()),
        }
    }
}

impl<'a> From<&'a Object> for ObjectRef<'a> {
    fn from(object: &'a Object) -> Self {
        Self(Members::Owned(object.members()))
    }
}

/// Values in order, looked at where they lie.
///
/// ```
/// use portunus_scope::{Value, ValueRef};
/// let value = Value::from_json("[2, 3]")?;
/// let numbers = ValueRef::from(&value).as_array().expect("an array");
/// assert_eq!(numbers.iter().filter_map(ValueRef::as_int).sum::<i64>(), 5);
/// assert_eq!(numbers.len(), 2);
/// assert!(!numbers.is_empty() && numbers.get(2).is_none());
/// # Ok::<(), portunus_scope::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct ArrayRef<'a>(Elements<'a>);

#[derive(Clone, Copy)]
enum Elements<'a> {
    Archived(&'a [ArchivedValue]),
    Owned(&'a [Value]),
}

impl<'a> ArrayRef<'a> {
    pub(crate) fn archived(elements: &'a [ArchivedValue]) -> Self {
        Self(Elements::Archived(elements))
    }

    /// The element at this place, counted from 0.
    #[must_use]
    #[inline(always)]
    pub fn get(self, index: usize) -> Option<ValueRef<'a>> {
        match self.0 {
            Elements::Archived(elements) => elements.get(index).map(ArchivedValue::view),
            Elements::Owned(elements) => elements.get(index).map(ValueRef::from),
        }
    }

    /// The elements in order.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = ValueRef<'a>> + ExactSizeIterator + Clone {
        (0..self.len()).map(move |index| self.get(index).unwrap_or(ValueRef::Null))
    }

    /// How many elements there are.
    #[must_use]
    pub fn len(self) -> usize {
        match self.0 {
            Elements::Archived(elements) => elements.len(),
            Elements::Owned(elements) => elements.len(),
        }
    }

    /// Whether there is no element.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

impl fmt::Debug for ArrayRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Named values, looked at where they lie.
///
/// ```
/// use portunus_scope::{Object, ObjectRef, ValueRef};
/// let owned = Object::from_iter([("title", "milk"), ("owner", "ann")]);
/// let note = ObjectRef::from(&owned);
/// assert_eq!(note.get("title").and_then(ValueRef::as_str), Some("milk"));
/// assert_eq!(note.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["owner", "title"]);
/// assert_eq!(note.at(0).and_then(|(_, value)| value.as_str()), Some("ann"));
/// assert!(note.len() == 2 && !note.is_empty());
/// assert_eq!(note.to_object(), owned);
/// ```
#[derive(Clone, Copy)]
pub struct ObjectRef<'a>(Members<'a>);

#[derive(Clone, Copy)]
enum Members<'a> {
    Archived(&'a [ArchivedMember]),
    Owned(&'a [Member]),
}

impl<'a> ObjectRef<'a> {
    pub(crate) fn archived(members: &'a [ArchivedMember]) -> Self {
        Self(Members::Archived(members))
    }

    /// The value of this name. A binary search.
    #[must_use]
    #[inline]
    pub fn get(self, name: &str) -> Option<ValueRef<'a>> {
        match self.0 {
            Members::Archived(members) => {
                let place = members.binary_search_by(|member| member.name().cmp(name)).ok()?;
                members.get(place).map(ArchivedMember::view)
            }
            Members::Owned(members) => {
                let place = members.binary_search_by(|member| member.name.as_str().cmp(name)).ok()?;
                members.get(place).map(|member| ValueRef::from(&member.value))
            }
        }
    }

    /// The member at this place, counted from 0 in the order of names.
    #[must_use]
    #[inline(always)]
    pub fn at(self, index: usize) -> Option<(&'a str, ValueRef<'a>)> {
        match self.0 {
            Members::Archived(members) => {
                let member = members.get(index)?;
                Some((member.name(), member.view()))
            }
            Members::Owned(members) => {
                let member = members.get(index)?;
                Some((member.name.as_str(), ValueRef::from(&member.value)))
            }
        }
    }

    /// The members, by name.
    pub fn iter(
        self,
    ) -> impl DoubleEndedIterator<Item = (&'a str, ValueRef<'a>)> + ExactSizeIterator + Clone {
        (0..self.len()).map(move |index| self.at(index).unwrap_or(("", ValueRef::Null)))
    }

    /// How many members there are.
    #[must_use]
    pub fn len(self) -> usize {
        match self.0 {
            Members::Archived(members) => members.len(),
            Members::Owned(members) => members.len(),
        }
    }

    /// Whether there is no member.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// An owned copy.
    #[must_use]
    pub fn to_object(self) -> Object {
        self.iter().map(|(name, value)| (name, value.to_value())).collect()
    }
}

impl fmt::Debug for ObjectRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
