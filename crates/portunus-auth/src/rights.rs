//! What a set of roles lets its holder do, put together once and then only asked. It knows nothing of stores, nor of how
//! somebody came by a role.

use crate::resource::{Action, Decision, Resource};
use portunus_scope::StoredCollection;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a privilege or a denial of a role is on, as roles are kept: by number, so that a rename changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Target {
    /// All things of a kind.
    #[serde(rename = "every")]
    Every(Resource),
    /// The documents of one collection.
    #[serde(rename = "collection")]
    Documents(u32),
    /// One procedure.
    #[serde(rename = "procedure")]
    Procedure(String),
}

/// An action on a target, granted or denied: always, so that one with a condition beside it is none of these.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Grant {
    pub(crate) on: Target,
    pub(crate) action: Action,
}

/// What is asked about: the same, borrowed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Asked<'a> {
    Every(Resource),
    Documents(u32),
    Procedure(&'a str),
}

/// The actions that a set of roles allows. What is in none of its parts is denied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rights {
    /// Eight bits for each kind of thing.
    kinds: u128,
    /// What differs from that for the documents of single collections: all that may be done there.
    collections: BTreeMap<u32, u8>,
    /// The same for single procedures.
    procedures: BTreeMap<String, u8>,
}

impl Rights {
    /// Rights on all things of some kinds.
    pub(crate) fn on_kinds(grants: impl IntoIterator<Item = (Resource, Action)>) -> Self {
        let bits = grants.into_iter().fold(0, |bits, (resource, action)| bits | wide(resource, bit(action)));
        Self { kinds: bits, ..Self::default() }
    }

    /// The union of all grants, without what any denial takes away. The order of neither matters.
    pub(crate) fn of<'g>(
        grants: impl Iterator<Item = &'g Grant> + Clone,
        denials: impl Iterator<Item = &'g Grant> + Clone,
    ) -> Self {
        let (granted, denied) = (Sums::of(grants), Sums::of(denials));
        let documents = Resource::Document;
        let procedures = Resource::Procedure;
        Self {
            kinds: granted.kinds & !denied.kinds,
            collections: granted.without(&denied, documents, |sums| &sums.collections),
            procedures: granted.without(&denied, procedures, |sums| &sums.procedures),
        }
    }

    pub(crate) fn decide<'a>(&self, asked: impl Into<Asked<'a>>, action: Action) -> Decision {
        if self.bits(asked.into()) & bit(action) == 0 { Decision::Deny } else { Decision::Allow }
    }

    /// Whether documents of any collection may be changed in any way.
    pub(crate) fn changes_documents(&self) -> bool {
        let changes = bit(Action::Create) | bit(Action::Write) | bit(Action::Delete);
        self.bits(Asked::Every(Resource::Document)) & changes != 0
            || self.collections.values().any(|bits| bits & changes != 0)
    }

    /// Whether whoever holds these may do all that the holder of `other` may.
    pub(crate) fn cover(&self, other: &Self) -> bool {
        let holds = |asked: Asked<'_>| other.bits(asked) & !self.bits(asked) == 0;
        let collections = self.collections.keys().chain(other.collections.keys());
        let procedures = self.procedures.keys().chain(other.procedures.keys());
        other.kinds & !self.kinds == 0
            && collections.into_iter().all(|number| holds(Asked::Documents(*number)))
            && procedures.into_iter().all(|name| holds(Asked::Procedure(name)))
    }

    fn bits(&self, asked: Asked<'_>) -> u8 {
        match asked {
            Asked::Every(resource) => narrow(self.kinds, resource),
            Asked::Documents(number) => self
                .collections
                .get(&number)
                .copied()
                .unwrap_or_else(|| narrow(self.kinds, Resource::Document)),
            Asked::Procedure(name) => {
                self.procedures.get(name).copied().unwrap_or_else(|| narrow(self.kinds, Resource::Procedure))
            }
        }
    }
}

/// Grants, or denials, added up.
#[derive(Default)]
struct Sums {
    kinds: u128,
    collections: BTreeMap<u32, u8>,
    procedures: BTreeMap<String, u8>,
}

impl Sums {
    fn of<'g>(grants: impl Iterator<Item = &'g Grant>) -> Self {
        let mut sums = Self::default();
        for Grant { on, action } in grants {
            match on {
                Target::Every(resource) => sums.kinds |= wide(*resource, bit(*action)),
                Target::Documents(number) => *sums.collections.entry(*number).or_default() |= bit(*action),
                Target::Procedure(name) => *sums.procedures.entry(name.clone()).or_default() |= bit(*action),
            }
        }
        sums
    }

    /// For each thing that a grant or a denial names: what is granted there or on all of its kind, and denied neither
    /// there nor on all of its kind.
    fn without<K: Ord + Clone>(
        &self,
        denied: &Self,
        kind: Resource,
        part: impl Fn(&Self) -> &BTreeMap<K, u8>,
    ) -> BTreeMap<K, u8> {
        let of =
            |sums: &Self, name: &K| narrow(sums.kinds, kind) | part(sums).get(name).copied().unwrap_or(0);
        let names = part(self).keys().chain(part(denied).keys());
        names.map(|name| (name.clone(), of(self, name) & !of(denied, name))).collect()
    }
}

impl From<Resource> for Asked<'_> {
    fn from(resource: Resource) -> Self {
        Self::Every(resource)
    }
}

impl From<&StoredCollection> for Asked<'_> {
    fn from(collection: &StoredCollection) -> Self {
        Self::Documents(collection.number())
    }
}

impl Asked<'_> {
    /// The kind of thing that is asked about, which is all that an error says.
    pub(crate) fn kind(self) -> Resource {
        match self {
            Self::Every(resource) => resource,
            Self::Documents(_) => Resource::Document,
            Self::Procedure(_) => Resource::Procedure,
        }
    }
}

fn bit(action: Action) -> u8 {
    1 << match action {
        Action::Read => 0,
        Action::Create => 1,
        Action::CreateWithId => 2,
        Action::Write => 3,
        Action::Delete => 4,
        Action::ListIds => 5,
        Action::Call => 6,
    }
}

fn shift(resource: Resource) -> u32 {
    8 * match resource {
        Resource::Document => 0,
        Resource::Collection => 1,
        Resource::Database => 2,
        Resource::Key => 3,
        Resource::Token => 4,
        Resource::Credential => 5,
        Resource::Role => 6,
        Resource::AccessProvider => 7,
        Resource::Procedure => 8,
        Resource::Audit => 9,
    }
}

fn wide(resource: Resource, bits: u8) -> u128 {
    u128::from(bits) << shift(resource)
}

fn narrow(kinds: u128, resource: Resource) -> u8 {
    u8::try_from((kinds >> shift(resource)) & 0xff).unwrap_or(0)
}

#[cfg(test)]
mod tests;
