//! A value of a document in tagged JSON, which holds what JSON lacks. It knows nothing of what the value is for.

use portunus::{Error, Value};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// A value that is written in tagged JSON: bytes and instants are objects of one member, whose name begins with `$`.
#[derive(Clone, Debug, PartialEq)]
pub struct Tagged(pub Value);

impl<'de> Deserialize<'de> for Tagged {
    /// From the text itself, so that a number that does not fit is refused and not changed on the way.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Box::<RawValue>::deserialize(deserializer)?;
        let value = Value::from_tagged_json(text.get()).map_err(Error::from);
        value.map(Self).map_err(D::Error::custom)
    }
}
