//! `scan`: many documents, by id or by index, a page at a time. It knows nothing of single ones.

use crate::args::Common;
use crate::document_json::value_json;
use crate::failure::Result;
use crate::output::Output;
use crate::parse::Term;
use crate::session::Session;
use crate::table::Table;
use clap::Args;
use portunus::{Cursor, Document, ObjectRef, Page, Query, Value};
use portunus_wire::document_json;
use serde_json::{Value as Json, json};
use std::ops::Bound;

/// The most columns of a table of documents.
const COLUMNS_MAX: usize = 13;
/// The characters after which a cell is broken into lines, for the sake of its neighbours.
const CELL_CHARS_MAX: usize = 40;
/// The characters of the heading that tells how many columns are left out.
const MORE_CHARS: usize = 10;

/// Show the documents of a collection, by id or along an index
///
/// A term is JSON, or else text: 5 is a number, B6 is text, and '"5"' is text too.
#[derive(Args)]
pub struct Scan {
    /// The collection
    collection: String,
    /// Follow the index over these fields, as in origin,dest
    #[arg(long, value_name = "FIELDS")]
    index: Option<String>,
    /// Only documents with this term in the first field of the index; once more for the second, and so on
    #[arg(long, value_name = "TERM", requires = "index")]
    equal: Vec<Term>,
    /// Only documents from this id or term on, itself included
    #[arg(long, value_name = "TERM", conflicts_with = "prefix")]
    from: Option<String>,
    /// Only documents before this id or term
    #[arg(long, value_name = "TERM", conflicts_with = "prefix")]
    to: Option<String>,
    /// Only documents whose id or term begins with this text
    #[arg(long, value_name = "TEXT")]
    prefix: Option<String>,
    /// From the last to the first
    #[arg(long)]
    descending: bool,
    /// At most so many documents
    #[arg(long, value_name = "NUMBER", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// Go on where an earlier page of the same scan ended
    #[arg(long, value_name = "CURSOR")]
    cursor: Option<String>,
    /// Only say how many documents there are, whatever the limit
    #[arg(long, conflicts_with_all = ["cursor", "limit"])]
    count: bool,
}

impl Scan {
    /// # Errors
    /// As the store's.
    pub fn run(self, common: &Common, output: &mut Output) -> Result {
        let session = Session::open(common)?;
        if self.count {
            let count = session.read(|tx| self.narrowed(tx.query(&self.collection)).count())?;
            return if output.is_json() {
                output.json(&json!({"count": count}))
            } else {
                output.line(&count.to_string())
            };
        }
        let size = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let cursor = self.cursor.as_deref().map(Cursor::from);
        let page =
            session.read(|tx| self.narrowed(tx.query(&self.collection)).page(size, cursor.as_ref()))?;
        show(&page, output)
    }

    fn narrowed<'v>(&self, mut query: Query<'v>) -> Query<'v> {
        if self.descending {
            query = query.descending();
        }
        match &self.index {
            Some(index) => self.narrowed_by_term(query.index(index.as_str())),
            None => self.narrowed_by_id(query),
        }
    }

    fn narrowed_by_term<'v>(&self, query: Query<'v>) -> Query<'v> {
        let query = query.equal(self.equal.iter().map(|term| term.0.clone()));
        if let Some(prefix) = &self.prefix {
            return query.prefix(prefix.as_str());
        }
        let term = |text: &String| -> Value { text.parse::<Term>().map_or(Value::Null, |term| term.0) };
        let from = self.from.as_ref().map_or(Bound::Unbounded, |text| Bound::Included(term(text)));
        let to = self.to.as_ref().map_or(Bound::Unbounded, |text| Bound::Excluded(term(text)));
        if from == Bound::Unbounded && to == Bound::Unbounded { query } else { query.range((from, to)) }
    }

    fn narrowed_by_id<'v>(&self, query: Query<'v>) -> Query<'v> {
        if let Some(prefix) = &self.prefix {
            let end = after_prefix(prefix);
            let to = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
            return query.ids((Bound::Included(prefix.as_str()), to));
        }
        let from = self.from.as_deref().map_or(Bound::Unbounded, Bound::Included);
        let to = self.to.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        if from == Bound::Unbounded && to == Bound::Unbounded { query } else { query.ids((from, to)) }
    }
}

/// The least text that is above every text with this prefix; none if there is none.
fn after_prefix(prefix: &str) -> Option<String> {
    let mut kept: Vec<char> = prefix.chars().collect();
    while let Some(last) = kept.pop() {
        // The next character, over the gap that has none.
        let next = (u32::from(last)..)
            .skip(1)
            .take_while(|code| *code <= u32::from(char::MAX))
            .find_map(char::from_u32);
        if let Some(next) = next {
            kept.push(next);
            return Some(kept.into_iter().collect());
        }
    }
    None
}

fn show(page: &Page, output: &mut Output) -> Result {
    if output.is_json() {
        let documents: portunus::Result<Vec<Json>> = page.documents.iter().map(document_json).collect();
        let cursor = page.next.as_ref().map(Cursor::as_str);
        return output.json(&json!({"documents": documents?, "cursor": cursor}));
    }
    output.table(&table(&page.documents, output.width())?)?;
    match &page.next {
        Some(cursor) => output.note(&format!("there are more: go on with --cursor {cursor}")),
        None if page.documents.is_empty() => output.note("there are no such documents"),
        None => {}
    }
    Ok(())
}

/// A table with as many members of the documents as there is room for, and how many there are more.
fn table(documents: &[Document], width: Option<usize>) -> Result<Table> {
    let mut columns = vec![Column::of_ids(documents)];
    for name in names(documents) {
        columns.push(Column::of_member(documents, name)?);
    }
    let kept = columns.len().min(fitting(&columns, width));
    let more = columns.len() - kept;
    columns.truncate(kept);
    let mut headings: Vec<String> = columns.iter().map(|column| column.heading.clone()).collect();
    if more > 0 {
        headings.push(format!("({more} more)"));
    }
    let mut table = Table::new(headings);
    for row in 0..documents.len() {
        table.row(columns.iter().map(|column| column.cells.get(row).cloned().unwrap_or_default()));
    }
    Ok(table)
}

/// How many of the columns have room beside each other: the id and one more, and then as long as there is some left.
fn fitting(columns: &[Column], width: Option<usize>) -> usize {
    let Some(width) = width else { return COLUMNS_MAX };
    let mut left = width.saturating_sub(MORE_CHARS);
    let fits = |column: &&Column| {
        let wide = column.chars().min(CELL_CHARS_MAX) + 2;
        let fits = wide <= left;
        left = left.saturating_sub(wide);
        fits
    };
    columns.iter().take(COLUMNS_MAX).take_while(fits).count().max(2)
}

/// The members of the documents, each once, in the order in which they come.
fn names(documents: &[Document]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for document in documents {
        let members = document.root().as_object().into_iter().flat_map(ObjectRef::iter);
        for (name, _) in members {
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
    }
    names
}

/// A column of a table of documents.
struct Column {
    heading: String,
    cells: Vec<String>,
}

impl Column {
    fn of_ids(documents: &[Document]) -> Self {
        Self {
            heading: "id".into(),
            cells: documents.iter().map(|document| document.id().to_owned()).collect(),
        }
    }

    fn of_member(documents: &[Document], name: String) -> Result<Self> {
        let of = |document: &Document| {
            document.root().member(&name).map_or(Ok(String::new()), |value| cell(&value.to_value()))
        };
        let cells = documents.iter().map(of).collect::<Result<_>>()?;
        Ok(Self { heading: name, cells })
    }

    /// The characters of its widest cell.
    fn chars(&self) -> usize {
        let cells = self.cells.iter().chain([&self.heading]).map(|cell| cell.chars().count());
        cells.max().unwrap_or_default()
    }
}

fn cell(value: &Value) -> Result<String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Timestamp(instant) => Ok(instant.to_string()),
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::Bytes(_)
        | Value::Array(_)
        | Value::Object(_) => Ok(value_json(value)?.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_left_out_before_they_are_squeezed() {
        let column = |chars: usize| Column { heading: "c".repeat(chars), cells: Vec::new() };
        let check = |widths: &[usize], width: Option<usize>, kept: usize| {
            let columns: Vec<Column> = widths.iter().map(|chars| column(*chars)).collect();
            assert_eq!(fitting(&columns, width), kept, "{widths:?} {width:?}");
        };
        check(&[8, 8, 8], Some(80), 3);
        check(&[8, 8, 8], Some(35), 2);
        check(&[60, 8], Some(20), 2);
        check(&[36, 200, 8], Some(100), 3);
        check(&[8; 40], Some(10_000), COLUMNS_MAX);
        check(&[8; 40], None, COLUMNS_MAX);
    }

    #[test]
    fn the_end_of_a_prefix_is_above_all_that_begin_with_it() {
        let check =
            |prefix: &str, end: Option<&str>| assert_eq!(after_prefix(prefix).as_deref(), end, "{prefix:?}");
        check("ab", Some("ac"));
        check("a\u{10ffff}", Some("b"));
        check("\u{d7ff}", Some("\u{e000}"));
        check("\u{10ffff}", None);
        check("", None);
        for (prefix, other) in [("ab", "ab\u{10ffff}z"), ("\u{d7ff}", "\u{d7ff}x"), ("é", "éé")] {
            assert!(other < after_prefix(prefix).unwrap().as_str());
        }
    }
}
