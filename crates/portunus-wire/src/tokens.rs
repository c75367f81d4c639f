//! Tokens: secrets that stand for documents. It knows nothing of passwords.

use crate::instant::{Instant, text_of};
use crate::operation::{Act, Ask};
use crate::{Answer, Tagged};
use portunus::{Error, Logout as Which, NewToken, ReadView, Result, Token, WriteView};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::time::Duration;

/// A token as JSON, without its secret.
///
/// # Errors
/// None for a token that was stored.
pub fn token_json(token: &Token) -> Result<Json> {
    Ok(json!({
        "id": token.id.to_string(),
        "kind": if token.is_refresh { "refresh_token" } else { "token" },
        "collection": token.collection,
        "document": token.document,
        "created_at": token.created_at.to_string(),
        "expires_at": text_of(token.expires_at),
        "last_used_at": text_of(token.last_used_at),
        "data": token.data.to_tagged_json()?,
    }))
}

/// Which tokens of one's own end.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum From {
    #[default]
    Here,
    Everywhere,
    Elsewhere,
}

/// Those of a document, or of the token's own one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tokens {
    #[serde(default)]
    collection: Option<String>,
    #[serde(default)]
    document: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateToken {
    collection: String,
    document: String,
    #[serde(default)]
    expires_at: Option<Instant>,
    #[serde(default)]
    ttl_s: Option<u64>,
    #[serde(default)]
    data: Option<Tagged>,
}

/// Null is never.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetTokenExpiry {
    id: String,
    expires_at: Option<Instant>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeleteToken {
    id: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Logout {
    #[serde(default)]
    from: From,
}

impl Ask for Tokens {
    fn ask(&self, view: &ReadView) -> Result<Answer> {
        let tokens = match (&self.collection, &self.document) {
            (Some(collection), Some(document)) => view.tokens_of(collection, document)?,
            (None, None) => view.own_tokens()?,
            _ => return Err(Error::invalid("document", "is named by its collection and its id")),
        };
        let shown: Result<Vec<Json>> = tokens.iter().map(token_json).collect();
        Answer::of(&shown?)
    }
}

impl Act for CreateToken {
    fn act(&self, view: &mut WriteView) -> Result<Answer> {
        let mut token = NewToken::new(&self.collection, &self.document);
        if let Some(at) = self.expires_at {
            token = token.expires_at(at.0);
        }
        if let Some(ttl) = self.ttl_s {
            token = token.ttl(Duration::from_secs(ttl));
        }
        if let Some(data) = &self.data {
            token = token.data(&data.0)?;
        }
        let created = view.create_token(&token)?;
        Answer::of(&json!({
            "id": created.id.to_string(),
            "secret": created.secret.expose(),
            "expires_at": text_of(created.expires_at),
        }))
    }
}

impl Act for SetTokenExpiry {
    fn act(&self, view: &mut WriteView) -> Result<Answer> {
        view.set_token_expiry(self.id.parse()?, self.expires_at.map(|at| at.0))?;
        Ok(Answer::done())
    }
}

impl Act for DeleteToken {
    fn act(&self, view: &mut WriteView) -> Result<Answer> {
        view.delete_token(self.id.parse()?)?;
        Ok(Answer::done())
    }
}

impl Act for Logout {
    fn act(&self, view: &mut WriteView) -> Result<Answer> {
        let which = match self.from {
            From::Here => Which::Here,
            From::Everywhere => Which::Everywhere,
            From::Elsewhere => Which::Elsewhere,
        };
        Answer::of(&json!({"ended": view.logout(which)?}))
    }
}
