//! Which roles somebody has, and what they come to together. It knows nothing of how that somebody was proven.

use crate::Result;
use crate::rights::Rights;
use crate::role::RoleName;
use crate::role_record::{RoleRecord, RoleRef};
use portunus_scope::{DatabaseId, TreeReader};
use std::collections::BTreeSet;

/// Roles that one principal has together.
pub(super) struct Held {
    pub(super) names: Vec<RoleName>,
    pub(super) rights: Rights,
}

impl Held {
    /// One role; nothing if the database does not have it.
    pub(super) fn one(reader: &TreeReader, database: DatabaseId, role: RoleRef) -> Result<Option<Self>> {
        let found = role.load(reader, database)?;
        Ok(found.map(|(name, rights)| Self { names: vec![name], rights }))
    }

    /// The roles of these numbers, and those that the documents of a collection are members of.
    pub(super) fn all(
        reader: &TreeReader,
        database: DatabaseId,
        numbers: &[u32],
        members_of: Option<u32>,
    ) -> Result<Self> {
        let mut all: BTreeSet<u32> = numbers.iter().copied().collect();
        if let Some(collection) = members_of {
            all.extend(RoleRecord::of_members(reader, database, collection)?);
        }
        let records = all.into_iter().map(|number| RoleRecord::find(reader, database, number));
        let records: Vec<RoleRecord> = records.filter_map(Result::transpose).collect::<Result<_>>()?;
        let rights = Rights::of(
            records.iter().flat_map(|record| &record.privileges),
            records.iter().flat_map(|record| &record.denials),
        );
        let mut names = records.iter().map(RoleRecord::role_name).collect::<Result<Vec<_>>>()?;
        names.sort();
        Ok(Self { names, rights })
    }
}
