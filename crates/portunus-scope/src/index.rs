//! Indexes: the entries of a document, and the building of an index over documents that are there already.

use crate::collection::{IndexState, StoredCollection, StoredIndex};
use crate::ids::DatabaseId;
use crate::key;
use crate::limits::{INDEX_BUILD_STEP, INDEX_ENTRIES_MAX, INDEX_ENTRY_BYTES_MAX};
use crate::reader::TreeReader;
use crate::term;
use crate::writer::TreeWriter;
use crate::{Document, DocumentRef, Error, Result, ValueRef};
use portunus_storage::{KeyRange, Order};
use std::ops::{Bound, ControlFlow};

/// What an entry takes in a transaction beside its terms and id, about.
const ENTRY_OVERHEAD_BYTES: usize = 72;

/// How a step of an index build ended.
///
/// ```
/// use portunus_scope::{BuildProgress, Collection, DatabaseId, Tree, TreeOptions};
/// # let (_tree, mut writer) = Tree::create_in_memory(&TreeOptions::default())?;
/// writer.define_collection(DatabaseId::ROOT, &Collection::new("notes").index(["owner"]))?;
/// // Nothing is left to do: the index was built at once, over no documents.
/// assert_eq!(writer.build_indexes(DatabaseId::ROOT, "notes")?, BuildProgress::Ready);
/// # Ok::<(), portunus_scope::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuildProgress {
    /// The step took this many documents, and there are more.
    More(usize),
    /// Every index of the collection is ready.
    Ready,
}

/// The terms of a document's entries in an index, encoded, in order, each once.
pub(crate) fn entries(index: &StoredIndex, root: ValueRef<'_>) -> Result<Vec<Vec<u8>>> {
    let entries = term::terms_of(root, &index.fields, INDEX_ENTRIES_MAX)?;
    match entries.iter().map(Vec::len).max() {
        Some(longest) if longest > INDEX_ENTRY_BYTES_MAX => {
            Err(Error::Limit { what: "index entry", actual: longest, max: INDEX_ENTRY_BYTES_MAX })
        }
        _ => Ok(entries),
    }
}

/// The entries that a stored document has in an index. One that breaks a limit of the index has none: it was there before
/// the index, whose build has not come to it yet, and will not go past it.
pub(crate) fn stored_entries(index: &StoredIndex, root: ValueRef<'_>) -> Result<Vec<Vec<u8>>> {
    match entries(index, root) {
        Err(Error::Limit { .. }) if index.state != IndexState::Ready => Ok(Vec::new()),
        other => other,
    }
}

/// How much one transaction may still take into indexes.
pub(crate) struct Room {
    pub(crate) documents: usize,
    pub(crate) bytes: usize,
}

impl Room {
    fn is_taken(&self) -> bool {
        self.documents == 0 || self.bytes == 0
    }

    fn take(&mut self, bytes: usize) {
        self.documents = self.documents.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(bytes);
    }
}

/// A document that a build has come to.
enum Taken {
    /// With its entries.
    Living(String, Vec<Vec<u8>>),
    /// To be collected instead.
    Expired(Document),
}

impl Taken {
    fn id(&self) -> &str {
        match self {
            Self::Living(id, _) => id,
            Self::Expired(document) => document.id(),
        }
    }

    /// About how much it makes a transaction write.
    fn bytes(&self, collection: &StoredCollection) -> Result<usize> {
        let of = |entries: &[Vec<u8>]| {
            let each = |terms: &Vec<u8>| terms.len() + self.id().len() + ENTRY_OVERHEAD_BYTES;
            entries.iter().map(each).sum::<usize>()
        };
        match self {
            Self::Living(_, entries) => Ok(of(entries)),
            Self::Expired(document) => {
                collection.indexes.iter().map(|index| Ok(of(&stored_entries(index, document.root())?))).sum()
            }
        }
    }
}

impl TreeReader {
    /// The bytes that one transaction spends on building indexes: a part of what it may write.
    pub(crate) fn build_bytes_max(&self) -> usize {
        self.shared().transaction_bytes_max / 2
    }

    /// Finds another living document with one of these terms in a unique index. Those that have expired but are not
    /// collected yet are put to `expired`: whoever takes their terms removes them, lest a clock that goes back brings them
    /// back beside it.
    pub(crate) fn find_clash(
        &self,
        collection: &StoredCollection,
        index: &StoredIndex,
        entries: &[Vec<u8>],
        own_id: &str,
        expired: &mut Vec<Document>,
    ) -> Result<Option<String>> {
        if !index.unique {
            return Ok(None);
        }
        for terms in entries.iter().filter(|terms| takes_part(index, terms)) {
            let base = key::index_entry(collection.database, index.id, terms, "");
            let mut clash = None;
            self.scan_keys(&KeyRange::prefix(&base), Order::Ascending, &mut |key, _| {
                let id = key::id_text(key.get(base.len()..).unwrap_or_default())?;
                if id == own_id || expired.iter().any(|known| known.id() == id) {
                    return Ok(ControlFlow::Continue(()));
                }
                match self.unfiltered_document(collection.database, collection.id, id)? {
                    Some(other) if self.is_alive(other.as_ref()) => {
                        clash = Some(id.to_string());
                        return Ok(ControlFlow::Break(()));
                    }
                    Some(other) => expired.push(other),
                    None => {}
                }
                Ok(ControlFlow::Continue(()))
            })?;
            if clash.is_some() {
                return Ok(clash);
            }
        }
        Ok(None)
    }
}

/// Whether an entry of a unique index must be the only one of its terms: one without a missing term or null.
fn takes_part(index: &StoredIndex, terms: &[u8]) -> bool {
    let mut rest = terms;
    for _ in &index.fields {
        if term::is_missing_or_null(rest) {
            return false;
        }
        rest = term::skip_term(rest).unwrap_or_default();
    }
    true
}

impl TreeWriter {
    /// Takes the next documents into the indexes of a collection that are still being built. Every step is a
    /// transaction of its own, and goes on where the last one that was committed ended.
    ///
    /// # Errors
    /// `NotFound` if there is no such collection; `Clash` if two documents have the same terms in a unique index: the
    /// index can then only be removed from the definition.
    pub fn build_indexes(&mut self, database: DatabaseId, name: &str) -> Result<BuildProgress> {
        let collection = self.collection(database, name)?.ok_or(Error::NotFound("collection"))?;
        let Some(place) = collection.indexes.iter().position(|index| index.state != IndexState::Ready) else {
            return Ok(BuildProgress::Ready);
        };
        let mut changed = StoredCollection::clone(&collection);
        let Some(index) = changed.indexes.get_mut(place) else { return Ok(BuildProgress::Ready) };
        let mut room = Room { documents: INDEX_BUILD_STEP, bytes: self.build_bytes_max() };
        let taken = self.whole(|writer| writer.take_into_index(&collection, index, &mut room))?;
        self.put_collection(&changed)?;
        Ok(if changed.building().is_empty() { BuildProgress::Ready } else { BuildProgress::More(taken) })
    }

    /// Writes the entries of the documents behind the place that the index has come to, as long as there is room, notes how
    /// far it has come, and returns how many documents it took.
    pub(crate) fn take_into_index(
        &mut self,
        collection: &StoredCollection,
        index: &mut StoredIndex,
        room: &mut Room,
    ) -> Result<usize> {
        let prefix = key::document_prefix(collection.database, collection.id);
        let mut range = KeyRange::prefix(&prefix);
        if let IndexState::Building { after: Some(after) } = &index.state {
            range.start = Bound::Excluded(key::document(collection.database, collection.id, after));
        }
        let mut found = Vec::new();
        let mut is_ready = true;
        self.scan_keys(&range, Order::Ascending, &mut |key, bytes| {
            if room.is_taken() {
                is_ready = false;
                return Ok(ControlFlow::Break(()));
            }
            let document = DocumentRef::from_stored(key::id_text(key::suffix(key)?)?, bytes)?;
            let taken = if self.is_alive(document) {
                Taken::Living(document.id().to_string(), entries(index, document.root())?)
            } else {
                Taken::Expired(document.to_document())
            };
            room.take(taken.bytes(collection)?);
            found.push(taken);
            Ok(ControlFlow::Continue(()))
        })?;
        let mut expired = Vec::new();
        let taken = found.len();
        let last = found.last().map(|taken| taken.id().to_string());
        for document in found {
            match document {
                Taken::Expired(document) => expired.push(document),
                Taken::Living(id, entries) => {
                    if let Some(existing) = self.find_clash(collection, index, &entries, &id, &mut expired)? {
                        return Err(Error::Clash { index: index.name.clone(), existing });
                    }
                    self.put_entries(collection.database, index, &entries, &id)?;
                }
            }
        }
        expired.iter().try_for_each(|document| self.unfiltered_delete(collection, document))?;
        if is_ready {
            index.state = IndexState::Ready;
        } else if last.is_some() {
            index.state = IndexState::Building { after: last };
        }
        Ok(taken)
    }

    /// Changes the entries of one document in all indexes of its collection, to those in `new`, which has a list for each
    /// index, or none for a document that goes.
    pub(crate) fn change_entries(
        &mut self,
        collection: &StoredCollection,
        id: &str,
        old: Option<ValueRef<'_>>,
        new: &[Vec<Vec<u8>>],
    ) -> Result<()> {
        for (place, index) in collection.indexes.iter().enumerate() {
            let old = old.map_or(Ok(Vec::new()), |root| stored_entries(index, root))?;
            let new = new.get(place).map_or(&[][..], Vec::as_slice);
            // Entries are in order.
            for gone in old.iter().filter(|terms| new.binary_search(terms).is_err()) {
                self.delete(&key::index_entry(collection.database, index.id, gone, id))?;
            }
            let added = new.iter().filter(|terms| old.binary_search(terms).is_err());
            self.put_entries(collection.database, index, added, id)?;
        }
        Ok(())
    }

    fn put_entries<'e>(
        &mut self,
        database: DatabaseId,
        index: &StoredIndex,
        entries: impl IntoIterator<Item = &'e Vec<u8>>,
        id: &str,
    ) -> Result<()> {
        for terms in entries {
            self.put(&key::index_entry(database, index.id, terms, id), &[])?;
        }
        Ok(())
    }
}
