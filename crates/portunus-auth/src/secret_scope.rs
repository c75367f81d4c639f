//! How the holder of a key narrows it: a place below its database, and a role there. It knows nothing of who may.

use crate::role::{BuiltInRole, RoleName};
use crate::{Error, Result};
use portunus_scope::DatabasePath;
use std::fmt;
use std::str::FromStr;

/// The most bytes that the text of a scope can have: a path of 32 names, a role, and their two marks.
const SCOPE_BYTES_MAX: usize = 32 * 65 + 64 + 2;

/// A narrower use of a key: a role, in the key's own database or in one below it.
///
/// Its text follows the text of the secret: `@path#role`, or `#role` in the key's own database. There is one text for
/// each scope, and no other text is one. Whether a scope applies is found when it is used: a key of any role but `admin`
/// opens nothing with one.
///
/// ```
/// use portunus_auth::{BuiltInRole, SecretScope};
/// let scope: SecretScope = "@acme/eu#server".parse()?;
/// assert_eq!(scope, SecretScope::role(BuiltInRole::Server).at("acme/eu".parse()?));
/// assert_eq!((scope.path().to_string(), scope.role_name().as_str()), ("acme/eu".into(), "server"));
/// assert_eq!(SecretScope::role(BuiltInRole::None).to_string(), "#none");
/// assert!("acme/eu#server".parse::<SecretScope>().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SecretScope {
    path: DatabasePath,
    role: RoleName,
}

impl SecretScope {
    /// This role, in the key's own database.
    #[must_use]
    pub fn role(role: impl Into<RoleName>) -> Self {
        Self { path: DatabasePath::here(), role: role.into() }
    }

    /// The same, in the database that `path` leads to from the key's own.
    #[must_use]
    pub fn at(self, path: DatabasePath) -> Self {
        Self { path, ..self }
    }

    /// The way from the key's database to the one that is meant.
    #[must_use]
    pub fn path(&self) -> &DatabasePath {
        &self.path
    }

    /// The role that is meant.
    #[must_use]
    pub fn role_name(&self) -> &RoleName {
        &self.role
    }

    /// The role that is meant, if every database has it.
    pub(crate) fn built_in_role(&self) -> Option<BuiltInRole> {
        BuiltInRole::named(self.role.as_str())
    }
}

impl fmt::Display for SecretScope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_here() {
            write!(formatter, "@{}", self.path)?;
        }
        write!(formatter, "#{}", self.role)
    }
}

impl FromStr for SecretScope {
    type Err = Error;

    /// # Errors
    /// `Invalid` or `Limit` for everything that [`Display`](fmt::Display) does not write.
    fn from_str(text: &str) -> Result<Self> {
        if text.len() > SCOPE_BYTES_MAX {
            return Err(Error::Limit { what: "scope", actual: text.len(), max: SCOPE_BYTES_MAX });
        }
        let (path, role) = text.split_once('#').ok_or_else(|| Error::invalid("scope", "names no role"))?;
        let path = match path.strip_prefix('@') {
            Some("") => return Err(Error::invalid("scope", "has a mark for a path, and no path")),
            Some(path) => {
                path.parse().map_err(|_| Error::invalid("scope", "the path is not one of database names"))?
            }
            None if path.is_empty() => DatabasePath::here(),
            None => return Err(Error::invalid("scope", "begins with neither '@' nor '#'")),
        };
        Ok(Self { path, role: role.parse()? })
    }
}

#[cfg(test)]
mod tests;
