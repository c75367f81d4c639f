//! The one place that decides what a principal may do. The views ask it, nothing else does; it knows nothing of stores.

use crate::audit::Audit;
use crate::principal::Principal;
use crate::resource::{Action, Decision, Resource};
use crate::rights::{Asked, Rights};
use crate::role::BuiltInRole;
use crate::{Error, Result};
use portunus_scope::{DatabaseId, StoredCollection};

/// What one principal may do.
#[derive(Clone, Copy)]
pub(crate) struct Policy<'p> {
    principal: &'p Principal,
    /// Who is told of denials.
    audit: Option<&'p Audit>,
}

impl<'p> Policy<'p> {
    pub(crate) fn of(principal: &'p Principal) -> Self {
        Self { principal, audit: None }
    }

    /// The same, with somebody to tell of denials.
    pub(crate) fn told_to(self, audit: &'p Audit) -> Self {
        Self { audit: Some(audit), ..self }
    }

    /// What a principal is told that may not do something: the one way to say so.
    #[cold]
    pub(crate) fn denied(self, action: Action, resource: Resource) -> Error {
        if let Some(audit) = self.audit {
            audit.denied(self.principal, action, resource);
        }
        Error::Denied { action, resource }
    }

    /// Whether things of this kind exist for the principal. What it may not see does not.
    pub(crate) fn sees<'a>(self, asked: impl Into<Asked<'a>>) -> bool {
        self.allows(asked, Action::Read)
    }

    /// Whether the ids of things of this kind exist for the principal.
    pub(crate) fn sees_ids<'a>(self, asked: impl Into<Asked<'a>>) -> bool {
        let asked = asked.into();
        self.sees(asked) || self.allows(asked, Action::ListIds)
    }

    /// Whether the principal may do this, for those who know something else to do if it may not.
    pub(crate) fn allows<'a>(self, asked: impl Into<Asked<'a>>, action: Action) -> bool {
        self.principal.rights.decide(asked, action) == Decision::Allow
    }

    /// # Errors
    /// `Denied` unless the principal may do this.
    pub(crate) fn require<'a>(self, asked: impl Into<Asked<'a>>, action: Action) -> Result<()> {
        let asked = asked.into();
        if self.allows(asked, action) { Ok(()) } else { Err(self.denied(action, asked.kind())) }
    }

    /// For what leaves a trace but is on no kind of thing: the right to change documents in some way must be held.
    ///
    /// # Errors
    /// `Denied`.
    pub(crate) fn require_any_change(self) -> Result<()> {
        if self.principal.rights.changes_documents() {
            Ok(())
        } else {
            self.require(Resource::Document, Action::Write)
        }
    }

    /// The order of a change: what one may not see is not there, what one may see but not change is denied.
    ///
    /// # Errors
    /// `NotFound` or `Denied`.
    pub(crate) fn require_on_seen<'a>(
        self,
        asked: impl Into<Asked<'a>>,
        action: Action,
        what: &'static str,
    ) -> Result<()> {
        let asked = asked.into();
        if self.sees(asked) { self.require(asked, action) } else { Err(Error::NotFound(what)) }
    }

    /// Whether there is a thing of this kind under a name, as far as the principal is concerned: one that it may neither
    /// see in lists nor do anything with is not there.
    pub(crate) fn knows<'a>(self, kind: Resource, asked: impl Into<Asked<'a>>) -> bool {
        let asked = asked.into();
        self.sees(kind) || Action::ALL.into_iter().any(|action| self.allows(asked, action))
    }

    /// The order of a definition, which creates what is not there and changes what is. What is there and may not be seen
    /// is in the way, and nothing is told of it: neither by what is denied, nor by a change in the place of a creation.
    ///
    /// # Errors
    /// `Denied`.
    pub(crate) fn require_define(self, resource: Resource, is_there: bool) -> Result<()> {
        if is_there && self.sees(resource) {
            return self.require(resource, Action::Write);
        }
        self.require(resource, Action::Create)?;
        if is_there { Err(self.denied(Action::Create, resource)) } else { Ok(()) }
    }

    /// That nobody hands on what it does not hold: of these rights the principal has all itself, if it is no administrator.
    ///
    /// # Errors
    /// `Denied`.
    pub(crate) fn require_cover(self, rights: &Rights, resource: Resource) -> Result<()> {
        if self.principal.rights.cover(rights) { Ok(()) } else { Err(self.denied(Action::Create, resource)) }
    }

    /// For what reaches into databases below: what somebody may do in its own database says nothing of those, unless it
    /// may do everything.
    ///
    /// # Errors
    /// `Denied`.
    pub(crate) fn require_administrator(self, action: Action, resource: Resource) -> Result<()> {
        if self.principal.rights.cover(&BuiltInRole::Admin.rights()) {
            Ok(())
        } else {
            Err(self.denied(action, resource))
        }
    }

    /// For what concerns all databases at once: it takes an administrator of the root.
    ///
    /// # Errors
    /// `Denied`.
    pub(crate) fn require_on_store(self, action: Action) -> Result<()> {
        if self.principal.database != DatabaseId::ROOT {
            return Err(self.denied(action, Resource::Database));
        }
        self.require_administrator(action, Resource::Database)
    }

    /// What a change is told that clashes with a document: that it does, if the principal may see that document, and
    /// else no more than that it may not be done.
    pub(crate) fn clash(self, collection: &StoredCollection, index: &str, action: Action) -> Error {
        if !self.sees(collection) {
            return self.denied(action, Resource::Document);
        }
        match index {
            "id" => Error::AlreadyExists("document"),
            _ => {
                Error::Constraint(format!("another document has the same terms in the unique index {index}"))
            }
        }
    }
}
