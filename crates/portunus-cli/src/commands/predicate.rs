//! `predicate`: rules with names, which the rules of roles call. It knows nothing of roles.

use crate::args::Common;
use crate::confirm::confirm;
use crate::failure::Result;
use crate::output::Output;
use crate::session::{Session, change};
use crate::table::Table;
use clap::Subcommand;
use portunus::{NamedPredicate, ReadView};
use serde_json::json;

/// Rules with names, which the rules of roles can call
#[derive(Subcommand)]
pub enum Predicate {
    /// Create a predicate, or change the one that is there, and with it every rule that calls it
    Define {
        /// Its name
        name: String,
        /// What it says, as in 'what.owner == id(identity)'
        rule: String,
        /// What it is called with, as in what
        #[arg(long, value_name = "NAME")]
        parameter: Vec<String>,
    },
    /// List the predicates
    List,
    /// Delete a predicate that no rule calls
    Delete {
        /// Its name
        name: String,
    },
}

impl Predicate {
    /// # Errors
    /// As the store's.
    pub fn run(self, common: &Common, output: &mut Output) -> Result {
        match self {
            Self::Define { name, rule, parameter } => {
                let stated = NamedPredicate::new(&name, parameter, rule);
                change(common, |tx| tx.define_predicate(&stated))?;
                output.done(|| json!({"defined": name}), &format!("defined {name}"))
            }
            Self::List => list(common, output),
            Self::Delete { name } => {
                confirm(common, &format!("delete the predicate {name}"))?;
                change(common, |tx| tx.delete_predicate(&name))?;
                output.done(|| json!({"deleted": name}), &format!("deleted {name}"))
            }
        }
    }
}

fn list(common: &Common, output: &mut Output) -> Result {
    let found = Session::open(common)?.read(ReadView::predicates)?;
    if found.is_empty() && !output.is_json() {
        output.note("there are no predicates here, or none that this secret may see");
        return Ok(());
    }
    output.value_or_table(
        || {
            let predicate = |it: &NamedPredicate| {
                json!({"name": it.name(), "parameters": it.parameters(), "rule": it.rule()})
            };
            found.iter().map(predicate).collect()
        },
        || {
            let mut table = Table::new(["name", "parameters", "rule"]);
            for predicate in &found {
                let parameters = predicate.parameters().join(", ");
                table.row([predicate.name().to_owned(), parameters, predicate.rule().to_owned()]);
            }
            table
        },
    )
}
