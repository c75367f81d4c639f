//! The documents that rules read beside the one they are about: with the rights of the engine, each once in a transaction.
//! It knows nothing of what they are read for.

use super::Ground;
use crate::{Error, Result};
use parking_lot::Mutex;
use portunus_predicate::{FUEL_MAX, READ_COST};
use portunus_scope::{DatabaseId, Document, ValueRef};
use std::cell::{Cell, OnceCell};
use std::collections::HashMap;
use std::sync::Arc;

/// The most documents that are remembered in a transaction; more are read each time.
const REMEMBERED_MAX: usize = 1_024;

/// A document, or that there is none.
type Found = Option<Arc<Document>>;

/// What rules have read in a transaction. What the transaction writes itself makes it forget.
#[derive(Default)]
pub(crate) struct Memo(Mutex<HashMap<(String, String), Found>>);

impl Memo {
    pub(crate) fn forget(&mut self) {
        self.0.get_mut().clear();
    }

    fn find(
        &self,
        ground: Ground<'_>,
        database: DatabaseId,
        (collection, id): (&str, &str),
    ) -> Result<Found> {
        let key = (collection.to_owned(), id.to_owned());
        if let Some(known) = self.0.lock().get(&key) {
            return Ok(known.clone());
        }
        let found = match ground.reader.collection(database, collection)? {
            Some(collection) => ground.reader.unfiltered_get(&collection, id)?.map(Arc::new),
            None => None,
        };
        let mut memo = self.0.lock();
        if memo.len() < REMEMBERED_MAX {
            memo.insert(key, found.clone());
        }
        Ok(found)
    }
}

/// Where the documents lie that one decision reads, while it looks at them.
pub(crate) struct Reads {
    slots: Box<[OnceCell<Found>]>,
    next: Cell<usize>,
}

impl Reads {
    /// Room for as many as the cost of a decision allows, if there are to be any: most rules read nothing.
    pub(super) fn of(reads: bool) -> Self {
        let most = if reads { usize::try_from(FUEL_MAX / READ_COST).unwrap_or(0) + 1 } else { 0 };
        Self { slots: (0..most).map(|_| OnceCell::new()).collect(), next: Cell::new(0) }
    }

    pub(super) fn read<'a>(
        &'a self,
        ground: Ground<'_>,
        database: DatabaseId,
        place: (&str, &str),
    ) -> Result<Option<ValueRef<'a>>> {
        let found = ground.memo.find(ground, database, place)?;
        let slot = self.slots.get(self.next.replace(self.next.get() + 1));
        let slot = slot.ok_or(Error::Internal("a rule reads more than its cost allows".into()))?;
        Ok(slot.get_or_init(|| found).as_ref().map(|document| document.root()))
    }
}
