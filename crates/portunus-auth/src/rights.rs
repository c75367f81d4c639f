//! What a set of roles lets its holder do, put together once and then only asked. It knows nothing of stores, nor of how
//! somebody came by a role.

use crate::fields::Fields;
use crate::resource::{Action, Decision, Resource};
use crate::rule::Clause;
use portunus_scope::StoredCollection;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a privilege or a denial of a role is on. A collection is kept by number, so that a rename changes nothing.
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
    /// The documents of whatever collection has this name, in each database where an inherited role works: its own has none.
    #[serde(rename = "named")]
    Named(String),
}

/// An action on a target, granted or denied: always or under a condition, wholly or in some fields.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Right {
    pub(crate) on: Target,
    pub(crate) action: Action,
    pub(crate) when: Option<Clause>,
    pub(crate) fields: Option<Fields>,
}

/// What is asked about: the same, borrowed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Asked<'a> {
    Every(Resource),
    Documents(u32),
    Procedure(&'a str),
}

/// What rights say of an action, before the thing itself is looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ruling<'r> {
    /// It may be done, on every such thing.
    Allow,
    /// It may not be done, on none.
    Deny,
    /// It depends on the thing.
    Depends(&'r Arc<Conditions>),
}

/// On what it depends: some grant must hold, and no denial may.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Conditions {
    pub(crate) grants: Vec<Condition>,
    pub(crate) denials: Vec<Clause>,
}

/// A grant, when it holds, and for which fields.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Condition {
    pub(crate) when: Option<Clause>,
    pub(crate) fields: Option<Fields>,
}

/// The actions that a set of roles allows. What is in none of its parts is denied.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Rights {
    /// What may be done with all things of a kind. Eight bits for each kind.
    kinds: u128,
    /// What differs from that for the documents of single collections: all that may be done there.
    collections: BTreeMap<u32, u8>,
    /// The same for single procedures.
    procedures: BTreeMap<String, u8>,
    /// What depends on the thing, in the order of what it is on and of the action.
    conditions: Vec<(Target, Action, Arc<Conditions>)>,
}

impl Rights {
    /// Rights on all things of some kinds.
    pub(crate) fn on_kinds(grants: impl IntoIterator<Item = (Resource, Action)>) -> Self {
        let bits = grants.into_iter().fold(0, |bits, (resource, action)| bits | wide(resource, bit(action)));
        Self { kinds: bits, ..Self::default() }
    }

    /// The union of all grants, without what any denial takes away. The order of neither matters.
    pub(crate) fn of<'g>(
        grants: impl Iterator<Item = &'g Right> + Clone,
        denials: impl Iterator<Item = &'g Right> + Clone,
    ) -> Self {
        let mut sums: BTreeMap<(&Target, Action), Sum<'g>> = BTreeMap::new();
        for grant in grants {
            sums.entry((&grant.on, grant.action)).or_default().grants.push(grant);
        }
        for denial in denials {
            sums.entry((&denial.on, denial.action)).or_default().denials.push(denial);
        }
        let mut rights = Self::default();
        for target in sums.keys().map(|(target, _)| *target) {
            rights.mention(target);
        }
        for target in rights.targets() {
            let kind = Target::Every(target.kind());
            for action in Action::ALL {
                let of_kind = if target == kind { None } else { sums.get(&(&kind, action)) };
                let sum = Sum::both(sums.get(&(&target, action)), of_kind);
                match sum.verdict() {
                    Verdict::Allow => rights.allow(&target, action),
                    Verdict::Deny => {}
                    Verdict::Depends(conditions) => {
                        rights.conditions.push((target.clone(), action, Arc::new(conditions)));
                    }
                }
            }
        }
        rights.conditions.sort_by(|one, other| (&one.0, one.1).cmp(&(&other.0, other.1)));
        rights
    }

    /// What is said of an action before the thing is looked at.
    pub(crate) fn ruling<'a>(&self, asked: impl Into<Asked<'a>>, action: Action) -> Ruling<'_> {
        let asked = asked.into();
        if self.bits(asked) & bit(action) != 0 {
            return Ruling::Allow;
        }
        self.conditions_of(asked, action).map_or(Ruling::Deny, Ruling::Depends)
    }

    /// Whether an action may be done on all things that are asked about.
    pub(crate) fn decide<'a>(&self, asked: impl Into<Asked<'a>>, action: Action) -> Decision {
        if self.bits(asked.into()) & bit(action) == 0 { Decision::Deny } else { Decision::Allow }
    }

    /// Whether documents of any collection may be changed in any way.
    pub(crate) fn changes_documents(&self) -> bool {
        const CHANGES: [Action; 3] = [Action::Create, Action::Write, Action::Delete];
        let changes = CHANGES.into_iter().fold(0, |bits, action| bits | bit(action));
        self.bits(Asked::Every(Resource::Document)) & changes != 0
            || self.collections.values().any(|bits| bits & changes != 0)
            || self
                .conditions
                .iter()
                .any(|(target, action, _)| target.kind() == Resource::Document && CHANGES.contains(action))
    }

    /// Whether anything depends on who asks: on its identity document, its claims or the time.
    pub(crate) fn depend_on_caller(&self) -> bool {
        let mut clauses = self.conditions.iter().flat_map(|(_, _, conditions)| conditions.clauses());
        clauses.any(|clause| clause.predicate.uses().bound)
    }

    /// Whether whoever holds these may do all that the holder of `other` may, whoever that is: a condition is covered by the
    /// same one, if it says the same for everybody.
    pub(crate) fn cover(&self, other: &Self) -> bool {
        let mut targets = self.targets();
        targets.extend(other.targets());
        targets.iter().all(|target| {
            Action::ALL.into_iter().all(|action| {
                let asked = Asked::from(target);
                match (self.ruling(asked, action), other.ruling(asked, action)) {
                    (Ruling::Allow, _) | (_, Ruling::Deny) => true,
                    (Ruling::Depends(own), Ruling::Depends(others)) => own.cover(others),
                    (Ruling::Deny, Ruling::Allow | Ruling::Depends(_))
                    | (Ruling::Depends(_), Ruling::Allow) => false,
                }
            })
        })
    }

    /// Whether something is said of just the thing that is asked about.
    pub(crate) fn names(&self, asked: Asked<'_>) -> bool {
        match asked {
            Asked::Every(_) => false,
            Asked::Documents(number) => self.collections.contains_key(&number),
            Asked::Procedure(name) => self.procedures.contains_key(name),
        }
    }

    /// All kinds of things, and all single ones about which something is said.
    fn targets(&self) -> Vec<Target> {
        let kinds = Resource::ALL.into_iter().map(Target::Every);
        let collections = self.collections.keys().map(|number| Target::Documents(*number));
        let procedures = self.procedures.keys().map(|name| Target::Procedure(name.clone()));
        kinds.chain(collections).chain(procedures).collect()
    }

    /// Makes a single thing one about which something is said.
    fn mention(&mut self, target: &Target) {
        match target {
            Target::Every(_) | Target::Named(_) => {}
            Target::Documents(number) => {
                self.collections.entry(*number).or_default();
            }
            Target::Procedure(name) => {
                self.procedures.entry(name.clone()).or_default();
            }
        }
    }

    fn allow(&mut self, target: &Target, action: Action) {
        match target {
            Target::Every(resource) => self.kinds |= wide(*resource, bit(action)),
            Target::Documents(number) => *self.collections.entry(*number).or_default() |= bit(action),
            Target::Procedure(name) => *self.procedures.entry(name.clone()).or_default() |= bit(action),
            // Nobody has one of these: they are looked up when roles are loaded.
            Target::Named(_) => {}
        }
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

    fn conditions_of(&self, asked: Asked<'_>, action: Action) -> Option<&Arc<Conditions>> {
        if self.conditions.is_empty() {
            return None;
        }
        let asked = if self.names(asked) { asked } else { Asked::Every(asked.kind()) };
        let place = self.conditions.binary_search_by(|(target, of, _)| {
            Asked::from(target).order(asked).then_with(|| of.cmp(&action))
        });
        self.conditions.get(place.ok()?).map(|(_, _, conditions)| conditions)
    }
}

impl Conditions {
    /// Whether any of them reads documents beside the thing that it is about.
    pub(crate) fn read(&self) -> bool {
        self.clauses().any(|clause| !clause.predicate.uses().reads.is_empty())
    }

    fn clauses(&self) -> impl Iterator<Item = &Clause> {
        self.grants.iter().filter_map(|grant| grant.when.as_ref()).chain(&self.denials)
    }

    fn cover(&self, other: &Self) -> bool {
        let covers = |theirs: &Condition| {
            self.grants.iter().any(|own| {
                let holds = match (&own.when, &theirs.when) {
                    (None, _) => true,
                    (Some(own), Some(theirs)) => own == theirs && own.is_about_the_thing_alone(),
                    (Some(_), None) => false,
                };
                holds && (own.fields.is_none() || own.fields == theirs.fields)
            })
        };
        other.grants.iter().all(covers)
            && self.denials.iter().all(|own| own.is_about_the_thing_alone() && other.denials.contains(own))
    }
}

/// What grants and denials say of one action on one target.
#[derive(Clone, Default)]
struct Sum<'g> {
    grants: Vec<&'g Right>,
    denials: Vec<&'g Right>,
}

enum Verdict {
    Allow,
    Deny,
    Depends(Conditions),
}

impl<'g> Sum<'g> {
    /// What is said of a thing itself, and of all of its kind.
    fn both(own: Option<&Self>, of_kind: Option<&Self>) -> Self {
        let mut sum = Self::default();
        for part in own.into_iter().chain(of_kind) {
            sum.grants.extend(&part.grants);
            sum.denials.extend(&part.denials);
        }
        sum
    }

    fn verdict(&self) -> Verdict {
        if self.grants.is_empty() || self.denials.iter().any(|denial| denial.when.is_none()) {
            return Verdict::Deny;
        }
        let is_plain = |grant: &&Right| grant.when.is_none() && grant.fields.is_none();
        if self.denials.is_empty() && self.grants.iter().any(is_plain) {
            return Verdict::Allow;
        }
        let condition = |grant: &&Right| Condition { when: grant.when.clone(), fields: grant.fields.clone() };
        let mut conditions = Conditions { grants: Vec::new(), denials: Vec::new() };
        for grant in self.grants.iter().map(condition) {
            if !conditions.grants.contains(&grant) {
                conditions.grants.push(grant);
            }
        }
        for denial in self.denials.iter().filter_map(|denial| denial.when.clone()) {
            if !conditions.denials.contains(&denial) {
                conditions.denials.push(denial);
            }
        }
        conditions.settle();
        Verdict::Depends(conditions)
    }
}

impl Conditions {
    /// Brings them into an order of their own, so that two sets of roles that say the same are the same.
    fn settle(&mut self) {
        let meaning = |clause: &Clause| clause.meaning().to_owned();
        self.grants.sort_by_cached_key(|grant| (grant.when.as_ref().map(meaning), grant.fields.clone()));
        self.denials.sort_by_cached_key(meaning);
    }
}

impl Target {
    pub(crate) fn kind(&self) -> Resource {
        Asked::from(self).kind()
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

impl<'a> From<&'a Target> for Asked<'a> {
    fn from(target: &'a Target) -> Self {
        match target {
            Target::Every(resource) => Self::Every(*resource),
            Target::Documents(number) => Self::Documents(*number),
            Target::Procedure(name) => Self::Procedure(name),
            Target::Named(_) => Self::Every(Resource::Document),
        }
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

    /// The order of targets.
    fn order(self, other: Asked<'_>) -> Ordering {
        match (self, other) {
            (Self::Every(one), Asked::Every(other)) => one.cmp(&other),
            (Self::Documents(one), Asked::Documents(other)) => one.cmp(&other),
            (Self::Procedure(one), Asked::Procedure(other)) => one.cmp(other),
            (Self::Every(_), _) | (Self::Documents(_), Asked::Procedure(_)) => Ordering::Less,
            (Self::Documents(_) | Self::Procedure(_), _) => Ordering::Greater,
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
        Action::Explain => 7,
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
