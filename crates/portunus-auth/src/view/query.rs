//! Queries over the documents that a principal may see: filters, counts and pages never meet another one.

use super::ReadView;
use crate::judge::Judge;
use crate::policy::Policy;
use crate::resource::{Action, Resource};
use crate::sight::{self, Sight};
use crate::{Cursor, Error, Result};
use portunus_scope::{
    Access, Document, DocumentRef, Order, Position, Scan, StoredCollection, TermRange, Then, Value,
};
use serde::de::DeserializeOwned;
use std::ops::{Bound, ControlFlow, RangeBounds};

/// The most documents of one page.
pub const PAGE_DOCUMENTS_MAX: usize = 10_000;

/// A query over the documents of one collection that the principal of a view may see.
///
/// Without more, it visits all of them in the order of their ids. [`ids`](Query::ids) narrows it to a range of ids;
/// [`index`](Query::index) makes it follow an index, and `equal`, `range` and `prefix` narrow that.
///
/// ```
/// # use portunus_auth::{Collection, Error, Gate, GateOptions};
/// # use serde_json::json;
/// # let (gate, secret) = Gate::create_in_memory(&GateOptions::default())?;
/// # let mut view = gate.begin_write(&secret)?;
/// view.define(Collection::new("notes").index(["owner", "size"]))?;
/// for (id, owner, size) in [("n1", "ann", 3), ("n2", "bob", 1), ("n3", "ann", 7), ("n4", "ann", 1)] {
///     view.create_with_id("notes", id, json!({"owner": owner, "size": size}))?;
/// }
/// let of_ann = || view.query("notes").index("owner,size").equal(["ann"]);
/// assert_eq!(of_ann().count()?, 3);
/// assert_eq!(of_ann().range(2..).count()?, 2);
/// let largest = of_ann().descending().first()?.expect("there are some");
/// assert_eq!(largest.field("size").and_then(|size| size.as_int()), Some(7));
/// let by_prefix = view.query("notes").index("owner,size").prefix("a").limit(2);
/// assert_eq!(by_prefix.documents()?.len(), 2);
/// assert_eq!(view.query("notes").ids("n2".."n4").strict().list_ids()?, ["n2", "n3"]);
/// let values: Vec<serde_json::Value> = of_ann().collect()?;
/// assert_eq!(values.len(), 3);
/// let mut sizes = 0;
/// view.query("notes").for_each(|note| {
///     sizes += note.field("size").and_then(|size| size.as_int()).unwrap_or(0);
///     Ok::<_, Error>(std::ops::ControlFlow::Continue(()))
/// })?;
/// assert_eq!(sizes, 12);
/// assert_eq!(view.query("notes").page(3, None)?.documents.len(), 3);
/// # Ok::<(), Error>(())
/// ```
#[must_use = "a query does nothing until one of its last methods runs it"]
pub struct Query<'v> {
    view: &'v ReadView,
    collection: &'v str,
    ids: Option<(Bound<String>, Bound<String>)>,
    index: Option<String>,
    terms: TermRange,
    order: Order,
    limit: usize,
    strict: bool,
}

/// Some documents of a query, in its order.
///
/// ```
/// # use portunus_auth::{Collection, Error, Gate, GateOptions};
/// # use serde_json::json;
/// # let (gate, secret) = Gate::create_in_memory(&GateOptions::default())?;
/// # let mut view = gate.begin_write(&secret)?;
/// # view.define(Collection::new("notes"))?;
/// # for id in ["a", "b", "c"] { view.create_with_id("notes", id, json!({}))?; }
/// let page = view.query("notes").page(2, None)?;
/// assert_eq!(page.documents.len(), 2);
/// let rest = view.query("notes").page(2, page.next.as_ref())?;
/// assert_eq!((rest.documents.len(), rest.next), (1, None));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The documents.
    pub documents: Vec<Document>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor>,
}

impl<'v> Query<'v> {
    pub(super) fn new(view: &'v ReadView, collection: &'v str) -> Self {
        Self {
            view,
            collection,
            ids: None,
            index: None,
            terms: TermRange::default(),
            order: Order::Ascending,
            limit: usize::MAX,
            strict: false,
        }
    }

    /// Only documents whose ids lie in this range.
    pub fn ids<'a>(mut self, range: impl RangeBounds<&'a str>) -> Self {
        let owned = |bound: Bound<&&str>| bound.map(|id| (*id).to_string());
        self.ids = Some((owned(range.start_bound()), owned(range.end_bound())));
        self
    }

    /// Follows the index of this name, which is that of its fields, joined by `,`.
    pub fn index(mut self, name: impl Into<String>) -> Self {
        self.index = Some(name.into());
        self
    }

    /// Only documents with these terms in the leading fields of the index.
    pub fn equal<V: Into<Value>>(mut self, terms: impl IntoIterator<Item = V>) -> Self {
        self.terms.equal = terms.into_iter().map(Into::into).collect();
        self
    }

    /// Only documents whose term in the next field of the index lies in this range.
    pub fn range<V: Into<Value> + Clone>(mut self, range: impl RangeBounds<V>) -> Self {
        let value = |bound: Bound<&V>| bound.map(|term| term.clone().into());
        self.terms.then = Then::Range(value(range.start_bound()), value(range.end_bound()));
        self
    }

    /// Only documents whose term in the next field of the index is text that begins with this.
    pub fn prefix(mut self, text: impl Into<String>) -> Self {
        self.terms.then = Then::Prefix(text.into());
        self
    }

    /// From the last to the first.
    pub fn descending(mut self) -> Self {
        self.order = Order::Descending;
        self
    }

    /// At most so many documents. A page has its own size.
    pub fn limit(mut self, documents_max: usize) -> Self {
        self.limit = documents_max;
        self
    }

    /// Gives `Denied` instead of nothing where the principal has no right at all to see such documents.
    pub fn strict(mut self) -> Self {
        self.strict = true;
        self
    }

    /// Calls `visit` with every document, until it breaks.
    ///
    /// # Errors
    /// `NotFound` if there is no such collection or index, `Invalid` if the terms do not fit the index or it is still
    /// being built, `Denied` if the query is strict; what `visit` returns.
    pub fn for_each<E: From<Error>>(
        self,
        mut visit: impl FnMut(DocumentRef<'_>) -> std::result::Result<ControlFlow<()>, E>,
    ) -> std::result::Result<(), E> {
        let mut failed = None;
        self.run(None, self.limit, &mut |document, _| match visit(document) {
            Ok(flow) => flow,
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        })?;
        failed.map_or(Ok(()), Err)
    }

    /// The documents.
    ///
    /// # Errors
    /// As [`Query::for_each`].
    pub fn documents(self) -> Result<Vec<Document>> {
        let mut documents = Vec::new();
        self.run(None, self.limit, &mut |document, _| {
            documents.push(document.to_document());
            ControlFlow::Continue(())
        })?;
        Ok(documents)
    }

    /// The values of the documents, as a type of the caller's.
    ///
    /// # Errors
    /// As [`Query::for_each`]; `Invalid` if a document does not fit the type.
    pub fn collect<T: DeserializeOwned>(self) -> Result<Vec<T>> {
        let mut values = Vec::new();
        self.for_each(|document| {
            values.push(document.to()?);
            Ok::<_, Error>(ControlFlow::Continue(()))
        })?;
        Ok(values)
    }

    /// The ids of the documents, for which the right to see ids is enough, unless the query follows an index.
    ///
    /// # Errors
    /// As [`Query::for_each`].
    pub fn list_ids(self) -> Result<Vec<String>> {
        let mut ids = Vec::new();
        self.run_on(Seen::Ids, None, self.limit, &mut |document, _| {
            ids.push(document.id().to_string());
            ControlFlow::Continue(())
        })?;
        Ok(ids)
    }

    /// How many documents there are.
    ///
    /// # Errors
    /// As [`Query::for_each`].
    pub fn count(self) -> Result<usize> {
        let mut count = 0;
        self.run(None, self.limit, &mut |_, _| {
            count += 1;
            ControlFlow::Continue(())
        })?;
        Ok(count)
    }

    /// The first document.
    ///
    /// # Errors
    /// As [`Query::for_each`].
    pub fn first(self) -> Result<Option<Document>> {
        Ok(self.limit(1).documents()?.pop())
    }

    /// A page of documents: the first one, or the one that `cursor` leads to. The limit of the query does not count.
    ///
    /// # Errors
    /// As [`Query::for_each`]; `Invalid` if the cursor is not one of this query and this principal, or the page has no
    /// size, or one over [`PAGE_DOCUMENTS_MAX`].
    pub fn page(self, documents_max: usize, cursor: Option<&Cursor>) -> Result<Page> {
        if documents_max == 0 {
            return Err(Error::invalid("page", "a page has at least one document"));
        }
        if documents_max > PAGE_DOCUMENTS_MAX {
            return Err(Error::Limit { what: "page", actual: documents_max, max: PAGE_DOCUMENTS_MAX });
        }
        let mut page = Page { documents: Vec::new(), next: None };
        let mut last = None;
        let mut more = false;
        self.run(cursor, usize::MAX, &mut |document, place| {
            if page.documents.len() == documents_max {
                more = true;
                return ControlFlow::Break(());
            }
            page.documents.push(document.to_document());
            if page.documents.len() == documents_max {
                last = Some(place.to_vec());
            }
            ControlFlow::Continue(())
        })?;
        // The place is that of the last document of the page: never that of the one behind it.
        if let (true, Some(last), Some(collection)) = (more, last, self.found()?) {
            let binding = self.binding(&collection)?;
            page.next = Some(Cursor::seal(self.view.shared().opener.keys(), &[&binding], &last));
        }
        Ok(page)
    }

    fn run(&self, cursor: Option<&Cursor>, limit: usize, visit: &mut Visit<'_>) -> Result<()> {
        self.run_on(Seen::Documents, cursor, limit, visit)
    }

    /// Visits the documents that the principal may see, and makes sure before each that it still may.
    fn run_on(&self, seen: Seen, cursor: Option<&Cursor>, limit: usize, visit: &mut Visit<'_>) -> Result<()> {
        let policy = self.view.policy()?;
        let found = self.found();
        // A collection that is not there is to those who may not know that as one whose documents they may not see.
        let Ok(Some(collection)) = &found else {
            if self.strict && !policy.sees(Resource::Document) {
                return policy.require(Resource::Document, Action::Read);
            }
            self.access()?;
            found?;
            return cursor.map_or(Ok(()), |_| Err(Cursor::foreign()));
        };
        let mut judge = policy.judge();
        // An index is made of values: its order and its terms tell them, and who sees no more than ids sees none.
        let ids_are_enough = matches!(seen, Seen::Ids) && self.index.is_none();
        let look = Look::new(self.view, policy, collection, ids_are_enough, &mut judge)?;
        if self.strict && look.is_blind() {
            return Err(policy.denied(Action::Read, Resource::Document));
        }
        let access = self.access()?;
        let after = match cursor {
            Some(cursor) => {
                let binding = self.binding(collection)?;
                Some(Position::from_bytes(cursor.open(self.view.shared().opener.keys(), &[&binding])?))
            }
            None => None,
        };
        if look.is_blind() || limit == 0 {
            return Ok(());
        }
        let scan = Scan { collection, access: &access, order: self.order, after: after.as_ref() };
        let mut left = limit;
        let mut failed = None;
        self.view.reader().unfiltered_scan(&scan, &mut |document, place| {
            let seen = self.view.lease.check().and_then(|()| look.at(&mut judge, document));
            match seen {
                Ok(None) => Ok(ControlFlow::Continue(())),
                Ok(Some(seen)) => {
                    left -= 1;
                    let flow = visit(seen.document(), place);
                    Ok(if left == 0 { ControlFlow::Break(()) } else { flow })
                }
                Err(error) => {
                    failed = Some(error);
                    Ok(ControlFlow::Break(()))
                }
            }
        })?;
        failed.map_or(Ok(()), Err)
    }

    fn found(&self) -> Result<Option<std::sync::Arc<StoredCollection>>> {
        self.view.seen_collection(self.view.unchecked_policy(), self.collection)
    }

    fn access(&self) -> Result<Access> {
        match (&self.index, &self.ids) {
            (Some(_), Some(_)) => Err(Error::invalid("query", "follows either ids or an index")),
            (Some(name), None) => Ok(Access::Index { name: name.clone(), terms: self.terms.clone() }),
            (None, _) if self.terms != TermRange::default() => {
                Err(Error::invalid("query", "has terms, but no index that they are of"))
            }
            (None, Some((start, end))) => Ok(Access::Ids(start.clone(), end.clone())),
            (None, None) => Ok(Access::Ids(Bound::Unbounded, Bound::Unbounded)),
        }
    }

    /// What a cursor of this query is bound to: the principal, the collection (not its name, which another may take over)
    /// and all that decides which documents come in which order.
    fn binding(&self, collection: &StoredCollection) -> Result<Vec<u8>> {
        let principal = self.view.lease.principal();
        let scope = principal.scope().map(ToString::to_string);
        // The debugging form of a query serves: it is the same for the same query, and another for another.
        let query = (self.access()?, self.order);
        let parts = (
            principal.id,
            principal.database.to_int(),
            principal.roles(),
            principal.identity(),
            principal.procedure(),
            scope,
            collection.number(),
            query,
        );
        Ok(format!("{parts:?}").into_bytes())
    }
}

/// What a caller sees of a collection in a query: documents, or the ids also of some that it does not.
struct Look<'c> {
    collection: &'c StoredCollection,
    documents: Sight,
    ids: Sight,
}

impl<'c> Look<'c> {
    fn new(
        view: &ReadView,
        policy: Policy<'_>,
        collection: &'c StoredCollection,
        ids_are_enough: bool,
        judge: &mut Judge<'_>,
    ) -> Result<Self> {
        let documents = view.sight(policy, collection, Action::Read, judge)?;
        let ids = match ids_are_enough {
            true => view.sight(policy, collection, Action::ListIds, judge)?,
            false => Sight::None,
        };
        Ok(Self { collection, documents, ids })
    }

    fn is_blind(&self) -> bool {
        self.documents.is_none() && self.ids.is_none()
    }

    fn at<'d>(&self, judge: &mut Judge<'_>, document: DocumentRef<'d>) -> Result<Option<sight::Seen<'d>>> {
        if let Some(seen) = self.documents.look(judge, self.collection, document)? {
            return Ok(Some(seen));
        }
        self.ids.look(judge, self.collection, document)
    }
}

/// What of a document a query hands out.
#[derive(Clone, Copy)]
enum Seen {
    Documents,
    Ids,
}

/// What a query calls for every document, with its place.
type Visit<'v> = dyn FnMut(DocumentRef<'_>, &[u8]) -> ControlFlow<()> + 'v;
