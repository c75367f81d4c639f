//! What rights are about: the kinds of things, what can be done with them, and what is decided. It knows nothing of roles.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A kind of thing that rights are given on.
///
/// Rules about documents know their fields. Of other things they know what those show who may see them; what a thing does not
/// have is no field of it, and `has` tells. Their `version` is always 0, their `collection` is the name of the kind, and their
/// `id` is what is said first here; keys and tokens that are about to be made have an empty one:
///
/// | kind | `id`, and fields |
/// |---|---|
/// | `Collection` | name; `name`, `fields` and `indexes` by their names, `closed` |
/// | `Database` | path; `name`, `path`, `public_id` once it has one, `disabled`, `protected`, `created_at` |
/// | `Key` | public id; `role`, `name`, `path`, `created_at`, `expires_at` |
/// | `Token` | public id; `collection`, `document`, `is_refresh`, `data`, `created_at`, `expires_at`, `last_used_at` |
/// | `Credential` | id of the document; `collection`, `document`, `disabled`, `algorithm`, `created_at`, `changed_at` |
/// | `Role` | name; `name`, `inherit` |
/// | `AccessProvider` | name; `name`, `issuer`, `audiences`, `algorithms`, `roles`, `jwks_url`, `not_before`, `created_at` |
/// | `Procedure` | name; `name`, `role`; to call one, a rule knows `args` alone |
/// | `Audit` | the sequence of a record; `sequence`, and the members that its kind has, `at` as an instant; of the settings: `settings`; `kept`, `openings`, `refusals`, `denials` |
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

impl Resource {
    /// What errors and rules call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
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
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
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
