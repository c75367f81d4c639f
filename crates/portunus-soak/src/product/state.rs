//! What the transactions of one writer have left in the store, after each of them. It knows nothing of how they went.

use portunus_auth::{Collection, Role, Secret, Timestamp, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The databases that all writers share.
pub const PLACES: [&str; 3] = ["", "acme", "acme/eu"];
/// The number of a writer's own database among the places.
pub const ANNEX: usize = PLACES.len();
/// The collections that every database has; a writer's own has them once it is furnished.
pub const COLLECTIONS: [&str; 3] = ["items", "users", "writers"];
pub const ITEMS: usize = 0;
pub const USERS: usize = 1;
pub const WRITERS: usize = 2;

/// What one writer has left.
#[derive(Clone, Default)]
pub struct State {
    /// How many of its transactions there were.
    pub number: usize,
    /// By place and collection.
    pub documents: [[BTreeMap<String, Entry>; COLLECTIONS.len()]; PLACES.len() + 1],
    pub roles: [BTreeMap<String, Role>; PLACES.len()],
    pub credentials: [BTreeSet<String>; PLACES.len()],
    pub held: Vec<Held>,
    pub annex: Annex,
    pub shelf: Option<Shelf>,
    /// How many records its transactions have added to the audit log of each place.
    pub audited: [u64; PLACES.len()],
}

#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub value: Value,
    pub expires_at: Option<Timestamp>,
}

impl Entry {
    pub fn is_alive(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|at| now < at)
    }
}

/// A secret that a transaction has made.
#[derive(Clone)]
pub struct Held {
    pub place: usize,
    pub secret: Secret,
    pub id: portunus_auth::PublicId,
    pub of: Of,
    pub is_revoked: bool,
    pub expires_at: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Of {
    Key,
    /// A token of this identity document.
    Token(String),
}

impl Held {
    pub fn opens(&self, now: Timestamp) -> bool {
        !self.is_revoked && self.expires_at.is_none_or(|at| now < at)
    }
}

/// A database of one writer's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Annex {
    #[default]
    None,
    Bare,
    Furnished,
}

/// A collection of one writer's own, in `acme`, over which indexes are built in steps.
#[derive(Clone)]
pub struct Shelf {
    pub definition: Collection,
    pub documents: BTreeMap<String, Entry>,
    pub unbuilt: Vec<String>,
}

/// The collection of one writer's own.
pub fn shelf_name(writer: usize) -> String {
    format!("shelf{writer}")
}

/// The path to the database of one writer's own.
pub fn annex_path(writer: usize) -> String {
    format!("x{writer}")
}

/// The token by which a transaction is known again.
pub fn once_token(writer: usize, number: usize) -> String {
    format!("w{writer}-{number}")
}

/// The writer that an id of a document names.
pub fn writer_of(id: &str) -> Option<usize> {
    id.strip_prefix('w')?.split('-').next()?.parse().ok()
}

/// The labels of what a transaction with this number writes: two of three.
pub fn labels(number: usize) -> [String; 2] {
    [0, 1].map(|more| format!("l{}", (number + more) % 3))
}
