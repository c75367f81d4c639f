//! System collections: the records by which a store describes itself, kept as ordinary documents under reserved ids.

use crate::ids::CollectionId;
use crate::key;
use crate::reader::TreeReader;
use crate::stored;
use crate::writer::TreeWriter;
use crate::{DatabaseId, Document, DocumentRef, Error, Result, Timestamp, Value, to_value};
use portunus_storage::{KeyRange, Order};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::ops::ControlFlow;

/// The system collections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SystemCollection {
    /// In each database: its own record, under the id `self`.
    Database,
    /// In a parent: the name of each child, with the child's id.
    Child,
    /// In each database: the name of each collection, with its definition.
    Collection,
    /// In the store: what is counted.
    Counter,
    /// In the store: secrets, under their public ids.
    Key,
    /// In a database: the public ids of the secrets that it owns.
    KeyOwner,
    /// In a database: the public ids of the secrets that open it.
    KeyTarget,
    /// In the store: what it is, and its own keys.
    Store,
    /// In a database: the tokens of transactions that are to be done once. They decide nothing else, expire, and do not
    /// raise the epoch.
    Once,
}

impl SystemCollection {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Database,
        Self::Child,
        Self::Collection,
        Self::Counter,
        Self::Key,
        Self::KeyOwner,
        Self::KeyTarget,
        Self::Store,
        Self::Once,
    ];

    /// The number on disk, which never changes its meaning.
    pub(crate) fn id(self) -> CollectionId {
        CollectionId(match self {
            Self::Database => 1,
            Self::Child => 2,
            Self::Collection => 3,
            Self::Counter => 4,
            Self::Key => 5,
            Self::KeyOwner => 6,
            Self::KeyTarget => 7,
            Self::Store => 8,
            Self::Once => CollectionId::WATCHED_END,
        })
    }
}

impl TreeReader {
    /// A record of a system collection.
    ///
    /// # Errors
    /// As every read of the store: `Corrupt`, `SnapshotExpired`, `Io`.
    pub fn unfiltered_system_get(
        &self,
        database: DatabaseId,
        collection: SystemCollection,
        id: &str,
    ) -> Result<Option<Document>> {
        self.unfiltered_document(database, collection.id(), id)
    }

    /// Visits the records of a system collection in the order of their ids.
    ///
    /// # Errors
    /// As [`TreeReader::unfiltered_system_get`].
    pub fn unfiltered_system_scan(
        &self,
        database: DatabaseId,
        collection: SystemCollection,
        visit: &mut dyn FnMut(DocumentRef<'_>) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let range = KeyRange::prefix(&key::document_prefix(database, collection.id()));
        self.scan_keys(&range, Order::Ascending, &mut |key, bytes| {
            visit(DocumentRef::from_stored(key::id_text(key::suffix(key)?)?, bytes)?)
        })
    }

    pub(crate) fn record<T: DeserializeOwned>(
        &self,
        database: DatabaseId,
        collection: SystemCollection,
        id: &str,
    ) -> Result<Option<T>> {
        let mut found = None;
        self.snapshot().get(&key::document(database, collection.id(), id), &mut |bytes| {
            found = Some(read_record(id, bytes));
        })?;
        found.transpose()
    }
}

impl TreeWriter {
    /// Sets a record of a system collection.
    ///
    /// # Errors
    /// `Invalid` or `Limit` if the value cannot be stored.
    pub fn unfiltered_system_put(
        &mut self,
        database: DatabaseId,
        collection: SystemCollection,
        id: &str,
        value: &Value,
    ) -> Result<()> {
        self.put_system(database, collection, id, value, None)
    }

    /// Sets a record of a system collection that expires, and is collected after that.
    ///
    /// # Errors
    /// As [`TreeWriter::unfiltered_system_put`].
    pub fn unfiltered_system_put_until(
        &mut self,
        database: DatabaseId,
        collection: SystemCollection,
        id: &str,
        value: &Value,
        expires_at: Timestamp,
    ) -> Result<()> {
        self.put_system(database, collection, id, value, Some(expires_at))
    }

    /// Removes a record of a system collection.
    ///
    /// # Errors
    /// `Limit` if the transaction has grown too large.
    pub fn unfiltered_system_delete(
        &mut self,
        database: DatabaseId,
        collection: SystemCollection,
        id: &str,
    ) -> Result<()> {
        self.delete(&key::document(database, collection.id(), id))
    }

    fn put_system(
        &mut self,
        database: DatabaseId,
        collection: SystemCollection,
        id: &str,
        value: &Value,
        expires_at: Option<Timestamp>,
    ) -> Result<()> {
        let old = self.unfiltered_document(database, collection.id(), id)?;
        let bytes = stored::encode(self.version_after(old.as_ref()), expires_at, value)?;
        self.whole(|writer| {
            writer.put(&key::document(database, collection.id(), id), &bytes)?;
            let old = old.and_then(|old| old.expires_at());
            writer.change_expiry((database, collection.id()), id, old, expires_at)
        })
    }

    pub(crate) fn put_record<T: Serialize>(
        &mut self,
        database: DatabaseId,
        collection: SystemCollection,
        id: &str,
        record: &T,
    ) -> Result<()> {
        self.unfiltered_system_put(database, collection, id, &to_value(record)?)
    }

    /// The next number of a counter of this store. It is never given again.
    pub(crate) fn next_number(&mut self, counter: &'static str, first: u32) -> Result<u32> {
        let next: Option<i64> = self.record(DatabaseId::STORE, SystemCollection::Counter, counter)?;
        let next = match next {
            Some(next) => u32::try_from(next).map_err(|_| Error::Limit {
                what: counter,
                actual: usize::MAX,
                max: usize::try_from(u32::MAX).unwrap_or(usize::MAX),
            })?,
            None => first,
        };
        let after = Value::Int(i64::from(next) + 1);
        self.unfiltered_system_put(DatabaseId::STORE, SystemCollection::Counter, counter, &after)?;
        Ok(next)
    }
}

pub(crate) fn read_record<T: DeserializeOwned>(id: &str, bytes: &[u8]) -> Result<T> {
    let document = DocumentRef::from_stored(id, bytes)?;
    document.to().map_err(|_| Error::Corrupt("a system record has not the form it must have".into()))
}
