//! Databases, collections, documents and indexes. Knows nothing of secrets or rights.

mod de;
mod document;
mod error;
mod field;
mod json;
pub mod limits;
mod object;
mod place;
mod ser;
mod stored;
pub mod term;
mod timestamp;
mod value;
mod value_ref;

pub use de::from_value;
pub use document::{Document, DocumentRef};
pub use error::{Error, Result};
pub use field::{FIELD_NAME_BYTES_MAX, FIELD_SEGMENTS_MAX, FieldPath};
pub use json::JSON_BYTES_MAX;
pub use object::{IntoIter as ObjectIntoIter, Object};
pub use ser::to_value;
pub use term::{Term, compare};
pub use timestamp::{Clock, ManualClock, SystemClock, Timestamp};
pub use value::Value;
pub use value_ref::{ArrayRef, ObjectRef, ValueRef};
