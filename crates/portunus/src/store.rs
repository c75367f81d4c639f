//! The handle on a store. It opens, runs and retries; it decides nothing.

use crate::procedure::Running;
use crate::sweeper::{Sweeper, sweep};
use crate::{
    AuthStats, Builder, Clock, Durability, EngineStats, JwksStats, ReadView, Result, Secret, WriteView, retry,
};
use portunus_auth::Gate;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// A store: a tree of databases in one file, or in memory. Cheap to clone, `Send + Sync`.
///
/// ```
/// use portunus::{Collection, Portunus};
/// let (db, admin) = Portunus::in_memory()?;
/// db.write(&admin, |tx| {
///     tx.define(Collection::new("notes"))?;
///     tx.create_with_id("notes", "n1", serde_json::json!({"title": "milk"}))
/// })?;
/// let note = db.read(&admin, |tx| tx.get("notes", "n1"))?.expect("it was created");
/// assert_eq!(note.field("title").and_then(|title| title.as_str()), Some("milk"));
/// # Ok::<(), portunus::Error>(())
/// ```
///
/// There is no way to its documents but a transaction, and no transaction without a secret:
///
/// ```compile_fail,E0061
/// # let (db, admin) = portunus::Portunus::in_memory()?;
/// db.begin_read()?.get("notes", "1")?; // with which secret?
/// # Ok::<(), portunus::Error>(())
/// ```
/// ```compile_fail,E0599
/// # let (db, admin) = portunus::Portunus::in_memory()?;
/// let everything = db.tree().begin_read()?; // no handle below the view is public
/// # Ok::<(), portunus::Error>(())
/// ```
/// ```compile_fail,E0277
/// let view: portunus::ReadView = Default::default(); // nobody makes a view but the lock
/// ```
#[derive(Clone)]
pub struct Portunus {
    shared: Arc<Shared>,
}

struct Shared {
    // Dropped first: it holds the gate as well.
    _sweeper: Option<Sweeper>,
    gate: Gate,
    running: Running,
}

impl Portunus {
    /// Creates a store in a new file, and its first key: one with the role `admin` on the root of the tree.
    /// It is not shown again, and opening a store never makes another.
    ///
    /// ```
    /// use portunus::Portunus;
    /// let folder = tempfile::tempdir()?;
    /// let (db, admin) = Portunus::create(folder.path().join("notes.portunus"))?;
    /// println!("keep this: {}", admin.expose());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `AlreadyExists` if there is anything at `path`, `Io`.
    pub fn create(path: impl AsRef<Path>) -> Result<(Self, Secret)> {
        Self::builder().create(path)
    }

    /// Opens a store.
    ///
    /// ```
    /// use portunus::{ErrorKind, Portunus};
    /// let folder = tempfile::tempdir()?;
    /// let missing = Portunus::open(folder.path().join("nowhere.portunus"));
    /// assert_eq!(missing.err().map(|error| error.kind()), Some(ErrorKind::NotFound));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `NotFound`; `Locked` if it is open elsewhere; `Corrupt`; `Version` if another program or a newer version wrote the
    /// file; `Io`.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::builder().open(path)
    }

    /// Creates a store in memory, which is gone when its last handle is dropped.
    ///
    /// ```
    /// let (db, admin) = portunus::Portunus::in_memory()?;
    /// assert_eq!(db.read(&admin, |tx| Ok(tx.collections()?.len()))?, 0);
    /// # Ok::<(), portunus::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Internal` if the system has no randomness to give.
    pub fn in_memory() -> Result<(Self, Secret)> {
        Self::builder().in_memory()
    }

    /// Settings other than the defaults.
    ///
    /// ```
    /// use portunus::{ManualClock, Portunus, Timestamp};
    /// let clock = std::sync::Arc::new(ManualClock::new(Timestamp(5)));
    /// let (db, admin) = Portunus::builder().clock(clock).in_memory()?;
    /// assert_eq!(db.clock().now(), Timestamp(5));
    /// # Ok::<(), portunus::Error>(())
    /// ```
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) fn new(gate: Gate, settings: &Builder) -> Result<Self> {
        let sweeper = settings.sweep_every.map(|every| Sweeper::start(gate.clone(), every)).transpose()?;
        let shared = Shared { _sweeper: sweeper, gate, running: settings.running() };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Runs a closure on one state of the store, as the holder of `secret` sees it.
    ///
    /// ```
    /// # use portunus::{Collection, Portunus};
    /// # let (db, admin) = Portunus::in_memory()?;
    /// # db.write(&admin, |tx| tx.define(Collection::new("notes")))?;
    /// let notes = db.read(&admin, |tx| tx.query("notes").count())?;
    /// assert_eq!(notes, 0);
    /// # Ok::<(), portunus::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Portunus::begin_read`]; what the closure returns.
    pub fn read<T>(&self, secret: &Secret, run: impl FnOnce(&ReadView) -> Result<T>) -> Result<T> {
        run(&self.begin_read(secret)?)
    }

    /// Runs a closure in a transaction of the holder of `secret`, and commits it if the closure succeeds. If it meets
    /// a conflict with another transaction, it is run again, up to five times; so it should have no other effect than
    /// on the transaction.
    ///
    /// ```
    /// # use portunus::{Collection, Portunus};
    /// # let (db, admin) = Portunus::in_memory()?;
    /// let note = db.write(&admin, |tx| {
    ///     tx.define(Collection::new("notes"))?;
    ///     tx.create("notes", serde_json::json!({"text": "hello"}))
    /// })?;
    /// assert_eq!(note.field("text").and_then(|text| text.as_str()), Some("hello"));
    /// # Ok::<(), portunus::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Unauthenticated` if the secret opens nothing, or has been revoked before the commit; `Conflict` if every attempt
    /// met one; `OutcomeUnknown` if the commit may or may not survive; what the closure returns.
    pub fn write<T>(&self, secret: &Secret, run: impl FnMut(&mut WriteView) -> Result<T>) -> Result<T> {
        self.write_with(secret, self.shared.running.durability, run)
    }

    /// As [`Portunus::write`], with a durability of the transaction's own.
    ///
    /// # Errors
    /// As [`Portunus::write`].
    ///
    /// ```
    /// # use portunus::{Collection, Durability, Portunus};
    /// # let (db, admin) = Portunus::in_memory()?;
    /// # db.write(&admin, |tx| tx.define(Collection::new("visits")))?;
    /// // Seen by everybody from now on; lost if the power fails before the next commit that waits.
    /// db.write_with(&admin, Durability::Relaxed, |tx| tx.create("visits", serde_json::json!({})))?;
    /// assert_eq!(db.read(&admin, |tx| tx.query("visits").count())?, 1);
    /// # Ok::<(), portunus::Error>(())
    /// ```
    pub fn write_with<T>(
        &self,
        secret: &Secret,
        durability: Durability,
        mut run: impl FnMut(&mut WriteView) -> Result<T>,
    ) -> Result<T> {
        retry::run(self.shared.running.attempts_max, || self.attempt(secret, durability, &mut run))
    }

    /// As [`Portunus::write`], but run once: a conflict is an error like any other.
    ///
    /// # Errors
    /// As [`Portunus::write`].
    ///
    /// ```
    /// # use portunus::{Collection, ErrorKind, Portunus};
    /// # let (db, admin) = Portunus::in_memory()?;
    /// # db.write(&admin, |tx| tx.define(Collection::new("notes")))?;
    /// let lost = db.try_write(&admin, |tx| {
    ///     let notes = tx.query("notes").count()?;
    ///     db.write(&admin, |other| other.create("notes", serde_json::json!({})))?; // and this one wins
    ///     tx.create("notes", serde_json::json!({"before": notes}))
    /// });
    /// assert_eq!(lost.map_err(|error| error.kind()), Err(ErrorKind::Conflict));
    /// # Ok::<(), portunus::Error>(())
    /// ```
    pub fn try_write<T>(&self, secret: &Secret, run: impl FnOnce(&mut WriteView) -> Result<T>) -> Result<T> {
        self.attempt(secret, self.shared.running.durability, run)
    }

    /// Begins a transaction that only reads, to be held as long as the deadline of readers allows.
    ///
    /// # Errors
    /// `Unauthenticated` if the secret opens nothing; `Conflict` if the access provider of a JWT changed each time that it was
    /// verified.
    ///
    /// ```
    /// # use portunus::{Collection, Portunus};
    /// # let (db, admin) = Portunus::in_memory()?;
    /// let before = db.begin_read(&admin)?;
    /// db.write(&admin, |tx| tx.define(Collection::new("notes")))?;
    /// assert!(before.collections()?.is_empty()); // still the state that it began with
    /// assert_eq!(db.begin_read(&admin)?.collections()?.len(), 1);
    /// # Ok::<(), portunus::Error>(())
    /// ```
    pub fn begin_read(&self, secret: &Secret) -> Result<ReadView> {
        self.shared.gate.begin_read(secret)
    }

    /// Begins a transaction. It has an effect only if it is committed.
    ///
    /// ```
    /// # use portunus::{Collection, Durability, Portunus};
    /// # let (db, admin) = Portunus::in_memory()?;
    /// let mut tx = db.begin_write(&admin)?;
    /// tx.define(Collection::new("notes"))?;
    /// tx.commit(Durability::Immediate)?;
    /// # Ok::<(), portunus::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Portunus::begin_read`]; `ReadOnly` while the store refuses writes.
    pub fn begin_write(&self, secret: &Secret) -> Result<WriteView> {
        self.shared.gate.begin_write(secret)
    }

    /// Runs a procedure for the holder of a secret: see [`Call`](crate::Call).
    ///
    /// ```
    /// # use portunus::Portunus;
    /// let builder = Portunus::builder().procedure("double", |_, number: i64| Ok(number * 2));
    /// let (db, admin) = builder.in_memory()?;
    /// db.write(&admin, |tx| tx.define_procedure("double", None))?;
    /// assert_eq!(db.call::<_, i64>(&admin, "double", 21)?, 42);
    /// # Ok::<(), portunus::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Unauthenticated`; `Denied` if the holder may not call it; `NotFound` if the database or the program has none of
    /// this name; `Invalid` or `Limit` if the arguments are not what it takes; what its closure returns.
    pub fn call<A: Serialize, R: DeserializeOwned>(
        &self,
        secret: &Secret,
        procedure: &str,
        arguments: A,
    ) -> Result<R> {
        self.shared.gate.call(secret, procedure, arguments)
    }

    /// Collects the documents that have expired, and tells how many. It happens in the background too, unless the
    /// builder was told otherwise.
    ///
    /// # Errors
    /// As every write to the store; nothing is lost, call it again.
    ///
    /// ```
    /// # use portunus::{Collection, ManualClock, Portunus, Timestamp};
    /// # use std::{sync::Arc, time::Duration};
    /// let clock = Arc::new(ManualClock::new(Timestamp(0)));
    /// let (db, admin) = Portunus::builder().clock(clock.clone()).sweep_every(None).in_memory()?;
    /// db.write(&admin, |tx| {
    ///     tx.define(Collection::new("sessions").ttl(Duration::from_secs(60)))?;
    ///     tx.create("sessions", serde_json::json!({}))
    /// })?;
    /// clock.advance(Duration::from_secs(60));
    /// assert_eq!((db.sweep()?, db.sweep()?), (1, 0));
    /// # Ok::<(), portunus::Error>(())
    /// ```
    pub fn sweep(&self) -> Result<usize> {
        sweep(&self.shared.gate)
    }

    /// Counters and sizes of the store. They say nothing of any one database.
    ///
    /// ```
    /// # use portunus::{Collection, Portunus};
    /// # let (db, admin) = Portunus::in_memory()?;
    /// let before = db.stats().commits;
    /// db.write(&admin, |tx| tx.define(Collection::new("notes")))?;
    /// assert_eq!(db.stats().commits, before + 1);
    /// # Ok::<(), portunus::Error>(())
    /// ```
    #[must_use]
    pub fn stats(&self) -> EngineStats {
        self.shared.gate.stats()
    }

    /// How often secrets opened something or not, logins went well or not, and what the audit logs took.
    ///
    /// ```
    /// let (db, admin) = portunus::Portunus::in_memory()?;
    /// let before = db.auth_stats().opened;
    /// db.begin_read(&admin)?;
    /// assert_eq!(db.auth_stats().opened, before + 1);
    /// # Ok::<(), portunus::Error>(())
    /// ```
    #[must_use]
    pub fn auth_stats(&self) -> AuthStats {
        self.shared.gate.auth_stats()
    }

    /// How often the key sets of access providers were fetched.
    ///
    /// ```
    /// let (db, _) = portunus::Portunus::in_memory()?;
    /// assert_eq!(db.jwks_stats().fetches, 0);
    /// # Ok::<(), portunus::Error>(())
    /// ```
    #[must_use]
    pub fn jwks_stats(&self) -> JwksStats {
        self.shared.gate.jwks_stats()
    }

    /// Brings to the audit logs what was noted for them outside transactions: who came, who was refused, who was denied
    /// something. It happens in the background too.
    ///
    /// ```
    /// # use portunus::{AuditQuery, AuditSettings, Portunus, Secret};
    /// # let (db, admin) = Portunus::in_memory()?;
    /// db.write(&admin, |tx| tx.set_audit(AuditSettings { refusals: true, ..AuditSettings::default() }))?;
    /// assert!(db.begin_read(&Secret::from("a guess")).is_err());
    /// db.flush_audit()?;
    /// let refused = db.read(&admin, |tx| tx.audit(AuditQuery::default().kind("refused")))?;
    /// assert_eq!(refused.len(), 1);
    /// # Ok::<(), portunus::Error>(())
    /// ```
    ///
    /// # Errors
    /// As every write; what could not be written is noted again.
    pub fn flush_audit(&self) -> Result<()> {
        self.shared.gate.flush_audit()
    }

    /// What the store takes the time from.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        self.shared.gate.clock()
    }

    /// Closes the store for every clone of this handle, after what was committed has been made durable. Dropping the
    /// last clone does the same, but cannot report a fault.
    ///
    /// # Errors
    /// `Io` if the last flush failed.
    ///
    /// ```
    /// let (db, admin) = portunus::Portunus::in_memory()?;
    /// let clone = db.clone();
    /// db.close()?;
    /// assert!(clone.begin_read(&admin).is_err());
    /// # Ok::<(), portunus::Error>(())
    /// ```
    pub fn close(&self) -> Result<()> {
        self.shared.gate.close()
    }

    pub(crate) fn gate(&self) -> &Gate {
        &self.shared.gate
    }

    fn attempt<T>(
        &self,
        secret: &Secret,
        durability: Durability,
        run: impl FnOnce(&mut WriteView) -> Result<T>,
    ) -> Result<T> {
        let mut view = self.begin_write(secret)?;
        let done = run(&mut view)?;
        view.commit(durability)?;
        Ok(done)
    }
}

impl fmt::Debug for Portunus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Portunus").field("stats", &self.stats()).finish_non_exhaustive()
    }
}
