//! Transactions that are to be done once: a token that is stored with what they do. It knows nothing of what that is.

use super::WriteView;
use crate::principal::PrincipalKind;
use crate::{Error, Result};
use portunus_scope::identities::attached_prefix;
use portunus_scope::{SystemCollection, Timestamp, Value};
use std::time::Duration;

/// The most bytes of a token.
pub const ONCE_TOKEN_BYTES_MAX: usize = 128;
/// How long a token is remembered.
pub const ONCE_REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);

impl WriteView {
    /// Tells whether this is the first transaction of this key with such a token, and stores the token with it: either
    /// both the token and the rest of the transaction come to be, or neither does.
    ///
    /// A caller that was answered `OutcomeUnknown`, or not at all, can so run the same transaction again, and it is done
    /// once. Tokens are remembered for 24 hours. Those of one secret mean nothing to another, nor do those of the documents
    /// that one key acts as. So whoever logs in again meanwhile has to look for what was done.
    ///
    /// ```
    /// # use portunus_auth::{Collection, Durability, Error, Gate, GateOptions, WriteView};
    /// # use serde_json::json;
    /// # let (gate, secret) = Gate::create_in_memory(&GateOptions::default())?;
    /// # let mut view = gate.begin_write(&secret)?;
    /// # view.define(Collection::new("orders"))?;
    /// # view.commit(Durability::Immediate)?;
    /// for _ in 0..2 {
    ///     let mut view = gate.begin_write(&secret)?;
    ///     if view.once("order-17")? {
    ///         view.create("orders", json!({"item": "key ring"}))?;
    ///     }
    ///     view.commit(Durability::Immediate)?;
    /// }
    /// assert_eq!(gate.begin_read(&secret)?.query("orders").count()?, 1);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// `Denied` if the principal may change no document at all; `Invalid` if the token is empty, `Limit` if it is longer than [`ONCE_TOKEN_BYTES_MAX`].
    pub fn once(&mut self, token: &str) -> Result<bool> {
        self.policy()?.require_any_change()?;
        if token.is_empty() {
            return Err(Error::invalid("token", "a token is not empty"));
        }
        if token.len() > ONCE_TOKEN_BYTES_MAX {
            return Err(Error::Limit { what: "token", actual: token.len(), max: ONCE_TOKEN_BYTES_MAX });
        }
        let (database, now) = (self.database(), self.now());
        let principal = self.lease.principal();
        let acting_as = match (principal.kind(), principal.identity()) {
            (PrincipalKind::Key, Some(own)) => attached_prefix(own.number, &own.document),
            _ => String::new(),
        };
        let id = format!("{}{acting_as}:{token}", principal.id());
        let before = self.reader().unfiltered_system_get(database, SystemCollection::Once, &id)?;
        if before.and_then(|before| before.expires_at()).is_some_and(|at: Timestamp| now < at) {
            return Ok(false);
        }
        let until = now.saturating_add(ONCE_REMEMBERED);
        self.writer()?.unfiltered_system_put_until(
            database,
            SystemCollection::Once,
            &id,
            &Value::Null,
            until,
        )?;
        Ok(true)
    }
}
