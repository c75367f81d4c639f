//! What the store keeps of a token, and where. It knows nothing of who may make or change one.

use crate::mac::{TAG_BYTES, Tag};
use crate::{Error, PublicId, Result};
use portunus_scope::identities::attached_id;
use portunus_scope::{
    DatabaseId, Document, Object, SystemCollection, Timestamp, TreeReader, TreeWriter, Value, ValueRef,
};

/// The record of a token: a document of the store under the token's public id, with one entry beside its identity document
/// that dies with that. Both expire with the token.
#[derive(Clone)]
pub(crate) struct TokenRecord {
    pub(crate) id: PublicId,
    pub(crate) purpose: Purpose,
    pub(crate) database: DatabaseId,
    /// The number of the identity document's collection.
    pub(crate) collection: u32,
    pub(crate) document: String,
    pub(crate) tag: Tag,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Option<Timestamp>,
    /// What its maker wants to find in it again.
    pub(crate) data: Value,
    /// The login that it comes from: tokens of one login end together when one of its refresh tokens is shown twice.
    pub(crate) family: Option<PublicId>,
}

/// What a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// It opens transactions.
    Access,
    /// It is good for a new pair of tokens, once, until the login ends.
    Refresh { used: bool, login_ends: Timestamp },
}

impl TokenRecord {
    /// The record of this public id.
    ///
    /// # Errors
    /// `Corrupt` if it has not the form that it must have; as every read.
    pub(crate) fn find(reader: &TreeReader, id: PublicId) -> Result<Option<Self>> {
        let found =
            reader.unfiltered_system_get(DatabaseId::STORE, SystemCollection::Token, &id.to_string())?;
        found.map(|document| Self::read(id, &document)).transpose()
    }

    /// The tokens of an identity document.
    ///
    /// # Errors
    /// As [`TokenRecord::find`].
    pub(crate) fn of_identity(
        reader: &TreeReader,
        database: DatabaseId,
        collection: u32,
        document: &str,
    ) -> Result<Vec<Self>> {
        let names = reader.attached(database, collection, document)?;
        let found = names.into_iter().map(|name| {
            let id = name.parse().map_err(|_| damaged())?;
            Self::find(reader, id)
        });
        // An entry may outlive its record by as long as a sweep takes.
        found.filter_map(Result::transpose).collect()
    }

    /// Whether it is still good for anything at an instant.
    pub(crate) fn is_alive(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|at| now < at)
    }

    /// Stores the record and its entry.
    pub(crate) fn put(&self, writer: &mut TreeWriter) -> Result<()> {
        let id = self.id.to_string();
        let entry = attached_id(self.collection, &self.document, &id);
        let places = [
            (DatabaseId::STORE, SystemCollection::Token, id, self.to_value()),
            (self.database, SystemCollection::TokenOf, entry, Value::Null),
        ];
        for (database, collection, id, value) in places {
            match self.expires_at {
                Some(at) => writer.unfiltered_system_put_until(database, collection, &id, &value, at)?,
                None => writer.unfiltered_system_put(database, collection, &id, &value)?,
            }
        }
        Ok(())
    }

    /// Removes the record and its entry.
    pub(crate) fn delete(&self, writer: &mut TreeWriter) -> Result<()> {
        let id = self.id.to_string();
        let entry = attached_id(self.collection, &self.document, &id);
        writer.unfiltered_system_delete(DatabaseId::STORE, SystemCollection::Token, &id)?;
        writer.unfiltered_system_delete(DatabaseId::STORE, SystemCollection::TokenUse, &id)?;
        writer.unfiltered_system_delete(self.database, SystemCollection::TokenOf, &entry)?;
        Ok(())
    }

    fn to_value(&self) -> Value {
        let optional = |at: Option<Timestamp>| at.map_or(Value::Null, Value::Timestamp);
        let (used, login_ends) = match self.purpose {
            Purpose::Access => (Value::Null, Value::Null),
            Purpose::Refresh { used, login_ends } => (Value::Bool(used), Value::Timestamp(login_ends)),
        };
        let mut record = Object::new();
        record.insert("database", self.database.to_int());
        record.insert("collection", i64::from(self.collection));
        record.insert("document", self.document.as_str());
        record.insert("mac", Value::Bytes(self.tag.as_bytes().to_vec()));
        record.insert("created_at", Value::Timestamp(self.created_at));
        record.insert("expires_at", optional(self.expires_at));
        record.insert("data", self.data.clone());
        record.insert("family", self.family.map_or(Value::Null, |id| Value::String(id.to_string())));
        record.insert("used", used);
        record.insert("login_ends", login_ends);
        Value::Object(record)
    }

    fn read(id: PublicId, document: &Document) -> Result<Self> {
        Self::from_value(id, document.root()).ok_or_else(damaged)
    }

    fn from_value(id: PublicId, record: ValueRef<'_>) -> Option<Self> {
        let tag: [u8; TAG_BYTES] = record.member("mac")?.as_bytes()?.try_into().ok()?;
        let (expires_at, family) = (record.member("expires_at")?, record.member("family")?);
        let used = record.member("used")?;
        let purpose = if used.is_null() {
            Purpose::Access
        } else {
            let login_ends = record.member("login_ends")?.as_timestamp()?;
            Purpose::Refresh { used: used.as_bool()?, login_ends }
        };
        Some(Self {
            id,
            purpose,
            database: DatabaseId::from_int(record.member("database")?.as_int()?)?,
            collection: u32::try_from(record.member("collection")?.as_int()?).ok()?,
            document: record.member("document")?.as_str()?.into(),
            tag: Tag::from_bytes(tag),
            created_at: record.member("created_at")?.as_timestamp()?,
            // A form that is neither is damage, never a token without an end.
            expires_at: if expires_at.is_null() { None } else { Some(expires_at.as_timestamp()?) },
            data: record.member("data")?.to_value(),
            family: if family.is_null() { None } else { Some(family.as_str()?.parse().ok()?) },
        })
    }
}

fn damaged() -> Error {
    Error::Corrupt("a token has not its form".into())
}
