//! Documents: read, made, changed and deleted one at a time, and as JSON. It knows nothing of queries.

use crate::instant::Instant;
use crate::operation::{Act, Ask};
use crate::{Answer, Tagged};
use portunus::{Document, DocumentRef, Expiry, ReadView, Result, WriteView};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value as Json};

/// A document as JSON: its id, its version, when it expires, and its value in tagged JSON.
///
/// # Errors
/// None for a document that was stored.
pub fn document_json(document: &Document) -> Result<Json> {
    let mut object = document_head(document.as_ref());
    object.insert("value".into(), document.value().to_tagged_json()?);
    Ok(Json::Object(object))
}

/// A document as a line of an export: what it takes to make it again.
///
/// # Errors
/// None for a document that was stored.
pub fn document_line(document: DocumentRef<'_>) -> Result<String> {
    let mut line = format!("{{\"id\":{}", Json::from(document.id()));
    if let Some(at) = document.expires_at() {
        line.push_str(&format!(",\"expires_at\":{}", Json::from(at.to_string())));
    }
    line.push_str(&format!(",\"value\":{}}}", document.value().to_tagged_json_text()?));
    Ok(line)
}

/// What a document is apart from its value: its id, its version, and when it expires.
pub fn document_head(document: DocumentRef<'_>) -> Map<String, Json> {
    let mut object = Map::new();
    object.insert("id".into(), document.id().into());
    object.insert("version".into(), document.version().into());
    if let Some(at) = document.expires_at() {
        object.insert("expires_at".into(), at.to_string().into());
    }
    object
}

/// As [`document_json`], as text.
pub(crate) fn document_text(document: &Document) -> Result<String> {
    let mut text = Json::Object(document_head(document.as_ref())).to_string();
    text.pop();
    text.push_str(",\"value\":");
    text.push_str(&document.value().to_tagged_json_text()?);
    text.push('}');
    Ok(text)
}

/// When a document expires: left out, it is as before; null is never.
#[derive(Clone, Copy, Debug, Default)]
struct Ends(Expiry);

impl<'de> Deserialize<'de> for Ends {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let at = Option::<Instant>::deserialize(deserializer)?;
        Ok(Self(at.map_or(Expiry::Never, |at| Expiry::At(at.0))))
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Get {
    collection: String,
    id: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exists {
    collection: String,
    id: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Create {
    collection: String,
    #[serde(default)]
    id: Option<String>,
    value: Tagged,
    #[serde(default)]
    expires_at: Ends,
}

/// Creates a document, or replaces the one that is there.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Put {
    collection: String,
    id: String,
    value: Tagged,
    #[serde(default)]
    expires_at: Ends,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Replace {
    collection: String,
    id: String,
    value: Tagged,
    #[serde(default)]
    if_version: Option<u64>,
    #[serde(default)]
    expires_at: Ends,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Patch {
    collection: String,
    id: String,
    patch: Tagged,
    #[serde(default)]
    if_version: Option<u64>,
    #[serde(default)]
    expires_at: Ends,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Delete {
    collection: String,
    id: String,
    #[serde(default)]
    if_version: Option<u64>,
}

impl Ask for Get {
    fn ask(&self, view: &ReadView) -> Result<Answer> {
        Answer::one(view.get(&self.collection, &self.id)?, |found| Answer::document(&found))
    }
}

impl Ask for Exists {
    fn ask(&self, view: &ReadView) -> Result<Answer> {
        Answer::of(&view.exists(&self.collection, &self.id)?)
    }
}

impl Act for Create {
    fn act(&self, view: &mut WriteView) -> Result<Answer> {
        let addition = view.add(&self.collection).expires(self.expires_at.0);
        let addition = match &self.id {
            Some(id) => addition.id(id),
            None => addition,
        };
        Answer::written(&addition.create(&self.value.0)?)
    }
}

impl Act for Put {
    fn act(&self, view: &mut WriteView) -> Result<Answer> {
        let (collection, id, value) = (&self.collection, &self.id, &self.value.0);
        let written = if view.exists(collection, id)? {
            view.change(collection, id).expires(self.expires_at.0).replace(value)
        } else {
            view.add(collection).id(id).expires(self.expires_at.0).create(value)
        };
        Answer::written(&written?)
    }
}

impl Act for Replace {
    fn act(&self, view: &mut WriteView) -> Result<Answer> {
        let change = view.change(&self.collection, &self.id).expires(self.expires_at.0);
        let change = match self.if_version {
            Some(version) => change.if_version(version),
            None => change,
        };
        Answer::written(&change.replace(&self.value.0)?)
    }
}

impl Act for Patch {
    fn act(&self, view: &mut WriteView) -> Result<Answer> {
        let change = view.change(&self.collection, &self.id).expires(self.expires_at.0);
        let change = match self.if_version {
            Some(version) => change.if_version(version),
            None => change,
        };
        Answer::written(&change.patch(&self.patch.0)?)
    }
}

impl Act for Delete {
    fn act(&self, view: &mut WriteView) -> Result<Answer> {
        let change = view.change(&self.collection, &self.id);
        match self.if_version {
            Some(version) => change.if_version(version).delete()?,
            None => change.delete()?,
        }
        Ok(Answer::done())
    }
}
