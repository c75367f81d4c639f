//! The lines of an input, with their numbers. It knows nothing of what is in them.

use crate::failure::{Failure, Result};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};

/// The most bytes of a line: a document of the greatest size, with room for escapes.
const LINE_BYTES_MAX: u64 = 64 << 20;

/// A line that is not empty.
pub(super) struct Line {
    /// Counted from 1.
    pub number: u64,
    /// Its bytes, without its end.
    pub bytes: Vec<u8>,
}

/// The lines of an input.
pub(super) struct Lines {
    source: Box<dyn BufRead>,
    path: PathBuf,
    total_bytes: Option<u64>,
    number: u64,
}

impl Lines {
    /// # Errors
    /// If the file cannot be read.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let failed = |error: io::Error| Failure::file("read", path, &error);
        let file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Err(Failure::new(format!("cannot read {}: it is a folder", path.display())));
        }
        let total_bytes = metadata.is_file().then_some(metadata.len());
        Ok(Self { source: Box::new(BufReader::new(file)), path: path.into(), total_bytes, number: 0 })
    }

    pub(super) fn of_stdin() -> Self {
        let source = Box::new(BufReader::new(io::stdin()));
        Self { source, path: "standard input".into(), total_bytes: None, number: 0 }
    }

    #[cfg(test)]
    pub(super) fn of_text(text: &str) -> Self {
        let source = Box::new(io::Cursor::new(text.to_owned().into_bytes()));
        Self { source, path: "text".into(), total_bytes: None, number: 0 }
    }

    /// How many bytes there are, if that can be known.
    pub(super) fn total_bytes(&self) -> Option<u64> {
        self.total_bytes
    }

    /// The next line that is not empty.
    ///
    /// # Errors
    /// If the input cannot be read, or a line is longer than any document.
    pub(super) fn next(&mut self) -> Result<Option<Line>> {
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
