//! The one place that decides what a principal may do. The views ask it, nothing else does; it knows nothing of stores.

use crate::principal::Principal;
use crate::role::{Action, Decision, Resource};
use crate::{Error, Result};
use portunus_scope::DatabaseId;

/// What one principal may do.
#[derive(Clone, Copy)]
pub(crate) struct Policy<'p> {
    principal: &'p Principal,
}

impl<'p> Policy<'p> {
    pub(crate) fn of(principal: &'p Principal) -> Self {
        Self { principal }
    }

    /// Whether things of this kind exist for the principal. What it may not see does not.
    pub(crate) fn sees(self, resource: Resource) -> bool {
        self.decide(resource, Action::Read) == Decision::Allow
    }

    /// Whether the ids of things of this kind exist for the principal.
    pub(crate) fn sees_ids(self, resource: Resource) -> bool {
        self.sees(resource) || self.decide(resource, Action::ListIds) == Decision::Allow
    }

    /// # Errors
    /// `Denied` unless the principal may do this.
    pub(crate) fn require(self, resource: Resource, action: Action) -> Result<()> {
        match self.decide(resource, action) {
            Decision::Allow => Ok(()),
            Decision::Deny => Err(Error::Denied { action, resource }),
        }
    }

    /// For what leaves a trace but is on no kind of thing: the right to change documents in some way must be held.
    ///
    /// # Errors
    /// `Denied`.
    pub(crate) fn require_any_change(self) -> Result<()> {
        let may = |action| self.decide(Resource::Document, action) == Decision::Allow;
        if may(Action::Create) || may(Action::Delete) {
            Ok(())
        } else {
            self.require(Resource::Document, Action::Write)
        }
    }

    /// The order of a change: what one may not see is not there, what one may see but not change is denied.
    ///
    /// # Errors
    /// `NotFound` or `Denied`.
    pub(crate) fn require_on_seen(
        self,
        resource: Resource,
        action: Action,
        what: &'static str,
    ) -> Result<()> {
        if self.sees(resource) { self.require(resource, action) } else { Err(Error::NotFound(what)) }
    }

    /// For what concerns all databases at once: the right must be held on databases, and in the root.
    ///
    /// # Errors
    /// `Denied`.
    pub(crate) fn require_on_store(self, action: Action) -> Result<()> {
        if self.principal.database != DatabaseId::ROOT {
            return Err(Error::Denied { action, resource: Resource::Database });
        }
        self.require(Resource::Database, action)
    }

    /// What a change is told that clashes with a document: that it does, if the principal may see that document, and
    /// else no more than that it may not be done.
    pub(crate) fn clash(self, index: &str, action: Action) -> Error {
        if !self.sees(Resource::Document) {
            return Error::Denied { action, resource: Resource::Document };
        }
        match index {
            "id" => Error::AlreadyExists("document"),
            _ => {
                Error::Constraint(format!("another document has the same terms in the unique index {index}"))
            }
        }
    }

    fn decide(self, resource: Resource, action: Action) -> Decision {
        self.principal.rights.decide(resource, action)
    }
}
