//! Creating documents through a view: permission first, then validity, then uniqueness.

use super::{ReadView, WriteView};
use crate::Result;
use crate::fields::Mask;
use crate::resource::{Action, Resource};
use portunus_scope::{Document, Draft, Expiry, StoredCollection, to_value};
use serde::Serialize;

/// A document about to be created.
///
/// ```
/// # use portunus_auth::{Collection, Error, Gate, GateOptions};
/// use portunus_auth::{Expiry, Timestamp};
/// # use serde_json::json;
/// # let (gate, secret) = Gate::create_in_memory(&GateOptions::default())?;
/// # let mut view = gate.begin_write(&secret)?;
/// # view.define(Collection::new("notes"))?;
/// let addition = view.add("notes").id("n1").expires(Expiry::At(Timestamp::MAX));
/// let note = addition.create(json!({"title": "milk"}))?;
/// assert_eq!((note.id(), note.expires_at()), ("n1", Some(Timestamp::MAX)));
/// # Ok::<(), Error>(())
/// ```
#[must_use = "nothing is created until `create` is called"]
pub struct Addition<'w> {
    view: &'w mut WriteView,
    collection: &'w str,
    id: Option<&'w str>,
    expiry: Expiry,
}

impl WriteView {
    /// Creates a document, under an id of the engine's making.
    ///
    /// # Errors
    /// `Denied`; `NotFound` if there is no such collection; `Invalid` or `Limit` if the document breaks a rule;
    /// `Constraint` if it clashes with another one in a unique index.
    pub fn create<T: Serialize>(&mut self, collection: &str, value: T) -> Result<Document> {
        self.add(collection).create(value)
    }

    /// Creates a document, under an id of the caller's choice.
    ///
    /// # Errors
    /// As [`WriteView::create`]; `AlreadyExists` if there is one under this id.
    pub fn create_with_id<T: Serialize>(&mut self, collection: &str, id: &str, value: T) -> Result<Document> {
        self.add(collection).id(id).create(value)
    }

    /// A document about to be created, of which more is to be said. See [`Addition`].
    pub fn add<'w>(&'w mut self, collection: &'w str) -> Addition<'w> {
        Addition { view: self, collection, id: None, expiry: Expiry::Unchanged }
    }
}

impl<'w> Addition<'w> {
    /// Under this id.
    pub fn id(mut self, id: &'w str) -> Self {
        self.id = Some(id);
        self
    }

    /// To expire then, and not as the collection says, which takes the right to set all of its fields.
    pub fn expires(mut self, expiry: Expiry) -> Self {
        self.expiry = expiry;
        self
    }

    /// Creates it.
    ///
    /// # Errors
    /// As [`WriteView::create_with_id`].
    pub fn create<T: Serialize>(self, value: T) -> Result<Document> {
        let Self { view, collection: name, id, expiry } = self;
        let policy = view.policy()?;
        let collection = match view.seen_collection(policy, name) {
            Ok(Some(collection)) => collection,
            Ok(None) => return Err(policy.denied(Action::Create, Resource::Document)),
            // Permission first, also for what is not there.
            Err(error) => {
                policy.require(Resource::Document, Action::Create)?;
                return Err(error);
            }
        };
        let actions: &[Action] =
            if id.is_some() { &[Action::Create, Action::CreateWithId] } else { &[Action::Create] };
        for action in actions {
            policy.require_some(&*collection, *action)?;
        }
        let value = to_value(&value)?;
        let draft = view.writer()?.unfiltered_prepare(&collection, id, value, expiry)?;
        for action in actions {
            view.require_coming(&collection, &draft, *action, expiry)?;
        }
        let inserted = view.writer()?.unfiltered_insert(&collection, draft);
        let stored = inserted.map_err(|error| view.clash_or(error, &collection, Action::Create))?;
        view.shown_to_writer(&collection, stored, Mask::all())
    }
}

impl ReadView {
    /// That a document may come to be as it is about to, with defaults and its id; and that its creator may set what it has
    /// set.
    fn require_coming(
        &self,
        collection: &StoredCollection,
        draft: &Draft,
        action: Action,
        expiry: Expiry,
    ) -> Result<()> {
        let policy = self.unchecked_policy();
        let mut judge = policy.judge();
        let sight = self.sight(policy, collection, action, &mut judge)?;
        let (version, is_to_expire) = (self.reader().version_after(None), expiry != Expiry::Unchanged);
        if sight.lets_come(&mut judge, collection, (draft, version), is_to_expire)? {
            Ok(())
        } else {
            Err(policy.denied(action, Resource::Document))
        }
    }
}
