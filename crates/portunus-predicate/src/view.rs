//! How the evaluator looks at values that lie elsewhere, and the surroundings of a decision. Whoever has values of its own lends
//! them by these traits; nothing is converted, and nothing allocated.

use crate::{Constant, Instant, Slot};

/// A value that is looked at where it lies. Floats are never not-a-number.
pub trait View<'a>: Copy {
    /// Its values in order.
    type List: ListView<'a, Item = Self>;
    /// Its named values.
    type Map: MapView<'a, Item = Self>;

    /// What it is.
    fn see(self) -> Seen<'a, Self::List, Self::Map>;
}

/// What a lent value is.
#[derive(Clone, Copy, Debug)]
pub enum Seen<'a, L, M> {
    /// The absence of a value, stated.
    Null,
    /// A truth value.
    Bool(bool),
    /// A 64-bit signed integer.
    Int(i64),
    /// A 64-bit float.
    Double(f64),
    /// Text.
    String(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
    /// An instant.
    Timestamp(Instant),
    /// Values in order.
    List(L),
    /// Named values.
    Map(M),
    /// A value that is kept in the language's own form.
    Owned(&'a Constant),
}

/// Values in order.
pub trait ListView<'a>: Copy {
    /// What a value is looked at by.
    type Item;

    /// How many there are.
    fn len(self) -> usize;

    /// Whether there is none.
    fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The one at this place, counted from 0.
    fn at(self, index: usize) -> Option<Self::Item>;
}

/// Named values, in the byte order of their names, no name twice.
pub trait MapView<'a>: Copy {
    /// What a value is looked at by.
    type Item;

    /// How many there are.
    fn len(self) -> usize;

    /// Whether there is none.
    fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The one of this name.
    fn find(self, name: &str) -> Option<Self::Item>;

    /// The one at this place, counted from 0, with its name.
    fn at(self, index: usize) -> Option<(&'a str, Self::Item)>;
}

/// A document, as far as rules know one: metadata is reached by functions only, so that no field can shadow it.
#[derive(Clone, Copy, Debug)]
pub struct Entity<'a, V> {
    /// Its id.
    pub id: &'a str,
    /// Its version.
    pub version: u64,
    /// The name of its collection.
    pub collection: &'a str,
    /// Its value.
    pub root: V,
}

/// What surrounds a decision: the values of the declared names, and the documents that can be read.
pub trait Environment<'a, V: View<'a>> {
    /// The value of a declared name that is no entity and no instant; `None` is null.
    fn value(&self, slot: Slot) -> Option<V>;

    /// The document of a declared name that is an entity; `None` is null.
    fn entity(&self, slot: Slot) -> Option<Entity<'a, V>>;

    /// `now`.
    fn now(&self) -> Option<Instant>;

    /// `database()`: what names the database of the decision.
    fn database(&self) -> Option<&'a str>;

    /// Reads a document, with the rights of the engine.
    ///
    /// # Errors
    /// That it could not be read, which is not the same as that it is not there.
    fn read(&self, collection: &str, id: &str) -> Result<Option<V>, ReadFailed>;
}

/// A document could not be read; whoever lent the reader knows why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadFailed;
