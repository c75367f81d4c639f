//! A reader of one state of the store. Everything that it hands out is unfiltered: only the view above may hold one.

use crate::ids::CollectionId;
use crate::key;
use crate::system::{SystemCollection, read_record};
use crate::tree::Shared;
use crate::{DatabaseId, Document, DocumentRef, Error, Result, StoredCollection, Timestamp};
use parking_lot::Mutex;
use portunus_storage::{KeyRange, Order, Snapshot, Transaction, Version};
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;

/// One state of the store, at one instant.
pub struct TreeReader {
    source: Source,
    now: Timestamp,
    shared: Arc<Shared>,
    /// The definitions that a transaction has read, so that it decodes each once. Its own changes empty it.
    definitions: Mutex<HashMap<(DatabaseId, String), Arc<StoredCollection>>>,
}

/// Where a reader reads.
pub(crate) enum Source {
    Snapshot(Arc<dyn Snapshot>),
    Transaction(Box<dyn Transaction>),
}

/// What a scan calls for every key and value; it may fail.
pub(crate) type VisitPair<'v> = dyn FnMut(&[u8], &[u8]) -> Result<ControlFlow<()>> + 'v;

impl TreeReader {
    pub(crate) fn on_snapshot(snapshot: Arc<dyn Snapshot>, shared: Arc<Shared>) -> Self {
        Self::new(Source::Snapshot(snapshot), shared)
    }

    pub(crate) fn on_transaction(transaction: Box<dyn Transaction>, shared: Arc<Shared>) -> Self {
        Self::new(Source::Transaction(transaction), shared)
    }

    fn new(source: Source, shared: Arc<Shared>) -> Self {
        Self { source, now: shared.clock.now(), shared, definitions: Mutex::default() }
    }

    /// The instant at which this reader was begun: documents that expire at or before it are not there.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The last commit that this reader sees.
    #[must_use]
    pub fn version(&self) -> Version {
        self.snapshot().version()
    }

    /// The collection of this name.
    ///
    /// # Errors
    /// As every read of the store: `Corrupt`, `SnapshotExpired`, `Io`.
    pub fn collection(&self, database: DatabaseId, name: &str) -> Result<Option<Arc<StoredCollection>>> {
        match &self.source {
            Source::Snapshot(snapshot) => {
                let version = snapshot.version();
                let epoch = || self.shared.engine.epoch();
                if let Some(kept) = self.shared.catalog.find(database, name, version, epoch) {
                    return Ok(Some(kept));
                }
                let read = self.read_collection(database, name)?;
                if let Some(collection) = &read {
                    self.shared.catalog.keep(version, collection);
                }
                Ok(read)
            }
            Source::Transaction(_) => {
                let at = (database, name.to_string());
                if let Some(kept) = self.definitions.lock().get(&at) {
                    return Ok(Some(kept.clone()));
                }
                let read = self.read_collection(database, name)?;
                if let Some(collection) = &read {
                    self.definitions.lock().insert(at, collection.clone());
                }
                Ok(read)
            }
        }
    }

    /// The collections of a database, in the order of their names.
    ///
    /// # Errors
    /// As [`TreeReader::collection`].
    pub fn collections(&self, database: DatabaseId) -> Result<Vec<Arc<StoredCollection>>> {
        let mut found = Vec::new();
        let range = KeyRange::prefix(&key::document_prefix(database, SystemCollection::Collection.id()));
        self.scan_keys(&range, Order::Ascending, &mut |key, bytes| {
            let record = read_record(key::id_text(key::suffix(key)?)?, bytes)?;
            found.push(Arc::new(StoredCollection::from_record(database, record)?));
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(found)
    }

    pub(crate) fn snapshot(&self) -> &dyn Snapshot {
        match &self.source {
            Source::Snapshot(snapshot) => snapshot.as_ref(),
            Source::Transaction(transaction) => transaction.as_ref(),
        }
    }

    /// The published state that this reads, if it reads one and is no transaction.
    pub(crate) fn published(&self) -> Option<&dyn Snapshot> {
        match &self.source {
            Source::Snapshot(snapshot) => Some(snapshot.as_ref()),
            Source::Transaction(_) => None,
        }
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    pub(crate) fn source(&mut self) -> &mut Source {
        &mut self.source
    }

    pub(crate) fn into_source(self) -> Source {
        self.source
    }

    pub(crate) fn forget_definitions(&self) {
        self.definitions.lock().clear();
    }

    /// The document under an id, whether or not it has expired.
    pub(crate) fn unfiltered_document(
        &self,
        database: DatabaseId,
        collection: CollectionId,
        id: &str,
    ) -> Result<Option<Document>> {
        let mut found = None;
        self.snapshot().get(&key::document(database, collection, id), &mut |bytes| {
            found = Some(Document::from_stored(id, bytes.to_vec()));
        })?;
        found.transpose()
    }

    /// Scans with a visitor that may fail.
    pub(crate) fn scan_keys(&self, range: &KeyRange, order: Order, visit: &mut VisitPair<'_>) -> Result<()> {
        let mut failed = None;
        self.snapshot().scan(range, order, &mut |key, value| match visit(key, value) {
            Ok(flow) => flow,
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        })?;
        failed.map_or(Ok(()), Err)
    }

    /// Whether a document with this expiry is still there for this reader. Expired is when now is the instant or later.
    pub(crate) fn is_alive(&self, document: DocumentRef<'_>) -> bool {
        document.expires_at().is_none_or(|at| self.now < at)
    }

    fn read_collection(&self, database: DatabaseId, name: &str) -> Result<Option<Arc<StoredCollection>>> {
        let record = self.record(database, SystemCollection::Collection, name)?;
        record.map(|record| StoredCollection::from_record(database, record).map(Arc::new)).transpose()
    }
}

impl std::fmt::Debug for TreeReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TreeReader").field("version", &self.version()).field("now", &self.now).finish()
    }
}

/// A document's id as a caller gave it, which must fit into a key.
pub(crate) fn check_document_id(id: &str) -> Result<()> {
    if id.is_empty() {
        return Err(Error::invalid("id", "an id is not empty"));
    }
    let max = crate::limits::DOCUMENT_ID_BYTES_MAX;
    if id.len() > max {
        return Err(Error::Limit { what: "document id", actual: id.len(), max });
    }
    Ok(())
}
