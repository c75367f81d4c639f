//! The one ordered space of keys, and who lives where in it. Every key begins with the id of its database.
//!
//! ```text
//! document   [database u32][01][collection u32][document id]
//! index      [database u32][02][index u32][terms][document id]
//! expiry     [0 u32][03][instant i64, sign bit flipped][database u32][collection u32][document id]
//! ```
//! Integers are big-endian, so that keys sort as their parts do.

use crate::ids::{CollectionId, DatabaseId, IndexId};
use crate::{Error, Result, Timestamp};
use portunus_storage::KeyRange;
use std::fmt;

const DOCUMENT: u8 = 1;
const INDEX: u8 = 2;
const EXPIRY: u8 = 3;
/// Bytes before a document's id in a document key, and before the terms in an index key.
const PREFIX_BYTES: usize = 9;

pub(crate) fn document_prefix(database: DatabaseId, collection: CollectionId) -> Vec<u8> {
    prefix(database, DOCUMENT, collection.0, 48)
}

pub(crate) fn document(database: DatabaseId, collection: CollectionId, id: &str) -> Vec<u8> {
    let mut key = prefix(database, DOCUMENT, collection.0, id.len());
    key.extend_from_slice(id.as_bytes());
    key
}

pub(crate) fn index_prefix(database: DatabaseId, index: IndexId) -> Vec<u8> {
    prefix(database, INDEX, index.0, 96)
}

pub(crate) fn index_entry(database: DatabaseId, index: IndexId, terms: &[u8], id: &str) -> Vec<u8> {
    let mut key = prefix(database, INDEX, index.0, terms.len() + id.len());
    key.extend_from_slice(terms);
    key.extend_from_slice(id.as_bytes());
    key
}

/// Everything that a database holds.
pub(crate) fn database_range(database: DatabaseId) -> KeyRange {
    KeyRange::prefix(&database.0.to_be_bytes())
}

/// What comes behind the collection's or index's id in a key: its place in a scan.
pub(crate) fn suffix(key: &[u8]) -> Result<&[u8]> {
    key.get(PREFIX_BYTES..).ok_or_else(|| Error::Corrupt("a key is too short".into()))
}

/// The bytes of a document's id as text.
pub(crate) fn id_text(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|_| Error::Corrupt("a document's id is not text".into()))
}

/// An entry of the queue of documents that will expire.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Expiry<'a> {
    pub(crate) at: Timestamp,
    pub(crate) database: DatabaseId,
    pub(crate) collection: CollectionId,
    pub(crate) id: &'a str,
}

impl<'a> Expiry<'a> {
    pub(crate) fn to_key(&self) -> Vec<u8> {
        let mut key = Vec::with_capacity(21 + self.id.len());
        key.extend_from_slice(&DatabaseId::STORE.0.to_be_bytes());
        key.push(EXPIRY);
        key.extend_from_slice(&sortable(self.at));
        key.extend_from_slice(&self.database.0.to_be_bytes());
        key.extend_from_slice(&self.collection.0.to_be_bytes());
        key.extend_from_slice(self.id.as_bytes());
        key
    }

    pub(crate) fn parse(key: &'a [u8]) -> Result<Self> {
        let damaged = || Error::Corrupt("an entry of the expiry queue is malformed".into());
        let (_, rest) = key.split_at_checked(5).ok_or_else(damaged)?;
        let (at, rest) = rest.split_first_chunk::<8>().ok_or_else(damaged)?;
        let (database, rest) = rest.split_first_chunk::<4>().ok_or_else(damaged)?;
        let (collection, id) = rest.split_first_chunk::<4>().ok_or_else(damaged)?;
        Ok(Self {
            at: Timestamp(i64::from_be_bytes(*at) ^ i64::MIN),
            database: DatabaseId(u32::from_be_bytes(*database)),
            collection: CollectionId(u32::from_be_bytes(*collection)),
            id: id_text(id)?,
        })
    }

    /// The entries of documents that have expired at `now`: those whose instant is `now` or before.
    pub(crate) fn due(now: Timestamp) -> KeyRange {
        let mut start = DatabaseId::STORE.0.to_be_bytes().to_vec();
        start.push(EXPIRY);
        let mut last = start.clone();
        last.extend_from_slice(&sortable(now));
        KeyRange { start: std::ops::Bound::Included(start), end: KeyRange::prefix(&last).end }
    }
}

/// What a key belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Owner {
    Documents(DatabaseId, CollectionId),
    Index(DatabaseId, IndexId),
    Expiry,
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Documents(database, collection) => {
                write!(f, "collection {} of database {}", collection.0, database.0)
            }
            Self::Index(database, index) => write!(f, "index {} of database {}", index.0, database.0),
            Self::Expiry => f.write_str("the expiry queue"),
        }
    }
}

/// Tells what a key belongs to.
pub(crate) fn owner(key: &[u8]) -> Result<Owner> {
    let strange = || Error::Corrupt("a key is of no known kind".into());
    let (database, rest) = key.split_first_chunk::<4>().ok_or_else(strange)?;
    let database = DatabaseId(u32::from_be_bytes(*database));
    match rest {
        [EXPIRY, ..] if database == DatabaseId::STORE => Ok(Owner::Expiry),
        [DOCUMENT, a, b, c, d, ..] => {
            Ok(Owner::Documents(database, CollectionId(u32::from_be_bytes([*a, *b, *c, *d]))))
        }
        [INDEX, a, b, c, d, ..] => Ok(Owner::Index(database, IndexId(u32::from_be_bytes([*a, *b, *c, *d])))),
        _ => Err(strange()),
    }
}

/// Whether a change of this key may change what somebody may do, or what there is: the records of system collections.
pub(crate) fn is_watched(key: &[u8]) -> bool {
    match owner(key) {
        Ok(Owner::Documents(_, collection)) => collection.0 < CollectionId::WATCHED_END,
        Ok(Owner::Index(..) | Owner::Expiry) => false,
        Err(_) => true,
    }
}

fn prefix(database: DatabaseId, kind: u8, owner: u32, more: usize) -> Vec<u8> {
    let mut key = Vec::with_capacity(PREFIX_BYTES + more);
    key.extend_from_slice(&database.0.to_be_bytes());
    key.push(kind);
    key.extend_from_slice(&owner.to_be_bytes());
    key
}

fn sortable(at: Timestamp) -> [u8; 8] {
    (at.0 ^ i64::MIN).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expiry_entry_survives_its_key_and_sorts_by_instant() {
        let entry =
            Expiry { at: Timestamp(-5), database: DatabaseId(7), collection: CollectionId(99), id: "a\0b" };
        let key = entry.to_key();
        assert_eq!(Expiry::parse(&key).unwrap(), entry);
        assert!(Expiry::due(Timestamp(-5)).contains(&key));
        assert!(!Expiry::due(Timestamp(-6)).contains(&key));
        for damaged in [&key[..4], &key[..12], &key[..16], &key[..20], &[&key[..], &[0xFF]].concat()] {
            assert!(matches!(Expiry::parse(damaged), Err(Error::Corrupt(_))), "{damaged:?}");
        }
    }

    #[test]
    fn only_records_of_system_collections_are_watched() {
        let check = |key: Vec<u8>, watched| assert_eq!(is_watched(&key), watched, "{key:?}");
        check(document(DatabaseId(3), CollectionId(1), "self"), true);
        check(document(DatabaseId(3), CollectionId(31), "x"), true);
        check(document(DatabaseId(3), CollectionId(32), "x"), false);
        check(document(DatabaseId(3), CollectionId(64), "x"), false);
        check(index_entry(DatabaseId(3), IndexId(1), b"", "x"), false);
    }

    #[test]
    fn every_key_has_an_owner_and_what_has_none_is_no_key() {
        let told = |key: &[u8]| owner(key).map(|owner| owner.to_string()).ok();
        let documents = document(DatabaseId(3), CollectionId(64), "x");
        assert_eq!(told(&documents).unwrap(), "collection 64 of database 3");
        let entry = index_entry(DatabaseId(3), IndexId(7), b"", "x");
        assert_eq!(told(&entry).unwrap(), "index 7 of database 3");
        let mut expiry =
            Expiry { at: Timestamp(1), database: DatabaseId(3), collection: CollectionId(64), id: "x" }
                .to_key();
        assert_eq!(told(&expiry).unwrap(), "the expiry queue");
        // There is one queue for all databases, and none in any of them.
        expiry[3] = 3;
        for strange in [&expiry[..], &documents[..8], &entry[..8], &documents[..4], &documents[..3], &[]] {
            assert_eq!(told(strange), None, "{strange:?}");
        }
    }

    #[test]
    fn keys_of_different_kinds_are_never_prefixes_of_each_other() {
        let document = document(DatabaseId(3), CollectionId(64), "");
        let index = index_entry(DatabaseId(3), IndexId(64), b"", "");
        assert!(!document.starts_with(&index) && !index.starts_with(&document));
        assert!(database_range(DatabaseId(3)).contains(&document));
        assert!(!database_range(DatabaseId(4)).contains(&document));
    }
}
