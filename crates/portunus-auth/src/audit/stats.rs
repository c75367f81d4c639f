//! How often what happened. It says nothing of any one database or principal.

use super::event::{Event, Events};
use crate::login::LoginFailure;
use crate::refusal::Refusal;
use parking_lot::Mutex;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};

/// What happened at the lock of a store since it was opened. It says nothing of any one database or principal.
///
/// ```
/// # use portunus_auth::{Error, Gate, GateOptions, Secret};
/// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
/// gate.begin_read(&admin)?;
/// assert!(gate.begin_read(&Secret::from("a guess")).is_err());
/// let stats = gate.auth_stats();
/// assert_eq!((stats.opened, stats.refused["malformed"]), (1, 1));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuthStats {
    /// Transactions that a secret opened.
    pub opened: u64,
    /// Secrets that were refused, by the reason.
    pub refused: BTreeMap<String, u64>,
    /// Operations that were answered with a denial.
    pub denied: u64,
    /// Decisions that a rule could not come to because it would have cost too much: it granted nothing.
    pub rules_too_dear: u64,
    /// Logins by a password.
    pub logins: u64,
    /// Passwords that were tried and proved nothing.
    pub login_failures: u64,
    /// Passwords that were not tried, because too many had been before.
    pub logins_throttled: u64,
    /// Tokens that were made, refresh tokens included.
    pub tokens_issued: u64,
    /// Tokens that were deleted, by a logout, one by one, or with the login that a stolen refresh token was of. Those that
    /// ended with their identity document, or in the place of which a login was given others, are not counted.
    pub tokens_ended: u64,
    /// Records that were written to audit logs.
    pub audit_records: u64,
    /// What would have been a record if there had not been too many like it.
    pub audit_dropped: u64,
}

#[derive(Default)]
pub(super) struct Counters {
    opened: AtomicU64,
    refused: Mutex<HashMap<Refusal, u64>>,
    denied: AtomicU64,
    rules_too_dear: AtomicU64,
    logins: AtomicU64,
    login_failures: AtomicU64,
    logins_throttled: AtomicU64,
    tokens_issued: AtomicU64,
    tokens_ended: AtomicU64,
    records: AtomicU64,
    dropped: AtomicU64,
}

impl Counters {
    pub(super) fn opened(&self) {
        add(&self.opened, 1);
    }

    pub(super) fn refused(&self, why: Refusal) {
        *self.refused.lock().entry(why).or_default() += 1;
    }

    pub(super) fn denied(&self) {
        add(&self.denied, 1);
    }

    pub(super) fn rule_too_dear(&self) {
        add(&self.rules_too_dear, 1);
    }

    pub(super) fn login_failed(&self, why: LoginFailure) {
        add(if why == LoginFailure::Throttled { &self.logins_throttled } else { &self.login_failures }, 1);
    }

    /// A transaction did this, and left records of it.
    pub(super) fn committed(&self, events: &Events, records: u64) {
        for event in events.iter() {
            match event {
                Event::TokenCreated { .. } => add(&self.tokens_issued, 1),
                Event::LoggedIn { refresh_token, .. } => {
                    add(&self.logins, 1);
                    add(&self.tokens_issued, 1 + u64::from(refresh_token.is_some()));
                }
                Event::LoginRenewed { .. } => add(&self.tokens_issued, 1),
                Event::TokenDeleted { .. } => add(&self.tokens_ended, 1),
                Event::TokensEnded { tokens, .. } | Event::RefreshTokenReused { tokens, .. } => {
                    add(&self.tokens_ended, u64::try_from(tokens.len()).unwrap_or(u64::MAX));
                }
                _ => {}
            }
        }
        self.recorded(records, 0);
    }

    pub(super) fn recorded(&self, records: u64, dropped: u64) {
        add(&self.records, records);
        add(&self.dropped, dropped);
    }

    pub(super) fn read(&self) -> AuthStats {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let refused = self.refused.lock();
        AuthStats {
            opened: load(&self.opened),
            refused: refused.iter().map(|(why, count)| (why.to_string(), *count)).collect(),
            denied: load(&self.denied),
            rules_too_dear: load(&self.rules_too_dear),
            logins: load(&self.logins),
            login_failures: load(&self.login_failures),
            logins_throttled: load(&self.logins_throttled),
            tokens_issued: load(&self.tokens_issued),
            tokens_ended: load(&self.tokens_ended),
            audit_records: load(&self.records),
            audit_dropped: load(&self.dropped),
        }
    }
}

fn add(counter: &AtomicU64, more: u64) {
    counter.fetch_add(more, Ordering::Relaxed);
}
