//! Which roles somebody has, and what they come to together. It knows nothing of how that somebody was proven.

use crate::Result;
use crate::judge::{Caller, Ground, Judge, Memo};
use crate::provider_record::GivenRole;
use crate::rights::{Right, Rights};
use crate::role::RoleName;
use crate::role_book::{PlacedRole, RoleBook, candidates, union};
use crate::role_record::RoleRef;
use crate::rule::{Clause, Rule, Subject};
use portunus_predicate::Outcome;
use portunus_scope::{Database, DatabaseId, TreeReader};
use std::collections::BTreeSet;

/// Roles that one principal has together.
pub(super) struct Held {
    pub(super) names: Vec<RoleName>,
    pub(super) roles: Vec<RoleRef>,
    pub(super) rights: Rights,
    /// Whether that is so until a watched record changes: not if a rule looked at the time, or read a document.
    pub(super) is_lasting: bool,
}

/// Where roles are looked for.
#[derive(Clone, Copy)]
pub(super) struct Search<'s> {
    pub(super) reader: &'s TreeReader,
    pub(super) book: &'s RoleBook,
    /// The database that is opened, and those above it.
    pub(super) lineage: &'s [Database],
}

/// A role that somebody has by a provider, if its rule holds.
#[derive(Clone, Copy)]
pub(super) struct Given<'g> {
    pub(super) role: u32,
    pub(super) when: Option<&'g Rule>,
}

impl<'g> From<&'g GivenRole> for Given<'g> {
    fn from(given: &'g GivenRole) -> Self {
        Self { role: given.role, when: given.when.as_ref() }
    }
}

impl<'s> Search<'s> {
    /// What rules know of a caller that is nobody yet.
    pub(super) fn nobody(self) -> Caller<'s> {
        Caller {
            database: self.database(),
            database_public_id: self.lineage.first().map_or("", |own| &own.public_id),
            identity: None,
            claims: None,
            args: None,
            now: self.reader.now(),
        }
    }

    pub(super) fn database(self) -> DatabaseId {
        self.lineage.first().map_or(DatabaseId::STORE, |own| own.id)
    }

    /// A role, as it works in the database that is opened.
    fn load(self, (owner, number): (DatabaseId, u32)) -> Result<Option<PlacedRole>> {
        let Some(role) = self.book.find(self.reader, (owner, number))? else { return Ok(None) };
        PlacedRole::of(self.reader, role, owner, self.database()).map(Some)
    }
}

impl Held {
    /// One role; nothing if the database does not have it.
    pub(super) fn one(search: Search<'_>, role: RoleRef) -> Result<Option<Self>> {
        let found = search.book.rights(search.reader, search.database(), role)?;
        Ok(found.map(|(name, rights)| Self {
            names: vec![name],
            roles: vec![role],
            rights,
            is_lasting: true,
        }))
    }

    /// Several roles together, as far as the database has them.
    pub(super) fn several(search: Search<'_>, roles: &[RoleRef]) -> Result<Self> {
        let (mut loaded, mut built_in) = (Vec::new(), Vec::new());
        for role in roles {
            match (role, role.place(search.database())) {
                (RoleRef::BuiltIn(role), _) => built_in.push(*role),
                (_, None) => {}
                (_, Some(place)) => loaded.extend(search.load(place)?),
            }
        }
        let mut names: Vec<RoleName> = loaded.iter().map(|placed| placed.role.name.clone()).collect();
        names.extend(built_in.iter().map(|role| RoleName::from(*role)));
        names.sort();
        let grants: Vec<Right> = built_in.iter().flat_map(|role| role.grants()).collect();
        let rights = union(&loaded, &grants);
        Ok(Self { names, roles: roles.to_vec(), rights, is_lasting: true })
    }

    /// The roles that are given if their rules hold, and those that the caller's document is a member of.
    pub(super) fn all(
        search: Search<'_>,
        caller: Caller<'_>,
        given: &[Given<'_>],
        members_of: Option<u32>,
    ) -> Result<Self> {
        let memo = Memo::default();
        let ground = Ground { reader: search.reader, memo: &memo, audit: None };
        let mut court = Court { judge: Judge::new(ground, caller), is_lasting: true };
        let mut roles: BTreeSet<(DatabaseId, u32)> = BTreeSet::new();
        let database = search.database();
        for given in given {
            let holds = match given.when {
                None => true,
                Some(rule) => {
                    let clause = search.book.rule(search.reader, database, (Subject::Claims, rule))?;
                    court.holds(&clause)?
                }
            };
            if holds {
                roles.insert((database, given.role));
            }
        }
        if let Some(collection) = members_of {
            for place in candidates(search.reader, search.lineage, collection)? {
                if court.is_member(search, place, collection)? {
                    roles.insert(place);
                }
            }
        }
        let mut loaded = Vec::new();
        for place in &roles {
            loaded.extend(search.load(*place)?);
        }
        let mut names: Vec<RoleName> = loaded.iter().map(|placed| placed.role.name.clone()).collect();
        names.sort();
        let reference = |(owner, number)| match owner == database {
            true => RoleRef::User(number),
            false => RoleRef::Inherited(owner, number),
        };
        let roles = roles.into_iter().map(reference).collect();
        Ok(Self { names, roles, rights: union(&loaded, &[]), is_lasting: court.is_lasting })
    }
}

/// Decides who has which role.
struct Court<'c> {
    judge: Judge<'c>,
    is_lasting: bool,
}

impl Court<'_> {
    fn is_member(
        &mut self,
        search: Search<'_>,
        (owner, number): (DatabaseId, u32),
        collection: u32,
    ) -> Result<bool> {
        let Some(role) = search.book.find(search.reader, (owner, number))? else { return Ok(false) };
        for clause in role.memberships(search.reader, owner, (search.database(), collection))? {
            match clause {
                None => return Ok(true),
                Some(clause) if self.holds(clause)? => return Ok(true),
                Some(_) => {}
            }
        }
        Ok(false)
    }

    fn holds(&mut self, clause: &Clause) -> Result<bool> {
        let uses = clause.predicate.uses();
        self.is_lasting &= !uses.now && uses.reads.is_empty();
        Ok(self.judge.bind(&clause.predicate)?.known() == Some(Outcome::True))
    }
}
