//! The one error of the public API: small, typed by kind, with a code that never changes. It carries no secret, no
//! stored value and nothing of another principal.

use std::fmt;

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong. It is the size of a pointer.
///
/// ```
/// use portunus::{ErrorKind, Portunus, Secret};
/// let (db, _admin) = Portunus::in_memory()?;
/// let error = db.read(&Secret::new("a guess"), |_| Ok(())).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Unauthenticated);
/// assert_eq!((error.code(), error.is_retryable()), ("unauthenticated", false));
/// # Ok::<(), portunus::Error>(())
/// ```
pub struct Error(Box<Inner>);

enum Inner {
    Engine(portunus_auth::Error),
    Application(Box<dyn std::error::Error + Send + Sync>),
}

/// The kinds of errors, for a `match`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The secret opens nothing, or nothing any more.
    Unauthenticated,
    /// The principal may not do this.
    Denied,
    /// There is no such thing, or none that the principal may see.
    NotFound,
    /// There is one already.
    AlreadyExists,
    /// A value, name, definition or argument breaks a rule.
    Invalid,
    /// The change would break something that depends on it.
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
    /// The store is damaged.
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
    /// The code that names the kind in logs and protocols. It never changes.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Unauthenticated => "unauthenticated",
            Self::Denied => "denied",
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
        use portunus_auth::Error as Engine;
        match self.0.as_ref() {
            Inner::Application(_) => ErrorKind::Application,
            Inner::Engine(error) => match error {
                Engine::Unauthenticated => ErrorKind::Unauthenticated,
                Engine::Denied { .. } => ErrorKind::Denied,
                Engine::NotFound(_) => ErrorKind::NotFound,
                Engine::AlreadyExists(_) => ErrorKind::AlreadyExists,
                Engine::Invalid { .. } => ErrorKind::Invalid,
                Engine::Constraint(_) | Engine::Incomplete => ErrorKind::Constraint,
                Engine::Conflict => ErrorKind::Conflict,
                Engine::OutcomeUnknown => ErrorKind::OutcomeUnknown,
                Engine::Limit { .. } => ErrorKind::Limit,
                Engine::SnapshotExpired => ErrorKind::SnapshotExpired,
                Engine::ReadOnly(_) => ErrorKind::ReadOnly,
                Engine::Locked => ErrorKind::Locked,
                Engine::Corrupt(_) => ErrorKind::Corrupt,
                Engine::Version(_) => ErrorKind::Version,
                Engine::Io(_) | Engine::Closed => ErrorKind::Io,
                // The enum may grow in its own crate; what this one does not know of is no fault of the caller's.
                _ => ErrorKind::Internal,
            },
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
        matches!(self.kind(), ErrorKind::Conflict | ErrorKind::SnapshotExpired)
    }

    /// An error of the application's own, to end a transaction with. It comes back from [`Portunus::write`], and nothing
    /// is written.
    ///
    /// [`Portunus::write`]: crate::Portunus::write
    pub fn application(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(Box::new(Inner::Application(error.into())))
    }

    /// The application's own error, if it is one of this type.
    ///
    /// # Errors
    /// Gives the error back if it is not.
    pub fn downcast<E: std::error::Error + Send + Sync + 'static>(self) -> Result<E, Self> {
        match *self.0 {
            Inner::Application(error) => match error.downcast() {
                Ok(own) => Ok(*own),
                Err(other) => Err(Self::application(other)),
            },
            engine @ Inner::Engine(_) => Err(Self(Box::new(engine))),
        }
    }
}

impl From<portunus_auth::Error> for Error {
    fn from(error: portunus_auth::Error) -> Self {
        Self(Box::new(Inner::Engine(error)))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_ref() {
            Inner::Engine(error) => error.fmt(f),
            Inner::Application(error) => error.fmt(f),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {self}", self.code())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self.0.as_ref() {
            Inner::Engine(error) => error.source(),
            Inner::Application(error) => error.source(),
        }
    }
}
