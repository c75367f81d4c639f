//! `key` and `whoami`: what opens the store, and who one is to it. It knows nothing of what keys are used for.

use crate::args::Common;
use crate::confirm::confirm;
use crate::failure::Result;
use crate::files::{create_private, write_secret};
use crate::output::Output;
use crate::parse::{End, When};
use crate::session::Session;
use crate::table::Table;
use clap::{Args, Subcommand};
use portunus::{
    CreatedKey, DatabasePath, Key as Listed, NewKey, Principal, PublicId, ReadView, RoleName, WriteView,
};
use serde_json::{Value as Json, json};
use std::path::PathBuf;

/// Keys of the secret's own database
#[derive(Subcommand)]
pub enum Key {
    /// Make a key. Its secret is printed once, or written into a file that only you can read
    Create(CreateKey),
    /// List the keys. Their secrets cannot be shown
    List,
    /// Give a key another role
    Role {
        /// The id of the key
        id: PublicId,
        /// The role: admin, server, server-readonly or none
        role: RoleName,
    },
    /// Let a key end at another time
    Expire {
        /// The id of the key
        id: PublicId,
        /// An instant, a length of time such as 30d, or never
        when: End,
    },
    /// Revoke a key for good. No transaction of it goes on
    Delete {
        /// The id of the key
        id: PublicId,
    },
}

/// Make a key.
#[derive(Args)]
pub struct CreateKey {
    /// The role: admin, server, server-readonly or none
    #[arg(long)]
    role: RoleName,
    /// The database below the secret's own that the key is for
    #[arg(long = "for", value_name = "PATH")]
    path: Option<DatabasePath>,
    /// What the key is called in lists
    #[arg(long)]
    name: Option<String>,
    /// When it ends: an instant, or a length of time such as 30d
    #[arg(long, value_name = "WHEN")]
    expires: Option<When>,
    /// Write the secret into this new file, and do not print it
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

/// Show whom the secret stands for
#[derive(Args)]
pub struct Whoami {}

impl Key {
    /// # Errors
    /// As the store's.
    pub fn run(self, common: &Common, output: &mut Output) -> Result {
        match self {
            Self::Create(command) => command.run(common, output),
            Self::List => list(common, output),
            Self::Role { id, role } => {
                let value = || json!({"id": id.to_string(), "role": role.to_string()});
                change(common, output, value, &format!("{id} has the role {role} now"), |tx| {
                    tx.set_key_role(id, role.as_str())
                })
            }
            Self::Expire { id, when } => {
                let value = || json!({"id": id.to_string()});
                change(common, output, value, &format!("{id} ends at another time now"), |tx| {
                    tx.set_key_expiry(id, when.instant(tx.now()))
                })
            }
            Self::Delete { id } => {
                confirm(common, &format!("revoke the key {id}"))?;
                let value = || json!({"deleted": id.to_string()});
                change(common, output, value, &format!("revoked {id}"), |tx| tx.delete_key(id))
            }
        }
    }
}

impl CreateKey {
    fn run(self, common: &Common, output: &mut Output) -> Result {
        let session = Session::open(common)?;
        match &self.key_file {
            None => {
                let key = self.create(&session)?;
                // A key that nobody has seen is of no use, and should not be there.
                if let Err(failure) = show(&key, output) {
                    session.write(|tx| tx.delete_key(key.id))?;
                    return Err(failure);
                }
                output.note(&format!(
                    "made the key {}; above is its secret, which cannot be shown again",
                    key.id
                ));
            }
            Some(path) => {
                let file = create_private(path)?;
                let made = self.create(&session).and_then(|key| {
                    let written = write_secret(&file, path, &key.secret);
                    written.inspect_err(|_| drop(session.write(|tx| tx.delete_key(key.id))))?;
                    Ok(key)
                });
                let key = made.inspect_err(|_| drop(std::fs::remove_file(path)))?;
                let value = || json!({"id": key.id.to_string(), "key_file": path.display().to_string()});
                output
                    .done(value, &format!("made the key {}, its secret is in {}", key.id, path.display()))?;
            }
        }
        session.close()
    }

    fn create(&self, session: &Session) -> Result<CreatedKey> {
        let mut key = NewKey::new(self.role.as_str());
        if let Some(path) = &self.path {
            key = key.at(path.clone());
        }
        if let Some(name) = &self.name {
            key = key.named(name);
        }
        if let Some(when) = self.expires {
            key = key.expires_at(when.instant(session.now()));
        }
        session.write(|tx| tx.create_key(&key))
    }
}

impl Whoami {
    /// # Errors
    /// As the store's.
    pub fn run(self, common: &Common, output: &mut Output) -> Result {
        let session = Session::open(common)?;
        let who: Principal = session.read(|tx| tx.principal().cloned())?;
        let scope = who.scope().map(ToString::to_string);
        let expires_at = who.expires_at().map(|at| at.to_string());
        let identity = who.identity().map(|own| format!("{}/{}", own.collection(), own.document()));
        let value = || {
            json!({
                "kind": who.kind().to_string(), "id": who.id().to_string(), "roles": roles(&who),
                "database": who.database(), "identity": identity, "scope": scope, "expires_at": expires_at,
            })
        };
        let table = || {
            let mut table = Table::new(["kind", "id", "roles", "database", "identity", "scope", "expires"]);
            let optional = |text: &Option<String>, none: &str| text.clone().unwrap_or_else(|| none.into());
            table.row([
                who.kind().to_string(),
                who.id().to_string(),
                roles(&who).join(" "),
                who.database().to_owned(),
                optional(&identity, "-"),
                optional(&scope, "-"),
                optional(&expires_at, "never"),
            ]);
            table
        };
        output.value_or_table(value, table)
    }
}

fn roles(who: &Principal) -> Vec<String> {
    who.roles().iter().map(ToString::to_string).collect()
}

fn show(key: &CreatedKey, output: &mut Output) -> Result {
    if output.is_json() {
        output.json(&json!({"id": key.id.to_string(), "secret": key.secret.expose()}))?;
    } else {
        output.line(key.secret.expose())?;
    }
    output.finish()
}

fn change(
    common: &Common,
    output: &mut Output,
    value: impl FnOnce() -> Json,
    note: &str,
    run: impl FnMut(&mut WriteView) -> portunus::Result<()>,
) -> Result {
    let session = Session::open(common)?;
    session.write(run)?;
    session.close()?;
    output.done(value, note)
}

fn list(common: &Common, output: &mut Output) -> Result {
    let session = Session::open(common)?;
    let mut keys = session.read(ReadView::keys)?;
    // Ids are random; people look for the oldest, or for what they have made just now.
    keys.sort_by_key(|key| (key.created_at, key.id));
    if keys.is_empty() && !output.is_json() {
        output.note("there are no keys here, or none that this secret may see");
        return Ok(());
    }
    output.value_or_table(|| keys.iter().map(to_json).collect(), || table(&keys))
}

fn to_json(key: &Listed) -> Json {
    json!({
        "id": key.id.to_string(),
        "name": key.name,
        "role": key.role.to_string(),
        "database": key.path.as_ref().map(ToString::to_string),
        "created_at": key.created_at.to_string(),
        "expires_at": key.expires_at.map(|at| at.to_string()),
    })
}

fn table(keys: &[Listed]) -> Table {
    let mut table = Table::new(["id", "name", "role", "database", "created", "expires"]);
    for key in keys {
        let database = match &key.path {
            Some(path) if path.is_here() => "(this one)".into(),
            Some(path) => path.to_string(),
            None => "(out of reach)".into(),
        };
        table.row([
            key.id.to_string(),
            key.name.clone().unwrap_or_default(),
            key.role.to_string(),
            database,
            key.created_at.to_string(),
            key.expires_at.map_or_else(|| "never".into(), |at| at.to_string()),
        ]);
    }
    table
}
