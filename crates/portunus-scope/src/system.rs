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
use std::ops::{Bound, ControlFlow};

/// The system collections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SystemCollection {
    /// In each database: its own record, under the id `self`.
    Database,
    /// In a parent: the name of each child, with the child's id.
    Child,
    /// In each database: the name of each collection, with its definition.
    Collection,
    /// In the store, and in each database: what is counted.
    Counter,
    /// In the store: secrets, under their public ids.
    Key,
    /// In a database: the public ids of the secrets that it owns.
    KeyOwner,
    /// In a database: the public ids of the secrets that open it.
    KeyTarget,
    /// In the store: what it is, and its own keys.
    Store,
    /// In the store: tokens, under their public ids.
    Token,
    /// In a database: the public ids of the tokens of each identity document, under [`attached_id`].
    ///
    /// [`attached_id`]: crate::identities::attached_id
    TokenOf,
    /// In a database: the names of the collections that hold identity documents, under their numbers; and, beside each, a
    /// record that is written with every change of such a document.
    Identities,
    /// In a database: roles, under their numbers.
    Role,
    /// In a database: the name of each role, with its number.
    RoleName,
    /// In a database: the number of a collection and of a role that its documents are members of.
    Member,
    /// In a database: the number of a role, and what refers to it.
    RoleUse,
    /// In a database: access providers, under their numbers.
    Provider,
    /// In the store: what leads from the issuer and audience of a JWT to a database.
    Route,
    /// In a database: procedures, under their names.
    Procedure,
    /// In a database: what its audit log is to hold.
    AuditSettings,
    /// In a database: JWTs that are refused, until they would expire.
    DeniedJwt,
    /// In a database: the predicates that its rules call by name.
    Predicate,
    /// In a database: the numbers of its roles that work in the databases below as well.
    Inherited,
    /// In a database: what its roles were before they were changed.
    RoleVersion,
    /// In a database: the tokens of transactions that are to be done once. They decide nothing else, expire, and do not
    /// raise the epoch, as all that follow.
    Once,
    /// In a database: how the passwords of identity documents are proven, under [`credential_id`].
    ///
    /// [`credential_id`]: crate::identities::credential_id
    Credential,
    /// In the store: when tokens were last used, under their public ids.
    TokenUse,
    /// In a database: how many guesses at a password are left.
    Throttle,
    /// In a database: the audit log, in order.
    Audit,
    /// In a database: where its audit log ends.
    AuditHead,
}

impl SystemCollection {
    /// All of them.
    pub const ALL: [Self; 29] = [
        Self::Database,
        Self::Child,
        Self::Collection,
        Self::Counter,
        Self::Key,
        Self::KeyOwner,
        Self::KeyTarget,
        Self::Store,
        Self::Token,
        Self::TokenOf,
        Self::Identities,
        Self::Role,
        Self::RoleName,
        Self::Member,
        Self::RoleUse,
        Self::Provider,
        Self::Route,
        Self::Procedure,
        Self::AuditSettings,
        Self::DeniedJwt,
        Self::Predicate,
        Self::Inherited,
        Self::RoleVersion,
        Self::Once,
        Self::Credential,
        Self::TokenUse,
        Self::Throttle,
        Self::Audit,
        Self::AuditHead,
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
            Self::Token => 9,
            Self::TokenOf => 10,
            Self::Identities => 11,
            Self::Role => 12,
            Self::RoleName => 13,
            Self::Member => 14,
            Self::RoleUse => 15,
            Self::Provider => 16,
            Self::Route => 17,
            Self::Procedure => 18,
            Self::AuditSettings => 19,
            Self::DeniedJwt => 20,
            Self::Predicate => 21,
            Self::Inherited => 22,
            Self::RoleVersion => 23,
            Self::Once => CollectionId::WATCHED_END,
            Self::Credential => CollectionId::WATCHED_END + 1,
            Self::TokenUse => CollectionId::WATCHED_END + 2,
            Self::Throttle => CollectionId::WATCHED_END + 3,
            Self::Audit => CollectionId::WATCHED_END + 4,
            Self::AuditHead => CollectionId::WATCHED_END + 5,
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
        self.unfiltered_system_scan_of(database, collection, "", visit)
    }

    /// Visits the records of a system collection whose ids begin with a prefix, in the order of their ids.
    ///
    /// # Errors
    /// As [`TreeReader::unfiltered_system_get`].
    pub fn unfiltered_system_scan_of(
        &self,
        database: DatabaseId,
        collection: SystemCollection,
        prefix: &str,
        visit: &mut dyn FnMut(DocumentRef<'_>) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let range = KeyRange::prefix(&key::document(database, collection.id(), prefix));
        self.scan_records(&range, Order::Ascending, visit)
    }

    /// Visits the records of a system collection in an order of their ids, those behind the id `after` in that order.
    ///
    /// # Errors
    /// As [`TreeReader::unfiltered_system_get`].
    pub fn unfiltered_system_scan_after(
        &self,
        database: DatabaseId,
        collection: SystemCollection,
        after: Option<&str>,
        order: Order,
        visit: &mut dyn FnMut(DocumentRef<'_>) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let mut range = KeyRange::prefix(&key::document_prefix(database, collection.id()));
        if let Some(after) = after {
            let after = Bound::Excluded(key::document(database, collection.id(), after));
            match order {
                Order::Ascending => range.start = after,
                Order::Descending => range.end = after,
            }
        }
        self.scan_records(&range, order, visit)
    }

    fn scan_records(
        &self,
        range: &KeyRange,
        order: Order,
        visit: &mut dyn FnMut(DocumentRef<'_>) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        self.scan_keys(range, order, &mut |key, bytes| {
            visit(DocumentRef::from_stored(key::id_text(key::suffix(key)?)?, bytes)?)
        })
    }

    /// How many records of a system collection there are.
    ///
    /// # Errors
    /// As [`TreeReader::unfiltered_system_get`].
    pub fn unfiltered_system_count(
        &self,
        database: DatabaseId,
        collection: SystemCollection,
    ) -> Result<usize> {
        let mut count = 0;
        self.unfiltered_system_scan(database, collection, &mut |_| {
            count += 1;
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(count)
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

    /// Sets a record of a system collection without a look at what is there, so that the transaction does not come to
    /// depend on it: for records that never expire, whose writers do not get into each other's way or keep themselves in
    /// order.
    ///
    /// # Errors
    /// As [`TreeWriter::unfiltered_system_put`].
    pub fn unfiltered_system_put_blind(
        &mut self,
        database: DatabaseId,
        collection: SystemCollection,
        id: &str,
        value: &Value,
    ) -> Result<()> {
        let bytes = stored::encode(self.version_after(None), None, value)?;
        self.put(&key::document(database, collection.id(), id), &bytes)
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
        let old = self.unfiltered_document(database, collection.id(), id)?;
        self.whole(|writer| {
            writer.delete(&key::document(database, collection.id(), id))?;
            let expired = old.and_then(|old| old.expires_at());
            writer.change_expiry((database, collection.id()), id, expired, None)
        })
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

    /// The next number of a counter of this store, from `first` on. It is never given again.
    ///
    /// # Errors
    /// `Limit` if there is none left.
    pub fn next_number(&mut self, counter: &'static str, first: u32) -> Result<u32> {
        self.next_number_in(DatabaseId::STORE, counter, first)
    }

    /// The next number of a counter of a database's own, so that those who count in another one do not get in the way.
    ///
    /// # Errors
    /// As [`TreeWriter::next_number`].
    pub fn next_number_in(&mut self, database: DatabaseId, counter: &'static str, first: u32) -> Result<u32> {
        let next: Option<i64> = self.record(database, SystemCollection::Counter, counter)?;
        let next = match next {
            Some(next) => u32::try_from(next).map_err(|_| Error::Limit {
                what: counter,
                actual: usize::MAX,
                max: usize::try_from(u32::MAX).unwrap_or(usize::MAX),
            })?,
            None => first,
        };
        let after = Value::Int(i64::from(next) + 1);
        self.unfiltered_system_put(database, SystemCollection::Counter, counter, &after)?;
        Ok(next)
    }
}

pub(crate) fn read_record<T: DeserializeOwned>(id: &str, bytes: &[u8]) -> Result<T> {
    let document = DocumentRef::from_stored(id, bytes)?;
    document.to().map_err(|_| Error::Corrupt("a system record has not the form it must have".into()))
}
