//! What a question is about: an action on a thing that is there, is to become something else or is to come to be, or on all
//! things of a kind. It knows nothing of who does it.

use crate::resource::{Action, Decision, Resource};
use crate::role::BuiltInRole;
use crate::value_limit::check_value;
use crate::{Error, Result};
use portunus_scope::{DEPTH_MAX, DOCUMENT_BYTES_MAX, Value, to_value};
use serde::Serialize;
use std::fmt;

/// What somebody may do or may not.
///
/// ```
/// use portunus_auth::{Action, Deed, Error, Resource};
/// # use serde_json::json;
/// assert_eq!(Deed::read("notes", "n1").to_string(), "read notes/n1");
/// assert_eq!(Deed::see_id("notes", "n1").to_string(), "list_ids notes/n1");
/// assert_eq!(Deed::delete("notes", "n1").to_string(), "delete notes/n1");
/// assert_eq!(Deed::create("notes", json!({"title": "milk"}))?.to_string(), "create in notes");
/// assert_eq!(Deed::create_with_id("notes", "n2", json!({}))?.to_string(), "create notes/n2");
/// assert_eq!(Deed::replace("notes", "n1", json!({}))?.to_string(), "write notes/n1");
/// assert_eq!(Deed::patch("notes", "n1", json!({"title": "tea"}))?.to_string(), "write notes/n1");
/// assert_eq!(Deed::call("publish", json!({"id": "n1"}))?.to_string(), "call procedure publish");
/// assert_eq!(Deed::on_any("notes", Action::Write)?.to_string(), "write in notes");
/// assert_eq!(Deed::on_every(Resource::Key, Action::Read)?.to_string(), "read every key");
/// assert!(Deed::on_every(Resource::Key, Action::Call).is_err(), "nobody calls a key");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Deed(pub(crate) DeedIs);

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum DeedIs {
    /// Something that is done to a document as it is.
    On {
        action: Action,
        collection: String,
        id: String,
    },
    Create {
        collection: String,
        id: Option<String>,
        value: Value,
    },
    Replace {
        collection: String,
        id: String,
        value: Value,
    },
    Patch {
        collection: String,
        id: String,
        patch: Value,
    },
    Call {
        procedure: String,
        arguments: Value,
    },
    /// To any document of a collection, whichever it is.
    Any {
        action: Action,
        collection: String,
    },
    /// To things of a kind, whichever they are.
    Every {
        action: Action,
        resource: Resource,
    },
}

impl Deed {
    /// Reading a document.
    pub fn read(collection: impl Into<String>, id: impl Into<String>) -> Self {
        Self::on(Action::Read, collection, id)
    }

    /// Seeing the id of a document.
    pub fn see_id(collection: impl Into<String>, id: impl Into<String>) -> Self {
        Self::on(Action::ListIds, collection, id)
    }

    /// Deleting a document.
    pub fn delete(collection: impl Into<String>, id: impl Into<String>) -> Self {
        Self::on(Action::Delete, collection, id)
    }

    /// Creating a document, under an id of the engine's making.
    ///
    /// # Errors
    /// `Limit` or `Invalid` if no document can have this value.
    pub fn create<T: Serialize>(collection: impl Into<String>, value: T) -> Result<Self> {
        Ok(Self(DeedIs::Create { collection: collection.into(), id: None, value: document(value)? }))
    }

    /// Creating a document, under an id of the caller's choice.
    ///
    /// # Errors
    /// As [`Deed::create`].
    pub fn create_with_id<T: Serialize>(
        collection: impl Into<String>,
        id: impl Into<String>,
        value: T,
    ) -> Result<Self> {
        let (id, value) = (Some(id.into()), document(value)?);
        Ok(Self(DeedIs::Create { collection: collection.into(), id, value }))
    }

    /// Putting another value in the place of a document's.
    ///
    /// # Errors
    /// As [`Deed::create`].
    pub fn replace<T: Serialize>(
        collection: impl Into<String>,
        id: impl Into<String>,
        value: T,
    ) -> Result<Self> {
        let value = document(value)?;
        Ok(Self(DeedIs::Replace { collection: collection.into(), id: id.into(), value }))
    }

    /// Merging a patch (RFC 7396) into a document.
    ///
    /// # Errors
    /// As [`Deed::create`].
    pub fn patch<T: Serialize>(
        collection: impl Into<String>,
        id: impl Into<String>,
        patch: T,
    ) -> Result<Self> {
        let patch = document(patch)?;
        Ok(Self(DeedIs::Patch { collection: collection.into(), id: id.into(), patch }))
    }

    /// Calling a procedure.
    ///
    /// # Errors
    /// As [`Deed::create`].
    pub fn call<T: Serialize>(procedure: impl Into<String>, arguments: T) -> Result<Self> {
        let arguments = document(arguments)?;
        Ok(Self(DeedIs::Call { procedure: procedure.into(), arguments }))
    }

    /// An action on documents of a collection, whichever they are.
    ///
    /// # Errors
    /// `Invalid` if this is nothing that is done to documents.
    pub fn on_any(collection: impl Into<String>, action: Action) -> Result<Self> {
        can_be_done(Resource::Document, action)?;
        Ok(Self(DeedIs::Any { action, collection: collection.into() }))
    }

    /// An action on things of a kind, whichever they are.
    ///
    /// # Errors
    /// `Invalid` if this is nothing that is done to them.
    pub fn on_every(resource: Resource, action: Action) -> Result<Self> {
        can_be_done(resource, action)?;
        Ok(Self(DeedIs::Every { action, resource }))
    }

    /// The actions that have to be granted for it.
    pub(crate) fn actions(&self) -> Vec<Action> {
        match &self.0 {
            DeedIs::On { action: Action::Read, .. } => vec![Action::Read],
            // What may not be seen cannot be done anything to; who may read sees ids.
            DeedIs::On { action, .. } => vec![Action::Read, *action],
            DeedIs::Replace { .. } | DeedIs::Patch { .. } => vec![Action::Read, Action::Write],
            DeedIs::Create { id: None, .. } => vec![Action::Create],
            DeedIs::Create { id: Some(_), .. } => vec![Action::Create, Action::CreateWithId],
            DeedIs::Call { .. } => vec![Action::Call],
            DeedIs::Any { action, .. } | DeedIs::Every { action, .. } => vec![*action],
        }
    }

    fn on(action: Action, collection: impl Into<String>, id: impl Into<String>) -> Self {
        Self(DeedIs::On { action, collection: collection.into(), id: id.into() })
    }
}

impl fmt::Display for Deed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            DeedIs::On { action, collection, id } => write!(formatter, "{action} {collection}/{id}"),
            DeedIs::Create { collection, id: None, .. } => write!(formatter, "create in {collection}"),
            DeedIs::Create { collection, id: Some(id), .. } => write!(formatter, "create {collection}/{id}"),
            DeedIs::Replace { collection, id, .. } | DeedIs::Patch { collection, id, .. } => {
                write!(formatter, "write {collection}/{id}")
            }
            DeedIs::Call { procedure, .. } => write!(formatter, "call procedure {procedure}"),
            DeedIs::Any { action, collection } => write!(formatter, "{action} in {collection}"),
            DeedIs::Every { action, resource } => write!(formatter, "{action} every {resource}"),
        }
    }
}

fn document<T: Serialize>(value: T) -> Result<Value> {
    let value = to_value(&value)?;
    check_value("value of a question", &value, DEPTH_MAX, DOCUMENT_BYTES_MAX)?;
    Ok(value)
}

fn can_be_done(resource: Resource, action: Action) -> Result<()> {
    match BuiltInRole::Admin.decide(resource, action) {
        Decision::Allow => Ok(()),
        Decision::Deny => {
            Err(Error::invalid("action", format!("{action} is nothing that is done to a {resource}")))
        }
    }
}
