//! Records of a database that are kept under numbers, so that their names can change. It knows nothing of what they say.

use crate::{Error, Result};
use portunus_scope::{DatabaseId, SystemCollection, TreeReader};
use serde::de::DeserializeOwned;
use std::ops::ControlFlow;

/// The id under which the record of a number is kept: ids sort as the numbers do.
pub(crate) fn id(number: u32) -> String {
    format!("{number:08x}")
}

/// All records of a system collection, in the order of their numbers.
///
/// # Errors
/// `damaged` if one has not its form; as every read.
pub(crate) fn all<T: DeserializeOwned>(
    reader: &TreeReader,
    database: DatabaseId,
    collection: SystemCollection,
    damaged: fn() -> Error,
) -> Result<Vec<(u32, T)>> {
    let mut found = Vec::new();
    reader.unfiltered_system_scan(database, collection, &mut |document| {
        found.push((document.id().to_owned(), document.to::<T>()));
        Ok(ControlFlow::Continue(()))
    })?;
    let read = |(id, record): (String, portunus_scope::Result<T>)| {
        let number = u32::from_str_radix(&id, 16).map_err(|_| damaged())?;
        Ok((number, record.map_err(|_| damaged())?))
    };
    found.into_iter().map(read).collect()
}
