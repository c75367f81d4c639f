//! Definitions of collections that readers have decoded, kept for the next reader for as long as they hold.

use crate::{DatabaseId, StoredCollection};
use portunus_storage::Version;
use quick_cache::sync::Cache;
use std::sync::Arc;

/// The most definitions that are kept.
const ENTRIES_MAX: usize = 4_096;

/// A cache that a commit can only make useless, never wrong: an entry says at which version it was read, and holds
/// as long as no later commit has changed a system record.
pub(crate) struct Catalog {
    entries: Cache<(DatabaseId, String), Entry>,
}

#[derive(Clone)]
struct Entry {
    read_at: Version,
    collection: Arc<StoredCollection>,
}

/// The key of an entry, borrowed.
#[derive(Hash)]
struct Borrowed<'a>(DatabaseId, &'a str);

impl quick_cache::Equivalent<(DatabaseId, String)> for Borrowed<'_> {
    fn equivalent(&self, key: &(DatabaseId, String)) -> bool {
        self.0 == key.0 && self.1 == key.1
    }
}

impl Default for Catalog {
    fn default() -> Self {
        Self { entries: Cache::new(ENTRIES_MAX) }
    }
}

impl Catalog {
    /// The definition for a reader at `snapshot`, if one is kept that holds there. `epoch` loads the engine's. That comes
    /// after the look-up: an epoch from before it says nothing of what a newer reader has kept meanwhile.
    pub(crate) fn find(
        &self,
        database: DatabaseId,
        name: &str,
        snapshot: Version,
        epoch: impl FnOnce() -> Version,
    ) -> Option<Arc<StoredCollection>> {
        let entry = self.entries.get(&Borrowed(database, name))?;
        let epoch = epoch();
        (epoch <= snapshot && entry.read_at >= epoch).then_some(entry.collection)
    }

    /// Keeps a definition that was read in the snapshot `read_at`.
    pub(crate) fn keep(&self, read_at: Version, collection: &Arc<StoredCollection>) {
        let key = (collection.database(), collection.name().to_string());
        self.entries.insert(key, Entry { read_at, collection: collection.clone() });
    }
}
