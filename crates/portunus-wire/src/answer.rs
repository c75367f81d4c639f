//! What one operation answers. It knows nothing of what was asked.

use portunus::{Document, Error, Result};
use serde::Serialize;

/// What one operation answers: the text of one JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    json: String,
    version: Option<u64>,
    is_nothing: bool,
}

impl Answer {
    /// The text of the JSON.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.json
    }

    /// The version of the document that was asked for or written.
    #[must_use]
    pub fn version(&self) -> Option<u64> {
        self.version
    }

    /// Whether there is nothing of the name that was asked for, or nothing that may be seen.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.is_nothing
    }

    /// That it was done, and there is no more to say.
    pub(crate) fn done() -> Self {
        Self { json: "{}".into(), version: None, is_nothing: false }
    }

    /// A text that is JSON already.
    pub(crate) fn text(json: String) -> Self {
        Self { json, version: None, is_nothing: false }
    }

    /// A value.
    pub(crate) fn of(value: &impl Serialize) -> Result<Self> {
        let json = serde_json::to_string(value);
        json.map(Self::text).map_err(|error| Error::Internal(format!("an answer is no JSON: {error}")))
    }

    /// What may be missing.
    pub(crate) fn one<T>(found: Option<T>, shown: impl FnOnce(T) -> Result<Self>) -> Result<Self> {
        match found {
            Some(found) => shown(found),
            None => Ok(Self { json: "null".into(), version: None, is_nothing: true }),
        }
    }

    /// A document with its value.
    pub(crate) fn document(document: &Document) -> Result<Self> {
        let json = crate::documents::document_text(document)?;
        Ok(Self { version: Some(document.version()), ..Self::text(json) })
    }

    /// A document that was written: what the caller does not know yet.
    pub(crate) fn written(document: &Document) -> Result<Self> {
        let json = crate::documents::document_head(document.as_ref());
        Ok(Self { version: Some(document.version()), ..Self::of(&json)? })
    }
}
