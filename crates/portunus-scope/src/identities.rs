//! Identity documents: ordinary documents that somebody may stand for, and the records that live and die with them.
//! It knows nothing of what those records prove.

use crate::collection::StoredCollection;
use crate::ids::CollectionId;
use crate::key;
use crate::reader::TreeReader;
use crate::system::SystemCollection;
use crate::writer::TreeWriter;
use crate::{DatabaseId, Document, Error, Result, Value};
use portunus_storage::KeyRange;
use std::ops::ControlFlow;

/// The id of the record that proves passwords for a document.
#[must_use]
pub fn credential_id(collection: u32, document: &str) -> String {
    format!("{collection:08x}{document}")
}

/// What the ids of a document's attached records begin with. The length comes first, so that no document's records are
/// taken for those of one whose id is longer.
#[must_use]
pub fn attached_prefix(collection: u32, document: &str) -> String {
    format!("{collection:08x}{:04x}{document}", document.len())
}

/// The id of a record that is attached to a document, under a name.
#[must_use]
pub fn attached_id(collection: u32, document: &str, name: &str) -> String {
    format!("{}{name}", attached_prefix(collection, document))
}

/// The parts of an [`attached_id`]: the number of the collection, the document's id, the name.
#[must_use]
pub fn attached_parts(id: &str) -> Option<(u32, &str, &str)> {
    let (collection, rest) = id.split_at_checked(8)?;
    let (length, rest) = rest.split_at_checked(4)?;
    let length = usize::from_str_radix(length, 16).ok()?;
    let (document, name) = rest.split_at_checked(length)?;
    Some((u32::from_str_radix(collection, 16).ok()?, document, name))
}

impl TreeReader {
    /// The identity document of a collection, if it is there and has not expired.
    ///
    /// # Errors
    /// As every read of the store: `Corrupt`, `SnapshotExpired`, `Io`.
    pub fn unfiltered_identity(
        &self,
        database: DatabaseId,
        collection: u32,
        id: &str,
    ) -> Result<Option<Document>> {
        let found = self.unfiltered_document(database, CollectionId(collection), id)?;
        Ok(found.filter(|document| self.is_alive(document.as_ref())))
    }

    /// The name of a collection that holds identity documents.
    ///
    /// # Errors
    /// As every read of the store.
    pub fn identity_collection(&self, database: DatabaseId, collection: u32) -> Result<Option<String>> {
        self.record(database, SystemCollection::Identities, &marked(collection))
    }

    /// The names of the records of a collection that are attached to a document.
    ///
    /// # Errors
    /// As every read of the store.
    pub fn attached(&self, database: DatabaseId, collection: u32, document: &str) -> Result<Vec<String>> {
        self.attached_of(database, &attached_prefix(collection, document))
    }

    fn attached_of(&self, database: DatabaseId, prefix: &str) -> Result<Vec<String>> {
        let mut names = Vec::new();
        let mut malformed = false;
        self.unfiltered_system_scan_of(database, SystemCollection::TokenOf, prefix, &mut |entry| {
            match attached_parts(entry.id()) {
                Some((_, _, name)) => names.push(name.to_owned()),
                None => malformed = true,
            }
            Ok(ControlFlow::Continue(()))
        })?;
        if malformed {
            Err(Error::Corrupt("the entry of a token has not its form".into()))
        } else {
            Ok(names)
        }
    }
}

impl TreeWriter {
    /// Marks a collection as one that holds identity documents, for good: whatever was derived from its documents is
    /// derived anew after each change of one of them.
    ///
    /// # Errors
    /// `NotFound` if there is no such collection.
    pub fn mark_identities(&mut self, database: DatabaseId, name: &str) -> Result<()> {
        let old = self.collection(database, name)?.ok_or(Error::NotFound("collection"))?;
        if old.holds_identities {
            return Ok(());
        }
        let marked = StoredCollection { holds_identities: true, ..StoredCollection::clone(&old) };
        self.whole(|writer| {
            writer.put_collection(&marked)?;
            writer.name_identities(&marked)
        })
    }

    /// Keeps the name of a collection that holds identity documents where it is found by its number.
    pub(crate) fn name_identities(&mut self, collection: &StoredCollection) -> Result<()> {
        if !collection.holds_identities {
            return Ok(());
        }
        let id = marked(collection.id.0);
        self.put_record(collection.database, SystemCollection::Identities, &id, &collection.name())
    }

    /// Raises the epoch with the transaction, if documents of the collection may be identities. Nothing is read for it,
    /// and nobody reads it: neither writers of two documents nor those who stand for a third get into each other's way.
    pub(crate) fn touch_identities(&mut self, collection: &StoredCollection) -> Result<()> {
        if !collection.holds_identities {
            return Ok(());
        }
        let (database, id) = (collection.database, touched(collection.id.0));
        self.unfiltered_system_put_blind(database, SystemCollection::Identities, &id, &Value::Null)
    }

    /// Removes what is attached to a document: nothing of it is left for another one of the same id.
    pub(crate) fn detach(&mut self, collection: &StoredCollection, document: &str) -> Result<()> {
        if !collection.holds_identities {
            return Ok(());
        }
        let (database, number) = (collection.database, collection.id.0);
        self.detach_tokens(database, &attached_prefix(number, document))?;
        let credential = credential_id(number, document);
        self.unfiltered_system_delete(database, SystemCollection::Credential, &credential)
    }

    /// Removes what is attached to all documents of a collection.
    pub(crate) fn detach_collection(&mut self, collection: &StoredCollection) -> Result<()> {
        if !collection.holds_identities {
            return Ok(());
        }
        let (database, prefix) = (collection.database, marked(collection.id.0));
        self.detach_tokens(database, &prefix)?;
        for of_all in [SystemCollection::Credential, SystemCollection::Identities] {
            self.delete_range(&KeyRange::prefix(&key::document(database, of_all.id(), &prefix)))?;
        }
        Ok(())
    }

    /// Removes the tokens of a database from the store. All else that is attached there is the database's own.
    pub(crate) fn detach_database(&mut self, database: DatabaseId) -> Result<()> {
        self.detach_tokens(database, "")
    }

    fn detach_tokens(&mut self, database: DatabaseId, prefix: &str) -> Result<()> {
        let mut entries = Vec::new();
        self.unfiltered_system_scan_of(database, SystemCollection::TokenOf, prefix, &mut |entry| {
            entries.push(entry.id().to_owned());
            Ok(ControlFlow::Continue(()))
        })?;
        for entry in entries {
            if let Some((_, _, token)) = attached_parts(&entry) {
                for of_token in [SystemCollection::Token, SystemCollection::TokenUse] {
                    self.unfiltered_system_delete(DatabaseId::STORE, of_token, token)?;
                }
            }
            self.unfiltered_system_delete(database, SystemCollection::TokenOf, &entry)?;
        }
        Ok(())
    }
}

/// The id of the record that has the name of a collection of identity documents; and what the ids of all that is kept
/// of them begin with.
fn marked(collection: u32) -> String {
    format!("{collection:08x}")
}

/// The id of the record that is written whenever one of a collection's identity documents changes.
fn touched(collection: u32) -> String {
    format!("{collection:08x}*")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_an_attached_id_come_back_whatever_the_document_is_called() {
        for document in ["u1", "a:b", "", "00000001", "é\0"] {
            let id = attached_id(77, document, "0123456789A");
            assert_eq!(attached_parts(&id), Some((77, document, "0123456789A")));
        }
        for strange in ["", "0000004d", "0000004d00zz", "0000004d0009u1"] {
            assert_eq!(attached_parts(strange), None, "{strange}");
        }
    }

    #[test]
    fn no_document_has_the_records_of_one_with_a_longer_id() {
        assert!(!attached_id(77, "ab", "x").starts_with(&attached_prefix(77, "a")));
    }
}
