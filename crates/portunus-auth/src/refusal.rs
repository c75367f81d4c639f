//! Why a secret opened nothing: told to the operator's trace and audit log, never to the caller. It knows nothing of how
//! it was found.

use crate::{Error, PublicId};
use portunus_scope::{DatabaseId, Error as ScopeError};
use std::fmt;

/// Why a secret opened nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It is not the text of a secret, or of a secret and a scope.
    Malformed,
    /// No record has its public id.
    Unknown,
    /// The record of its public id is for another one.
    Wrong,
    /// Its instant has come.
    Expired,
    /// The database that it opens is gone, or no longer below the one that owns it.
    NoDatabase,
    /// The database that it opens, or one above it, is disabled.
    Disabled,
    /// Its role may not be narrowed, or the scope leads nowhere.
    Scope,
    /// The database has no role of that name.
    Role,
    /// The document that it stands for is gone.
    Identity,
    /// It is good for a new token, and opens nothing itself.
    Refresh,
    /// It was good for a new token once, and has been exchanged already.
    Reused,
    /// The password that its login rests on is disabled or gone.
    Credential,
}

/// A secret that opened nothing: why, and as far as it is known which, and where.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refused {
    pub(crate) why: Refusal,
    pub(crate) id: Option<PublicId>,
    pub(crate) database: Option<DatabaseId>,
}

/// What can come of an opening but a principal.
#[derive(Debug)]
pub(crate) enum OpenError {
    Refused(Refused),
    /// Nobody has stood for a document of this collection before: it has to be marked first.
    Unmarked {
        database: DatabaseId,
        collection: String,
    },
    Failed(Error),
}

impl Refusal {
    pub(crate) fn of(self, id: Option<PublicId>) -> OpenError {
        OpenError::Refused(Refused { why: self, id, database: None })
    }

    pub(crate) fn in_database(self, id: PublicId, database: DatabaseId) -> OpenError {
        OpenError::Refused(Refused { why: self, id: Some(id), database: Some(database) })
    }
}

impl Refused {
    /// Tells the trace.
    #[cold]
    pub(crate) fn trace(&self) {
        match self.id {
            Some(id) => tracing::debug!(reason = %self.why, %id, "a secret was refused"),
            None => tracing::debug!(reason = %self.why, "a secret was refused"),
        }
    }
}

impl OpenError {
    /// What the caller is told: of every refusal the same.
    pub(crate) fn told(self) -> Error {
        match self {
            Self::Refused(_) | Self::Unmarked { .. } => Error::Unauthenticated,
            Self::Failed(error) => error,
        }
    }
}

impl From<Error> for OpenError {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<ScopeError> for OpenError {
    fn from(error: ScopeError) -> Self {
        Self::Failed(error.into())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Malformed => "malformed",
            Self::Unknown => "unknown",
            Self::Wrong => "wrong",
            Self::Expired => "expired",
            Self::NoDatabase => "no_database",
            Self::Disabled => "database_disabled",
            Self::Scope => "scope",
            Self::Role => "role",
            Self::Identity => "identity",
            Self::Refresh => "refresh_token",
            Self::Reused => "refresh_token_reused",
            Self::Credential => "credential",
        })
    }
}
