//! Ids: of databases, collections and indexes, which are counted, and of documents, which are unguessable.

use crate::{Error, Result, Timestamp};

/// The id of a database in its store. It is never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DatabaseId(pub(crate) u32);

impl DatabaseId {
    /// The store itself: records that belong to no single database.
    pub const STORE: Self = Self(0);
    /// The root of the tree.
    pub const ROOT: Self = Self(1);

    /// The id as a number, for records that name a database.
    #[must_use]
    pub fn to_int(self) -> i64 {
        i64::from(self.0)
    }

    /// The id from a number in a record, if it can be one.
    #[must_use]
    pub fn from_int(int: i64) -> Option<Self> {
        u32::try_from(int).ok().map(Self)
    }
}

/// The id of a collection. Those below [`CollectionId::USER_MIN`] are the engine's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct CollectionId(pub(crate) u32);

impl CollectionId {
    /// The collections below this id decide who may do what, or what there is: a change of theirs raises the epoch.
    pub(crate) const WATCHED_END: u32 = 32;
    /// The first id of a collection that a caller defined, and of an index.
    pub(crate) const USER_MIN: u32 = 64;
}

/// The id of an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct IndexId(pub(crate) u32);

/// A new id for a document: UUID version 7 (RFC 9562, section 5.7), so that ids made later sort later, to the
/// millisecond, and cannot be guessed: 74 of their bits are random.
pub(crate) fn new_document_id(now: Timestamp) -> Result<String> {
    let millis = u64::try_from(now.0.div_euclid(1_000)).unwrap_or(0);
    let id = uuid::Builder::from_unix_timestamp_millis(millis, &random()?).into_uuid();
    Ok(id.hyphenated().to_string())
}

/// A new public id of a database: 11 characters of base 62, which names it to the outside for as long as it lives.
pub(crate) fn new_public_id() -> Result<String> {
    const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut rest = u64::from_le_bytes(random()?);
    let mut text = String::with_capacity(11);
    for _ in 0..11 {
        let digit = usize::try_from(rest % 62).unwrap_or(0);
        text.push(char::from(ALPHABET.get(digit).copied().unwrap_or(b'0')));
        rest /= 62;
    }
    Ok(text)
}

/// Bytes from the operating system's generator.
pub(crate) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|_| Error::Internal("the system has no randomness to give".into()))?;
    Ok(bytes)
}
