//! Why a secret opened nothing: told to the operator's trace, never to the caller. It knows nothing of how it was found.

use crate::{Error, PublicId};
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
}

impl Refusal {
    /// The one error of every refusal. The reason goes to the trace, at the level of debugging.
    #[cold]
    pub(crate) fn unauthenticated(self, key: Option<PublicId>) -> Error {
        match key {
            Some(key) => tracing::debug!(reason = %self, %key, "a secret was refused"),
            None => tracing::debug!(reason = %self, "a secret was refused"),
        }
        Error::Unauthenticated
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Malformed => "malformed",
            Self::Unknown => "unknown",
            Self::Wrong => "wrong",
            Self::Expired => "expired",
            Self::NoDatabase => "no database",
            Self::Disabled => "database disabled",
            Self::Scope => "scope",
            Self::Role => "role",
        })
    }
}
