//! The views: the only door to documents. What they hand out has been decided on, by `policy.rs` alone; what their
//! principal may not see does not exist in them. Their operations are in the files below, by what they are on.

mod audit;
mod backup;
mod change;
mod collections;
mod create;
mod credentials;
mod databases;
mod documents;
mod explain;
mod identities;
mod keys;
mod login;
mod once;
mod predicates;
mod procedures;
mod providers;
mod query;
mod role_check;
mod role_sets;
mod roles;
mod tokens;

pub use audit::{AUDIT_RECORDS_MAX, AuditChain, AuditQuery, AuditRecord};
pub use change::Change;
pub use create::Addition;
pub use credentials::{CredentialInfo, Sessions};
pub use databases::DatabaseInfo;
pub use keys::{CreatedKey, KEY_NAME_BYTES_MAX, Key, NewKey};
pub(crate) use login::{Candidate, Trial, Tried};
pub use once::{ONCE_REMEMBERED, ONCE_TOKEN_BYTES_MAX};
pub use predicates::{NamedPredicate, PREDICATE_PARAMETERS_MAX};
pub use procedures::ProcedureInfo;
pub use providers::ProviderInfo;
pub use query::{
    FILTER_ARGS_BYTES_MAX, PAGE_DOCUMENTS_MAX, Page, PlanRange, PlanRanges, Query, QueryPlan,
    SORT_DOCUMENTS_MAX, SORT_FIELDS_MAX, SORT_KEY_BYTES_MAX, Sort,
};
pub use role_sets::{ROLE_VERSIONS_MAX, RoleVersion};
pub use roles::{MEMBER_COLLECTIONS_MAX, PRIVILEGES_MAX, ROLES_MAX, ROLES_OF_COLLECTION_MAX};
pub use tokens::{CreatedToken, Logout, NewToken, TOKEN_DATA_BYTES_MAX, Token};

use crate::audit::{Event, Events};
use crate::gate::Shared;
use crate::judge::{Judge, Memo};
use crate::lease::Lease;
use crate::policy::Policy;
use crate::principal::Principal;
use crate::resource::Action;
use crate::sight::{Sight, Sights};
use crate::{Error, Result, Role};
use portunus_scope::{
    DatabaseId, Durability, Error as ScopeError, StoredCollection, Timestamp, TreeReader, TreeWriter,
};
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// One state of a database, as its principal may see it.
///
/// It holds what it needs and can be kept and sent to another thread. Whatever it is asked, it first makes sure that
/// its secret still opens it: once that has been revoked or has expired, every call gives `Unauthenticated`.
///
/// ```
/// # use portunus_auth::{Collection, Durability, Error, Gate, GateOptions};
/// # use serde_json::json;
/// # let (gate, secret) = Gate::create_in_memory(&GateOptions::default())?;
/// # let mut view = gate.begin_write(&secret)?;
/// # view.define(Collection::new("notes"))?;
/// # view.create_with_id("notes", "n1", json!({}))?;
/// # view.commit(Durability::Immediate)?;
/// let view = gate.begin_read(&secret)?;
/// let me = view.principal()?.id();
/// println!("{me} reads at {}", view.now());
/// assert!(view.exists("notes", "n1")?);
/// assert_eq!(view.query("notes").count()?, 1);
/// # Ok::<(), Error>(())
/// ```
pub struct ReadView {
    source: Source,
    lease: Lease,
    /// What rules have read.
    memo: Memo,
    /// What rules came to when they were bound.
    sights: Sights,
}

/// A transaction on a database: what its principal may see, its own changes included, and what it may change.
///
/// It is committed whole, or dropped without effect. An operation that fails changes nothing.
///
/// ```
/// # use portunus_auth::{Error, Gate, GateOptions};
/// use portunus_auth::{Collection, Durability};
/// # use serde_json::json;
/// # let (gate, secret) = Gate::create_in_memory(&GateOptions::default())?;
/// let mut view = gate.begin_write(&secret)?;
/// view.define(Collection::new("notes"))?;
/// let note = view.create("notes", json!({"title": "milk"}))?;
/// assert!(view.exists("notes", note.id())?, "it sees its own changes");
/// view.commit(Durability::Immediate)?;
/// # Ok::<(), Error>(())
/// ```
pub struct WriteView {
    view: ReadView,
    /// Set when an operation failed between two of its writes: what is there then must not be committed.
    is_broken: bool,
    /// The URLs of key sets that will be needed once this is committed.
    key_sets: Vec<String>,
    /// What it did so far that an audit log is to tell.
    events: Events,
    /// Roles that name a collection which is not there yet.
    awaiting: Vec<Role>,
    /// Whether what the roles were before it is kept.
    has_role_version: bool,
}

/// Where a view reads.
enum Source {
    Reader(TreeReader),
    Writer(TreeWriter),
}

impl ReadView {
    pub(crate) fn on_reader(reader: TreeReader, lease: Lease) -> Self {
        Self { source: Source::Reader(reader), lease, memo: Memo::default(), sights: Sights::default() }
    }

    /// Who reads here, and with which rights.
    ///
    /// # Errors
    /// `Unauthenticated` once the secret opens nothing any more; `Conflict` if it stands for another principal now.
    /// Every operation of a view gives these, and does not say so again.
    pub fn principal(&self) -> Result<&Principal> {
        self.lease.check()?;
        Ok(self.lease.principal())
    }

    /// The instant at which this view was begun: documents that expire at or before it are not there.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.reader().now()
    }

    fn reader(&self) -> &TreeReader {
        match &self.source {
            Source::Reader(reader) => reader,
            Source::Writer(writer) => writer,
        }
    }

    /// What the principal may do, after a check that the secret still stands for it. Every operation begins with this.
    pub(crate) fn policy(&self) -> Result<Policy<'_>> {
        self.lease.check()?;
        Ok(self.unchecked_policy())
    }

    /// What the principal may do, within an operation that has made sure of the secret already.
    fn unchecked_policy(&self) -> Policy<'_> {
        self.lease.policy(self.reader(), &self.memo)
    }

    /// What the principal may do to documents of a collection.
    fn sight(
        &self,
        policy: Policy<'_>,
        collection: &StoredCollection,
        action: Action,
        judge: &mut Judge<'_>,
    ) -> Result<Sight> {
        self.sights.bind((collection.number(), action), policy.ruling(collection, action), judge)
    }

    /// The principal, for longer than this view.
    pub(crate) fn caller(&self) -> Arc<Principal> {
        self.lease.shared_principal()
    }

    fn database(&self) -> DatabaseId {
        self.lease.principal().database
    }

    fn shared(&self) -> &Shared {
        self.lease.shared()
    }
}

impl WriteView {
    pub(crate) fn new(writer: TreeWriter, lease: Lease) -> Self {
        let view = ReadView {
            source: Source::Writer(writer),
            lease,
            memo: Memo::default(),
            sights: Sights::default(),
        };
        Self {
            view,
            is_broken: false,
            key_sets: Vec::new(),
            events: Events::default(),
            awaiting: Vec::new(),
            has_role_version: false,
        }
    }

    /// Commits, and waits for as much as `durability` says.
    ///
    /// # Errors
    /// `Unauthenticated` if the secret opens nothing any more; `Conflict` if something that the transaction read has
    /// changed, its own rights included: nothing was written, run it again; `Constraint` if a role names a collection that
    /// was never defined; `OutcomeUnknown`, `ReadOnly`, `Incomplete`.
    pub fn commit(self, durability: Durability) -> Result<()> {
        if self.is_broken {
            return Err(Error::Incomplete);
        }
        self.view.lease.check_to_commit()?;
        if let Some(Role { name, .. }) = self.awaiting.first() {
            return Err(Error::Constraint(format!("the role {name} names a collection that is not there")));
        }
        let ReadView { source, lease, .. } = self.view;
        let key_sets = self.key_sets;
        let Source::Writer(writer) = source else { return Err(not_a_writer()) };
        let (shared, author) = (lease.shared(), lease.principal().into());
        let check = || lease.check_to_commit();
        match shared.audit.commit(&shared.tree, writer, author, &self.events, durability, check) {
            // Where the secret was revoked meanwhile, that is the answer.
            Err(Error::Conflict) => {
                lease.prove_again()?;
                Err(Error::Conflict)
            }
            Err(error) => Err(error),
            Ok(()) => {
                key_sets.iter().for_each(|url| lease.shared().opener.jwks().prefetch(url));
                Ok(())
            }
        }
    }

    /// Runs an operation of several writes. If it fails, the transaction cannot commit any more.
    fn whole<T>(&mut self, operation: impl FnOnce(&mut TreeWriter) -> Result<T>) -> Result<T> {
        let done = operation(self.writer()?);
        self.is_broken |= done.is_err();
        done
    }

    /// Notes what an operation did, after it has done it.
    ///
    /// # Errors
    /// `Limit` if the transaction does more than can be noted; it cannot commit any more then.
    fn note(&mut self, event: Event) -> Result<()> {
        let noted = self.events.push(event);
        self.is_broken |= noted.is_err();
        noted
    }

    fn writer(&mut self) -> Result<&mut TreeWriter> {
        // What rules have read may become another thing now.
        self.view.memo.forget();
        self.view.sights.forget();
        match &mut self.view.source {
            Source::Writer(writer) => Ok(writer),
            Source::Reader(_) => Err(not_a_writer()),
        }
    }
}

impl Deref for WriteView {
    type Target = ReadView;

    fn deref(&self) -> &ReadView {
        &self.view
    }
}

impl fmt::Debug for ReadView {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ReadView")
            .field("principal", self.lease.principal())
            .field("now", &self.now())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for WriteView {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("WriteView").field(&self.view).finish()
    }
}

fn not_a_writer() -> Error {
    Error::Internal("a writing view was begun on a reader".into())
}

impl ReadView {
    /// What the layer below calls a clash, in this one's words. A document that the principal may not see is not named, nor
    /// one of which it may not see what clashes.
    fn clash_or(&self, error: ScopeError, collection: &StoredCollection, action: Action) -> Error {
        let ScopeError::Clash { index, existing } = error else { return error.into() };
        let policy = self.unchecked_policy();
        match self.sees_clash(policy, collection, (&index, &existing)) {
            Ok(sees) => policy.clash(sees, &index, action),
            Err(error) => error,
        }
    }

    fn sees_clash(
        &self,
        policy: Policy<'_>,
        collection: &StoredCollection,
        (index, existing): (&str, &str),
    ) -> Result<bool> {
        let Some(document) = self.reader().unfiltered_get(collection, existing)? else { return Ok(false) };
        let mut judge = policy.judge();
        let sight = self.sight(policy, collection, Action::Read, &mut judge)?;
        let sees = sight.look(&mut judge, collection, document.as_ref())?;
        Ok(sees.is_some_and(|seen| index == "id" || seen.shows_fields_of(collection, index)))
    }
}
