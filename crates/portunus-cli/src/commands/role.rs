//! `role`: what the holders of a name may do. It knows nothing of who they are.

mod definition;
mod file;
mod shown;
mod versions;

use crate::args::Common;
use crate::confirm::confirm;
use crate::failure::{Failure, Result};
use crate::output::Output;
use crate::session::{Session, change};
use crate::table::Table;
use clap::Subcommand;
use definition::Definition;
use portunus::{Privilege, ReadView};
use serde_json::json;
use std::path::PathBuf;

/// Roles of the secret's own database, beside those that are built in
#[derive(Subcommand)]
pub enum Role {
    /// Create a role, or change the one that is there to this one
    Define(Box<Definition>),
    /// List the roles
    List,
    /// Show all that a role says, its rules included
    Show {
        /// The role
        name: String,
    },
    /// Give a role another name
    Rename {
        /// The role
        name: String,
        /// The new name
        new_name: String,
    },
    /// Delete a role. Its members just lose it
    Delete {
        /// The role
        name: String,
    },
    /// Write all roles, and the predicates that they call, as a file
    Export,
    /// Show what would become of the roles if a file were applied
    Diff {
        /// The file
        file: PathBuf,
        /// As if roles and predicates that are not in the file were deleted
        #[arg(long)]
        prune: bool,
    },
    /// Look roles over: what cannot be defined is an error, and what is hardly meant a warning. The exit code is 1 if there
    /// are errors
    Check {
        /// A file that is to be applied; without one the roles that are there
        file: Option<PathBuf>,
    },
    /// Change the roles to those of a file, all at once. Roles have names only there: one with another name is another role
    Apply {
        /// The file
        file: PathBuf,
        /// Delete the roles and predicates that are not in the file
        #[arg(long)]
        prune: bool,
        /// Only show what would be done
        #[arg(long)]
        dry_run: bool,
    },
    /// List the versions of the roles that are kept: each is what they were before a transaction changed them
    Versions,
    /// Change the roles back to what they were in a version. This can be taken back in the same way
    Rollback {
        /// The version
        #[arg(value_name = "VERSION")]
        number: u64,
        /// Only show what would be done
        #[arg(long)]
        dry_run: bool,
    },
}

impl Role {
    /// # Errors
    /// As the store's.
    pub fn run(self, common: &Common, output: &mut Output) -> Result {
        match self {
            Self::Define(definition) => {
                let stated = definition.stated()?;
                change(common, |tx| tx.define_role(&stated))?;
                output.done(|| json!({"defined": stated.name()}), &format!("defined {}", stated.name()))
            }
            Self::List => list(common, output),
            Self::Show { name } => show(&name, common, output),
            Self::Rename { name, new_name } => {
                change(common, |tx| tx.rename_role(&name, &new_name))?;
                let value = || json!({"renamed": name, "name": new_name});
                output.done(value, &format!("renamed {name} to {new_name}"))
            }
            Self::Delete { name } => {
                confirm(common, &format!("delete the role {name}"))?;
                change(common, |tx| tx.delete_role(&name))?;
                output.done(|| json!({"deleted": name}), &format!("deleted {name}"))
            }
            Self::Export => file::export(common, output),
            Self::Diff { file, prune } => file::diff(&file, prune, common, output),
            Self::Check { file } => file::check(file.as_deref(), common, output),
            Self::Apply { file, prune, dry_run } => file::apply(&file, prune, dry_run, common, output),
            Self::Versions => versions::list(common, output),
            Self::Rollback { number, dry_run } => versions::roll_back(number, dry_run, common, output),
        }
    }
}

fn list(common: &Common, output: &mut Output) -> Result {
    let session = Session::open(common)?;
    let roles = session.read(ReadView::roles)?;
    if roles.is_empty() && !output.is_json() {
        output.note("there are no roles here but those that are built in, or none that this secret may see");
        return Ok(());
    }
    output.value_or_table(
        || roles.iter().map(shown::role_json).collect(),
        || {
            let mut table = Table::new(["name", "members", "allows", "denies"]);
            for role in &roles {
                let privileges = |privileges: &[Privilege]| -> String {
                    privileges.iter().map(shown::in_short).collect::<Vec<_>>().join("; ")
                };
                let members: Vec<String> = role.members().iter().map(shown::member_in_short).collect();
                table.row([
                    role.name().to_owned(),
                    members.join("; "),
                    privileges(role.privileges()),
                    privileges(role.denials()),
                ]);
            }
            table
        },
    )
}

fn show(name: &str, common: &Common, output: &mut Output) -> Result {
    let session = Session::open(common)?;
    let role = session.read(|tx| tx.role(name))?.ok_or_else(|| Failure::not_found("role"))?;
    if output.is_json() {
        return output.json(&shown::role_json(&role));
    }
    output.line(&format!("role {}", role.name()))?;
    role.parts().iter().try_for_each(|part| output.line(&format!("  {part}")))
}
