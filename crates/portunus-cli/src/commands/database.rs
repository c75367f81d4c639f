//! `db`: the tree of databases below the one that the secret opens. It knows nothing of what is in them.

use crate::args::Common;
use crate::confirm::confirm;
use crate::failure::Result;
use crate::output::Output;
use crate::session::{self, Session};
use crate::table::Table;
use clap::Subcommand;
use portunus::{DatabaseInfo, DatabasePath, ReadView, Segment, WriteView};
use serde_json::{Value as Json, json};

/// The tree of databases below the secret's own. Paths begin there
#[derive(Subcommand)]
pub enum Db {
    /// Create a database
    Create {
        /// The path, whose last name is new
        path: DatabasePath,
    },
    /// List the databases below one, whatever their depth
    List {
        /// The path; the secret's own database if it is left out
        path: Option<DatabasePath>,
    },
    /// Give a database another name among its siblings
    Rename {
        /// The path
        path: DatabasePath,
        /// The new name
        name: Segment,
    },
    /// Put a database, and all below it, under another parent
    Move {
        /// The path
        path: DatabasePath,
        /// The path of the new parent; the secret's own database if it is left out
        parent: Option<DatabasePath>,
    },
    /// Close a database, and all below it, to every secret that works in it
    Disable {
        /// The path
        path: DatabasePath,
    },
    /// Open a disabled database again
    Enable {
        /// The path
        path: DatabasePath,
    },
    /// Keep a database, all below it and their collections from being deleted
    Protect {
        /// The path
        path: DatabasePath,
    },
    /// Allow that a protected database is deleted
    Unprotect {
        /// The path
        path: DatabasePath,
    },
    /// Delete a database, all below it, and the keys that open them
    Delete {
        /// The path
        path: DatabasePath,
    },
}

impl Db {
    /// # Errors
    /// As the store's.
    pub fn run(self, common: &Common, output: &mut Output) -> Result {
        match self {
            Self::Create { path } => {
                change(common, output, &path, "created", |tx| tx.create_database(&path).map(drop))
            }
            Self::List { path } => list(common, output, &path.unwrap_or_else(DatabasePath::here)),
            Self::Rename { path, name } => {
                change(common, output, &path, "renamed", |tx| tx.rename_database(&path, &name))
            }
            Self::Move { path, parent } => {
                let parent = parent.unwrap_or_else(DatabasePath::here);
                change(common, output, &path, "moved", |tx| tx.move_database(&path, &parent))
            }
            Self::Disable { path } => {
                change(common, output, &path, "disabled", |tx| tx.disable_database(&path))
            }
            Self::Enable { path } => change(common, output, &path, "enabled", |tx| tx.enable_database(&path)),
            Self::Protect { path } => {
                change(common, output, &path, "protected", |tx| tx.protect_database(&path, true))
            }
            Self::Unprotect { path } => {
                change(common, output, &path, "unprotected", |tx| tx.protect_database(&path, false))
            }
            Self::Delete { path } => {
                confirm(common, &format!("delete the database {path} with everything in it and below it"))?;
                change(common, output, &path, "deleted", |tx| tx.delete_database(&path))
            }
        }
    }
}

fn change(
    common: &Common,
    output: &mut Output,
    path: &DatabasePath,
    what: &str,
    run: impl FnMut(&mut WriteView) -> portunus::Result<()>,
) -> Result {
    session::change(common, run)?;
    output.done(|| json!({what: path.to_string()}), &format!("{what} {path}"))
}

fn list(common: &Common, output: &mut Output, path: &DatabasePath) -> Result {
    let session = Session::open(common)?;
    let found = session.read(|tx| {
        let mut found = Vec::new();
        below(tx, path, &mut found)?;
        Ok(found)
    })?;
    if found.is_empty() && !output.is_json() {
        output.note("there are no databases here, or none that this secret may see");
        return Ok(());
    }
    output.value_or_table(|| found.iter().map(to_json).collect(), || table(&found))
}

/// The databases below one, each before those below it, in the order of their names.
fn below(tx: &ReadView, path: &DatabasePath, found: &mut Vec<DatabaseInfo>) -> portunus::Result<()> {
    let mut children = tx.databases(path)?;
    children.extend(tx.disabled_databases(path)?);
    children.sort_by(|left, right| left.path.cmp(&right.path));
    for child in children {
        let path = child.path.clone();
        found.push(child);
        below(tx, &path, found)?;
    }
    Ok(())
}

fn to_json(database: &DatabaseInfo) -> Json {
    json!({
        "path": database.path.to_string(),
        "public_id": database.public_id,
        "disabled": database.disabled,
        "protected": database.protected,
        "created_at": database.created_at.to_string(),
    })
}

fn table(found: &[DatabaseInfo]) -> Table {
    let mut table = Table::new(["path", "state", "created", "public id"]);
    for database in found {
        let state = match (database.disabled, database.protected) {
            (false, false) => "open",
            (false, true) => "protected",
            (true, false) => "disabled",
            (true, true) => "disabled, protected",
        };
        let created = database.created_at.to_string();
        table.row([database.path.to_string(), state.into(), created, database.public_id.clone()]);
    }
    table
}
