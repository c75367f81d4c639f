//! What a query gives: everything is gone through, and what the caller asks for sees only what the caller sees. Written down
//! from the documentation of `Query`.

use crate::fields::{Fields, Mask};
use crate::judge::Scene;
use crate::value::{compare, is_equal, rank};
use crate::world::{Action, Document, Flaw, Holder, World};
use crate::{Expr, Value};
use std::cmp::Ordering;
use std::ops::Bound;

/// What somebody looks for.
#[derive(Clone, Debug, Default)]
pub struct Query {
    pub collection: String,
    /// From this id on, and up to that one, which is left out.
    pub ids: Option<(String, String)>,
    /// The fields of an index, and where in it.
    pub index: Option<(Vec<String>, Terms)>,
    pub filter: Option<Expr>,
    pub args: Option<Value>,
    /// Fields, and whether the largest is first.
    pub sort: Vec<(String, bool)>,
    pub descending: bool,
    pub limit: Option<usize>,
    pub project: Option<Fields>,
}

/// Where in an index: these terms first, and then something of the next field.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    pub equal: Vec<Value>,
    pub next: Next,
}

#[derive(Clone, Debug, Default)]
pub enum Next {
    #[default]
    Whatever,
    Between(Bound<Value>, Bound<Value>),
    Begins(String),
}

/// The terms of one entry of an index; a missing field has none.
type Entry<'d> = Vec<Option<&'d Value>>;

impl World {
    /// A document as somebody sees it: what may not be seen is as what is not there.
    pub fn get(&self, holder: &Holder, collection: &str, id: &str) -> Option<Document> {
        let document = self.collection(holder, collection)?.documents.get(id)?;
        let mask = self.rights(holder, collection, Action::Read).of(document)?;
        Some(document.shown(&mask))
    }

    /// The documents that a query gives, in their order. First is decided what is seen of each, then comes the rest.
    pub fn query(&self, holder: &Holder, query: &Query) -> Vec<Document> {
        let Some(collection) = self.collection(holder, &query.collection) else { return Vec::new() };
        let rights = self.rights(holder, &query.collection, Action::Read);
        let mut found = Vec::new();
        for document in collection.documents.values().filter(|it| query.spans(&it.id)) {
            let Some(mask) = rights.of(document) else { continue };
            let shown = document.shown(&mask);
            let asked = if self.flaw == Some(Flaw::FilterBeforePolicy) { document } else { &shown };
            let scene = Scene { doc: Some(asked), args: query.args.as_ref(), ..self.scene(holder) };
            if query.filter.as_ref().is_none_or(|filter| scene.says(filter) == Some(true)) {
                found.push(shown);
            }
        }
        let mut found = match &query.index {
            Some((fields, terms)) => by_index(&found, fields, terms, query.descending),
            None => sorted(found, &query.sort, query.descending),
        };
        found.truncate(query.limit.unwrap_or(usize::MAX));
        if let Some(fields) = &query.project {
            found = found.iter().map(|it| it.shown(&Mask(vec![Some(fields)]))).collect();
        }
        found
    }

    pub fn count(&self, holder: &Holder, query: &Query) -> usize {
        match self.collection(holder, &query.collection) {
            Some(collection) if self.flaw == Some(Flaw::CountsHidden) => {
                collection.documents.keys().filter(|id| query.spans(id)).count()
            }
            _ => self.query(holder, query).len(),
        }
    }

    /// The ids that a query gives: the right to see ids is enough, unless values decide which they are.
    pub fn list_ids(&self, holder: &Holder, query: &Query) -> Vec<String> {
        if query.index.is_some() || query.filter.is_some() || !query.sort.is_empty() {
            return self.query(holder, query).into_iter().map(|it| it.id).collect();
        }
        let Some(collection) = self.collection(holder, &query.collection) else { return Vec::new() };
        let [read, list] =
            [Action::Read, Action::ListIds].map(|action| self.rights(holder, &query.collection, action));
        let documents = collection.documents.values().filter(|it| query.spans(&it.id));
        let seen = documents.filter(|it| read.of(it).is_some() || list.of(it).is_some());
        let mut ids: Vec<String> = seen.map(|it| it.id.clone()).collect();
        if query.descending {
            ids.reverse();
        }
        ids.truncate(query.limit.unwrap_or(usize::MAX));
        ids
    }

    /// Whether a strict query is denied: not at all, for certain, or (where all grants have rules) perhaps, because it counts
    /// as having none if its rules can be refuted by what is known of the caller alone.
    pub fn denies_strict(&self, holder: &Holder, query: &Query) -> Option<bool> {
        let rights = self.rights(holder, &query.collection, Action::Read);
        let documents = self.collection(holder, &query.collection)?.documents.values();
        match () {
            () if rights.is_never() => Some(true),
            () if documents.into_iter().any(|it| rights.of(it).is_some()) => Some(false),
            () => None,
        }
    }
}

impl Document {
    pub fn shown(&self, mask: &Mask<'_>) -> Document {
        Document { value: mask.show(&self.value), ..self.clone() }
    }
}

impl Query {
    fn spans(&self, id: &str) -> bool {
        self.ids.as_ref().is_none_or(|(start, end)| id >= start.as_str() && id < end.as_str())
    }
}

fn directed(order: Ordering, is_reversed: bool) -> Ordering {
    if is_reversed { order.reverse() } else { order }
}

/// What is missing is least. Equal documents come in the order of their ids, in the direction of the last field.
fn sorted(mut documents: Vec<Document>, by: &[(String, bool)], descending: bool) -> Vec<Document> {
    documents.sort_by(|left, right| {
        let one = |(field, largest_first): &(String, bool)| {
            directed(order(left.value.field(field), right.value.field(field)), *largest_first)
        };
        let by_fields = by.iter().map(one).fold(Ordering::Equal, Ordering::then);
        let last = by.last().is_some_and(|(_, largest_first)| *largest_first);
        directed(by_fields.then(directed(left.id.cmp(&right.id), last)), descending)
    });
    documents
}

fn order(left: Option<&Value>, right: Option<&Value>) -> Ordering {
    match (left, right) {
        (Some(left), Some(right)) => compare(left, right),
        _ => left.is_some().cmp(&right.is_some()),
    }
}

/// In the order of terms and then of ids, each document where its first entry is.
fn by_index(documents: &[Document], fields: &[String], terms: &Terms, descending: bool) -> Vec<Document> {
    let mut entries: Vec<(Entry<'_>, &Document)> = Vec::new();
    for document in documents {
        entries.extend(entries_of(document, fields).into_iter().map(|entry| (entry, document)));
    }
    entries.retain(|(entry, _)| terms.span(entry));
    entries.sort_by(|(left, one), (right, other)| {
        let by_terms = left.iter().zip(right).map(|(left, right)| order(*left, *right));
        directed(
            by_terms.fold(Ordering::Equal, Ordering::then).then_with(|| one.id.cmp(&other.id)),
            descending,
        )
    });
    let mut found: Vec<Document> = Vec::new();
    for (_, document) in entries {
        if !found.iter().any(|it| it.id == document.id) {
            found.push(document.clone());
        }
    }
    found
}

/// An array has the terms of its plain elements. A document without any of the fields has no entry.
fn entries_of<'d>(document: &'d Document, fields: &[String]) -> Vec<Entry<'d>> {
    let mut entries: Vec<Entry<'d>> = vec![Vec::new()];
    for field in fields {
        let mut terms: Vec<Option<&Value>> = match document.value.field(field) {
            Some(Value::List(elements)) => elements.iter().filter(|it| it.is_plain()).map(Some).collect(),
            found => found.into_iter().filter(|it| it.is_plain()).map(Some).collect(),
        };
        if terms.is_empty() {
            terms.push(None);
        }
        let longer = |entry: &Entry<'d>| {
            terms
                .iter()
                .map(|term| entry.iter().copied().chain([*term]).collect())
                .collect::<Vec<Entry<'d>>>()
        };
        entries = entries.iter().flat_map(longer).collect();
    }
    entries.retain(|entry| entry.iter().any(Option::is_some));
    entries
}

impl Terms {
    fn span(&self, entry: &Entry<'_>) -> bool {
        let is_equal =
            |(term, wanted): (&Option<&Value>, &Value)| term.is_some_and(|it| is_equal(it, wanted));
        let next = entry.get(self.equal.len()).copied().flatten();
        entry.iter().zip(&self.equal).all(is_equal)
            && match &self.next {
                Next::Whatever => true,
                Next::Between(from, to) => next.is_some_and(|term| lies_between(term, from, to)),
                Next::Begins(start) => matches!(next, Some(Value::Text(text)) if text.starts_with(start)),
            }
    }
}

/// A side that is open ends where the type of the other side ends.
fn lies_between(term: &Value, from: &Bound<Value>, to: &Bound<Value>) -> bool {
    let is_in_type = match (from, to) {
        (Bound::Included(side) | Bound::Excluded(side), Bound::Unbounded)
        | (Bound::Unbounded, Bound::Included(side) | Bound::Excluded(side)) => rank(term) == rank(side),
        _ => true,
    };
    let is_above = match from {
        Bound::Included(from) => compare(term, from).is_ge(),
        Bound::Excluded(from) => compare(term, from).is_gt(),
        Bound::Unbounded => true,
    };
    let is_below = match to {
        Bound::Included(to) => compare(term, to).is_le(),
        Bound::Excluded(to) => compare(term, to).is_lt(),
        Bound::Unbounded => true,
    };
    is_in_type && is_above && is_below
}
