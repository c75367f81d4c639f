//! The contract that every storage engine fulfils: ordered bytes, snapshots, strictly serializable transactions.
//! It knows nothing of what the bytes mean.

use crate::{KeyRange, Order, Result};
use std::ops::ControlFlow;
use std::sync::Arc;

/// The position of a commit in the one order of all commits of a store. The empty store is at 0.
///
/// ```
/// use portunus_storage::{Durability, EngineOptions, Version};
/// let engine = portunus_storage::memory(EngineOptions::default())?;
/// assert_eq!(engine.begin_read()?.version(), Version(0));
/// let mut transaction = engine.begin_write()?;
/// transaction.put(b"key", b"value")?;
/// let version = transaction.commit(Durability::Immediate)?;
/// assert_eq!(engine.begin_read()?.version(), version);
/// # Ok::<(), portunus_storage::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u64);

/// What a commit waits for before it is acknowledged.
///
/// ```
/// use portunus_storage::{Durability, EngineOptions};
/// # let engine = portunus_storage::memory(EngineOptions::default())?;
/// let mut transaction = engine.begin_write()?;
/// transaction.put(b"visits", b"41")?;
/// transaction.commit(Durability::Relaxed)?; // seen by all from now on, safe with the next immediate commit
/// assert!(engine.begin_read()?.get(b"visits", &mut |_| {})?);
/// # Ok::<(), portunus_storage::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// The commit survives power loss once it is acknowledged.
    #[default]
    Immediate,
    /// The commit survives power loss only once a later immediate commit with writes, or a clean close, is acknowledged.
    Relaxed,
}

/// What [`Snapshot::scan`] calls for every pair, with the key and the value; `Break` ends the scan.
pub type Visit<'v> = dyn FnMut(&[u8], &[u8]) -> ControlFlow<()> + 'v;

/// One unchanging state of the store. A transaction is a snapshot that also sees its own writes.
///
/// A visitor may call `get` and `scan` of the same snapshot.
pub trait Snapshot: Send + Sync {
    /// The last commit that this snapshot contains.
    fn version(&self) -> Version;

    /// Hands the value under `key` to `read`, and tells whether there was one.
    ///
    /// # Errors
    /// `Corrupt` if the record fails its checksum, `SnapshotExpired` past the reader's deadline, `Io`;
    /// in a transaction also `Limit` if its read set has grown too large.
    fn get(&self, key: &[u8], read: &mut dyn FnMut(&[u8])) -> Result<bool>;

    /// Visits the pairs of `range` in `order` until the range or the visitor ends.
    /// In a transaction only the part that was visited becomes a dependency.
    ///
    /// # Errors
    /// As [`Snapshot::get`].
    fn scan(&self, range: &KeyRange, order: Order, visit: &mut Visit<'_>) -> Result<()>;
}

/// A snapshot with buffered writes. It is committed whole or has no effect; dropping it aborts.
pub trait Transaction: Snapshot {
    /// Sets `key` to `value`. A blind write: it depends on nothing that was not also read.
    ///
    /// # Errors
    /// `Limit` if the key, the value or the whole transaction is too large. The transaction stays usable, unchanged.
    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()>;

    /// Removes `key` if it is there.
    ///
    /// # Errors
    /// As [`Transaction::put`].
    fn delete(&mut self, key: &[u8]) -> Result<()>;

    /// Removes every key of `range`, also those that other transactions insert before this one commits.
    ///
    /// # Errors
    /// As [`Transaction::put`].
    fn delete_range(&mut self, range: &KeyRange) -> Result<()>;

    /// Commits, and returns the commit's place in the order of all commits.
    /// A transaction that wrote nothing commits at its snapshot's version and always succeeds.
    ///
    /// # Errors
    /// `Conflict` if something that it read has changed since its snapshot, or if its snapshot is older than the
    /// engine remembers: nothing was written. `OutcomeUnknown` if the commit may or may not survive.
    /// `Limit` if a read could not be remembered. `ReadOnly` while the store refuses writes after a fault. `Closed`.
    fn commit(self: Box<Self>, durability: Durability) -> Result<Version>;
}

/// A store of ordered bytes: what opens snapshots and transactions.
pub trait Engine: Send + Sync {
    /// The newest published snapshot. Costs about as much as loading a pointer.
    ///
    /// # Errors
    /// `Io` or `Closed` if the store cannot be read any more.
    fn begin_read(&self) -> Result<Arc<dyn Snapshot>>;

    /// A transaction on the newest published snapshot.
    ///
    /// # Errors
    /// As [`Engine::begin_read`], and `ReadOnly` while the store refuses writes after a fault.
    fn begin_write(&self) -> Result<Box<dyn Transaction>>;

    /// The last commit that wrote or removed a *watched* key (see [`EngineOptions::watch`](crate::EngineOptions)). It has
    /// risen before any snapshot with that commit can be had. So, when a snapshot is begun first and the epoch asked for
    /// second: if the epoch is not newer than the snapshot, then whatever was derived from watched keys at the epoch or
    /// later holds in the snapshot too.
    fn epoch(&self) -> Version;

    /// Counters and sizes of this engine.
    fn stats(&self) -> EngineStats;

    /// Makes relaxed commits durable, stops the committer and refuses transactions from then on.
    /// Dropping the last handle does the same.
    ///
    /// # Errors
    /// `Io` if the last flush failed.
    fn close(&self) -> Result<()>;
}

/// Counters and sizes of an engine, since it was opened.
///
/// ```
/// use portunus_storage::{Durability, EngineOptions};
/// let engine = portunus_storage::memory(EngineOptions::default())?;
/// let mut transaction = engine.begin_write()?;
/// transaction.put(b"key", b"value")?;
/// transaction.commit(Durability::Immediate)?;
/// let stats = engine.stats();
/// assert_eq!((stats.commits, stats.conflicts), (1, 0));
/// # Ok::<(), portunus_storage::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EngineStats {
    /// Transactions committed with at least one write.
    pub commits: u64,
    /// Groups that these commits were made durable in.
    pub commit_groups: u64,
    /// Transactions refused with `Conflict`.
    pub conflicts: u64,
    /// Snapshots dropped because a reader held them past its deadline.
    pub snapshots_expired: u64,
    /// Bytes of the store's file, 0 for memory.
    pub file_bytes: u64,
    /// Bytes that the window of recent commits holds, for conflict detection.
    pub window_bytes: u64,
}
