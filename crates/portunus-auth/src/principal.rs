//! Who a secret stands for in one snapshot. It knows nothing of how that was proven.

use crate::audit::Heard;
use crate::rights::Rights;
use crate::token_use::LastNoted;
use crate::{PublicId, RoleName, SecretScope};
use portunus_scope::{DatabaseId, Document, Timestamp, Value};
use std::fmt;
use std::sync::Arc;

/// The largest identity document that is kept in memory with those who are it; larger ones are read each time.
const IDENTITY_KEPT_BYTES_MAX: usize = 16 << 10;

/// Who a secret stands for, in one snapshot.
///
/// ```
/// # use portunus_auth::{Error, Gate, GateOptions};
/// use portunus_auth::{PrincipalKind, RoleName};
/// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
/// let view = gate.begin_read(&admin.scoped(&"#server-readonly".parse()?))?;
/// let me = view.principal()?;
/// assert_eq!(me.kind(), PrincipalKind::Key);
/// assert_eq!(me.roles().iter().map(RoleName::as_str).collect::<Vec<_>>(), ["server-readonly"]);
/// assert_eq!(me.scope().map(ToString::to_string).as_deref(), Some("#server-readonly"));
/// assert!(admin.expose().contains(&me.id().to_string()));
/// assert_eq!((me.database().len(), me.expires_at()), (11, None));
/// assert!(me.identity().is_none() && me.claims().is_none() && me.procedure().is_none());
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct Principal {
    pub(crate) kind: PrincipalKind,
    pub(crate) id: PublicId,
    pub(crate) database: DatabaseId,
    pub(crate) database_public_id: String,
    pub(crate) roles: Vec<RoleName>,
    pub(crate) rights: Rights,
    pub(crate) identity: Option<Identity>,
    pub(crate) identity_document: Option<Arc<Document>>,
    /// Whether it is this principal until a watched record changes: not if a rule looked at the time, or read a document.
    pub(crate) is_lasting: bool,
    pub(crate) claims: Option<Arc<Value>>,
    pub(crate) scope: Option<Arc<SecretScope>>,
    pub(crate) procedure: Option<Arc<str>>,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) noted: LastNoted,
    pub(crate) heard: Heard,
}

/// What kind of secret a principal was proven by.
///
/// ```
/// use portunus_auth::PrincipalKind;
/// assert_eq!(PrincipalKind::Token.to_string(), "token");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PrincipalKind {
    /// A key, made by an administrator.
    Key,
    /// A token, made for an identity document.
    Token,
    /// A JWT of an access provider.
    Jwt,
}

/// The document that a principal is.
///
/// ```
/// # use portunus_auth::{Collection, Durability, Error, Gate, GateOptions, NewToken};
/// # use serde_json::json;
/// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
/// let mut view = gate.begin_write(&admin)?;
/// view.define(Collection::new("users"))?;
/// view.create_with_id("users", "ann", json!({}))?;
/// let token = view.create_token(NewToken::new("users", "ann"))?;
/// view.commit(Durability::Immediate)?;
/// let view = gate.begin_read(&token.secret)?;
/// let me = view.principal()?.identity().expect("a token stands for a document");
/// assert_eq!((me.collection(), me.document()), ("users", "ann"));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub(crate) number: u32,
    pub(crate) collection: String,
    pub(crate) document: String,
}

impl Identity {
    /// The name of its collection.
    #[must_use]
    pub fn collection(&self) -> &str {
        &self.collection
    }

    /// Its id.
    #[must_use]
    pub fn document(&self) -> &str {
        &self.document
    }
}

impl Principal {
    /// What kind of secret opened the transaction.
    #[must_use]
    pub fn kind(&self) -> PrincipalKind {
        self.kind
    }

    /// What names the secret in listings and records: the public id of a key or token; for a JWT a number that stands for
    /// its issuer and subject.
    #[must_use]
    pub fn id(&self) -> PublicId {
        self.id
    }

    /// What names the database that the transaction works in, whatever it is renamed to.
    #[must_use]
    pub fn database(&self) -> &str {
        &self.database_public_id
    }

    /// The roles that it has there, in the order of their names.
    #[must_use]
    pub fn roles(&self) -> &[RoleName] {
        &self.roles
    }

    /// The document that the caller is, if it is one.
    #[must_use]
    pub fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }

    /// The whole payload of a JWT.
    #[must_use]
    pub fn claims(&self) -> Option<&Value> {
        self.claims.as_deref()
    }

    /// What the key was narrowed to.
    #[must_use]
    pub fn scope(&self) -> Option<&SecretScope> {
        self.scope.as_deref()
    }

    /// The procedure that runs, whose role is in the place of the caller's own.
    #[must_use]
    pub fn procedure(&self) -> Option<&str> {
        self.procedure.as_deref()
    }

    /// When the secret stops to open anything.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }
}

impl Principal {
    /// Whether it may be kept for later readers: not if it may be another one for them without a watched record having
    /// changed, nor if what it is made of takes much room.
    pub(crate) fn is_worth_keeping(&self) -> bool {
        let is_small = |document: &Arc<Document>| document.as_stored().len() <= IDENTITY_KEPT_BYTES_MAX;
        self.is_lasting && self.identity_document.as_ref().is_none_or(is_small)
    }
}

impl PartialEq for Principal {
    /// Whether both may do the same. What their document says counts only where a right asks for it.
    fn eq(&self, other: &Self) -> bool {
        let says = |principal: &Self| {
            let document = principal.identity_document.as_ref();
            document.filter(|_| principal.rights.depend_on_caller()).map(|document| document.version())
        };
        self.kind == other.kind
            && self.id == other.id
            && self.database == other.database
            && self.roles == other.roles
            && self.rights == other.rights
            && self.identity == other.identity
            && says(self) == says(other)
            && self.claims == other.claims
            && self.scope == other.scope
            && self.procedure == other.procedure
            && self.expires_at == other.expires_at
    }
}

impl fmt::Display for PrincipalKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Key => "key",
            Self::Token => "token",
            Self::Jwt => "jwt",
        })
    }
}

/// The number of the database is left out: it would count those of other principals. So are the claims.
impl fmt::Debug for Principal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Principal")
            .field("kind", &self.kind)
            .field("id", &self.id)
            .field("database", &self.database_public_id)
            .field("roles", &self.roles)
            .field("identity", &self.identity)
            .field("scope", &self.scope)
            .field("procedure", &self.procedure)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
