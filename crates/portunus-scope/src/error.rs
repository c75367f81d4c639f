//! What can go wrong in the tree of databases. Messages never carry a stored value.

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// What can go wrong in the tree of databases.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A value, name or definition breaks a rule. Nothing changed.
    #[error("{}{problem}", place_prefix(.place))]
    Invalid {
        /// Where: a field path, a name of a setting, or nothing for the whole.
        place: String,
        /// Which rule.
        problem: String,
    },
    /// There is no such thing.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// There is one of that name already.
    #[error("the {0} exists already")]
    AlreadyExists(&'static str),
    /// The change would break something that depends on it.
    #[error("{0}")]
    Constraint(String),
    /// A document with this id, or with this term of a unique index, is there already.
    #[error("the document clashes with another one in {index}")]
    Clash {
        /// The unique index, or `id`.
        index: String,
        /// The document that is there. For the layer above, which decides whether its caller may know.
        existing: String,
    },
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
    /// A record of the store does not have the form that it must have.
    #[error("the store is damaged: {0}")]
    Corrupt(String),
    /// An operation failed half-way in this transaction, which can only be dropped.
    #[error("an operation of this transaction failed half-way, it can only be dropped")]
    Incomplete,
    /// What the storage engine reports.
    #[error(transparent)]
    Storage(#[from] portunus_storage::Error),
    /// A fault in this program.
    #[error("internal fault: {0}")]
    Internal(String),
}

impl Error {
    /// An [`Error::Invalid`] from its two parts.
    pub fn invalid(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Invalid { place: place.into(), problem: problem.into() }
    }
}

fn place_prefix(place: &str) -> String {
    if place.is_empty() { String::new() } else { format!("{place}: ") }
}
