//! Scans: which documents, in which order, from where on. It knows nothing of who may see them.

use crate::collection::{StoredCollection, StoredIndex};
use crate::entries::EntryRange;
use crate::key;
use crate::reader::TreeReader;
use crate::term;
use crate::{DocumentRef, Error, FieldPath, Result, Value, ValueRef};
use portunus_storage::{KeyRange, Order};
use std::collections::HashMap;
use std::ops::{Bound, ControlFlow};

/// The documents of a collection that a scan visits.
#[derive(Clone, Debug, PartialEq)]
pub enum Access {
    /// Those whose ids lie in a range, in the order of their ids.
    Ids(Bound<String>, Bound<String>),
    /// Those with an entry of an index in a range of terms, in the order of the entries.
    Index {
        /// The name of the index.
        name: String,
        /// The terms.
        terms: TermRange,
    },
}

/// A range of an index: equal terms for its leading fields, then a condition on the next one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TermRange {
    /// The terms of the leading fields.
    pub equal: Vec<Value>,
    /// The condition on the field after them.
    pub then: Then,
}

/// The condition on the field after the equal ones.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Then {
    /// Any term.
    #[default]
    Any,
    /// Text that begins with this.
    Prefix(String),
    /// A range. Where one end is open, it ends with the other end's type.
    Range(Bound<Value>, Bound<Value>),
}

/// A place in a scan: that of one document which the scan has visited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position(Vec<u8>);

impl Position {
    /// The place as bytes, for a cursor.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// A place from the bytes of a cursor. Whatever they are, a scan from there visits only what it would visit anyway.
    #[must_use]
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

/// A scan of a collection.
#[derive(Clone, Debug)]
pub struct Scan<'a> {
    /// The collection.
    pub collection: &'a StoredCollection,
    /// Which of its documents.
    pub access: &'a Access,
    /// In which order.
    pub order: Order,
    /// Behind which place; from the beginning if there is none.
    pub after: Option<&'a Position>,
}

/// What a scan calls for every document, with its place; `Break` ends the scan.
pub type VisitDocument<'v> = dyn FnMut(DocumentRef<'_>, &[u8]) -> Result<ControlFlow<()>> + 'v;

impl TreeReader {
    /// The document under an id, unless it has expired.
    ///
    /// # Errors
    /// As every read of the store: `Corrupt`, `SnapshotExpired`, `Io`.
    pub fn unfiltered_get(&self, collection: &StoredCollection, id: &str) -> Result<Option<crate::Document>> {
        if crate::reader::check_document_id(id).is_err() {
            return Ok(None);
        }
        let found = self.unfiltered_document(collection.database, collection.id, id)?;
        Ok(found.filter(|document| self.is_alive(document.as_ref())))
    }

    /// Visits the documents of a scan that have not expired, each one once.
    ///
    /// # Errors
    /// `NotFound` if there is no such index, `Invalid` if it is still being built or the terms do not fit it; what the
    /// visitor returns; as every read of the store.
    pub fn unfiltered_scan(&self, scan: &Scan<'_>, visit: &mut VisitDocument<'_>) -> Result<()> {
        match scan.access {
            Access::Ids(start, end) => self.scan_ids(scan, (start, end), visit),
            Access::Index { name, terms } => self.scan_index(scan, name, terms, visit),
        }
    }

    fn scan_ids(
        &self,
        scan: &Scan<'_>,
        (start, end): (&Bound<String>, &Bound<String>),
        visit: &mut VisitDocument<'_>,
    ) -> Result<()> {
        let prefix = key::document_prefix(scan.collection.database, scan.collection.id);
        let whole = KeyRange::prefix(&prefix);
        let at = |id: &String| [prefix.as_slice(), id.as_bytes()].concat();
        let range = KeyRange {
            start: narrowed(start.as_ref().map(at), whole.start),
            end: narrowed(end.as_ref().map(at), whole.end),
        };
        let range = continued(range, &prefix, scan);
        self.scan_keys(&range, scan.order, &mut |key, bytes| {
            let place = key::suffix(key)?;
            let document = DocumentRef::from_stored(key::id_text(place)?, bytes)?;
            if self.is_alive(document) { visit(document, place) } else { Ok(ControlFlow::Continue(())) }
        })
    }

    fn scan_index(
        &self,
        scan: &Scan<'_>,
        name: &str,
        terms: &TermRange,
        visit: &mut VisitDocument<'_>,
    ) -> Result<()> {
        let collection = scan.collection;
        let entries = collection.entry_range(name, terms)?;
        let range = continued(entries.keys.clone(), &entries.prefix, scan);
        let index = collection.index(name)?;
        let mut firsts = FirstEntries { index, range: &entries, order: scan.order, known: HashMap::new() };
        self.scan_keys(&range, scan.order, &mut |key, _| {
            let id = entries.id_of(key)?;
            let mut flow = Ok(ControlFlow::Continue(()));
            let at = key::document(collection.database, collection.id, id);
            let found = self.snapshot().get(&at, &mut |bytes| {
                flow = self.visit_entry(&mut firsts, (key, id), bytes, visit);
            })?;
            if found { flow } else { Err(Error::Corrupt("an index entry leads to no document".into())) }
        })
    }

    /// Visits the document of an entry, if this is the first of its entries that the scan comes to.
    fn visit_entry(
        &self,
        firsts: &mut FirstEntries<'_>,
        (key, id): (&[u8], &str),
        bytes: &[u8],
        visit: &mut VisitDocument<'_>,
    ) -> Result<ControlFlow<()>> {
        let document = DocumentRef::from_stored(id, bytes)?;
        if !self.is_alive(document) || !firsts.has(key, document)? {
            return Ok(ControlFlow::Continue(()));
        }
        visit(document, key::suffix(key)?)
    }
}

impl TermRange {
    /// The keys of the index that the range covers.
    pub(crate) fn to_range(&self, prefix: &[u8], index: &StoredIndex) -> Result<KeyRange> {
        let needed = self.equal.len() + usize::from(self.then != Then::Any);
        if needed > index.fields.len() {
            return Err(Error::invalid(&index.name, "the query has more terms than the index has fields"));
        }
        let mut base = prefix.to_vec();
        for value in &self.equal {
            term::encode_value(&mut base, ValueRef::from(value))?;
        }
        match &self.then {
            Then::Any => Ok(KeyRange::prefix(&base)),
            Then::Prefix(text) => {
                term::encode_string_prefix(&mut base, text);
                Ok(KeyRange::prefix(&base))
            }
            Then::Range(start, end) => range_of(&base, start, end),
        }
    }
}

/// The keys behind `base` whose next term lies between two bounds.
fn range_of(base: &[u8], start: &Bound<Value>, end: &Bound<Value>) -> Result<KeyRange> {
    let encoded = |value: &Value| -> Result<Vec<u8>> {
        let mut key = base.to_vec();
        term::encode_value(&mut key, ValueRef::from(value))?;
        Ok(key)
    };
    // Where one end is open, the range ends where the other end's type ends: its first byte is the type's.
    let of_type = |value: &Value| -> Result<KeyRange> {
        let key = encoded(value)?;
        Ok(KeyRange::prefix(key.get(..=base.len()).unwrap_or(base)))
    };
    let lower = match (start, end) {
        (Bound::Included(value), _) => Bound::Included(encoded(value)?),
        (Bound::Excluded(value), _) => after_all(KeyRange::prefix(&encoded(value)?)),
        (Bound::Unbounded, Bound::Included(value) | Bound::Excluded(value)) => of_type(value)?.start,
        (Bound::Unbounded, Bound::Unbounded) => KeyRange::prefix(base).start,
    };
    let upper = match (end, start) {
        (Bound::Included(value), _) => KeyRange::prefix(&encoded(value)?).end,
        (Bound::Excluded(value), _) => Bound::Excluded(encoded(value)?),
        (Bound::Unbounded, Bound::Included(value) | Bound::Excluded(value)) => of_type(value)?.end,
        (Bound::Unbounded, Bound::Unbounded) => KeyRange::prefix(base).end,
    };
    Ok(KeyRange { start: lower, end: upper })
}

/// The lower bound that leaves out a whole range.
fn after_all(range: KeyRange) -> Bound<Vec<u8>> {
    match range.end {
        Bound::Excluded(end) => Bound::Included(end),
        other @ (Bound::Included(_) | Bound::Unbounded) => other,
    }
}

/// A bound of the caller's, or else the one of the whole.
fn narrowed(bound: Bound<Vec<u8>>, whole: Bound<Vec<u8>>) -> Bound<Vec<u8>> {
    if bound == Bound::Unbounded { whole } else { bound }
}

/// What is left of a range behind the place that a scan goes on from. A place outside the range narrows it to nothing
/// or not at all: it never widens it.
fn continued(mut range: KeyRange, prefix: &[u8], scan: &Scan<'_>) -> KeyRange {
    let Some(after) = scan.after else { return range };
    let key = [prefix, after.as_bytes()].concat();
    match scan.order {
        Order::Ascending if range.contains(&key) || is_above(&range, &key) => {
            range.start = Bound::Excluded(key);
        }
        Order::Descending if range.contains(&key) || is_below(&range, &key) => {
            range.end = Bound::Excluded(key);
        }
        Order::Ascending | Order::Descending => {}
    }
    range
}

fn is_above(range: &KeyRange, key: &[u8]) -> bool {
    match &range.end {
        Bound::Included(end) => key > end.as_slice(),
        Bound::Excluded(end) => key >= end.as_slice(),
        Bound::Unbounded => false,
    }
}

fn is_below(range: &KeyRange, key: &[u8]) -> bool {
    match &range.start {
        Bound::Included(start) => key < start.as_slice(),
        Bound::Excluded(start) => key <= start.as_slice(),
        Bound::Unbounded => false,
    }
}

/// The documents whose first entry is remembered during a scan.
const KNOWN_MAX: usize = 4_096;

/// Tells which of a document's entries in a range a scan comes to first. A document has several where it has an array;
/// this depends on the document alone, not on what was visited before, so that pages agree with each other.
struct FirstEntries<'a> {
    index: &'a StoredIndex,
    range: &'a EntryRange,
    order: Order,
    /// What was worked out for documents with an array: it takes all their entries, and the scan comes by each of them.
    known: HashMap<String, Option<Vec<u8>>>,
}

impl FirstEntries<'_> {
    /// Whether `key` is the first entry of its document.
    fn has(&mut self, key: &[u8], document: DocumentRef<'_>) -> Result<bool> {
        let is_array = |field: &FieldPath| matches!(field.resolve(document.root()), Some(ValueRef::Array(_)));
        if !self.index.fields.iter().any(is_array) {
            return Ok(true);
        }
        if let Some(first) = self.known.get(document.id()) {
            return Ok(first.as_deref() == Some(key));
        }
        let first = self.first(document)?;
        let is_first = first.as_deref() == Some(key);
        if self.known.len() == KNOWN_MAX {
            self.known.clear();
        }
        self.known.insert(document.id().to_string(), first);
        Ok(is_first)
    }

    fn first(&self, document: DocumentRef<'_>) -> Result<Option<Vec<u8>>> {
        let terms = self.range.first_of(self.index, self.order, document.id(), document.root())?;
        Ok(terms.map(|terms| [&self.range.prefix, terms.as_slice(), document.id().as_bytes()].concat()))
    }
}
