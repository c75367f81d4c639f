//! The hold that an open transaction has on its principal: it ends the moment the secret opens nothing any more.
//! It knows nothing of what the transaction does.

use crate::gate::Shared;
use crate::judge::{Ground, Memo};
use crate::open::{self, Proof};
use crate::policy::Policy;
use crate::principal::Principal;
use crate::refusal::Refusal;
use crate::{Error, Result};
use portunus_scope::{TreeReader, Version};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// The hold of one open transaction.
pub(crate) struct Lease {
    shared: Arc<Shared>,
    proof: Proof,
    principal: Arc<Principal>,
    /// The last version in which the secret is known to have stood for this principal.
    proven_at: AtomicU64,
    /// Set for good once the secret was found to open nothing.
    ended: AtomicBool,
}

impl Lease {
    pub(crate) fn new(
        shared: Arc<Shared>,
        proof: Proof,
        principal: Arc<Principal>,
        version: Version,
    ) -> Self {
        Self { shared, proof, principal, proven_at: AtomicU64::new(version.0), ended: AtomicBool::new(false) }
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
    /// scan; as long as nobody changes a security record it costs an atomic load or two.
    ///
    /// # Errors
    /// `Unauthenticated` once the secret has expired, was revoked, or its database closed, whatever the snapshot of
    /// this transaction says; `Conflict` if it stands for another principal now.
    pub(crate) fn check(&self) -> Result<()> {
        if let Some(at) = self.principal.expires_at
            && self.shared.tree.clock().now() >= at
        {
            return Err(self.end());
        }
        let is_proven = self.shared.tree.epoch().0 <= self.proven_at.load(Ordering::Acquire);
        if is_proven && !self.ended.load(Ordering::Acquire) { Ok(()) } else { self.prove_again() }
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
