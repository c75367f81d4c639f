//! The one place that decides what a principal may do. The views ask it, nothing else does; it knows nothing of stores.

mod things;

use crate::judge::{Caller, Ground, Judge, Scene};
use crate::principal::{Principal, PrincipalKind};
use crate::resource::{Action, Decision, Resource};
use crate::rights::{Asked, Rights, Ruling};
use crate::role::BuiltInRole;
use crate::sight::Sight;
use crate::{Error, Result};
use portunus_scope::{DatabaseId, Value};

/// What one principal may do in one state of the store.
#[derive(Clone, Copy)]
pub(crate) struct Policy<'p> {
    principal: &'p Principal,
    /// Where its rules are decided; its audit is told of denials.
    ground: Ground<'p>,
}

/// Whether a decision stays what it is until a watched record changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lasting {
    Yes,
    No,
}

impl<'p> Policy<'p> {
    pub(crate) fn of(principal: &'p Principal, ground: Ground<'p>) -> Self {
        Self { principal, ground }
    }

    /// Who decides the rules of this principal.
    pub(crate) fn judge(self) -> Judge<'p> {
        Judge::new(self.ground, Caller::of(self.principal, self.ground.reader))
    }

    /// What is said of an action before the thing itself is looked at.
    pub(crate) fn ruling<'a>(self, asked: impl Into<Asked<'a>>, action: Action) -> Ruling<'p> {
        self.principal.rights.ruling(asked, action)
    }

    /// What an action is allowed on, of things of a kind.
    ///
    /// # Errors
    /// As every read of the store.
    pub(crate) fn sight<'a>(
        self,
        asked: impl Into<Asked<'a>>,
        action: Action,
        judge: &mut Judge<'_>,
    ) -> Result<Sight> {
        Sight::bind(self.ruling(asked, action), judge)
    }

    /// That the principal may call a procedure with these arguments.
    ///
    /// # Errors
    /// `Denied`; as every read of the store.
    pub(crate) fn require_call(self, name: &str, arguments: &Value) -> Result<Lasting> {
        let asked = Asked::Procedure(name);
        match self.ruling(asked, Action::Call) {
            Ruling::Allow => Ok(Lasting::Yes),
            ruling => {
                let caller =
                    Caller { args: Some(arguments.into()), ..Caller::of(self.principal, self.ground.reader) };
                let mut judge = Judge::new(self.ground, caller);
                let sight = Sight::bind(ruling, &mut judge)?;
                let may = sight.holds(&mut judge, Scene::default())?;
                if may { Ok(Lasting::No) } else { Err(self.denied(Action::Call, asked.kind())) }
            }
        }
    }

    /// What a principal is told that may not do something: the one way to say so.
    #[cold]
    pub(crate) fn denied(self, action: Action, resource: Resource) -> Error {
        if let Some(audit) = self.ground.audit {
            audit.denied(self.principal, action, resource);
        }
        Error::Denied { action, resource }
    }

    /// Whether things of this kind exist for the principal. What it may not see does not.
    pub(crate) fn sees<'a>(self, asked: impl Into<Asked<'a>>) -> bool {
        self.allows(asked, Action::Read)
    }

    /// Whether the principal may do this, for those who know something else to do if it may not.
    pub(crate) fn allows<'a>(self, asked: impl Into<Asked<'a>>, action: Action) -> bool {
        self.principal.rights.decide(asked, action) == Decision::Allow
    }

    /// For what is looked at later, when there is a thing to look at.
    ///
    /// # Errors
    /// `Denied` if the principal may do this to no such thing.
    pub(crate) fn require_some<'a>(self, asked: impl Into<Asked<'a>>, action: Action) -> Result<()> {
        let asked = asked.into();
        match self.ruling(asked, action) {
            Ruling::Allow | Ruling::Depends(_) => Ok(()),
            Ruling::Deny => Err(self.denied(action, asked.kind())),
        }
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

    /// That nobody hands on what it does not hold: of these rights the principal has all itself, if it is no administrator.
    ///
    /// # Errors
    /// `Denied`.
    pub(crate) fn require_cover(self, rights: &Rights, resource: Resource) -> Result<()> {
        if self.principal.rights.cover(rights) { Ok(()) } else { Err(self.denied(Action::Create, resource)) }
    }

    /// Whether the principal works as the built-in role `server`.
    pub(crate) fn is_server(self) -> bool {
        self.principal.roles.iter().any(|role| role.as_str() == BuiltInRole::Server.name())
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

    /// For what shows all of the store at once, secrets' hashes included: it takes a key of the root with the built-in role `admin`
    /// and as it was made. One that is narrowed is to be less, whatever its rights come to; a procedure lends its caller a role
    /// for what its body does.
    ///
    /// # Errors
    /// `Denied`.
    pub(crate) fn require_whole_store(self) -> Result<()> {
        let Principal { kind, scope, procedure, roles, .. } = self.principal;
        let is_admin = roles.iter().any(|role| role.as_str() == BuiltInRole::Admin.name());
        if *kind == PrincipalKind::Key && is_admin && scope.is_none() && procedure.is_none() {
            self.require_on_store(Action::Read)
        } else {
            Err(self.denied(Action::Read, Resource::Database))
        }
    }

    /// What a change is told that clashes with a document: that it does, if the principal may see that document and its
    /// clashing fields, and else no more than that it may not be done.
    pub(crate) fn clash(self, sees: bool, index: &str, action: Action) -> Error {
        if !sees {
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
