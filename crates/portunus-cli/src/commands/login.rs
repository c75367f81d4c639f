//! `login` and `refresh`: from a password to a token, and from one token to the next. It knows nothing of how a password is
//! proven.

use super::token::new_token;
use crate::args::Common;
use crate::document_json::read_value;
use crate::failure::{Failure, Result};
use crate::files::{SecretFile, begins_with};
use crate::new_secret::{NewSecret, hand_over};
use crate::output::Output;
use crate::parse::{Span, Term};
use crate::secret_source::{PasswordArgs, read_secret_file};
use crate::session::{Session, open_store};
use clap::Args;
use portunus::{By, Login as Stated, Logout, Portunus, RefreshTerms, Session as LoggedIn, by};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// How the text of a token begins, and how that of a refresh token.
const TOKEN_PREFIX: &str = "pt_";
const REFRESH_PREFIX: &str = "pr_";

/// Log somebody in by a password: make a token for the document that the password is of
///
/// The secret is the application's own, which may read credentials and create tokens. The token is printed once, or written
/// into a file that only you can read. Every login that fails gets the same answer.
#[derive(Args)]
pub struct Login {
    #[command(flatten)]
    whom: Whom,
    #[command(flatten)]
    password: PasswordArgs,
    /// How long the token opens the store, as in 15m [default: 12h]
    #[arg(long, value_name = "TIME")]
    ttl: Option<Span>,
    /// Make a refresh token too, by which `portunus refresh` carries the login on
    #[arg(long)]
    refresh: bool,
    /// How long a refresh token waits to be used [default: 14d]
    #[arg(long, value_name = "TIME", requires = "refresh")]
    idle: Option<Span>,
    /// How long the login can be carried on in all [default: 90d]
    #[arg(long, value_name = "TIME", requires = "refresh")]
    absolute: Option<Span>,
    /// Where the login comes from, an address say: attempts from one place are limited together
    #[arg(long, value_name = "TEXT")]
    source: Option<String>,
    /// Put this JSON beside the tokens, for lists to show: with which device the login was made, say
    #[arg(long, value_name = "JSON")]
    data: Option<String>,
    /// Write the token into this new file, and do not print it
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Write the refresh token into this new file, and do not print it
    #[arg(long, value_name = "FILE", requires = "refresh")]
    refresh_file: Option<PathBuf>,
}

/// Carry a login on: give a refresh token for the next token, and the next refresh token
///
/// A refresh token is good for one time. One that is shown a second time ends the login with all its tokens.
#[derive(Args)]
pub struct Refresh {
    /// Take the refresh token from this file, and put the next one in its place [otherwise: it is the secret]
    #[arg(long, value_name = "FILE")]
    refresh_file: Option<PathBuf>,
    /// Write the token into this file, which is new or holds a token already, and do not print it
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

/// Whose password it is.
#[derive(Args)]
pub struct Whom {
    /// The collection of the document
    collection: String,
    #[command(flatten)]
    document: Document,
}

/// A document, by one of its names.
#[derive(Args)]
#[group(required = true, multiple = false)]
struct Document {
    /// The id of the document
    #[arg(long)]
    id: Option<String>,
    /// What a unique index has for the document, as in email=ann@example.org. The value is JSON, or else text
    #[arg(long, value_name = "FIELD=VALUE")]
    by: Option<FieldAndTerm>,
}

/// A field and its value, as they are typed.
#[derive(Clone, Debug, PartialEq)]
struct FieldAndTerm(String, Term);

impl FromStr for FieldAndTerm {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (field, term) = text.split_once('=').ok_or("write FIELD=VALUE")?;
        let Ok(term) = term.parse();
        Ok(Self(field.into(), term))
    }
}

impl Whom {
    /// The collection.
    pub fn collection(&self) -> &str {
        &self.collection
    }

    /// The document in it.
    ///
    /// # Errors
    /// A usage failure if it is not named.
    pub fn by(&self) -> Result<By> {
        match (&self.document.id, &self.document.by) {
            (Some(id), _) => Ok(By::id(id)),
            (None, Some(FieldAndTerm(field, term))) => Ok(by(field, term.0.clone())),
            (None, None) => Err(Failure::usage("name the document with --id or --by")),
        }
    }
}

impl Login {
    /// # Errors
    /// As the store's. Whose password is wrong, or whether there is one at all, is not told.
    pub fn run(self, common: &Common, output: &mut Output) -> Result {
        let login = self.stated(common)?;
        let session = Session::open(common)?;
        let files = Files {
            token: self.token_file.as_deref().map(SecretFile::create).transpose()?,
            refresh: self.refresh_file.as_deref().map(SecretFile::create).transpose()?,
        };
        let (db, app) = session.parts();
        let made = db.login(app, &login)?;
        files.hand_over(&made, db, output)?;
        session.close()
    }

    fn stated(&self, common: &Common) -> Result<Stated> {
        let password = self.password.read(common)?;
        let mut login = Stated::new(self.whom.collection(), self.whom.by()?, &password);
        if let Some(ttl) = self.ttl {
            login = login.ttl(ttl.0);
        }
        if self.refresh {
            let mut terms = RefreshTerms::default();
            terms.idle = self.idle.map_or(terms.idle, |idle| idle.0);
            terms.absolute = self.absolute.map_or(terms.absolute, |absolute| absolute.0);
            login = login.refresh(terms);
        }
        if let Some(source) = &self.source {
            login = login.source(source);
        }
        if let Some(data) = &self.data {
            login = login.data(read_value(data)?)?;
        }
        Ok(login)
    }
}

impl Refresh {
    /// # Errors
    /// As the store's; unauthenticated if the refresh token is good for nothing, for whatever reason.
    pub fn run(self, common: &Common, output: &mut Output) -> Result {
        // Before the refresh token is used up: it is the last one.
        let replace = |path: &Option<PathBuf>, prefix: &str| {
            path.as_deref().map(|path: &Path| SecretFile::create_or_replace(path, prefix)).transpose()
        };
        match &self.refresh_file {
            None => {
                let session = Session::open(common)?;
                let files = Files { token: replace(&self.token_file, TOKEN_PREFIX)?, refresh: None };
                let (db, secret) = session.parts();
                files.hand_over(&db.refresh(secret)?, db, output)?;
                session.close()
            }
            Some(path) => {
                let secret = read_secret_file(path)?;
                if !begins_with(path, REFRESH_PREFIX) {
                    return Err(Failure::usage(format!("{} holds no refresh token", path.display())));
                }
                let db = open_store(common)?;
                let refresh = replace(&self.refresh_file, REFRESH_PREFIX)?;
                let files = Files { token: replace(&self.token_file, TOKEN_PREFIX)?, refresh };
                files.hand_over(&db.refresh(&secret)?, &db, output)?;
                Ok(db.close()?)
            }
        }
    }
}

/// Where the secrets of a login go.
struct Files {
    token: Option<SecretFile>,
    refresh: Option<SecretFile>,
}

impl Files {
    fn hand_over(self, made: &LoggedIn, db: &Portunus, output: &mut Output) -> Result {
        let refresh = made.refresh.as_ref().map(|token| new_token("refresh token", token, self.refresh));
        let more = vec![("expires_at", json!(made.expires_at.to_string()))];
        let id = made.id.to_string();
        let token = NewSecret { noun: "token", id, more, secret: &made.secret, file: self.token };
        hand_over(token, refresh.map(|refresh| ("refresh", refresh)), output)
            // Nobody has them, and nobody should.
            .inspect_err(|_| drop(db.write(&made.secret, |tx| tx.logout(Logout::Here))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use portunus::Value;

    #[test]
    fn a_document_is_named_by_a_field_and_its_value() {
        let check = |text: &str, field: &str, value: Value| {
            assert_eq!(text.parse(), Ok(FieldAndTerm(field.into(), Term(value))), "{text}");
        };
        check("email=ann@example.org", "email", "ann@example.org".into());
        check("number=5", "number", 5.into());
        check("note=a=b", "note", "a=b".into());
        assert!("email".parse::<FieldAndTerm>().is_err());
    }
}
