//! Roles: what the built-in ones may do, as one table. It knows nothing of who holds them.

use crate::{Error, Result};
use std::fmt;
use std::str::FromStr;

/// The most bytes of a role's name.
pub const ROLE_NAME_BYTES_MAX: usize = 64;

/// A kind of thing that rights are given on.
///
/// ```
/// use portunus_auth::{Action, BuiltInRole, Decision, Resource};
/// assert_eq!(BuiltInRole::Admin.decide(Resource::Key, Action::Create), Decision::Allow);
/// assert_eq!(Resource::Key.to_string(), "key");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
}

/// What can be done with a thing.
///
/// ```
/// use portunus_auth::{Action, BuiltInRole, Decision, Resource};
/// assert_eq!(BuiltInRole::ServerReadonly.decide(Resource::Document, Action::Read), Decision::Allow);
/// assert_eq!(BuiltInRole::ServerReadonly.decide(Resource::Document, Action::Write), Decision::Deny);
/// assert_eq!(Action::CreateWithId.to_string(), "create_with_id");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

/// A role that every database has, and nobody can change or delete.
///
/// ```
/// use portunus_auth::BuiltInRole;
/// assert_eq!(BuiltInRole::named("server-readonly"), Some(BuiltInRole::ServerReadonly));
/// assert_eq!(BuiltInRole::ServerReadonly.name(), "server-readonly");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BuiltInRole {
    /// Everything in its database and below.
    Admin,
    /// Every document; definitions of collections to read.
    Server,
    /// Every document and definition of a collection, to read.
    ServerReadonly,
    /// Nothing.
    None,
}

/// The name of a role: 1 to 64 letters, digits, `-` and `_`, beginning with a letter.
///
/// ```
/// use portunus_auth::RoleName;
/// assert_eq!("server-readonly".parse::<RoleName>()?.as_str(), "server-readonly");
/// assert!("@doc".parse::<RoleName>().is_err());
/// # Ok::<(), portunus_auth::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoleName(String);

/// The actions that a set of roles grants on each resource, ready to be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rights(u64);

/// Who may do what. A pair that is not here is denied.
const TABLE: [(BuiltInRole, Resource, &[Action]); 8] = {
    use Action::{Create, CreateWithId, Delete, ListIds, Read, Write};
    [
        (BuiltInRole::Admin, Resource::Document, &[Read, Create, CreateWithId, Write, Delete, ListIds]),
        (BuiltInRole::Admin, Resource::Collection, &[Read, Create, CreateWithId, Write, Delete, ListIds]),
        (BuiltInRole::Admin, Resource::Database, &[Read, Create, CreateWithId, Write, Delete, ListIds]),
        (BuiltInRole::Admin, Resource::Key, &[Read, Create, CreateWithId, Write, Delete, ListIds]),
        (BuiltInRole::Server, Resource::Document, &[Read, Create, CreateWithId, Write, Delete, ListIds]),
        (BuiltInRole::Server, Resource::Collection, &[Read, ListIds]),
        (BuiltInRole::ServerReadonly, Resource::Document, &[Read, ListIds]),
        (BuiltInRole::ServerReadonly, Resource::Collection, &[Read, ListIds]),
    ]
};

impl BuiltInRole {
    /// All of them, the strongest first.
    pub const ALL: [Self; 4] = [Self::Admin, Self::Server, Self::ServerReadonly, Self::None];

    /// The name by which keys and scopes speak of it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Server => "server",
            Self::ServerReadonly => "server-readonly",
            Self::None => "none",
        }
    }

    /// The role of this name, if it is a built-in one.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// What the role decides about an action on things of a kind.
    ///
    /// ```
    /// use portunus_auth::{Action, BuiltInRole, Decision, Resource};
    /// assert_eq!(BuiltInRole::Server.decide(Resource::Document, Action::Write), Decision::Allow);
    /// assert_eq!(BuiltInRole::Server.decide(Resource::Key, Action::Read), Decision::Deny);
    /// ```
    #[must_use]
    pub fn decide(self, resource: Resource, action: Action) -> Decision {
        self.rights().decide(resource, action)
    }

    pub(crate) fn rights(self) -> Rights {
        let rows = TABLE.iter().filter(|(role, ..)| *role == self);
        Rights(
            rows.flat_map(|(_, resource, actions)| actions.iter().map(|a| bit(*resource, *a)))
                .fold(0, bits_or),
        )
    }
}

impl Rights {
    pub(crate) fn decide(self, resource: Resource, action: Action) -> Decision {
        if self.0 & bit(resource, action) == 0 { Decision::Deny } else { Decision::Allow }
    }
}

/// The place of a cell of the table in [`Rights`]: eight actions to a resource.
fn bit(resource: Resource, action: Action) -> u64 {
    let row = match resource {
        Resource::Document => 0,
        Resource::Collection => 1,
        Resource::Database => 2,
        Resource::Key => 3,
    };
    let column = match action {
        Action::Read => 0,
        Action::Create => 1,
        Action::CreateWithId => 2,
        Action::Write => 3,
        Action::Delete => 4,
        Action::ListIds => 5,
    };
    1 << (row * 8 + column)
}

fn bits_or(left: u64, right: u64) -> u64 {
    left | right
}

impl RoleName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RoleName {
    type Err = Error;

    /// # Errors
    /// `Invalid` or `Limit` if the text breaks the rule for names.
    fn from_str(text: &str) -> Result<Self> {
        if text.len() > ROLE_NAME_BYTES_MAX {
            return Err(Error::Limit { what: "role name", actual: text.len(), max: ROLE_NAME_BYTES_MAX });
        }
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if !text.bytes().all(fits) || !text.starts_with(|first: char| first.is_ascii_alphabetic()) {
            return Err(Error::invalid(
                "role name",
                "only letters, digits, '-' and '_' are allowed, after a letter",
            ));
        }
        Ok(Self(text.into()))
    }
}

impl From<BuiltInRole> for RoleName {
    fn from(role: BuiltInRole) -> Self {
        Self(role.name().into())
    }
}

impl fmt::Display for RoleName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Document => "document",
            Self::Collection => "collection",
            Self::Database => "database",
            Self::Key => "key",
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
        })
    }
}

#[cfg(test)]
mod tests;
