//! Documents as they come in: values in tagged JSON, and the lines of an import. It knows nothing of where they come from.

use crate::failure::{Failure, Result};
use portunus::{Timestamp, Value};
use serde::Deserialize;
use serde_json::Value as Json;
use serde_json::value::RawValue;

/// Reads a value from tagged JSON.
///
/// # Errors
/// What is wrong with it, and where.
pub fn read_value(text: &str) -> Result<Value> {
    Ok(Value::from_tagged_json(text).map_err(portunus::Error::from)?)
}

/// A value as tagged JSON.
///
/// # Errors
/// None for a value that was stored.
pub fn value_json(value: &Value) -> Result<Json> {
    Ok(value.to_tagged_json().map_err(portunus::Error::from)?)
}

/// A document that is about to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct Incoming {
    /// Its id; none if the engine is to make one.
    pub id: Option<String>,
    /// When it expires; none if its collection says so.
    pub expires_at: Option<Timestamp>,
    /// Its value.
    pub value: Value,
}

/// How the lines of an import say which document they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineForm {
    /// As an export writes them.
    Exported,
    /// The document, with its id in this member.
    IdField(String),
    /// The document, with an id of the engine's making.
    NewIds,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExportedLine<'t> {
    id: String,
    #[serde(default)]
    expires_at: Option<String>,
    #[serde(borrow)]
    value: &'t RawValue,
}

impl LineForm {
    /// Reads one line.
    ///
    /// # Errors
    /// What is wrong with it, in words that show nothing of its values.
    pub fn read(&self, line: &str) -> Result<Incoming> {
        match self {
            Self::Exported => exported(line),
            Self::NewIds => Ok(Incoming { id: None, expires_at: None, value: read_value(line)? }),
            Self::IdField(field) => with_id_field(line, field),
        }
    }
}

fn exported(line: &str) -> Result<Incoming> {
    let parsed: ExportedLine<'_> = serde_json::from_str(line).map_err(|error| {
        if error.is_data() {
            Failure::new("is no line of an export").hint(
                "for plain documents name the member that holds the id with --id-field, or say --new-ids",
            )
        } else {
            Failure::new(format!("is not JSON, at column {}", error.column()))
        }
    })?;
    Ok(Incoming {
        id: Some(parsed.id),
        expires_at: parsed.expires_at.map(|at| at.parse()).transpose().map_err(portunus::Error::from)?,
        value: read_value(parsed.value.get())?,
    })
}

fn with_id_field(line: &str, field: &str) -> Result<Incoming> {
    let Value::Object(mut object) = read_value(line)? else {
        return Err(Failure::new("a document is an object"));
    };
    let id = match object.remove(field) {
        Some(Value::String(id)) => id,
        Some(Value::Int(id)) => id.to_string(),
        Some(_) => return Err(Failure::new(format!("{field}: an id is text or an integer"))),
        None => return Err(Failure::new(format!("{field}: is missing, and holds the id"))),
    };
    Ok(Incoming { id: Some(id), expires_at: None, value: Value::Object(object) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use portunus::Document;
    use portunus_wire::document_line;

    #[test]
    fn what_an_export_writes_an_import_reads() {
        let value =
            Value::from_tagged_json(r#"{"id":"inner","at":{"$timestamp":"1970-01-01T00:00:00Z"}}"#).unwrap();
        for expires_at in [None, Some(Timestamp(5_000_000))] {
            let document = Document::new("n\"1", 7, expires_at, &value).unwrap();
            let line = document_line(document.as_ref()).unwrap();
            let read = LineForm::Exported.read(&line).unwrap();
            assert_eq!(read, Incoming { id: Some("n\"1".into()), expires_at, value: value.clone() });
        }
    }

    #[test]
    fn the_deepest_document_survives_an_export() {
        let deep = format!("{}{}{}", r#"{"a":"#.repeat(63), "{}", "}".repeat(63));
        let document = Document::new("n1", 1, None, &Value::from_json(&deep).unwrap()).unwrap();
        let line = document_line(document.as_ref()).unwrap();
        assert_eq!(LineForm::Exported.read(&line).unwrap().value, document.value());
    }

    #[test]
    fn a_wrong_line_says_what_is_wrong_and_nothing_of_its_values() {
        let check = |form: LineForm, line: &str, words: &str| {
            let failure = form.read(line).unwrap_err().to_string();
            assert!(failure.contains(words) && !failure.contains("hush"), "{line}: {failure}");
        };
        check(LineForm::Exported, r#"{"id":"hush""#, "not JSON, at column");
        check(LineForm::Exported, r#"{"text":"hush"}"#, "--id-field");
        check(LineForm::Exported, r#"{"id":"a","value":{},"hush":1}"#, "no line of an export");
        check(LineForm::Exported, r#"{"id":"a","value":{},"expires_at":"hush"}"#, "instant");
        check(LineForm::IdField("id".into()), r#"{"text":"hush"}"#, "id: is missing");
        check(LineForm::IdField("id".into()), r#"{"id":["hush"]}"#, "id: an id is text");
        check(LineForm::IdField("id".into()), r#""hush""#, "an object");
        check(LineForm::NewIds, "{", "JSON");
    }

    #[test]
    fn the_id_leaves_the_value() {
        let read = LineForm::IdField("no".into()).read(r#"{"no": 5, "text": "x"}"#).unwrap();
        assert_eq!(
            (read.id.as_deref(), read.value),
            (Some("5"), Value::from_json(r#"{"text": "x"}"#).unwrap())
        );
    }
}
