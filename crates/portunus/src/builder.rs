//! How a store is opened or created, for those who want it otherwise than the defaults.

use crate::procedure::{Call, Running, Unfinished, unfinished};
use crate::{
    Clock, Durability, HashParameters, JwksOptions, JwksSource, PasswordPolicy, Portunus, Result, Secret,
    ThrottleLimits,
};
use portunus_auth::{Gate, GateOptions};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The settings of a store that is about to be opened.
///
/// ```
/// use portunus::{
///     Durability, HashParameters, JwksOptions, ManualClock, PasswordPolicy, Portunus, ThrottleLimits, Timestamp,
/// };
/// use std::{sync::Arc, time::Duration};
///
/// let (db, admin) = Portunus::builder()
///     .clock(Arc::new(ManualClock::new(Timestamp(5))))
///     .durability(Durability::Relaxed)
///     .cache_bytes(64 << 20)
///     .transaction_bytes_max(1 << 20)
///     .reader_deadline(Duration::from_secs(5))
///     .principals_max(1_000)
///     .attempts_max(20)
///     .sweep_every(None)
///     .procedure("double", |_, number: i64| Ok(number * 2))
///     .passwords(PasswordPolicy::new().at_least(12)?)
///     .hash_parameters(HashParameters::new(32 << 10, 3, 1)?)
///     .hashes_at_once(2)
///     .throttle_credential(ThrottleLimits::new(5, Duration::from_secs(60))?)
///     .throttle_source(ThrottleLimits::new(50, Duration::from_secs(1))?)
///     .jwks_options(JwksOptions::default())
///     .in_memory()?;
/// assert_eq!(db.begin_read(&admin)?.now(), Timestamp(5));
/// # Ok::<(), portunus::Error>(())
/// ```
#[derive(Clone)]
#[must_use = "nothing is opened until `create`, `open` or `in_memory` is called"]
pub struct Builder {
    pub(crate) gate: GateOptions,
    pub(crate) durability: Durability,
    pub(crate) attempts_max: u32,
    pub(crate) sweep_every: Option<Duration>,
    procedures: Vec<Unfinished>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            gate: GateOptions::default(),
            durability: Durability::Immediate,
            attempts_max: crate::retry::ATTEMPTS_MAX,
            sweep_every: Some(Duration::from_secs(60)),
            procedures: Vec::new(),
        }
    }
}

impl Builder {
    /// What the store takes the time from: the system's clock, unless a test says otherwise.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.gate.tree.clock = clock;
        self
    }

    /// What a commit waits for, unless its transaction asks for something else. [`Durability::Immediate`] by default.
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// The memory that may be used to cache pages of the file, in bytes.
    pub fn cache_bytes(mut self, bytes: usize) -> Self {
        self.gate.tree.cache_bytes = bytes;
        self
    }

    /// The most bytes that one transaction may write. 16 MiB by default.
    pub fn transaction_bytes_max(mut self, bytes: usize) -> Self {
        self.gate.tree.transaction_bytes_max = bytes;
        self
    }

    /// How long a transaction may hold on to a state that has been superseded. 60 seconds by default.
    pub fn reader_deadline(mut self, deadline: Duration) -> Self {
        self.gate.tree.reader_deadline = deadline;
        self
    }

    /// The most principals that are remembered between transactions. With 0 each one is resolved anew.
    pub fn principals_max(mut self, principals: usize) -> Self {
        self.gate.principals_max = principals;
        self
    }

    /// How often [`Portunus::write`] runs its closure at the most. 5 by default.
    pub fn attempts_max(mut self, attempts: u32) -> Self {
        self.attempts_max = attempts.max(1);
        self
    }

    /// Which passwords are refused when somebody chooses one. At least 8 bytes by default.
    pub fn passwords(mut self, policy: PasswordPolicy) -> Self {
        self.gate.passwords = policy;
        self
    }

    /// What hashing a password costs. Hashes that cost less are made anew at the next login.
    pub fn hash_parameters(mut self, parameters: HashParameters) -> Self {
        self.gate.hash_parameters = parameters;
        self
    }

    /// How many passwords are hashed at the same time: each takes the memory that the parameters say.
    pub fn hashes_at_once(mut self, hashes: u32) -> Self {
        self.gate.hashes_at_once = hashes;
        self
    }

    /// How often passwords are tried for one name.
    pub fn throttle_credential(mut self, limits: ThrottleLimits) -> Self {
        self.gate.throttle_credential = limits;
        self
    }

    /// How often passwords are tried from one source.
    pub fn throttle_source(mut self, limits: ThrottleLimits) -> Self {
        self.gate.throttle_source = limits;
        self
    }

    /// Where the key sets of access providers are fetched. Without one, a provider brings its key set along.
    ///
    /// ```
    /// use portunus::{JwksError, JwksSource, Portunus};
    /// struct OwnKeys;
    /// impl JwksSource for OwnKeys {
    ///     fn fetch(&self, _url: &str) -> Result<Vec<u8>, JwksError> {
    ///         Ok(br#"{"keys":[]}"#.to_vec())
    ///     }
    /// }
    /// let (db, admin) = Portunus::builder().jwks(std::sync::Arc::new(OwnKeys)).in_memory()?;
    /// # Ok::<(), portunus::Error>(())
    /// ```
    pub fn jwks(mut self, source: Arc<dyn JwksSource>) -> Self {
        self.gate.jwks = Some(source);
        self
    }

    /// How often key sets are fetched, and how long they are good for.
    pub fn jwks_options(mut self, options: JwksOptions) -> Self {
        self.gate.jwks_options = options;
        self
    }

    /// Lets databases have a procedure of this name. It runs for those who may call it, with the role that the database
    /// gives it: see [`Call`]. A database has it once [`define_procedure`](crate::WriteView::define_procedure) says so.
    pub fn procedure<A: DeserializeOwned, R: Serialize>(
        mut self,
        name: impl Into<String>,
        body: impl Fn(&Call<'_>, A) -> Result<R> + Send + Sync + 'static,
    ) -> Self {
        self.procedures.push(unfinished(name.into(), body));
        self
    }

    /// How often expired documents are collected in the background, or never. Every 60 seconds by default. They are
    /// invisible from their instant on, whether or not they have been collected.
    pub fn sweep_every(mut self, every: Option<Duration>) -> Self {
        self.sweep_every = every;
        self
    }

    /// Creates a store in a new file, and its first key: one with the role `admin` on the root of the tree.
    /// It is not shown again.
    ///
    /// # Errors
    /// `AlreadyExists` if there is anything at `path`, `Io`.
    pub fn create(self, path: impl AsRef<Path>) -> Result<(Portunus, Secret)> {
        let (gate, admin) = Gate::create(path.as_ref(), &self.options())?;
        Ok((Portunus::new(gate, &self)?, admin))
    }

    /// Opens a store.
    ///
    /// # Errors
    /// `NotFound`; `Locked` if it is open elsewhere; `Corrupt`; `Version` if another program or a newer version wrote the
    /// file; `Io`.
    ///
    /// ```
    /// use portunus::Portunus;
    /// let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("notes.portunus");
    /// let (db, admin) = Portunus::builder().create(&path)?;
    /// db.close()?;
    /// let db = Portunus::builder().cache_bytes(64 << 20).open(&path)?;
    /// assert!(db.read(&admin, |tx| tx.collections())?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open(self, path: impl AsRef<Path>) -> Result<Portunus> {
        Portunus::new(Gate::open(path.as_ref(), &self.options())?, &self)
    }

    /// Creates a store in memory, which is gone when its last handle is dropped.
    ///
    /// # Errors
    /// `Internal` if the system has no randomness to give.
    pub fn in_memory(self) -> Result<(Portunus, Secret)> {
        let (gate, admin) = Gate::create_in_memory(&self.options())?;
        Ok((Portunus::new(gate, &self)?, admin))
    }

    /// How transactions are run.
    pub(crate) fn running(&self) -> Running {
        Running { durability: self.durability, attempts_max: self.attempts_max }
    }

    fn options(&self) -> GateOptions {
        let procedures = self.procedures.iter().map(|finish| finish(self.running())).collect();
        GateOptions { procedures, ..self.gate.clone() }
    }
}
