//! Opening for the holder of a JWT: what was proven before need not be verified again while its provider and the keys are
//! the same. It knows nothing of what a JWT says.

use super::prove_jwt::{self, LoadedProvider, ProvenJwt};
use super::{Known, KnownKey, Opened, Opener, Proof, Proven, Running, name_of, resolve};
use crate::Result;
use crate::mac::TAG_BYTES;
use crate::principal::Principal;
use crate::refusal::{OpenError, Refusal, Refused};
use crate::route::{RouteEnd, Ways};
use portunus_scope::{Tree, TreeReader};
use std::sync::Arc;

/// How often a JWT is verified again because its provider has changed meanwhile.
const PROVEN_MAX: usize = 3;

impl Opener {
    /// As [`Opener::open_read`], for a JWT with this digest.
    pub(super) fn open_jwt(
        &self,
        tree: &Tree,
        (text, digest): (&str, [u8; TAG_BYTES]),
        procedure: Option<&Running>,
    ) -> Opened<(TreeReader, Proof, Arc<Principal>)> {
        let key = || KnownKey::Jwt(digest, name_of(procedure));
        if let Some(opened) = self.recall_jwt(tree, &key, procedure)? {
            return Ok(opened);
        }
        for _ in 0..PROVEN_MAX {
            let proven = Arc::new(self.prove_jwt(tree, text)?);
            let proof = Proof { proven: Proven::Jwt(proven), procedure: procedure.cloned() };
            let reader = tree.begin_read()?;
            match resolve(&reader, &self.roles, &proof) {
                // What there is instead now may take it as well.
                Err(OpenError::Changed | OpenError::Refused(Refused { why: Refusal::Provider, .. })) => {}
                other => return Ok(self.keep(key(), reader, proof, other?)?),
            }
        }
        Err(OpenError::Changed)
    }

    /// What is known of a JWT that was proven before, if that still stands. After a commit that could have changed whom it
    /// stands for, that alone is found out again.
    fn recall_jwt(
        &self,
        tree: &Tree,
        key: &dyn Fn() -> KnownKey,
        procedure: Option<&Running>,
    ) -> Opened<Option<(TreeReader, Proof, Arc<Principal>)>> {
        let Some(known) = &self.known else { return Ok(None) };
        let Some(found) = known.find(&key()) else { return Ok(None) };
        let found = Known { proof: Proof { procedure: procedure.cloned(), ..found.proof }, ..found };
        let reader = tree.begin_read()?;
        let Proven::Jwt(jwt) = &found.proof.proven else { return Ok(None) };
        if !jwt.stands(reader.now()) {
            return Ok(None);
        }
        // As in `recall`: the epoch is loaded last.
        let is_over = found.principal.expires_at.is_some_and(|at| reader.now() >= at);
        if found.holds(&reader, tree.epoch()) && !is_over {
            return Ok(Some((reader, found.proof, found.principal)));
        }
        match resolve(&reader, &self.roles, &found.proof) {
            Ok(principal) => Ok(Some(self.keep(key(), reader, found.proof, principal)?)),
            Err(OpenError::Failed(error)) => Err(error.into()),
            // What it was proven by is gone, which is not to say that it is proven by nothing else now.
            Err(OpenError::Refused(_) | OpenError::Unmarked { .. } | OpenError::Changed) => Ok(None),
        }
    }

    fn prove_jwt(&self, tree: &Tree, text: &str) -> Opened<ProvenJwt> {
        let jwt = prove_jwt::read(text)?;
        let ways = Ways::of(jwt.issuer(), jwt.audiences());
        let provider = {
            let reader = tree.begin_read()?;
            self.load_provider(&reader, prove_jwt::lead(&reader, &ways)?)?
        };
        provider.prove((jwt, ways), &self.jwks, &**tree.clock())
    }

    /// The provider that a route leads to, as it is in this snapshot.
    fn load_provider(&self, reader: &TreeReader, end: RouteEnd) -> Result<Arc<LoadedProvider>> {
        let key = (end.database, end.provider);
        if let Some(kept) = self.providers.find(&key)
            && kept.is_current(reader)?
        {
            return Ok(kept);
        }
        let read = Arc::new(LoadedProvider::read(reader, end)?);
        self.providers.keep(key, read.clone());
        Ok(read)
    }
}
