//! Queries over the documents that a principal may see: filters, orders, counts and pages never meet another one.

mod executor;
mod explain;
mod filter;
mod needs;
mod place;
mod planner;
mod sorting;
mod wanted;

pub use explain::{PlanRange, PlanRanges, QueryPlan};
pub use filter::FILTER_ARGS_BYTES_MAX;
pub use sorting::{SORT_DOCUMENTS_MAX, SORT_FIELDS_MAX, SORT_KEY_BYTES_MAX, Sort};

use super::ReadView;
use crate::resource::{Action, Resource};
use crate::{Cursor, Error, Result};
use executor::{Checked, Execution, Extent, Part, Shown, Visit};
use filter::Arguments;
use place::Place;
use portunus_scope::{Access, Document, DocumentRef, StoredCollection, Then, Value};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::ops::{Bound, ControlFlow, RangeBounds};
use std::sync::Arc;
use wanted::Wanted;

/// The most documents of one page.
pub const PAGE_DOCUMENTS_MAX: usize = 10_000;

/// A query over the documents of one collection that the principal of a view may see.
///
/// Without more, it visits all of them in the order of their ids. [`ids`](Query::ids) narrows it to a range of ids;
/// [`index`](Query::index) makes it follow an index, and `equal`, `range` and `prefix` narrow that.
/// [`filter`](Query::filter) leaves out what a condition is not true of, [`sort`](Query::sort) makes another order, and
/// [`project`](Query::project) leaves out fields. All of them know of a document what the principal may see of it, and nothing
/// else: a hidden field is a missing one.
///
/// Which indexes a query makes use of is for the engine to find out, from the rules of the principal and from the filter.
/// [`explain`](Query::explain) tells.
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
    wanted: Wanted,
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
        Self { view, collection, wanted: Wanted::everything(), limit: usize::MAX, strict: false }
    }

    /// Only documents whose ids lie in this range.
    pub fn ids<'a>(mut self, range: impl RangeBounds<&'a str>) -> Self {
        let owned = |bound: Bound<&&str>| bound.map(|id| (*id).to_string());
        self.wanted.ids = Some((owned(range.start_bound()), owned(range.end_bound())));
        self
    }

    /// Follows the index of this name, which is that of its fields, joined by `,`. A document that is shown without some of its
    /// fields has the entries that are left of it: where some of the index's fields may be hidden, documents are sorted as in
    /// [`sort`](Query::sort), up to [`SORT_DOCUMENTS_MAX`] of them.
    pub fn index(mut self, name: impl Into<String>) -> Self {
        self.wanted.index = Some(name.into());
        self
    }

    /// Only documents with these terms in the leading fields of the index.
    pub fn equal<V: Into<Value>>(mut self, terms: impl IntoIterator<Item = V>) -> Self {
        self.wanted.terms.equal = terms.into_iter().map(Into::into).collect();
        self
    }

    /// Only documents whose term in the next field of the index lies in this range.
    pub fn range<V: Into<Value> + Clone>(mut self, range: impl RangeBounds<V>) -> Self {
        let value = |bound: Bound<&V>| bound.map(|term| term.clone().into());
        self.wanted.terms.then = Then::Range(value(range.start_bound()), value(range.end_bound()));
        self
    }

    /// Only documents whose term in the next field of the index is text that begins with this.
    pub fn prefix(mut self, text: impl Into<String>) -> Self {
        self.wanted.terms.then = Then::Prefix(text.into());
        self
    }

    /// Only documents of which this is true, in the language of rules: about `doc`, [`args`](Query::args) and `now`. A document
    /// about which it cannot be told, because a field is missing or of another type, is left out. A filter reads no other
    /// document, and has no named predicates.
    ///
    /// Values belong into the arguments: a text that is put together from what others say is another filter than was meant.
    ///
    /// ```
    /// # use portunus_auth::{Collection, Gate, GateOptions};
    /// use portunus_auth::Error;
    /// # use serde_json::json;
    /// # let (gate, secret) = Gate::create_in_memory(&GateOptions::default())?;
    /// # let mut view = gate.begin_write(&secret)?;
    /// # view.define(Collection::new("notes").index(["owner"]))?;
    /// # for (id, owner, size) in [("n1", "ann", 3), ("n2", "bob", 9), ("n3", "ann", 7)] {
    /// #     view.create_with_id("notes", id, json!({"owner": owner, "size": size}))?;
    /// # }
    /// # view.create_with_id("notes", "n4", json!({"owner": "ann"}))?;
    /// let large = view.query("notes").filter("doc.size > 3 && doc.owner == args.owner").args(json!({"owner": "ann"}));
    /// assert_eq!(large.list_ids()?, ["n3"]);
    /// let wrong = view.query("notes").filter("doc.size >").count();
    /// assert!(matches!(wrong, Err(Error::Rule { error, .. }) if error.span.start == 10));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn filter(mut self, condition: impl Into<String>) -> Self {
        self.wanted.filter = Some(condition.into());
        self
    }

    /// What the filter knows as `args`.
    pub fn args(mut self, args: impl Serialize) -> Self {
        self.wanted.args = Arguments::new(args);
        self
    }

    /// In the order of these fields; documents that are equal in all of them come in the order of their ids, in the direction of
    /// the last field. Up to [`SORT_FIELDS_MAX`] fields, of which [`SORT_KEY_BYTES_MAX`] bytes count.
    ///
    /// It takes an index where there is one over exactly these fields, all in one direction, if each is declared with a type of
    /// plain values and one of them as required. Otherwise documents are sorted in memory: up to [`SORT_DOCUMENTS_MAX`] of
    /// them, or any number if it is limited, or by pages. See [`Sort`].
    pub fn sort(mut self, fields: impl IntoIterator<Item = Sort>) -> Self {
        self.wanted.sort = fields.into_iter().collect();
        self
    }

    /// Shows no more than these fields of each document, which are named as in [`Fields::only`](crate::Fields::only).
    ///
    /// ```
    /// # use portunus_auth::{Collection, Error, Gate, GateOptions};
    /// # use serde_json::json;
    /// # let (gate, secret) = Gate::create_in_memory(&GateOptions::default())?;
    /// # let mut view = gate.begin_write(&secret)?;
    /// # view.define(Collection::new("notes"))?;
    /// view.create("notes", json!({"title": "milk", "owner": {"name": "ann", "age": 40}, "size": 3}))?;
    /// let short: Vec<serde_json::Value> = view.query("notes").project(["title", "owner.name"]).collect()?;
    /// assert_eq!(short, [json!({"title": "milk", "owner": {"name": "ann"}})]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn project<P: Into<String>>(mut self, paths: impl IntoIterator<Item = P>) -> Self {
        self.wanted.projection = Some(paths.into_iter().map(Into::into).collect());
        self
    }

    /// From the last to the first.
    pub fn descending(mut self) -> Self {
        self.wanted.order = portunus_scope::Order::Descending;
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
    /// being built, `Rule` if the filter is none, `Limit` if it asks for too much, `Denied` if the query is strict; what
    /// `visit` returns.
    pub fn for_each<E: From<Error>>(
        self,
        mut visit: impl FnMut(DocumentRef<'_>) -> std::result::Result<ControlFlow<()>, E>,
    ) -> std::result::Result<(), E> {
        let mut failed = None;
        self.each(self.limit, &mut |document| match visit(document) {
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
        self.each(self.limit, &mut |document| {
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

    /// The ids of the documents, for which the right to see ids is enough, unless values decide which they are: by an index, a
    /// filter or an order.
    ///
    /// # Errors
    /// As [`Query::for_each`].
    pub fn list_ids(self) -> Result<Vec<String>> {
        let mut ids = Vec::new();
        self.run(Part::Id, None, self.limit, &mut |shown, _| {
            ids.push(match shown {
                Shown::Id(id) => id.to_string(),
                Shown::Document(document) => document.id().to_string(),
            });
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
        self.unordered()?.run(Part::Existence, None, self.limit, &mut |_, _| {
            count += 1;
            ControlFlow::Continue(())
        })?;
        Ok(count)
    }

    /// Whether there is any document.
    ///
    /// # Errors
    /// As [`Query::for_each`].
    ///
    /// ```
    /// # use portunus_auth::{Collection, Error, Gate, GateOptions};
    /// # let (gate, secret) = Gate::create_in_memory(&GateOptions::default())?;
    /// # let mut view = gate.begin_write(&secret)?;
    /// # view.define(Collection::new("notes"))?;
    /// assert!(!view.query("notes").filter("doc.size > 3").exists()?);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn exists(self) -> Result<bool> {
        let limit = self.limit.min(1);
        Ok(self.limit(limit).count()? > 0)
    }

    /// The first document.
    ///
    /// # Errors
    /// As [`Query::for_each`].
    pub fn first(self) -> Result<Option<Document>> {
        let limit = self.limit.min(1);
        Ok(self.limit(limit).documents()?.pop())
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
        self.run(Part::Whole, cursor, documents_max + 1, &mut |shown, at| {
            if page.documents.len() == documents_max {
                more = true;
                return ControlFlow::Break(());
            }
            if let Shown::Document(document) = shown {
                page.documents.push(document.to_document());
            }
            if page.documents.len() == documents_max {
                last = Some(at.to_bytes());
            }
            ControlFlow::Continue(())
        })?;
        // The place is that of the last document of the page: never that of the one behind it.
        if let (true, Some(last), Some(collection)) = (more, last, self.found()?) {
            let binding = self.binding(&collection);
            page.next = Some(Cursor::seal(self.view.shared().opener.keys(), &[&binding], &last));
        }
        Ok(page)
    }

    fn each(&self, limit: usize, visit: &mut dyn FnMut(DocumentRef<'_>) -> ControlFlow<()>) -> Result<()> {
        self.run(Part::Whole, None, limit, &mut |shown, _| match shown {
            Shown::Document(document) => visit(document),
            Shown::Id(_) => ControlFlow::Continue(()),
        })
    }

    /// Visits the documents that the principal may see, and makes sure before each that it still may.
    fn run(&self, part: Part, cursor: Option<&Cursor>, limit: usize, visit: &mut Visit<'_>) -> Result<()> {
        let policy = self.view.policy()?;
        let found = self.found();
        // A collection that is not there is to those who may not know that as one whose documents they may not see.
        let Ok(Some(collection)) = &found else {
            if self.strict && !policy.sees(Resource::Document) {
                return policy.require(Resource::Document, Action::Read);
            }
            self.wanted.access()?;
            let _: Checked = Checked::new(&self.wanted)?;
            found?;
            return cursor.map_or(Ok(()), |_| Err(Cursor::foreign()));
        };
        let checked = Checked::new(&self.wanted)?;
        let mut execution = Execution::new(self.view, collection, &self.wanted, &checked, part)?;
        if self.strict && execution.is_blind() {
            return Err(policy.denied(Action::Read, Resource::Document));
        }
        let access = self.wanted.access()?;
        let after = cursor.map(|cursor| self.opened(cursor, collection)).transpose()?;
        if execution.is_blind() || limit == 0 {
            return Ok(());
        }
        let within = match access {
            Access::Ids(start, end) => (start, end),
            Access::Index { .. } => (Bound::Unbounded, Bound::Unbounded),
        };
        let sorting = execution.sorting(&self.wanted)?;
        execution.run(&Extent { sorting, within, order: self.wanted.order, after, limit }, visit)
    }

    fn found(&self) -> Result<Option<Arc<StoredCollection>>> {
        self.view.seen_collection(self.view.unchecked_policy(), self.collection)
    }

    fn opened(&self, cursor: &Cursor, collection: &StoredCollection) -> Result<Place> {
        let binding = self.binding(collection);
        let place = cursor.open(self.view.shared().opener.keys(), &[&binding])?;
        Place::from_bytes(&place).ok_or_else(Cursor::foreign)
    }

    /// What a cursor of this query is bound to: the principal, the collection (not its name, which another may take over)
    /// and all that decides which documents come in which order, and what of them.
    fn binding(&self, collection: &StoredCollection) -> Vec<u8> {
        let principal = self.view.lease.principal();
        let scope = principal.scope().map(ToString::to_string);
        let parts = (
            principal.id,
            principal.database.to_int(),
            principal.roles(),
            principal.identity(),
            principal.procedure(),
            scope,
            collection.number(),
            &self.wanted,
        );
        format!("{parts:?}").into_bytes()
    }

    /// The same documents, in whatever order; for who only counts them. What is wrong with the order is still told.
    ///
    /// # Errors
    /// `Invalid` or `Limit` if there can be no such order.
    fn unordered(&self) -> Result<Self> {
        let _: Option<sorting::SortFields> = sorting::SortFields::new(&self.wanted)?;
        self.wanted.access()?;
        let wanted = Wanted { sort: Vec::new(), ..self.wanted.clone() };
        Ok(Query {
            view: self.view,
            collection: self.collection,
            wanted,
            limit: self.limit,
            strict: self.strict,
        })
    }
}
