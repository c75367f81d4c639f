//! Who a secret stands for in one snapshot. It knows nothing of how that was proven.

use crate::role::{BuiltInRole, Rights};
use crate::{PublicId, RoleName, SecretScope};
use portunus_scope::{DatabaseId, Timestamp};
use std::fmt;
use std::sync::Arc;

/// Who a secret stands for, in one snapshot.
///
/// ```
/// # use portunus_auth::{Error, Gate, GateOptions};
/// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
/// let view = gate.begin_read(&admin.scoped(&"#server-readonly".parse()?))?;
/// let me = view.principal()?;
/// assert_eq!(me.role().as_str(), "server-readonly");
/// assert_eq!(me.scope().map(ToString::to_string).as_deref(), Some("#server-readonly"));
/// assert!(admin.expose().contains(&me.key().to_string()));
/// assert_eq!((me.database().len(), me.expires_at()), (11, None));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Principal {
    pub(crate) key: PublicId,
    pub(crate) database: DatabaseId,
    pub(crate) database_public_id: String,
    pub(crate) role: BuiltInRole,
    pub(crate) rights: Rights,
    pub(crate) scope: Option<Arc<SecretScope>>,
    pub(crate) expires_at: Option<Timestamp>,
}

impl Principal {
    /// The key that opened the transaction.
    #[must_use]
    pub fn key(&self) -> PublicId {
        self.key
    }

    /// What names the database that the transaction works in, whatever it is renamed to.
    #[must_use]
    pub fn database(&self) -> &str {
        &self.database_public_id
    }

    /// The role that it has there.
    #[must_use]
    pub fn role(&self) -> RoleName {
        self.role.into()
    }

    /// What the key was narrowed to.
    #[must_use]
    pub fn scope(&self) -> Option<&SecretScope> {
        self.scope.as_deref()
    }

    /// When the key stops to open anything.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }
}

/// The number of the database is left out: it would count those of other principals.
impl fmt::Debug for Principal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Principal")
            .field("key", &self.key)
            .field("database", &self.database_public_id)
            .field("role", &self.role)
            .field("scope", &self.scope)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
