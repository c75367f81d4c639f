//! Reading single documents through a view, and finding the collection that an operation is on.

use super::ReadView;
use crate::policy::Policy;
use crate::resource::{Action, Resource};
use crate::sight::Seen;
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
        let Some(collection) = self.seen_collection(policy, collection)? else { return Ok(None) };
        let mut judge = policy.judge();
        let sight = self.sight(policy, &collection, Action::Read, &mut judge)?;
        if sight.is_none() {
            return Ok(None);
        }
        let Some(document) = self.reader().unfiltered_get(&collection, id)? else { return Ok(None) };
        match sight.look(&mut judge, &collection, document.as_ref())? {
            Some(Seen::Whole(_)) => Ok(Some(document)),
            Some(Seen::Masked(masked, _)) => Ok(Some(masked)),
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
