//! What there is: databases in a tree, documents, roles, and who holds them. It decides nothing.

use crate::{Expr, Fields, Value};
use std::cell::Cell;
use std::collections::BTreeMap;

/// Everything that there is, and what has been decided about it.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// By their paths; that of the root is empty.
    pub databases: BTreeMap<String, Database>,
    /// The instant of the present transaction, in microseconds.
    pub now: u64,
    /// A fault to be found by whoever compares.
    pub flaw: Option<Flaw>,
    /// How often it was decided whether somebody may do something to one document.
    pub decisions: Cell<u64>,
}

#[derive(Clone, Debug, Default)]
pub struct Database {
    pub collections: BTreeMap<String, Collection>,
    pub roles: BTreeMap<String, Role>,
}

#[derive(Clone, Debug, Default)]
pub struct Collection {
    pub documents: BTreeMap<String, Document>,
    /// A field of which no two documents have the same plain value.
    pub unique: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    pub id: String,
    pub version: u64,
    /// From this instant on it is as what was never there.
    pub expires_at: Option<u64>,
    pub value: Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Read,
    Create,
    CreateWithId,
    Write,
    Delete,
    ListIds,
}

impl Action {
    pub const ALL: [Self; 6] =
        [Self::Read, Self::Create, Self::CreateWithId, Self::Write, Self::Delete, Self::ListIds];
}

/// A privilege or a denial.
#[derive(Clone, Debug)]
pub struct Right {
    /// The collection; without one, documents of all of them.
    pub on: Option<String>,
    pub action: Action,
    pub when: Option<Expr>,
    pub fields: Option<Fields>,
}

#[derive(Clone, Debug, Default)]
pub struct Role {
    pub privileges: Vec<Right>,
    pub denials: Vec<Right>,
    /// Collections whose documents have the role, and the rule under which they do.
    pub members: Vec<(String, Option<Expr>)>,
    pub inherits: bool,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq)]
pub enum Holder {
    /// A key of a database, with the role of this name.
    Key { database: String, role: String },
    /// A key with a role that is built in: `admin` and `server` may do all to documents, `server-readonly` may read them,
    /// `none` nothing.
    BuiltIn { database: String, reads: bool, writes: bool },
    /// A token of an identity document.
    Identity { database: String, collection: String, id: String },
}

/// What can be wrong with this oracle on purpose, so that those who compare show that they would notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    FaultGrants,
    FaultLiftsDenial,
    DenialIgnored,
    DenialOnlyOfItsRole,
    FilterBeforePolicy,
    MaskForgotten,
    MaskIntersects,
    MissingIsNull,
    FaultWinsInOr,
    AllRolesInherit,
    MembershipRuleIgnored,
    CountsHidden,
    ClashTells,
    VersionIgnored,
    OldAlone,
    HiddenFieldsAreWritten,
    ExpiredStays,
}

impl Holder {
    pub fn database(&self) -> &str {
        match self {
            Self::Key { database, .. } | Self::BuiltIn { database, .. } | Self::Identity { database, .. } => {
                database
            }
        }
    }
}

impl World {
    /// Lets it be this instant.
    pub fn advance(&mut self, now: u64) {
        self.now = now;
        let stays = self.flaw == Some(Flaw::ExpiredStays);
        for collection in self.databases.values_mut().flat_map(|it| it.collections.values_mut()) {
            collection.documents.retain(|_, it| stays || it.expires_at.is_none_or(|at| now < at));
        }
    }

    /// The documents of a collection where somebody works, of one that is not there none.
    pub fn collection(&self, holder: &Holder, name: &str) -> Option<&Collection> {
        self.databases[holder.database()].collections.get(name)
    }

    /// The databases above one, the nearest first.
    pub fn above<'w>(&'w self, path: &'w str) -> impl Iterator<Item = &'w Database> {
        let mut rest = path;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            rest = rest.rsplit_once('/').map_or("", |(above, _)| above);
            Some(rest)
        })
        .filter_map(|path| self.databases.get(path))
    }
}
