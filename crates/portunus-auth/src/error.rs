//! What can go wrong on the way from a secret to a document. Messages never carry a secret, a stored value or what
//! another principal did.

use crate::resource::{Action, Resource};
use portunus_scope::{Error as ScopeError, StorageError};
use std::time::Duration;

/// A result of this crate.
///
/// ```
/// fn owner(note: &portunus_auth::Document) -> portunus_auth::Result<String> {
///     let owner = note.field("owner").and_then(|owner| owner.as_str());
///     owner.map(Into::into).ok_or(portunus_auth::Error::NotFound("owner"))
/// }
/// ```
pub type Result<T> = std::result::Result<T, Error>;

/// What can go wrong on the way from a secret to a document.
///
/// ```
/// use portunus_auth::{Error, ErrorKind};
/// let error = Error::invalid("address.city", "is longer than 100 bytes");
/// assert_eq!(error.to_string(), "address.city: is longer than 100 bytes");
/// assert_eq!((error.kind(), error.code()), (ErrorKind::Invalid, "invalid"));
/// assert!(Error::Conflict.is_retryable() && !error.is_retryable());
/// let throttled = Error::Throttled { retry_after: std::time::Duration::from_millis(29_001) };
/// assert_eq!(throttled.to_string(), "too many attempts, try again in 30 seconds");
/// let own = Error::application("the shop is closed");
/// assert_eq!((own.kind(), own.to_string().as_str()), (ErrorKind::Application, "the shop is closed"));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The secret opens nothing, or opens nothing any more. There is no telling why from here: the reason is in the
    /// record that the operator keeps.
    #[error("unauthenticated")]
    Unauthenticated,
    /// The principal may see this kind of thing, but may not do that with it.
    #[error("denied: {action} on {resource}")]
    Denied {
        /// What was asked for.
        action: Action,
        /// The kind of thing that it was asked for on.
        resource: Resource,
    },
    /// A login failed: there is nobody of that name, no password, or another one. Which of these is not told.
    #[error("wrong name or password")]
    WrongCredentials,
    /// It was tried too often, and was not looked at this time. After a while it will be.
    #[error("too many attempts, try again in {} seconds", whole_seconds(.retry_after))]
    Throttled {
        /// When the next attempt will be looked at.
        retry_after: Duration,
    },
    /// There is no such thing, or none that the principal may see.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// There is one already, and the principal may see it.
    #[error("the {0} exists already")]
    AlreadyExists(&'static str),
    /// A value, name, definition or argument breaks a rule. Nothing changed.
    #[error("{}{problem}", place_prefix(.place))]
    Invalid {
        /// Where: a field path, the name of an argument, or nothing for the whole.
        place: String,
        /// Which rule.
        problem: String,
    },
    /// A rule is not one: its text is wrong, and where. Nothing changed.
    #[error("rule: {error}")]
    Rule {
        /// The text, as it was given.
        text: String,
        /// What is wrong with it, and where.
        error: portunus_predicate::Error,
    },
    /// The change would break something that depends on it. Nothing changed.
    #[error("{0}")]
    Constraint(String),
    /// The document is there in another version than the one that it was to be changed in. Nothing changed.
    #[error("the document has another version")]
    OtherVersion,
    /// Something that the transaction read has changed since it began. Nothing was written; run it again.
    #[error("conflict with a transaction that committed first")]
    Conflict,
    /// The commit may or may not survive.
    #[error("the outcome of the commit is unknown: {0}")]
    OutcomeUnknown(String),
    /// A limit was passed. Nothing changed.
    #[error("{what} is too large: {actual} is over the limit of {max}")]
    Limit {
        /// What was limited.
        what: &'static str,
        /// What was asked for.
        actual: usize,
        /// The most that is allowed.
        max: usize,
    },
    /// An operation failed half-way in this transaction, which can only be dropped.
    #[error("an operation of this transaction failed half-way, it can only be dropped")]
    Incomplete,
    /// The transaction outlived the deadline of readers.
    #[error("the snapshot has expired")]
    SnapshotExpired,
    /// The store refuses writes, after a fault or because its file cannot be written.
    #[error("the store refuses writes: {0}")]
    ReadOnly(&'static str),
    /// Another process, or another handle of this one, has the store open.
    #[error("the store is open elsewhere")]
    Locked,
    /// The store has been closed.
    #[error("the store is closed")]
    Closed,
    /// A record fails its checksum, or does not have the form that it must have.
    #[error("the store is damaged: {0}")]
    Corrupt(String),
    /// A backup is cut, was changed, or has something behind its end.
    #[error("the backup is damaged: {0}")]
    Backup(String),
    /// The store was written by another version of the format, or by another program.
    #[error("{0}")]
    Version(String),
    /// The operating system reported a fault.
    #[error("input or output failed: {0}")]
    Io(std::io::Error),
    /// A fault in this program.
    #[error("internal fault: {0}")]
    Internal(String),
    /// The application's own error, with which it ended a transaction.
    #[error(transparent)]
    Application(Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// An [`Error::Invalid`] from its two parts.
    pub fn invalid(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Invalid { place: place.into(), problem: problem.into() }
    }
}

impl From<ScopeError> for Error {
    /// The one place where an error of the layers below becomes one of this one.
    fn from(error: ScopeError) -> Self {
        match error {
            ScopeError::Invalid { place, problem } => Self::Invalid { place, problem },
            ScopeError::NotFound(what) => Self::NotFound(what),
            ScopeError::AlreadyExists(what) => Self::AlreadyExists(what),
            ScopeError::Constraint(problem) => Self::Constraint(problem),
            // Which document it was is not told: only the view knows who may know.
            ScopeError::Clash { index, .. } => {
                Self::Constraint(format!("two documents have the same terms in the unique index {index}"))
            }
            ScopeError::Limit { what, actual, max } => Self::Limit { what, actual, max },
            ScopeError::Corrupt(problem) => Self::Corrupt(problem),
            ScopeError::Incomplete => Self::Incomplete,
            ScopeError::Storage(error) => Self::from_storage(error),
            ScopeError::Internal(problem) => Self::Internal(problem),
            // The layer below may learn to fail in new ways before this one has a word for them.
            other => Self::Internal(other.to_string()),
        }
    }
}

impl Error {
    fn from_storage(error: StorageError) -> Self {
        match error {
            StorageError::Conflict => Self::Conflict,
            StorageError::OutcomeUnknown(cause) => Self::OutcomeUnknown(cause),
            StorageError::Corrupt(problem) => Self::Corrupt(problem),
            StorageError::Backup(problem) => Self::Backup(problem),
            StorageError::Locked => Self::Locked,
            StorageError::SnapshotExpired => Self::SnapshotExpired,
            // How large it is counts hidden fields, and documents that were passed over: that it is too large has to be enough.
            StorageError::Limit { what, max, .. } => Self::Limit { what, actual: max.saturating_add(1), max },
            StorageError::Version(problem) => Self::Version(problem),
            StorageError::NotFound => Self::NotFound("store"),
            StorageError::AlreadyExists => Self::AlreadyExists("store"),
            StorageError::ReadOnly(reason) => Self::ReadOnly(reason),
            StorageError::Closed => Self::Closed,
            StorageError::Io(error) => Self::Io(error),
            StorageError::Internal(problem) => Self::Internal(problem),
            other => Self::Internal(other.to_string()),
        }
    }
}

fn place_prefix(place: &str) -> String {
    if place.is_empty() { String::new() } else { format!("{place}: ") }
}

fn whole_seconds(time: &Duration) -> u64 {
    time.as_secs().saturating_add(u64::from(time.subsec_nanos() > 0))
}
