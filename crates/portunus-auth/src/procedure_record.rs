//! What the store keeps of a procedure: the role that its body runs with. The body itself is the program's.

use crate::role_record::{RoleRef, RoleUser};
use crate::{Error, Result};
use portunus_scope::{
    DatabaseId, Document, Object, SystemCollection, Timestamp, TreeReader, TreeWriter, Value, ValueRef,
};
use std::ops::ControlFlow;

/// The record of a procedure: a document of its database under its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProcedureRecord {
    pub(crate) name: String,
    /// The role in the place of the caller's; without one the caller keeps its own.
    pub(crate) role: Option<RoleRef>,
    pub(crate) created_at: Timestamp,
}

impl ProcedureRecord {
    /// The procedure of this name.
    ///
    /// # Errors
    /// `Corrupt` if it has not its form; as every read.
    pub(crate) fn find(reader: &TreeReader, database: DatabaseId, name: &str) -> Result<Option<Self>> {
        let found = reader.unfiltered_system_get(database, SystemCollection::Procedure, name)?;
        found.map(|document| Self::read(&document)).transpose()
    }

    /// All procedures of a database, in the order of their names.
    ///
    /// # Errors
    /// As [`ProcedureRecord::find`].
    pub(crate) fn all(reader: &TreeReader, database: DatabaseId) -> Result<Vec<Self>> {
        let mut records = Vec::new();
        reader.unfiltered_system_scan(database, SystemCollection::Procedure, &mut |document| {
            records.push(Self::read(&document.to_document()));
            Ok(ControlFlow::Continue(()))
        })?;
        records.into_iter().collect()
    }

    /// The record that a document holds.
    ///
    /// # Errors
    /// `Corrupt` if it has not the form that it must have.
    pub(crate) fn read(document: &Document) -> Result<Self> {
        Self::from_value(document.id(), document.root())
            .ok_or_else(|| Error::Corrupt("a procedure has not its form".into()))
    }

    /// Stores the record in the place of what it was before.
    pub(crate) fn put(
        &self,
        writer: &mut TreeWriter,
        database: DatabaseId,
        old: Option<&Self>,
    ) -> Result<()> {
        if let Some(old) = old {
            old.delete_use(writer, database)?;
        }
        let mut record = Object::new();
        record.insert("role", self.role.map_or(Value::Null, RoleRef::to_value));
        record.insert("created_at", Value::Timestamp(self.created_at));
        let value = Value::Object(record);
        writer.unfiltered_system_put(database, SystemCollection::Procedure, &self.name, &value)?;
        match self.role {
            Some(role) => role.put_use(writer, database, &RoleUser::Procedure(&self.name)),
            None => Ok(()),
        }
    }

    /// Removes the record.
    pub(crate) fn delete(&self, writer: &mut TreeWriter, database: DatabaseId) -> Result<()> {
        writer.unfiltered_system_delete(database, SystemCollection::Procedure, &self.name)?;
        self.delete_use(writer, database)
    }

    /// Takes back its claim on the role that it runs with.
    pub(crate) fn delete_use(&self, writer: &mut TreeWriter, database: DatabaseId) -> Result<()> {
        match self.role {
            Some(role) => role.delete_use(writer, database, &RoleUser::Procedure(&self.name)),
            None => Ok(()),
        }
    }

    fn from_value(name: &str, record: ValueRef<'_>) -> Option<Self> {
        let role = record.member("role")?;
        Some(Self {
            name: name.into(),
            role: if role.is_null() { None } else { Some(RoleRef::read(role)?) },
            created_at: record.member("created_at")?.as_timestamp()?,
        })
    }
}
