//! The handle on one store: opens it, begins readers and writers. It knows nothing of secrets.

use crate::catalog::Catalog;
use crate::database::Database;
use crate::key;
use crate::reader::TreeReader;
use crate::system::SystemCollection;
use crate::writer::TreeWriter;
use crate::{Clock, DatabaseId, Error, Result, SystemClock, Value};
use portunus_storage::{Engine, EngineOptions, EngineStats, Version};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The layout of keys and records that this program reads and writes.
const FORMAT: u32 = 1;
const HEADER: &str = "header";

/// How a store is opened.
#[derive(Clone)]
pub struct TreeOptions {
    /// What the store takes the time from.
    pub clock: Arc<dyn Clock>,
    /// How long a reader may hold on to a state that has been superseded.
    pub reader_deadline: Duration,
    /// The memory that the engine may use to cache pages of its file, in bytes.
    pub cache_bytes: usize,
    /// The most bytes that one transaction may write.
    pub transaction_bytes_max: usize,
}

impl Default for TreeOptions {
    fn default() -> Self {
        let engine = EngineOptions::default();
        Self {
            clock: Arc::new(SystemClock),
            reader_deadline: engine.reader_deadline,
            cache_bytes: engine.cache_bytes,
            transaction_bytes_max: engine.transaction_bytes_max,
        }
    }
}

impl TreeOptions {
    fn engine(&self) -> EngineOptions {
        EngineOptions {
            watch: key::is_watched,
            reader_deadline: self.reader_deadline,
            cache_bytes: self.cache_bytes,
            transaction_bytes_max: self.transaction_bytes_max,
            ..EngineOptions::default()
        }
    }
}

/// The tree of databases in one store. Cheap to clone.
#[derive(Clone)]
pub struct Tree {
    shared: Arc<Shared>,
}

/// What all readers and writers of a store share.
pub(crate) struct Shared {
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) catalog: Catalog,
    pub(crate) transaction_bytes_max: usize,
}

/// What opens an engine with given options.
pub trait OpenEngine: FnOnce(EngineOptions) -> portunus_storage::Result<Arc<dyn Engine>> {}

impl<F: FnOnce(EngineOptions) -> portunus_storage::Result<Arc<dyn Engine>>> OpenEngine for F {}

/// The record that says what a store is.
#[derive(Serialize, Deserialize)]
struct Header {
    format: u32,
    created_at: i64,
}

impl Tree {
    /// Creates a store in a new file. The writer holds its header and its root; nothing is there until it commits.
    ///
    /// # Errors
    /// `AlreadyExists` if there is anything at `path`, `Io`.
    pub fn create(path: &Path, options: &TreeOptions) -> Result<(Self, TreeWriter)> {
        Self::create_on(|engine| portunus_storage::create(path, engine), options)
    }

    /// Creates a store in memory.
    ///
    /// # Errors
    /// As [`Tree::create`].
    pub fn create_in_memory(options: &TreeOptions) -> Result<(Self, TreeWriter)> {
        Self::create_on(portunus_storage::memory, options)
    }

    /// Creates a store on an engine of the caller's, which is opened with the options that a store needs: with others, a
    /// change of what decides would go unnoticed.
    ///
    /// # Errors
    /// `AlreadyExists` if the engine is not empty; what `open` returns.
    pub fn create_on(open: impl OpenEngine, options: &TreeOptions) -> Result<(Self, TreeWriter)> {
        Self::new(open(options.engine())?, options).initialise()
    }

    /// Opens a store.
    ///
    /// # Errors
    /// `NotFound`, `Locked`, `Corrupt`, `Version` if another program or a newer version wrote the file, `Io`.
    pub fn open(path: &Path, options: &TreeOptions) -> Result<Self> {
        Self::open_on(|engine| portunus_storage::open(path, engine), options)
    }

    /// Opens the store that an engine of the caller's holds, which is opened as in [`Tree::create_on`].
    ///
    /// # Errors
    /// As [`Tree::open`].
    pub fn open_on(open: impl OpenEngine, options: &TreeOptions) -> Result<Self> {
        let tree = Self::new(open(options.engine())?, options);
        match tree.header()? {
            Some(header) if header.format == FORMAT => Ok(tree),
            Some(header) => {
                let problem =
                    format!("the store has format {}, this program reads format {FORMAT}", header.format);
                Err(portunus_storage::Error::Version(problem).into())
            }
            None => {
                Err(portunus_storage::Error::Version("the creation of this store was never finished".into())
                    .into())
            }
        }
    }

    /// A reader of the newest state.
    ///
    /// # Errors
    /// `Closed`, `Io`.
    pub fn begin_read(&self) -> Result<TreeReader> {
        Ok(TreeReader::on_snapshot(self.shared.engine.begin_read()?, self.shared.clone()))
    }

    /// A writer on the newest state.
    ///
    /// # Errors
    /// `Closed`, `Io`, `ReadOnly` while the store refuses writes.
    pub fn begin_write(&self) -> Result<TreeWriter> {
        Ok(TreeWriter::new(TreeReader::on_transaction(
            self.shared.engine.begin_write()?,
            self.shared.clone(),
        )))
    }

    /// The last commit that changed a record of a system collection: what was derived from such records at this
    /// version or later still holds.
    #[must_use]
    pub fn epoch(&self) -> Version {
        self.shared.engine.epoch()
    }

    /// What the store takes the time from.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.shared.clock
    }

    /// Counters and sizes of the engine.
    #[must_use]
    pub fn stats(&self) -> EngineStats {
        self.shared.engine.stats()
    }

    /// Closes the store for every handle, after what was begun has been made durable.
    ///
    /// # Errors
    /// `Io` if the last flush failed.
    pub fn close(&self) -> Result<()> {
        Ok(self.shared.engine.close()?)
    }

    fn new(engine: Arc<dyn Engine>, options: &TreeOptions) -> Self {
        let shared = Shared {
            engine,
            clock: options.clock.clone(),
            catalog: Catalog::default(),
            transaction_bytes_max: options.transaction_bytes_max,
        };
        Self { shared: Arc::new(shared) }
    }

    fn header(&self) -> Result<Option<Header>> {
        self.begin_read()?.record(DatabaseId::STORE, SystemCollection::Store, HEADER)
    }

    fn initialise(self) -> Result<(Self, TreeWriter)> {
        if self.header()?.is_some() {
            return Err(Error::AlreadyExists("store"));
        }
        let mut writer = self.begin_write()?;
        let now = writer.now();
        writer.put_record(
            DatabaseId::STORE,
            SystemCollection::Store,
            HEADER,
            &Header { format: FORMAT, created_at: now.0 },
        )?;
        writer.unfiltered_system_put(
            DatabaseId::STORE,
            SystemCollection::Counter,
            "databases",
            &Value::Int(DatabaseId::ROOT.to_int() + 1),
        )?;
        writer.put_database(&Database::root(now)?)?;
        Ok((self, writer))
    }
}
