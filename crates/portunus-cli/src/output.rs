//! Where a command's words go: data to standard output, everything else to standard error. It knows nothing of stores.

use crate::failure::{Failure, Result};
use crate::table::Table;
use serde_json::Value as Json;
use std::io::{self, BufWriter, IsTerminal as _, StdoutLock, Write};

/// The output of one run.
pub struct Output {
    data: BufWriter<StdoutLock<'static>>,
    json: bool,
    quiet: bool,
}

impl Output {
    /// The output of this process.
    pub fn new(json: bool, quiet: bool) -> Self {
        Self { data: BufWriter::new(io::stdout().lock()), json, quiet }
    }

    /// Whether the reader is a program.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Whether standard error is a terminal that wants to be told how things go.
    pub fn shows_progress(&self) -> bool {
        !self.quiet && io::stderr().is_terminal()
    }

    /// One line of data.
    pub fn line(&mut self, line: &str) -> Result {
        writeln!(self.data, "{line}").map_err(|error| Failure::output(&error))
    }

    /// Whether standard output is a terminal, which is no place for bytes.
    pub fn is_terminal(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// Where bytes go that are more than fit in memory.
    pub fn sink(&mut self) -> &mut impl Write {
        &mut self.data
    }

    /// Data as it is.
    pub fn raw(&mut self, bytes: &[u8]) -> Result {
        self.data.write_all(bytes).map_err(|error| Failure::output(&error))
    }

    /// One JSON value on a line of its own.
    pub fn json(&mut self, value: &Json) -> Result {
        self.line(&value.to_string())
    }

    /// One JSON value for a program, or a table of it for people.
    pub fn value_or_table(&mut self, value: impl FnOnce() -> Json, table: impl FnOnce() -> Table) -> Result {
        if self.json { self.json(&value()) } else { self.table(&table()) }
    }

    /// The columns that a table has room for, if there is a terminal.
    pub fn width(&self) -> Option<usize> {
        terminal_width().map(usize::from)
    }

    /// A table that fits the terminal, if there is one.
    pub fn table(&mut self, table: &Table) -> Result {
        let drawn = table.draw(terminal_width());
        self.raw(drawn.as_bytes())
    }

    /// A remark for people, on standard error.
    pub fn note(&mut self, note: &str) {
        if !self.quiet {
            // In a terminal both are one text. What cannot be written now is tried again at the end, and told then.
            let _ = self.data.flush();
            tell(note);
        }
    }

    /// The outcome of a change: a JSON value for a program, a remark for people.
    pub fn done(&mut self, value: impl FnOnce() -> Json, note: &str) -> Result {
        if self.json {
            return self.json(&value());
        }
        self.note(note);
        Ok(())
    }

    /// Hands on what is still held back.
    pub fn finish(&mut self) -> Result {
        self.data.flush().map_err(|error| Failure::output(&error))
    }
}

/// Writes a line to standard error, if there is anybody to read it.
pub fn tell(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// The columns of the terminal that standard output is, if it is one.
fn terminal_width() -> Option<u16> {
    if !io::stdout().is_terminal() {
        return None;
    }
    terminal_size::terminal_size().map(|(width, _)| width.0)
}
