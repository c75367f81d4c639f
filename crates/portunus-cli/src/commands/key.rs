//! `key`: what opens the store. It knows nothing of what keys are used for.

use crate::args::Common;
use crate::confirm::confirm;
use crate::failure::Result;
use crate::files::SecretFile;
use crate::new_secret::{NewSecret, hand_over};
use crate::output::Output;
use crate::parse::{End, When, optional_instant};
use crate::session::{Session, change};
use crate::table::Table;
use clap::{Args, Subcommand};
use portunus::{CreatedKey, DatabasePath, Key as Listed, NewKey, PublicId, ReadView, RoleName};
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

impl Key {
    /// # Errors
    /// As the store's.
    pub fn run(self, common: &Common, output: &mut Output) -> Result {
        match self {
            Self::Create(command) => command.run(common, output),
            Self::List => list(common, output),
            Self::Role { id, role } => {
                let value = || json!({"id": id.to_string(), "role": role.to_string()});
                change(common, |tx| tx.set_key_role(id, role.as_str()))?;
                output.done(value, &format!("{id} has the role {role} now"))
            }
            Self::Expire { id, when } => {
                let value = || json!({"id": id.to_string()});
                change(common, |tx| tx.set_key_expiry(id, when.instant(tx.now())))?;
                output.done(value, &format!("{id} ends at another time now"))
            }
            Self::Delete { id } => {
                confirm(common, &format!("revoke the key {id}"))?;
                let value = || json!({"deleted": id.to_string()});
                change(common, |tx| tx.delete_key(id))?;
                output.done(value, &format!("revoked {id}"))
            }
        }
    }
}

impl CreateKey {
    fn run(self, common: &Common, output: &mut Output) -> Result {
        let session = Session::open(common)?;
        let file = self.key_file.as_deref().map(SecretFile::create).transpose()?;
        let key = self.create(&session)?;
        let made =
            NewSecret { noun: "key", id: key.id.to_string(), more: Vec::new(), secret: &key.secret, file };
        // A key that nobody has seen is of no use, and should not be there.
        hand_over(made, None, output).inspect_err(|_| drop(session.write(|tx| tx.delete_key(key.id))))?;
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
            optional_instant(key.expires_at),
        ]);
    }
    table
}
