//! The tree of databases through a view: from the principal's own database downward, by path. Nothing leads up.

use super::{ReadView, WriteView};
use crate::audit::Event;
use crate::key_record::KeyRecord;
use crate::procedure_record::ProcedureRecord;
use crate::provider_record::ProviderRecord;
use crate::resource::{Action, Resource};
use crate::route::Route;
use crate::thing::{Described, Thing};
use crate::{Error, Result};
use portunus_scope::{
    CheckReport, Database, DatabaseId, DatabasePath, Error as ScopeError, Segment, SystemCollection,
    Timestamp, TreeReader,
};
use std::collections::BTreeSet;

/// What a change of a database that is not there, or may not be seen, is told.
const DATABASE: &str = "database";

/// A database, as its parent's administrator sees it.
///
/// ```
/// # use portunus_auth::{Error, Gate, GateOptions};
/// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
/// # let mut view = gate.begin_write(&admin)?;
/// let acme = view.create_database(&"acme".parse()?)?;
/// assert_eq!((acme.path.to_string().as_str(), acme.disabled, acme.protected), ("acme", false, false));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseInfo {
    /// Where it is, seen from the principal's own database.
    pub path: DatabasePath,
    /// What names it to the outside, whatever it is renamed to.
    pub public_id: String,
    /// Whether it and everything below it is closed to secrets. What is disabled above it does not show here.
    pub disabled: bool,
    /// Whether it carries the mark that keeps it and everything below it from being deleted.
    pub protected: bool,
    /// When it was created.
    pub created_at: Timestamp,
}

impl ReadView {
    /// The children of a database, in the order of their names, without those that are disabled.
    ///
    /// ```
    /// # use portunus_auth::{DatabasePath, Error, Gate, GateOptions};
    /// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
    /// # let mut view = gate.begin_write(&admin)?;
    /// # view.create_database(&"acme".parse()?)?;
    /// let here = DatabasePath::here();
    /// let paths: Vec<String> = view.databases(&here)?.iter().map(|child| child.path.to_string()).collect();
    /// assert_eq!(paths, ["acme"]);
    /// assert!(view.disabled_databases(&here)?.is_empty());
    /// assert!(view.database_at(&"other".parse()?)?.is_none());
    /// assert_eq!(view.check()?.databases, 2);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// `NotFound` if the path leads nowhere. Who may see no databases finds none anywhere.
    pub fn databases(&self, parent: &DatabasePath) -> Result<Vec<DatabaseInfo>> {
        self.children(parent, false)
    }

    /// The children of a database that are disabled: those that could be enabled again.
    ///
    /// # Errors
    /// As [`ReadView::databases`].
    pub fn disabled_databases(&self, parent: &DatabasePath) -> Result<Vec<DatabaseInfo>> {
        self.children(parent, true)
    }

    /// A database below the principal's own, disabled or not.
    ///
    /// # Errors
    /// Those of every operation.
    pub fn database_at(&self, path: &DatabasePath) -> Result<Option<DatabaseInfo>> {
        self.policy()?.seen_one(|| self.find_database(path))
    }

    /// Checks the whole store: every checksum, every document, every index. It takes an administrator of the root.
    ///
    /// # Errors
    /// `Denied`; `Corrupt` if a record fails its checksum, so that the walk cannot go on. Other damage is in the report.
    pub fn check(&self) -> Result<CheckReport> {
        self.policy()?.require_on_store(Action::Read)?;
        Ok(self.reader().check()?)
    }

    fn children(&self, parent: &DatabasePath, disabled: bool) -> Result<Vec<DatabaseInfo>> {
        self.policy()?.seen(|| {
            let at = self.parent(parent)?;
            let children = self.reader().children(at)?.into_iter().filter(|child| child.disabled == disabled);
            children
                .filter_map(|child| child.name.clone().map(|name| (name, child)))
                .map(|(name, child)| Ok(info(below(parent, name)?, child)))
                .collect()
        })
    }

    /// The database at the end of a path, with what is shown of it: the own one is changed from above only.
    fn database_there(&self, action: Action, path: &DatabasePath) -> Result<(DatabaseId, DatabaseInfo)> {
        self.policy()?.require_any(Resource::Database, action, DATABASE)?;
        if path.is_here() {
            return Err(Error::invalid("path", "a database is changed from above, not from inside"));
        }
        let found = self.reader().resolve(self.database(), path)?.ok_or(Error::NotFound(DATABASE))?;
        Ok((found.id, info(path.clone(), found)))
    }

    /// A database, if it may become what it is changed to.
    fn database_to_change(
        &self,
        path: &DatabasePath,
        change: impl FnOnce(&DatabaseInfo) -> Thing,
    ) -> Result<DatabaseId> {
        let (id, old) = self.database_there(Action::Write, path)?;
        self.policy()?.require_change::<DatabaseInfo>(DATABASE, || Ok((old.thing(), change(&old))))?;
        Ok(id)
    }

    /// The database at the end of a path that something is to be in: the own one, or one that the principal sees.
    fn parent(&self, path: &DatabasePath) -> Result<DatabaseId> {
        let missing = || Error::NotFound(DATABASE);
        let found = self.reader().resolve(self.database(), path)?.ok_or_else(missing)?;
        let id = found.id;
        if path.is_here() || self.unchecked_policy().sees_thing(&info(path.clone(), found))? {
            Ok(id)
        } else {
            Err(missing())
        }
    }

    fn find_database(&self, path: &DatabasePath) -> Result<Option<DatabaseInfo>> {
        if path.is_here() {
            return Ok(None);
        }
        let found = self.reader().resolve(self.database(), path)?;
        Ok(found.map(|database| info(path.clone(), database)))
    }

    /// What somebody is told whose database cannot be where it should, if there is one already that it may not see.
    fn taken_or(&self, error: ScopeError, action: Action, parent: &DatabasePath, name: &Segment) -> Error {
        let ScopeError::AlreadyExists(_) = error else { return error.into() };
        let other =
            below(parent, name.clone()).map_err(Error::from).and_then(|path| self.find_database(&path));
        match other {
            Ok(Some(other)) => self.unchecked_policy().taken(&other, action, DATABASE),
            Ok(None) => error.into(),
            Err(error) => error,
        }
    }

    /// What is shown of a database and of all below it.
    fn with_all_below(&self, id: DatabaseId) -> Result<Vec<DatabaseInfo>> {
        let mut all = Vec::new();
        for id in self.reader().subtree(id)? {
            let path = self.reader().path_between(self.database(), id)?;
            let found = self.reader().database(id)?;
            all.extend(path.zip(found).map(|(path, found)| info(path, found)));
        }
        Ok(all)
    }
}

impl Described for DatabaseInfo {
    const KIND: Resource = Resource::Database;

    fn thing(&self) -> Thing {
        let name = self.path.segments().last().map(ToString::to_string).unwrap_or_default();
        self.at(&self.path.to_string(), &name)
    }
}

impl DatabaseInfo {
    /// What rules know of it when it is somewhere else.
    fn at(&self, path: &str, name: &str) -> Thing {
        let public_id = Some(self.public_id.as_str()).filter(|id| !id.is_empty());
        Thing::of(Self::KIND, path)
            .with("name", name)
            .with("path", path)
            .with("public_id", public_id)
            .with("disabled", self.disabled)
            .with("protected", self.protected)
            .with("created_at", self.created_at)
            .done()
    }

    /// What rules know of it when it is in another place of the tree, which may be too far from the root.
    fn under(&self, parent: &DatabasePath, name: &str) -> Thing {
        let path = if parent.is_here() { name.to_owned() } else { format!("{parent}/{name}") };
        self.at(&path, name)
    }
}

impl WriteView {
    /// Creates a database at a path whose last name is new.
    ///
    /// ```
    /// # use portunus_auth::{Error, Gate, GateOptions};
    /// use portunus_auth::DatabasePath;
    /// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
    /// # let mut view = gate.begin_write(&admin)?;
    /// let (here, acme, eu) = (DatabasePath::here(), "acme".parse()?, "acme/eu".parse()?);
    /// view.create_database(&acme)?;
    /// view.create_database(&eu)?;
    /// view.rename_database(&eu, &"europe".parse()?)?;
    /// view.move_database(&"acme/europe".parse()?, &here)?;
    /// assert!(view.database_at(&"europe".parse()?)?.is_some());
    /// view.disable_database(&acme)?;
    /// assert_eq!((view.databases(&here)?.len(), view.disabled_databases(&here)?.len()), (1, 1));
    /// view.enable_database(&acme)?;
    /// view.protect_database(&acme, true)?;
    /// assert!(view.delete_database(&acme).is_err());
    /// assert!(view.check()?.problems.is_empty());
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// `Denied`; `NotFound` if there is no such parent; `AlreadyExists`; `Limit` if the path from the root would be too
    /// long; `Invalid` for the path that leads nowhere.
    pub fn create_database(&mut self, path: &DatabasePath) -> Result<DatabaseInfo> {
        let new = DatabaseInfo {
            path: path.clone(),
            public_id: String::new(),
            disabled: false,
            protected: false,
            created_at: self.now(),
        };
        self.policy()?.require_create(&new)?;
        let (parent, name) =
            path.split_last().ok_or_else(|| Error::invalid("path", "names no database to create"))?;
        let at = self.parent(&parent)?;
        let created = self.writer()?.create_database(at, name);
        let created = created.map_err(|error| self.taken_or(error, Action::Create, &parent, name))?;
        let database = created.public_id.clone();
        self.note(Event::DatabaseCreated { path: path.to_string(), database })?;
        Ok(info(path.clone(), created))
    }

    /// Gives a database another name. Everything that it holds, and every key for it, stays as it is.
    ///
    /// # Errors
    /// `NotFound`, `Denied`, `AlreadyExists`; `Invalid` for the principal's own database.
    pub fn rename_database(&mut self, path: &DatabasePath, name: &Segment) -> Result<()> {
        let parent = path.split_last().map(|(parent, _)| parent).unwrap_or_default();
        let id = self.database_to_change(path, |old| old.under(&parent, name.as_str()))?;
        let renamed = self.writer()?.rename_database(id, name);
        renamed.map_err(|error| self.taken_or(error, Action::Write, &parent, name))?;
        self.note(Event::DatabaseRenamed { path: path.to_string(), to: name.to_string() })
    }

    /// Puts a database, with everything below it, under another parent. A key of an owner that is then no longer above
    /// it opens nothing as long as it is there.
    ///
    /// # Errors
    /// As [`WriteView::rename_database`]; `Constraint` if the new parent lies in it; `Limit` if a path would be too long.
    pub fn move_database(&mut self, path: &DatabasePath, new_parent: &DatabasePath) -> Result<()> {
        let name = path.segments().last();
        let text = name.map(ToString::to_string).unwrap_or_default();
        let id = self.database_to_change(path, |old| old.under(new_parent, &text))?;
        let parent = self.parent(new_parent)?;
        let moved = self.writer()?.move_database(id, parent);
        moved.map_err(|error| match name {
            Some(name) => self.taken_or(error, Action::Write, new_parent, name),
            None => error.into(),
        })?;
        self.note(Event::DatabaseMoved { path: path.to_string(), to: new_parent.to_string() })
    }

    /// Closes a database, and everything below it, to every secret that works in it.
    ///
    /// # Errors
    /// As [`WriteView::rename_database`].
    pub fn disable_database(&mut self, path: &DatabasePath) -> Result<()> {
        let id =
            self.database_to_change(path, |old| DatabaseInfo { disabled: true, ..old.clone() }.thing())?;
        self.writer()?.set_disabled(id, true)?;
        self.note(Event::DatabaseDisabled { path: path.to_string() })
    }

    /// Opens a disabled database again.
    ///
    /// # Errors
    /// As [`WriteView::rename_database`].
    pub fn enable_database(&mut self, path: &DatabasePath) -> Result<()> {
        let id =
            self.database_to_change(path, |old| DatabaseInfo { disabled: false, ..old.clone() }.thing())?;
        self.writer()?.set_disabled(id, false)?;
        self.note(Event::DatabaseEnabled { path: path.to_string() })
    }

    /// Marks a database, or takes the mark off: it, everything below it and their collections cannot be deleted.
    ///
    /// # Errors
    /// As [`WriteView::rename_database`]; the root, which nothing is above, is marked from inside.
    pub fn protect_database(&mut self, path: &DatabasePath, protected: bool) -> Result<()> {
        let mark = |old: &DatabaseInfo| DatabaseInfo { protected, ..old.clone() }.thing();
        let id = if path.is_here() && self.database() == DatabaseId::ROOT {
            let root = self.reader().database(DatabaseId::ROOT)?.ok_or(Error::NotFound(DATABASE))?;
            let root = info(path.clone(), root);
            self.policy()?.require_change::<DatabaseInfo>(DATABASE, || Ok((root.thing(), mark(&root))))?;
            DatabaseId::ROOT
        } else {
            self.database_to_change(path, mark)?
        };
        self.writer()?.set_protected(id, protected)?;
        self.note(Event::DatabaseProtected { path: path.to_string(), protected })
    }

    /// Deletes a database with everything in it and below it, the keys that they own, and those that open one of them.
    ///
    /// # Errors
    /// As [`WriteView::rename_database`]; `Constraint` if it, or one below it, is protected; `Limit` if it is too large
    /// for one transaction.
    pub fn delete_database(&mut self, path: &DatabasePath) -> Result<()> {
        let (id, found) = self.database_there(Action::Delete, path)?;
        let policy = self.policy()?;
        policy.require_on(Action::Delete, DATABASE, || Ok(found))?;
        // What may not be deleted is not deleted with what it lies in either.
        policy.require_on_each(Action::Delete, || self.with_all_below(id))?;
        let keys = keys_of_subtree(self.reader(), id)?;
        let routes = routes_of_subtree(self.reader(), id)?;
        let procedures = procedures_of_subtree(self.reader(), id)?;
        // The databases first: they may refuse, and then nothing has changed.
        self.writer()?.delete_database(id)?;
        self.whole(|writer| {
            routes.iter().try_for_each(|route| route.delete(writer))?;
            // The roles that they run with may be of a database above, which stays.
            procedures
                .iter()
                .try_for_each(|(database, procedure)| procedure.delete_use(writer, *database))?;
            keys.iter().try_for_each(|key| key.delete(writer))
        })?;
        self.note(Event::DatabaseDeleted { path: path.to_string() })
    }
}

/// The keys that a database, or one below it, owns or is opened by.
fn keys_of_subtree(reader: &TreeReader, id: DatabaseId) -> Result<Vec<KeyRecord>> {
    let mut ids = BTreeSet::new();
    for database in reader.subtree(id)? {
        ids.extend(KeyRecord::ids_in(reader, database, SystemCollection::KeyOwner)?);
        ids.extend(KeyRecord::ids_in(reader, database, SystemCollection::KeyTarget)?);
    }
    let records = ids.into_iter().map(|id| KeyRecord::find(reader, id)?.ok_or_else(KeyRecord::missing));
    records.collect()
}

/// The routes to the access providers of a database, or of one below it.
fn routes_of_subtree(reader: &TreeReader, id: DatabaseId) -> Result<Vec<Route>> {
    let mut routes = Vec::new();
    for database in reader.subtree(id)? {
        for provider in ProviderRecord::all(reader, database)? {
            routes.extend(provider.routes(reader, database)?);
        }
    }
    Ok(routes)
}

/// The procedures of a database, and of all below it.
fn procedures_of_subtree(reader: &TreeReader, id: DatabaseId) -> Result<Vec<(DatabaseId, ProcedureRecord)>> {
    let mut procedures = Vec::new();
    for database in reader.subtree(id)? {
        let all = ProcedureRecord::all(reader, database)?;
        procedures.extend(all.into_iter().map(|procedure| (database, procedure)));
    }
    Ok(procedures)
}

/// The path to a child.
fn below(parent: &DatabasePath, name: Segment) -> std::result::Result<DatabasePath, ScopeError> {
    DatabasePath::from_segments(parent.segments().iter().cloned().chain([name]).collect())
}

fn info(path: DatabasePath, database: Database) -> DatabaseInfo {
    DatabaseInfo {
        path,
        public_id: database.public_id,
        disabled: database.disabled,
        protected: database.protected,
        created_at: database.created_at,
    }
}
