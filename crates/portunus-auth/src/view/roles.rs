//! Roles through a view: what they grant and deny, and whose documents are members.

use super::{ReadView, WriteView};
use crate::audit::Event;
use crate::procedure_record::ProcedureRecord;
use crate::resource::{Action, Decision, Resource};
use crate::rights::{Asked, Right, Rights, Ruling, Target};
use crate::role::RoleName;
use crate::role_record::{Grant, Member, RoleRecord, RoleRef};
use crate::rule::{Library, Rule, Shape, Subject, takes_fields};
use crate::thing::{Described, Thing};
use crate::{BuiltInRole, Error, Membership, On, Privilege, Result, Role};
use portunus_scope::{DatabaseId, Error as ScopeError, StoredCollection, SystemCollection};
use std::borrow::Borrow;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The most roles of a database that are not built in.
pub const ROLES_MAX: usize = 1_000;
/// The most roles that name one collection as that of their members: every token is resolved through all of them.
pub const ROLES_OF_COLLECTION_MAX: usize = 64;
/// The most privileges and denials of one role.
pub const PRIVILEGES_MAX: usize = 1_000;
/// The most collections whose documents are members of one role.
pub const MEMBER_COLLECTIONS_MAX: usize = 64;

/// What a change of a role that is not there, or may not be seen, is told.
const ROLE: &str = "role";

impl ReadView {
    /// The roles of the database that are not built in and that the principal may see, in the order of their names.
    ///
    /// ```
    /// # use portunus_auth::{Action, Collection, Error, Gate, GateOptions, Role};
    /// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
    /// # let mut view = gate.begin_write(&admin)?;
    /// # view.define(Collection::new("notes"))?;
    /// view.define_role(Role::new("reader").allow("notes", Action::Read))?;
    /// assert_eq!(view.roles()?.len(), 1);
    /// assert!(view.role("reader")?.is_some() && view.role("admin")?.is_none());
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of every operation.
    pub fn roles(&self) -> Result<Vec<Role>> {
        self.policy()?.seen(|| self.every_role())
    }

    /// All roles of the database, whoever asks.
    pub(super) fn every_role(&self) -> Result<Vec<Role>> {
        let records = RoleRecord::all(self.reader(), self.database())?;
        let collections = self.reader().collections(self.database())?;
        let mut roles: Vec<Role> = records.into_iter().map(|record| describe(record, &collections)).collect();
        roles.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(roles)
    }

    /// The role of this name, if there is one that is not built in, and the principal may see it.
    ///
    /// # Errors
    /// Those of every operation.
    pub fn role(&self, name: &str) -> Result<Option<Role>> {
        self.policy()?.seen_one(|| {
            let Some(record) = self.role_record(name)? else { return Ok(None) };
            Ok(Some(describe(record, &self.reader().collections(self.database())?)))
        })
    }

    /// The name of a role and what it lets its holder do in a database.
    pub(super) fn role_rights(
        &self,
        database: DatabaseId,
        role: RoleRef,
    ) -> Result<Option<(RoleName, Rights)>> {
        self.shared().opener.roles().rights(self.reader(), database, role)
    }

    pub(super) fn role_record(&self, name: &str) -> Result<Option<RoleRecord>> {
        match RoleRecord::number_of(self.reader(), self.database(), name)? {
            Some(number) => RoleRecord::find(self.reader(), self.database(), number),
            None => Ok(None),
        }
    }

    /// A role that is there, if any is for the principal.
    fn role_there(&self, action: Action, name: &str) -> Result<RoleRecord> {
        self.policy()?.require_any(Resource::Role, action, ROLE)?;
        self.role_record(name)?.ok_or(Error::NotFound(ROLE))
    }

    /// Whether a role names a collection that is not there for the principal, who may create it before it commits.
    fn waits_for_collection(&self, role: &Role) -> Result<bool> {
        let policy = self.policy()?;
        // What an inherited role names need not be here.
        if role.inherit || matches!(policy.ruling(Resource::Collection, Action::Create), Ruling::Deny) {
            return Ok(false);
        }
        let rights =
            role.privileges.iter().chain(&role.denials).filter_map(|privilege| match &privilege.on {
                On::Collection(name) => Some(name),
                On::Every(_) | On::Procedure(_) => None,
            });
        for name in rights.chain(role.members.iter().map(|member| &member.collection)) {
            if self.known_collection(name)?.is_none() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A collection, if there is one of this name as far as the principal is concerned.
    fn known_collection(&self, name: &str) -> Result<Option<Arc<StoredCollection>>> {
        let policy = self.policy()?;
        match self.reader().collection(self.database(), name)? {
            Some(found) if policy.knows(found.definition(), &*found)? => Ok(Some(found)),
            Some(_) | None => Ok(None),
        }
    }

    /// What a role is to be on: the documents of a collection that the principal knows, or, in a role that is inherited, of
    /// those of that name below.
    fn documents_to(&self, name: &str, inherit: bool) -> Result<(Target, Option<Arc<StoredCollection>>)> {
        match self.known_collection(name)? {
            Some(known) => Ok((Target::Documents(known.number()), Some(known))),
            None if inherit => Ok((Target::Named(name.to_owned()), None)),
            None => Err(missing_collection()),
        }
    }

    /// What errors may tell of the fields of documents: what their definition says, to those who see that.
    fn known_shape(&self, collection: &StoredCollection) -> Result<Shape> {
        let sees = self.unchecked_policy().sees_thing(collection.definition())?;
        Ok(if sees { Shape::of_documents(collection) } else { Shape::unknown() })
    }

    fn procedure_to(&self, name: &str) -> Result<Target> {
        let policy = self.policy()?;
        match ProcedureRecord::find(self.reader(), self.database(), name)? {
            Some(found) if policy.knows(&self.describe_procedure(&found)?, Asked::Procedure(name))? => {
                Ok(Target::Procedure(name.to_owned()))
            }
            Some(_) | None => Err(Error::Constraint("the role names a procedure that is not there".into())),
        }
    }

    /// The collections whose documents are to be members of the role of this number, or of a new one.
    pub(super) fn members_to(
        &self,
        role: &Role,
        number: Option<u32>,
        library: &Library,
    ) -> Result<Vec<Member>> {
        let mut members = BTreeSet::new();
        for Membership { collection, when } in &role.members {
            let (of, found) = self.documents_to(collection, role.inherit)?;
            if let Some(found) = found {
                let roles = RoleRecord::of_members(self.reader(), self.database(), found.number())?;
                if roles.iter().filter(|other| Some(**other) != number).count() >= ROLES_OF_COLLECTION_MAX {
                    let problem =
                        format!("{ROLES_OF_COLLECTION_MAX} roles have the collection's documents as members");
                    return Err(Error::Constraint(problem));
                }
            }
            let when = when.as_deref().map(Rule::new);
            if let Some(rule) = &when {
                rule.compile(Subject::Membership, library, &Shape::unknown())?;
            }
            members.insert(Member { of, when });
        }
        Ok(members.into_iter().collect())
    }

    /// Privileges as they are kept, and ready to be decided by; their rules are checked against what is known of what they
    /// are on.
    pub(super) fn grants(
        &self,
        privileges: &[Privilege],
        inherit: bool,
        library: &Library,
    ) -> Result<(Vec<Grant>, Vec<Right>)> {
        let (mut grants, mut rights) = (BTreeSet::new(), Vec::new());
        for Privilege { on, action, when, fields } in privileges {
            let resource = check_pair(on, *action)?;
            if let Some(fields) = fields {
                fields.check()?;
                if !takes_fields(resource, *action) {
                    let problem = format!("{action} of a {resource} is for all of its fields or for none");
                    return Err(Error::invalid("privilege", problem));
                }
            }
            let (on, shape) = match on {
                On::Collection(name) => {
                    let (target, found) = self.documents_to(name, inherit)?;
                    (target, found.map_or_else(|| Ok(Shape::unknown()), |found| self.known_shape(&found))?)
                }
                On::Every(resource) => (Target::Every(*resource), Shape::unknown()),
                On::Procedure(name) => (self.procedure_to(name)?, Shape::unknown()),
            };
            let when = when.as_deref().map(Rule::new);
            let grant = Grant { on, action: *action, when, fields: fields.clone() };
            rights.push(grant.compile(library, &shape)?);
            grants.insert(grant);
        }
        Ok((grants.into_iter().collect(), rights))
    }
}

impl WriteView {
    /// Creates a role, or alters the one of that name to this definition.
    ///
    /// ```
    /// # use portunus_auth::{Action, Collection, Error, Gate, GateOptions, Role};
    /// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
    /// # let mut view = gate.begin_write(&admin)?;
    /// # view.define(Collection::new("notes"))?;
    /// view.define_role(Role::new("reader").allow("notes", Action::Read))?;
    /// view.rename_role("reader", "visitor")?;
    /// view.delete_role("visitor")?;
    /// assert!(view.roles()?.is_empty());
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// A collection that it names may also be defined later in the same transaction, by somebody who may do that: the role
    /// is there from then on, and what is wrong with it is told then. If some collection is not there in the end,
    /// the transaction cannot be committed.
    ///
    /// # Errors
    /// `Denied`, also if the role would grant, or no longer deny, what the principal does not hold; `Invalid` or `Limit`
    /// for its name and parts; `Constraint` if it names a collection or a procedure that is not there, or members that
    /// [`ROLES_OF_COLLECTION_MAX`] roles have already.
    pub fn define_role(&mut self, role: impl Borrow<Role>) -> Result<()> {
        let role = role.borrow();
        let policy = self.policy()?;
        let old = self.role_record(&role.name)?;
        policy.require_define(old.as_ref().map(Described::thing).as_ref(), role)?;
        check_name(&role.name)?;
        check_sizes(role)?;
        if role.inherit || old.as_ref().is_some_and(|old| old.inherit) {
            policy.require_administrator(Action::Create, Resource::Role)?;
        }
        let waits = self.waits_for_collection(role)?;
        self.awaiting.retain(|other| other.name != role.name);
        if waits {
            self.awaiting.push(role.clone());
            return Ok(());
        }
        self.put_role(role, old.as_ref())
    }

    /// Defines those roles that have waited for a collection which is there now.
    pub(super) fn define_awaiting(&mut self) -> Result<()> {
        for role in std::mem::take(&mut self.awaiting) {
            let defined = self.define_role(&role);
            // Of the others nothing would be known any more.
            self.is_broken |= defined.is_err();
            defined?;
        }
        Ok(())
    }

    /// Stores a role that may be defined, in the place of what it was before, if it is made of what there is and of what the
    /// principal holds.
    fn put_role(&mut self, role: &Role, old: Option<&RoleRecord>) -> Result<()> {
        let policy = self.policy()?;
        let database = self.database();
        let library = self.known_library()?;
        let (privileges, granted) = self.grants(&role.privileges, role.inherit, &library)?;
        let (denials, _) = self.grants(&role.denials, role.inherit, &library)?;
        check_denials(&role.denials)?;
        policy.require_cover(&Rights::of(granted.iter(), [].iter()), Resource::Role)?;
        let number = old.map(|old| old.number);
        let members = self.members_to(role, number, &library)?;
        if let Some(old) = old {
            policy.require_cover(&unconditional(&old.denials_lifted(&denials, &members)), Resource::Role)?;
        }
        let count = || self.reader().unfiltered_system_count(database, SystemCollection::Role);
        if old.is_none() && count()? >= ROLES_MAX {
            return Err(Error::Limit { what: "roles of a database", actual: ROLES_MAX + 1, max: ROLES_MAX });
        }
        let created_at = old.map_or_else(|| self.now().0, |old| old.created_at);
        self.keep_role_version()?;
        self.whole(|writer| {
            for member in &role.members {
                match writer.mark_identities(database, &member.collection) {
                    Ok(()) => {}
                    // An inherited role may have no such collection beside it, but below.
                    Err(ScopeError::NotFound(_)) if role.inherit => {}
                    Err(error) => return Err(error.into()),
                }
            }
            let record = RoleRecord {
                number: number.map_or_else(|| RoleRecord::next_number(writer, database), Ok)?,
                name: role.name.clone(),
                privileges,
                denials,
                members,
                inherit: role.inherit,
                created_at,
            };
            record.put(writer, database, old)
        })?;
        let name = role.name.clone();
        self.note(match old {
            Some(_) => Event::RoleAltered { role: name },
            None => Event::RoleCreated { role: name },
        })
    }

    /// Gives a role another name. Keys, providers and procedures that have it keep it.
    ///
    /// # Errors
    /// `NotFound`, `Denied`; `AlreadyExists` if there is one of the new name; `Invalid` if it can be none.
    pub fn rename_role(&mut self, name: &str, new_name: &str) -> Result<()> {
        let old = self.role_there(Action::Write, name)?;
        self.policy()?
            .require_change::<Role>(ROLE, || Ok((old.thing(), described(new_name, old.inherit))))?;
        check_name(new_name)?;
        if name == new_name {
            return Ok(());
        }
        if let Some(other) = self.role_record(new_name)? {
            return Err(self.unchecked_policy().taken(&other, Action::Write, ROLE));
        }
        let new = RoleRecord { name: new_name.into(), ..old.clone() };
        let database = self.database();
        self.keep_role_version()?;
        self.whole(|writer| new.put(writer, database, Some(&old)))?;
        self.note(Event::RoleRenamed { role: name.into(), to: new_name.into() })
    }

    /// Deletes a role. Its members just lose it.
    ///
    /// # Errors
    /// `NotFound`; `Denied`, also if it denies what the principal does not hold; `Constraint` if a key, a provider or a
    /// procedure has it.
    pub fn delete_role(&mut self, name: &str) -> Result<()> {
        let record = self.role_there(Action::Delete, name)?;
        let lifted = unconditional(&record.denials_lifted(&[], &[]));
        let policy = self.policy()?;
        policy.require_on(Action::Delete, ROLE, || Ok(record.clone()))?;
        policy.require_cover(&lifted, Resource::Role)?;
        if record.inherit {
            policy.require_administrator(Action::Delete, Resource::Role)?;
        }
        if record.is_used(self.reader(), self.database())? {
            return Err(Error::Constraint("a key, an access provider or a procedure has the role".into()));
        }
        let database = self.database();
        self.keep_role_version()?;
        self.whole(|writer| record.delete(writer, database))?;
        self.note(Event::RoleDeleted { role: name.into() })
    }
}

impl Described for Role {
    const KIND: Resource = Resource::Role;

    fn thing(&self) -> Thing {
        described(&self.name, self.inherit)
    }
}

impl Described for RoleRecord {
    const KIND: Resource = Resource::Role;

    fn thing(&self) -> Thing {
        described(&self.name, self.inherit)
    }
}

/// What rules know of a role.
fn described(name: &str, inherit: bool) -> Thing {
    Thing::of(Resource::Role, name).with("name", name).with("inherit", inherit).done()
}

/// What nobody at all could do is a slip of whoever wrote the role.
fn check_pair(on: &On, action: Action) -> Result<Resource> {
    let resource = match on {
        On::Collection(_) => Resource::Document,
        On::Every(resource) => *resource,
        On::Procedure(_) => Resource::Procedure,
    };
    match BuiltInRole::Admin.decide(resource, action) {
        Decision::Allow => Ok(resource),
        Decision::Deny => {
            Err(Error::invalid("privilege", format!("{action} is nothing that is done to a {resource}")))
        }
    }
}

pub(super) fn check_name(name: &str) -> Result<()> {
    name.parse::<RoleName>()?;
    // Nor may one be taken for a built-in one by somebody who reads quickly.
    if BuiltInRole::named(&name.to_ascii_lowercase().replace('_', "-")).is_some() {
        return Err(Error::invalid("role name", "is that of a built-in role"));
    }
    Ok(())
}

pub(super) fn check_sizes(role: &Role) -> Result<()> {
    let limits = [
        ("privileges of a role", role.privileges.len() + role.denials.len(), PRIVILEGES_MAX),
        ("collections of a role's members", role.members.len(), MEMBER_COLLECTIONS_MAX),
    ];
    match limits.into_iter().find(|(_, actual, max)| actual > max) {
        Some((what, actual, max)) => Err(Error::Limit { what, actual, max }),
        None => Ok(()),
    }
}

pub(super) fn missing_collection() -> Error {
    Error::Constraint("the role names a collection that is not there".into())
}

pub(super) fn check_denials(denials: &[Privilege]) -> Result<()> {
    if denials.iter().any(|denial| denial.fields.is_some()) {
        return Err(Error::invalid("denial", "is for all fields: grant the ones that are to be seen"));
    }
    Ok(())
}

/// Grants, whatever their conditions are.
fn unconditional(grants: &[Grant]) -> Rights {
    let right =
        |grant: &Grant| Right { on: grant.on.clone(), action: grant.action, when: None, fields: None };
    let rights: Vec<Right> = grants.iter().map(right).collect();
    Rights::of(rights.iter(), [].iter())
}

/// A role as its administrator sees it. What it says of a collection that was dropped is left out: nothing can come of it.
fn describe(record: RoleRecord, collections: &[Arc<StoredCollection>]) -> Role {
    let name = |number: u32| {
        let found = collections.iter().find(|collection| collection.number() == number);
        found.map(|collection| collection.name().to_owned())
    };
    let on = |target: Target| match target {
        Target::Every(resource) => Some(On::Every(resource)),
        Target::Documents(number) => name(number).map(On::Collection),
        Target::Procedure(name) => Some(On::Procedure(name)),
        Target::Named(name) => Some(On::Collection(name)),
    };
    let source = |rule: Option<Rule>| rule.map(|rule| rule.source);
    let privileges = |grants: Vec<Grant>| {
        let described = grants.into_iter().filter_map(|Grant { on: target, action, when, fields }| {
            Some(Privilege { on: on(target)?, action, when: source(when), fields })
        });
        described.collect()
    };
    let member = |Member { of, when }: Member| match on(of)? {
        On::Collection(collection) => Some(Membership { collection, when: source(when) }),
        On::Every(_) | On::Procedure(_) => None,
    };
    Role {
        name: record.name,
        privileges: privileges(record.privileges),
        denials: privileges(record.denials),
        members: record.members.into_iter().filter_map(member).collect(),
        inherit: record.inherit,
    }
}
