//! The order of a query: by ids, by the entries of an index, or by fields. It knows nothing of which documents there are.

use super::place::Place;
use super::wanted::Wanted;
use crate::{Error, Result};
use portunus_scope::{
    Access, DocumentRef, EntryRange, FieldPath, Order, StoredCollection, TermRange, Type, append_order_key,
};
use std::fmt;

/// The most fields that a query is sorted by.
pub const SORT_FIELDS_MAX: usize = 8;
/// The bytes of a document's sort fields, in the form in which they are compared, that count. What is equal so far is in the order
/// of ids.
pub const SORT_KEY_BYTES_MAX: usize = 1_024;
/// The most documents that a query sorts in memory and hands out. One that hands out fewer may look at any number.
pub const SORT_DOCUMENTS_MAX: usize = 100_000;

/// One of the fields by which a query is sorted.
///
/// What is missing comes first, then null, truth values, numbers, text, bytes, instants, arrays and objects: the order of
/// [`compare`](crate::compare). Only what the caller sees of a document counts.
///
/// ```
/// # use portunus_auth::{Collection, Error, Gate, GateOptions};
/// use portunus_auth::Sort;
/// # use serde_json::json;
/// # let (gate, secret) = Gate::create_in_memory(&GateOptions::default())?;
/// # let mut view = gate.begin_write(&secret)?;
/// # view.define(Collection::new("notes"))?;
/// # for (id, owner, size) in [("n1", "ann", 3), ("n2", "bob", 3), ("n3", "ann", 7)] {
/// #     view.create_with_id("notes", id, json!({"owner": {"name": owner}, "size": size}))?;
/// # }
/// let sorted = view.query("notes").sort([Sort::descending("size"), Sort::ascending("owner.name")]);
/// assert_eq!(sorted.list_ids()?, ["n3", "n1", "n2"]);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    path: String,
    order: Order,
}

impl Sort {
    /// The smallest first.
    pub fn ascending(path: impl Into<String>) -> Self {
        Self { path: path.into(), order: Order::Ascending }
    }

    /// The largest first.
    pub fn descending(path: impl Into<String>) -> Self {
        Self { path: path.into(), order: Order::Descending }
    }
}

/// In which order documents come.
pub(super) enum Sorting {
    Ids,
    Entries(EntryRange),
    Fields(SortFields),
}

/// The fields that documents are sorted by.
pub(super) struct SortFields {
    /// Each, and whether its order is the other one.
    fields: Vec<(FieldPath, bool)>,
    /// The order of the last of them, which is that of ids.
    pub(super) order: Order,
    /// An index whose entries are in this order, with one for each document, and which hides nothing.
    pub(super) index: Option<EntryRange>,
}

impl Sorting {
    /// # Errors
    /// `NotFound` if there is no such index, `Invalid` if it is still being built or the terms do not fit it.
    pub(super) fn new(
        wanted: &Wanted,
        collection: &StoredCollection,
        hides: &dyn Fn(&FieldPath) -> bool,
    ) -> Result<Self> {
        if let Access::Index { name, terms } = wanted.access()? {
            return Ok(Self::Entries(collection.entry_range(&name, &terms)?));
        }
        match SortFields::new(wanted)? {
            None => Ok(Self::Ids),
            Some(mut fields) => {
                fields.index = fields.find_index(collection, hides)?;
                Ok(Self::Fields(fields))
            }
        }
    }
}

impl SortFields {
    /// # Errors
    /// `Invalid` or `Limit` if a path is none or there are too many.
    pub(super) fn new(wanted: &Wanted) -> Result<Option<Self>> {
        if wanted.sort.len() > SORT_FIELDS_MAX {
            return Err(Error::Limit {
                what: "fields to sort by",
                actual: wanted.sort.len(),
                max: SORT_FIELDS_MAX,
            });
        }
        let Some(last) = wanted.sort.last() else { return Ok(None) };
        let field = |sort: &Sort| Ok((sort.path.parse::<FieldPath>()?, sort.order != last.order));
        let fields = wanted.sort.iter().map(field).collect::<Result<_>>()?;
        let order = if wanted.order == Order::Ascending { last.order } else { other(last.order) };
        Ok(Some(Self { fields, order, index: None }))
    }

    /// What a document is sorted by.
    pub(super) fn key(&self, document: DocumentRef<'_>) -> Vec<u8> {
        let root = document.root();
        let mut key = Vec::new();
        for (path, is_inverted) in &self.fields {
            let start = key.len();
            append_order_key(&mut key, path.resolve(root), SORT_KEY_BYTES_MAX.saturating_sub(start));
            if *is_inverted {
                key.iter_mut().skip(start).for_each(|byte| *byte = !*byte);
            }
        }
        key
    }

    /// An index over these fields in this order, if each of them is declared to be of a type of which a document has exactly one
    /// term, and one of them to be there always: without a term, a document has no entry.
    fn find_index(
        &self,
        collection: &StoredCollection,
        hides: &dyn Fn(&FieldPath) -> bool,
    ) -> Result<Option<EntryRange>> {
        let paths = || self.fields.iter().map(|(path, _)| path);
        let declared = |path: &FieldPath| {
            collection.definition().fields().iter().find(|field| field.path() == path.to_string())
        };
        let has_one_term = |path: &FieldPath| {
            declared(path)
                .is_some_and(|field| !matches!(field.r#type(), Type::Any | Type::Array | Type::Object))
        };
        if self.fields.iter().any(|(_, is_inverted)| *is_inverted)
            || paths().any(hides)
            || !paths().all(has_one_term)
            || !paths().any(|path| declared(path).is_some_and(portunus_scope::Field::is_required))
        {
            return Ok(None);
        }
        let name = collection.ready_indexes().find(|(_, fields)| fields.iter().eq(paths()));
        let Some((name, _)) = name else { return Ok(None) };
        Ok(Some(collection.entry_range(name, &TermRange::default())?))
    }
}

/// Whether a place comes behind another one.
pub(super) fn is_behind(place: &Place, after: Option<&Place>, order: Order) -> bool {
    after.is_none_or(|after| place.cmp_to(after, order).is_gt())
}

fn other(order: Order) -> Order {
    match order {
        Order::Ascending => Order::Descending,
        Order::Descending => Order::Ascending,
    }
}

impl fmt::Display for Sort {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.order {
            Order::Ascending => to.write_str(&self.path),
            Order::Descending => write!(to, "{} descending", self.path),
        }
    }
}
