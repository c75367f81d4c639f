//! What can go wrong in a store. Messages never carry a stored key or value.

/// A result of the storage layer.
pub type Result<T> = std::result::Result<T, Error>;

/// What can go wrong in a store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Something that the transaction read has changed since its snapshot. Nothing was written; run it again.
    #[error("conflict with a transaction that committed first")]
    Conflict,
    /// The commit may or may not survive. Read, or ask with an idempotency token, to find out.
    #[error("the outcome of the commit is unknown: {0}")]
    OutcomeUnknown(String),
    /// A record or page fails its checksum, or the file is not what it should be.
    #[error("the store is damaged: {0}")]
    Corrupt(String),
    /// A backup is cut, was changed, or has something behind its end.
    #[error("the backup is damaged: {0}")]
    Backup(String),
    /// Another process, or another handle of this one, has the store open.
    #[error("the store is open elsewhere")]
    Locked,
    /// The reader outlived its deadline.
    #[error("the snapshot has expired")]
    SnapshotExpired,
    /// A limit was passed; nothing changed.
    #[error("{what} is too large: {actual} is over the limit of {max}")]
    Limit {
        /// What was limited.
        what: &'static str,
        /// What was asked for.
        actual: usize,
        /// The most that is allowed.
        max: usize,
    },
    /// The store was written by another version of the format, or by another program.
    #[error("{0}")]
    Version(String),
    /// There is no store to open.
    #[error("there is no store at this place")]
    NotFound,
    /// There is a file already where a store was to be created.
    #[error("there is something at this place already")]
    AlreadyExists,
    /// The store refuses writes, after a fault or because its file cannot be written.
    #[error("the store refuses writes: {0}")]
    ReadOnly(&'static str),
    /// The store has been closed.
    #[error("the store is closed")]
    Closed,
    /// The operating system reported a fault.
    #[error("input or output failed: {0}")]
    Io(std::io::Error),
    /// A fault in this program.
    #[error("internal fault: {0}")]
    Internal(String),
}
