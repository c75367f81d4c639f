//! What surrounds the decision of a rule: the values of its names. It knows nothing of rules themselves.

use super::reads::Reads;
use super::{Caller, Ground};
use crate::Error;
use crate::rule;
use portunus_predicate::{Entity, Environment, Instant, ReadFailed, Slot};
use portunus_scope::ValueRef;
use std::cell::RefCell;

/// The things that one decision is about.
#[derive(Clone, Copy, Default)]
pub(crate) struct Scene<'s> {
    pub(crate) doc: Option<Entity<'s, ValueRef<'s>>>,
    pub(crate) old: Option<Entity<'s, ValueRef<'s>>>,
    pub(crate) new: Option<Entity<'s, ValueRef<'s>>>,
}

pub(super) struct Surroundings<'a> {
    ground: Ground<'a>,
    caller: &'a Caller<'a>,
    scene: Scene<'a>,
    reads: &'a Reads,
    failed: RefCell<Option<Error>>,
}

impl<'a> Surroundings<'a> {
    pub(super) fn new(
        ground: Ground<'a>,
        caller: &'a Caller<'a>,
        scene: Scene<'a>,
        reads: &'a Reads,
    ) -> Self {
        Self { ground, caller, scene, reads, failed: RefCell::new(None) }
    }

    /// Why a document could not be read, if one could not.
    pub(super) fn failed(&self) -> Option<Error> {
        self.failed.take()
    }
}

impl<'a> Environment<'a, ValueRef<'a>> for Surroundings<'a> {
    fn value(&self, slot: Slot) -> Option<ValueRef<'a>> {
        match slot {
            rule::CLAIMS => self.caller.claims,
            rule::ARGS => self.caller.args,
            _ => None,
        }
    }

    fn entity(&self, slot: Slot) -> Option<Entity<'a, ValueRef<'a>>> {
        match slot {
            rule::DOC => self.scene.doc,
            rule::OLD => self.scene.old,
            rule::NEW => self.scene.new,
            rule::IDENTITY => self.caller.identity.map(|(collection, document)| Entity {
                id: document.id(),
                version: document.version(),
                collection,
                root: document.root(),
            }),
            _ => None,
        }
    }

    fn now(&self) -> Option<Instant> {
        Some(Instant::from_micros(self.caller.now.0))
    }

    fn database(&self) -> Option<&'a str> {
        Some(self.caller.database_public_id)
    }

    fn read(&self, collection: &str, id: &str) -> Result<Option<ValueRef<'a>>, ReadFailed> {
        self.reads.read(self.ground, self.caller.database, (collection, id)).map_err(|error| {
            self.failed.replace(Some(error));
            ReadFailed
        })
    }
}
