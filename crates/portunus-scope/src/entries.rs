//! Ranges of entries of indexes, as somebody who plans a query uses them: which there are, how many documents they lead to, and
//! what entry a document would have. It knows nothing of rules, and hands out no document.

use crate::collection::{IndexState, StoredCollection, StoredIndex};
use crate::key;
use crate::query::TermRange;
use crate::reader::TreeReader;
use crate::{Error, FieldPath, Result, ValueRef, index, term};
use portunus_storage::{KeyRange, Order};
use std::ops::{Bound, ControlFlow};

/// A range of entries of one index.
///
/// ```
/// use portunus_scope::{Collection, DatabaseId, Expiry, TermRange, Tree, TreeOptions, Value, ValueRef};
/// # let (_tree, mut writer) = Tree::create_in_memory(&TreeOptions::default())?;
/// # writer.define_collection(DatabaseId::ROOT, &Collection::new("notes").index(["owner"]))?;
/// let notes = writer.collection(DatabaseId::ROOT, "notes")?.expect("it was defined");
/// # for (id, owner) in [("n3", "ann"), ("n1", "ann"), ("n2", "bob")] {
/// #     let value = Value::from_json(&format!(r#"{{"owner": "{owner}"}}"#))?;
/// #     let draft = writer.unfiltered_prepare(&notes, Some(id), value, Expiry::Unchanged)?;
/// #     writer.unfiltered_insert(&notes, draft)?;
/// # }
/// assert_eq!(notes.ready_indexes().map(|(name, _)| name).collect::<Vec<_>>(), ["owner"]);
/// let of_ann = notes.entry_range("owner", &TermRange { equal: vec!["ann".into()], ..TermRange::default() })?;
/// assert!(of_ann.is_point() && of_ann.index() == "owner" && of_ann.terms().equal.len() == 1);
/// assert_eq!(writer.count_entries(&of_ann, 1_000)?, 2);
/// assert_eq!(writer.ids_of_entries(&of_ann, 1_000)?, Some(vec!["n1".into(), "n3".into()]));
/// let value = Value::from_json(r#"{"owner": ["zoe", "ann"]}"#)?;
/// let terms = notes.first_entry(&of_ann, portunus_scope::Order::Ascending, "n9", ValueRef::from(&value))?;
/// assert!(terms.is_some_and(|terms| terms.starts_with(b"\x50ann")));
/// # Ok::<(), portunus_scope::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct EntryRange {
    /// What the keys of the index begin with.
    pub(crate) prefix: Vec<u8>,
    pub(crate) keys: KeyRange,
    /// The name of the index.
    index: String,
    terms: TermRange,
    /// How many terms stand before the id.
    fields: usize,
    /// The length of what stands before the id, if that is the same in all keys of the range.
    pub(crate) point: Option<usize>,
}

impl StoredCollection {
    /// The names and fields of the indexes that every document is in.
    pub fn ready_indexes(&self) -> impl Iterator<Item = (&str, &[FieldPath])> {
        let ready = self.indexes.iter().filter(|index| index.state == IndexState::Ready);
        ready.map(|index| (index.name.as_str(), index.fields.as_slice()))
    }

    /// The entries of an index in a range of terms.
    ///
    /// # Errors
    /// `NotFound` if there is no such index, `Invalid` if it is still being built or the terms do not fit it.
    pub fn entry_range(&self, index: &str, terms: &TermRange) -> Result<EntryRange> {
        let index = self.ready_index(index)?;
        let prefix = key::index_prefix(self.database, index.id);
        let keys = terms.to_range(&prefix, index)?;
        let point = match &keys.start {
            Bound::Included(start) if terms.equal.len() == index.fields.len() => Some(start.len()),
            _ => None,
        };
        let (name, fields) = (index.name.clone(), index.fields.len());
        Ok(EntryRange { prefix, keys, index: name, terms: terms.clone(), fields, point })
    }

    /// The terms of the entry that a scan of a range would come to first, of a document with this id and value.
    ///
    /// # Errors
    /// `NotFound` if there is no such index any more; `Limit` if the value breaks a limit of the index.
    pub fn first_entry(
        &self,
        range: &EntryRange,
        order: Order,
        id: &str,
        root: ValueRef<'_>,
    ) -> Result<Option<Vec<u8>>> {
        range.first_of(self.index(&range.index)?, order, id, root)
    }

    pub(crate) fn ready_index(&self, name: &str) -> Result<&StoredIndex> {
        let index = self.index(name)?;
        if index.state != IndexState::Ready {
            return Err(Error::invalid(name, "the index is still being built"));
        }
        Ok(index)
    }
}

impl EntryRange {
    /// Whether all fields of the index are equal in it, so that its entries are in the order of their documents' ids.
    #[must_use]
    pub fn is_point(&self) -> bool {
        self.point.is_some()
    }

    /// The name of the index.
    #[must_use]
    pub fn index(&self) -> &str {
        &self.index
    }

    /// The terms of the first entry of a document that lies in the range.
    pub(crate) fn first_of(
        &self,
        index: &StoredIndex,
        order: Order,
        id: &str,
        root: ValueRef<'_>,
    ) -> Result<Option<Vec<u8>>> {
        let entries = index::entries(index, root)?;
        let holds =
            |terms: &Vec<u8>| self.keys.contains(&[&self.prefix, terms.as_slice(), id.as_bytes()].concat());
        Ok(match order {
            Order::Ascending => entries.into_iter().find(holds),
            Order::Descending => entries.into_iter().rfind(holds),
        })
    }

    /// The terms.
    #[must_use]
    pub fn terms(&self) -> &TermRange {
        &self.terms
    }

    /// The document's id at the end of a key.
    pub(crate) fn id_of<'k>(&self, key: &'k [u8]) -> Result<&'k str> {
        let id = match self.point {
            Some(length) => key.get(length..).unwrap_or_default(),
            None => (0..self.fields).try_fold(key::suffix(key)?, |rest, _| term::skip_term(rest))?,
        };
        key::id_text(id)
    }
}

impl TreeReader {
    /// How many entries there are in a range, counted to `max` at most.
    ///
    /// # Errors
    /// As every read of the store.
    pub fn count_entries(&self, range: &EntryRange, max: usize) -> Result<usize> {
        self.count_keys(&range.keys, max)
    }

    /// The ids at the end of the entries of a range, in the order of the entries, and as often; nothing if there are more
    /// entries than `max`.
    ///
    /// # Errors
    /// As every read of the store.
    pub fn ids_of_entries(&self, range: &EntryRange, max: usize) -> Result<Option<Vec<String>>> {
        let mut ids = Vec::new();
        let mut fits = true;
        self.scan_keys(&range.keys, Order::Ascending, &mut |key, _| {
            fits = ids.len() < max;
            if !fits {
                return Ok(ControlFlow::Break(()));
            }
            ids.push(range.id_of(key)?.to_string());
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(fits.then_some(ids))
    }

    /// How many keys there are in a range, counted to `max` at most.
    pub(crate) fn count_keys(&self, keys: &KeyRange, max: usize) -> Result<usize> {
        let mut count = 0;
        if max == 0 {
            return Ok(0);
        }
        self.scan_keys(keys, Order::Ascending, &mut |_, _| {
            count += 1;
            Ok(if count < max { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })?;
        Ok(count)
    }
}
