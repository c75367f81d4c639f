//! Surroundings that are made of constants: for tools, tests and examples. It knows nothing of predicates.

use crate::{Constant, Entity, Environment, Instant, ReadFailed, Slot};
use std::collections::BTreeMap;

/// Surroundings of a decision that somebody puts together by hand. What is not put there is not known.
///
/// ```
/// use portunus_predicate::{Constant, Environment, Instant, Scene};
/// let user = Constant::Map([(Constant::String("open".into()), Constant::Bool(true))].into());
/// let now = Instant::from_micros(0);
/// let scene = Scene::new()
///     .with_entity(0, "users", "ann", 1, &user)
///     .with_value(1, &Constant::Int(5))
///     .with_document("groups", "staff", &user)
///     .with_now(now)
///     .with_database("db");
/// assert_eq!(scene.entity(0).map(|entity| entity.id), Some("ann"));
/// assert!(scene.value(2).is_none() && scene.read("groups", "staff").is_ok_and(|found| found.is_some()));
/// assert_eq!((scene.now(), scene.database()), (Some(now), Some("db")));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Scene<'a> {
    values: BTreeMap<Slot, &'a Constant>,
    entities: BTreeMap<Slot, Entity<'a, &'a Constant>>,
    documents: BTreeMap<(&'a str, &'a str), &'a Constant>,
    now: Option<Instant>,
    database: Option<&'a str>,
}

impl<'a> Scene<'a> {
    /// Nothing at all.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With the value of a declared name.
    #[must_use]
    pub fn with_value(mut self, slot: Slot, value: &'a Constant) -> Self {
        self.values.insert(slot, value);
        self
    }

    /// With the document of a declared name.
    #[must_use]
    pub fn with_entity(
        mut self,
        slot: Slot,
        collection: &'a str,
        id: &'a str,
        version: u64,
        root: &'a Constant,
    ) -> Self {
        self.entities.insert(slot, Entity { id, version, collection, root });
        self
    }

    /// With a document that can be read.
    #[must_use]
    pub fn with_document(mut self, collection: &'a str, id: &'a str, root: &'a Constant) -> Self {
        self.documents.insert((collection, id), root);
        self
    }

    /// With an instant that is now.
    #[must_use]
    pub fn with_now(mut self, now: Instant) -> Self {
        self.now = Some(now);
        self
    }

    /// With a database.
    #[must_use]
    pub fn with_database(mut self, database: &'a str) -> Self {
        self.database = Some(database);
        self
    }
}

impl<'a> Environment<'a, &'a Constant> for Scene<'a> {
    fn value(&self, slot: Slot) -> Option<&'a Constant> {
        self.values.get(&slot).copied()
    }

    fn entity(&self, slot: Slot) -> Option<Entity<'a, &'a Constant>> {
        self.entities.get(&slot).copied()
    }

    fn now(&self) -> Option<Instant> {
        self.now
    }

    fn database(&self) -> Option<&'a str> {
        self.database
    }

    fn read(&self, collection: &str, id: &str) -> Result<Option<&'a Constant>, ReadFailed> {
        Ok(self.documents.get(&(collection, id)).copied())
    }
}
