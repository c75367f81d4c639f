//! Comma-separated values (RFC 4180), and what is in a cell as a value of JSON and back. It knows nothing of files or stores.

use portunus::Type;
use serde_json::{Map, Value as Json, json};
use std::io::{self, BufRead, Read as _};

/// The most cells of a record.
pub const CELLS_MAX: usize = 10_000;

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// What is in it.
    pub text: String,
    /// Whether it was put in quotes: only so it can be an empty text, and not nothing.
    pub is_quoted: bool,
}

/// What can be wrong with a record.
#[derive(Debug)]
pub enum Wrong {
    /// It cannot be read.
    Unreadable(io::Error),
    /// It has not the form of a record.
    Form(&'static str),
}

/// Reads a record of at most so many bytes, and counts its lines; none at the end.
///
/// # Errors
/// If it cannot be read, or is none.
pub fn read_record(
    source: &mut dyn BufRead,
    bytes_max: u64,
    lines: &mut u64,
) -> Result<Option<Vec<Cell>>, Wrong> {
    let (mut bytes, mut begun) = (Vec::new(), 0);
    loop {
        let left = bytes_max.saturating_sub(begun).saturating_add(1);
        let read = source.take(left).read_until(b'\n', &mut bytes).map_err(Wrong::Unreadable)?;
        begun = begun.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
        if begun > bytes_max {
            return Err(Wrong::Form("is longer than any document"));
        }
        if read == 0 && bytes.is_empty() {
            return Ok(None);
        }
        *lines += u64::from(read > 0);
        // A line end between quotes is part of the cell. Quotes that stand for one are two, so their number tells.
        if bytes.iter().filter(|byte| **byte == b'"').count() % 2 == 0 {
            break;
        }
        if read == 0 {
            return Err(Wrong::Form("ends within quotes"));
        }
    }
    let text = String::from_utf8(bytes).map_err(|_| Wrong::Form("is no text in UTF-8"))?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    cells(text.strip_suffix('\r').unwrap_or(text)).map(Some)
}

/// A record as a line.
pub fn record_line(cells: impl IntoIterator<Item = Cell>) -> String {
    let quoted = |cell: Cell| {
        let needs =
            cell.is_quoted || cell.text.contains([',', '"', '\n', '\r']) || cell.text.trim() != cell.text;
        if needs { format!("\"{}\"", cell.text.replace('"', "\"\"")) } else { cell.text }
    };
    cells.into_iter().map(quoted).collect::<Vec<_>>().join(",")
}

/// What a cell says of a field of this type, if it says anything. What is none of that type is text: whoever stores it says what is
/// wrong.
pub fn value_of(cell: &Cell, declared: Option<Type>) -> Option<Json> {
    let text = cell.text.as_str();
    if text.is_empty() && !cell.is_quoted {
        return None;
    }
    let parsed = || serde_json::from_str::<Json>(text).ok();
    let found = match declared {
        Some(Type::Int | Type::Number) => parsed().filter(Json::is_number),
        Some(Type::Bool) => parsed().filter(Json::is_boolean),
        Some(Type::Array) => parsed().filter(Json::is_array),
        Some(Type::Object) => parsed().filter(Json::is_object),
        Some(Type::Timestamp) => Some(json!({"$timestamp": text})),
        Some(Type::Bytes) => Some(json!({"$bytes": text})),
        _ => None,
    };
    Some(found.unwrap_or_else(|| text.into()))
}

/// The cell that says a value: nothing for null and for what is not there.
pub fn cell_of(value: Option<&Json>) -> Cell {
    let plain = |text: &str| Cell { text: text.to_owned(), is_quoted: text.is_empty() };
    match value {
        None | Some(Json::Null) => Cell { text: String::new(), is_quoted: false },
        Some(Json::String(text)) => plain(text),
        Some(Json::Object(members)) => {
            tagged(members).map_or_else(|| plain(&json!(members).to_string()), plain)
        }
        Some(other) => plain(&other.to_string()),
    }
}

/// The value at a path of an object.
pub fn at<'j>(value: &'j Json, path: &str) -> Option<&'j Json> {
    path.split('.').try_fold(value, |value, name| value.get(name))
}

/// Puts a value at a path of an object.
pub fn put(object: &mut Map<String, Json>, path: &str, value: Json) {
    match path.split_once('.') {
        None => drop(object.insert(path.to_owned(), value)),
        Some((name, rest)) => {
            let inner = object.entry(name).or_insert_with(|| Json::Object(Map::new()));
            if let Json::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

/// The text of an instant or of bytes.
fn tagged(members: &Map<String, Json>) -> Option<&str> {
    let (name, value) = members.iter().next().filter(|_| members.len() == 1)?;
    if matches!(name.as_str(), "$timestamp" | "$bytes") { value.as_str() } else { None }
}

fn cells(line: &str) -> Result<Vec<Cell>, Wrong> {
    let mut found = Vec::new();
    let mut rest = line;
    loop {
        if found.len() >= CELLS_MAX {
            return Err(Wrong::Form("has more cells than any document has fields"));
        }
        let (cell, behind) = match rest.strip_prefix('"') {
            Some(quoted) => in_quotes(quoted)?,
            None => plain_cell(rest)?,
        };
        found.push(cell);
        match behind {
            Some(behind) => rest = behind,
            None => return Ok(found),
        }
    }
}

/// A cell behind its first quote, and what is behind the comma that ends it.
fn in_quotes(text: &str) -> Result<(Cell, Option<&str>), Wrong> {
    let mut said = String::new();
    let mut rest = text;
    loop {
        let (part, behind) = rest.split_once('"').ok_or(Wrong::Form("ends within quotes"))?;
        said.push_str(part);
        match (behind.strip_prefix('"'), behind.strip_prefix(',')) {
            (Some(behind), _) => {
                said.push('"');
                rest = behind;
            }
            (None, Some(behind)) => return Ok((Cell { text: said, is_quoted: true }, Some(behind))),
            (None, None) if behind.is_empty() => return Ok((Cell { text: said, is_quoted: true }, None)),
            (None, None) => return Err(Wrong::Form("has something behind the quotes of a cell")),
        }
    }
}

fn plain_cell(text: &str) -> Result<(Cell, Option<&str>), Wrong> {
    let (said, behind) = match text.split_once(',') {
        Some((said, behind)) => (said, Some(behind)),
        None => (text, None),
    };
    if said.contains('"') {
        return Err(Wrong::Form("has a quote within a cell that is not in quotes"));
    }
    Ok((Cell { text: said.to_owned(), is_quoted: false }, behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Vec<(String, bool)>>, &'static str> {
        let (mut source, mut lines, mut found) = (text.as_bytes(), 0, Vec::new());
        loop {
            match read_record(&mut source, 100, &mut lines) {
                Ok(Some(cells)) => {
                    found.push(cells.into_iter().map(|cell| (cell.text, cell.is_quoted)).collect());
                }
                Ok(None) => return Ok(found),
                Err(Wrong::Form(what)) => return Err(what),
                Err(Wrong::Unreadable(_)) => return Err("unreadable"),
            }
        }
    }

    #[test]
    fn records_are_read_as_the_standard_says() {
        let check = |text: &str, expected: &[&[(&str, bool)]]| {
            let found = read(text).unwrap();
            let found: Vec<Vec<(&str, bool)>> = found
                .iter()
                .map(|cells| cells.iter().map(|(text, quoted)| (text.as_str(), *quoted)).collect())
                .collect();
            assert_eq!(found, expected, "{text:?}");
        };
        check("", &[]);
        check("a,b\r\nc,d\n", &[&[("a", false), ("b", false)], &[("c", false), ("d", false)]]);
        check("a,,\n", &[&[("a", false), ("", false), ("", false)]]);
        check("\"\",x", &[&[("", true), ("x", false)]]);
        check("\"a,\"\"b\"\"\r\nc\",d", &[&[("a,\"b\"\r\nc", true), ("d", false)]]);
        check("\n", &[&[("", false)]]);
    }

    #[test]
    fn what_is_no_record_is_refused() {
        for (text, words) in [
            ("\"a", "within quotes"),
            ("\"a\nb\nc", "within quotes"),
            ("\"a\"b,c", "behind the quotes"),
            ("a\"b\",c", "a quote within"),
            (&"x".repeat(101), "longer than"),
            (&",".repeat(CELLS_MAX), "longer than"),
        ] {
            assert!(read(text).unwrap_err().contains(words), "{text}");
        }
        assert!(
            matches!(cells(&",".repeat(CELLS_MAX)), Err(Wrong::Form(what)) if what.contains("more cells"))
        );
    }

    #[test]
    fn what_is_written_is_read() {
        let texts = ["", "a", " b ", "a,b", "say \"x\"", "two\nlines", "\r", "=1+1", "é"];
        for text in texts {
            for is_quoted in [false, true] {
                let cell = Cell { text: text.into(), is_quoted };
                let line = record_line([cell.clone(), cell]);
                let found = read(&format!("{line}\n")).unwrap();
                assert!(
                    found[0].iter().all(|(found, quoted)| found == text && *quoted >= is_quoted),
                    "{line}"
                );
            }
        }
    }

    #[test]
    fn a_value_goes_through_a_cell_of_its_type() {
        for (declared, value) in [
            (Type::Int, json!(5)),
            (Type::Number, json!(2.5)),
            (Type::Bool, json!(true)),
            (Type::String, json!("")),
            (Type::String, json!("5")),
            (Type::Array, json!([1, "a"])),
            (Type::Object, json!({"a": {"b": 1}})),
            (Type::Timestamp, json!({"$timestamp": "2026-01-01T00:00:00Z"})),
            (Type::Bytes, json!({"$bytes": "AAEC"})),
        ] {
            assert_eq!(value_of(&cell_of(Some(&value)), Some(declared)), Some(value));
        }
        assert_eq!(value_of(&cell_of(Some(&Json::Null)), Some(Type::Int)), None);
        let word = Cell { text: "five".into(), is_quoted: false };
        assert_eq!(value_of(&word, Some(Type::Int)), Some(json!("five")), "the schema says what is wrong");
        assert_eq!(value_of(&word, None), Some(json!("five")));
    }

    #[test]
    fn a_path_leads_into_objects() {
        let mut object = Map::new();
        put(&mut object, "a.b", json!(1));
        put(&mut object, "a.c.d", json!(2));
        put(&mut object, "e", json!(3));
        let object = Json::Object(object);
        assert_eq!(object, json!({"a": {"b": 1, "c": {"d": 2}}, "e": 3}));
        assert_eq!((at(&object, "a.c.d"), at(&object, "a.x")), (Some(&json!(2)), None));
    }
}
