//! The engine in one file: a copy-on-write tree of pages. The only file that names `redb`. It knows nothing of transactions
//! other than its own, and nothing of conflicts.
//!
//! Two tables: `store` holds the header, `records` the sealed records.

use crate::backing::{Backing, Batch, View};
use crate::checked::{ChangedBlock, CheckedDisk};
use crate::disk::{Disk, FileDisk};
use crate::interval::Interval;
use crate::trial::TrialDisk;
use crate::{Engine, EngineOptions, Error, Order, Result, Version, Visit, header, sequencer};
use redb::{
    Builder, CommitError, CompactionError, Database, DatabaseError, Durability, ReadOnlyTable,
    ReadableDatabase, SetDurabilityError, StorageBackend, StorageError, TableDefinition, TableError,
    TransactionError,
};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

type Pairs = TableDefinition<'static, &'static [u8], &'static [u8]>;

const RECORDS: Pairs = TableDefinition::new("records");
const STORE: Pairs = TableDefinition::new("store");

/// The key of the header in its table.
const HEADER: &[u8] = b"header";

/// Creates a store in a new file.
///
/// # Errors
/// `AlreadyExists` if there is anything at `path`; `Io`, and then no file is left behind.
///
/// ```
/// use portunus_storage::{Durability, EngineOptions, create, open};
///
/// let directory = tempfile::tempdir().unwrap();
/// let path = directory.path().join("store");
/// let engine = create(&path, EngineOptions::default())?;
/// let mut transaction = engine.begin_write()?;
/// transaction.put(b"key", b"value")?;
/// transaction.commit(Durability::Immediate)?;
/// engine.close()?;
///
/// let engine = open(&path, EngineOptions::default())?;
/// assert!(engine.begin_read()?.get(b"key", &mut |value| assert_eq!(value, b"value"))?);
/// # Ok::<(), portunus_storage::Error>(())
/// ```
pub fn create(path: &Path, options: EngineOptions) -> Result<Arc<dyn Engine>> {
    let disk = FileDisk::create(path)?;
    create_on(Arc::new(disk), options).inspect_err(|_| {
        // The file was made here and holds nothing yet.
        let _ = std::fs::remove_file(path);
    })
}

/// Opens the store in a file, and verifies all of it.
///
/// # Errors
/// `NotFound`; `Locked` if it is open already, here or in another process; `Version` if another program or a newer version
/// wrote it; `Corrupt`; `Io`. The file has not been changed then.
pub fn open(path: &Path, options: EngineOptions) -> Result<Arc<dyn Engine>> {
    open_on(Arc::new(FileDisk::open(path)?), options)
}

/// Creates a store on an empty disk.
///
/// # Errors
/// `AlreadyExists` if the disk is not empty; `Io`.
pub fn create_on(disk: Arc<dyn Disk>, options: EngineOptions) -> Result<Arc<dyn Engine>> {
    if disk.size().map_err(Error::Io)? != 0 {
        return Err(Error::AlreadyExists);
    }
    let database = load(Arc::new(CheckedDisk::new(Arc::clone(&disk))), options.cache_bytes)?;
    let mut backing = RedbBacking::new(database, disk, options.cache_bytes);
    let nothing = crate::writes::Writes::default();
    backing.apply(&Batch { writes: &nothing, version: Version(0), durable: true }, &mut |_| {})?;
    sequencer::start(Box::new(backing), Version(0), options)
}

/// Opens the store on a disk, and verifies all of it.
///
/// # Errors
/// As [`open`], but it is the caller's part to see that a disk is opened once only.
pub fn open_on(disk: Arc<dyn Disk>, options: EngineOptions) -> Result<Arc<dyn Engine>> {
    let (database, version, trial) = load_and_verify(Arc::clone(&disk), options.cache_bytes)?;
    trial.settle().map_err(Error::Io)?;
    let backing = RedbBacking::new(database, disk, options.cache_bytes);
    sequencer::start(Box::new(backing), version, options)
}

/// Rewrites the file of a closed store so that it has no more room than it needs, and tells what that came to. It uses so much
/// memory for a cache of pages.
///
/// A power cut while it runs leaves the store as it is, in a file of whatever size.
///
/// # Errors
/// As [`open`].
///
/// ```
/// use portunus_storage::{Durability, EngineOptions, KeyRange, compact, create};
/// let directory = tempfile::tempdir().unwrap();
/// let path = directory.path().join("store");
/// let engine = create(&path, EngineOptions::default())?;
/// for range in [None, Some(KeyRange::all())] {
///     let mut transaction = engine.begin_write()?;
///     transaction.put(b"large", &[1; 10_000_000])?;
///     range.iter().try_for_each(|range| transaction.delete_range(range))?;
///     transaction.commit(Durability::Immediate)?;
/// }
/// engine.close()?;
/// let done = compact(&path, 1 << 20)?;
/// assert!(done.bytes_after < done.bytes_before);
/// # Ok::<(), portunus_storage::Error>(())
/// ```
pub fn compact(path: &Path, cache_bytes: usize) -> Result<Compaction> {
    let disk: Arc<dyn Disk> = Arc::new(FileDisk::open(path)?);
    compact_on(&disk, cache_bytes)
}

/// As [`compact`], on a disk.
///
/// # Errors
/// As [`open_on`].
pub fn compact_on(disk: &Arc<dyn Disk>, cache_bytes: usize) -> Result<Compaction> {
    let bytes_before = disk.size().map_err(Error::Io)?;
    let (mut database, _, trial) = load_and_verify(Arc::clone(disk), cache_bytes)?;
    trial.settle().map_err(Error::Io)?;
    without_panic(|| database.compact())?.map_err(|error| match error {
        CompactionError::Storage(error) => storage_error(error),
        other => Error::Internal(other.to_string()),
    })?;
    database.close().map_err(database_error)?;
    let bytes_after = disk.size().map_err(Error::Io)?;
    disk.release();
    Ok(Compaction { bytes_before, bytes_after })
}

/// Fills an empty disk with the records that `pour` puts, which come in the order of their keys, and with the header of the version
/// that it returns. There is no store on it before all of that is durable.
pub(crate) fn fill(
    disk: Arc<dyn Disk>,
    cache_bytes: usize,
    pour: impl FnOnce(&mut dyn FnMut(&[u8], &[u8]) -> Result<()>) -> Result<Version>,
) -> Result<()> {
    let database = load(Arc::new(CheckedDisk::new(disk)), cache_bytes)?;
    let mut write = database.begin_write().map_err(transaction_error)?;
    write.set_two_phase_commit(true);
    {
        let mut records = write.open_table(RECORDS).map_err(table_error)?;
        let version = pour(&mut |key, sealed| records.insert(key, sealed).map(drop).map_err(storage_error))?;
        let mut store = write.open_table(STORE).map_err(table_error)?;
        store.insert(HEADER, header::encode(version).as_slice()).map_err(storage_error)?;
    }
    write.commit().map_err(commit_error)?;
    database.close().map_err(database_error)
}

/// Opens and verifies a store. The disk is not changed before what it is opened over is settled: only if it has turned out to be good.
fn load_and_verify(disk: Arc<dyn Disk>, cache_bytes: usize) -> Result<(Database, Version, Arc<TrialDisk>)> {
    if disk.size().map_err(Error::Io)? == 0 {
        return Err(Error::Corrupt("the file is empty".into()));
    }
    let trial = Arc::new(TrialDisk::new(Arc::new(CheckedDisk::new(disk))));
    let on_trial: Arc<dyn Disk> = Arc::<TrialDisk>::clone(&trial);
    let database = load(on_trial, cache_bytes)?;
    let version = last_version(&database)?;
    Ok((database, version, trial))
}

fn load(disk: Arc<dyn Disk>, cache_bytes: usize) -> Result<Database> {
    let mut builder = Builder::new();
    builder.set_cache_size(cache_bytes).set_check_integrity_on_open(true);
    without_panic(|| builder.create_with_backend(Adapter(disk)))?.map_err(database_error)
}

fn last_version(database: &Database) -> Result<Version> {
    let read = database.begin_read().map_err(transaction_error)?;
    let table = match read.open_table(STORE) {
        Ok(table) => table,
        Err(TableError::Storage(error)) => return Err(storage_error(error)),
        Err(_) => return Err(header::foreign()),
    };
    let stored = without_panic(|| table.get(HEADER))?.map_err(storage_error)?.ok_or_else(header::foreign)?;
    header::decode(stored.value())
}

/// What became of a file that was compacted.
///
/// ```
/// use portunus_storage::Compaction;
/// let given_back = |done: Compaction| done.bytes_before.saturating_sub(done.bytes_after);
/// assert_eq!(given_back(Compaction { bytes_before: 10, bytes_after: 4 }), 6);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compaction {
    /// Bytes of the file before.
    pub bytes_before: u64,
    /// Bytes of the file now.
    pub bytes_after: u64,
}

struct RedbBacking {
    /// Gone only while it is reopened, and after it was closed.
    database: Option<Database>,
    disk: Arc<dyn Disk>,
    cache_bytes: usize,
    /// What the file was reopened over, until it is settled.
    trial: Option<Arc<TrialDisk>>,
}

impl RedbBacking {
    fn new(database: Database, disk: Arc<dyn Disk>, cache_bytes: usize) -> Self {
        Self { database: Some(database), disk, cache_bytes, trial: None }
    }

    fn database(&self) -> Result<&Database> {
        self.database.as_ref().ok_or(Error::Closed)
    }
}

impl Drop for RedbBacking {
    fn drop(&mut self) {
        // A reading that is still under way keeps the disk, but can read no more; nobody has to wait for it.
        drop(self.database.take());
        self.disk.release();
    }
}

impl Backing for RedbBacking {
    fn view(&self) -> Result<Box<dyn View>> {
        let read = self.database()?.begin_read().map_err(transaction_error)?;
        Ok(Box::new(RedbView { records: read.open_table(RECORDS).map_err(table_error)? }))
    }

    fn apply(&mut self, batch: &Batch<'_>, removed: &mut dyn FnMut(&[u8])) -> Result<()> {
        let mut write = self.database()?.begin_write().map_err(transaction_error)?;
        write.set_two_phase_commit(true);
        let durability = if batch.durable { Durability::Immediate } else { Durability::None };
        write
            .set_durability(durability)
            .map_err(|error: SetDurabilityError| Error::Internal(error.to_string()))?;
        {
            let mut records = write.open_table(RECORDS).map_err(table_error)?;
            for interval in batch.writes.cleared.iter() {
                let drop_all = |key: &[u8], _: &[u8]| {
                    removed(key);
                    false
                };
                records.retain_in::<&[u8], _>(interval.as_bounds(), drop_all).map_err(storage_error)?;
            }
            for (key, sealed) in &batch.writes.entries {
                match sealed {
                    Some(sealed) => records.insert(key.as_slice(), sealed.as_slice()).map(drop),
                    None => records.remove(key.as_slice()).map(drop),
                }
                .map_err(storage_error)?;
            }
            let mut store = write.open_table(STORE).map_err(table_error)?;
            store.insert(HEADER, header::encode(batch.version).as_slice()).map_err(storage_error)?;
        }
        write.commit().map_err(commit_error)
    }

    fn reopen(&mut self) -> Result<Version> {
        if let Some(faulted) = self.database.take()
            && let Err(error) = faulted.close()
        {
            tracing::debug!(%error, "the faulted file did not close cleanly");
        }
        let (database, version, trial) = load_and_verify(Arc::clone(&self.disk), self.cache_bytes)?;
        (self.database, self.trial) = (Some(database), Some(trial));
        Ok(version)
    }

    fn settle(&mut self) -> Result<()> {
        if let Some(trial) = &self.trial {
            trial.settle().map_err(Error::Io)?;
        }
        self.trial = None;
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        match self.database.take() {
            Some(database) => database.close().map_err(database_error),
            None => Ok(()),
        }
    }

    fn file_bytes(&self) -> u64 {
        self.disk.size().unwrap_or(0)
    }
}

/// A read transaction with its table open; the table keeps the transaction.
struct RedbView {
    records: ReadOnlyTable<&'static [u8], &'static [u8]>,
}

impl View for RedbView {
    fn find(&self, key: &[u8], read: &mut dyn FnMut(&[u8])) -> Result<bool> {
        let Some(found) = without_panic(|| self.records.get(key))?.map_err(view_error)? else {
            return Ok(false);
        };
        read(without_panic(|| found.value())?);
        Ok(true)
    }

    fn walk(&self, interval: &Interval, order: Order, visit: &mut Visit<'_>) -> Result<()> {
        let bounds = interval.as_bounds();
        let mut pairs = without_panic(|| self.records.range::<&[u8]>(bounds))?.map_err(view_error)?;
        let mut next = || {
            without_panic(|| match order {
                Order::Ascending => pairs.next(),
                Order::Descending => pairs.next_back(),
            })
        };
        while let Some(pair) = next()? {
            let pair = pair.map_err(view_error)?;
            let (key, sealed) = without_panic(|| (pair.0.value(), pair.1.value()))?;
            if visit(key, sealed).is_break() {
                break;
            }
        }
        Ok(())
    }
}

/// Lets redb use any [`Disk`]. Locking is the disk's own part.
struct Adapter(Arc<dyn Disk>);

impl std::fmt::Debug for Adapter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Adapter")
    }
}

impl StorageBackend for Adapter {
    fn len(&self) -> io::Result<u64> {
        self.0.size()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.resize(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write(offset, data)
    }
}

/// redb may panic on a page that was damaged after the file was opened. Damage is an error here.
fn without_panic<T>(read: impl FnOnce() -> T) -> Result<T> {
    catch_unwind(AssertUnwindSafe(read)).map_err(|_| Error::Corrupt("a page cannot be read".into()))
}

fn storage_error(error: StorageError) -> Error {
    match error {
        StorageError::Corrupted(what) => Error::Corrupt(what),
        StorageError::Io(error) if error.kind() == io::ErrorKind::InvalidData => header::foreign(),
        StorageError::Io(error)
            if error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<ChangedBlock>) =>
        {
            Error::Corrupt("a page changed after it was verified".into())
        }
        StorageError::Io(error) => Error::Io(error),
        StorageError::PreviousIo => Error::Io(io::Error::other("an earlier fault of the file")),
        // A snapshot that outlived the file it was read from.
        StorageError::DatabaseClosed => Error::SnapshotExpired,
        StorageError::LockPoisoned(_) => Error::Corrupt("a page cannot be read".into()),
        StorageError::ValueTooLarge(actual) => {
            Error::Limit { what: "the value", actual, max: crate::VALUE_BYTES_MAX }
        }
        other => Error::Internal(other.to_string()),
    }
}

/// After any fault of the disk, what redb has open reads no more than it has at hand. Whoever reads has to begin again.
fn view_error(error: StorageError) -> Error {
    match error {
        StorageError::PreviousIo => Error::SnapshotExpired,
        error => storage_error(error),
    }
}

fn table_error(error: TableError) -> Error {
    match error {
        TableError::Storage(error) => storage_error(error),
        other => Error::Corrupt(other.to_string()),
    }
}

fn transaction_error(error: TransactionError) -> Error {
    match error {
        TransactionError::Storage(error) => storage_error(error),
        other => Error::Internal(other.to_string()),
    }
}

fn commit_error(error: CommitError) -> Error {
    match error {
        CommitError::Storage(error) => storage_error(error),
        other => Error::Internal(other.to_string()),
    }
}

fn database_error(error: DatabaseError) -> Error {
    match error {
        DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch => Error::Locked,
        DatabaseError::UpgradeRequired(_) => header::foreign(),
        DatabaseError::RepairAborted => Error::Corrupt("the file is shorter than it should be".into()),
        DatabaseError::Storage(error) => storage_error(error),
        other => Error::Internal(other.to_string()),
    }
}

#[cfg(test)]
mod tests;
