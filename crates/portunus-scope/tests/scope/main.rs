//! The rules of the tree, of collections, documents, indexes and queries, on the memory engine.
#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected ends")]

mod check;
mod collections;
mod documents;
mod expiry;
mod hostile;
mod identities;
mod indexes;
mod model;
mod queries;
mod system;
mod tree;

use portunus_scope::{
    Access, Collection, DatabaseId, Document, Durability, Error, Expiry, ManualClock, Order, Position,
    Result, Scan, Segment, StoredCollection, Then, Timestamp, Tree, TreeOptions, TreeReader, TreeWriter,
    Value, to_value,
};
use std::ops::{Bound, ControlFlow};
use std::sync::Arc;

pub(crate) const ROOT: DatabaseId = DatabaseId::ROOT;

/// A store in memory, and the clock that it believes.
pub(crate) struct Store {
    pub(crate) tree: Tree,
    pub(crate) clock: Arc<ManualClock>,
}

impl Store {
    pub(crate) fn in_memory() -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp(1_000_000_000)));
        let options = TreeOptions { clock: clock.clone(), ..TreeOptions::default() };
        let (tree, writer) = Tree::create_in_memory(&options).unwrap();
        writer.commit(Durability::Immediate).unwrap();
        Self { tree, clock }
    }

    /// A store with one collection in its root.
    pub(crate) fn with(collection: &Collection) -> Self {
        let store = Self::in_memory();
        store.write(|writer| writer.define_collection(ROOT, collection)).unwrap();
        store
    }

    pub(crate) fn read(&self) -> TreeReader {
        self.tree.begin_read().unwrap()
    }

    /// Runs a transaction, and commits it if it succeeds.
    pub(crate) fn write<T>(&self, run: impl FnOnce(&mut TreeWriter) -> Result<T>) -> Result<T> {
        let mut writer = self.tree.begin_write().unwrap();
        let done = run(&mut writer)?;
        writer.commit(Durability::Immediate)?;
        Ok(done)
    }

    pub(crate) fn create(&self, collection: &str, id: &str, value: serde_json::Value) -> Result<Document> {
        self.write(|writer| insert(writer, collection, id, value, Expiry::Unchanged))
    }

    /// The store must be sound after every test that changes it.
    pub(crate) fn check(&self) {
        assert_eq!(self.read().check().unwrap().problems, Vec::<String>::new());
    }
}

pub(crate) fn insert(
    writer: &mut TreeWriter,
    collection: &str,
    id: &str,
    value: impl serde::Serialize,
    expiry: Expiry,
) -> Result<Document> {
    let collection = collection_of(writer, collection);
    let draft = writer.unfiltered_prepare(&collection, Some(id), to_value(&value)?, expiry)?;
    writer.unfiltered_insert(&collection, draft)
}

pub(crate) fn collection_of(reader: &TreeReader, name: &str) -> Arc<StoredCollection> {
    reader.collection(ROOT, name).unwrap().unwrap()
}

/// The ids that a scan visits.
pub(crate) fn ids(
    reader: &TreeReader,
    collection: &str,
    access: &Access,
    order: Order,
) -> Result<Vec<String>> {
    let collection = collection_of(reader, collection);
    let scan = Scan { collection: &collection, access, order, after: None };
    let mut found = Vec::new();
    reader.unfiltered_scan(&scan, &mut |document, _| {
        found.push(document.id().to_string());
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(found)
}

/// A scan in pages of one, each going on behind the last.
pub(crate) fn paged(store: &Store, collection: &str, access: &Access, order: Order) -> Vec<String> {
    let reader = store.read();
    let collection = collection_of(&reader, collection);
    let (mut found, mut after) = (Vec::new(), None::<Position>);
    loop {
        let scan = Scan { collection: &collection, access, order, after: after.as_ref() };
        let mut next = None;
        reader
            .unfiltered_scan(&scan, &mut |document, place| {
                found.push(document.id().to_string());
                next = Some(Position::from_bytes(place.to_vec()));
                Ok(ControlFlow::Break(()))
            })
            .unwrap();
        match next {
            Some(place) => after = Some(place),
            None => return found,
        }
        assert!(found.len() < 1_000);
    }
}

pub(crate) fn all() -> Access {
    Access::Ids(Bound::Unbounded, Bound::Unbounded)
}

pub(crate) fn segment(name: &str) -> Segment {
    name.parse().unwrap()
}

/// An index access with equal terms and a condition.
pub(crate) fn by(name: &str, equal: Vec<Value>, then: Then) -> Access {
    Access::Index { name: name.into(), terms: portunus_scope::TermRange { equal, then } }
}

pub(crate) fn is_invalid<T>(result: &Result<T>) -> bool {
    matches!(result, Err(Error::Invalid { .. }))
}
