//! Changing and deleting documents through a view: what one may not see is not there, what one may see but not change
//! is denied, and only then is the change looked at.

use super::{ReadView, WriteView};
use crate::audit::Event;
use crate::fields::Mask;
use crate::judge::Scene;
use crate::resource::{Action, Resource};
use crate::sight::{Seen, Sight, entity};
use crate::weighing::Put;
use crate::{Error, Result};
use portunus_scope::{Document, Expiry, StoredCollection, to_value};
use serde::Serialize;
use std::sync::Arc;

/// What a change of a document that is not there, or may not be seen, is told.
const DOCUMENT: &str = "document";

/// A change of a document, about to be made.
///
/// ```
/// # use portunus_auth::{Collection, Error, Gate, GateOptions};
/// use portunus_auth::Expiry;
/// # use serde_json::json;
/// # let (gate, secret) = Gate::create_in_memory(&GateOptions::default())?;
/// # let mut view = gate.begin_write(&secret)?;
/// # view.define(Collection::new("notes"))?;
/// let first = view.create_with_id("notes", "n1", json!({"title": "milk", "amount": 1}))?;
/// let change = view.change("notes", "n1").if_version(first.version());
/// let second = change.patch(json!({"amount": null}))?;
/// let third = view.change("notes", "n1").expires(Expiry::Never).replace(json!({"title": "tea"}))?;
/// assert!(third.version() > second.version());
/// let late = view.change("notes", "n1").if_version(first.version()).delete();
/// assert!(matches!(late, Err(Error::OtherVersion)));
/// view.change("notes", "n1").if_version(third.version()).delete()?;
/// # Ok::<(), Error>(())
/// ```
#[must_use = "nothing is changed until `replace`, `patch` or `delete` is called"]
pub struct Change<'w> {
    view: &'w mut WriteView,
    collection: &'w str,
    id: &'w str,
    version: Option<u64>,
    expiry: Expiry,
}

impl WriteView {
    /// Puts another value in the place of a document's.
    ///
    /// ```
    /// # use portunus_auth::{Collection, Error, Gate, GateOptions};
    /// # use serde_json::json;
    /// # let (gate, secret) = Gate::create_in_memory(&GateOptions::default())?;
    /// # let mut view = gate.begin_write(&secret)?;
    /// # view.define(Collection::new("notes"))?;
    /// view.create_with_id("notes", "n1", json!({"title": "milk", "amount": 1}))?;
    /// view.replace("notes", "n1", json!({"title": "tea"}))?;
    /// let note = view.patch("notes", "n1", json!({"amount": 2}))?;
    /// assert_eq!(note.value(), portunus_auth::to_value(&json!({"title": "tea", "amount": 2}))?);
    /// view.delete("notes", "n1")?;
    /// assert!(!view.exists("notes", "n1")?);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// `NotFound` if there is no such document, or none that the principal may see; `Denied` if it may not change it;
    /// `Invalid` or `Limit` if the value breaks a rule; `Constraint` if it clashes in a unique index.
    pub fn replace<T: Serialize>(&mut self, collection: &str, id: &str, value: T) -> Result<Document> {
        self.change(collection, id).replace(value)
    }

    /// Merges a patch (RFC 7396) into a document: its members replace those of the same name, null removes them.
    ///
    /// # Errors
    /// As [`WriteView::replace`].
    pub fn patch<T: Serialize>(&mut self, collection: &str, id: &str, patch: T) -> Result<Document> {
        self.change(collection, id).patch(patch)
    }

    /// Deletes a document.
    ///
    /// # Errors
    /// As [`WriteView::replace`].
    pub fn delete(&mut self, collection: &str, id: &str) -> Result<()> {
        self.change(collection, id).delete()
    }

    /// A change of a document, of which more is to be said. See [`Change`].
    pub fn change<'w>(&'w mut self, collection: &'w str, id: &'w str) -> Change<'w> {
        Change { view: self, collection, id, version: None, expiry: Expiry::Unchanged }
    }
}

impl Change<'_> {
    /// Only if the document still has this version; else `OtherVersion`.
    pub fn if_version(mut self, version: u64) -> Self {
        self.version = Some(version);
        self
    }

    /// To expire then, which takes the right to change all of its fields, and to end earlier than it would also the right to
    /// delete it. It plays no part where the document is deleted.
    pub fn expires(mut self, expiry: Expiry) -> Self {
        self.expiry = expiry;
        self
    }

    /// Puts another value in the place of the document's.
    ///
    /// # Errors
    /// As [`WriteView::replace`]; `OtherVersion` if the document has another version.
    pub fn replace<T: Serialize>(self, value: T) -> Result<Document> {
        let target = self.target(Action::Write)?;
        self.store(target, Put::Whole(to_value(&value)?))
    }

    /// Merges a patch (RFC 7396) into the document.
    ///
    /// # Errors
    /// As [`Change::replace`].
    pub fn patch<T: Serialize>(self, patch: T) -> Result<Document> {
        let target = self.target(Action::Write)?;
        self.store(target, Put::Patch(to_value(&patch)?))
    }

    /// Deletes the document.
    ///
    /// # Errors
    /// As [`Change::replace`].
    pub fn delete(self) -> Result<()> {
        let Target { collection, old, .. } = self.target(Action::Delete)?;
        self.view.writer()?.unfiltered_delete(&collection, &old)?;
        if !collection.holds_identities() {
            return Ok(());
        }
        // Its tokens and its password are gone with it.
        let (collection, document) = (collection.name().to_owned(), old.id().to_owned());
        self.view.note(Event::IdentityDeleted { collection, document })
    }

    /// The document, if the principal may see it and may do this to it, as far as that can be told before it is known what it
    /// is to become.
    fn target(&self, action: Action) -> Result<Target> {
        let view: &ReadView = self.view;
        let policy = view.policy()?;
        let missing = || Error::NotFound(DOCUMENT);
        let collection = view.seen_collection(policy, self.collection)?.ok_or_else(missing)?;
        let mut judge = policy.judge();
        let sight = view.sight(policy, &collection, Action::Read, &mut judge)?;
        if sight.is_none() {
            return Err(missing());
        }
        let old = view.reader().unfiltered_get(&collection, self.id)?.ok_or_else(missing)?;
        let doc = || Scene { doc: Some(entity(&collection, old.as_ref())), ..Scene::default() };
        let shown = sight.mask_in(&mut judge, doc)?.ok_or_else(missing)?;
        let may = view.sight(policy, &collection, action, &mut judge)?;
        // What a document is to become is not known yet: a rule about a change is asked when it is.
        let is_over = match action {
            Action::Delete => !may.holds(&mut judge, doc())?,
            _ => may.is_none(),
        };
        if is_over {
            return Err(policy.denied(action, Resource::Document));
        }
        match self.version {
            Some(version) if version != old.version() => Err(Error::OtherVersion),
            Some(_) | None => Ok(Target { collection, old, shown }),
        }
    }

    /// Stores what is to become of a document, if a rule about changes allows it.
    fn store(self, target: Target, put: Put) -> Result<Document> {
        let view: &ReadView = self.view;
        let policy = view.policy()?;
        let denied = || policy.denied(Action::Write, Resource::Document);
        let Target { collection, old, shown } = target;
        let mut becoming = put.onto(&shown, &old).ok_or_else(denied)?;
        becoming.is_to_expire = self.expiry != Expiry::Unchanged;
        let mut judge = policy.judge();
        let may = view.sight(policy, &collection, Action::Write, &mut judge)?;
        let version = view.reader().version_after(Some(&old));
        let may = may.lets_become(&mut judge, (&collection, &old, &shown), (&becoming, version));
        if !may.map_err(|error| view.without_size(&shown, error))? {
            return Err(denied());
        }
        // Who lets a document end earlier deletes it, if not at once: or a denial would keep nobody from that.
        if ends_earlier(self.expiry, &old) {
            let may_delete = view.sight(policy, &collection, Action::Delete, &mut judge)?;
            let scene = Scene { doc: Some(entity(&collection, old.as_ref())), ..Scene::default() };
            if !may_delete.holds(&mut judge, scene)? {
                return Err(policy.denied(Action::Delete, Resource::Document));
            }
        }
        let stored = self.view.writer()?.unfiltered_replace(&collection, &old, &becoming.value, self.expiry);
        let told =
            |error| self.view.without_size(&shown, self.view.clash_or(error, &collection, Action::Write));
        let stored = stored.map_err(told)?;
        self.view.shown_to_writer(&collection, stored, shown)
    }
}

/// Whether a document ends earlier by this than it would.
fn ends_earlier(expiry: Expiry, old: &Document) -> bool {
    matches!(expiry, Expiry::At(at) if old.expires_at().is_none_or(|then| at < then))
}

/// A document about to be changed.
struct Target {
    collection: Arc<StoredCollection>,
    old: Document,
    /// What of it the caller sees.
    shown: Mask,
}

impl ReadView {
    /// What somebody is told whose change is refused: how large a document is together with what is hidden of it would tell how
    /// large that is.
    fn without_size(&self, shown: &Mask, error: Error) -> Error {
        match error {
            Error::Limit { .. } if !shown.is_all() => {
                self.unchecked_policy().denied(Action::Write, Resource::Document)
            }
            other => other,
        }
    }

    /// A document that the caller has just stored, as it may see it now; if it may not see it any more, then as it saw what
    /// was there before.
    pub(super) fn shown_to_writer(
        &self,
        collection: &StoredCollection,
        stored: Document,
        before: Mask,
    ) -> Result<Document> {
        let policy = self.unchecked_policy();
        let mut judge = policy.judge();
        let sight = self.sight(policy, collection, Action::Read, &mut judge)?;
        if matches!(sight, Sight::All) {
            return Ok(stored);
        }
        let doc = || Scene { doc: Some(entity(collection, stored.as_ref())), ..Scene::default() };
        let mask = sight.mask_in(&mut judge, doc)?.unwrap_or(before);
        if mask.is_all() { Ok(stored) } else { Ok(Seen::masked(stored.as_ref(), mask)?.into_document()) }
    }
}
