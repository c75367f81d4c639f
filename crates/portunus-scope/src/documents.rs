//! Changes of documents: validity first, then uniqueness, then the document and its index entries in one go.

use crate::collection::StoredCollection;
use crate::ids::{CollectionId, new_document_id};
use crate::index;
use crate::key::{self, Expiry as QueueEntry};
use crate::limits::{DEPTH_MAX, DOCUMENT_BYTES_MAX};
use crate::reader::{TreeReader, check_document_id};
use crate::stored;
use crate::writer::TreeWriter;
use crate::{DatabaseId, Document, Error, Result, Timestamp, Value, ValueRef};

/// A document as it will be stored, before it has been checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// Its id, given or made.
    pub id: String,
    /// Its value, with the defaults of its collection.
    pub value: Value,
    /// When it will expire.
    pub expires_at: Option<Timestamp>,
}

/// When a document expires that is created or replaced.
///
/// ```
/// use portunus_scope::{Clock, Expiry, SystemClock};
/// use std::time::Duration;
/// let in_an_hour = Expiry::At(SystemClock.now().saturating_add(Duration::from_secs(3_600)));
/// assert_ne!(in_an_hour, Expiry::Never);
/// assert_eq!(Expiry::default(), Expiry::Unchanged);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Expiry {
    /// As the collection says, for a new document; as before, for one that is replaced.
    #[default]
    Unchanged,
    /// Never.
    Never,
    /// At this instant.
    At(Timestamp),
}

impl TreeReader {
    /// The version of what takes the place of `old`: later than its version, and as a rule than that of any document that
    /// had this id: see ARCHITECTURE.md.
    #[must_use]
    pub fn version_after(&self, old: Option<&Document>) -> u64 {
        let now = u64::try_from(self.now().0).unwrap_or(0);
        old.map_or(now, |old| now.max(old.version().saturating_add(1)))
    }

    /// A new document of a collection, with an id of the engine's making if it is given none, and with defaults.
    /// It is not checked yet: whether its creator may create it is decided first.
    ///
    /// # Errors
    /// `Invalid` or `Limit` if the id cannot be one.
    pub fn unfiltered_prepare(
        &self,
        collection: &StoredCollection,
        id: Option<&str>,
        mut value: Value,
        expiry: Expiry,
    ) -> Result<Draft> {
        let id = match id {
            Some(id) => {
                check_document_id(id)?;
                id.to_string()
            }
            None => new_document_id(self.now())?,
        };
        if let Value::Object(object) = &mut value {
            collection.schema.apply_defaults(object);
        }
        let by_collection = || collection.definition.time_to_live().map(|ttl| self.now().saturating_add(ttl));
        let expires_at = match expiry {
            Expiry::Unchanged => by_collection(),
            Expiry::Never => None,
            Expiry::At(at) => Some(at),
        };
        Ok(Draft { id, value, expires_at })
    }
}

impl TreeWriter {
    /// Stores a new document.
    ///
    /// # Errors
    /// `Invalid` or `Limit` if the document breaks a rule; `Clash` if there is one of that id, or with the same terms
    /// in a unique index.
    pub fn unfiltered_insert(&mut self, collection: &StoredCollection, draft: Draft) -> Result<Document> {
        self.check_document(collection, &draft.value, draft.expires_at)?;
        let before = self.unfiltered_document(collection.database, collection.id, &draft.id)?;
        if before.as_ref().is_some_and(|before| self.is_alive(before.as_ref())) {
            return Err(Error::Clash { index: "id".into(), existing: draft.id });
        }
        // One that has expired but is not collected yet makes room.
        self.store(collection, before.as_ref(), &draft.id, &draft.value, draft.expires_at)
    }

    /// Stores another value in the place of a document that was read in this transaction.
    ///
    /// # Errors
    /// `Invalid` or `Limit` if the value breaks a rule; `Clash` if another document has the same terms in a unique index.
    pub fn unfiltered_replace(
        &mut self,
        collection: &StoredCollection,
        old: &Document,
        value: &Value,
        expiry: Expiry,
    ) -> Result<Document> {
        let expires_at = match expiry {
            Expiry::Unchanged => old.expires_at(),
            Expiry::Never => None,
            Expiry::At(at) => Some(at),
        };
        self.check_document(collection, value, expires_at)?;
        self.store(collection, Some(old), old.id(), value, expires_at)
    }

    /// Deletes a document that was read in this transaction.
    ///
    /// # Errors
    /// `Limit` if the transaction has grown too large.
    pub fn unfiltered_delete(&mut self, collection: &StoredCollection, old: &Document) -> Result<()> {
        self.whole(|writer| {
            writer.delete(&key::document(collection.database, collection.id, old.id()))?;
            writer.change_entries(collection, old.id(), Some(old.root()), &[])?;
            writer.detach(collection, old.id())?;
            writer.touch_identities(collection)?;
            writer.change_expiry((collection.database, collection.id), old.id(), old.expires_at(), None)
        })
    }

    fn check_document(
        &self,
        collection: &StoredCollection,
        value: &Value,
        expires_at: Option<Timestamp>,
    ) -> Result<()> {
        value.check(DEPTH_MAX, DOCUMENT_BYTES_MAX)?;
        let Value::Object(object) = value else {
            return Err(Error::invalid("", "a document is an object"));
        };
        if expires_at.is_some_and(|at| at <= self.now()) {
            return Err(Error::invalid("expires_at", "the instant has passed"));
        }
        collection.schema.check(object)
    }

    fn store(
        &mut self,
        collection: &StoredCollection,
        old: Option<&Document>,
        id: &str,
        value: &Value,
        expires_at: Option<Timestamp>,
    ) -> Result<Document> {
        let root = ValueRef::from(value);
        let mut expired = Vec::new();
        let mut entries = Vec::with_capacity(collection.indexes.len());
        for index in &collection.indexes {
            let of_index = index::entries(index, root)?;
            if let Some(existing) = self.find_clash(collection, index, &of_index, id, &mut expired)? {
                return Err(Error::Clash { index: index.name.clone(), existing });
            }
            entries.push(of_index);
        }
        let bytes = stored::encode(self.version_after(old), expires_at, value)?;
        if bytes.len() > DOCUMENT_BYTES_MAX {
            return Err(Error::Limit { what: "document", actual: bytes.len(), max: DOCUMENT_BYTES_MAX });
        }
        self.whole(|writer| {
            expired.iter().try_for_each(|document| writer.unfiltered_delete(collection, document))?;
            writer.put(&key::document(collection.database, collection.id, id), &bytes)?;
            writer.change_entries(collection, id, old.map(Document::root), &entries)?;
            if old.is_some_and(|old| !writer.is_alive(old.as_ref())) {
                writer.detach(collection, id)?;
            }
            writer.touch_identities(collection)?;
            writer.change_expiry(
                (collection.database, collection.id),
                id,
                old.and_then(Document::expires_at),
                expires_at,
            )
        })?;
        Document::from_stored(id, bytes)
    }

    /// Keeps the expiry queue in step with a document.
    pub(crate) fn change_expiry(
        &mut self,
        (database, collection): (DatabaseId, CollectionId),
        id: &str,
        old: Option<Timestamp>,
        new: Option<Timestamp>,
    ) -> Result<()> {
        if old == new {
            return Ok(());
        }
        let entry = |at| QueueEntry { at, database, collection, id }.to_key();
        if let Some(old) = old {
            self.delete(&entry(old))?;
        }
        if let Some(new) = new {
            self.put(&entry(new), &[])?;
        }
        Ok(())
    }
}
