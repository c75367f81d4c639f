//! Roles that every database has: what they may do, as one table; and the names of all roles. It knows nothing of who
//! holds them.

use crate::name::check_name;
use crate::resource::{Action, Decision, Resource};
use crate::rights::{Right, Rights, Target};
use crate::{Error, Result};
use std::fmt;
use std::str::FromStr;

/// The most bytes of a role's name.
pub const ROLE_NAME_BYTES_MAX: usize = 64;

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

/// Who may do what. A pair that is not here is denied.
const TABLE: [(BuiltInRole, Resource, &[Action]); 18] = {
    use Action::{Call, Create, CreateWithId, Delete, Explain, ListIds, Read, Write};
    [
        (BuiltInRole::Admin, Resource::Document, &[Read, Create, CreateWithId, Write, Delete, ListIds]),
        (BuiltInRole::Admin, Resource::Collection, &[Read, Create, CreateWithId, Write, Delete, ListIds]),
        (BuiltInRole::Admin, Resource::Database, &[Read, Create, CreateWithId, Write, Delete, ListIds]),
        (BuiltInRole::Admin, Resource::Key, &[Read, Create, CreateWithId, Write, Delete, ListIds]),
        (BuiltInRole::Admin, Resource::Token, &[Read, Create, Write, Delete, ListIds]),
        (BuiltInRole::Admin, Resource::Credential, &[Read, Create, Write, Delete]),
        (BuiltInRole::Admin, Resource::Role, &[Read, Create, Write, Delete, Explain]),
        (BuiltInRole::Admin, Resource::AccessProvider, &[Read, Create, Write, Delete]),
        (BuiltInRole::Admin, Resource::Procedure, &[Read, Create, Write, Delete, Call]),
        (BuiltInRole::Admin, Resource::Audit, &[Read, Write]),
        (BuiltInRole::Server, Resource::Document, &[Read, Create, CreateWithId, Write, Delete, ListIds]),
        (BuiltInRole::Server, Resource::Collection, &[Read, ListIds]),
        (BuiltInRole::Server, Resource::Token, &[Read, Create, Write, Delete, ListIds]),
        (BuiltInRole::Server, Resource::Credential, &[Read, Create, Write, Delete]),
        (BuiltInRole::Server, Resource::Procedure, &[Read, Call]),
        (BuiltInRole::ServerReadonly, Resource::Document, &[Read, ListIds]),
        (BuiltInRole::ServerReadonly, Resource::Collection, &[Read, ListIds]),
        (BuiltInRole::ServerReadonly, Resource::Procedure, &[Read]),
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
        Rights::on_kinds(self.pairs())
    }

    /// The same as single rights, to be put together with those of other roles.
    pub(crate) fn grants(self) -> impl Iterator<Item = Right> {
        let right = |(kind, action)| Right { on: Target::Every(kind), action, when: None, fields: None };
        self.pairs().map(right)
    }

    fn pairs(self) -> impl Iterator<Item = (Resource, Action)> {
        let rows = TABLE.iter().filter(move |(role, ..)| *role == self);
        rows.flat_map(|(_, resource, actions)| actions.iter().map(|action| (*resource, *action)))
    }
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
        check_name("role name", text, ROLE_NAME_BYTES_MAX)?;
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

#[cfg(test)]
mod tests;
