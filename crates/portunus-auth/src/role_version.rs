//! What the store keeps of the roles of a database from before they were changed. It knows nothing of who may see or change
//! them.

use crate::role_set::RoleSet;
use crate::{Error, PublicId, Result};
use portunus_scope::{
    DatabaseId, Document, Error as ScopeError, Order, SystemCollection, Timestamp, TreeReader, TreeWriter,
    to_value,
};
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;

/// The most versions of the roles of a database that are kept.
pub const ROLE_VERSIONS_MAX: u64 = 100;

/// The roles of a database, as they were before a transaction changed them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VersionRecord {
    /// When they were changed, in microseconds since 1970.
    pub(crate) at: i64,
    /// The public id of the secret that changed them.
    pub(crate) by: String,
    /// Nothing if they are too large to be kept in one record.
    pub(crate) set: Option<RoleSet>,
}

impl VersionRecord {
    pub(crate) fn new(at: Timestamp, by: PublicId, set: RoleSet) -> Self {
        Self { at: at.0, by: by.to_string(), set: Some(set) }
    }

    /// The record of this number, if it is still kept.
    ///
    /// # Errors
    /// `Corrupt` if it has not its form; as every read.
    pub(crate) fn find(reader: &TreeReader, database: DatabaseId, number: u64) -> Result<Option<Self>> {
        let found = reader.unfiltered_system_get(database, SystemCollection::RoleVersion, &id(number))?;
        found.map(|document| document.to().map_err(|_| damaged())).transpose()
    }

    /// Visits all of them with their numbers, the newest first.
    ///
    /// # Errors
    /// As [`VersionRecord::find`].
    pub(crate) fn newest_first(
        reader: &TreeReader,
        database: DatabaseId,
        visit: &mut dyn FnMut(u64, Self) -> ControlFlow<()>,
    ) -> Result<()> {
        let mut fault = None;
        reader.unfiltered_system_scan_after(
            database,
            SystemCollection::RoleVersion,
            None,
            Order::Descending,
            &mut |document| match Self::read(&document.to_document()) {
                Ok((number, record)) => Ok(visit(number, record)),
                Err(error) => {
                    fault = Some(error);
                    Ok(ControlFlow::Break(()))
                }
            },
        )?;
        fault.map_or(Ok(()), Err)
    }

    /// Keeps it as the newest one, and the oldest no longer.
    ///
    /// # Errors
    /// As every write.
    pub(crate) fn put(mut self, writer: &mut TreeWriter, database: DatabaseId) -> Result<()> {
        let mut newest = 0;
        Self::newest_first(writer, database, &mut |number, _| {
            newest = number;
            ControlFlow::Break(())
        })?;
        let number = newest + 1;
        let (of, id_of_new) = (SystemCollection::RoleVersion, id(number));
        match writer.unfiltered_system_put(database, of, &id_of_new, &to_value(&self)?) {
            Err(ScopeError::Limit { .. }) => {
                // Whoever changes roles is not kept from it by how large they have been.
                self.set = None;
                writer.unfiltered_system_put(database, of, &id_of_new, &to_value(&self)?)?;
            }
            done => done?,
        }
        match number.checked_sub(ROLE_VERSIONS_MAX) {
            Some(oldest) if oldest > 0 => Ok(writer.unfiltered_system_delete(database, of, &id(oldest))?),
            Some(_) | None => Ok(()),
        }
    }

    /// Who changed the roles.
    ///
    /// # Errors
    /// `Corrupt` if that can be nobody.
    pub(crate) fn author(&self) -> Result<PublicId> {
        self.by.parse().map_err(|_| damaged())
    }

    fn read(document: &Document) -> Result<(u64, Self)> {
        let number = u64::from_str_radix(document.id(), 16).map_err(|_| damaged())?;
        Ok((number, document.to().map_err(|_| damaged())?))
    }
}

/// Ids sort as the numbers do.
fn id(number: u64) -> String {
    format!("{number:016x}")
}

fn damaged() -> Error {
    Error::Corrupt("a version of the roles has not its form".into())
}
