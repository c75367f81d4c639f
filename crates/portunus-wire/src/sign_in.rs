//! Passwords, and what a login asks for and gives. It knows nothing of how a password is proven.

use crate::instant::text_of;
use crate::operation::{Act, Ask};
use crate::{Answer, Tagged};
use portunus::{
    By, CredentialInfo, Error, Login, Password, ReadView, RefreshTerms, Result, Session, Sessions, WriteView,
    by,
};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::fmt;
use std::time::Duration;

/// A login, as it is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoginForm {
    collection: String,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    by: Option<ByForm>,
    password: String,
    #[serde(default)]
    ttl_s: Option<u64>,
    #[serde(default)]
    data: Option<Tagged>,
    #[serde(default)]
    refresh: bool,
    #[serde(default)]
    idle_s: Option<u64>,
    #[serde(default)]
    absolute_s: Option<u64>,
    #[serde(default)]
    source: Option<String>,
}

/// What a unique index has for a document.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ByForm {
    field: String,
    term: Tagged,
}

/// A new password for a document.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasswordForm {
    password: String,
    /// Whether the tokens of the document stay.
    #[serde(default)]
    keep_tokens: bool,
}

/// A login as JSON, with its secrets.
#[must_use]
pub fn session_json(session: &Session) -> Json {
    let refresh = session.refresh.as_ref().map(|token| {
        json!({"id": token.id.to_string(), "secret": token.secret.expose(), "expires_at": text_of(token.expires_at)})
    });
    json!({
        "id": session.id.to_string(),
        "secret": session.secret.expose(),
        "expires_at": session.expires_at.to_string(),
        "refresh": refresh,
    })
}

impl LoginForm {
    /// Reads one. What is wrong is told without a word of it, since there is a password in it.
    ///
    /// # Errors
    /// `Invalid` if it is none.
    pub fn read(text: &str) -> Result<Self> {
        serde_json::from_str(text).map_err(|_| Error::invalid("", "is no login"))
    }

    /// The login, from `source` if the form names none.
    ///
    /// # Errors
    /// `Invalid` or `Limit` if there can be no such login.
    pub fn stated(&self, source: &str) -> Result<Login> {
        let named = match (&self.id, &self.by) {
            (Some(id), None) => By::id(id),
            (None, Some(ByForm { field, term })) => by(field, term.0.clone()),
            _ => return Err(Error::invalid("by", "a login names a document by its id or by a field")),
        };
        let mut login = Login::new(&self.collection, named, &Password::new(&self.password)?);
        if let Some(ttl) = self.ttl_s {
            login = login.ttl(Duration::from_secs(ttl));
        }
        if let Some(data) = &self.data {
            login = login.data(&data.0)?;
        }
        if self.refresh {
            let mut terms = RefreshTerms::default();
            terms.idle = self.idle_s.map_or(terms.idle, Duration::from_secs);
            terms.absolute = self.absolute_s.map_or(terms.absolute, Duration::from_secs);
            login = login.refresh(terms);
        }
        Ok(login.source(self.source.as_deref().unwrap_or(source)))
    }
}

impl PasswordForm {
    /// Reads one, as [`LoginForm::read`].
    ///
    /// # Errors
    /// `Invalid` if it is none.
    pub fn read(text: &str) -> Result<Self> {
        serde_json::from_str(text).map_err(|_| Error::invalid("", "is no password"))
    }

    /// The password, and what becomes of the tokens.
    ///
    /// # Errors
    /// `Invalid` or `Limit` if it can be none.
    pub fn stated(&self) -> Result<(Password, Sessions)> {
        Ok((Password::new(&self.password)?, sessions(self.keep_tokens)))
    }
}

impl fmt::Debug for LoginForm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("LoginForm").field("collection", &self.collection).finish_non_exhaustive()
    }
}

impl fmt::Debug for PasswordForm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("PasswordForm").finish_non_exhaustive()
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credential {
    collection: String,
    id: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DisableCredential {
    collection: String,
    id: String,
    #[serde(default)]
    keep_tokens: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnableCredential {
    collection: String,
    id: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeleteCredential {
    collection: String,
    id: String,
    #[serde(default)]
    keep_tokens: bool,
}

fn sessions(keep_tokens: bool) -> Sessions {
    if keep_tokens { Sessions::Keep } else { Sessions::End }
}

impl Ask for Credential {
    fn ask(&self, view: &ReadView) -> Result<Answer> {
        Answer::one(
            view.credential(&self.collection, &self.id)?,
            |CredentialInfo { created_at, changed_at, is_disabled, algorithm }| {
                Answer::of(&json!({
                    "collection": self.collection, "document": self.id, "algorithm": algorithm,
                    "disabled": is_disabled, "created_at": created_at.to_string(),
                    "changed_at": changed_at.to_string(),
                }))
            },
        )
    }
}

impl Act for DisableCredential {
    fn act(&self, view: &mut WriteView) -> Result<Answer> {
        view.disable_credential(&self.collection, &self.id, sessions(self.keep_tokens))?;
        Ok(Answer::done())
    }
}

impl Act for EnableCredential {
    fn act(&self, view: &mut WriteView) -> Result<Answer> {
        view.enable_credential(&self.collection, &self.id)?;
        Ok(Answer::done())
    }
}

impl Act for DeleteCredential {
    fn act(&self, view: &mut WriteView) -> Result<Answer> {
        view.delete_credential(&self.collection, &self.id, sessions(self.keep_tokens))?;
        Ok(Answer::done())
    }
}
