//! The collection of expired documents. They are invisible from their instant on; this gives back their room.

use crate::collection::StoredCollection;
use crate::ids::CollectionId;
use crate::key::{self, Expiry};
use crate::system::SystemCollection;
use crate::tree::Tree;
use crate::writer::TreeWriter;
use crate::{DatabaseId, Error, Result, Timestamp};
use portunus_storage::{Durability, Error as Refused, Order};
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;

/// An entry of the queue, owned.
struct Due {
    key: Vec<u8>,
    database: DatabaseId,
    collection: CollectionId,
    id: String,
    at: Timestamp,
}

/// The collections of the databases that a sweep has met. A sweep meets a database many times.
type Known = HashMap<DatabaseId, Vec<Arc<StoredCollection>>>;

impl Tree {
    /// Deletes up to `most` documents that have expired, and tells how many it has taken from the queue. Less than `most`
    /// means that there are no more. It is one transaction, or several if the documents have too many index entries for one,
    /// or some of them change meanwhile: whoever keeps writing to a few must not keep the others from being collected.
    ///
    /// # Errors
    /// `Conflict` if even a single document changed meanwhile: call it again. As every write to the store.
    pub fn sweep(&self, most: usize) -> Result<usize> {
        let (mut taken, mut step) = (0, most);
        while taken < most {
            let asked = step.min(most - taken);
            match self.sweep_step(asked) {
                Ok(some) => {
                    taken += some;
                    if some < asked {
                        break;
                    }
                }
                Err(Error::Storage(Refused::Limit { .. } | Refused::Conflict)) if asked > 1 => {
                    step = asked / 2;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(taken)
    }

    fn sweep_step(&self, most: usize) -> Result<usize> {
        let mut writer = self.begin_write()?;
        let due = writer.due(most)?;
        if due.is_empty() {
            return Ok(0);
        }
        let mut known = Known::new();
        for entry in &due {
            writer.collect(entry, &mut known)?;
        }
        writer.commit(Durability::Relaxed)?;
        Ok(due.len())
    }
}

impl TreeWriter {
    fn due(&self, most: usize) -> Result<Vec<Due>> {
        let mut due = Vec::new();
        self.scan_keys(&Expiry::due(self.now()), Order::Ascending, &mut |key, _| {
            if due.len() >= most {
                return Ok(ControlFlow::Break(()));
            }
            let Expiry { at, database, collection, id } = Expiry::parse(key)?;
            due.push(Due { key: key.to_vec(), database, collection, id: id.to_string(), at });
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(due)
    }

    /// Deletes the document or system record of an entry, or only the entry if its collection has been dropped since.
    fn collect(&mut self, due: &Due, known: &mut Known) -> Result<()> {
        if let std::collections::hash_map::Entry::Vacant(unknown) = known.entry(due.database) {
            unknown.insert(self.collections(due.database)?);
        }
        let collection =
            known.get(&due.database).and_then(|all| all.iter().find(|one| one.id == due.collection));
        let document = self.unfiltered_document(due.database, due.collection, &due.id)?;
        match (collection, document) {
            (Some(collection), Some(document)) if document.expires_at() == Some(due.at) => {
                let collection = collection.clone();
                self.unfiltered_delete(&collection, &document)
            }
            (None, Some(document))
                if due.collection.0 < CollectionId::USER_MIN && document.expires_at() == Some(due.at) =>
            {
                self.delete(&due.key)?;
                self.delete(&key::document(due.database, due.collection, &due.id))?;
                self.collect_uses(due)
            }
            _ => self.delete(&due.key),
        }
    }

    /// When a token was last used is known for as long as the token is there.
    fn collect_uses(&mut self, due: &Due) -> Result<()> {
        if due.collection != SystemCollection::Token.id() {
            return Ok(());
        }
        self.unfiltered_system_delete(due.database, SystemCollection::TokenUse, &due.id)
    }
}
