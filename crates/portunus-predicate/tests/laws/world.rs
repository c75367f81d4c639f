//! Who asks, for what, and what else there is: the surroundings of one decision, and the names by which a predicate knows them.

use super::thing::{Lent, Thing};
use portunus_predicate::{
    Declaration, Entity, Environment, Instant, Known, ReadFailed, Slot, Type, Vocabulary,
};

pub const DOC: Slot = 0;
pub const OLD: Slot = 1;
pub const IDENTITY: Slot = 2;
pub const CLAIMS: Slot = 3;

#[derive(Clone, Debug)]
pub struct World {
    pub doc: Document,
    pub old: Option<Document>,
    pub identity: Option<Document>,
    pub claims: Option<Thing>,
    pub groups: Vec<Document>,
    pub now: (i64, u32),
}

#[derive(Clone, Debug)]
pub struct Document {
    pub id: &'static str,
    pub collection: &'static str,
    pub root: Thing,
}

/// Types do not matter here: what does not fit has to show when it runs.
pub fn vocabulary() -> Vocabulary {
    let claims = Declaration::value("claims", Type::Any, Known::Bound);
    Vocabulary::new()
        .declare(Declaration::entity("doc", Type::Any, Known::Decided))
        .declare(Declaration::entity("old", Type::Any, Known::Decided))
        .declare(Declaration::entity("identity", Type::Any, Known::Bound))
        .declare(Declaration { null_is_missing: true, ..claims })
        .with_now()
        .with_reads()
        .without_types()
}

impl World {
    pub fn document(&self, name: &str) -> Option<&Document> {
        match name {
            "doc" => Some(&self.doc),
            "old" => self.old.as_ref(),
            "identity" => self.identity.as_ref(),
            _ => panic!("{name} is no document"),
        }
    }

    pub fn group(&self, collection: &str, id: &str) -> Option<&Document> {
        self.groups.iter().find(|group| (group.collection, group.id) == (collection, id))
    }
}

impl<'a> Environment<'a, Lent<'a>> for &'a World {
    fn value(&self, slot: Slot) -> Option<Lent<'a>> {
        assert_eq!(slot, CLAIMS);
        self.claims.as_ref().map(Lent)
    }

    fn entity(&self, slot: Slot) -> Option<Entity<'a, Lent<'a>>> {
        let document = match slot {
            DOC => Some(&self.doc),
            OLD => self.old.as_ref(),
            IDENTITY => self.identity.as_ref(),
            _ => panic!("slot {slot} is no document"),
        }?;
        let (id, collection) = (document.id, document.collection);
        Some(Entity { id, version: 1, collection, root: Lent(&document.root) })
    }

    fn now(&self) -> Option<Instant> {
        Some(Instant { seconds: self.now.0, nanos: self.now.1 })
    }

    fn database(&self) -> Option<&'a str> {
        Some("db")
    }

    fn read(&self, collection: &str, id: &str) -> Result<Option<Lent<'a>>, ReadFailed> {
        let world: &'a World = self;
        Ok(world.group(collection, id).map(|group| Lent(&group.root)))
    }
}

/// Surroundings in which only half of the names is known, for those that must not ask for the others.
pub struct Half<'w> {
    pub world: &'w World,
    pub is_binding: bool,
}

impl<'a> Environment<'a, Lent<'a>> for Half<'a> {
    fn value(&self, slot: Slot) -> Option<Lent<'a>> {
        assert!(self.is_binding, "a value was not put into the predicate");
        self.world.value(slot)
    }

    fn entity(&self, slot: Slot) -> Option<Entity<'a, Lent<'a>>> {
        assert_eq!(slot == IDENTITY, self.is_binding, "slot {slot} is asked for at the wrong time");
        self.world.entity(slot)
    }

    fn now(&self) -> Option<Instant> {
        assert!(self.is_binding, "the time was not put into the predicate");
        self.world.now()
    }

    fn database(&self) -> Option<&'a str> {
        assert!(self.is_binding, "the database was not put into the predicate");
        self.world.database()
    }

    fn read(&self, collection: &str, id: &str) -> Result<Option<Lent<'a>>, ReadFailed> {
        self.world.read(collection, id)
    }
}
