//! The kinds of principals whose answers are compared, and what is hidden from each. It knows nothing of what they do.

use super::common::{author, delegate, reader};
use portunus_auth::Role;

/// Whose answers are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A token of Ann, with rules about who owns what, in one of several forms.
    Author(u8),
    /// A key that acts as Ann, with the same.
    Document(u8),
    /// A key with a role of the database's own.
    Reader,
    /// A key with a part of what administrators may do.
    Delegate,
    /// A key of a built-in role.
    Server,
    /// Another.
    ServerReadonly,
    /// A key without rights.
    None,
}

impl Holder {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Author(0),
        Self::Author(1),
        Self::Author(2),
        Self::Author(3),
        Self::Document(0),
        Self::Document(1),
        Self::Document(2),
        Self::Document(3),
        Self::Reader,
        Self::Delegate,
        Self::Server,
        Self::ServerReadonly,
        Self::None,
    ];

    /// The role that is defined for it.
    pub fn role(self) -> Option<Role> {
        match self {
            Self::Author(form) | Self::Document(form) => Some(author(form)),
            Self::Reader => Some(reader()),
            Self::Delegate => Some(delegate()),
            Self::Server | Self::ServerReadonly | Self::None => None,
        }
    }

    /// Whether it sees all documents of its database, and all definitions.
    pub fn sees_documents(self) -> bool {
        matches!(self, Self::Server | Self::ServerReadonly)
    }

    /// Whether some fields of the documents that it sees are hidden.
    pub fn has_mask(self) -> bool {
        matches!(self, Self::Author(_) | Self::Document(_) | Self::Reader)
    }

    /// Whether a rule reads another document for each that it is asked about.
    pub fn rule_reads(self) -> bool {
        matches!(self, Self::Author(3) | Self::Document(3))
    }
}
