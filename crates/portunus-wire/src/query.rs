//! Queries: which documents of a collection, in which order, how many at a time. It knows nothing of how they are found.

use crate::operation::Ask;
use crate::{Answer, PAGE_DOCUMENTS, Tagged};
use portunus::{Cursor, Error, Query as Asked, ReadView, Result, Sort, Value};
use serde::Deserialize;
use std::ops::Bound;

/// Which documents, and in which order.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    collection: String,
    /// An index, by its name.
    #[serde(default)]
    index: Option<String>,
    /// What the first fields of the index are equal to.
    #[serde(default)]
    equal: Vec<Tagged>,
    /// The range of the next field of the index.
    #[serde(default)]
    range: Option<Range>,
    /// What the next field of the index begins with.
    #[serde(default)]
    prefix: Option<String>,
    /// Without an index: the range of the ids.
    #[serde(default)]
    ids: Option<IdRange>,
    /// A condition on the documents, in the language of rules.
    #[serde(default)]
    filter: Option<String>,
    /// What `args` is in the condition.
    #[serde(default)]
    args: Option<Tagged>,
    #[serde(default)]
    sort: Vec<SortField>,
    /// The fields to show; all if it is left out.
    #[serde(default)]
    fields: Option<Vec<String>>,
    #[serde(default)]
    descending: bool,
    /// Refuse it if there is no index for it.
    #[serde(default)]
    strict: bool,
    /// The most documents of the answer.
    #[serde(default)]
    limit: Option<usize>,
    /// Where the page before ended.
    #[serde(default)]
    cursor: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Range {
    #[serde(default)]
    from: Option<Tagged>,
    #[serde(default)]
    after: Option<Tagged>,
    #[serde(default)]
    to: Option<Tagged>,
    #[serde(default)]
    before: Option<Tagged>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct IdRange {
    #[serde(default)]
    from: Option<String>,
    #[serde(default)]
    after: Option<String>,
    #[serde(default)]
    to: Option<String>,
    #[serde(default)]
    before: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SortField {
    field: String,
    #[serde(default)]
    descending: bool,
}

/// A page of documents.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Query(Wanted);

/// The ids of documents, for those who may not read them.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct ListIds(Wanted);

/// How many documents there are.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Count(Wanted);

/// How a query would be run.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Plan(Wanted);

impl Ask for Query {
    fn ask(&self, view: &ReadView) -> Result<Answer> {
        let cursor = self.0.cursor.as_deref().map(Cursor::from);
        let limit = self.0.limit.unwrap_or(PAGE_DOCUMENTS);
        let page = self.0.stated(view)?.page(limit, cursor.as_ref())?;
        let mut text = String::from("{\"documents\":[");
        for (number, document) in page.documents.iter().enumerate() {
            if number > 0 {
                text.push(',');
            }
            text.push_str(&crate::documents::document_text(document)?);
        }
        let next = page.next.map(|next| next.as_str().to_owned());
        text.push_str(&format!("],\"next\":{}}}", serde_json::Value::from(next)));
        Ok(Answer::text(text))
    }
}

impl Ask for ListIds {
    fn ask(&self, view: &ReadView) -> Result<Answer> {
        let query = self.0.without_pages(view)?;
        Answer::of(&query.limit(self.0.limit.unwrap_or(PAGE_DOCUMENTS)).list_ids()?)
    }
}

impl Ask for Count {
    fn ask(&self, view: &ReadView) -> Result<Answer> {
        let query = self.0.without_pages(view)?;
        let query = match self.0.limit {
            Some(limit) => query.limit(limit),
            None => query,
        };
        Answer::of(&query.count()?)
    }
}

impl Ask for Plan {
    fn ask(&self, view: &ReadView) -> Result<Answer> {
        Answer::of(&self.0.without_pages(view)?.explain()?)
    }
}

impl Wanted {
    fn without_pages<'v>(&'v self, view: &'v ReadView) -> Result<Asked<'v>> {
        if self.cursor.is_some() {
            return Err(Error::invalid("cursor", "only pages of documents have one"));
        }
        self.stated(view)
    }

    fn stated<'v>(&'v self, view: &'v ReadView) -> Result<Asked<'v>> {
        let mut query = view.query(&self.collection);
        if let Some(index) = &self.index {
            query = query.index(index);
        }
        if !self.equal.is_empty() {
            query = query.equal(self.equal.iter().map(|term| term.0.clone()));
        }
        if let Some(range) = &self.range {
            query = query.range::<Value>((
                start("range", range.from.as_ref(), range.after.as_ref())?.map(|term| term.0.clone()),
                end("range", range.to.as_ref(), range.before.as_ref())?.map(|term| term.0.clone()),
            ));
        }
        if let Some(prefix) = &self.prefix {
            query = query.prefix(prefix);
        }
        if let Some(ids) = &self.ids {
            query = query.ids((
                start("ids", ids.from.as_deref(), ids.after.as_deref())?,
                end("ids", ids.to.as_deref(), ids.before.as_deref())?,
            ));
        }
        if let Some(filter) = &self.filter {
            query = query.filter(filter);
        }
        if let Some(args) = &self.args {
            query = query.args(&args.0);
        }
        if !self.sort.is_empty() {
            query = query.sort(self.sort.iter().map(SortField::stated));
        }
        if let Some(fields) = &self.fields {
            query = query.project(fields);
        }
        let query = if self.descending { query.descending() } else { query };
        Ok(if self.strict { query.strict() } else { query })
    }
}

impl SortField {
    fn stated(&self) -> Sort {
        if self.descending { Sort::descending(&self.field) } else { Sort::ascending(&self.field) }
    }
}

fn start<T>(place: &str, from: Option<T>, after: Option<T>) -> Result<Bound<T>> {
    bound(place, from, after, "from and after exclude each other")
}

fn end<T>(place: &str, to: Option<T>, before: Option<T>) -> Result<Bound<T>> {
    bound(place, to, before, "to and before exclude each other")
}

fn bound<T>(place: &str, included: Option<T>, excluded: Option<T>, both: &str) -> Result<Bound<T>> {
    match (included, excluded) {
        (Some(_), Some(_)) => Err(Error::invalid(place, both)),
        (Some(term), None) => Ok(Bound::Included(term)),
        (None, Some(term)) => Ok(Bound::Excluded(term)),
        (None, None) => Ok(Bound::Unbounded),
    }
}
