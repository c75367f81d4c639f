//! What a login asks for, and what comes of it. It knows nothing of who logs in.

use super::By;
use crate::{CreatedToken, Error, Password, PublicId, Result, Secret};
use portunus_scope::{Timestamp, Value, to_value};
use serde::Serialize;
use std::time::Duration;

/// How long the token of a login opens transactions, unless the login says otherwise: twelve hours.
pub const SESSION_TTL: Duration = Duration::from_secs(12 * 60 * 60);
/// The longest time that the token of a login, or a login as a whole, can be asked to last: a year and a day.
pub const SESSION_TTL_MAX: Duration = Duration::from_secs(366 * 24 * 60 * 60);
/// The most bytes of what says where a login comes from.
pub const LOGIN_SOURCE_BYTES_MAX: usize = 256;

/// A login: who, with which password, and for what.
///
/// ```
/// # use portunus_auth::{Collection, Durability, Error, Gate, GateOptions, Sessions};
/// use portunus_auth::{Login, Password, RefreshTerms, by};
/// use std::time::Duration;
/// # let (gate, app) = Gate::create_in_memory(&GateOptions::default())?;
/// # let password = Password::new("correct horse")?;
/// # let hash = gate.hash_password(&password)?;
/// # let mut view = gate.begin_write(&app)?;
/// # view.define(Collection::new("users").unique(["email"]))?;
/// # view.create_with_id("users", "ann", serde_json::json!({"email": "ann@example.org"}))?;
/// # view.set_credential("users", "ann", &hash, Sessions::End)?;
/// # view.commit(Durability::Immediate)?;
/// let login = Login::new("users", by("email", "ann@example.org"), &password)
///     .ttl(Duration::from_secs(15 * 60))
///     .refresh(RefreshTerms::default())
///     .source("198.51.100.7")
///     .data(serde_json::json!({"device": "phone"}))?;
/// let session = gate.login(&app, login)?;
/// let again = gate.refresh(&session.refresh.expect("it was asked for").secret)?;
/// assert!(gate.begin_read(&again.secret).is_ok());
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nobody is logged in until `Gate::login` is called"]
pub struct Login {
    pub(crate) collection: String,
    pub(crate) by: By,
    pub(crate) password: Password,
    pub(crate) ttl: Duration,
    pub(crate) data: Value,
    pub(crate) refresh: Option<RefreshTerms>,
    pub(crate) source: Option<String>,
}

/// How long a login can be carried on with refresh tokens.
///
/// ```
/// use portunus_auth::RefreshTerms;
/// use std::time::Duration;
/// let day = Duration::from_secs(24 * 60 * 60);
/// assert_eq!(RefreshTerms::default(), RefreshTerms { idle: 14 * day, absolute: 90 * day });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshTerms {
    /// How long a refresh token waits to be used: after that nothing carries the login on, and it ends with the token that
    /// it has.
    pub idle: Duration,
    /// How long the login lasts at the most, however often it is carried on.
    pub absolute: Duration,
}

/// What a login gives: a token, and a refresh token if the login asked for one.
///
/// ```
/// # use portunus_auth::{Collection, Durability, Error, Gate, GateOptions, Login, Password, Sessions, by};
/// # let (gate, app) = Gate::create_in_memory(&GateOptions::default())?;
/// # let password = Password::new("correct horse")?;
/// # let hash = gate.hash_password(&password)?;
/// # let mut view = gate.begin_write(&app)?;
/// # view.define(Collection::new("users").unique(["email"]))?;
/// # view.create_with_id("users", "ann", serde_json::json!({"email": "ann@example.org"}))?;
/// # view.set_credential("users", "ann", &hash, Sessions::End)?;
/// # view.commit(Durability::Immediate)?;
/// use portunus_auth::Session;
/// let session: Session = gate.login(&app, Login::new("users", by("email", "ann@example.org"), &password))?;
/// assert_eq!(gate.begin_read(&session.secret)?.principal()?.id(), session.id);
/// assert!(session.expires_at > gate.clock().now() && session.refresh.is_none());
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Session {
    /// What names the token in listings and requests.
    pub id: PublicId,
    /// What opens transactions as the identity document. It is shown this once.
    pub secret: Secret,
    /// From when on it opens nothing.
    pub expires_at: Timestamp,
    /// What [`Gate::refresh`](crate::Gate::refresh) takes, once, for the next session of the same login. It opens nothing.
    pub refresh: Option<CreatedToken>,
}

impl Login {
    /// A login as one document of a collection, for a token of [`SESSION_TTL`] and nothing else.
    pub fn new(collection: impl Into<String>, by: By, password: &Password) -> Self {
        Self {
            collection: collection.into(),
            by,
            password: password.clone(),
            ttl: SESSION_TTL,
            data: Value::Null,
            refresh: None,
            source: None,
        }
    }

    /// For a token that opens nothing once it is this old.
    pub fn ttl(self, ttl: Duration) -> Self {
        Self { ttl, ..self }
    }

    /// For tokens with data of the caller's, which listings show: where the login was made, with which device.
    ///
    /// # Errors
    /// `Invalid` or `Limit` if the data cannot be stored; whether it is small enough is found when the tokens are made.
    pub fn data<T: Serialize>(self, data: T) -> Result<Self> {
        Ok(Self { data: to_value(&data)?, ..self })
    }

    /// For a refresh token beside the token, so that the login can be carried on without the password.
    pub fn refresh(self, terms: RefreshTerms) -> Self {
        Self { refresh: Some(terms), ..self }
    }

    /// Says where the login comes from: those from one place are throttled together, whomever they are for.
    ///
    /// The application vouches for it. An address that it takes from a header which callers write themselves limits
    /// nobody, and whoever writes it can use up somebody else's attempts; the address of the connection does, or what the
    /// application's own proxy says of it.
    pub fn source(self, source: impl Into<String>) -> Self {
        Self { source: Some(source.into()), ..self }
    }

    /// # Errors
    /// `Invalid` or `Limit` if it asks for what no login can have, whoever it is for.
    pub(crate) fn check(&self) -> Result<()> {
        check_time("ttl", self.ttl)?;
        if let Some(terms) = self.refresh {
            check_time("idle", terms.idle)?;
            check_time("absolute", terms.absolute)?;
        }
        match self.source.as_deref().map(str::len) {
            Some(0) => Err(Error::invalid("source", "is empty")),
            Some(actual) if actual > LOGIN_SOURCE_BYTES_MAX => {
                Err(Error::Limit { what: "source", actual, max: LOGIN_SOURCE_BYTES_MAX })
            }
            Some(_) | None => Ok(()),
        }
    }
}

impl Default for RefreshTerms {
    fn default() -> Self {
        let day = Duration::from_secs(24 * 60 * 60);
        Self { idle: 14 * day, absolute: 90 * day }
    }
}

/// Instants are counted in microseconds: less than one is nothing.
fn check_time(what: &'static str, time: Duration) -> Result<()> {
    if time < Duration::from_micros(1) {
        return Err(Error::invalid(what, "would have passed already"));
    }
    if time > SESSION_TTL_MAX {
        return Err(Error::invalid(what, "is longer than 366 days"));
    }
    Ok(())
}
