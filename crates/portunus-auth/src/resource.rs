//! What rights are about: the kinds of things, what can be done with them, and what is decided. It knows nothing of roles.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A kind of thing that rights are given on.
///
/// ```
/// use portunus_auth::{Action, BuiltInRole, Decision, Resource};
/// assert_eq!(BuiltInRole::Admin.decide(Resource::Key, Action::Create), Decision::Allow);
/// assert_eq!(Resource::Key.to_string(), "key");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Resource {
    /// Documents of the collections that callers define.
    Document,
    /// Definitions of collections, their fields and indexes.
    Collection,
    /// Databases below the principal's own.
    Database,
    /// Keys that the principal's database owns.
    Key,
    /// Tokens of the database's identity documents.
    Token,
    /// Passwords of the database's identity documents: whether there is one, and whether a text is the right one.
    Credential,
    /// Roles of the database that are not built in.
    Role,
    /// Access providers of the database.
    AccessProvider,
    /// Procedures of the database.
    Procedure,
    /// The audit log of the database.
    Audit,
}

impl Resource {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Document,
        Self::Collection,
        Self::Database,
        Self::Key,
        Self::Token,
        Self::Credential,
        Self::Role,
        Self::AccessProvider,
        Self::Procedure,
        Self::Audit,
    ];
}

/// What can be done with a thing.
///
/// ```
/// use portunus_auth::{Action, BuiltInRole, Decision, Resource};
/// assert_eq!(BuiltInRole::ServerReadonly.decide(Resource::Document, Action::Read), Decision::Allow);
/// assert_eq!(BuiltInRole::ServerReadonly.decide(Resource::Document, Action::Write), Decision::Deny);
/// assert_eq!(Action::CreateWithId.to_string(), "create_with_id");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Action {
    /// See it.
    Read,
    /// Make one, with an id that the engine chooses.
    Create,
    /// Make one with an id that the caller chooses, on top of [`Action::Create`].
    CreateWithId,
    /// Change it.
    Write,
    /// Remove it.
    Delete,
    /// See the ids also of those that one may not read.
    ListIds,
    /// Run it, where it is a procedure.
    Call,
    /// Ask why somebody else may do something or may not, where it is a role: see [`explain`](crate::ReadView::explain).
    Explain,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Read,
        Self::Create,
        Self::CreateWithId,
        Self::Write,
        Self::Delete,
        Self::ListIds,
        Self::Call,
        Self::Explain,
    ];
}

/// What is decided about an action.
///
/// ```
/// use portunus_auth::{Action, BuiltInRole, Decision, Resource};
/// assert_eq!(BuiltInRole::None.decide(Resource::Document, Action::Read), Decision::Deny);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It may be done, on every such thing.
    Allow,
    /// It may not be done.
    Deny,
}

impl fmt::Display for Resource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Document => "document",
            Self::Collection => "collection",
            Self::Database => "database",
            Self::Key => "key",
            Self::Token => "token",
            Self::Credential => "credential",
            Self::Role => "role",
            Self::AccessProvider => "access_provider",
            Self::Procedure => "procedure",
            Self::Audit => "audit",
        })
    }
}

impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Read => "read",
            Self::Create => "create",
            Self::CreateWithId => "create_with_id",
            Self::Write => "write",
            Self::Delete => "delete",
            Self::ListIds => "list_ids",
            Self::Call => "call",
            Self::Explain => "explain",
        })
    }
}
