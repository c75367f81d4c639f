//! The public id of a key: what names it in listings, records and requests. It is no secret.

use crate::{Error, Result, base62};
use serde::{Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// The public part of a secret, and the id of its record: 64 random bits, shown as 11 base-62 digits.
///
/// ```
/// use portunus_auth::PublicId;
/// let id: PublicId = "00000000G8w".parse()?;
/// assert_eq!(id.to_string(), "00000000G8w");
/// assert!("G8w".parse::<PublicId>().is_err());
/// # Ok::<(), portunus_auth::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicId(u64);

impl PublicId {
    /// Characters of its text.
    pub(crate) const DIGITS: usize = 11;

    pub(crate) fn new(number: u64) -> Self {
        Self(number)
    }

    pub(crate) fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for PublicId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(Self::DIGITS);
        base62::encode(&mut self.0.to_be_bytes(), &mut text, Self::DIGITS);
        formatter.write_str(&text)
    }
}

impl fmt::Debug for PublicId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PublicId({self})")
    }
}

impl Serialize for PublicId {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl FromStr for PublicId {
    type Err = Error;

    /// # Errors
    /// `Invalid` unless the text is one that [`Display`](fmt::Display) writes.
    fn from_str(text: &str) -> Result<Self> {
        let invalid = || Error::invalid("public id", "is not 11 base-62 digits of a 64-bit number");
        if text.len() != Self::DIGITS {
            return Err(invalid());
        }
        let mut bytes = [0; 8];
        base62::decode(text, &mut bytes).ok_or_else(invalid)?;
        Ok(Self(u64::from_be_bytes(bytes)))
    }
}
