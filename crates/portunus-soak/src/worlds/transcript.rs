//! What a holder is told, as text in which nothing is random. It knows nothing of what was asked.

use portunus_auth::{Document, PublicId, Query, Result};
use std::fmt::Debug;

/// What the names of one world are that the engine made: they are random by design.
pub struct Transcript {
    /// A key and a token that are not the holder's: they are there in some worlds.
    pub others: [PublicId; 2],
    names: Vec<String>,
    /// How many there were when the transaction began.
    before: usize,
}

impl Transcript {
    pub fn knowing(others: [PublicId; 2]) -> Self {
        Self { others, names: Vec::new(), before: 0 }
    }

    /// A transaction begins.
    pub fn begin(&mut self) {
        self.before = self.names.len();
    }

    /// Whether a name was made in this transaction.
    pub fn has_named(&self) -> bool {
        self.names.len() > self.before
    }

    pub fn named(&self) -> usize {
        self.names.len()
    }

    pub fn name(&mut self, name: &str) {
        self.names.push(name.to_owned());
    }

    /// A text without what is random in it.
    pub fn plain(&self, mut text: String) -> String {
        for (number, name) in self.names.iter().enumerate() {
            if text.contains(name.as_str()) {
                text = text.replace(name, &format!("made{number}"));
            }
        }
        text
    }
}

/// What came back.
pub fn told<T: Debug>(result: Result<T>) -> String {
    format!("{result:?}; ")
}

/// A document with all that is shown of it.
pub fn one(found: Result<Option<Document>>) -> String {
    told(found.map(|found| found.map(shown)))
}

/// All documents of a query.
pub fn all(query: Query<'_>) -> String {
    told(query.documents().map(|found| found.into_iter().map(shown).collect::<Vec<_>>()))
}

fn shown(document: Document) -> impl Debug {
    (document.id().to_owned(), document.version(), document.expires_at(), document.value())
}
