//! Counts the documents that are read while binding, each once, and keeps what went wrong with one. It knows nothing of predicates.

use crate::limits::BOUND_READS_MAX;
use crate::{Entity, Environment, Fault, Instant, ReadFailed, Slot, View};
use std::cell::{Cell, RefCell};

/// An environment that reads no more documents than may be read while binding.
pub(super) struct Counted<'e, E> {
    environment: &'e E,
    /// The collections and ids of what was read.
    known: RefCell<Vec<(String, String)>>,
    has_failed: Cell<bool>,
}

impl<'e, E> Counted<'e, E> {
    pub(super) fn new(environment: &'e E) -> Self {
        Self { environment, known: RefCell::new(Vec::new()), has_failed: Cell::new(false) }
    }

    /// The fault that it is to whoever binds: a read that was too much here is one that was not even tried.
    pub(super) fn fault(&self, fault: Fault) -> Fault {
        if fault == Fault::Read && !self.has_failed.get() { Fault::Cost } else { fault }
    }

    /// What was bound, if all that was read could be read.
    pub(super) fn result<T>(&self, bound: T) -> Result<T, ReadFailed> {
        if self.has_failed.get() { Err(ReadFailed) } else { Ok(bound) }
    }

    fn may_read(&self, collection: &str, id: &str) -> bool {
        let mut known = self.known.borrow_mut();
        if known.iter().any(|(other, other_id)| (other.as_str(), other_id.as_str()) == (collection, id)) {
            return true;
        }
        if known.len() == BOUND_READS_MAX {
            return false;
        }
        known.push((collection.to_owned(), id.to_owned()));
        true
    }
}

impl<'a, V: View<'a>, E: Environment<'a, V>> Environment<'a, V> for Counted<'_, E> {
    fn value(&self, slot: Slot) -> Option<V> {
        self.environment.value(slot)
    }

    fn entity(&self, slot: Slot) -> Option<Entity<'a, V>> {
        self.environment.entity(slot)
    }

    fn now(&self) -> Option<Instant> {
        self.environment.now()
    }

    fn database(&self) -> Option<&'a str> {
        self.environment.database()
    }

    fn read(&self, collection: &str, id: &str) -> Result<Option<V>, ReadFailed> {
        if !self.may_read(collection, id) {
            return Err(ReadFailed);
        }
        self.environment.read(collection, id).inspect_err(|_| self.has_failed.set(true))
    }
}
