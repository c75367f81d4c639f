//! Why a secret opened nothing: told to the operator's trace and audit log, never to the caller. It knows nothing of how
//! it was found.

use crate::jwt::JwtFault;
use crate::{Error, PublicId};
use portunus_scope::{DatabaseId, Error as ScopeError};
use std::fmt;

/// Why a secret opened nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    /// It is a JWT, and was not accepted.
    Jwt(JwtFault),
    /// It is a JWT that no database here has an access provider for.
    Provider,
    /// It is a JWT for several databases at once.
    SeveralDatabases,
    /// It is a JWT of a provider whose key set is not there.
    KeySet,
    /// It is a JWT of a provider that takes only those that were issued later.
    IssuedBefore,
    /// It is a JWT that was refused before its end.
    DeniedJwt,
    /// It is a JWT of a provider that cannot tell any more which documents its holders are.
    Mapping,
    /// It is a JWT whose holder has no role.
    NoRole,
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
    /// The access provider of a JWT is not the one any more that it was verified for: it has to be verified again.
    Changed,
    Failed(Error),
}

impl Refusal {
    pub(crate) fn of(self, id: Option<PublicId>) -> OpenError {
        OpenError::Refused(Refused { why: self, id, database: None })
    }

    pub(crate) fn at(self, database: DatabaseId) -> OpenError {
        OpenError::Refused(Refused { why: self, id: None, database: Some(database) })
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
            Self::Changed => Error::Conflict,
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
        if let Self::Jwt(fault) = self {
            return write!(formatter, "jwt_{fault}");
        }
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
            Self::Jwt(_) => "jwt",
            Self::Provider => "jwt_provider",
            Self::SeveralDatabases => "jwt_several_databases",
            Self::KeySet => "jwt_key_set",
            Self::IssuedBefore => "jwt_issued_before",
            Self::DeniedJwt => "jwt_denied",
            Self::Mapping => "jwt_mapping",
            Self::NoRole => "jwt_no_role",
        })
    }
}
