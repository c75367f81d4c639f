//! Roles, ready to be decided by: their rules compiled, and kept for as long as their records and the predicates that they call
//! are byte for byte what they were. It knows nothing of who has a role.

use crate::kept::Kept;
use crate::provider_record::ProviderRecord;
use crate::rights::{Right, Rights, Target};
use crate::role::RoleName;
use crate::role_record::{Member, RoleRecord, RoleRef};
use crate::rule::{Clause, Library, Rule, Shape, Subject};
use crate::{Error, Result};
use portunus_scope::{Database, DatabaseId, Document, TreeReader};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The most roles that are kept ready.
const ROLES_KEPT: usize = 4_096;

/// A role whose rules are compiled.
#[derive(Debug)]
pub(crate) struct LoadedRole {
    pub(crate) name: RoleName,
    pub(crate) grants: Vec<Right>,
    pub(crate) denials: Vec<Right>,
    pub(crate) members: Vec<(Member, Option<Clause>)>,
    pub(crate) inherit: bool,
}

/// The roles of a store that are kept ready.
pub(crate) struct RoleBook {
    roles: Kept<(DatabaseId, u32), Arc<Entry>>,
    /// Single rules that are kept elsewhere than in roles.
    rules: Kept<(DatabaseId, Subject, Rule), Arc<RuleEntry>>,
}

struct Entry {
    record: Document,
    /// What the rules call by name: nothing if there are no rules.
    library: Option<Document>,
    role: Arc<LoadedRole>,
}

struct RuleEntry {
    library: Option<Document>,
    clause: Clause,
}

impl RoleBook {
    pub(crate) fn new() -> Self {
        Self { roles: Kept::new(ROLES_KEPT), rules: Kept::new(ROLES_KEPT) }
    }

    /// The role of a number, as it is in the state that `reader` sees.
    ///
    /// # Errors
    /// `Corrupt` if it has not its form; as every read.
    pub(crate) fn find(
        &self,
        reader: &TreeReader,
        (database, number): (DatabaseId, u32),
    ) -> Result<Option<Arc<LoadedRole>>> {
        let Some(document) = RoleRecord::stored(reader, database, number)? else { return Ok(None) };
        let kept = self.roles.find(&(database, number)).filter(|kept| kept.record == document);
        if let Some(kept) = kept
            && (!kept.role.has_rules() || kept.library == Library::document(reader, database)?)
        {
            return Ok(Some(kept.role.clone()));
        }
        let record = RoleRecord::read(number, &document)?;
        let has_rules = record.rules().next().is_some();
        let library = if has_rules { Library::document(reader, database)? } else { None };
        let role = Arc::new(LoadedRole::compile(&record, &Library::read(library.as_ref())?)?);
        let entry = Entry { record: document, library, role: role.clone() };
        self.roles.keep((database, number), Arc::new(entry));
        Ok(Some(role))
    }

    /// Whether a rule that works in a database, of its own or of one above, reads documents of a collection of one of these
    /// names.
    ///
    /// # Errors
    /// As [`RoleBook::find`].
    pub(crate) fn reads(&self, reader: &TreeReader, database: DatabaseId, names: &[&str]) -> Result<bool> {
        let is_one = |clause: &Clause| {
            clause.predicate.uses().reads.iter().any(|read| names.contains(&&*read.collection))
        };
        for provider in ProviderRecord::all(reader, database)? {
            for rule in provider.roles.iter().filter_map(|given| given.when.as_ref()) {
                if is_one(&self.rule(reader, database, (Subject::Claims, rule))?) {
                    return Ok(true);
                }
            }
        }
        for owner in reader.lineage(database)? {
            let numbers = if owner.id == database {
                RoleRecord::all(reader, database)?.into_iter().map(|role| role.number).collect()
            } else {
                RoleRecord::inherited(reader, owner.id)?
            };
            for number in numbers {
                if self.find(reader, (owner.id, number))?.is_some_and(|role| role.clauses().any(is_one)) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// The roles that documents of a collection may be members of, whatever the rules of membership say now, as these roles
    /// work in a database.
    ///
    /// # Errors
    /// As [`RoleBook::find`].
    pub(crate) fn of_members(
        &self,
        reader: &TreeReader,
        database: DatabaseId,
        collection: u32,
    ) -> Result<Vec<PlacedRole>> {
        let mut found = Vec::new();
        for (owner, number) in candidates(reader, &reader.lineage(database)?, collection)? {
            let Some(role) = self.find(reader, (owner, number))? else { continue };
            if !role.memberships(reader, owner, (database, collection))?.is_empty() {
                found.push(PlacedRole::of(reader, role, owner, database)?);
            }
        }
        Ok(found)
    }

    /// A rule that is kept elsewhere than in a role.
    ///
    /// # Errors
    /// `Corrupt` if it is none any more; as every read.
    pub(crate) fn rule(
        &self,
        reader: &TreeReader,
        database: DatabaseId,
        (subject, rule): (Subject, &Rule),
    ) -> Result<Clause> {
        let library = Library::document(reader, database)?;
        let key = (database, subject, rule.clone());
        if let Some(kept) = self.rules.find(&key).filter(|kept| kept.library == library) {
            return Ok(kept.clause.clone());
        }
        let compiled = rule.compile(subject, &Library::read(library.as_ref())?, &Shape::unknown());
        let clause = compiled.map_err(damaged)?;
        self.rules.keep(key, Arc::new(RuleEntry { library, clause: clause.clone() }));
        Ok(clause)
    }

    /// A role that a record names, as it works in a database: its name and what it lets its holder do there. Nothing if there
    /// is no such role any more, or it does not reach so far.
    ///
    /// # Errors
    /// As [`RoleBook::find`].
    pub(crate) fn rights(
        &self,
        reader: &TreeReader,
        database: DatabaseId,
        role: RoleRef,
    ) -> Result<Option<(RoleName, Rights)>> {
        let place = match role {
            RoleRef::BuiltIn(role) => return Ok(Some((role.into(), role.rights()))),
            RoleRef::User(number) => (database, number),
            RoleRef::Inherited(owner, number) => {
                let reaches = reader.lineage(database)?.iter().skip(1).any(|above| above.id == owner);
                match self.find(reader, (owner, number))? {
                    Some(role) if reaches && role.inherit => (owner, number),
                    Some(_) | None => return Ok(None),
                }
            }
        };
        let Some(role) = self.find(reader, place)? else { return Ok(None) };
        let placed = PlacedRole::of(reader, role, place.0, database)?;
        Ok(Some((placed.role.name.clone(), union(&[placed], &[]))))
    }
}

/// A role as it works in one database: what it says of collections is looked up there.
pub(crate) struct PlacedRole {
    pub(crate) role: Arc<LoadedRole>,
    /// What it says there, if that differs from what its record says.
    moved: Option<(Vec<Right>, Vec<Right>)>,
}

impl PlacedRole {
    /// # Errors
    /// As every read of the store.
    pub(crate) fn of(
        reader: &TreeReader,
        role: Arc<LoadedRole>,
        owner: DatabaseId,
        database: DatabaseId,
    ) -> Result<Self> {
        if owner == database && !role.is_inherited_by_name() {
            return Ok(Self { role, moved: None });
        }
        let place = |rights: &[Right]| -> Result<Vec<Right>> {
            let placed = rights.iter().map(|right| {
                let on = placed(reader, &right.on, owner, database)?;
                Ok(on.map(|on| Right { on, ..right.clone() }))
            });
            placed.filter_map(Result::transpose).collect()
        };
        let moved = Some((place(&role.grants)?, place(&role.denials)?));
        Ok(Self { role, moved })
    }

    /// What it grants there.
    pub(crate) fn grants(&self) -> &[Right] {
        self.moved.as_ref().map_or(&self.role.grants, |(grants, _)| grants)
    }

    /// What it denies there.
    pub(crate) fn denials(&self) -> &[Right] {
        self.moved.as_ref().map_or(&self.role.denials, |(_, denials)| denials)
    }
}

/// The roles of which documents of a collection may be members: those of the database itself, the first of these, and those of
/// the databases above that work below as well. Of the latter some are about other collections.
///
/// # Errors
/// As every read of the store.
pub(crate) fn candidates(
    reader: &TreeReader,
    lineage: &[Database],
    collection: u32,
) -> Result<BTreeSet<(DatabaseId, u32)>> {
    let mut all = BTreeSet::new();
    if let Some(own) = lineage.first() {
        let numbers = RoleRecord::of_members(reader, own.id, collection)?;
        all.extend(numbers.into_iter().map(|number| (own.id, number)));
    }
    for above in lineage {
        let inherited = RoleRecord::inherited(reader, above.id)?;
        all.extend(inherited.into_iter().map(|number| (above.id, number)));
    }
    Ok(all)
}

/// What several roles come to together, and grants beside them.
pub(crate) fn union(roles: &[PlacedRole], others: &[Right]) -> Rights {
    let grants = roles.iter().flat_map(PlacedRole::grants).chain(others);
    Rights::of(grants, roles.iter().flat_map(PlacedRole::denials))
}

/// What a role of `owner` is on when it works in `database`: a collection is the one of the same name there.
///
/// # Errors
/// As every read of the store.
pub(crate) fn placed(
    reader: &TreeReader,
    on: &Target,
    owner: DatabaseId,
    database: DatabaseId,
) -> Result<Option<Target>> {
    let named = |name: &str| -> Result<Option<Target>> {
        let found = reader.collection(database, name)?;
        Ok(found.map(|collection| Target::Documents(collection.number())))
    };
    match on {
        Target::Named(name) => named(name),
        Target::Documents(number) if owner != database => {
            let all = reader.collections(owner)?;
            let own = all.iter().find(|collection| collection.number() == *number);
            own.map_or(Ok(None), |own| named(own.name()))
        }
        Target::Every(_) | Target::Procedure(_) | Target::Documents(_) => Ok(Some(on.clone())),
    }
}

impl LoadedRole {
    fn compile(record: &RoleRecord, library: &Library) -> Result<Self> {
        let shape = Shape::unknown();
        let compile = |grants: &[crate::role_record::Grant]| {
            let compiled = grants.iter().map(|grant| grant.compile(library, &shape));
            compiled.collect::<Result<Vec<_>>>().map_err(damaged)
        };
        let member = |member: &Member| {
            let rule = member.when.as_ref();
            let clause = rule.map(|rule| rule.compile(Subject::Membership, library, &shape)).transpose();
            Ok((member.clone(), clause.map_err(damaged)?))
        };
        Ok(Self {
            name: record.role_name()?,
            grants: compile(&record.privileges)?,
            denials: compile(&record.denials)?,
            members: record.members.iter().map(member).collect::<Result<_>>()?,
            inherit: record.inherit,
        })
    }

    /// The rules by which documents of a collection of a database are members of the role, which is one of `owner`; nothing
    /// in the place of a rule where all of them are.
    ///
    /// # Errors
    /// As every read of the store.
    pub(crate) fn memberships(
        &self,
        reader: &TreeReader,
        owner: DatabaseId,
        (database, collection): (DatabaseId, u32),
    ) -> Result<Vec<Option<&Clause>>> {
        let mut found = Vec::new();
        for (member, clause) in &self.members {
            if placed(reader, &member.of, owner, database)? == Some(Target::Documents(collection)) {
                found.push(clause.as_ref());
            }
        }
        Ok(found)
    }

    fn has_rules(&self) -> bool {
        self.clauses().next().is_some()
    }

    fn clauses(&self) -> impl Iterator<Item = &Clause> {
        let of_rights = self.grants.iter().chain(&self.denials).filter_map(|right| right.when.as_ref());
        of_rights.chain(self.members.iter().filter_map(|(_, clause)| clause.as_ref()))
    }

    fn is_inherited_by_name(&self) -> bool {
        self.grants.iter().chain(&self.denials).any(|right| matches!(right.on, Target::Named(_)))
    }
}

/// A rule that was checked when it was saved, and is none now, is damage: it must not be told from where it is decided.
fn damaged(error: Error) -> Error {
    match error {
        Error::Rule { .. } | Error::Invalid { .. } => Error::Corrupt("a stored rule is none".into()),
        other => other,
    }
}
