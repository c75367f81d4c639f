//! Keys: secrets that an administrator makes. It knows nothing of what they open.

use crate::Answer;
use crate::databases::Path;
use crate::instant::{Instant, text_of};
use crate::operation::{Act, Ask};
use portunus::{Key as Listed, NewKey, PublicId, ReadView, Result, WriteView};
use serde::Deserialize;
use serde_json::{Value as Json, json};

/// A key as JSON, without its secret.
#[must_use]
pub fn key_json(key: &Listed) -> Json {
    json!({
        "id": key.id.to_string(),
        "name": key.name,
        "role": key.role.to_string(),
        "database": key.path.as_ref().map(ToString::to_string),
        "created_at": key.created_at.to_string(),
        "expires_at": text_of(key.expires_at),
    })
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Keys {}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Key {
    id: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateKey {
    role: String,
    #[serde(default)]
    database: Path,
    #[serde(default)]
    expires_at: Option<Instant>,
    #[serde(default)]
    name: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetKeyRole {
    id: String,
    role: String,
}

/// Null is never.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetKeyExpiry {
    id: String,
    expires_at: Option<Instant>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeleteKey {
    id: String,
}

impl Ask for Keys {
    fn ask(&self, view: &ReadView) -> Result<Answer> {
        Answer::of(&view.keys()?.iter().map(key_json).collect::<Json>())
    }
}

impl Ask for Key {
    fn ask(&self, view: &ReadView) -> Result<Answer> {
        Answer::one(view.key(self.id.parse::<PublicId>()?)?, |key| Answer::of(&key_json(&key)))
    }
}

impl Act for CreateKey {
    fn act(&self, view: &mut WriteView) -> Result<Answer> {
        let mut key = NewKey::new(&self.role).at(self.database.0.clone());
        if let Some(at) = self.expires_at {
            key = key.expires_at(at.0);
        }
        if let Some(name) = &self.name {
            key = key.named(name);
        }
        let created = view.create_key(&key)?;
        Answer::of(&json!({"id": created.id.to_string(), "secret": created.secret.expose()}))
    }
}

impl Act for SetKeyRole {
    fn act(&self, view: &mut WriteView) -> Result<Answer> {
        view.set_key_role(self.id.parse()?, &self.role)?;
        Ok(Answer::done())
    }
}

impl Act for SetKeyExpiry {
    fn act(&self, view: &mut WriteView) -> Result<Answer> {
        view.set_key_expiry(self.id.parse()?, self.expires_at.map(|at| at.0))?;
        Ok(Answer::done())
    }
}

impl Act for DeleteKey {
    fn act(&self, view: &mut WriteView) -> Result<Answer> {
        view.delete_key(self.id.parse()?)?;
        Ok(Answer::done())
    }
}
