//! The check of a whole store: every checksum, every document, every index, and that nothing is left over.

use crate::collection::{IndexState, StoredCollection};
use crate::identities::attached_parts;
use crate::ids::CollectionId;
use crate::index::stored_entries;
use crate::key::{self, Expiry, Owner};
use crate::reader::TreeReader;
use crate::stored;
use crate::system::SystemCollection;
use crate::{DatabaseId, DocumentRef, Error, Result};
use portunus_storage::{KeyRange, Order};
use std::collections::{BTreeMap, HashSet};
use std::ops::ControlFlow;
use std::sync::Arc;

/// The most problems that a report lists. There may be more.
pub const PROBLEMS_MAX: usize = 100;

/// What a check has looked at, and what it found.
///
/// ```
/// use portunus_scope::{Durability, Tree, TreeOptions};
/// let (tree, writer) = Tree::create_in_memory(&TreeOptions::default())?;
/// writer.commit(Durability::Immediate)?;
/// let report = tree.begin_read()?.check()?;
/// assert_eq!((report.databases, report.documents), (1, 0));
/// assert!(report.problems.is_empty());
/// # Ok::<(), portunus_scope::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// Databases in the tree.
    pub databases: usize,
    /// Collections in them.
    pub collections: usize,
    /// Documents in those, expired ones that are still stored included.
    pub documents: usize,
    /// Entries of their indexes.
    pub index_entries: usize,
    /// Records of any kind whose checksum was verified.
    pub records: usize,
    /// What is wrong, in words that name places and no values. Empty for a sound store.
    pub problems: Vec<String>,
}

impl CheckReport {
    fn problem(&mut self, text: String) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(text);
        }
    }
}

/// How many keys belong to what.
type Census = BTreeMap<Owner, usize>;

impl TreeReader {
    /// Checks everything that this reader's state holds.
    ///
    /// # Errors
    /// `Corrupt` if a record fails its checksum, so that the walk cannot go on; other damage is in the report.
    pub fn check(&self) -> Result<CheckReport> {
        let mut report = CheckReport::default();
        let mut census = Census::new();
        self.scan_keys(&KeyRange::all(), Order::Ascending, &mut |key, _| {
            report.records += 1;
            *census.entry(key::owner(key)?).or_default() += 1;
            Ok(ControlFlow::Continue(()))
        })?;
        for database in self.check_tree(&mut report)? {
            let collections = self.collections(database)?;
            for collection in &collections {
                self.check_collection(collection, &mut census, &mut report)?;
            }
            self.check_attached(database, &collections, &mut report)?;
            for system in SystemCollection::ALL {
                census.remove(&Owner::Documents(database, system.id()));
            }
        }
        for system in SystemCollection::ALL {
            census.remove(&Owner::Documents(DatabaseId::STORE, system.id()));
        }
        census.remove(&Owner::Expiry);
        for (owner, count) in census {
            report.problem(format!("{count} keys belong to nothing that is defined: {owner}"));
        }
        Ok(report)
    }

    /// Walks the tree from its root, without believing that it is one.
    fn check_tree(&self, report: &mut CheckReport) -> Result<Vec<DatabaseId>> {
        let mut found = vec![DatabaseId::ROOT];
        let mut met = HashSet::from([DatabaseId::ROOT]);
        let mut next = 0;
        while let Some(&id) = found.get(next) {
            next += 1;
            if self.database(id)?.is_none() {
                report.problem(format!("database {} has no record of itself", id.to_int()));
                continue;
            }
            for child in self.children(id)? {
                if child.parent != Some(id) {
                    report.problem(format!("database {} names another parent", child.id.to_int()));
                }
                if !met.insert(child.id) {
                    return Err(Error::Corrupt("the tree of databases has a cycle".into()));
                }
                found.push(child.id);
            }
        }
        report.databases = found.len();
        Ok(found)
    }

    fn check_collection(
        &self,
        collection: &StoredCollection,
        census: &mut Census,
        report: &mut CheckReport,
    ) -> Result<()> {
        let place = format!("collection {} of database {}", collection.name(), collection.database.to_int());
        report.collections += 1;
        let mut expected = vec![0; collection.indexes.len()];
        let range = KeyRange::prefix(&key::document_prefix(collection.database, collection.id));
        self.scan_keys(&range, Order::Ascending, &mut |key, bytes| {
            let id = key::id_text(key::suffix(key)?)?;
            report.documents += 1;
            if stored::verify(bytes).is_err() {
                report.problem(format!("{place}: a document is malformed"));
                return Ok(ControlFlow::Continue(()));
            }
            self.check_document(
                collection,
                DocumentRef::from_stored(id, bytes)?,
                &mut expected,
                &place,
                report,
            )?;
            Ok(ControlFlow::Continue(()))
        })?;
        census.remove(&Owner::Documents(collection.database, collection.id));
        for (index, expected) in collection.indexes.iter().zip(expected) {
            let found = census.remove(&Owner::Index(collection.database, index.id)).unwrap_or(0);
            report.index_entries += found;
            if index.state == IndexState::Ready && found != expected {
                report.problem(format!(
                    "{place}: index {} has {found} entries instead of {expected}",
                    index.name
                ));
            }
        }
        Ok(())
    }

    /// What is attached to an identity document is there for as long as the document is stored, and no longer.
    fn check_attached(
        &self,
        database: DatabaseId,
        collections: &[Arc<StoredCollection>],
        report: &mut CheckReport,
    ) -> Result<()> {
        let place = format!("database {}", database.to_int());
        let is_identity = |number: u32, document: &str| -> Result<bool> {
            let is_marked = |one: &Arc<StoredCollection>| one.number() == number && one.holds_identities();
            let found = self.unfiltered_document(database, CollectionId(number), document)?;
            Ok(collections.iter().any(is_marked) && found.is_some())
        };
        self.unfiltered_system_scan(database, SystemCollection::TokenOf, &mut |entry| {
            let Some((number, document, token)) = attached_parts(entry.id()) else {
                report.problem(format!("{place}: the entry of a token has not its form"));
                return Ok(ControlFlow::Continue(()));
            };
            // The token of one that has expired may have been collected already.
            let is_there = || self.unfiltered_system_get(DatabaseId::STORE, SystemCollection::Token, token);
            if !is_identity(number, document)? || (self.is_alive(entry) && is_there()?.is_none()) {
                report.problem(format!("{place}: the entry of a token leads nowhere"));
            }
            Ok(ControlFlow::Continue(()))
        })?;
        self.unfiltered_system_scan(database, SystemCollection::Credential, &mut |credential| {
            let parts = credential.id().split_at_checked(8);
            let number = parts.and_then(|(number, _)| u32::from_str_radix(number, 16).ok());
            match number.zip(parts) {
                Some((number, (_, document))) if is_identity(number, document)? => {}
                Some(_) | None => report.problem(format!("{place}: a credential is of no document")),
            }
            Ok(ControlFlow::Continue(()))
        })
    }

    /// Every entry that a document should have must be there; that there are no others is seen from their number.
    fn check_document(
        &self,
        collection: &StoredCollection,
        document: DocumentRef<'_>,
        expected: &mut [usize],
        place: &str,
        report: &mut CheckReport,
    ) -> Result<()> {
        let exists = |key: &[u8]| self.snapshot().get(key, &mut |_| {});
        for (index, expected) in collection.indexes.iter().zip(expected) {
            for terms in stored_entries(index, document.root())? {
                let key = key::index_entry(collection.database, index.id, &terms, document.id());
                *expected += 1;
                if index.state == IndexState::Ready && !exists(&key)? {
                    report.problem(format!("{place}: index {} lacks an entry", index.name));
                }
            }
        }
        if let Some(at) = document.expires_at() {
            let entry =
                Expiry { at, database: collection.database, collection: collection.id, id: document.id() };
            if !exists(&entry.to_key())? {
                report.problem(format!("{place}: a document that expires is not in the queue"));
            }
        }
        Ok(())
    }
}
