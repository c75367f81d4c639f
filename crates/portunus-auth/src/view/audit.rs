//! The audit log through a view: whether it is kept and of what, its records, and whether they are those that were written.
//! How a record comes to be is not its business.

use super::{ReadView, WriteView};
use crate::audit::{Event, Head, Walk, record_id};
use crate::mac::hex;
use crate::resource::{Action, Resource};
use crate::thing::{Described, Thing};
use crate::{AuditSettings, Error, PublicId, Result};
use portunus_scope::{DocumentRef, Object, Order, SystemCollection, Timestamp, Value, ValueRef};
use std::borrow::Borrow;
use std::ops::ControlFlow;

/// The most records that are read at once.
pub const AUDIT_RECORDS_MAX: usize = 1_000;

/// Which records of an audit log are asked for. Without anything further: the first [`AUDIT_RECORDS_MAX`].
///
/// ```
/// # use portunus_auth::{AuditSettings, Durability, Error, Gate, GateOptions, NewKey};
/// use portunus_auth::{AuditQuery, Timestamp};
/// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
/// # let mut view = gate.begin_write(&admin)?;
/// # view.set_audit(Some(AuditSettings::default()))?;
/// # for _ in 0..3 { view.create_key(NewKey::new("server"))?; }
/// # view.commit(Durability::Immediate)?;
/// let view = gate.begin_read(&admin)?;
/// let me = view.principal()?.id();
/// let last = view.audit(AuditQuery::default().newest_first().limit(2))?;
/// let before = view.audit(AuditQuery::default().newest_first().after(last[1].sequence))?;
/// let keys = AuditQuery::default().kind("key_created").principal(me);
/// let until_now = view.audit(keys.since(Timestamp(0)).until(view.now()))?;
/// assert_eq!((last.len(), before.len(), until_now.len()), (2, 2, 3));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct AuditQuery {
    since: Timestamp,
    until: Timestamp,
    kind: Option<String>,
    principal: Option<PublicId>,
    after: Option<u64>,
    order: Order,
    limit: usize,
}

/// One record of an audit log.
///
/// ```
/// # use portunus_auth::{AuditQuery, AuditSettings, Durability, Error, Gate, GateOptions};
/// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
/// let mut view = gate.begin_write(&admin)?;
/// view.set_audit(Some(AuditSettings::default()))?;
/// view.commit(Durability::Immediate)?;
/// let view = gate.begin_read(&admin)?;
/// let record = &view.audit(AuditQuery::default())?[0];
/// assert_eq!((record.sequence, record.kind.as_str()), (1, "audit_set"));
/// assert_eq!(record.principal, Some(view.principal()?.id()));
/// assert!(record.at <= view.now() && record.json.starts_with(r#"{"at":"#));
/// assert_eq!(record.hash.len(), 64);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its place in the log, from 1 on.
    pub sequence: u64,
    /// When it happened.
    pub at: Timestamp,
    /// What happened, in one of these words:
    ///
    /// | kinds | members beside `at`, `kind` and `principal` |
    /// |---|---|
    /// | `opened` | `mode`: `read` or `write` |
    /// | `refused` | `reason`, `secret`: its public id, as far as it could be read |
    /// | `denied` | `action`, `resource` |
    /// | `dropped` | how many `openings`, `refusals`, `denials` and `failed_logins` had to be left out |
    /// | `backup_begun` | |
    /// | `audit_set`, `audit_stopped` | the [settings](AuditSettings) |
    /// | `logged_in` | `collection`, `document`, `token`, `refresh_token`, `source` |
    /// | `login_failed`, `login_throttled` | `reason`, `purpose`, `collection`, `document` if there is one, `source` |
    /// | `login_renewed`, `refresh_token_reused` | `refresh_token`, `token` or `tokens` |
    /// | `credential_set`, `…_changed`, `…_disabled`, `…_enabled`, `…_deleted` | `collection`, `document` |
    /// | `token_created`, `…_retargeted`, `…_expiry_set`, `…_deleted` | `token`, `collection`, `document`, `expires_at` |
    /// | `tokens_ended` | `which`, `tokens` |
    /// | `key_created`, `…_role_set`, `…_expiry_set`, `…_deleted` | `key`, `path`, `role`, `expires_at` |
    /// | `role_created`, `…_altered`, `…_renamed`, `…_deleted` | `role`, `to` |
    /// | `provider_created`, `…_altered`, `…_renamed`, `…_not_before_set`, `…_deleted` | `provider`, `to`, `not_before` |
    /// | `jwt_denied` | `provider`, `jwt`: a digest of its id, `until` |
    /// | `procedure_defined`, `…_deleted` | `procedure`, `role` |
    /// | `database_created`, `…_renamed`, `…_moved`, `…_disabled`, `…_enabled`, `…_protected`, `…_deleted` | `path`, `to`, `database`: its public id, `protected` |
    /// | `collection_created`, `…_altered`, `…_renamed`, `…_dropped` | `collection`, `to` |
    /// | `identity_deleted` | `collection`, `document`, whose tokens and password are gone with it |
    ///
    /// The `principal` is the `kind` and `id` of the secret, the `collection` and `document` that it stands for if it
    /// stands for one, and the `procedure` that ran if one did.
    pub kind: String,
    /// What names the secret of whoever did it, if anybody was let in.
    pub principal: Option<PublicId>,
    /// All of it: one line of JSON without control characters, which is what the hash is of.
    pub json: String,
    /// The hash of this record and of all before it, in hexadecimal digits.
    pub hash: String,
}

/// What a walk along a whole audit log has found.
///
/// Each record carries a hash of itself and of all before it, and the end of the log is kept beside it. So a record that
/// was changed, removed, added or put elsewhere is found, and so is a log that was cut off. What cannot be found is a log
/// that was rewritten as a whole, hashes included, by somebody who can write the file: against that, keep
/// [`AuditChain::head`] in another place from time to time, and look for it among the hashes of the records.
///
/// ```
/// # use portunus_auth::{AuditSettings, Durability, Error, Gate, GateOptions};
/// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
/// # let mut view = gate.begin_write(&admin)?;
/// # view.set_audit(Some(AuditSettings::default()))?;
/// # view.commit(Durability::Immediate)?;
/// let chain = gate.begin_read(&admin)?.verify_audit()?;
/// assert_eq!((chain.records, chain.first_break, chain.head.len()), (1, None, 64));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditChain {
    /// How many records there are.
    pub records: u64,
    /// The hash of the last record, as the end of the log has it, in hexadecimal digits. It changes with every record.
    pub head: String,
    /// The sequence of the first record that is missing or not what was written; none if the log is whole.
    pub first_break: Option<u64>,
}

impl Default for AuditQuery {
    fn default() -> Self {
        Self {
            since: Timestamp::MIN,
            until: Timestamp::MAX,
            kind: None,
            principal: None,
            after: None,
            order: Order::Ascending,
            limit: AUDIT_RECORDS_MAX,
        }
    }
}

impl AuditQuery {
    /// What happened at this instant or after it.
    #[must_use]
    pub fn since(self, instant: Timestamp) -> Self {
        Self { since: instant, ..self }
    }

    /// What happened at this instant or before it.
    #[must_use]
    pub fn until(self, instant: Timestamp) -> Self {
        Self { until: instant, ..self }
    }

    /// What is of this kind.
    #[must_use]
    pub fn kind(self, kind: impl Into<String>) -> Self {
        Self { kind: Some(kind.into()), ..self }
    }

    /// What the holder of this secret did.
    #[must_use]
    pub fn principal(self, id: PublicId) -> Self {
        Self { principal: Some(id), ..self }
    }

    /// What comes behind this record, in the order that is asked for.
    #[must_use]
    pub fn after(self, sequence: u64) -> Self {
        Self { after: Some(sequence), ..self }
    }

    /// From the last record to the first.
    #[must_use]
    pub fn newest_first(self) -> Self {
        Self { order: Order::Descending, ..self }
    }

    /// At most so many records.
    #[must_use]
    pub fn limit(self, records_max: usize) -> Self {
        Self { limit: records_max, ..self }
    }

    fn wants(&self, record: &AuditRecord) -> bool {
        (self.since..=self.until).contains(&record.at)
            && self.kind.as_ref().is_none_or(|kind| *kind == record.kind)
            && self.principal.is_none_or(|id| record.principal == Some(id))
    }
}

impl ReadView {
    /// What the audit log of the database holds: nothing if none is kept, or if the principal may not see it.
    ///
    /// # Errors
    /// Those of every operation.
    pub fn audit_settings(&self) -> Result<Option<AuditSettings>> {
        let load = || Ok(Some(Settings(AuditSettings::load(self.reader(), self.database())?)));
        Ok(self.policy()?.seen_one(load)?.and_then(|settings| settings.0))
    }

    /// Records of the database's audit log, as far as the principal may see them. Those of a log that is kept no longer are
    /// still there. What has no transaction of its own is there once it was brought there, by [`Gate::flush_audit`].
    ///
    /// [`Gate::flush_audit`]: crate::Gate::flush_audit
    ///
    /// ```
    /// # use portunus_auth::{AuditQuery, AuditSettings, Durability, Error, Gate, GateOptions, NewKey};
    /// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
    /// # let mut view = gate.begin_write(&admin)?;
    /// view.set_audit(AuditSettings::default())?;
    /// let key = view.create_key(NewKey::new("server"))?;
    /// view.commit(Durability::Immediate)?;
    /// let view = gate.begin_read(&admin)?;
    /// assert_eq!(view.audit_settings()?, Some(AuditSettings::default()));
    /// let last = &view.audit(AuditQuery::default().newest_first().limit(1))?[0];
    /// assert!(last.kind == "key_created" && last.json.contains(&key.id.to_string()));
    /// assert_eq!(view.verify_audit()?.head, last.hash);
    /// // The server has no right to see any of it.
    /// let server = gate.begin_read(&key.secret)?;
    /// assert!(server.audit(AuditQuery::default())?.is_empty() && server.verify_audit().is_err());
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of every operation; `Limit` for more than [`AUDIT_RECORDS_MAX`] at once; `Corrupt` if a record has not its
    /// form.
    pub fn audit(&self, query: impl Borrow<AuditQuery>) -> Result<Vec<AuditRecord>> {
        let query = query.borrow();
        if query.limit > AUDIT_RECORDS_MAX {
            let (what, max) = ("audit records", AUDIT_RECORDS_MAX);
            return Err(Error::Limit { what, actual: query.limit, max });
        }
        let policy = self.policy()?;
        let Some(mut eye) = policy.eye::<AuditRecord>()?.filter(|_| query.limit > 0) else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        let after = query.after.map(record_id);
        self.walk(after.as_deref(), query.order, &mut |record| {
            let record = AuditRecord::read(record).ok_or_else(damaged)?;
            // What is asked for is not asked of what may not be seen: nothing is to be learned by how long that takes.
            if eye.sees(&record)? && query.wants(&record) {
                found.push(record);
            }
            Ok(if found.len() < query.limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })?;
        Ok(found)
    }

    /// Walks along the whole audit log, and checks that it is what was written.
    ///
    /// # Errors
    /// `Denied` if the principal may not see it; `Corrupt` if a record fails its checksum, so that the walk cannot go on.
    pub fn verify_audit(&self) -> Result<AuditChain> {
        self.policy()?.require(Resource::Audit, Action::Read)?;
        let head = Head::load(self.reader(), self.database())?;
        let mut walk = Walk::default();
        self.walk(None, Order::Ascending, &mut |record| {
            walk.see(record);
            Ok(ControlFlow::Continue(()))
        })?;
        let (records, first_break) = walk.end(head);
        Ok(AuditChain { records, head: hex(head.hash), first_break })
    }

    /// Visits the records of the log, as long as the secret still opens it.
    fn walk(
        &self,
        after: Option<&str>,
        order: Order,
        visit: &mut dyn FnMut(DocumentRef<'_>) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let mut failed = None;
        let (database, log) = (self.database(), SystemCollection::Audit);
        self.reader().unfiltered_system_scan_after(database, log, after, order, &mut |record| match self
            .lease
            .check()
            .and_then(|()| visit(record))
        {
            Ok(flow) => Ok(flow),
            Err(error) => {
                failed = Some(error);
                Ok(ControlFlow::Break(()))
            }
        })?;
        failed.map_or(Ok(()), Err)
    }
}

impl WriteView {
    /// Keeps an audit log of the database from now on, with this in it, or none any more. This is itself a record: the first
    /// one, or the last.
    ///
    /// ```
    /// # use portunus_auth::{Error, Gate, GateOptions};
    /// use portunus_auth::AuditSettings;
    /// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
    /// let mut view = gate.begin_write(&admin)?;
    /// let settings = AuditSettings { refusals: true, denials: true, ..AuditSettings::default() };
    /// view.set_audit(Some(settings))?;
    /// assert_eq!(view.audit_settings()?, Some(settings));
    /// view.set_audit(None)?;
    /// assert_eq!(view.audit_settings()?, None);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// `Denied`.
    pub fn set_audit(&mut self, settings: impl Into<Option<AuditSettings>>) -> Result<()> {
        let (database, settings) = (self.database(), settings.into());
        let old = AuditSettings::load(self.reader(), database)?;
        self.policy()?.require_blind_change(&Settings(old), &Settings(settings))?;
        if old == settings {
            return Ok(());
        }
        self.whole(|writer| AuditSettings::store(settings, writer, database))?;
        self.note(match settings {
            Some(settings) => Event::AuditSet { settings },
            None => Event::AuditStopped,
        })
    }
}

/// What is said of a whole log.
struct Settings(Option<AuditSettings>);

impl Described for Settings {
    const KIND: Resource = Resource::Audit;

    fn thing(&self) -> Thing {
        let AuditSettings { openings, refusals, denials } = self.0.unwrap_or_default();
        Thing::of(Self::KIND, "settings")
            .with("kept", self.0.is_some())
            .with("openings", openings)
            .with("refusals", refusals)
            .with("denials", denials)
            .done()
    }
}

impl Described for AuditRecord {
    const KIND: Resource = Resource::Audit;

    fn thing(&self) -> Thing {
        let sequence = self.sequence.to_string();
        let members = match Value::from_json(&self.json) {
            Ok(Value::Object(members)) => members,
            // It was read before.
            Ok(_) | Err(_) => Object::new(),
        };
        let sketch = members
            .into_iter()
            .fold(Thing::of(Self::KIND, sequence), |sketch, (name, value)| sketch.with(&name, value));
        sketch.with("at", self.at).with("sequence", i64::try_from(self.sequence).unwrap_or(i64::MAX)).done()
    }
}

impl AuditRecord {
    fn read(record: DocumentRef<'_>) -> Option<Self> {
        let json = record.field("event").and_then(ValueRef::as_str)?;
        let event = Value::from_json(json).ok()?;
        let text = |name: &str| event.member(name).and_then(Value::as_str);
        let principal = event.member("principal").and_then(|by| by.member("id")).and_then(Value::as_str);
        Some(Self {
            sequence: u64::from_str_radix(record.id(), 16).ok()?,
            at: text("at")?.parse().ok()?,
            kind: text("kind")?.to_owned(),
            principal: principal.map(str::parse).transpose().ok()?,
            json: json.to_owned(),
            hash: hex(record.field("hash").and_then(ValueRef::as_bytes)?.try_into().ok()?),
        })
    }
}

fn damaged() -> Error {
    Error::Corrupt("a record of an audit log has not its form".into())
}
