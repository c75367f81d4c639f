//! The lines of an input, with their numbers. It knows nothing of what is in them.

use super::columns::Columns;
use crate::csv::{Wrong, read_record};
use crate::failure::{Failure, Result};
use portunus::Collection;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};

/// The most bytes of a line: a document of the greatest size, with room for escapes.
const LINE_BYTES_MAX: u64 = 64 << 20;

/// A line that is not empty.
pub struct Line {
    /// Counted from 1.
    pub number: u64,
    /// Its bytes, without its end.
    pub bytes: Vec<u8>,
}

/// The lines of an input.
pub struct Lines {
    source: Box<dyn BufRead>,
    path: PathBuf,
    total_bytes: Option<u64>,
    number: u64,
    /// If they are the records of a table.
    columns: Option<Columns>,
}

impl Lines {
    /// # Errors
    /// If the file cannot be read.
    pub fn open(path: &Path) -> Result<Self> {
        let failed = |error: io::Error| Failure::file("read", path, &error);
        let file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Err(Failure::new(format!("cannot read {}: it is a folder", path.display())));
        }
        let total_bytes = metadata.is_file().then_some(metadata.len());
        Ok(Self {
            source: Box::new(BufReader::new(file)),
            path: path.into(),
            total_bytes,
            number: 0,
            columns: None,
        })
    }

    pub fn of_stdin() -> Self {
        let source = Box::new(BufReader::new(io::stdin()));
        Self { source, path: "standard input".into(), total_bytes: None, number: 0, columns: None }
    }

    #[cfg(test)]
    pub fn of_text(text: &str) -> Self {
        let source = Box::new(io::Cursor::new(text.to_owned().into_bytes()));
        Self { source, path: "text".into(), total_bytes: None, number: 0, columns: None }
    }

    /// Takes them for the records of a table with a line of names at its top, which become documents of a collection: cells have the
    /// types that it declares, and else are text.
    ///
    /// # Errors
    /// If the input cannot be read, or has no such line.
    pub fn of_table(mut self, stated: Option<&Collection>) -> Result<Self> {
        let mut number = 0;
        let header = read_record(self.source.as_mut(), LINE_BYTES_MAX, &mut number);
        let header = header.map_err(|wrong| self.wrong(1, wrong))?;
        let header = header.ok_or_else(|| Failure::new("there is no line with the names of the columns"))?;
        self.number = number;
        self.columns = Some(Columns::new(header, stated)?);
        Ok(self)
    }

    /// How many bytes there are, if that can be known.
    pub fn total_bytes(&self) -> Option<u64> {
        self.total_bytes
    }

    /// The next line that is not empty.
    ///
    /// # Errors
    /// If the input cannot be read, or a line is longer than any document.
    pub fn next(&mut self) -> Result<Option<Line>> {
        if self.columns.is_some() {
            return self.next_record();
        }
        loop {
            let mut bytes = Vec::new();
            let read = self.source.as_mut().take(LINE_BYTES_MAX + 1).read_until(b'\n', &mut bytes);
            let read = read.map_err(|error| Failure::file("read", &self.path, &error))?;
            if read == 0 {
                return Ok(None);
            }
            self.number += 1;
            if u64::try_from(read).unwrap_or(u64::MAX) > LINE_BYTES_MAX {
                return Err(Failure::new(format!("line {} is longer than any document", self.number)));
            }
            while bytes.last().is_some_and(u8::is_ascii_whitespace) {
                bytes.pop();
            }
            if !bytes.is_empty() {
                return Ok(Some(Line { number: self.number, bytes }));
            }
        }
    }
}

impl Lines {
    fn next_record(&mut self) -> Result<Option<Line>> {
        loop {
            let begun = self.number.saturating_add(1);
            let cells = read_record(self.source.as_mut(), LINE_BYTES_MAX, &mut self.number);
            let Some(cells) = cells.map_err(|wrong| self.wrong(begun, wrong))? else { return Ok(None) };
            let is_empty = matches!(cells.as_slice(), [cell] if cell.text.is_empty() && !cell.is_quoted);
            let Some(columns) = self.columns.as_ref().filter(|_| !is_empty) else { continue };
            let text = columns.document(&cells).map_err(|failure| failure.at(format!("line {begun}")))?;
            return Ok(Some(Line { number: begun, bytes: text.into_bytes() }));
        }
    }

    fn wrong(&self, line: u64, wrong: Wrong) -> Failure {
        match wrong {
            Wrong::Unreadable(error) => Failure::file("read", &self.path, &error),
            Wrong::Form(what) => Failure::new(format!("line {line} {what}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_lines_count_and_are_passed_over() {
        let mut lines = Lines::of_text("a\n\n \r\nb\r\nc");
        let mut found = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            found.push((line.number, String::from_utf8(line.bytes).unwrap()));
        }
        assert_eq!(found, [(1, "a".into()), (4, "b".into()), (5, "c".into())]);
    }
}
