//! The lines of a dump. It knows nothing of where they come from or go.

use crate::failure::{Failure, Result};
use portunus::{Collection, RoleSet};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use serde_json::value::RawValue;

/// The form of dump that this program writes, and the only one that it reads.
pub(super) const FORMAT: u32 = 1;

/// One line. The first says what it is, the last that it is whole.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum DumpLine<'t> {
    /// The beginning, with the format.
    Dump(u32),
    /// A collection.
    Define(Box<Collection>),
    /// A document.
    #[serde(borrow)]
    Document(InCollection<'t>),
    /// All predicates and roles.
    Roles(Box<RoleSet>),
    /// The end.
    End(Counts),
}

/// A document, and where it belongs.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InCollection<'t> {
    /// The name of the collection.
    #[serde(rename = "in")]
    pub collection: String,
    /// As `export` writes it.
    #[serde(borrow)]
    pub line: &'t RawValue,
}

/// How much there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Counts {
    pub collections: u64,
    pub documents: u64,
}

impl<'t> DumpLine<'t> {
    /// # Errors
    /// What is wrong with the line, in words that show nothing of its values.
    pub(super) fn read(line: &'t str) -> Result<Self> {
        serde_json::from_str(line).map_err(|error| {
            Failure::new(if error.is_data() {
                "is no line of a dump".into()
            } else {
                format!("is not JSON, at column {}", error.column())
            })
        })
    }

    /// # Errors
    /// None for what came out of a store.
    pub(super) fn text(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| Failure::new(error.to_string()))
    }
}

/// The line of a document, of which there is a line of an export.
pub(super) fn document_line(collection: &str, export_line: &str) -> String {
    format!("{{\"document\":{{\"in\":{},\"line\":{export_line}}}}}", Json::from(collection))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let line = document_line("no\"tes", r#"{"id":"a","value":{"text":"x"}}"#);
        let DumpLine::Document(read) = DumpLine::read(&line).unwrap() else {
            unreachable!("it is a document")
        };
        assert_eq!(
            (read.collection.as_str(), read.line.get()),
            ("no\"tes", r#"{"id":"a","value":{"text":"x"}}"#)
        );
        let counts = Counts { collections: 1, documents: 2 };
        let end = DumpLine::End(counts).text().unwrap();
        assert!(matches!(DumpLine::read(&end), Ok(DumpLine::End(read)) if read == counts));
        let define = DumpLine::Define(Box::new(Collection::new("notes").index(["x"]))).text().unwrap();
        let read = DumpLine::read(&define).unwrap();
        assert!(matches!(read, DumpLine::Define(read) if *read == Collection::new("notes").index(["x"])));
    }

    #[test]
    fn a_wrong_line_shows_nothing_of_its_values() {
        for line in
            [r#"{"hush":1}"#, r#""hush""#, r#"{"document":{"in":"hush"}}"#, r#"{"end":"hush"}"#, "{hush"]
        {
            let failure = DumpLine::read(line).unwrap_err().to_string();
            assert!(!failure.contains("hush"), "{failure}");
        }
    }
}
