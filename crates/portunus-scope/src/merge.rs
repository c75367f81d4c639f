//! The documents of several sources in the order of their ids, each once. It knows nothing of who may see them.

use crate::collection::StoredCollection;
use crate::entries::EntryRange;
use crate::key;
use crate::query::{Access, Position, Scan, VisitDocument};
use crate::reader::{TreeReader, check_document_id};
use crate::{DocumentRef, Error, Result};
use portunus_storage::{KeyRange, Order};
use std::cmp::Ordering;
use std::collections::{BinaryHeap, VecDeque};
use std::ops::{Bound, ControlFlow};

/// The ids that are read from a source at once, at first and at most.
const BATCH_MIN: usize = 8;
const BATCH_MAX: usize = 1_024;
/// About how many ids are held at once, over all sources.
const HELD_MAX: usize = 16_384;

/// A range of ids.
pub type IdRange = (Bound<String>, Bound<String>);

/// Where ids come from, in their order.
#[derive(Clone, Debug)]
pub enum IdSource {
    /// The entries of an index in which all of its fields are equal.
    Entries(EntryRange),
    /// The documents in a range of ids.
    Range(IdRange),
    /// Ids that somebody has found already, in order and each once. What is not there is left out.
    Known(Vec<String>),
}

/// The documents of several sources.
///
/// ```
/// use portunus_scope::{Collection, DatabaseId, Expiry, IdSource, Merge, Order, Tree, TreeOptions, Value};
/// use std::ops::{Bound, ControlFlow};
/// # let (_tree, mut writer) = Tree::create_in_memory(&TreeOptions::default())?;
/// # writer.define_collection(DatabaseId::ROOT, &Collection::new("notes"))?;
/// let notes = writer.collection(DatabaseId::ROOT, "notes")?.expect("it was defined");
/// # for id in ["n1", "n2", "n3", "n4"] {
/// #     let draft = writer.unfiltered_prepare(&notes, Some(id), Value::from_json("{}")?, Expiry::Unchanged)?;
/// #     writer.unfiltered_insert(&notes, draft)?;
/// # }
/// let sources = [
///     IdSource::Known(vec!["n1".into(), "n4".into(), "n9".into()]),
///     IdSource::Range((Bound::Included("n3".into()), Bound::Unbounded)),
/// ];
/// let within = (Bound::Excluded("n1".into()), Bound::Unbounded);
/// let merge = Merge { collection: &notes, sources: &sources, within: &within, order: Order::Descending };
/// let mut found = Vec::new();
/// writer.unfiltered_merge(&merge, &mut |document, _| {
///     found.push(document.id().to_string());
///     Ok(ControlFlow::Continue(()))
/// })?;
/// assert_eq!(found, ["n4", "n3"]);
/// # Ok::<(), portunus_scope::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Merge<'a> {
    /// The collection.
    pub collection: &'a StoredCollection,
    /// Where the ids come from. An [`IdSource::Entries`] that is no point is refused.
    pub sources: &'a [IdSource],
    /// Which ids count.
    pub within: &'a IdRange,
    /// In which order.
    pub order: Order,
}

impl TreeReader {
    /// Visits the document under an id, unless it has expired or there is none.
    ///
    /// # Errors
    /// What the visitor returns; as every read of the store.
    pub fn unfiltered_visit(
        &self,
        collection: &StoredCollection,
        id: &str,
        visit: &mut VisitDocument<'_>,
    ) -> Result<ControlFlow<()>> {
        self.visit_id(collection, id, visit).map(|flow| flow.unwrap_or(ControlFlow::Continue(())))
    }

    /// Visits the documents of several sources that have not expired, in the order of their ids, each once, with their ids as
    /// places.
    ///
    /// # Errors
    /// `Internal` if a source is not in order; what the visitor returns; as every read of the store.
    pub fn unfiltered_merge(&self, merge: &Merge<'_>, visit: &mut VisitDocument<'_>) -> Result<()> {
        if let [IdSource::Range((start, end))] = merge.sources {
            let access = Access::Ids(
                tighter(start.clone(), &merge.within.0, Ordering::Greater),
                tighter(end.clone(), &merge.within.1, Ordering::Less),
            );
            let Merge { collection, order, .. } = *merge;
            return self.unfiltered_scan(
                &Scan { collection, access: &access, order, after: None::<&Position> },
                visit,
            );
        }
        let mut streams = Vec::with_capacity(merge.sources.len());
        for source in merge.sources {
            streams.push(Stream::new(source, merge, merge.sources.len())?);
        }
        if let [stream] = streams.as_mut_slice() {
            return self.visit_stream(merge, stream, visit);
        }
        let mut heads = BinaryHeap::with_capacity(streams.len());
        for (place, stream) in streams.iter_mut().enumerate() {
            heads.extend(self.next_of(merge, stream)?.map(|id| Head { id, place, order: merge.order }));
        }
        let mut last: Option<String> = None;
        while let Some(head) = heads.pop() {
            let Some(stream) = streams.get_mut(head.place) else { break };
            let next = self.next_of(merge, stream)?;
            heads.extend(next.map(|id| Head { id, place: head.place, order: merge.order }));
            if last.as_ref() == Some(&head.id) {
                continue;
            }
            let must_be_there = matches!(merge.sources.get(head.place), Some(IdSource::Entries(_)));
            if self.visit_candidate(merge.collection, &head.id, must_be_there, visit)?.is_break() {
                break;
            }
            last = Some(head.id);
        }
        Ok(())
    }

    /// How many documents there are in a range of ids, those that have expired included, counted to `max` at most.
    ///
    /// # Errors
    /// As every read of the store.
    ///
    /// ```
    /// use portunus_scope::{Collection, DatabaseId, Tree, TreeOptions};
    /// use std::ops::Bound;
    /// # let (_tree, mut writer) = Tree::create_in_memory(&TreeOptions::default())?;
    /// # writer.define_collection(DatabaseId::ROOT, &Collection::new("notes"))?;
    /// let notes = writer.collection(DatabaseId::ROOT, "notes")?.expect("it was defined");
    /// assert_eq!(writer.count_ids(&notes, &(Bound::Unbounded, Bound::Unbounded), 100)?, 0);
    /// # Ok::<(), portunus_scope::Error>(())
    /// ```
    pub fn count_ids(&self, collection: &StoredCollection, range: &IdRange, max: usize) -> Result<usize> {
        let prefix = key::document_prefix(collection.database, collection.id);
        self.count_keys(&within(&prefix, range), max)
    }

    /// The documents of one source: without holding more ids than one.
    fn visit_stream(
        &self,
        merge: &Merge<'_>,
        stream: &mut Stream<'_>,
        visit: &mut VisitDocument<'_>,
    ) -> Result<()> {
        if let IdSource::Entries(range) = stream.source {
            return self.scan_keys(&stream.keys, merge.order, &mut |key, _| {
                self.visit_candidate(merge.collection, range.id_of(key)?, true, visit)
            });
        }
        while let Some(id) = self.next_of(merge, stream)? {
            if self.visit_candidate(merge.collection, &id, false, visit)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn visit_candidate(
        &self,
        collection: &StoredCollection,
        id: &str,
        must_be_there: bool,
        visit: &mut VisitDocument<'_>,
    ) -> Result<ControlFlow<()>> {
        match self.visit_id(collection, id, visit)? {
            Some(flow) => Ok(flow),
            None if must_be_there => Err(Error::Corrupt("an index entry leads to no document".into())),
            None => Ok(ControlFlow::Continue(())),
        }
    }

    /// Visits the document under an id unless it has expired; nothing if there is no such record.
    fn visit_id(
        &self,
        collection: &StoredCollection,
        id: &str,
        visit: &mut VisitDocument<'_>,
    ) -> Result<Option<ControlFlow<()>>> {
        if check_document_id(id).is_err() {
            return Ok(None);
        }
        let mut flow = Ok(ControlFlow::Continue(()));
        let at = key::document(collection.database, collection.id, id);
        let found = self.snapshot().get(&at, &mut |bytes| {
            flow = DocumentRef::from_stored(id, bytes).and_then(|document| {
                if self.is_alive(document) {
                    visit(document, id.as_bytes())
                } else {
                    Ok(ControlFlow::Continue(()))
                }
            });
        })?;
        if found { flow.map(Some) } else { Ok(None) }
    }

    /// The next id of a source, of which more are read if none is held.
    fn next_of(&self, merge: &Merge<'_>, stream: &mut Stream<'_>) -> Result<Option<String>> {
        if stream.held.is_empty() && !stream.is_done {
            self.fill(merge, stream)?;
        }
        Ok(stream.held.pop_front())
    }

    fn fill(&self, merge: &Merge<'_>, stream: &mut Stream<'_>) -> Result<()> {
        let batch = stream.batch;
        let mut last = None;
        let Stream { source, held, keys, .. } = stream;
        self.scan_keys(keys, merge.order, &mut |key, _| {
            let id = match source {
                IdSource::Entries(range) => range.id_of(key)?,
                IdSource::Range(_) | IdSource::Known(_) => key::id_text(key::suffix(key)?)?,
            };
            held.push_back(id.to_string());
            if held.len() < batch {
                return Ok(ControlFlow::Continue(()));
            }
            last = Some(key.to_vec());
            Ok(ControlFlow::Break(()))
        })?;
        match (last, merge.order) {
            (Some(last), Order::Ascending) => stream.keys.start = Bound::Excluded(last),
            (Some(last), Order::Descending) => stream.keys.end = Bound::Excluded(last),
            (None, _) => stream.is_done = true,
        }
        stream.batch = batch.saturating_mul(2).min(stream.batch_max);
        Ok(())
    }
}

/// A source, as far as it has been read.
struct Stream<'s> {
    source: &'s IdSource,
    /// What is still to be read.
    keys: KeyRange,
    held: VecDeque<String>,
    is_done: bool,
    batch: usize,
    batch_max: usize,
}

impl<'s> Stream<'s> {
    fn new(source: &'s IdSource, merge: &Merge<'_>, sources: usize) -> Result<Self> {
        let batch_max = (HELD_MAX / sources.max(1)).clamp(BATCH_MIN, BATCH_MAX);
        let nothing = KeyRange::half_open(&[], &[]);
        let mut stream = Self {
            source,
            keys: nothing,
            held: VecDeque::new(),
            is_done: false,
            batch: BATCH_MIN,
            batch_max,
        };
        match source {
            IdSource::Entries(range) => {
                let (Some(length), Bound::Included(base)) = (range.point, &range.keys.start) else {
                    return Err(Error::Internal(
                        "entries are merged that are not in the order of ids".into(),
                    ));
                };
                stream.keys = within(base.get(..length).unwrap_or(base), merge.within);
            }
            IdSource::Range((start, end)) => {
                let start = tighter(start.clone(), &merge.within.0, Ordering::Greater);
                let end = tighter(end.clone(), &merge.within.1, Ordering::Less);
                let prefix = key::document_prefix(merge.collection.database, merge.collection.id);
                stream.keys = within(&prefix, &(start, end));
            }
            IdSource::Known(ids) => {
                let inside = ids.iter().filter(|id| holds(merge.within, id)).cloned();
                stream.held = match merge.order {
                    Order::Ascending => inside.collect(),
                    Order::Descending => inside.rev().collect(),
                };
                stream.is_done = true;
            }
        }
        Ok(stream)
    }
}

/// The next id of one of several sources. The greatest is the one that comes first.
struct Head {
    id: String,
    place: usize,
    order: Order,
}

impl Ord for Head {
    fn cmp(&self, other: &Self) -> Ordering {
        let natural = self.id.cmp(&other.id);
        if self.order == Order::Ascending { natural.reverse() } else { natural }
    }
}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Head {}

/// The keys that begin with a prefix and go on with an id in a range.
fn within(prefix: &[u8], (start, end): &IdRange) -> KeyRange {
    let whole = KeyRange::prefix(prefix);
    let at = |id: &String| [prefix, id.as_bytes()].concat();
    let bound = |bound: &Bound<String>, whole| match bound.as_ref().map(at) {
        Bound::Unbounded => whole,
        other => other,
    };
    KeyRange { start: bound(start, whole.start), end: bound(end, whole.end) }
}

fn holds((start, end): &IdRange, id: &str) -> bool {
    let after_start = match start {
        Bound::Included(start) => id >= start.as_str(),
        Bound::Excluded(start) => id > start.as_str(),
        Bound::Unbounded => true,
    };
    after_start
        && match end {
            Bound::Included(end) => id <= end.as_str(),
            Bound::Excluded(end) => id < end.as_str(),
            Bound::Unbounded => true,
        }
}

/// The bound that leaves less, where `side` is that on which the range goes on.
fn tighter(one: Bound<String>, other: &Bound<String>, side: Ordering) -> Bound<String> {
    let order = match (&one, other) {
        (_, Bound::Unbounded) => return one,
        (Bound::Unbounded, _) => return other.clone(),
        (Bound::Included(one) | Bound::Excluded(one), Bound::Included(other) | Bound::Excluded(other)) => {
            one.cmp(other)
        }
    };
    match (order, &one) {
        (Ordering::Equal, Bound::Excluded(_)) => one,
        (Ordering::Equal, _) => other.clone(),
        (order, _) if order == side => one,
        _ => other.clone(),
    }
}
