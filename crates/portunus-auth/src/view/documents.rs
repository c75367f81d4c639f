//! Reading single documents through a view, and finding the collection that an operation is on.

use super::ReadView;
use crate::policy::Policy;
use crate::resource::Resource;
use crate::{Error, Query, Result};
use portunus_scope::{Document, StoredCollection};
use std::sync::Arc;

impl ReadView {
    /// The document under an id, if the principal may see it.
    ///
    /// # Errors
    /// `NotFound` if there is no such collection, to those who may see definitions; to all others it is as an empty one.
    ///
    /// ```
    /// # use portunus_auth::{Collection, Durability, Error, Gate, GateOptions};
    /// # let (gate, secret) = Gate::create_in_memory(&GateOptions::default())?;
    /// # let mut view = gate.begin_write(&secret)?;
    /// # view.define(Collection::new("notes"))?;
    /// # view.create_with_id("notes", "n1", serde_json::json!({"title": "milk"}))?;
    /// # view.commit(Durability::Immediate)?;
    /// let view = gate.begin_read(&secret)?;
    /// let note = view.get("notes", "n1")?.expect("it is there");
    /// assert_eq!(note.field("title").and_then(|title| title.as_str()), Some("milk"));
    /// assert!(view.get("notes", "n2")?.is_none());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn get(&self, collection: &str, id: &str) -> Result<Option<Document>> {
        let policy = self.policy()?;
        match self.seen_collection(policy, collection)? {
            Some(collection) => self.seen_document(policy, &collection, id),
            None => Ok(None),
        }
    }

    /// Whether there is a document under an id that the principal may see.
    ///
    /// # Errors
    /// As [`ReadView::get`].
    pub fn exists(&self, collection: &str, id: &str) -> Result<bool> {
        Ok(self.get(collection, id)?.is_some())
    }

    /// A query over the documents of a collection that the principal may see.
    pub fn query<'v>(&'v self, collection: &'v str) -> Query<'v> {
        Query::new(self, collection)
    }

    /// The document under an id, if the principal may see it.
    pub(super) fn seen_document(
        &self,
        policy: Policy<'_>,
        collection: &StoredCollection,
        id: &str,
    ) -> Result<Option<Document>> {
        if policy.sees(collection) { Ok(self.reader().unfiltered_get(collection, id)?) } else { Ok(None) }
    }

    /// The collection of this name. Where there is none, those who may see definitions are told so; for all others it
    /// is as one without documents.
    pub(super) fn seen_collection(
        &self,
        policy: Policy<'_>,
        name: &str,
    ) -> Result<Option<Arc<StoredCollection>>> {
        match self.reader().collection(self.database(), name)? {
            None if policy.sees(Resource::Collection) => Err(Error::NotFound("collection")),
            found => Ok(found),
        }
    }
}
