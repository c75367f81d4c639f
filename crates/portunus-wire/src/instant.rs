//! Instants and lengths of time as JSON has them. It knows nothing of clocks.

use portunus::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// An instant, as text such as `2027-01-31T12:00:00Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Instant(pub Timestamp);

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse()
            .map(Self)
            .map_err(|_| D::Error::custom("an instant is text such as 2027-01-31T12:00:00Z"))
    }
}

/// The text of an instant that may be none.
pub(crate) fn text_of(at: Option<Timestamp>) -> Option<String> {
    at.map(|at| at.to_string())
}
