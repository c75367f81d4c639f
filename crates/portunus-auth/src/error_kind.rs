//! The kinds of errors: what a caller matches on, and the codes that name them in logs and protocols.

use crate::Error;

/// The kinds of errors, for a `match`.
///
/// ```
/// use portunus_auth::ErrorKind;
/// assert_eq!(ErrorKind::OutcomeUnknown.code(), "outcome_unknown");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The secret opens nothing, or nothing any more.
    Unauthenticated,
    /// The principal may not do this.
    Denied,
    /// A login failed, for whatever reason.
    InvalidSecret,
    /// It was tried too often: wait, and try again.
    Throttled,
    /// There is no such thing, or none that the principal may see.
    NotFound,
    /// There is one already.
    AlreadyExists,
    /// A value, name, definition or argument breaks a rule.
    Invalid,
    /// The change would break something that depends on it, or the transaction is broken already.
    Constraint,
    /// Something that the transaction read has changed; run it again.
    Conflict,
    /// The commit may or may not survive.
    OutcomeUnknown,
    /// A limit was passed.
    Limit,
    /// The transaction outlived the deadline of readers.
    SnapshotExpired,
    /// The store refuses writes.
    ReadOnly,
    /// The store is open elsewhere.
    Locked,
    /// The store, or a backup, is damaged.
    Corrupt,
    /// The store was written by another version of the format, or by another program.
    Version,
    /// The operating system reported a fault, or the store is closed.
    Io,
    /// A fault in this program.
    Internal,
    /// The application's own error, from [`Error::application`].
    Application,
}

impl ErrorKind {
    /// The code that names the kind. It never changes.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Unauthenticated => "unauthenticated",
            Self::Denied => "denied",
            Self::InvalidSecret => "invalid_secret",
            Self::Throttled => "throttled",
            Self::NotFound => "not_found",
            Self::AlreadyExists => "already_exists",
            Self::Invalid => "invalid",
            Self::Constraint => "constraint",
            Self::Conflict => "conflict",
            Self::OutcomeUnknown => "outcome_unknown",
            Self::Limit => "limit",
            Self::SnapshotExpired => "snapshot_expired",
            Self::ReadOnly => "read_only",
            Self::Locked => "locked",
            Self::Corrupt => "corrupt",
            Self::Version => "version",
            Self::Io => "io",
            Self::Internal => "internal",
            Self::Application => "application",
        }
    }
}

impl Error {
    /// The kind.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Unauthenticated => ErrorKind::Unauthenticated,
            Self::Denied { .. } => ErrorKind::Denied,
            Self::WrongCredentials => ErrorKind::InvalidSecret,
            Self::Throttled { .. } => ErrorKind::Throttled,
            Self::NotFound(_) => ErrorKind::NotFound,
            Self::AlreadyExists(_) => ErrorKind::AlreadyExists,
            Self::Invalid { .. } | Self::Rule { .. } => ErrorKind::Invalid,
            Self::Constraint(_) | Self::OtherVersion | Self::Incomplete => ErrorKind::Constraint,
            Self::Conflict => ErrorKind::Conflict,
            Self::OutcomeUnknown(_) => ErrorKind::OutcomeUnknown,
            Self::Limit { .. } => ErrorKind::Limit,
            Self::SnapshotExpired => ErrorKind::SnapshotExpired,
            Self::ReadOnly(_) => ErrorKind::ReadOnly,
            Self::Locked => ErrorKind::Locked,
            Self::Corrupt(_) | Self::Backup(_) => ErrorKind::Corrupt,
            Self::Version(_) => ErrorKind::Version,
            Self::Io(_) | Self::Closed => ErrorKind::Io,
            Self::Internal(_) => ErrorKind::Internal,
            Self::Application(_) => ErrorKind::Application,
        }
    }

    /// The code of the kind.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.kind().code()
    }

    /// Whether the same transaction may succeed if it is run again, and certainly had no effect this time.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Conflict | Self::SnapshotExpired)
    }

    /// An error of the application's own, to end a transaction with: it comes back to whoever ran the transaction, and
    /// nothing is written.
    pub fn application(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Application(error.into())
    }
}
