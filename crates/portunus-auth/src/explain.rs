//! Why somebody may do something or may not: which roles were considered, and what each of their rules came to. The verdict is
//! that of what decides about transactions; nothing here decides anything. It knows nothing of who asks.

mod answer;
mod case;
mod deed;
mod outline;
mod reach;
mod roles;
mod tree;
mod who;

pub use answer::{Answer, ExplainedPart, ExplainedRule};
pub use deed::Deed;
pub(crate) use deed::DeedIs;
pub(crate) use outline::outline;
pub use reach::{GrantTerms, IdentityCan, Reachable, RoleCan, Terms, WHO_CAN_IDENTITIES_MAX, WhoCan};
pub(crate) use reach::{what_can, who_can};
pub use roles::{ExplainedRight, ExplainedRole, RoleReason, RoleSource};
pub(crate) use who::WhoIs;
pub use who::{WHO_CLAIMS_BYTES_MAX, WHO_ROLES_MAX, Who};

use crate::Result;
use crate::judge::{Caller, Ground, Memo};
use crate::open::{Supposed, suppose};
use crate::resource::Action;
use crate::role_book::RoleBook;
use case::Case;
use portunus_scope::{Database, DatabaseId, TreeReader};
use serde::Serialize;

/// The most rules and expressions that one explanation tells.
pub const EXPLAINED_MAX: usize = 100_000;

/// What somebody gets who does something.
///
/// ```
/// use portunus_auth::Verdict;
/// assert_eq!(Verdict::Denied.to_string(), "denied");
/// let masked = Verdict::Masked { hidden: vec!["salary".into()] };
/// assert_eq!(masked.to_string(), "allowed, without salary");
/// assert!(masked.is_allowed() && !Verdict::Unseen.is_allowed());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verdict {
    /// It may be done.
    Allowed,
    /// The document may be read, without some of its fields.
    Masked {
        /// The paths of these fields.
        hidden: Vec<String>,
    },
    /// It is as if the document were not there.
    Unseen,
    /// It is denied.
    Denied,
    /// It was asked in general, and depends on the thing.
    Depends,
    /// There is nobody who could: the secret opens nothing.
    OpensNothing {
        /// Why, as the audit log has it.
        reason: String,
    },
}

/// What keeps somebody from doing what all rules would allow.
///
/// ```
/// use portunus_auth::Obstacle;
/// assert_eq!(Obstacle::OtherFields.to_string(), "it sets fields that no grant which holds is for");
/// assert!(Obstacle::HiddenFields.to_string().contains("does not see"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Obstacle {
    /// What is given would put something in the place of fields that are hidden, or beside them where nobody can tell how.
    HiddenFields,
    /// Fields are set that no grant is for.
    OtherFields,
}

/// Why somebody may do something, or may not. It tells what rules came to, and never a value that they met.
///
/// ```
/// # use portunus_auth::{Action, Collection, Error, Gate, GateOptions, Role};
/// use portunus_auth::{Deed, Explanation, Verdict, Who};
/// # use serde_json::json;
/// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
/// # let mut view = gate.begin_write(&admin)?;
/// # view.define(Collection::new("users"))?;
/// # view.define(Collection::new("notes"))?;
/// # view.create_with_id("users", "bob", json!({}))?;
/// # view.create_with_id("notes", "n1", json!({"owner": "ann", "public": true}))?;
/// view.define_role(
///     Role::new("author")
///         .member("users")
///         .allow_when("notes", Action::Read, "doc.owner == id(identity) || doc.public")
///         .allow_when("notes", Action::Delete, "doc.owner == id(identity)"),
/// )?;
/// let bob = Who::document("users", "bob");
/// let explanation: Explanation = view.explain(&bob, &Deed::delete("notes", "n1"))?;
/// assert_eq!(explanation.verdict, Verdict::Denied);
/// assert_eq!(
///     explanation.to_string(),
///     "\
/// users/bob: delete notes/n1: denied
/// └─ role author: held
///    ├─ users: all of its documents are members
///    ├─ grant to read notes: holds
///    │  └─ doc.owner == id(identity) || doc.public: true
///    │     ├─ doc.owner == id(identity): false
///    │     └─ doc.public: true
///    └─ grant to delete notes: does not hold
///       └─ doc.owner == id(identity): false
/// "
/// );
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// Whom it is about.
    pub who: String,
    /// What they do.
    pub deed: String,
    /// The actions that have to be granted for it: all of them, or any of them to see an id.
    pub needs: Vec<Action>,
    /// What they get.
    pub verdict: Verdict,
    /// What keeps them from it, if it is no rule.
    pub obstacle: Option<Obstacle>,
    /// The roles that they have, and those that would have something to say if they had them.
    pub roles: Vec<ExplainedRole>,
    /// Whether nothing was left out because it was more than [`EXPLAINED_MAX`].
    pub is_complete: bool,
}

impl Verdict {
    /// Whether it may be done, if not in all fields.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed | Self::Masked { .. })
    }
}

/// Where a question is asked.
#[derive(Clone, Copy)]
pub(crate) struct Inquiry<'i> {
    pub(crate) reader: &'i TreeReader,
    pub(crate) book: &'i RoleBook,
    pub(crate) memo: &'i Memo,
    /// The database, and those above it.
    pub(crate) lineage: &'i [Database],
}

impl<'i> Inquiry<'i> {
    fn database(self) -> DatabaseId {
        self.lineage.first().map_or(DatabaseId::STORE, |own| own.id)
    }

    /// Where rules are decided. No audit is told: nobody did anything.
    fn ground(self) -> Ground<'i> {
        Ground { reader: self.reader, memo: self.memo, audit: None }
    }

    /// What rules know of a caller of whom nothing is known.
    fn nobody(self) -> Caller<'i> {
        let database_public_id = self.lineage.first().map_or("", |own| &own.public_id);
        let (database, now) = (self.database(), self.reader.now());
        Caller { database, database_public_id, identity: None, claims: None, args: None, now }
    }

    fn suppose(self, who: &Who) -> Result<Supposed> {
        suppose((self.reader, self.book), self.lineage, &who.0)
    }
}

/// Why somebody may do something, or may not.
///
/// # Errors
/// `NotFound` if there is nobody or nothing of that name; as every read of the store.
pub(crate) fn explain(inquiry: Inquiry<'_>, who: &Who, deed: &Deed) -> Result<Explanation> {
    let supposed = inquiry.suppose(who)?;
    let case = Case::find(inquiry, deed)?;
    let verdict = verdict(inquiry, &supposed, &case)?;
    let obstacle = match verdict {
        Verdict::Denied => case.obstacle(inquiry, &supposed.principal)?,
        _ => None,
    };
    let mut room = Room::default();
    let roles = roles::considered(inquiry, who, (&supposed, &case), &mut room)?;
    let (who, needs, deed) = (who.to_string(), deed.actions(), deed.to_string());
    Ok(Explanation { who, deed, needs, verdict, obstacle, roles, is_complete: room.is_enough() })
}

fn verdict(inquiry: Inquiry<'_>, supposed: &Supposed, case: &Case) -> Result<Verdict> {
    match supposed.refusal {
        Some(refusal) => Ok(Verdict::OpensNothing { reason: refusal.to_string() }),
        None => case.decide(inquiry, &supposed.principal),
    }
}

/// How much an explanation may still tell.
struct Room {
    left: usize,
    is_short: bool,
}

impl Default for Room {
    fn default() -> Self {
        Self { left: EXPLAINED_MAX, is_short: false }
    }
}

impl Room {
    fn takes_one(&mut self) -> bool {
        self.is_short |= self.left == 0;
        self.left = self.left.saturating_sub(1);
        !self.is_short
    }

    fn is_enough(&self) -> bool {
        !self.is_short
    }
}
