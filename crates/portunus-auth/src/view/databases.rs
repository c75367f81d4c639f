//! The tree of databases through a view: from the principal's own database downward, by path. Nothing leads up.

use super::{ReadView, WriteView};
use crate::audit::Event;
use crate::key_record::KeyRecord;
use crate::provider_record::ProviderRecord;
use crate::resource::{Action, Resource};
use crate::route::Route;
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
        if !self.policy()?.sees(Resource::Database) || path.is_here() {
            return Ok(None);
        }
        let found = self.reader().resolve(self.database(), path)?;
        Ok(found.map(|database| info(path.clone(), database)))
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
        if !self.policy()?.sees(Resource::Database) {
            return Ok(Vec::new());
        }
        let at = self.reader().resolve(self.database(), parent)?.ok_or(Error::NotFound(DATABASE))?;
        let children = self.reader().children(at.id)?.into_iter().filter(|child| child.disabled == disabled);
        children
            .filter_map(|child| child.name.clone().map(|name| (name, child)))
            .map(|(name, child)| {
                let path = parent.segments().iter().cloned().chain([name]).collect();
                Ok(info(DatabasePath::from_segments(path)?, child))
            })
            .collect()
    }

    /// The database at the end of a path that leads somewhere: the own one is changed from above only.
    fn below(&self, action: Action, path: &DatabasePath) -> Result<DatabaseId> {
        self.policy()?.require_on_seen(Resource::Database, action, DATABASE)?;
        if path.is_here() {
            return Err(Error::invalid("path", "a database is changed from above, not from inside"));
        }
        self.at(path)
    }

    fn at(&self, path: &DatabasePath) -> Result<DatabaseId> {
        let found = self.reader().resolve(self.database(), path)?;
        found.map(|database| database.id).ok_or(Error::NotFound(DATABASE))
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
        let policy = self.policy()?;
        policy.require(Resource::Database, Action::Create)?;
        let sees = policy.sees(Resource::Database);
        let (parent, name) =
            path.split_last().ok_or_else(|| Error::invalid("path", "names no database to create"))?;
        if !parent.is_here() && !sees {
            return Err(Error::NotFound(DATABASE));
        }
        let parent = self.at(&parent)?;
        let created = match self.writer()?.create_database(parent, name) {
            // One that may not be seen is in the way: there is no more to say.
            Err(ScopeError::AlreadyExists(_)) if !sees => {
                return Err(self.unchecked_policy().denied(Action::Create, Resource::Database));
            }
            created => created?,
        };
        let database = created.public_id.clone();
        self.note(Event::DatabaseCreated { path: path.to_string(), database })?;
        Ok(info(path.clone(), created))
    }

    /// Gives a database another name. Everything that it holds, and every key for it, stays as it is.
    ///
    /// # Errors
    /// `NotFound`, `Denied`, `AlreadyExists`; `Invalid` for the principal's own database.
    pub fn rename_database(&mut self, path: &DatabasePath, name: &Segment) -> Result<()> {
        let id = self.below(Action::Write, path)?;
        self.writer()?.rename_database(id, name)?;
        self.note(Event::DatabaseRenamed { path: path.to_string(), to: name.to_string() })
    }

    /// Puts a database, with everything below it, under another parent. A key of an owner that is then no longer above
    /// it opens nothing as long as it is there.
    ///
    /// # Errors
    /// As [`WriteView::rename_database`]; `Constraint` if the new parent lies in it; `Limit` if a path would be too long.
    pub fn move_database(&mut self, path: &DatabasePath, new_parent: &DatabasePath) -> Result<()> {
        let id = self.below(Action::Write, path)?;
        let parent = self.at(new_parent)?;
        self.writer()?.move_database(id, parent)?;
        self.note(Event::DatabaseMoved { path: path.to_string(), to: new_parent.to_string() })
    }

    /// Closes a database, and everything below it, to every secret that works in it.
    ///
    /// # Errors
    /// As [`WriteView::rename_database`].
    pub fn disable_database(&mut self, path: &DatabasePath) -> Result<()> {
        let id = self.below(Action::Write, path)?;
        self.writer()?.set_disabled(id, true)?;
        self.note(Event::DatabaseDisabled { path: path.to_string() })
    }

    /// Opens a disabled database again.
    ///
    /// # Errors
    /// As [`WriteView::rename_database`].
    pub fn enable_database(&mut self, path: &DatabasePath) -> Result<()> {
        let id = self.below(Action::Write, path)?;
        self.writer()?.set_disabled(id, false)?;
        self.note(Event::DatabaseEnabled { path: path.to_string() })
    }

    /// Marks a database, or takes the mark off: it, everything below it and their collections cannot be deleted.
    ///
    /// # Errors
    /// As [`WriteView::rename_database`]; the root, which nothing is above, is marked from inside.
    pub fn protect_database(&mut self, path: &DatabasePath, protected: bool) -> Result<()> {
        let id = if path.is_here() && self.database() == DatabaseId::ROOT {
            self.policy()?.require_on_seen(Resource::Database, Action::Write, DATABASE)?;
            DatabaseId::ROOT
        } else {
            self.below(Action::Write, path)?
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
        let id = self.below(Action::Delete, path)?;
        let keys = keys_of_subtree(self.reader(), id)?;
        let routes = routes_of_subtree(self.reader(), id)?;
        // The databases first: they may refuse, and then nothing has changed.
        self.writer()?.delete_database(id)?;
        self.whole(|writer| {
            routes.iter().try_for_each(|route| route.delete(writer))?;
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

fn info(path: DatabasePath, database: Database) -> DatabaseInfo {
    DatabaseInfo {
        path,
        public_id: database.public_id,
        disabled: database.disabled,
        protected: database.protected,
        created_at: database.created_at,
    }
}
