//! How rules are decided: where they are bound, what surrounds a decision, and which documents they read on the way. It knows
//! nothing of what follows from a decision.

mod reads;
mod surroundings;

pub(crate) use reads::Memo;
pub(crate) use surroundings::Scene;

use crate::audit::Audit;
use crate::principal::Principal;
use crate::{Error, Result};
use portunus_predicate::{Fault, Outcome, Predicate, Residual, Scratch, Span, Traced};
use portunus_scope::{DatabaseId, DocumentRef, Timestamp, TreeReader, ValueRef};
use reads::Reads;
use surroundings::Surroundings;

/// A state of the store in which rules are decided, and who is told what goes wrong with that.
#[derive(Clone, Copy)]
pub(crate) struct Ground<'g> {
    pub(crate) reader: &'g TreeReader,
    /// What rules have read in this transaction.
    pub(crate) memo: &'g Memo,
    pub(crate) audit: Option<&'g Audit>,
}

/// Whoever is decided about: what rules know of a caller.
#[derive(Clone, Copy)]
pub(crate) struct Caller<'c> {
    pub(crate) database: DatabaseId,
    pub(crate) database_public_id: &'c str,
    /// The name of the collection of its identity document, and that document.
    pub(crate) identity: Option<(&'c str, DocumentRef<'c>)>,
    pub(crate) claims: Option<ValueRef<'c>>,
    pub(crate) args: Option<ValueRef<'c>>,
    pub(crate) now: Timestamp,
}

/// Decides rules for one caller, one after another.
pub(crate) struct Judge<'g> {
    ground: Ground<'g>,
    caller: Caller<'g>,
    scratch: Scratch,
}

impl<'c> Caller<'c> {
    /// What rules know of a principal, in a state of the store.
    pub(crate) fn of(principal: &'c Principal, reader: &TreeReader) -> Self {
        let identity = principal.identity.as_ref();
        let document = principal.identity_document.as_deref().map(portunus_scope::Document::as_ref);
        Self {
            database: principal.database,
            database_public_id: &principal.database_public_id,
            identity: identity.map(|identity| identity.collection.as_str()).zip(document),
            claims: principal.claims.as_deref().map(ValueRef::from),
            args: None,
            now: reader.now(),
        }
    }
}

impl<'g> Judge<'g> {
    pub(crate) fn new(ground: Ground<'g>, caller: Caller<'g>) -> Self {
        Self { ground, caller, scratch: Scratch::new() }
    }

    /// Puts what is known of the caller into a predicate.
    ///
    /// # Errors
    /// As every read of the store.
    pub(crate) fn bind(&mut self, predicate: &Predicate) -> Result<Residual> {
        let reads = Reads::of(!predicate.uses().reads.is_empty());
        let surroundings = Surroundings::new(self.ground, &self.caller, Scene::default(), &reads);
        let bound = predicate.bind(&surroundings, &mut self.scratch);
        let failed = surroundings.failed();
        match bound {
            Ok(residual) => failed.map_or(Ok(residual), Err),
            Err(_) => Err(failed.unwrap_or_else(|| Error::Internal("a rule could not be bound".into()))),
        }
    }

    /// What a rule says of things. It is told whether the rule reads documents, because that takes room which most rules do
    /// not need.
    ///
    /// # Errors
    /// As every read of the store: damage is never taken for a decision.
    pub(crate) fn decide(&mut self, residual: &Residual, reads: bool, scene: Scene<'_>) -> Result<Outcome> {
        let outcome = self.decide_together(residual, reads, scene)?;
        self.heed(outcome);
        Ok(outcome)
    }

    /// The same of several rules as one, of which none need be to blame if they cost too much.
    ///
    /// # Errors
    /// As [`Judge::decide`].
    pub(crate) fn decide_together(
        &mut self,
        residual: &Residual,
        reads: bool,
        scene: Scene<'_>,
    ) -> Result<Outcome> {
        let reads = Reads::of(reads);
        let surroundings = Surroundings::new(self.ground, &self.caller, scene, &reads);
        let outcome = residual.decide(&surroundings, &mut self.scratch);
        surroundings.failed().map_or(Ok(outcome), Err)
    }

    /// The same, and what became of each part of it.
    ///
    /// # Errors
    /// As [`Judge::decide`].
    pub(crate) fn decide_traced(
        &mut self,
        predicate: &Predicate,
        scene: Scene<'_>,
        trace: &mut dyn FnMut(Span, Traced),
    ) -> Result<Outcome> {
        let reads = Reads::of(!predicate.uses().reads.is_empty());
        let surroundings = Surroundings::new(self.ground, &self.caller, scene, &reads);
        let outcome = predicate.decide_traced(&surroundings, &mut self.scratch, trace);
        surroundings.failed().map_or(Ok(outcome), Err)
    }

    /// Rules that cost too much are for whoever wrote them to see, not for the caller.
    fn heed(&self, outcome: Outcome) {
        if let (Outcome::Fault(Fault::Cost), Some(audit)) = (outcome, self.ground.audit) {
            audit.rule_too_dear();
        }
    }
}
