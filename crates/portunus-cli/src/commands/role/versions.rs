//! `role versions` and `rollback`: what roles were before they were changed.

use super::file::{confirm_removal, told};
use crate::args::Common;
use crate::failure::{Failure, Result};
use crate::output::Output;
use crate::session::Session;
use crate::table::Table;
use portunus::{Extent, ReadView};
use serde_json::json;

/// Lists the versions.
pub fn list(common: &Common, output: &mut Output) -> Result {
    let versions = Session::open(common)?.read(ReadView::role_versions)?;
    if versions.is_empty() && !output.is_json() {
        output.note("the roles were never changed, or this secret may not see them");
        return Ok(());
    }
    output.value_or_table(
        || {
            let version = |it: &portunus::RoleVersion| {
                json!({"version": it.number, "until": it.at.to_string(), "by": it.by.to_string()})
            };
            versions.iter().map(version).collect()
        },
        || {
            let mut table = Table::new(["version", "until", "changed by"]).right([0]);
            for version in &versions {
                table.row([version.number.to_string(), version.at.to_string(), version.by.to_string()]);
            }
            table
        },
    )
}

/// Changes the roles back.
pub fn roll_back(version: u64, dry_run: bool, common: &Common, output: &mut Output) -> Result {
    let session = Session::open(common)?;
    let applied = if dry_run {
        session.begin_write()?.roll_back_roles(version)?
    } else {
        let set = session.read(|tx| tx.role_set_at(version))?;
        let set = set.ok_or_else(|| Failure::not_found("version of the roles"))?;
        confirm_removal(&session.read(|tx| tx.compare_roles(&set, Extent::All))?, common)?;
        session.write(|tx| tx.roll_back_roles(version))?
    };
    session.close()?;
    told(&applied, dry_run, output)
}
