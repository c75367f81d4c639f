//! Roles through a view: what they grant and deny, and whose documents are members.

use super::{ReadView, WriteView};
use crate::audit::Event;
use crate::procedure_record::ProcedureRecord;
use crate::resource::{Action, Decision, Resource};
use crate::rights::{Asked, Grant, Rights, Target};
use crate::role::RoleName;
use crate::role_record::RoleRecord;
use crate::{BuiltInRole, Error, Result};
use portunus_scope::{StoredCollection, SystemCollection};
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

/// The definition of a role. Defining one that exists alters it to this.
///
/// What no role grants may not be done; what any role of a caller denies may not be done either, whatever another one
/// grants. The order of privileges never matters.
///
/// ```
/// use portunus_auth::{Action, On, Resource, Role};
/// let author = Role::new("author")
///     .member("users")
///     .allow("notes", Action::Read)
///     .allow("notes", Action::Create)
///     .deny("notes", Action::Delete)
///     .allow_every(Resource::Collection, Action::Read)
///     .deny_every(Resource::Document, Action::Write)
///     .allow_call("publish")
///     .deny_call("retract");
/// assert_eq!((author.name(), author.members().len()), ("author", 1));
/// assert_eq!(author.privileges()[0].on, On::Collection("notes".into()));
/// assert_eq!(author.denials()[0].action, Action::Delete);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    name: String,
    privileges: Vec<Privilege>,
    denials: Vec<Privilege>,
    members: Vec<String>,
}

/// One thing that a role grants or denies.
///
/// ```
/// use portunus_auth::{Action, On, Privilege};
/// let privilege = Privilege { on: On::Procedure("sign_up".into()), action: Action::Call };
/// assert_eq!(privilege.action.to_string(), "call");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Privilege {
    /// What it is on.
    pub on: On,
    /// What may be done with that, or may not.
    pub action: Action,
}

/// What a privilege is on.
///
/// ```
/// use portunus_auth::{On, Resource};
/// assert_ne!(On::Collection("notes".into()), On::Every(Resource::Document));
/// assert_ne!(On::Procedure("notes".into()), On::Collection("notes".into()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum On {
    /// The documents of the collection of this name.
    Collection(String),
    /// Every thing of a kind.
    Every(Resource),
    /// The procedure of this name.
    Procedure(String),
}

impl Role {
    /// A role that grants nothing, and has no members.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), privileges: Vec::new(), denials: Vec::new(), members: Vec::new() }
    }

    /// Makes all documents of a collection members: whoever is one of them has the role.
    #[must_use]
    pub fn member(mut self, collection: impl Into<String>) -> Self {
        self.members.push(collection.into());
        self
    }

    /// Grants an action on the documents of a collection.
    #[must_use]
    pub fn allow(self, collection: impl Into<String>, action: Action) -> Self {
        self.with_privilege(On::Collection(collection.into()), action)
    }

    /// Grants an action on everything of a kind.
    #[must_use]
    pub fn allow_every(self, resource: Resource, action: Action) -> Self {
        self.with_privilege(On::Every(resource), action)
    }

    /// Lets the holder run a procedure.
    #[must_use]
    pub fn allow_call(self, procedure: impl Into<String>) -> Self {
        self.with_privilege(On::Procedure(procedure.into()), Action::Call)
    }

    /// Denies an action on the documents of a collection.
    #[must_use]
    pub fn deny(self, collection: impl Into<String>, action: Action) -> Self {
        self.with_denial(On::Collection(collection.into()), action)
    }

    /// Denies an action on everything of a kind.
    #[must_use]
    pub fn deny_every(self, resource: Resource, action: Action) -> Self {
        self.with_denial(On::Every(resource), action)
    }

    /// Keeps the holder from running a procedure.
    #[must_use]
    pub fn deny_call(self, procedure: impl Into<String>) -> Self {
        self.with_denial(On::Procedure(procedure.into()), Action::Call)
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it grants.
    #[must_use]
    pub fn privileges(&self) -> &[Privilege] {
        &self.privileges
    }

    /// What it denies.
    #[must_use]
    pub fn denials(&self) -> &[Privilege] {
        &self.denials
    }

    /// The collections whose documents are members.
    #[must_use]
    pub fn members(&self) -> &[String] {
        &self.members
    }

    fn with_privilege(mut self, on: On, action: Action) -> Self {
        self.privileges.push(Privilege { on, action });
        self
    }

    fn with_denial(mut self, on: On, action: Action) -> Self {
        self.denials.push(Privilege { on, action });
        self
    }
}

impl ReadView {
    /// The roles of the database that are not built in, in the order of their names: none if the principal may not see
    /// roles.
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
        if !self.policy()?.sees(Resource::Role) {
            return Ok(Vec::new());
        }
        let records = RoleRecord::all(self.reader(), self.database())?;
        let collections = self.reader().collections(self.database())?;
        let mut roles: Vec<Role> = records.into_iter().map(|record| describe(record, &collections)).collect();
        roles.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(roles)
    }

    /// The role of this name, if there is one that is not built in, and the principal may see roles.
    ///
    /// # Errors
    /// Those of every operation.
    pub fn role(&self, name: &str) -> Result<Option<Role>> {
        if !self.policy()?.sees(Resource::Role) {
            return Ok(None);
        }
        let Some(record) = self.role_record(name)? else { return Ok(None) };
        Ok(Some(describe(record, &self.reader().collections(self.database())?)))
    }

    fn role_record(&self, name: &str) -> Result<Option<RoleRecord>> {
        match RoleRecord::number_of(self.reader(), self.database(), name)? {
            Some(number) => RoleRecord::find(self.reader(), self.database(), number),
            None => Ok(None),
        }
    }

    fn role_to(&self, action: Action, name: &str) -> Result<RoleRecord> {
        self.policy()?.require_on_seen(Resource::Role, action, ROLE)?;
        self.role_record(name)?.ok_or(Error::NotFound(ROLE))
    }

    fn collection_to(&self, name: &str) -> Result<Arc<StoredCollection>> {
        let policy = self.policy()?;
        let found = self.reader().collection(self.database(), name)?;
        let known = found.filter(|found| policy.knows(Resource::Collection, &**found));
        known.ok_or_else(|| Error::Constraint("the role names a collection that is not there".into()))
    }

    fn procedure_to(&self, name: &str) -> Result<Target> {
        let policy = self.policy()?;
        let found = ProcedureRecord::find(self.reader(), self.database(), name)?;
        if found.is_some() && policy.knows(Resource::Procedure, Asked::Procedure(name)) {
            Ok(Target::Procedure(name.to_owned()))
        } else {
            Err(Error::Constraint("the role names a procedure that is not there".into()))
        }
    }

    /// The numbers of collections whose documents are to be members of the role of this number, or of a new one.
    fn members_to(&self, names: &[String], number: Option<u32>) -> Result<BTreeSet<u32>> {
        let mut members = BTreeSet::new();
        for name in names {
            let collection = self.collection_to(name)?.number();
            let roles = RoleRecord::of_members(self.reader(), self.database(), collection)?;
            if roles.iter().filter(|other| Some(**other) != number).count() >= ROLES_OF_COLLECTION_MAX {
                let problem =
                    format!("{ROLES_OF_COLLECTION_MAX} roles have the collection's documents as members");
                return Err(Error::Constraint(problem));
            }
            members.insert(collection);
        }
        Ok(members)
    }

    fn grants(&self, privileges: &[Privilege]) -> Result<Vec<Grant>> {
        let mut grants = BTreeSet::new();
        for Privilege { on, action } in privileges {
            check_pair(on, *action)?;
            let on = match on {
                On::Collection(name) => Target::Documents(self.collection_to(name)?.number()),
                On::Every(resource) => Target::Every(*resource),
                On::Procedure(name) => self.procedure_to(name)?,
            };
            grants.insert(Grant { on, action: *action });
        }
        Ok(grants.into_iter().collect())
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
    /// # Errors
    /// `Denied`, also if the role would grant, or no longer deny, what the principal does not hold; `Invalid` or `Limit`
    /// for its name and parts; `Constraint` if it names a collection or a procedure that is not there, or members that
    /// [`ROLES_OF_COLLECTION_MAX`] roles have already.
    pub fn define_role(&mut self, role: impl Borrow<Role>) -> Result<()> {
        let role = role.borrow();
        let policy = self.policy()?;
        let old = self.role_record(&role.name)?;
        policy.require_define(Resource::Role, old.is_some())?;
        check_name(&role.name)?;
        check_sizes(role)?;
        let (privileges, denials) = (self.grants(&role.privileges)?, self.grants(&role.denials)?);
        policy.require_cover(&Rights::of(privileges.iter(), [].iter()), Resource::Role)?;
        let number = old.as_ref().map(|old| old.number);
        let members = self.members_to(&role.members, number)?;
        if let Some(old) = &old {
            policy.require_cover(&old.denials_lifted(&denials, &members), Resource::Role)?;
        }
        let database = self.database();
        let count = || self.reader().unfiltered_system_count(database, SystemCollection::Role);
        if old.is_none() && count()? >= ROLES_MAX {
            return Err(Error::Limit { what: "roles of a database", actual: ROLES_MAX + 1, max: ROLES_MAX });
        }
        let created_at = old.as_ref().map_or_else(|| self.now().0, |old| old.created_at);
        self.whole(|writer| {
            for name in &role.members {
                writer.mark_identities(database, name)?;
            }
            let record = RoleRecord {
                number: number.map_or_else(|| RoleRecord::next_number(writer, database), Ok)?,
                name: role.name.clone(),
                privileges,
                denials,
                members: members.into_iter().collect(),
                created_at,
            };
            record.put(writer, database, old.as_ref())
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
        let old = self.role_to(Action::Write, name)?;
        check_name(new_name)?;
        if name == new_name {
            return Ok(());
        }
        if self.role_record(new_name)?.is_some() {
            return Err(Error::AlreadyExists(ROLE));
        }
        let new = RoleRecord { name: new_name.into(), ..old.clone() };
        let database = self.database();
        self.whole(|writer| new.put(writer, database, Some(&old)))?;
        self.note(Event::RoleRenamed { role: name.into(), to: new_name.into() })
    }

    /// Deletes a role. Its members just lose it.
    ///
    /// # Errors
    /// `NotFound`; `Denied`, also if it denies what the principal does not hold; `Constraint` if a key, a provider or a
    /// procedure has it.
    pub fn delete_role(&mut self, name: &str) -> Result<()> {
        let record = self.role_to(Action::Delete, name)?;
        let lifted = record.denials_lifted(&[], &BTreeSet::new());
        self.policy()?.require_cover(&lifted, Resource::Role)?;
        if record.is_used(self.reader(), self.database())? {
            return Err(Error::Constraint("a key, an access provider or a procedure has the role".into()));
        }
        let database = self.database();
        self.whole(|writer| record.delete(writer, database))?;
        self.note(Event::RoleDeleted { role: name.into() })
    }
}

/// What nobody at all could do is a slip of whoever wrote the role.
fn check_pair(on: &On, action: Action) -> Result<()> {
    let resource = match on {
        On::Collection(_) => Resource::Document,
        On::Every(resource) => *resource,
        On::Procedure(_) => Resource::Procedure,
    };
    match BuiltInRole::Admin.decide(resource, action) {
        Decision::Allow => Ok(()),
        Decision::Deny => {
            Err(Error::invalid("privilege", format!("{action} is nothing that is done to a {resource}")))
        }
    }
}

fn check_name(name: &str) -> Result<()> {
    name.parse::<RoleName>()?;
    // Nor may one be taken for a built-in one by somebody who reads quickly.
    if BuiltInRole::named(&name.to_ascii_lowercase().replace('_', "-")).is_some() {
        return Err(Error::invalid("role name", "is that of a built-in role"));
    }
    Ok(())
}

fn check_sizes(role: &Role) -> Result<()> {
    let limits = [
        ("privileges of a role", role.privileges.len() + role.denials.len(), PRIVILEGES_MAX),
        ("collections of a role's members", role.members.len(), MEMBER_COLLECTIONS_MAX),
    ];
    match limits.into_iter().find(|(_, actual, max)| actual > max) {
        Some((what, actual, max)) => Err(Error::Limit { what, actual, max }),
        None => Ok(()),
    }
}

/// A role as its administrator sees it. What it says of a collection that was dropped is left out: nothing can come of it.
fn describe(record: RoleRecord, collections: &[Arc<StoredCollection>]) -> Role {
    let name = |number: u32| {
        let found = collections.iter().find(|collection| collection.number() == number);
        found.map(|collection| collection.name().to_owned())
    };
    let privileges = |grants: Vec<Grant>| {
        let described = grants.into_iter().filter_map(|Grant { on, action }| {
            let on = match on {
                Target::Every(resource) => On::Every(resource),
                Target::Documents(number) => On::Collection(name(number)?),
                Target::Procedure(name) => On::Procedure(name),
            };
            Some(Privilege { on, action })
        });
        described.collect()
    };
    Role {
        name: record.name,
        privileges: privileges(record.privileges),
        denials: privileges(record.denials),
        members: record.members.into_iter().filter_map(name).collect(),
    }
}
