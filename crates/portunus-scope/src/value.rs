//! The values that documents are made of. It knows nothing of how they are stored.

use crate::Timestamp;

/// A value of a document.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// The absence of a value, stated.
    #[default]
    Null,
    /// A truth value.
    Bool(bool),
    /// A 64-bit signed integer.
    Int(i64),
    /// A 64-bit float. Not a number is refused when a document is written.
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

/// Named values: names are unique, and kept sorted by their bytes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object {
    members: Vec<(String, Value)>,
}
