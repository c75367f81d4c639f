//! `credential`: the passwords of documents. It shows none, and knows nothing of what they are good for.

use super::login::Whom;
use crate::args::Common;
use crate::confirm::confirm;
use crate::failure::{Failure, Result};
use crate::output::Output;
use crate::secret_source::{NewPasswordArgs, PasswordArgs, read_password_hash};
use crate::session::{Session, change};
use crate::table::Table;
use clap::{Args, Subcommand, ValueEnum};
use portunus::{CredentialInfo, Error, PasswordHash, Sessions};
use serde_json::json;
use std::path::PathBuf;

/// Passwords, by which somebody logs in as a document
#[derive(Subcommand)]
pub enum Credential {
    /// Give a document a password, in the place of the one that it has
    Set {
        #[command(flatten)]
        document: Named,
        #[command(flatten)]
        password: PasswordArgs,
        #[command(flatten)]
        tokens: Tokens,
    },
    /// Give a document a password by its hash, as another program has stored it: argon2id, bcrypt or scrypt
    Import {
        #[command(flatten)]
        document: Named,
        /// Read the hash from this file, or from standard input if it is '-'
        #[arg(long, value_name = "FILE")]
        hash_file: PathBuf,
        #[command(flatten)]
        tokens: Tokens,
    },
    /// Show what there is of a document's password, but neither it nor its hash
    Show {
        #[command(flatten)]
        document: Named,
    },
    /// Try a password, as a login does, but without a token
    Verify {
        #[command(flatten)]
        whom: Whom,
        #[command(flatten)]
        password: PasswordArgs,
    },
    /// Change one's own password: the secret is one's token
    Change {
        #[command(flatten)]
        present: PasswordArgs,
        #[command(flatten)]
        new: NewPasswordArgs,
        /// What becomes of the tokens of the same document
        #[arg(long, value_enum, default_value_t = Fate::EndElsewhere)]
        tokens: Fate,
    },
    /// Let a password prove nothing for now
    Disable {
        #[command(flatten)]
        document: Named,
        #[command(flatten)]
        tokens: Tokens,
    },
    /// Let a password that was disabled prove something again
    Enable {
        #[command(flatten)]
        document: Named,
    },
    /// Delete a password
    Delete {
        #[command(flatten)]
        document: Named,
        #[command(flatten)]
        tokens: Tokens,
    },
}

/// The document that a password is of.
#[derive(Args)]
pub struct Named {
    /// The collection of the document
    collection: String,
    /// The id of the document
    id: String,
}

/// What a change of a password does to tokens.
#[derive(Args)]
pub struct Tokens {
    /// Let the document's tokens go on. Otherwise they end, as they should whenever somebody else may have known the password
    #[arg(long)]
    keep_tokens: bool,
}

/// What becomes of the tokens of whoever changes a password.
#[derive(Clone, Copy, ValueEnum)]
pub enum Fate {
    /// They all end
    End,
    /// They end but for those of this login
    EndElsewhere,
    /// They go on
    Keep,
}

impl Credential {
    /// # Errors
    /// As the store's.
    pub fn run(self, common: &Common, output: &mut Output) -> Result {
        match self {
            Self::Set { document, password, tokens } => {
                let password = password.read_to_set(common)?;
                let session = Session::open(common)?;
                // The hash takes a while, and so comes before the transaction.
                let hash = session.parts().0.hash_password(&password)?;
                set(session, &document, &hash, tokens.fate(), output)
            }
            Self::Import { document, hash_file, tokens } => {
                let hash = read_password_hash(&hash_file, common)?;
                set(Session::open(common)?, &document, &hash, tokens.fate(), output)
            }
            Self::Show { document } => show(&document, common, output),
            Self::Verify { whom, password } => verify(&whom, &password, common, output),
            Self::Change { present, new, tokens } => {
                let (present, new) = new.read_both(&present, common)?;
                let session = Session::open(common)?;
                let (db, token) = session.parts();
                let changed = db.change_password(token, &present, &new, tokens.sessions());
                changed.map_err(|error| Failure::from(error).for_token_holders())?;
                session.close()?;
                output.done(|| json!({"changed": true}), "changed the password")
            }
            Self::Disable { document, tokens } => {
                let Named { collection, id } = &document;
                change(common, |tx| tx.disable_credential(collection, id, tokens.fate()))?;
                document.told("disabled", "disabled the password of", output)
            }
            Self::Enable { document } => {
                let Named { collection, id } = &document;
                change(common, |tx| tx.enable_credential(collection, id))?;
                document.told("enabled", "enabled the password of", output)
            }
            Self::Delete { document, tokens } => {
                let Named { collection, id } = &document;
                confirm(common, &format!("delete the password of {collection}/{id}"))?;
                change(common, |tx| tx.delete_credential(collection, id, tokens.fate()))?;
                document.told("deleted", "deleted the password of", output)
            }
        }
    }
}

impl Named {
    fn told(&self, member: &str, note: &str, output: &mut Output) -> Result {
        let name = format!("{}/{}", self.collection, self.id);
        output.done(|| json!({member: name}), &format!("{note} {name}"))
    }
}

impl Tokens {
    fn fate(&self) -> Sessions {
        if self.keep_tokens { Sessions::Keep } else { Sessions::End }
    }
}

impl Fate {
    fn sessions(self) -> Sessions {
        match self {
            Self::End => Sessions::End,
            Self::EndElsewhere => Sessions::EndElsewhere,
            Self::Keep => Sessions::Keep,
        }
    }
}

fn set(
    session: Session,
    document: &Named,
    hash: &PasswordHash,
    tokens: Sessions,
    output: &mut Output,
) -> Result {
    session.write(|tx| tx.set_credential(&document.collection, &document.id, hash, tokens))?;
    session.close()?;
    document.told("set", "set the password of", output)
}

fn show(document: &Named, common: &Common, output: &mut Output) -> Result {
    let session = Session::open(common)?;
    let found = session.read(|tx| tx.credential(&document.collection, &document.id))?;
    let CredentialInfo { created_at, changed_at, is_disabled, algorithm } =
        found.ok_or_else(|| Failure::not_found("credential"))?;
    output.value_or_table(
        || {
            json!({
                "collection": document.collection, "document": document.id, "algorithm": algorithm,
                "disabled": is_disabled, "created_at": created_at.to_string(),
                "changed_at": changed_at.to_string(),
            })
        },
        || {
            Table::of_properties([
                ("document", format!("{}/{}", document.collection, document.id)),
                ("algorithm", algorithm.unwrap_or("(one that is not taken over)").into()),
                ("state", if is_disabled { "disabled" } else { "enabled" }.into()),
                ("created", created_at.to_string()),
                ("changed", changed_at.to_string()),
            ])
        },
    )
}

fn verify(whom: &Whom, password: &PasswordArgs, common: &Common, output: &mut Output) -> Result {
    let password = password.read(common)?;
    let session = Session::open(common)?;
    let (db, app) = session.parts();
    let is_right = db.verify_password(app, whom.collection(), &whom.by()?, &password)?;
    session.close()?;
    if !is_right {
        return Err(Error::WrongCredentials.into());
    }
    output.done(|| json!({"right": true}), "the password is right")
}
