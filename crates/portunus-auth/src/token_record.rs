//! What the store keeps of a token, and where. It knows nothing of who may make or change one.

use crate::mac::{MacKeys, TAG_BYTES, Tag};
use crate::secret::{Issued, SecretKind};
use crate::{Error, PublicId, Result, Secret};
use portunus_scope::identities::attached_id;
use portunus_scope::{
    DatabaseId, Document, Object, SystemCollection, Timestamp, TreeReader, TreeWriter, Value, ValueRef,
};
use std::time::Duration;

/// The most tokens that one identity document has at a time.
pub const TOKENS_OF_IDENTITY_MAX: usize = 1_000;

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
    /// The refresh token of the login that it comes from, if that has one: both end together.
    pub(crate) family: Option<PublicId>,
}

/// What a token is good for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// It opens transactions.
    Access,
    /// It is good for a new pair of tokens.
    Refresh(Renewals),
}

/// How a login goes on. Its refresh token keeps its public id however often its secret is exchanged.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Renewals {
    /// Of what all its secrets have in common: one with this tag that is not the present one was exchanged before.
    pub(crate) login_tag: Tag,
    /// When the login ends, whatever is done.
    pub(crate) login_ends: Timestamp,
    /// How long a refresh token waits to be used.
    pub(crate) idle: Duration,
    /// How long the tokens live that it is exchanged for.
    pub(crate) ttl: Duration,
}

impl TokenRecord {
    /// A new secret, and the record that `make` makes for it. It is not stored yet.
    ///
    /// # Errors
    /// `Limit` if the identity document has [`TOKENS_OF_IDENTITY_MAX`] tokens; `Internal` if the operating system has no
    /// random bytes; as every read.
    pub(crate) fn issue(
        reader: &TreeReader,
        keys: &MacKeys,
        kind: SecretKind,
        make: impl FnOnce(&Issued) -> Self,
    ) -> Result<(Secret, Self)> {
        let issued = Secret::issue(kind, keys)?;
        let record = make(&issued);
        Self::check_room(reader, record.database, record.collection, &record.document)?;
        if Self::find(reader, issued.id)?.is_some() {
            return Err(Error::Internal("the operating system gave the same random bytes twice".into()));
        }
        Ok((issued.secret, record))
    }

    /// That an identity document may have one more token.
    ///
    /// # Errors
    /// `Limit` if not; as every read.
    pub(crate) fn check_room(
        reader: &TreeReader,
        database: DatabaseId,
        collection: u32,
        document: &str,
    ) -> Result<()> {
        let (what, max) = ("tokens of an identity document", TOKENS_OF_IDENTITY_MAX);
        if reader.attached(database, collection, document)?.len() < max {
            return Ok(());
        }
        // Those that have ended and were not collected yet take no room.
        let tokens = Self::of_identity(reader, database, collection, document)?;
        let there = tokens.iter().filter(|token| token.is_alive(reader.now())).count();
        if there < max { Ok(()) } else { Err(Error::Limit { what, actual: there + 1, max }) }
    }

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
        let login_ends = match self.purpose {
            Purpose::Access => None,
            Purpose::Refresh(renewals) => Some(renewals.login_ends),
        };
        self.expires_at.into_iter().chain(login_ends).all(|at| now < at)
    }

    /// The refresh token of its login, if that has one.
    pub(crate) fn login(&self) -> Option<PublicId> {
        match self.purpose {
            Purpose::Access => self.family,
            Purpose::Refresh(_) => Some(self.id),
        }
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
        let mut record = Object::new();
        record.insert("database", self.database.to_int());
        record.insert("collection", i64::from(self.collection));
        record.insert("document", self.document.as_str());
        record.insert("mac", Value::Bytes(self.tag.as_bytes().to_vec()));
        record.insert("created_at", Value::Timestamp(self.created_at));
        record.insert("expires_at", optional(self.expires_at));
        record.insert("data", self.data.clone());
        record.insert("family", self.family.map_or(Value::Null, |id| Value::String(id.to_string())));
        record.insert("renewals", self.purpose.to_value());
        Value::Object(record)
    }

    fn read(id: PublicId, document: &Document) -> Result<Self> {
        Self::from_value(id, document.root()).ok_or_else(damaged)
    }

    fn from_value(id: PublicId, record: ValueRef<'_>) -> Option<Self> {
        let (expires_at, family) = (record.member("expires_at")?, record.member("family")?);
        Some(Self {
            id,
            purpose: Purpose::from_value(record.member("renewals")?)?,
            database: DatabaseId::from_int(record.member("database")?.as_int()?)?,
            collection: u32::try_from(record.member("collection")?.as_int()?).ok()?,
            document: record.member("document")?.as_str()?.into(),
            tag: tag(record, "mac")?,
            created_at: record.member("created_at")?.as_timestamp()?,
            // A form that is neither is damage, never a token without an end.
            expires_at: if expires_at.is_null() { None } else { Some(expires_at.as_timestamp()?) },
            data: record.member("data")?.to_value(),
            family: if family.is_null() { None } else { Some(family.as_str()?.parse().ok()?) },
        })
    }
}

impl Purpose {
    fn to_value(self) -> Value {
        let Self::Refresh(renewals) = self else { return Value::Null };
        let micros = |time: Duration| i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
        let mut record = Object::new();
        record.insert("login_mac", Value::Bytes(renewals.login_tag.as_bytes().to_vec()));
        record.insert("login_ends", Value::Timestamp(renewals.login_ends));
        record.insert("idle_us", micros(renewals.idle));
        record.insert("ttl_us", micros(renewals.ttl));
        Value::Object(record)
    }

    fn from_value(renewals: ValueRef<'_>) -> Option<Self> {
        if renewals.is_null() {
            return Some(Self::Access);
        }
        let time = |name| {
            let micros = renewals.member(name)?.as_int()?;
            Some(Duration::from_micros(u64::try_from(micros).ok()?))
        };
        Some(Self::Refresh(Renewals {
            login_tag: tag(renewals, "login_mac")?,
            login_ends: renewals.member("login_ends")?.as_timestamp()?,
            idle: time("idle_us")?,
            ttl: time("ttl_us")?,
        }))
    }
}

fn tag(record: ValueRef<'_>, name: &str) -> Option<Tag> {
    let bytes: [u8; TAG_BYTES] = record.member(name)?.as_bytes()?.try_into().ok()?;
    Some(Tag::from_bytes(bytes))
}

fn damaged() -> Error {
    Error::Corrupt("a token has not its form".into())
}
