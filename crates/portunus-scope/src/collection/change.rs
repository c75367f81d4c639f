//! Defining, renaming and dropping collections. It knows nothing of who may do so.

use super::{Collection, Index, IndexState, StoredCollection, StoredIndex, schema};
use crate::ids::{CollectionId, IndexId};
use crate::index::Room;
use crate::key;
use crate::limits::{COLLECTIONS_MAX, DEFINE_DOCUMENTS_MAX, DEFINITION_BYTES_MAX, DEPTH_MAX};
use crate::path::check_collection_name;
use crate::system::SystemCollection;
use crate::writer::TreeWriter;
use crate::{DatabaseId, DocumentRef, Error, Result, Value, to_value};
use portunus_storage::{KeyRange, Order};
use std::ops::ControlFlow;

impl TreeWriter {
    /// Creates a collection, or alters the one of that name to this definition: indexes that it no longer has are
    /// dropped, new ones are built. The documents that are there must fit the definition.
    ///
    /// Over up to 10,000 documents an index is built at once, unless the entries take more than half of what a
    /// transaction may write; the rest is left to [`build_indexes`](TreeWriter::build_indexes), and a query that asks for
    /// the index fails until then.
    ///
    /// # Errors
    /// `Invalid` if the definition breaks a rule or a document breaks the definition, `Clash` if two documents have the
    /// same terms in a unique index, `Limit` if there are too many collections, or too many documents to check.
    pub fn define_collection(&mut self, database: DatabaseId, definition: &Collection) -> Result<()> {
        definition.check()?;
        check_size(definition)?;
        match self.collection(database, definition.name())? {
            None => self.create_collection(database, definition),
            Some(old) => self.alter_collection(&old, definition),
        }
    }

    /// Gives a collection another name. Its documents stay where they are.
    ///
    /// # Errors
    /// `NotFound`, `AlreadyExists`, `Invalid` if the name cannot be one.
    pub fn rename_collection(&mut self, database: DatabaseId, name: &str, new_name: &str) -> Result<()> {
        check_collection_name(new_name)?;
        let old = self.collection(database, name)?.ok_or(Error::NotFound("collection"))?;
        if name == new_name {
            return Ok(());
        }
        if self.collection(database, new_name)?.is_some() {
            return Err(Error::AlreadyExists("collection"));
        }
        let mut renamed = StoredCollection::clone(&old);
        renamed.definition = renamed.definition.renamed(new_name);
        self.whole(|writer| {
            writer.unfiltered_system_delete(database, SystemCollection::Collection, name)?;
            writer.put_collection(&renamed)?;
            writer.name_identities(&renamed)
        })
    }

    /// Drops a collection with its documents and indexes.
    ///
    /// # Errors
    /// `NotFound`; `Constraint` if the database is protected.
    pub fn drop_collection(&mut self, database: DatabaseId, name: &str) -> Result<()> {
        let old = self.collection(database, name)?.ok_or(Error::NotFound("collection"))?;
        if self.is_protected(database)? {
            return Err(Error::Constraint("the database is protected".into()));
        }
        self.whole(|writer| {
            writer.unfiltered_system_delete(database, SystemCollection::Collection, name)?;
            writer.detach_collection(&old)?;
            writer.delete_range(&KeyRange::prefix(&key::document_prefix(database, old.id)))?;
            for index in &old.indexes {
                writer.delete_range(&KeyRange::prefix(&key::index_prefix(database, index.id)))?;
            }
            Ok(())
        })?;
        self.forget_definitions();
        Ok(())
    }

    pub(crate) fn put_collection(&mut self, collection: &StoredCollection) -> Result<()> {
        self.forget_definitions();
        let (database, name) = (collection.database, collection.name());
        self.put_record(database, SystemCollection::Collection, name, &collection.to_record())
    }

    fn create_collection(&mut self, database: DatabaseId, definition: &Collection) -> Result<()> {
        let there = self.collections(database)?.len();
        if there >= COLLECTIONS_MAX {
            return Err(Error::Limit {
                what: "collections of a database",
                actual: there + 1,
                max: COLLECTIONS_MAX,
            });
        }
        self.whole(|writer| {
            let id = CollectionId(writer.next_number("collections", CollectionId::USER_MIN)?);
            let indexes = definition.indexes.iter().map(|index| writer.new_index(index, IndexState::Ready));
            let indexes = indexes.collect::<Result<_>>()?;
            let schema = schema::Schema::new(definition)?;
            writer.put_collection(&StoredCollection {
                database,
                id,
                definition: definition.clone(),
                schema,
                indexes,
                holds_identities: false,
            })
        })
    }

    fn alter_collection(&mut self, old: &StoredCollection, definition: &Collection) -> Result<()> {
        if old.definition == *definition {
            return Ok(());
        }
        let mut altered = StoredCollection {
            schema: schema::Schema::new(definition)?,
            definition: definition.clone(),
            ..old.clone()
        };
        let stricter =
            old.definition.fields != definition.fields || (definition.closed && !old.definition.closed);
        if stricter {
            self.check_documents(&altered)?;
        }
        self.whole(|writer| {
            altered.indexes = writer.alter_indexes(old, definition)?;
            writer.put_collection(&altered)
        })
    }

    /// Checks that the documents of a collection fit its new definition.
    fn check_documents(&self, altered: &StoredCollection) -> Result<()> {
        let mut seen = 0;
        let range = KeyRange::prefix(&key::document_prefix(altered.database, altered.id));
        self.scan_keys(&range, Order::Ascending, &mut |key, bytes| {
            seen += 1;
            if seen > DEFINE_DOCUMENTS_MAX {
                let what = "documents to check against a new definition";
                return Err(Error::Limit { what, actual: seen, max: DEFINE_DOCUMENTS_MAX });
            }
            let document = DocumentRef::from_stored(key::id_text(key::suffix(key)?)?, bytes)?;
            if let (true, Value::Object(object)) = (self.is_alive(document), document.value()) {
                altered.schema.check(&object)?;
            }
            Ok(ControlFlow::Continue(()))
        })
    }

    /// Drops the indexes that are no longer defined, keeps those that still are, builds the others.
    fn alter_indexes(&mut self, old: &StoredCollection, definition: &Collection) -> Result<Vec<StoredIndex>> {
        let is_kept = |stored: &StoredIndex, index: &Index| {
            stored.name == index.name() && stored.unique == index.unique
        };
        for gone in
            old.indexes.iter().filter(|stored| !definition.indexes.iter().any(|index| is_kept(stored, index)))
        {
            self.delete_range(&KeyRange::prefix(&key::index_prefix(old.database, gone.id)))?;
        }
        let mut indexes = Vec::new();
        // The documents are counted for each index, the bytes for all of them.
        let mut room = Room { documents: DEFINE_DOCUMENTS_MAX, bytes: self.build_bytes_max() };
        for index in &definition.indexes {
            match old.indexes.iter().find(|stored| is_kept(stored, index)) {
                Some(kept) => indexes.push(kept.clone()),
                None => indexes.push(self.build_index(old, index, &mut room)?),
            }
        }
        Ok(indexes)
    }

    /// Builds a new index at once over the documents that one transaction may take, and leaves the rest to later steps.
    fn build_index(
        &mut self,
        collection: &StoredCollection,
        index: &Index,
        room: &mut Room,
    ) -> Result<StoredIndex> {
        let mut stored = self.new_index(index, IndexState::Building { after: None })?;
        room.documents = DEFINE_DOCUMENTS_MAX;
        self.take_into_index(collection, &mut stored, room)?;
        Ok(stored)
    }

    fn new_index(&mut self, index: &Index, state: IndexState) -> Result<StoredIndex> {
        let id = IndexId(self.next_number("indexes", CollectionId::USER_MIN)?);
        StoredIndex::new(index, id, state)
    }
}

fn check_size(definition: &Collection) -> Result<()> {
    match to_value(definition)?.check(DEPTH_MAX, DEFINITION_BYTES_MAX) {
        Ok(_) => Ok(()),
        Err(Error::Limit { actual, max, .. }) => {
            Err(Error::Limit { what: "definition of a collection", actual, max })
        }
        Err(other) => Err(other),
    }
}
