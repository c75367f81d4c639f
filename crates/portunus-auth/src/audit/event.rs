//! What happened, in the words of the log: ids and names, never a secret, a password, a hash, or a value of a document.
//! It knows nothing of where the text is kept.

use crate::login::LoginFailure;
use crate::principal::{Identity, Principal, PrincipalKind};
use crate::refusal::Refusal;
use crate::resource::{Action, Resource};
use crate::{AuditSettings, Error, Logout, PublicId, Result};
use portunus_scope::{DatabaseId, Timestamp};
use serde::{Serialize, Serializer};
use std::fmt;

/// The most changes of one transaction that are worth a record: a loop that goes round more often is stopped.
const EVENTS_MAX: usize = 100_000;

/// One thing that happened. The name of a variant is the `kind` of its record, and never changes its meaning.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Event {
    Opened {
        mode: Mode,
    },
    Refused {
        #[serde(serialize_with = "shown")]
        reason: Refusal,
        secret: Option<PublicId>,
    },
    Denied {
        action: Action,
        resource: Resource,
    },
    Dropped {
        openings: u64,
        refusals: u64,
        denials: u64,
        failed_logins: u64,
    },
    AuditSet {
        #[serde(flatten)]
        settings: AuditSettings,
    },
    AuditStopped,
    BackupBegun,
    LoggedIn {
        collection: String,
        document: String,
        token: PublicId,
        refresh_token: Option<PublicId>,
        source: Option<String>,
    },
    LoginFailed {
        #[serde(serialize_with = "shown")]
        reason: LoginFailure,
        #[serde(flatten)]
        trial: FailedTrial,
    },
    LoginThrottled {
        #[serde(flatten)]
        trial: FailedTrial,
    },
    LoginRenewed {
        refresh_token: PublicId,
        token: PublicId,
    },
    RefreshTokenReused {
        refresh_token: PublicId,
        tokens: Vec<PublicId>,
    },
    CredentialSet {
        collection: String,
        document: String,
    },
    CredentialChanged {
        collection: String,
        document: String,
    },
    CredentialDisabled {
        collection: String,
        document: String,
    },
    CredentialEnabled {
        collection: String,
        document: String,
    },
    CredentialDeleted {
        collection: String,
        document: String,
    },
    KeyCreated {
        key: PublicId,
        path: String,
        role: String,
        expires_at: Option<Timestamp>,
    },
    KeyRoleSet {
        key: PublicId,
        role: String,
    },
    KeyExpirySet {
        key: PublicId,
        expires_at: Option<Timestamp>,
    },
    KeyDeleted {
        key: PublicId,
    },
    TokenCreated {
        token: PublicId,
        collection: String,
        document: String,
        expires_at: Option<Timestamp>,
    },
    TokenRetargeted {
        token: PublicId,
        collection: String,
        document: String,
    },
    TokenExpirySet {
        token: PublicId,
        expires_at: Option<Timestamp>,
    },
    TokenDeleted {
        token: PublicId,
    },
    TokensEnded {
        which: Logout,
        tokens: Vec<PublicId>,
    },
    IdentityDeleted {
        collection: String,
        document: String,
    },
    RoleCreated {
        role: String,
    },
    RoleAltered {
        role: String,
    },
    RoleRenamed {
        role: String,
        to: String,
    },
    RoleDeleted {
        role: String,
    },
    PredicateDefined {
        predicate: String,
    },
    PredicateDeleted {
        predicate: String,
    },
    ProviderCreated {
        provider: String,
    },
    ProviderAltered {
        provider: String,
    },
    ProviderRenamed {
        provider: String,
        to: String,
    },
    ProviderNotBeforeSet {
        provider: String,
        not_before: Option<Timestamp>,
    },
    ProviderDeleted {
        provider: String,
    },
    JwtDenied {
        provider: String,
        jwt: String,
        until: Timestamp,
    },
    ProcedureDefined {
        procedure: String,
        role: Option<String>,
    },
    ProcedureDeleted {
        procedure: String,
    },
    DatabaseCreated {
        path: String,
        database: String,
    },
    DatabaseRenamed {
        path: String,
        to: String,
    },
    DatabaseMoved {
        path: String,
        to: String,
    },
    DatabaseDisabled {
        path: String,
    },
    DatabaseEnabled {
        path: String,
    },
    DatabaseProtected {
        path: String,
        protected: bool,
    },
    DatabaseDeleted {
        path: String,
    },
    CollectionCreated {
        collection: String,
    },
    CollectionAltered {
        collection: String,
    },
    CollectionRenamed {
        collection: String,
        to: String,
    },
    CollectionDropped {
        collection: String,
    },
}

/// A password that was tried. What was said of its owner is left out, which may be anything that somebody has typed: there is
/// only the id of a document that was found by it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct FailedTrial {
    pub(crate) purpose: &'static str,
    pub(crate) collection: String,
    pub(crate) document: Option<String>,
    pub(crate) source: Option<String>,
}

/// What a transaction was opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mode {
    Read,
    Write,
}

/// What one transaction did so far.
#[derive(Debug, Default)]
pub(crate) struct Events(Vec<Event>);

impl Events {
    pub(crate) fn of(event: Event) -> Self {
        Self(vec![event])
    }

    /// # Errors
    /// `Limit` if there are [`EVENTS_MAX`] already.
    pub(crate) fn push(&mut self, event: Event) -> Result<()> {
        if self.0.len() >= EVENTS_MAX {
            let (what, max) = ("recorded changes of a transaction", EVENTS_MAX);
            return Err(Error::Limit { what, actual: max + 1, max });
        }
        self.0.push(event);
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Event> {
        self.0.iter()
    }

    /// Whether the log is to hold no more than these.
    pub(super) fn end_the_log(&self) -> bool {
        self.iter().any(|event| matches!(event, Event::AuditStopped))
    }

    /// Tells the trace.
    pub(super) fn trace(&self, author: Author<'_>) {
        for event in self.iter() {
            tracing::info!(id = %author.id, ?event, "a change was committed");
        }
    }
}

/// One line of JSON: the whole of what is hashed of a record, next to its place.
pub(super) fn line(at: Timestamp, event: &Event, principal: Option<Author<'_>>) -> String {
    #[derive(Serialize)]
    struct Line<'l> {
        at: Timestamp,
        #[serde(flatten)]
        event: &'l Event,
        #[serde(skip_serializing_if = "Option::is_none")]
        principal: Option<Author<'l>>,
    }
    let line = Line { at, event, principal };
    // A type whose members have fixed names is always written.
    plain(&serde_json::to_string(&line).unwrap_or_default())
}

/// Who does something, and in which database. What a scope says is left out: it names databases above, of which nobody below
/// is told.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Author<'p> {
    #[serde(rename = "kind", serialize_with = "shown")]
    pub(crate) proven_by: PrincipalKind,
    pub(crate) id: PublicId,
    #[serde(skip)]
    pub(crate) database: DatabaseId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) collection: Option<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) document: Option<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) procedure: Option<&'p str>,
}

impl<'p> From<&'p Principal> for Author<'p> {
    fn from(principal: &'p Principal) -> Self {
        Self {
            proven_by: principal.kind,
            id: principal.id,
            database: principal.database,
            collection: principal.identity().map(Identity::collection),
            document: principal.identity().map(Identity::document),
            procedure: principal.procedure(),
        }
    }
}

/// JSON escapes the control characters of ASCII. So are here all others that a terminal might obey, or that would let a
/// line look like two or run the other way.
fn plain(json: &str) -> String {
    use fmt::Write as _;
    let obeyed = |c: char| {
        c.is_control()
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if obeyed(c) {
            // All of them lie in the plane that four digits reach. Writing to a text cannot fail.
            let _ = write!(text, "\\u{:04x}", u32::from(c));
        } else {
            text.push(c);
        }
    }
    text
}

fn shown<S: Serializer>(what: &impl fmt::Display, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_str(what)
}

#[cfg(test)]
mod tests;
