//! `export`: all documents of a collection as JSON Lines, or as a table, from one state of the store. It knows nothing of imports.

use crate::args::Common;
use crate::csv::{at, cell_of, record_line};
use crate::document_json::{LineForm, value_json};
use crate::failure::{Failure, Result};
use crate::output::Output;
use crate::progress::Progress;
use crate::session::Session;
use clap::Args;
use portunus::{DocumentRef, ReadView};
use portunus_wire::document_line;
use serde_json::json;
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, BufWriter, Seek as _, SeekFrom, Write};
use std::ops::{Bound, ControlFlow};
use std::path::{Path, PathBuf};

/// Write all documents of a collection as JSON Lines, or as a table, from one state of the store
///
/// Each line has the id, the expiry if there is one, and the value, of which bytes and instants are kept as
/// {"$bytes": …} and {"$timestamp": …}. `import` reads such lines.
#[derive(Args)]
pub struct Export {
    /// The collection
    collection: String,
    /// The file to write; standard output if it is '-' or left out
    target: Option<PathBuf>,
    /// Go on with a file that an export began: behind its last whole line
    #[arg(long, requires = "target")]
    resume: bool,
    /// Write a table of comma-separated values instead: the id, and the fields that --columns names or the collection declares
    #[arg(long, conflicts_with = "resume")]
    csv: bool,
    /// The fields of the table, as in origin,dest.city
    #[arg(long, value_name = "FIELDS", requires = "csv", value_delimiter = ',')]
    columns: Vec<String>,
    /// Only say how many documents would be written
    #[arg(long)]
    dry_run: bool,
}

impl Export {
    /// # Errors
    /// As the store's; a conflict if the file exists and is not to be gone on with.
    pub fn run(self, common: &Common, output: &mut Output) -> Result {
        let session = Session::open(common)?;
        let view = session.begin_read()?;
        if self.dry_run {
            let count = view.query(&self.collection).count()?;
            return output.done(|| json!({"documents": count}), &format!("would write {count} documents"));
        }
        let form = self.form(&view)?;
        match self.target.as_deref().filter(|path| path.as_os_str() != "-") {
            None => self.to_output(&view, &form, output),
            Some(path) => self.to_file(&view, &form, path, output),
        }
    }

    fn form(&self, view: &ReadView) -> Result<Form> {
        if !self.csv {
            return Ok(Form::Lines);
        }
        let mut columns = self.columns.clone();
        if columns.is_empty() {
            let stated =
                view.collection(&self.collection)?.ok_or_else(|| Failure::not_found("collection"))?;
            columns.extend(stated.fields().iter().map(|field| field.path().to_owned()));
        }
        if columns.is_empty() {
            let hint = "name the fields that you want with --columns";
            return Err(Failure::usage("the collection declares no fields that could be columns").hint(hint));
        }
        Ok(Form::Table(columns))
    }

    fn to_output(&self, view: &ReadView, form: &Form, output: &mut Output) -> Result {
        form.header().map_or(Ok(()), |header| output.line(&header))?;
        each(view, &self.collection, None, |document| output.line(&form.line(document)?))
    }

    fn to_file(&self, view: &ReadView, form: &Form, path: &Path, output: &mut Output) -> Result {
        let (file, after) = if self.resume { resumed(path)? } else { (created(path)?, None) };
        let progress = Progress::steps(output, None);
        progress.say("exporting");
        let mut written = 0_u64;
        let mut sink = BufWriter::new(&file);
        let failed = |error| Failure::file("write", path, &error);
        form.header().map_or(Ok(()), |header| writeln!(sink, "{header}")).map_err(failed)?;
        each(view, &self.collection, after.as_deref(), |document| {
            written += 1;
            progress.add(1);
            let line = form.line(document)?;
            writeln!(sink, "{line}").map_err(failed)
        })?;
        let flushed = sink.flush().and_then(|()| file.sync_all());
        flushed.map_err(failed)?;
        drop(progress);
        let value = || json!({"documents": written, "file": path.display().to_string()});
        output.done(value, &format!("wrote {written} documents into {}", path.display()))
    }
}

/// The form that documents are written in.
enum Form {
    /// A line of JSON for each.
    Lines,
    /// A record of a table for each, with their ids and these fields.
    Table(Vec<String>),
}

impl Form {
    fn header(&self) -> Option<String> {
        let Self::Table(columns) = self else { return None };
        let names = std::iter::once("id").chain(columns.iter().map(String::as_str));
        Some(record_line(names.map(|name| cell_of(Some(&name.into())))))
    }

    fn line(&self, document: DocumentRef<'_>) -> Result<String> {
        let Self::Table(columns) = self else { return Ok(document_line(document)?) };
        let value = value_json(&document.value())?;
        let cells = columns.iter().map(|path| cell_of(at(&value, path)));
        Ok(record_line(std::iter::once(cell_of(Some(&document.id().into()))).chain(cells)))
    }
}

/// Calls `visit` with every document behind an id, in the order of their ids.
fn each(
    view: &ReadView,
    collection: &str,
    after: Option<&str>,
    mut visit: impl FnMut(DocumentRef<'_>) -> Result,
) -> Result {
    let mut query = view.query(collection);
    if let Some(after) = after {
        query = query.ids((Bound::Excluded(after), Bound::Unbounded));
    }
    query.for_each(|document| visit(document).map(|()| ControlFlow::Continue(())))
}

fn created(path: &Path) -> Result<File> {
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    file.map_err(|error| {
        Failure::file("create", path, &error).hint("--resume goes on with a file that an export began")
    })
}

/// Opens a file that was begun, cuts off what is no whole line, and finds the last document that it has.
fn resumed(path: &Path) -> Result<(File, Option<String>)> {
    let failed = |error: std::io::Error| Failure::file("go on with", path, &error);
    let mut file = OpenOptions::new().read(true).write(true).open(path).map_err(failed)?;
    let mut lines = BufReader::new(&file);
    let (mut whole_bytes, mut last) = (0_u64, None);
    loop {
        let mut line = Vec::new();
        let read = lines.read_until(b'\n', &mut line).map_err(failed)?;
        if read == 0 || line.last() != Some(&b'\n') {
            break;
        }
        whole_bytes += u64::try_from(read).unwrap_or_default();
        last = Some(line);
    }
    let last = last.map(|line| last_id(&line)).transpose().map_err(|failure| failure.at(path.display()))?;
    file.set_len(whole_bytes).and_then(|()| file.seek(SeekFrom::End(0))).map_err(failed)?;
    Ok((file, last))
}

fn last_id(line: &[u8]) -> Result<String> {
    let text = std::str::from_utf8(line).map_err(|_| Failure::new("its last line is no text"))?;
    let read =
        LineForm::Exported.read(text).map_err(|_| Failure::new("its last line is no line of an export"))?;
    read.id.ok_or_else(|| Failure::new("its last line has no id"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_goes_on_behind_its_last_whole_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.jsonl");
        let check = |text: &str, kept: &str, after: Option<&str>| {
            std::fs::write(&path, text).unwrap();
            let (_, last) = resumed(&path).unwrap();
            assert_eq!((std::fs::read_to_string(&path).unwrap().as_str(), last.as_deref()), (kept, after));
        };
        let line = "{\"id\":\"a\",\"value\":{}}\n";
        check("", "", None);
        check(line, line, Some("a"));
        check(&format!("{line}{{\"id\":\"b\",\"va"), line, Some("a"));
        std::fs::write(&path, "another file\n").unwrap();
        assert!(resumed(&path).is_err());
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            "another file\n",
            "a foreign file stays as it is"
        );
    }
}
