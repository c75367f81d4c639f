//! The tree of databases: what each one's record says, and how it is changed. It knows nothing of who may do so.

use crate::ids::new_public_id;
use crate::key;
use crate::limits::SUBTREE_MAX;
use crate::path::PATH_SEGMENTS_MAX;
use crate::reader::TreeReader;
use crate::system::SystemCollection;
use crate::writer::TreeWriter;
use crate::{DatabaseId, DatabasePath, Error, Result, Segment, Timestamp};
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;

/// The id of a database's own record.
const SELF: &str = "self";

/// A database of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database {
    /// Its id, which is never used twice.
    pub id: DatabaseId,
    /// The database that it is a child of; none for the root.
    pub parent: Option<DatabaseId>,
    /// Its name among its siblings; none for the root.
    pub name: Option<Segment>,
    /// What names it to the outside, whatever it is renamed to.
    pub public_id: String,
    /// Whether it and everything below it is closed to secrets.
    pub disabled: bool,
    /// Whether it, everything below it, and their collections are safe from deletion.
    pub protected: bool,
    /// When it was created.
    pub created_at: Timestamp,
}

/// The stored record of a database.
#[derive(Serialize, Deserialize)]
struct Record {
    id: u32,
    parent: Option<u32>,
    name: Option<String>,
    public_id: String,
    disabled: bool,
    protected: bool,
    created_at: i64,
}

impl Database {
    pub(crate) fn root(now: Timestamp) -> Result<Self> {
        Ok(Self {
            id: DatabaseId::ROOT,
            parent: None,
            name: None,
            public_id: new_public_id()?,
            disabled: false,
            protected: false,
            created_at: now,
        })
    }

    fn to_record(&self) -> Record {
        Record {
            id: self.id.0,
            parent: self.parent.map(|parent| parent.0),
            name: self.name.as_ref().map(ToString::to_string),
            public_id: self.public_id.clone(),
            disabled: self.disabled,
            protected: self.protected,
            created_at: self.created_at.0,
        }
    }

    fn from_record(record: Record) -> Result<Self> {
        Ok(Self {
            id: DatabaseId(record.id),
            parent: record.parent.map(DatabaseId),
            name: record.name.map(|name| name.parse()).transpose()?,
            public_id: record.public_id,
            disabled: record.disabled,
            protected: record.protected,
            created_at: Timestamp(record.created_at),
        })
    }
}

impl TreeReader {
    /// The database of this id.
    ///
    /// # Errors
    /// As every read of the store: `Corrupt`, `SnapshotExpired`, `Io`.
    pub fn database(&self, id: DatabaseId) -> Result<Option<Database>> {
        let record = self.record(id, SystemCollection::Database, SELF)?;
        record.map(Database::from_record).transpose()
    }

    /// The database at the end of a path that begins in `from`.
    ///
    /// # Errors
    /// As [`TreeReader::database`].
    pub fn resolve(&self, from: DatabaseId, path: &DatabasePath) -> Result<Option<Database>> {
        let mut at = from;
        for segment in path.segments() {
            match self.child(at, segment)? {
                Some(child) => at = child,
                None => return Ok(None),
            }
        }
        self.database(at)
    }

    /// The children of a database, in the order of their names.
    ///
    /// # Errors
    /// As [`TreeReader::database`].
    pub fn children(&self, parent: DatabaseId) -> Result<Vec<Database>> {
        let found = self.child_ids(parent)?.into_iter().map(|id| {
            self.database(id)?.ok_or_else(|| Error::Corrupt("a database has no record of itself".into()))
        });
        found.collect()
    }

    /// The database and all its ancestors, from itself up to the root.
    ///
    /// # Errors
    /// As [`TreeReader::database`]; `NotFound` if there is no such database.
    pub fn lineage(&self, id: DatabaseId) -> Result<Vec<Database>> {
        let mut lineage = Vec::new();
        let mut at = Some(id);
        while let Some(id) = at {
            if lineage.len() > PATH_SEGMENTS_MAX {
                return Err(Error::Corrupt("the tree of databases has a cycle".into()));
            }
            let database = self.database(id)?.ok_or(Error::NotFound("database"))?;
            at = database.parent;
            lineage.push(database);
        }
        Ok(lineage)
    }

    /// Whether the database or an ancestor is marked as protected.
    ///
    /// # Errors
    /// As [`TreeReader::lineage`].
    pub fn is_protected(&self, id: DatabaseId) -> Result<bool> {
        Ok(self.lineage(id)?.iter().any(|database| database.protected))
    }

    /// The path from an ancestor down to a database; none if it is no ancestor.
    ///
    /// # Errors
    /// As [`TreeReader::lineage`].
    pub fn path_between(&self, ancestor: DatabaseId, id: DatabaseId) -> Result<Option<DatabasePath>> {
        let lineage = self.lineage(id)?;
        let Some(place) = lineage.iter().position(|database| database.id == ancestor) else {
            return Ok(None);
        };
        let segments = lineage.into_iter().take(place).filter_map(|database| database.name).rev().collect();
        DatabasePath::from_segments(segments).map(Some)
    }

    /// The database and everything below it, parents before children.
    ///
    /// # Errors
    /// `Limit` if there are too many for one transaction; as [`TreeReader::database`].
    pub fn subtree(&self, id: DatabaseId) -> Result<Vec<DatabaseId>> {
        Ok(self.levels(id)?.into_iter().map(|(id, _)| id).collect())
    }

    /// As [`TreeReader::subtree`], each with how far it lies below the first, which is 0.
    fn levels(&self, id: DatabaseId) -> Result<Vec<(DatabaseId, usize)>> {
        let mut found = vec![(id, 0)];
        let mut next = 0;
        while let Some(&(at, level)) = found.get(next) {
            found.extend(self.child_ids(at)?.into_iter().map(|child| (child, level + 1)));
            if found.len() > SUBTREE_MAX {
                return Err(Error::Limit { what: "subtree", actual: found.len(), max: SUBTREE_MAX });
            }
            next += 1;
        }
        Ok(found)
    }

    fn child(&self, parent: DatabaseId, name: &Segment) -> Result<Option<DatabaseId>> {
        let id: Option<u32> = self.record(parent, SystemCollection::Child, name.as_str())?;
        Ok(id.map(DatabaseId))
    }

    fn child_ids(&self, parent: DatabaseId) -> Result<Vec<DatabaseId>> {
        let mut ids = Vec::new();
        self.unfiltered_system_scan(parent, SystemCollection::Child, &mut |record| {
            let id = record.root().as_int().and_then(DatabaseId::from_int);
            ids.push(id.ok_or_else(|| Error::Corrupt("the record of a child is malformed".into()))?);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(ids)
    }
}

impl TreeWriter {
    /// Creates a child of a database.
    ///
    /// # Errors
    /// `AlreadyExists` if there is a child of that name, `NotFound` if there is no such parent, `Limit` if the path
    /// would be too long.
    pub fn create_database(&mut self, parent: DatabaseId, name: &Segment) -> Result<Database> {
        let depth = self.lineage(parent)?.len();
        check_depth(depth)?;
        self.check_free(parent, name)?;
        self.whole(|writer| {
            let database = Database {
                id: DatabaseId(writer.next_number("databases", 2)?),
                parent: Some(parent),
                name: Some(name.clone()),
                ..Database::root(writer.now())?
            };
            writer.put_database(&database)?;
            writer.put_child(&database)?;
            Ok(database)
        })
    }

    /// Gives a database another name among its siblings.
    ///
    /// # Errors
    /// `AlreadyExists`, `NotFound`, `Invalid` for the root.
    pub fn rename_database(&mut self, id: DatabaseId, name: &Segment) -> Result<()> {
        let (database, parent) = self.child_record(id)?;
        if database.name.as_ref() == Some(name) {
            return Ok(());
        }
        self.check_free(parent, name)?;
        self.replace_child(&database, &Database { name: Some(name.clone()), ..database.clone() })
    }

    /// Puts a database, with everything below it, under another parent.
    ///
    /// # Errors
    /// `Constraint` if the new parent is the database itself or lies below it, `AlreadyExists`, `NotFound`, `Limit` if
    /// a path would be too long, `Invalid` for the root.
    pub fn move_database(&mut self, id: DatabaseId, parent: DatabaseId) -> Result<()> {
        let (database, old_parent) = self.child_record(id)?;
        if old_parent == parent {
            return Ok(());
        }
        let above = self.lineage(parent)?;
        if above.iter().any(|ancestor| ancestor.id == id) {
            return Err(Error::Constraint("a database cannot be moved below itself".into()));
        }
        // The last one is of the lowest level.
        let height = self.levels(id)?.last().map_or(0, |(_, level)| *level);
        check_depth(above.len() + height)?;
        let name = database.name.clone().ok_or(Error::NotFound("database"))?;
        self.check_free(parent, &name)?;
        self.replace_child(&database, &Database { parent: Some(parent), ..database.clone() })
    }

    /// Closes a database and everything below it to secrets, or opens it again.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` for the root, which nobody could enable again.
    pub fn set_disabled(&mut self, id: DatabaseId, disabled: bool) -> Result<()> {
        let (database, _) = self.child_record(id)?;
        self.put_database(&Database { disabled, ..database })
    }

    /// Marks a database as safe from deletion, with everything below it, or takes the mark off.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn set_protected(&mut self, id: DatabaseId, protected: bool) -> Result<()> {
        let database = self.database(id)?.ok_or(Error::NotFound("database"))?;
        self.put_database(&Database { protected, ..database })
    }

    /// Deletes a database and everything below it, and tells which databases those were.
    ///
    /// # Errors
    /// `Constraint` if one of them is protected, `NotFound`, `Limit` if there are too many, `Invalid` for the root.
    pub fn delete_database(&mut self, id: DatabaseId) -> Result<Vec<DatabaseId>> {
        let (database, parent) = self.child_record(id)?;
        let subtree = self.subtree(id)?;
        // What is above is the same for all of them.
        let mut is_protected = self.is_protected(id)?;
        for &below in &subtree {
            is_protected |= self.database(below)?.ok_or(Error::NotFound("database"))?.protected;
        }
        if is_protected {
            return Err(Error::Constraint("the database is protected, or one in it is".into()));
        }
        let name = database.name.ok_or(Error::NotFound("database"))?;
        self.whole(|writer| {
            writer.unfiltered_system_delete(parent, SystemCollection::Child, name.as_str())?;
            for &below in &subtree {
                writer.detach_database(below)?;
                writer.delete_range(&key::database_range(below))?;
            }
            Ok(())
        })?;
        self.forget_definitions();
        Ok(subtree)
    }

    pub(crate) fn put_database(&mut self, database: &Database) -> Result<()> {
        self.put_record(database.id, SystemCollection::Database, SELF, &database.to_record())
    }

    fn put_child(&mut self, database: &Database) -> Result<()> {
        match (&database.parent, &database.name) {
            (Some(parent), Some(name)) => {
                self.put_record(*parent, SystemCollection::Child, name.as_str(), &database.id.0)
            }
            _ => Err(Error::Internal("a database without a parent is nobody's child".into())),
        }
    }

    fn replace_child(&mut self, old: &Database, new: &Database) -> Result<()> {
        self.whole(|writer| {
            if let (Some(parent), Some(name)) = (old.parent, &old.name) {
                writer.unfiltered_system_delete(parent, SystemCollection::Child, name.as_str())?;
            }
            writer.put_database(new)?;
            writer.put_child(new)
        })
    }

    /// The record of a database that has a parent, and that parent.
    fn child_record(&self, id: DatabaseId) -> Result<(Database, DatabaseId)> {
        let database = self.database(id)?.ok_or(Error::NotFound("database"))?;
        match database.parent {
            Some(parent) => Ok((database, parent)),
            None => Err(Error::invalid("database", "this cannot be done to the root")),
        }
    }

    fn check_free(&self, parent: DatabaseId, name: &Segment) -> Result<()> {
        match self.child(parent, name)? {
            Some(_) => Err(Error::AlreadyExists("database")),
            None => Ok(()),
        }
    }
}

/// Checks the length of a path below the root.
fn check_depth(depth: usize) -> Result<()> {
    if depth > PATH_SEGMENTS_MAX {
        return Err(Error::Limit { what: "database path", actual: depth, max: PATH_SEGMENTS_MAX });
    }
    Ok(())
}
