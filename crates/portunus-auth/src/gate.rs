//! The handle on a store behind its lock: creates, opens, and begins transactions for those who have a secret.
//! It knows nothing of documents.

use crate::audit::{Audit, AuthStats, FailedTrial, Mode};
use crate::jwks::{JwksCache, JwksOptions, JwksSource, JwksStats};
use crate::key_record::KeyRecord;
use crate::lease::Lease;
use crate::login::{LoginFailure, Logins};
use crate::mac::{MacKeys, TAG_BYTES};
use crate::open::{Opener, Running};
use crate::password::hashes_at_once;
use crate::principal::{Principal, PrincipalKind};
use crate::procedure::{Procedure, Procedures};
use crate::provider_record::ProviderRecord;
use crate::random::random_bytes;
use crate::refusal::OpenError;
use crate::role::BuiltInRole;
use crate::token_use::TokenUses;
use crate::view::{ReadView, WriteView};
use crate::{Error, HashParameters, PasswordPolicy, Result, Secret, ThrottleLimits};
use portunus_scope::{
    Clock, DatabaseId, Durability, EngineStats, OpenEngine, SystemCollection, Timestamp, Tree, TreeOptions,
    TreeReader, TreeWriter, Value,
};
use std::path::Path;
use std::sync::Arc;
use zeroize::{Zeroize, Zeroizing};

/// The record of the store's own key.
const STORE_KEY: &str = "mac_key";
/// The name of the key that a store is created with.
const FIRST_KEY_NAME: &str = "first";

/// How a store is opened.
#[derive(Clone)]
pub struct GateOptions {
    /// What the layers below are opened with.
    pub tree: TreeOptions,
    /// The most principals that are remembered from one reader to the next. With 0 each one is resolved anew; what a
    /// secret opens is the same either way.
    pub principals_max: usize,
    /// The procedures that the program has: what a database says of one of these names runs with it.
    pub procedures: Vec<Procedure>,
    /// What a password has to be like for somebody to set it.
    pub passwords: PasswordPolicy,
    /// What making one password hash costs. Those made with less are made anew at the next login.
    pub hash_parameters: HashParameters,
    /// The most password hashes that are worked out at a time, each in its own memory; who comes later waits. One for each
    /// processor up to four, unless something else is said.
    pub hashes_at_once: u32,
    /// How often passwords may be tried for one name. Ten times at once and then twice a minute, unless something else is
    /// said.
    pub throttle_credential: ThrottleLimits,
    /// How often passwords may be tried from one [source](crate::Login::source), for whatever names. A hundred times at once
    /// and then once a second, unless something else is said.
    pub throttle_source: ThrottleLimits,
    /// What fetches the key sets of access providers. Without it there can be none whose keys are to be fetched.
    pub jwks: Option<Arc<dyn JwksSource>>,
    /// When they are fetched, and how long they are kept.
    pub jwks_options: JwksOptions,
}

impl Default for GateOptions {
    fn default() -> Self {
        Self {
            tree: TreeOptions::default(),
            principals_max: 4_096,
            procedures: Vec::new(),
            passwords: PasswordPolicy::default(),
            hash_parameters: HashParameters::default(),
            hashes_at_once: hashes_at_once(),
            throttle_credential: ThrottleLimits::OF_CREDENTIAL,
            throttle_source: ThrottleLimits::OF_SOURCE,
            jwks: None,
            jwks_options: JwksOptions::default(),
        }
    }
}

/// A store behind its lock. Cheap to clone.
///
/// ```
/// use portunus_auth::{Error, Gate, GateOptions, Secret};
/// let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
/// assert_eq!(gate.begin_read(&admin)?.principal()?.roles()[0].as_str(), "admin");
/// assert!(matches!(gate.begin_read(&Secret::from("a guess")), Err(Error::Unauthenticated)));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct Gate {
    pub(crate) shared: Arc<Shared>,
}

/// What all transactions of a store share.
pub(crate) struct Shared {
    pub(crate) tree: Tree,
    pub(crate) opener: Opener,
    pub(crate) uses: TokenUses,
    pub(crate) procedures: Procedures,
    pub(crate) logins: Logins,
    pub(crate) audit: Audit,
}

impl Gate {
    /// Creates a store in a new file, and its first key: one of the root with the role `admin`. Both come to be in one
    /// commit, so that there is never a store that nobody can open.
    ///
    /// # Errors
    /// `AlreadyExists` if there is anything at `path`, `Io`.
    pub fn create(path: &Path, options: &GateOptions) -> Result<(Self, Secret)> {
        Self::initialise(Tree::create(path, &options.tree)?, options)
    }

    /// Creates a store in memory.
    ///
    /// # Errors
    /// As [`Gate::create`].
    pub fn create_in_memory(options: &GateOptions) -> Result<(Self, Secret)> {
        Self::initialise(Tree::create_in_memory(&options.tree)?, options)
    }

    /// Creates a store on an engine of the caller's, which is opened with the options that a store needs.
    ///
    /// # Errors
    /// `AlreadyExists` if the engine is not empty; what `open` returns.
    pub fn create_on(open: impl OpenEngine, options: &GateOptions) -> Result<(Self, Secret)> {
        Self::initialise(Tree::create_on(open, &options.tree)?, options)
    }

    /// Opens a store. No key is ever made by this.
    ///
    /// # Errors
    /// `NotFound`, `Locked`, `Corrupt`, `Version` if another program or a newer version wrote the file, `Io`.
    pub fn open(path: &Path, options: &GateOptions) -> Result<Self> {
        Self::with_tree(Tree::open(path, &options.tree)?, options)
    }

    /// Opens the store that an engine of the caller's holds.
    ///
    /// # Errors
    /// As [`Gate::open`].
    pub fn open_on(open: impl OpenEngine, options: &GateOptions) -> Result<Self> {
        Self::with_tree(Tree::open_on(open, &options.tree)?, options)
    }

    /// Begins to read, as whoever the secret stands for. With a JWT whose key is not there yet, that is fetched first, and
    /// this may take some seconds.
    ///
    /// # Errors
    /// `Unauthenticated` if it opens nothing, for whatever reason; `Conflict` if the access provider of a JWT changed each
    /// time that it was verified; `Closed`, `Corrupt`, `Io`.
    pub fn begin_read(&self, secret: &Secret) -> Result<ReadView> {
        self.read_as(secret, None)
    }

    /// Begins to write, as whoever the secret stands for.
    ///
    /// # Errors
    /// As [`Gate::begin_read`]; `ReadOnly` while the store refuses writes.
    pub fn begin_write(&self, secret: &Secret) -> Result<WriteView> {
        self.write_as(secret, None)
    }

    /// Brings to the store what was only noted until now (when tokens were last used, and what waits for audit logs), then
    /// gives back the room of up to `most` documents that have expired, and tells how many were due. Less than `most` means
    /// that there are no more. What cannot be brought now waits on: it keeps nothing from being given back. It shows nobody
    /// anything, so it needs no secret.
    ///
    /// # Errors
    /// `Conflict` if one of the documents changed meanwhile: call it again. As every write.
    pub fn sweep(&self, most: usize) -> Result<usize> {
        self.shared.bring_what_waits();
        Ok(self.shared.tree.sweep(most)?)
    }

    /// Has the key sets of access providers fetched in the background, as far as they are not there: those who come first need
    /// not wait for them then. Only some are fetched at a time, and no more than a thousand providers are looked at: call it
    /// again for the next ones. The others are fetched when somebody comes. It shows nobody anything, so it needs no secret.
    ///
    /// ```
    /// # use portunus_auth::{Error, Gate, GateOptions};
    /// let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
    /// gate.prefetch_key_sets()?;
    /// assert_eq!(gate.jwks_stats().fetches, 0, "no provider, no keys");
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// `Closed`, `Corrupt`, `Io`.
    pub fn prefetch_key_sets(&self) -> Result<()> {
        let reader = self.shared.tree.begin_read()?;
        let urls = ProviderRecord::key_set_urls(&reader)?;
        drop(reader);
        urls.iter().for_each(|url| self.shared.opener.jwks().prefetch(url));
        Ok(())
    }

    /// Brings to the audit logs what has no transaction of its own, and has been kept in memory until now: openings, refusals
    /// and denials. [`Gate::sweep`] and [`Gate::close`] do the same; it is for whoever wants to read them now. It shows nobody
    /// anything, so it needs no secret.
    ///
    /// ```
    /// # use portunus_auth::{AuditQuery, AuditSettings, Durability, Error, Gate, GateOptions, Secret};
    /// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
    /// # let mut view = gate.begin_write(&admin)?;
    /// view.set_audit(AuditSettings { refusals: true, ..AuditSettings::default() })?;
    /// # view.commit(Durability::Immediate)?;
    /// assert!(gate.begin_read(&Secret::from("a guess")).is_err());
    /// gate.flush_audit()?;
    /// let refused = gate.begin_read(&admin)?.audit(AuditQuery::default().kind("refused"))?;
    /// assert!(refused[0].json.contains(r#""reason":"malformed""#));
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// As every write; nothing is lost, call it again.
    pub fn flush_audit(&self) -> Result<()> {
        self.shared.audit.flush(&self.shared.tree)
    }

    /// What happened at the lock since the store was opened.
    #[must_use]
    pub fn auth_stats(&self) -> AuthStats {
        self.shared.audit.stats()
    }

    /// What the store takes the time from.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        self.shared.tree.clock()
    }

    /// Counters and sizes of the engine.
    #[must_use]
    pub fn stats(&self) -> EngineStats {
        self.shared.tree.stats()
    }

    /// Counters of the key sets of access providers.
    #[must_use]
    pub fn jwks_stats(&self) -> JwksStats {
        self.shared.opener.jwks().stats()
    }

    /// Closes the store for every handle, after what was begun has been made durable.
    ///
    /// # Errors
    /// `Io` if the last flush failed.
    pub fn close(&self) -> Result<()> {
        self.shared.bring_what_waits();
        Ok(self.shared.tree.close()?)
    }

    /// Begins to read, with the rights of a procedure if one is named.
    pub(crate) fn read_as(&self, secret: &Secret, procedure: Option<&Running>) -> Result<ReadView> {
        let shared = &self.shared;
        let _span = tracing::debug_span!("open", mode = "read").entered();
        let opened = shared.opener.open_read(&shared.tree, secret, procedure);
        let (reader, proof, principal) = opened.map_err(|error| shared.told(error))?;
        shared.note(&principal, reader.now(), Mode::Read);
        let lease = Lease::new(shared.clone(), proof, principal, &reader);
        Ok(ReadView::on_reader(reader, lease))
    }

    /// Begins to write, with the rights of a procedure if one is named.
    pub(crate) fn write_as(&self, secret: &Secret, procedure: Option<&Running>) -> Result<WriteView> {
        let shared = &self.shared;
        let _span = tracing::debug_span!("open", mode = "write").entered();
        let opened = shared.opener.open_write(&shared.tree, secret, procedure);
        let (writer, proof, principal) = opened.map_err(|error| shared.told(error))?;
        shared.note(&principal, writer.now(), Mode::Write);
        let lease = Lease::new(shared.clone(), proof, principal, &writer);
        Ok(WriteView::new(writer, lease))
    }

    fn initialise((tree, mut writer): (Tree, TreeWriter), options: &GateOptions) -> Result<(Self, Secret)> {
        let store_key = Zeroizing::new(random_bytes::<TAG_BYTES>()?);
        let mut stored = Value::Bytes(store_key.to_vec());
        writer.unfiltered_system_put(DatabaseId::STORE, SystemCollection::Store, STORE_KEY, &stored)?;
        if let Value::Bytes(bytes) = &mut stored {
            bytes.zeroize();
        }
        let keys = MacKeys::derive(&store_key);
        let secret = first_key(&mut writer, &keys)?;
        let gate = Self::new(tree, keys, options)?;
        writer.commit(Durability::Immediate)?;
        Ok((gate, secret))
    }

    fn with_tree(tree: Tree, options: &GateOptions) -> Result<Self> {
        let store_key = store_key(&tree.begin_read()?)?;
        Self::new(tree, MacKeys::derive(&store_key), options)
    }

    fn new(tree: Tree, keys: MacKeys, options: &GateOptions) -> Result<Self> {
        let jwks = JwksCache::new(options.jwks.clone(), tree.clock().clone(), options.jwks_options.clone());
        let opener = Opener::new(keys, options.principals_max, jwks)?;
        let procedures = Procedures::of(&options.procedures)?;
        let (uses, logins, audit) =
            (TokenUses::default(), Logins::new(options)?, Audit::new(tree.clock().clone())?);
        Ok(Self { shared: Arc::new(Shared { tree, opener, uses, procedures, logins, audit }) })
    }
}

impl Shared {
    /// What a caller is told of an opening that failed. The reason of a refusal goes where operators look.
    pub(crate) fn told(&self, error: OpenError) -> Error {
        if let OpenError::Refused(refused) = &error {
            self.audit.refused(refused);
        }
        error.told()
    }

    /// What a caller is told of a password that proved nothing. The reason goes where operators look.
    pub(crate) fn password_failed(&self, caller: &Principal, trial: FailedTrial, why: LoginFailure) -> Error {
        self.audit.login_failed(&self.tree, caller, trial, why);
        Error::WrongCredentials
    }

    fn note(&self, principal: &Principal, now: Timestamp, mode: Mode) {
        self.audit.opened(&self.tree, principal, mode);
        if principal.kind == PrincipalKind::Token {
            self.uses.note(principal.id, &principal.noted, now);
        }
    }

    /// What cannot be written now is no reason to stay open, nor to leave anything else undone.
    fn bring_what_waits(&self) {
        for brought in [self.uses.flush(&self.tree), self.audit.flush(&self.tree)] {
            if let Err(error) = brought {
                tracing::debug!(%error, "what waits to be written was not, and waits on");
            }
        }
    }
}

/// What waits is brought also by whoever forgets to close the store.
impl Drop for Shared {
    fn drop(&mut self) {
        self.bring_what_waits();
    }
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Gate").finish_non_exhaustive()
    }
}

/// The key that all keyed hashes of a store are made with.
///
/// # Errors
/// `Corrupt` if there is none.
pub(crate) fn store_key(reader: &TreeReader) -> Result<Zeroizing<[u8; TAG_BYTES]>> {
    let record = reader.unfiltered_system_get(DatabaseId::STORE, SystemCollection::Store, STORE_KEY)?;
    let bytes = record.as_ref().and_then(|record| record.root().as_bytes()?.try_into().ok());
    bytes.map(Zeroizing::new).ok_or_else(|| Error::Corrupt("the store has no key of its own".into()))
}

/// The key that a store is created with.
fn first_key(writer: &mut TreeWriter, keys: &MacKeys) -> Result<Secret> {
    let (secret, record) = KeyRecord::issue(keys, |id, tag| KeyRecord {
        id,
        owner: DatabaseId::ROOT,
        target: DatabaseId::ROOT,
        role: BuiltInRole::Admin.into(),
        tag,
        created_at: writer.now(),
        expires_at: None,
        name: Some(FIRST_KEY_NAME.into()),
    })?;
    record.put(writer)?;
    Ok(secret)
}

#[cfg(test)]
mod speed;
