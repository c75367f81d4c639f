//! What the store keeps of a password, and where. It knows nothing of who may set or try one.

use crate::random::random_bytes;
use crate::{Error, PasswordHash, Result};
use portunus_scope::identities::credential_id;
use portunus_scope::{
    DatabaseId, Document, Object, SystemCollection, Timestamp, TreeReader, TreeWriter, Value, ValueRef,
};

/// The record of an identity document's password: one in the database of the document, under its collection and id. It is
/// deleted with the document.
#[derive(Clone)]
pub(crate) struct CredentialRecord {
    /// The text of its hash.
    hash: String,
    /// Drawn anew whenever a password is set, and kept when the hash of the same one is made anew: so whoever has worked out
    /// a hash can tell whether it was still that password's.
    serial: i64,
    pub(crate) created_at: Timestamp,
    pub(crate) changed_at: Timestamp,
    /// Whether it proves nothing for now.
    pub(crate) disabled: bool,
}

impl CredentialRecord {
    /// The record of a password that is set now, in the place of an older one if there is one.
    ///
    /// # Errors
    /// `Internal` if the operating system has no random bytes.
    pub(crate) fn set(hash: &PasswordHash, old: Option<&Self>, now: Timestamp) -> Result<Self> {
        Ok(Self {
            hash: hash.expose().into(),
            serial: i64::from_be_bytes(random_bytes()?),
            created_at: old.map_or(now, |old| old.created_at),
            changed_at: now,
            disabled: old.is_some_and(|old| old.disabled),
        })
    }

    /// The record of the same password with another hash.
    pub(crate) fn raised(self, hash: &PasswordHash) -> Self {
        Self { hash: hash.expose().into(), ..self }
    }

    /// Whether this is the password that `other` was the record of.
    pub(crate) fn is_same_password(&self, other: &Self) -> bool {
        self.serial == other.serial && self.changed_at == other.changed_at
    }

    /// The hash. There is none if this program cannot read it, or it would take too much to work out.
    pub(crate) fn hash(&self) -> Option<PasswordHash> {
        PasswordHash::import(&self.hash).ok()
    }

    /// The record of a document's password.
    ///
    /// # Errors
    /// `Corrupt` if it has not the form that it must have; as every read.
    pub(crate) fn find(
        reader: &TreeReader,
        database: DatabaseId,
        collection: u32,
        document: &str,
    ) -> Result<Option<Self>> {
        let id = credential_id(collection, document);
        let found = reader.unfiltered_system_get(database, SystemCollection::Credential, &id)?;
        found.map(|found| Self::read(&found)).transpose()
    }

    /// Stores the record.
    pub(crate) fn put(
        &self,
        writer: &mut TreeWriter,
        database: DatabaseId,
        collection: u32,
        document: &str,
    ) -> Result<()> {
        let mut record = Object::new();
        record.insert("hash", self.hash.as_str());
        record.insert("serial", self.serial);
        record.insert("created_at", Value::Timestamp(self.created_at));
        record.insert("changed_at", Value::Timestamp(self.changed_at));
        record.insert("disabled", self.disabled);
        let (id, record) = (credential_id(collection, document), Value::Object(record));
        Ok(writer.unfiltered_system_put(database, SystemCollection::Credential, &id, &record)?)
    }

    /// Removes the record of a document's password.
    pub(crate) fn delete(
        writer: &mut TreeWriter,
        database: DatabaseId,
        collection: u32,
        document: &str,
    ) -> Result<()> {
        let id = credential_id(collection, document);
        Ok(writer.unfiltered_system_delete(database, SystemCollection::Credential, &id)?)
    }

    fn read(document: &Document) -> Result<Self> {
        Self::from_value(document.root())
            .ok_or_else(|| Error::Corrupt("the record of a password has not its form".into()))
    }

    fn from_value(record: ValueRef<'_>) -> Option<Self> {
        Some(Self {
            hash: record.member("hash")?.as_str()?.into(),
            serial: record.member("serial")?.as_int()?,
            created_at: record.member("created_at")?.as_timestamp()?,
            changed_at: record.member("changed_at")?.as_timestamp()?,
            disabled: record.member("disabled")?.as_bool()?,
        })
    }
}
