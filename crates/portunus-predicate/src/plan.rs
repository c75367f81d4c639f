//! Where a residual can be true, as ranges that an index may have. It knows of no index: whoever has some chooses among them.

mod derive;
mod point;
mod show;
mod simplify;
mod to_be;

use crate::ir::Node;
use crate::predicate::Name;
use crate::{Constant, Slot};
use std::ops::Bound;

/// The most points and ranges that one plan names. What would take more is planned as everything.
pub const REACH_POINTS_MAX: usize = 1_000;

/// A superset of the documents for which a residual is exactly true.
///
/// A document that is not in it is one for which the residual is false or faults; one that is in it has to be asked. Paths
/// are names joined by `.`, with `\.` and `\\` for those characters in a name. What stands in a reach is a stored
/// value: null, a truth value, an integer or a float (a float only if no integer equals it), text, bytes or an instant in
/// whole microseconds. As text, a reach is for those who may see the values that were bound into the residual.
///
/// ```
/// use portunus_predicate::{Declaration, Known, Over, Predicate, Reach, Scene, Scratch, Type, Vocabulary};
/// let vocabulary = Vocabulary::new().declare(Declaration::entity("doc", Type::Any, Known::Decided));
/// let reach = |source: &str| {
///     let predicate = Predicate::new(source, &vocabulary).unwrap();
///     predicate.bind(&Scene::new(), &mut Scratch::new()).unwrap().reach(0)
/// };
/// let Reach::Field { path, over: Over::Range(from, to) } = reach("doc.age >= 18 && doc.age < 21 && has(doc.name)")
///     else { panic!() };
/// assert_eq!((path.as_str(), format!("{from:?} {to:?}").as_str()), ("age", "Included(Int(18)) Excluded(Int(21))"));
/// assert!(matches!(reach("doc.age < 'a' && doc.age > 5"), Reach::Nothing));
/// assert_eq!(reach("doc.open && 'a' in doc.tags").to_string(), r#"(open = true and tags has "a")"#);
/// assert!(matches!(reach("doc.open || has(doc.name)"), Reach::Everything(why) if why.contains("has(doc.name)")));
/// ```
#[derive(Clone, Debug)]
pub enum Reach {
    /// Any document, and why no less. The text shows the predicate, with the values that were bound into it.
    Everything(String),
    /// No document.
    Nothing,
    /// Those with a field that lies there.
    Field {
        /// The path of the field.
        path: String,
        /// Where it lies.
        over: Over,
    },
    /// Those whose id lies there.
    Id(Over),
    /// Those with a field that holds the id of a document of another collection, in which a list has an element.
    Members {
        /// The path of the field that holds the id.
        path: String,
        /// The other collection.
        collection: String,
        /// The path of the list in a document of the other collection. What [`Over::Element`] says of lists holds here too.
        field: String,
        /// The element.
        element: Constant,
    },
    /// Those of any of these.
    Any(Vec<Reach>),
    /// Those that are in all of these.
    All(Vec<Reach>),
}

/// Where a field or an id lies.
#[derive(Clone, Debug)]
pub enum Over {
    /// It is equal to this; numbers of all types are on one line.
    Equal(Constant),
    /// It is of the type of the ends and between them. Where one end is open, the range ends with the other end's type;
    /// both are never open.
    Range(Bound<Constant>, Bound<Constant>),
    /// It is text that begins with this.
    Prefix(String),
    /// It is a list with this element.
    ///
    /// Where the element is text and the field is an object instead, the residual is true for objects with such a
    /// *key*. An index of elements has no entry for those: use it only where it is known that the field is no object.
    Element(Constant),
}

/// Where the documents of one slot are for which a tree is exactly true.
pub(crate) fn reach(node: &Node, slot: Slot, names: &[Name]) -> Reach {
    derive::reach(node, slot, names, true)
}

#[cfg(test)]
mod tests;
