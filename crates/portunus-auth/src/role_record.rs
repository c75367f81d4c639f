//! What the store keeps of roles that are not built in, and of who refers to them. It knows nothing of who may change one.

use crate::numbered;
use crate::rights::{Grant, Rights, Target};
use crate::role::{BuiltInRole, RoleName};
use crate::{Error, PublicId, Result};
use portunus_scope::{
    DatabaseId, Object, SystemCollection, TreeReader, TreeWriter, Value, ValueRef, to_value,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::ops::ControlFlow;

/// The first number of a role in a database.
const FIRST_NUMBER: u32 = 1;

/// How a record names a role: one that is built in by its name, any other by its number, so that renames follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RoleRef {
    BuiltIn(BuiltInRole),
    User(u32),
}

/// What refers to a role, and keeps it from being deleted.
pub(crate) enum RoleUser<'a> {
    Key(PublicId),
    /// By its number, as a role is named.
    Provider(u32),
    Procedure(&'a str),
}

/// A role of a database.
///
/// A record with a member that this program does not know may be one that grants less than it seems to: it is damage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleRecord {
    #[serde(skip)]
    pub(crate) number: u32,
    pub(crate) name: String,
    pub(crate) privileges: Vec<Grant>,
    pub(crate) denials: Vec<Grant>,
    /// The numbers of the collections whose documents are members.
    pub(crate) members: Vec<u32>,
    /// In microseconds since 1970.
    pub(crate) created_at: i64,
}

impl RoleRef {
    pub(crate) fn to_value(self) -> Value {
        match self {
            Self::BuiltIn(role) => Value::from(role.name()),
            Self::User(number) => Value::Int(number.into()),
        }
    }

    pub(crate) fn read(value: ValueRef<'_>) -> Option<Self> {
        match value.as_str() {
            Some(name) => BuiltInRole::named(name).map(Self::BuiltIn),
            None => u32::try_from(value.as_int()?).ok().map(Self::User),
        }
    }

    /// The role of this name in a database.
    ///
    /// # Errors
    /// As every read of the store.
    pub(crate) fn named(reader: &TreeReader, database: DatabaseId, name: &str) -> Result<Option<Self>> {
        if let Some(role) = BuiltInRole::named(name) {
            return Ok(Some(Self::BuiltIn(role)));
        }
        Ok(RoleRecord::number_of(reader, database, name)?.map(Self::User))
    }

    /// Its name and what it lets its holder do; nothing if the database has no such role any more.
    ///
    /// # Errors
    /// As every read of the store.
    pub(crate) fn load(
        self,
        reader: &TreeReader,
        database: DatabaseId,
    ) -> Result<Option<(RoleName, Rights)>> {
        match self {
            Self::BuiltIn(role) => Ok(Some((role.into(), role.rights()))),
            Self::User(number) => {
                let Some(record) = RoleRecord::find(reader, database, number)? else { return Ok(None) };
                let rights = Rights::of(record.privileges.iter(), record.denials.iter());
                Ok(Some((record.role_name()?, rights)))
            }
        }
    }

    pub(crate) fn put_use(
        self,
        writer: &mut TreeWriter,
        database: DatabaseId,
        user: &RoleUser<'_>,
    ) -> Result<()> {
        let Self::User(number) = self else { return Ok(()) };
        let entry = Value::Object(Object::new());
        let id = use_id(number, user);
        Ok(writer.unfiltered_system_put(database, SystemCollection::RoleUse, &id, &entry)?)
    }

    pub(crate) fn delete_use(
        self,
        writer: &mut TreeWriter,
        database: DatabaseId,
        user: &RoleUser<'_>,
    ) -> Result<()> {
        let Self::User(number) = self else { return Ok(()) };
        Ok(writer.unfiltered_system_delete(database, SystemCollection::RoleUse, &use_id(number, user))?)
    }
}

impl From<BuiltInRole> for RoleRef {
    fn from(role: BuiltInRole) -> Self {
        Self::BuiltIn(role)
    }
}

impl RoleRecord {
    /// A number for a new role, counted in its database: those of others have nothing to do with it.
    ///
    /// # Errors
    /// `Limit` if there is none left.
    pub(crate) fn next_number(writer: &mut TreeWriter, database: DatabaseId) -> Result<u32> {
        Ok(writer.next_number_in(database, "roles", FIRST_NUMBER)?)
    }

    /// The role of this number.
    ///
    /// # Errors
    /// `Corrupt` if it has not its form; as every read.
    pub(crate) fn find(reader: &TreeReader, database: DatabaseId, number: u32) -> Result<Option<Self>> {
        let id = numbered::id(number);
        let found = reader.unfiltered_system_get(database, SystemCollection::Role, &id)?;
        let Some(document) = found else { return Ok(None) };
        let record: Self = document.to().map_err(|_| damaged())?;
        Ok(Some(Self { number, ..record }))
    }

    /// The number of the role of this name.
    ///
    /// # Errors
    /// As [`RoleRecord::find`].
    pub(crate) fn number_of(reader: &TreeReader, database: DatabaseId, name: &str) -> Result<Option<u32>> {
        if name.parse::<RoleName>().is_err() {
            return Ok(None);
        }
        let found = reader.unfiltered_system_get(database, SystemCollection::RoleName, name)?;
        let number = |document: &portunus_scope::Document| u32::try_from(document.root().as_int()?).ok();
        found.map(|document| number(&document).ok_or_else(damaged)).transpose()
    }

    /// All roles of a database, in the order of their numbers.
    ///
    /// # Errors
    /// As [`RoleRecord::find`].
    pub(crate) fn all(reader: &TreeReader, database: DatabaseId) -> Result<Vec<Self>> {
        let found = numbered::all::<Self>(reader, database, SystemCollection::Role, damaged)?;
        Ok(found.into_iter().map(|(number, record)| Self { number, ..record }).collect())
    }

    /// The numbers of the roles that the documents of a collection are members of.
    ///
    /// # Errors
    /// As [`RoleRecord::find`].
    pub(crate) fn of_members(reader: &TreeReader, database: DatabaseId, collection: u32) -> Result<Vec<u32>> {
        let prefix = format!("{collection:08x}");
        let mut numbers = Vec::new();
        reader.unfiltered_system_scan_of(database, SystemCollection::Member, &prefix, &mut |entry| {
            numbers.push(entry.id().get(8..).and_then(|number| u32::from_str_radix(number, 16).ok()));
            Ok(ControlFlow::Continue(()))
        })?;
        numbers.into_iter().map(|number| number.ok_or_else(damaged)).collect()
    }

    /// Whether anything refers to the role.
    ///
    /// # Errors
    /// As [`RoleRecord::find`].
    pub(crate) fn is_used(&self, reader: &TreeReader, database: DatabaseId) -> Result<bool> {
        let mut used = false;
        let prefix = numbered::id(self.number);
        reader.unfiltered_system_scan_of(database, SystemCollection::RoleUse, &prefix, &mut |_| {
            used = true;
            Ok(ControlFlow::Break(()))
        })?;
        Ok(used)
    }

    /// Whether it grants or denies something on a procedure.
    pub(crate) fn names_procedure(&self, name: &str) -> bool {
        let is_on = |grant: &Grant| matches!(&grant.on, Target::Procedure(other) if other == name);
        self.privileges.iter().chain(&self.denials).any(is_on)
    }

    /// What it denies and another form of it would not: for all who have it, or for those who would have it no longer.
    pub(crate) fn denials_lifted(&self, denials: &[Grant], members: &BTreeSet<u32>) -> Rights {
        let keeps_members = self.members.iter().all(|member| members.contains(member));
        let lifted = self.denials.iter().filter(|denial| !keeps_members || !denials.contains(denial));
        Rights::of(lifted, [].iter())
    }

    /// Stores the role in the place of what it was before, with its name and its membership entries.
    pub(crate) fn put(
        &self,
        writer: &mut TreeWriter,
        database: DatabaseId,
        old: Option<&Self>,
    ) -> Result<()> {
        if let Some(old) = old {
            old.delete_entries(writer, database)?;
        }
        let value = to_value(self)?;
        writer.unfiltered_system_put(database, SystemCollection::Role, &numbered::id(self.number), &value)?;
        let number = Value::Int(self.number.into());
        writer.unfiltered_system_put(database, SystemCollection::RoleName, &self.name, &number)?;
        for collection in &self.members {
            let id = member_id(*collection, self.number);
            writer.unfiltered_system_put(database, SystemCollection::Member, &id, &Value::Null)?;
        }
        Ok(())
    }

    /// Removes the role.
    pub(crate) fn delete(&self, writer: &mut TreeWriter, database: DatabaseId) -> Result<()> {
        writer.unfiltered_system_delete(database, SystemCollection::Role, &numbered::id(self.number))?;
        self.delete_entries(writer, database)
    }

    /// Its name.
    ///
    /// # Errors
    /// `Corrupt` if that can be none.
    pub(crate) fn role_name(&self) -> Result<RoleName> {
        self.name.parse().map_err(|_| damaged())
    }

    fn delete_entries(&self, writer: &mut TreeWriter, database: DatabaseId) -> Result<()> {
        writer.unfiltered_system_delete(database, SystemCollection::RoleName, &self.name)?;
        for collection in &self.members {
            let id = member_id(*collection, self.number);
            writer.unfiltered_system_delete(database, SystemCollection::Member, &id)?;
        }
        Ok(())
    }
}

impl fmt::Display for RoleUser<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(id) => write!(formatter, "key:{id}"),
            Self::Provider(number) => write!(formatter, "provider:{number:08x}"),
            Self::Procedure(name) => write!(formatter, "procedure:{name}"),
        }
    }
}

fn use_id(number: u32, user: &RoleUser<'_>) -> String {
    format!("{number:08x}{user}")
}

fn member_id(collection: u32, role: u32) -> String {
    format!("{collection:08x}{role:08x}")
}

fn damaged() -> Error {
    Error::Corrupt("a role has not its form".into())
}

#[cfg(test)]
mod tests;
