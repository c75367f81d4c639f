//! `procedure`: which procedures of a program may be called in a database, and with which role they run. What they do is the
//! program's: none can be called from here.

use crate::args::Common;
use crate::confirm::confirm;
use crate::failure::Result;
use crate::output::Output;
use crate::session::{Session, change};
use crate::table::Table;
use clap::Subcommand;
use portunus::{ReadView, RoleName};
use serde_json::json;

/// Procedures of a program that may be called in the secret's own database. They cannot be called from here
#[derive(Subcommand)]
pub enum Procedure {
    /// Let a procedure be called, by the holders of roles that say so
    Define {
        /// The name that the program knows it by
        name: String,
        /// The role that it runs with; its caller's own if it is left out
        #[arg(long)]
        role: Option<RoleName>,
    },
    /// List the procedures
    List,
    /// Let a procedure be called no more
    Delete {
        /// Its name
        name: String,
    },
}

impl Procedure {
    /// # Errors
    /// As the store's.
    pub fn run(self, common: &Common, output: &mut Output) -> Result {
        match self {
            Self::Define { name, role } => {
                let role = role.as_ref().map(RoleName::as_str);
                change(common, |tx| tx.define_procedure(&name, role))?;
                output.done(|| json!({"defined": name}), &format!("defined {name}"))
            }
            Self::List => list(common, output),
            Self::Delete { name } => {
                confirm(common, &format!("delete the procedure {name}"))?;
                change(common, |tx| tx.delete_procedure(&name))?;
                output.done(|| json!({"deleted": name}), &format!("deleted {name}"))
            }
        }
    }
}

fn list(common: &Common, output: &mut Output) -> Result {
    let session = Session::open(common)?;
    let found = session.read(ReadView::procedures)?;
    if found.is_empty() && !output.is_json() {
        output.note("there are no procedures here, or none that this secret may see");
        return Ok(());
    }
    let role = |role: &Option<RoleName>| role.as_ref().map(ToString::to_string);
    output.value_or_table(
        || found.iter().map(|it| json!({"name": it.name, "role": role(&it.role)})).collect(),
        || {
            let mut table = Table::new(["name", "role"]);
            for procedure in &found {
                let role = role(&procedure.role).unwrap_or_else(|| "(its caller's)".into());
                table.row([procedure.name.clone(), role]);
            }
            table
        },
    )
}
