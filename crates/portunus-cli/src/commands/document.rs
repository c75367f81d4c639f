//! `create`, `get`, `put` and `delete`: one document at a time. It knows nothing of queries.

use crate::args::Common;
use crate::document_json::{read_value, value_json};
use crate::failure::{Failure, Result};
use crate::output::Output;
use crate::parse::End;
use crate::session::Session;
use clap::Args;
use portunus::{Document, Expiry, Value, WriteView};
use portunus_wire::{document_head, document_json};
use serde_json::Value as Json;
use std::io::Read as _;

/// The most bytes of a document that is read from standard input.
const INPUT_BYTES_MAX: u64 = 64 << 20;

/// Create a document, under an id of the engine's making
#[derive(Args)]
pub struct Create {
    /// The collection
    collection: String,
    /// The document as JSON; from standard input if it is '-' or left out
    value: Option<String>,
    /// When it is to expire: an instant, a length of time such as 30d, or never
    #[arg(long, value_name = "WHEN")]
    expires: Option<End>,
}

/// Show a document
#[derive(Args)]
pub struct Get {
    /// The collection
    collection: String,
    /// The id of the document
    id: String,
}

/// Create a document under an id, or replace the one that is there
#[derive(Args)]
pub struct Put {
    /// The collection
    collection: String,
    /// The id of the document
    id: String,
    /// The document as JSON; from standard input if it is '-' or left out
    value: Option<String>,
    /// Merge the value into the document that is there (RFC 7396): its members replace those of the same name, null removes
    #[arg(long)]
    patch: bool,
    /// Only if the document still has this version
    #[arg(long, value_name = "VERSION")]
    if_version: Option<u64>,
    /// When it is to expire: an instant, a length of time such as 30d, or never
    #[arg(long, value_name = "WHEN")]
    expires: Option<End>,
}

/// Delete a document
#[derive(Args)]
pub struct Delete {
    /// The collection
    collection: String,
    /// The id of the document
    id: String,
    /// Only if the document still has this version
    #[arg(long, value_name = "VERSION")]
    if_version: Option<u64>,
}

impl Create {
    /// # Errors
    /// As the store's.
    pub fn run(self, common: &Common, output: &mut Output) -> Result {
        let value = value_of(self.value.as_deref(), common)?;
        let session = Session::open(common)?;
        let expiry = expiry(self.expires, &session);
        let document = session.write(|tx| tx.add(&self.collection).expires(expiry).create(&value))?;
        session.close()?;
        written(&document, output)
    }
}

impl Get {
    /// # Errors
    /// As the store's; not found if there is no such document.
    pub fn run(self, common: &Common, output: &mut Output) -> Result {
        let session = Session::open(common)?;
        let found = session.read(|tx| tx.get(&self.collection, &self.id))?;
        let document = found.ok_or_else(|| Failure::not_found("document"))?;
        if output.is_json() {
            return output.json(&document_json(&document)?);
        }
        let value = value_json(&document.value())?;
        let pretty = serde_json::to_string_pretty(&value);
        output.line(&pretty.map_err(|error| Failure::new(error.to_string()))?)
    }
}

impl Put {
    /// # Errors
    /// As the store's.
    pub fn run(self, common: &Common, output: &mut Output) -> Result {
        let value = value_of(self.value.as_deref(), common)?;
        let session = Session::open(common)?;
        let expiry = expiry(self.expires, &session);
        let document = session.write(|tx| self.store(tx, &value, expiry))?;
        session.close()?;
        written(&document, output)
    }

    fn store(&self, tx: &mut WriteView, value: &Value, expiry: Expiry) -> portunus::Result<Document> {
        let must_exist = self.patch || self.if_version.is_some();
        if !must_exist && !tx.exists(&self.collection, &self.id)? {
            return tx.add(&self.collection).id(&self.id).expires(expiry).create(value);
        }
        let mut change = tx.change(&self.collection, &self.id).expires(expiry);
        if let Some(version) = self.if_version {
            change = change.if_version(version);
        }
        if self.patch { change.patch(value) } else { change.replace(value) }
    }
}

impl Delete {
    /// # Errors
    /// As the store's.
    pub fn run(self, common: &Common, output: &mut Output) -> Result {
        let session = Session::open(common)?;
        session.write(|tx| {
            let change = tx.change(&self.collection, &self.id);
            match self.if_version {
                Some(version) => change.if_version(version).delete(),
                None => change.delete(),
            }
        })?;
        session.close()?;
        output.done(|| serde_json::json!({"deleted": self.id}), &format!("deleted {}", self.id))
    }
}

/// The JSON of an argument, or of standard input.
fn value_of(argument: Option<&str>, common: &Common) -> Result<Value> {
    match argument {
        Some(text) if text != "-" => read_value(text),
        Some(_) | None => {
            if common.secret_file.as_ref().is_some_and(|path| path.as_os_str() == "-") {
                return Err(Failure::usage("standard input cannot hold both the secret and the document"));
            }
            let mut text = String::new();
            let read = std::io::stdin().lock().take(INPUT_BYTES_MAX + 1).read_to_string(&mut text);
            let read = read.map_err(|error| Failure::new(format!("cannot read the document: {error}")))?;
            if u64::try_from(read).unwrap_or(u64::MAX) > INPUT_BYTES_MAX {
                return Err(Failure::new("the document is too large"));
            }
            read_value(&text)
        }
    }
}

fn expiry(end: Option<End>, session: &Session) -> Expiry {
    match end {
        None => Expiry::Unchanged,
        Some(end) => end.instant(session.now()).map_or(Expiry::Never, Expiry::At),
    }
}

/// Says which document was written: its id is what the next command needs.
fn written(document: &Document, output: &mut Output) -> Result {
    if output.is_json() {
        return output.json(&Json::Object(document_head(document.as_ref())));
    }
    output.line(document.id())
}
