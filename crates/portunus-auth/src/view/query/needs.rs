//! What must be true of a document, in the words of a collection's indexes: from what a predicate says of where it can be true. It
//! knows nothing of which index is best.

use super::planner::ARMS_MAX;
use crate::Result;
use portunus_predicate::{Constant, Over, Reach};
use portunus_scope::{
    DatabaseId, FieldPath, IdRange, StoredCollection, TermRange, Then, Timestamp, TreeReader, Type, Value,
};
use std::ops::Bound;

/// The most members of groups that a plan looks up.
const MEMBERS_MAX: usize = 1_000;

/// What must be true of a document. What follows from it for a document is a superset of those that are looked for.
#[derive(Clone, Debug)]
pub(super) enum Need {
    /// Nothing that an index could tell, and why.
    Whatever(String),
    /// Something that is true of none.
    Impossible,
    /// A field has a term there.
    Field(FieldPath, Where),
    /// The id lies there.
    Id(IdRange),
    Any(Vec<Need>),
    All(Vec<Need>),
}

/// Where a term lies.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Where {
    At(Value),
    Among(Then),
}

/// Turns what a predicate says into needs.
pub(super) struct Needs<'n> {
    pub(super) reader: &'n TreeReader,
    pub(super) collection: &'n StoredCollection,
    /// The fields of which nothing may be told, not even by how long something takes.
    pub(super) hides: &'n dyn Fn(&FieldPath) -> bool,
}

impl Needs<'_> {
    /// # Errors
    /// As every read of the store.
    pub(super) fn of(&self, reach: Reach) -> Result<Need> {
        Ok(match reach {
            Reach::Everything(reason) => Need::Whatever(reason),
            Reach::Nothing => Need::Impossible,
            Reach::Field { path, over } => self.field(&path, over),
            Reach::Id(over) => ids(over),
            Reach::Members { path, collection, field, element } => {
                self.members(&path, &collection, &field, element)?
            }
            Reach::Any(arms) => Need::Any(arms.into_iter().map(|arm| self.of(arm)).collect::<Result<_>>()?),
            Reach::All(arms) => Need::All(arms.into_iter().map(|arm| self.of(arm)).collect::<Result<_>>()?),
        })
    }

    fn field(&self, text: &str, over: Over) -> Need {
        let nothing = || Need::Whatever(format!("no index has the field {text}"));
        let Ok(path) = text.parse::<FieldPath>() else { return nothing() };
        if (self.hides)(&path) {
            return nothing();
        }
        match over {
            Over::Element(element) if !has_entries(self.collection, &path, &element) => nothing(),
            Over::Equal(point) | Over::Element(point) => {
                value(point).map_or_else(nothing, |term| Need::Field(path, Where::At(term)))
            }
            Over::Range(from, to) => match (bound(from), bound(to)) {
                (Some(from), Some(to)) => Need::Field(path, Where::Among(Then::Range(from, to))),
                _ => nothing(),
            },
            Over::Prefix(prefix) => Need::Field(path, Where::Among(Then::Prefix(prefix))),
        }
    }

    /// The ids of the documents of another collection that have an element in a list, which a field must be one of.
    fn members(&self, path: &str, collection: &str, list: &str, element: Constant) -> Result<Need> {
        let nothing = |why: &str| Ok(Need::Whatever(format!("the members of {collection} by {list} {why}")));
        let database: DatabaseId = self.collection.database();
        let Some(other) = self.reader.collection(database, collection)? else { return Ok(Need::Impossible) };
        let Ok(list_path) = list.parse::<FieldPath>() else { return nothing("are in no index") };
        if !has_entries(&other, &list_path, &element) {
            return nothing("are in no index: the field is not declared as an array");
        }
        let found = other.ready_indexes().find(|(_, fields)| fields.first() == Some(&list_path));
        let (Some((index, _)), Some(term)) = (found, value(element)) else {
            return nothing("are in no index");
        };
        let range = other.entry_range(index, &TermRange { equal: vec![term], then: Then::Any })?;
        let Some(ids) = self.reader.ids_of_entries(&range, MEMBERS_MAX.min(ARMS_MAX))? else {
            return nothing("are too many");
        };
        let arm = |id: String| self.field(path, Over::Equal(Constant::String(id.into())));
        Ok(Need::Any(ids.into_iter().map(arm).collect()))
    }
}

/// Whether every document with such an element in a field has an entry for it. An object may have a key of this text, of which
/// an index knows nothing.
fn has_entries(collection: &StoredCollection, path: &FieldPath, element: &Constant) -> bool {
    let is_path = |text: &str| text.parse::<FieldPath>().is_ok_and(|declared| declared == *path);
    let fields = collection.definition().fields();
    !matches!(element, Constant::String(_))
        || fields.iter().any(|field| field.r#type() == Type::Array && is_path(field.path()))
}

fn ids(over: Over) -> Need {
    let text = |bound: Bound<Constant>| match bound {
        Bound::Included(Constant::String(id)) => Some(Bound::Included(id.to_string())),
        Bound::Excluded(Constant::String(id)) => Some(Bound::Excluded(id.to_string())),
        Bound::Unbounded => Some(Bound::Unbounded),
        Bound::Included(_) | Bound::Excluded(_) => None,
    };
    let nothing = || Need::Whatever("the ids are in no range".to_owned());
    match over {
        Over::Equal(Constant::String(id)) => {
            Need::Id((Bound::Included(id.to_string()), Bound::Included(id.to_string())))
        }
        Over::Range(from, to) => match (text(from), text(to)) {
            (Some(from), Some(to)) => Need::Id((from, to)),
            _ => nothing(),
        },
        Over::Prefix(prefix) => {
            let end = behind(&prefix).map_or(Bound::Unbounded, Bound::Excluded);
            Need::Id((Bound::Included(prefix), end))
        }
        Over::Equal(_) | Over::Element(_) => nothing(),
    }
}

/// The first text behind all that begin with a prefix.
fn behind(prefix: &str) -> Option<String> {
    let mut text = prefix.to_owned();
    while let Some(last) = text.pop() {
        if let Some(next) = (last..=char::MAX).nth(1) {
            text.push(next);
            return Some(text);
        }
    }
    None
}

fn bound(bound: Bound<Constant>) -> Option<Bound<Value>> {
    Some(match bound {
        Bound::Included(end) => Bound::Included(value(end)?),
        Bound::Excluded(end) => Bound::Excluded(value(end)?),
        Bound::Unbounded => Bound::Unbounded,
    })
}

/// A constant as a stored value.
fn value(constant: Constant) -> Option<Value> {
    Some(match constant {
        Constant::Null => Value::Null,
        Constant::Bool(truth) => Value::Bool(truth),
        Constant::Int(int) => Value::Int(int),
        Constant::Double(float) => Value::Float(float),
        Constant::String(text) => Value::String(text.to_string()),
        Constant::Bytes(bytes) => Value::Bytes(bytes.to_vec()),
        Constant::Timestamp(at) => {
            let micros = at.seconds.checked_mul(1_000_000)?.checked_add(i64::from(at.nanos / 1_000))?;
            Value::Timestamp(Timestamp(micros))
        }
        Constant::Uint(_)
        | Constant::Duration(_)
        | Constant::List(_)
        | Constant::Map(_)
        | Constant::Type(_) => {
            return None;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::behind;

    #[test]
    fn what_begins_with_a_prefix_ends_before_a_text() {
        for (prefix, end) in [
            ("a", Some("b")),
            ("az", Some("a{")),
            ("a\u{10ffff}", Some("b")),
            ("\u{d7ff}", Some("\u{e000}")),
            ("\u{10ffff}\u{10ffff}", None),
            ("", None),
        ] {
            assert_eq!(behind(prefix).as_deref(), end, "{prefix:?}");
        }
    }
}
