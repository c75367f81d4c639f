//! What the store keeps of a key, and where. It knows nothing of who may make or change one.

use crate::mac::{MacKeys, TAG_BYTES, Tag};
use crate::role_record::{RoleRef, RoleUser};
use crate::secret::{Issued, SecretKind};
use crate::{BuiltInRole, Error, PublicId, Result, Secret};
use portunus_scope::{
    DatabaseId, Document, Object, SystemCollection, Timestamp, TreeReader, TreeWriter, Value, ValueRef,
};
use std::ops::ControlFlow;

/// The record of a key: a document of the store under the key's public id, with one entry in the database that owns it
/// and one in the database that it opens.
#[derive(Clone)]
pub(crate) struct KeyRecord {
    pub(crate) id: PublicId,
    pub(crate) owner: DatabaseId,
    pub(crate) target: DatabaseId,
    pub(crate) role: RoleRef,
    pub(crate) tag: Tag,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) name: Option<String>,
}

impl KeyRecord {
    /// A new secret, and the record that `make` makes for its public id and tag.
    ///
    /// # Errors
    /// `Internal` if the operating system has no random bytes.
    pub(crate) fn issue(keys: &MacKeys, make: impl FnOnce(PublicId, Tag) -> Self) -> Result<(Secret, Self)> {
        let Issued { secret, id, tag, .. } = Secret::issue(SecretKind::Key, keys)?;
        Ok((secret, make(id, tag)))
    }

    /// The record of this public id.
    ///
    /// # Errors
    /// `Corrupt` if it has not the form that it must have; as every read.
    pub(crate) fn find(reader: &TreeReader, id: PublicId) -> Result<Option<Self>> {
        let found =
            reader.unfiltered_system_get(DatabaseId::STORE, SystemCollection::Key, &id.to_string())?;
        found.map(|document| Self::read(id, &document)).transpose()
    }

    /// The public ids of the keys that a database owns, or that open it.
    pub(crate) fn ids_in(
        reader: &TreeReader,
        database: DatabaseId,
        entries: SystemCollection,
    ) -> Result<Vec<PublicId>> {
        let mut ids = Vec::new();
        let mut malformed = false;
        reader.unfiltered_system_scan(database, entries, &mut |document| {
            match document.id().parse() {
                Ok(id) => ids.push(id),
                Err(_) => malformed = true,
            }
            Ok(ControlFlow::Continue(()))
        })?;
        if malformed { Err(damaged("the entry of a key has not its form")) } else { Ok(ids) }
    }

    /// A record of no key, in stored form. Reading it is the work of reading a real one.
    ///
    /// # Errors
    /// As everything that is stored.
    pub(crate) fn of_no_key() -> Result<Document> {
        let id = PublicId::new(0);
        let record = Self {
            id,
            owner: DatabaseId::ROOT,
            target: DatabaseId::ROOT,
            role: BuiltInRole::None.into(),
            tag: Tag::from_bytes([0; TAG_BYTES]),
            created_at: Timestamp(0),
            expires_at: None,
            name: None,
        };
        Ok(Document::new(&id.to_string(), 0, None, &record.to_value())?)
    }

    /// The record that a document holds.
    ///
    /// # Errors
    /// `Corrupt` if it has not the form that it must have.
    pub(crate) fn read(id: PublicId, document: &Document) -> Result<Self> {
        Self::from_value(id, document.root()).ok_or_else(|| damaged("a key has not its form"))
    }

    /// What an entry without a record is.
    pub(crate) fn missing() -> Error {
        damaged("the entry of a key leads to no record")
    }

    /// Stores the record and its entries.
    pub(crate) fn put(&self, writer: &mut TreeWriter) -> Result<()> {
        let id = self.id.to_string();
        writer.unfiltered_system_put(DatabaseId::STORE, SystemCollection::Key, &id, &self.to_value())?;
        let entry = Value::Object(Object::new());
        writer.unfiltered_system_put(self.owner, SystemCollection::KeyOwner, &id, &entry)?;
        writer.unfiltered_system_put(self.target, SystemCollection::KeyTarget, &id, &entry)?;
        self.role.put_use(writer, self.target, &RoleUser::Key(self.id))
    }

    /// Removes the record and its entries.
    pub(crate) fn delete(&self, writer: &mut TreeWriter) -> Result<()> {
        let id = self.id.to_string();
        writer.unfiltered_system_delete(DatabaseId::STORE, SystemCollection::Key, &id)?;
        writer.unfiltered_system_delete(self.owner, SystemCollection::KeyOwner, &id)?;
        writer.unfiltered_system_delete(self.target, SystemCollection::KeyTarget, &id)?;
        self.role.delete_use(writer, self.target, &RoleUser::Key(self.id))
    }

    fn to_value(&self) -> Value {
        let mut record = Object::new();
        record.insert("owner", self.owner.to_int());
        record.insert("target", self.target.to_int());
        record.insert("role", self.role.to_value());
        record.insert("mac", Value::Bytes(self.tag.as_bytes().to_vec()));
        record.insert("created_at", Value::Timestamp(self.created_at));
        record.insert("expires_at", self.expires_at.map_or(Value::Null, Value::Timestamp));
        record.insert("name", self.name.clone().map_or(Value::Null, Value::String));
        Value::Object(record)
    }

    fn from_value(id: PublicId, record: ValueRef<'_>) -> Option<Self> {
        let database = |name| DatabaseId::from_int(record.member(name)?.as_int()?);
        let tag: [u8; TAG_BYTES] = record.member("mac")?.as_bytes()?.try_into().ok()?;
        let expires_at = record.member("expires_at")?;
        let name = record.member("name")?;
        Some(Self {
            id,
            owner: database("owner")?,
            target: database("target")?,
            role: RoleRef::read(record.member("role")?)?,
            tag: Tag::from_bytes(tag),
            created_at: record.member("created_at")?.as_timestamp()?,
            // A form that is neither is damage, never a key without an end.
            expires_at: if expires_at.is_null() { None } else { Some(expires_at.as_timestamp()?) },
            name: if name.is_null() { None } else { Some(name.as_str()?.into()) },
        })
    }
}

fn damaged(what: &str) -> Error {
    Error::Corrupt(what.into())
}
