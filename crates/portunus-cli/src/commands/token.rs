//! `token`: what opens the store as a document. It knows nothing of passwords.

use crate::args::Common;
use crate::confirm::confirm;
use crate::document_json::{read_value, value_json};
use crate::failure::{Failure, Result};
use crate::files::SecretFile;
use crate::new_secret::{NewSecret, hand_over};
use crate::output::Output;
use crate::parse::{End, Span, When, optional_instant};
use crate::session::{Session, change};
use crate::table::Table;
use clap::{Args, Subcommand};
use portunus::{CreatedToken, NewToken, PublicId, Token as Listed, Value};
use serde_json::{Value as Json, json};
use std::path::PathBuf;

/// Tokens, which open the store as a document: that of a user, say
#[derive(Subcommand)]
pub enum Token {
    /// Make a token for a document. Its secret is printed once, or written into a file that only you can read
    Create(CreateToken),
    /// List the tokens of a document, or one's own. Their secrets cannot be shown
    List {
        /// The collection of the document; one's own tokens if it is left out
        #[arg(requires = "id")]
        collection: Option<String>,
        /// The id of the document
        id: Option<String>,
    },
    /// Show a token, but not its secret
    Show {
        /// The id of the token
        id: PublicId,
    },
    /// Let a token stand for another document
    Retarget {
        /// The id of the token
        id: PublicId,
        /// The collection of the document
        collection: String,
        /// The id of the document
        document: String,
    },
    /// Let a token end at another time
    Expire {
        /// The id of the token
        id: PublicId,
        /// An instant, a length of time such as 30d, or never
        when: End,
    },
    /// Revoke a token for good. No transaction of it goes on
    Delete {
        /// The id of the token
        id: PublicId,
    },
}

/// Make a token.
#[derive(Args)]
pub struct CreateToken {
    /// The collection of the document
    collection: String,
    /// The id of the document
    id: String,
    /// How long it opens the store, as in 12h
    #[arg(long, value_name = "TIME", conflicts_with = "expires")]
    ttl: Option<Span>,
    /// When it ends: an instant, or a length of time such as 30d
    #[arg(long, value_name = "WHEN")]
    expires: Option<When>,
    /// Put this JSON beside it, for lists to show: what it is for, where it was made
    #[arg(long, value_name = "JSON")]
    data: Option<String>,
    /// Write the secret into this new file, and do not print it
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

impl Token {
    /// # Errors
    /// As the store's.
    pub fn run(self, common: &Common, output: &mut Output) -> Result {
        match self {
            Self::Create(command) => command.run(common, output),
            Self::List { collection, id } => list(collection.zip(id).as_ref(), common, output),
            Self::Show { id } => show(id, common, output),
            Self::Retarget { id, collection, document } => {
                change(common, |tx| tx.retarget_token(id, &collection, &document))?;
                let value = || json!({"id": id.to_string(), "collection": collection, "document": document});
                output.done(value, &format!("{id} stands for {collection}/{document} now"))
            }
            Self::Expire { id, when } => {
                change(common, |tx| tx.set_token_expiry(id, when.instant(tx.now())))?;
                output.done(|| json!({"id": id.to_string()}), &format!("{id} ends at another time now"))
            }
            Self::Delete { id } => {
                confirm(common, &format!("revoke the token {id}"))?;
                change(common, |tx| tx.delete_token(id))?;
                output.done(|| json!({"deleted": id.to_string()}), &format!("revoked {id}"))
            }
        }
    }
}

impl CreateToken {
    fn run(self, common: &Common, output: &mut Output) -> Result {
        let data = self.data.as_deref().map(read_value).transpose()?;
        let session = Session::open(common)?;
        let file = self.token_file.as_deref().map(SecretFile::create).transpose()?;
        let token = self.create(data, &session)?;
        // A token that nobody has seen is of no use, and should not be there.
        hand_over(new_token("token", &token, file), None, output)
            .inspect_err(|_| drop(session.write(|tx| tx.delete_token(token.id))))?;
        session.close()
    }

    fn create(&self, data: Option<Value>, session: &Session) -> Result<CreatedToken> {
        let mut token = NewToken::new(&self.collection, &self.id);
        if let Some(ttl) = self.ttl {
            token = token.ttl(ttl.0);
        }
        if let Some(when) = self.expires {
            token = token.expires_at(when.instant(session.now()));
        }
        if let Some(data) = data {
            token = token.data(data)?;
        }
        session.write(|tx| tx.create_token(&token))
    }
}

/// A token or a refresh token that was made just now.
pub fn new_token<'t>(noun: &'static str, token: &'t CreatedToken, file: Option<SecretFile>) -> NewSecret<'t> {
    let more = vec![("expires_at", json!(token.expires_at.map(|at| at.to_string())))];
    NewSecret { noun, id: token.id.to_string(), more, secret: &token.secret, file }
}

/// What programs are told of a token.
pub fn to_json(token: &Listed) -> Result<Json> {
    Ok(json!({
        "id": token.id.to_string(),
        "kind": if token.is_refresh { "refresh_token" } else { "token" },
        "collection": token.collection,
        "document": token.document,
        "created_at": token.created_at.to_string(),
        "expires_at": token.expires_at.map(|at| at.to_string()),
        "last_used_at": token.last_used_at.map(|at| at.to_string()),
        "data": value_json(&token.data)?,
    }))
}

/// What people are told of the data of a token.
pub fn data(token: &Listed) -> Result<String> {
    if token.data == Value::Null { Ok("-".into()) } else { Ok(value_json(&token.data)?.to_string()) }
}

fn list(document: Option<&(String, String)>, common: &Common, output: &mut Output) -> Result {
    let session = Session::open(common)?;
    let tokens = session.read(|tx| match document {
        Some((collection, id)) => tx.tokens_of(collection, id),
        None => tx.own_tokens(),
    });
    let tokens = if document.is_none() { tokens.map_err(Failure::for_token_holders)? } else { tokens? };
    if output.is_json() {
        let list: Result<Vec<Json>> = tokens.iter().map(to_json).collect();
        return output.json(&Json::Array(list?));
    }
    if tokens.is_empty() {
        output.note("there are no such tokens, or none that this secret may see");
        return Ok(());
    }
    let mut table = Table::new(["id", "kind", "document", "created", "expires", "last used", "data"]);
    for token in &tokens {
        table.row([
            token.id.to_string(),
            kind(token).into(),
            document_of(token),
            token.created_at.to_string(),
            optional_instant(token.expires_at),
            optional_instant(token.last_used_at),
            data(token)?,
        ]);
    }
    output.table(&table)
}

fn show(id: PublicId, common: &Common, output: &mut Output) -> Result {
    let session = Session::open(common)?;
    let found = session.read(|tx| tx.token(id))?;
    let token = found.ok_or_else(|| Failure::not_found("token"))?;
    if output.is_json() {
        return output.json(&to_json(&token)?);
    }
    output.table(&Table::of_properties([
        ("id", token.id.to_string()),
        ("kind", kind(&token).into()),
        ("document", document_of(&token)),
        ("created", token.created_at.to_string()),
        ("expires", optional_instant(token.expires_at)),
        ("last used", optional_instant(token.last_used_at)),
        ("data", data(&token)?),
    ]))
}

fn kind(token: &Listed) -> &'static str {
    if token.is_refresh { "refresh token" } else { "token" }
}

fn document_of(token: &Listed) -> String {
    format!("{}/{}", token.collection, token.document)
}
