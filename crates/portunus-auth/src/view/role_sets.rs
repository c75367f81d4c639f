//! All roles of a database at once, through a view: as one value, compared with another one, changed to it in one go, and back
//! to what they were before.

use super::roles::missing_collection;
use super::{ReadView, WriteView};
use crate::audit::Event;
use crate::resource::{Action, Resource};
use crate::role_changes::compare;
use crate::role_version::VersionRecord;
use crate::rule::{Library, LibraryEntry, Rule};
use crate::{Error, Extent, Fate, NamedPredicate, PublicId, Result, Role, RoleChange, RoleEntry, RoleSet};
use portunus_scope::Timestamp;
use std::ops::ControlFlow;

pub use crate::role_version::ROLE_VERSIONS_MAX;

/// What somebody is told who asks for a version that is not kept, or may not see roles.
const VERSION: &str = "version of the roles";

/// The roles and predicates of a database, as they were before a transaction changed them.
///
/// ```
/// use portunus_auth::{Action, Collection, Durability, Error, Gate, GateOptions, Role};
/// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
/// let mut view = gate.begin_write(&admin)?;
/// view.define(Collection::new("notes"))?;
/// view.define_role(Role::new("reader").allow("notes", Action::Read))?;
/// view.commit(Durability::Immediate)?;
///
/// let mut view = gate.begin_write(&admin)?;
/// view.define_role(Role::new("reader"))?;
/// view.define_role(Role::new("writer").allow("notes", Action::Write))?;
/// let newest = &view.role_versions()?[0];
/// assert_eq!((newest.number, newest.at, newest.by), (2, view.now(), view.principal()?.id()));
///
/// let before = view.role_set_at(2)?.expect("it was kept just now");
/// assert_eq!(before.roles()[0].privileges().len(), 1);
/// assert_eq!(view.roll_back_roles(2)?.len(), 2);
/// assert_eq!(view.role_set()?, before);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RoleVersion {
    /// Its number: the first transaction that changed roles made version 1, that of no roles.
    pub number: u64,
    /// When they were changed.
    pub at: Timestamp,
    /// The public id of the secret that changed them.
    pub by: PublicId,
}

impl ReadView {
    /// The roles and predicates of the database, in the form of a file: none if the principal may not see roles.
    ///
    /// ```
    /// # use portunus_auth::{Action, Collection, Error, Extent, Gate, GateOptions, Role, RoleSet};
    /// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
    /// # let mut view = gate.begin_write(&admin)?;
    /// # view.define(Collection::new("notes"))?;
    /// let set = RoleSet::new([], [Role::new("reader").allow("notes", Action::Read)])?;
    /// assert_eq!(view.compare_roles(&set, Extent::All)?.len(), 1);
    /// assert_eq!(view.apply_roles(&set, Extent::All)?[0].to_string(), "+ role reader\n  + allow notes: read");
    /// assert_eq!(view.role_set()?, set);
    /// assert!(view.apply_roles(&set, Extent::All)?.is_empty());
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of every operation.
    pub fn role_set(&self) -> Result<RoleSet> {
        RoleSet::new(self.predicates()?, self.roles()?)
    }

    /// What would become of the roles and predicates of the database if it were changed to these. As a set has names only,
    /// a rename is one that goes and another one that comes.
    ///
    /// # Errors
    /// Those of every operation.
    pub fn compare_roles(&self, set: &RoleSet, extent: Extent) -> Result<Vec<RoleChange>> {
        Ok(compare(&self.role_set()?, set, extent))
    }

    /// The versions of the roles that are kept, each a [`RoleVersion`], the newest first: at most [`ROLE_VERSIONS_MAX`], and none if the principal may
    /// not see roles. What they are now is not among them.
    ///
    /// # Errors
    /// Those of every operation.
    pub fn role_versions(&self) -> Result<Vec<RoleVersion>> {
        if !self.policy()?.sees(Resource::Role) {
            return Ok(Vec::new());
        }
        let mut versions = Vec::new();
        VersionRecord::newest_first(self.reader(), self.database(), &mut |number, record| {
            let version = record.author().map(|by| RoleVersion { number, at: Timestamp(record.at), by });
            versions.push(version);
            ControlFlow::Continue(())
        })?;
        versions.into_iter().collect()
    }

    /// What the roles and predicates were in a version, as [`RoleVersion`] shows, if it is kept and the principal may see roles.
    ///
    /// # Errors
    /// `Constraint` if they were too large to be kept.
    pub fn role_set_at(&self, version: u64) -> Result<Option<RoleSet>> {
        if !self.policy()?.sees(Resource::Role) {
            return Ok(None);
        }
        let Some(record) = VersionRecord::find(self.reader(), self.database(), version)? else {
            return Ok(None);
        };
        let too_large = || Error::Constraint("the roles of this version were too large to be kept".into());
        record.set.ok_or_else(too_large).map(Some)
    }
}

impl WriteView {
    /// Changes the roles and predicates of the database to these, and tells what that was. What is the same stays untouched.
    ///
    /// ```
    /// # use portunus_auth::{Collection, Action, Error, Extent, Gate, GateOptions, Role, RoleSet};
    /// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
    /// # let mut view = gate.begin_write(&admin)?;
    /// # view.define(Collection::new("notes"))?;
    /// view.define_role(Role::new("visitor"))?;
    /// let reader = RoleSet::new([], [Role::new("reader").allow("notes", Action::Read)])?;
    /// view.apply_roles(&reader, Extent::Named)?;
    /// assert_eq!(view.roles()?.len(), 2);
    /// view.apply_roles(&reader, Extent::All)?;
    /// assert_eq!(view.role_set()?, reader);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// The collections that its roles name are there before: unlike one that is defined alone, a role of a set waits for none.
    ///
    /// # Errors
    /// As [`define_role`](Self::define_role), [`delete_role`](Self::delete_role) and
    /// [`define_predicate`](Self::define_predicate), with the name of the role where that helps. If some of it was done
    /// by then, the transaction can only be dropped.
    pub fn apply_roles(&mut self, set: &RoleSet, extent: Extent) -> Result<Vec<RoleChange>> {
        let changes = self.compare_roles(set, extent)?;
        let done_before = self.events.iter().count();
        let applied = self.apply(set, &changes);
        self.is_broken |= applied.is_err() && self.events.iter().count() > done_before;
        applied.map(|()| changes)
    }

    /// Changes the roles and predicates of the database back to what they were in a version, as [`RoleVersion`] shows. That is a change like any
    /// other, and can be taken back in the same way.
    ///
    /// # Errors
    /// `NotFound` if it is not kept, or the principal may not see roles; as [`apply_roles`](Self::apply_roles).
    pub fn roll_back_roles(&mut self, version: u64) -> Result<Vec<RoleChange>> {
        let set = self.role_set_at(version)?.ok_or(Error::NotFound(VERSION))?;
        self.apply_roles(&set, Extent::All)
    }

    /// Keeps what the roles are, once in a transaction, before it first changes them.
    pub(super) fn keep_role_version(&mut self) -> Result<()> {
        if self.has_role_version {
            return Ok(());
        }
        let set = RoleSet::new(self.every_predicate()?, self.every_role()?)?;
        let record = VersionRecord::new(self.now(), self.principal()?.id(), set);
        let database = self.database();
        self.whole(|writer| record.put(writer, database))?;
        self.has_role_version = true;
        Ok(())
    }

    fn apply(&mut self, set: &RoleSet, changes: &[RoleChange]) -> Result<()> {
        let of = |change: &RoleChange| (change.entry.clone(), change.fate);
        let (predicates, roles): (Vec<_>, Vec<_>) =
            changes.iter().map(of).partition(|(entry, _)| matches!(entry, RoleEntry::Predicate(_)));
        if !predicates.is_empty() {
            self.policy()?.require_administrator(Action::Write, Resource::Role)?;
        }
        // Roles that go make room for others.
        for (entry, _) in roles.iter().filter(|(_, fate)| *fate == Fate::Removed) {
            self.delete_role(entry.name()).map_err(|error| of_role(entry, error))?;
        }
        let (gone, come): (Vec<_>, Vec<_>) =
            predicates.into_iter().partition(|(_, fate)| *fate == Fate::Removed);
        let come: Vec<_> = come.iter().filter_map(|(entry, _)| set.predicate(entry.name())).collect();
        // While roles still call what they will not, and predicates call what is not there yet, not all of it fits together.
        self.put_predicates(&come)?;
        for (entry, _) in roles.iter().filter(|(_, fate)| *fate != Fate::Removed) {
            if let Some(role) = set.role(entry.name()) {
                self.define_now(role).map_err(|error| of_role(entry, error))?;
            }
        }
        self.remove_predicates(gone.iter().map(|(entry, _)| entry.name()))?;
        if come.is_empty() && gone.is_empty() {
            return Ok(());
        }
        let library = Library::of(self.reader(), self.database())?;
        library.predicates.keys().try_for_each(|name| library.check(name).map(drop))?;
        self.check_roles_with(&library)
    }

    /// Defines a role that waits for nothing: what a set of roles comes to is told when it is applied.
    fn define_now(&mut self, role: &Role) -> Result<()> {
        self.define_role(role)?;
        let waited = self.awaiting.len();
        self.awaiting.retain(|other| other.name != role.name);
        if self.awaiting.len() == waited { Ok(()) } else { Err(missing_collection()) }
    }

    fn put_predicates(&mut self, predicates: &[&NamedPredicate]) -> Result<()> {
        if predicates.is_empty() {
            return Ok(());
        }
        let database = self.database();
        let mut library = Library::of(self.reader(), database)?;
        for predicate in predicates {
            let (parameters, rule) = (predicate.parameters().to_vec(), Rule::new(predicate.rule()));
            library.predicates.insert(predicate.name().to_owned(), LibraryEntry { parameters, rule });
        }
        for predicate in predicates {
            library.check(predicate.name())?;
        }
        self.keep_role_version()?;
        self.whole(|writer| library.put(writer, database))?;
        predicates
            .iter()
            .try_for_each(|it| self.note(Event::PredicateDefined { predicate: it.name().to_owned() }))
    }

    fn remove_predicates<'n>(&mut self, names: impl Iterator<Item = &'n str> + Clone) -> Result<()> {
        if names.clone().next().is_none() {
            return Ok(());
        }
        let database = self.database();
        let mut library = Library::of(self.reader(), database)?;
        for name in names.clone() {
            library.predicates.remove(name);
        }
        self.keep_role_version()?;
        self.whole(|writer| library.put(writer, database))?;
        names
            .into_iter()
            .try_for_each(|name| self.note(Event::PredicateDeleted { predicate: name.to_owned() }))
    }
}

/// What went wrong, with the role that it went wrong with.
fn of_role(entry: &RoleEntry, error: Error) -> Error {
    match error {
        Error::Constraint(problem) => Error::Constraint(format!("{entry}: {problem}")),
        Error::Invalid { place, problem } if place.is_empty() => Error::invalid(entry.to_string(), problem),
        Error::Invalid { place, problem } => Error::invalid(format!("{entry}: {place}"), problem),
        other => other,
    }
}
