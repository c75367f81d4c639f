//! Keys through a view: made for the principal's own database or one below it, shown once, listed without what they are.

use super::{ReadView, WriteView};
use crate::audit::Event;
use crate::key_record::KeyRecord;
use crate::resource::{Action, Resource};
use crate::role::RoleName;
use crate::role_record::{RoleRecord, RoleRef};
use crate::thing::{Described, Thing};
use crate::{BuiltInRole, Error, PublicId, Result, Secret};
use portunus_scope::{DatabaseId, DatabasePath, Error as ScopeError, SystemCollection, Timestamp};
use std::borrow::Borrow;

/// The most bytes of a key's name.
pub const KEY_NAME_BYTES_MAX: usize = 256;

/// What a change of a key that is not there, or may not be seen, is told.
const KEY: &str = "key";

/// A key about to be made. Its secret is made with it: nobody can bring one.
///
/// ```
/// use portunus_auth::NewKey;
/// let key = NewKey::new("server").named("importer").at("acme/eu".parse()?);
/// let for_a_while = key.expires_at("2030-01-01T00:00:00Z".parse()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is made until `WriteView::create_key` is called"]
pub struct NewKey {
    role: String,
    path: DatabasePath,
    expires_at: Option<Timestamp>,
    name: Option<String>,
}

impl NewKey {
    /// A key with this role in the principal's own database.
    pub fn new(role: impl Into<String>) -> Self {
        Self { role: role.into(), path: DatabasePath::here(), expires_at: None, name: None }
    }

    /// A key for the database that this path leads to.
    pub fn at(self, path: DatabasePath) -> Self {
        Self { path, ..self }
    }

    /// A key that opens nothing from this instant on.
    pub fn expires_at(self, instant: Timestamp) -> Self {
        Self { expires_at: Some(instant), ..self }
    }

    /// A key with a name, for those who look at the list.
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }
}

/// A key that was made.
///
/// ```
/// # use portunus_auth::{Durability, Error, Gate, GateOptions, NewKey};
/// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
/// let mut view = gate.begin_write(&admin)?;
/// let made = view.create_key(NewKey::new("server"))?;
/// view.commit(Durability::Immediate)?;
/// assert_eq!(gate.begin_read(&made.secret)?.principal()?.id(), made.id);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct CreatedKey {
    /// What names it in listings and requests.
    pub id: PublicId,
    /// What opens transactions. It is shown this once: the store keeps only a keyed hash of it.
    pub secret: Secret,
}

/// A key, as its owner's administrator sees it.
///
/// ```
/// # use portunus_auth::{Error, Gate, GateOptions, NewKey};
/// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
/// # let mut view = gate.begin_write(&admin)?;
/// let made = view.create_key(NewKey::new("server").named("importer"))?;
/// let key = view.key(made.id)?.expect("it was made just now");
/// assert_eq!((key.role.as_str(), key.name.as_deref()), ("server", Some("importer")));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// What names it.
    pub id: PublicId,
    /// What it is called, if anything.
    pub name: Option<String>,
    /// The role that it has in the database that it opens.
    pub role: RoleName,
    /// The way to that database; none if it was moved to where this one does not reach, and the key opens nothing.
    pub path: Option<DatabasePath>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it opens nothing.
    pub expires_at: Option<Timestamp>,
}

impl ReadView {
    /// The keys that the database owns and the principal may see, in the order of their ids.
    ///
    /// ```
    /// # use portunus_auth::{Error, Gate, GateOptions};
    /// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
    /// let view = gate.begin_read(&admin)?;
    /// let first = view.keys()?.pop().expect("every store has a first key");
    /// assert_eq!(first.id, view.principal()?.id());
    /// assert_eq!(view.key(first.id)?, Some(first));
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of every operation.
    pub fn keys(&self) -> Result<Vec<Key>> {
        self.policy()?.seen(|| {
            let ids = KeyRecord::ids_in(self.reader(), self.database(), SystemCollection::KeyOwner)?;
            ids.into_iter().map(|id| self.describe(&self.own_key(id)?)).collect()
        })
    }

    /// A key that the database owns.
    ///
    /// # Errors
    /// Those of every operation.
    pub fn key(&self, id: PublicId) -> Result<Option<Key>> {
        self.policy()?.seen_one(|| match self.own_key(id) {
            Ok(record) => self.describe(&record).map(Some),
            Err(Error::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        })
    }

    /// The record of a key, if this database owns it: a key of another one is not there.
    fn own_key(&self, id: PublicId) -> Result<KeyRecord> {
        let found = KeyRecord::find(self.reader(), id)?;
        found.filter(|record| record.owner == self.database()).ok_or(Error::NotFound(KEY))
    }

    fn describe(&self, record: &KeyRecord) -> Result<Key> {
        let path = match self.reader().path_between(self.database(), record.target) {
            Ok(path) => path,
            Err(ScopeError::NotFound(_)) => None,
            Err(error) => return Err(error.into()),
        };
        let KeyRecord { id, created_at, expires_at, ref name, .. } = *record;
        // A role cannot be deleted while a key has it; should it be gone all the same, the key opens nothing.
        let role = self.role_rights(record.target, record.role)?;
        let role = role.map_or_else(|| BuiltInRole::None.into(), |(name, _)| name);
        Ok(Key { id, name: name.clone(), role, path, created_at, expires_at })
    }
}

/// What rules know of a key.
struct KeyFields {
    /// Nothing for one that is about to be made.
    id: String,
    role: String,
    name: Option<String>,
    path: Option<DatabasePath>,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
}

impl KeyFields {
    fn of(key: Key) -> Self {
        let Key { id, name, role, path, created_at, expires_at } = key;
        Self { id: id.to_string(), role: role.to_string(), name, path, created_at, expires_at }
    }

    fn of_new(key: &NewKey, created_at: Timestamp) -> Self {
        let NewKey { role, path, expires_at, name } = key.clone();
        Self { id: String::new(), role, name, path: Some(path), created_at, expires_at }
    }
}

impl Described for KeyFields {
    const KIND: Resource = Resource::Key;

    fn thing(&self) -> Thing {
        Thing::of(Self::KIND, self.id.clone())
            .with("role", self.role.clone())
            .with("name", self.name.clone())
            .with("path", self.path.as_ref().map(ToString::to_string))
            .with("created_at", self.created_at)
            .with("expires_at", self.expires_at)
            .done()
    }
}

impl Described for Key {
    const KIND: Resource = Resource::Key;

    fn thing(&self) -> Thing {
        KeyFields::of(self.clone()).thing()
    }
}

impl WriteView {
    /// Makes a key, and its secret.
    ///
    /// ```
    /// # use portunus_auth::{Error, Gate, GateOptions, NewKey};
    /// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
    /// # let mut view = gate.begin_write(&admin)?;
    /// let made = view.create_key(NewKey::new("server").named("importer"))?;
    /// view.set_key_role(made.id, "server-readonly")?;
    /// view.set_key_expiry(made.id, Some("2030-01-01T00:00:00Z".parse()?))?;
    /// let names: Vec<_> = view.keys()?.into_iter().filter_map(|key| key.name).collect();
    /// assert!(names.contains(&"importer".to_owned()));
    /// view.delete_key(made.id)?;
    /// assert!(view.key(made.id)?.is_none());
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// `Denied`, also if the role may do what the principal may not, and if one that is no administrator makes a key for
    /// a database below; `NotFound` if the path leads nowhere; `Constraint` if the database there has no such role;
    /// `Invalid` if the key would have expired already; `Limit` or `Invalid` for its name.
    pub fn create_key(&mut self, key: impl Borrow<NewKey>) -> Result<CreatedKey> {
        let policy = self.policy()?;
        let NewKey { role: role_name, path, expires_at, name } = key.borrow().clone();
        policy.require_create(&KeyFields::of_new(key.borrow(), self.now()))?;
        if !path.is_here() {
            policy.require_administrator(Action::Create, Resource::Key)?;
        }
        let target = self.reader().resolve(self.database(), &path)?.ok_or(Error::NotFound("database"))?.id;
        let role = self.role_to_give(target, &role_name, Resource::Key)?;
        check_name(name.as_deref())?;
        if expires_at.is_some_and(|at| at <= self.now()) {
            return Err(Error::invalid("expires_at", "the instant has passed"));
        }
        let (owner, created_at) = (self.database(), self.now());
        let (secret, record) = KeyRecord::issue(self.shared().opener.keys(), |id, tag| KeyRecord {
            id,
            owner,
            target,
            role,
            tag,
            created_at,
            expires_at,
            name,
        })?;
        if KeyRecord::find(self.reader(), record.id)?.is_some() {
            return Err(Error::Internal("the operating system gave the same random bytes twice".into()));
        }
        self.whole(|writer| record.put(writer))?;
        self.note(Event::KeyCreated { key: record.id, path: path.to_string(), role: role_name, expires_at })?;
        Ok(CreatedKey { id: record.id, secret })
    }

    /// Gives a key another role.
    ///
    /// # Errors
    /// `NotFound`; `Denied`, also if the role may do what the principal may not; `Constraint` if the database that the
    /// key opens has no such role.
    pub fn set_key_role(&mut self, id: PublicId, role: &str) -> Result<()> {
        let old = self.key_to_change(id, |key| KeyFields { role: role.into(), ..key })?;
        let given = self.role_to_give(old.target, role, Resource::Key)?;
        self.whole(|writer| {
            old.delete(writer)?;
            KeyRecord { role: given, ..old }.put(writer)
        })?;
        self.note(Event::KeyRoleSet { key: id, role: role.into() })
    }

    /// Lets a key expire at an instant, or never. An instant that has passed closes the key at once, and a later one
    /// opens it again.
    ///
    /// # Errors
    /// `NotFound`; `Denied`, also if the key would live longer and may do what the principal may not.
    pub fn set_key_expiry(&mut self, id: PublicId, expires_at: Option<Timestamp>) -> Result<()> {
        let old = self.key_to_change(id, |key| KeyFields { expires_at, ..key })?;
        let lives_longer = match (old.expires_at, expires_at) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(old), Some(new)) => new > old,
        };
        if lives_longer {
            self.check_gives(old.target, old.role, Resource::Key)?;
        }
        let record = KeyRecord { expires_at, ..old };
        self.whole(|writer| record.put(writer))?;
        self.note(Event::KeyExpirySet { key: id, expires_at })
    }

    /// Deletes a key. Once that is committed, no transaction of its secret goes on.
    ///
    /// # Errors
    /// `NotFound`, `Denied`.
    pub fn delete_key(&mut self, id: PublicId) -> Result<()> {
        let record = self.key_there(Action::Delete, id)?;
        self.policy()?.require_on(Action::Delete, KEY, || self.describe(&record))?;
        self.whole(|writer| record.delete(writer))?;
        self.note(Event::KeyDeleted { key: id })
    }

    /// The role of this name in a database, for somebody to have: the principal must hold all that it gives away.
    pub(super) fn role_to_give(&self, database: DatabaseId, name: &str, to: Resource) -> Result<RoleRef> {
        let missing = || Error::Constraint("the database has no role of this name".into());
        let role = RoleRef::named(self.reader(), database, name)?.ok_or_else(missing)?;
        match self.check_gives(database, role, to) {
            Ok(()) => Ok(role),
            // A role that is too strong to be given is not there for those who may not see roles.
            Err(Error::Denied { .. }) if !self.sees_role(database, role)? => Err(missing()),
            Err(error) => Err(error),
        }
    }

    /// That the principal holds all that a role of a database may do there.
    pub(super) fn check_gives(&self, database: DatabaseId, role: RoleRef, to: Resource) -> Result<()> {
        let policy = self.policy()?;
        if database != self.database() {
            policy.require_administrator(Action::Create, to)?;
        }
        // A role that is gone gives nothing to anybody.
        let found = self.role_rights(database, role)?;
        found.map_or(Ok(()), |(_, rights)| policy.require_cover(&rights, to))
    }

    /// A key, if it may become what it is changed to.
    fn key_to_change(&self, id: PublicId, change: impl FnOnce(KeyFields) -> KeyFields) -> Result<KeyRecord> {
        let record = self.key_there(Action::Write, id)?;
        self.policy()?.require_change::<Key>(KEY, || {
            let old = self.describe(&record)?;
            Ok((old.thing(), change(KeyFields::of(old)).thing()))
        })?;
        Ok(record)
    }

    /// A key that is there, if any is for the principal.
    fn key_there(&self, action: Action, id: PublicId) -> Result<KeyRecord> {
        self.policy()?.require_any(Resource::Key, action, KEY)?;
        self.own_key(id)
    }

    /// Whether a role of a database is there for the principal. Those of other databases are in none of its lists.
    fn sees_role(&self, database: DatabaseId, role: RoleRef) -> Result<bool> {
        let policy = self.policy()?;
        match role {
            RoleRef::BuiltIn(_) => Ok(true),
            RoleRef::User(number) if database == self.database() => {
                let found = RoleRecord::find(self.reader(), database, number)?;
                found.map_or(Ok(false), |role| policy.sees_thing(&role))
            }
            RoleRef::User(_) | RoleRef::Inherited(..) => Ok(policy.sees(Resource::Role)),
        }
    }
}

fn check_name(name: Option<&str>) -> Result<()> {
    match name {
        Some(name) if name.len() > KEY_NAME_BYTES_MAX => {
            Err(Error::Limit { what: "key name", actual: name.len(), max: KEY_NAME_BYTES_MAX })
        }
        // It is shown in lists, where it must not draw lines of its own.
        Some(name) if name.chars().any(char::is_control) => {
            Err(Error::invalid("key name", "has a control character"))
        }
        Some(_) | None => Ok(()),
    }
}
