//! How the holder of a key narrows it: a place below its database, and a role or a document there. It knows nothing of
//! who may.

use crate::role::RoleName;
use crate::{Error, Result};
use portunus_scope::{DOCUMENT_ID_BYTES_MAX, DatabasePath, NAME_BYTES_MAX};
use std::fmt;
use std::str::FromStr;

/// The most bytes that the text of a scope can have: a path of 32 names, the longest of what can follow, and their marks.
const SCOPE_BYTES_MAX: usize = 32 * 65 + NAME_BYTES_MAX + 3 * DOCUMENT_ID_BYTES_MAX + 8;
/// What stands before the collection of a document.
const DOCUMENT_MARK: &str = "@doc/";

/// A narrower use of a key: a role or a document, in the key's own database or in one below it.
///
/// Its text follows the text of the secret: `@path#role`, or `#role` in the key's own database; `#@doc/collection/id`,
/// behind a path or not, acts as that document and has none of the key's own rights. In such an id `#` is written `%23`,
/// and `%` is written `%25`. There is one text for each scope, no other text is one, and no two scopes together are one. Whether a scope applies is found when it is used: only a key of the role `admin` may name a path
/// or a role, only one of `admin` or `server` a document, and with any other a scope opens nothing.
///
/// ```
/// use portunus_auth::{BuiltInRole, SecretScope};
/// let scope: SecretScope = "@acme/eu#server".parse()?;
/// assert_eq!(scope, SecretScope::role(BuiltInRole::Server).at("acme/eu".parse()?));
/// assert_eq!(scope.path().to_string(), "acme/eu");
/// assert_eq!(scope.role_name().map(|role| role.as_str()), Some("server"));
/// assert_eq!(SecretScope::role(BuiltInRole::None).to_string(), "#none");
/// let ann = SecretScope::document("users", "ann")?;
/// assert_eq!(ann.to_string(), "#@doc/users/ann");
/// assert_eq!(ann.document_id(), Some(("users", "ann")));
/// assert!("acme/eu#server".parse::<SecretScope>().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SecretScope {
    path: DatabasePath,
    holder: ScopeHolder,
}

/// Who acts in the place that a scope leads to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ScopeHolder {
    Role(RoleName),
    Document { collection: String, id: String },
}

impl SecretScope {
    /// This role, in the key's own database.
    #[must_use]
    pub fn role(role: impl Into<RoleName>) -> Self {
        Self { path: DatabasePath::here(), holder: ScopeHolder::Role(role.into()) }
    }

    /// This document, in the key's own database: whoever uses the secret is it, and no more.
    ///
    /// # Errors
    /// `Invalid` or `Limit` if the collection's name or the id can be none.
    pub fn document(collection: impl Into<String>, id: impl Into<String>) -> Result<Self> {
        let holder = ScopeHolder::document(collection.into(), id.into())?;
        Ok(Self { path: DatabasePath::here(), holder })
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

    /// The role that is meant, if it is a role.
    #[must_use]
    pub fn role_name(&self) -> Option<&RoleName> {
        match &self.holder {
            ScopeHolder::Role(role) => Some(role),
            ScopeHolder::Document { .. } => None,
        }
    }

    /// The collection and id of the document that is meant, if it is a document.
    #[must_use]
    pub fn document_id(&self) -> Option<(&str, &str)> {
        match &self.holder {
            ScopeHolder::Role(_) => None,
            ScopeHolder::Document { collection, id } => Some((collection, id)),
        }
    }

    pub(crate) fn holder(&self) -> &ScopeHolder {
        &self.holder
    }
}

impl ScopeHolder {
    fn document(collection: String, id: String) -> Result<Self> {
        if collection.is_empty() || collection.contains(['/', '#']) {
            return Err(Error::invalid("scope", "names no collection"));
        }
        if id.is_empty() {
            return Err(Error::invalid("scope", "names no document"));
        }
        for (what, text, max) in [
            ("collection name of a scope", &collection, NAME_BYTES_MAX),
            ("document id of a scope", &id, DOCUMENT_ID_BYTES_MAX),
        ] {
            if text.len() > max {
                return Err(Error::Limit { what, actual: text.len(), max });
            }
        }
        Ok(Self::Document { collection, id })
    }
}

impl fmt::Display for SecretScope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_here() {
            write!(formatter, "@{}", self.path)?;
        }
        match &self.holder {
            ScopeHolder::Role(role) => write!(formatter, "#{role}"),
            ScopeHolder::Document { collection, id } => {
                write!(formatter, "#{DOCUMENT_MARK}{collection}/{}", escaped(id))
            }
        }
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
        // A path has no '#', and what comes behind the first one has none either.
        let (path, holder) =
            text.split_once('#').ok_or_else(|| Error::invalid("scope", "names no role and no document"))?;
        let path = match path.strip_prefix('@') {
            Some("") => return Err(Error::invalid("scope", "has a mark for a path, and no path")),
            Some(path) => {
                path.parse().map_err(|_| Error::invalid("scope", "the path is not one of database names"))?
            }
            None if path.is_empty() => DatabasePath::here(),
            None => return Err(Error::invalid("scope", "begins with neither '@' nor '#'")),
        };
        let holder = match holder.strip_prefix(DOCUMENT_MARK) {
            Some(document) => {
                let (collection, id) =
                    document.split_once('/').ok_or_else(|| Error::invalid("scope", "names no document"))?;
                let id = unescaped(id)
                    .ok_or_else(|| Error::invalid("scope", "the document's id is not escaped"))?;
                ScopeHolder::document(collection.into(), id)?
            }
            None => ScopeHolder::Role(holder.parse()?),
        };
        Ok(Self { path, holder })
    }
}

/// An id as the text of a scope has it: with no '#', which would begin a second one.
fn escaped(id: &str) -> String {
    id.replace('%', "%25").replace('#', "%23")
}

/// The id of which this is the text, if it is that of one.
fn unescaped(text: &str) -> Option<String> {
    let id = text.replace("%23", "#").replace("%25", "%");
    (escaped(&id) == text).then_some(id)
}

#[cfg(test)]
mod tests;
