//! The hold that an open transaction has on its principal: it ends the moment the secret opens nothing any more.
//! It knows nothing of what the transaction does.

use crate::gate::Shared;
use crate::judge::{Ground, Memo};
use crate::open::{self, Proof};
use crate::policy::Policy;
use crate::principal::Principal;
use crate::refusal::Refusal;
use crate::{Error, Result};
use portunus_scope::TreeReader;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

/// How far, in microseconds, the clock may move before a principal is proven again that is who it is by the clock.
const CLOCK_GRAIN_US: u64 = 1_000;

/// The hold of one open transaction.
pub(crate) struct Lease {
    shared: Arc<Shared>,
    proof: Proof,
    principal: Arc<Principal>,
    /// The last version in which the secret is known to have stood for this principal.
    proven_at: AtomicU64,
    /// When that was.
    proven_when: AtomicI64,
    /// Set for good once the secret was found to open nothing.
    ended: AtomicBool,
}

impl Lease {
    pub(crate) fn new(
        shared: Arc<Shared>,
        proof: Proof,
        principal: Arc<Principal>,
        reader: &TreeReader,
    ) -> Self {
        let proven_at = AtomicU64::new(reader.version().0);
        let proven_when = AtomicI64::new(reader.now().0);
        Self { shared, proof, principal, proven_at, proven_when, ended: AtomicBool::new(false) }
    }

    pub(crate) fn principal(&self) -> &Principal {
        &self.principal
    }

    pub(crate) fn shared_principal(&self) -> Arc<Principal> {
        self.principal.clone()
    }

    pub(crate) fn policy<'v>(&'v self, reader: &'v TreeReader, memo: &'v Memo) -> Policy<'v> {
        let ground = Ground { reader, memo, audit: Some(&self.shared.audit) };
        Policy::of(&self.principal, ground)
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// Checks that the secret still stands for the principal. Every operation calls this first, and every document of a
    /// scan; as long as nobody changes a security record it costs an atomic load or two. Whoever is who it is by the clock, or by
    /// documents that nobody watches, is proven again whenever these may have changed.
    ///
    /// # Errors
    /// `Unauthenticated` once the secret has expired, was revoked, or its database closed, whatever the snapshot of
    /// this transaction says; `Conflict` if it stands for another principal now.
    pub(crate) fn check(&self) -> Result<()> {
        self.check_expiry()?;
        let is_proven = self.shared.tree.epoch().0 <= self.proven_at.load(Ordering::Acquire)
            && (self.principal.is_lasting || self.stands_still()?);
        if is_proven && !self.ended.load(Ordering::Acquire) { Ok(()) } else { self.prove_again() }
    }

    /// The same, for the last time before a commit: for this nobody is who it was a moment ago.
    ///
    /// # Errors
    /// As [`Lease::check`].
    pub(crate) fn check_to_commit(&self) -> Result<()> {
        if self.principal.is_lasting {
            return self.check();
        }
        self.check_expiry()?;
        self.prove_again()
    }

    fn check_expiry(&self) -> Result<()> {
        match self.principal.expires_at {
            Some(at) if self.shared.tree.clock().now() >= at => Err(self.end()),
            Some(_) | None => Ok(()),
        }
    }

    /// Whether nothing has changed that a principal may hang on without a watched record telling of it: no document at all,
    /// and hardly the time.
    fn stands_still(&self) -> Result<bool> {
        let newest = self.shared.tree.begin_read()?;
        let moved = newest.now().0.abs_diff(self.proven_when.load(Ordering::Acquire));
        Ok(newest.version().0 <= self.proven_at.load(Ordering::Acquire) && moved < CLOCK_GRAIN_US)
    }

    /// Resolves the secret in the newest state.
    ///
    /// # Errors
    /// As [`Lease::check`].
    #[cold]
    pub(crate) fn prove_again(&self) -> Result<()> {
        if self.ended.load(Ordering::Acquire) {
            return Err(Error::Unauthenticated);
        }
        let newest = self.shared.tree.begin_read()?;
        match open::resolve(&newest, self.shared.opener.roles(), &self.proof)
            .map_err(|error| self.shared.told(error))
        {
            Ok(principal) if principal == *self.principal => {
                self.proven_at.fetch_max(newest.version().0, Ordering::AcqRel);
                self.proven_when.store(newest.now().0, Ordering::Release);
                Ok(())
            }
            // As little as one with other rights is whoever may not call the procedure any more that runs here.
            Ok(_) | Err(Error::Denied { .. } | Error::NotFound(_)) => Err(Error::Conflict),
            Err(Error::Unauthenticated) => {
                self.ended.store(true, Ordering::Release);
                Err(Error::Unauthenticated)
            }
            Err(error) => Err(error),
        }
    }

    #[cold]
    fn end(&self) -> Error {
        if self.ended.swap(true, Ordering::AcqRel) {
            return Error::Unauthenticated;
        }
        self.shared.told(Refusal::Expired.in_database(self.principal.id, self.principal.database))
    }
}
