//! Whether a database is open to a secret: it and all above it must be there and not disabled.

use super::Opened;
use crate::PublicId;
use crate::refusal::Refusal;
use portunus_scope::{Database, DatabaseId, Error as ScopeError, TreeReader};

/// The database that is opened and those above it, if it and all above it are open, and it lies below each of `owners`
/// in turn: the first may be the database itself, each next one is the one before or above it.
pub(super) fn check(
    reader: &TreeReader,
    database: DatabaseId,
    owners: &[DatabaseId],
    id: PublicId,
) -> Opened<Vec<Database>> {
    let lineage = match reader.lineage(database) {
        Ok(lineage) => lineage,
        Err(ScopeError::NotFound(_)) => return Err(Refusal::NoDatabase.of(Some(id))),
        Err(error) => return Err(error.into()),
    };
    let mut below = 0;
    for owner in owners {
        match lineage.iter().position(|one| one.id == *owner) {
            Some(place) if place >= below => below = place,
            Some(_) | None => return Err(Refusal::NoDatabase.in_database(id, database)),
        }
    }
    if lineage.iter().any(|one| one.disabled) {
        return Err(Refusal::Disabled.in_database(id, database));
    }
    if lineage.is_empty() { Err(Refusal::NoDatabase.of(Some(id))) } else { Ok(lineage) }
}
