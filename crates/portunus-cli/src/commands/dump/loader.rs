//! A dump on its way into a database: line by line, documents in batches. It knows nothing of how one is written.

use super::Load;
use super::line::{Counts, DumpLine, FORMAT};
use crate::commands::import::batch::{BATCH_BYTES_MAX, Batch, Existing, Stored};
use crate::commands::import::lines::{Line, Lines};
use crate::commands::index;
use crate::document_json::LineForm;
use crate::failure::{Failure, Result};
use crate::output::{Output, tell};
use crate::progress::Progress;
use crate::session::Session;
use portunus::{Collection, Extent, Fate, RoleSet};
use serde_json::json;
use std::path::Path;

/// The most documents of a batch.
const BATCH_DOCUMENTS_MAX: usize = 1_000;

/// The most wrong lines that are told one by one.
const PROBLEMS_MAX: usize = 20;

/// A load that is under way.
pub(super) struct Loader {
    session: Session,
    existing: Existing,
    dry_run: bool,
    /// What a trial has met, and the next trial has to define again.
    met: Vec<Collection>,
    /// Documents that wait for their batch, and the collection of all of them.
    waiting: Vec<Line>,
    waiting_bytes: usize,
    collection: String,
    counts: Counts,
    stored: Stored,
    /// The last line of which it is settled that it is stored, or need not be.
    last_line: u64,
    wrong: usize,
}

impl Loader {
    pub(super) fn new(session: Session, load: &Load) -> Self {
        let existing = match (load.resume, load.replace) {
            (true, _) => Existing::Skip,
            (false, true) => Existing::Replace,
            (false, false) => Existing::Refuse,
        };
        Self {
            session,
            existing,
            dry_run: load.dry_run,
            met: Vec::new(),
            waiting: Vec::new(),
            waiting_bytes: 0,
            collection: String::new(),
            counts: Counts::default(),
            stored: Stored::default(),
            last_line: 0,
            wrong: 0,
        }
    }

    /// # Errors
    /// As the store's; a failure with the numbers of the wrong lines.
    pub(super) fn run(mut self, input: Option<&Path>, output: &mut Output) -> Result {
        let mut lines = input.map_or_else(|| Ok(Lines::of_stdin()), Lines::open)?;
        let progress = Progress::bytes(output, lines.total_bytes());
        progress.say(if self.dry_run { "trying" } else { "loading" });
        let done = self.lines(&mut lines, &progress, output);
        drop(progress);
        done.map_err(|failure| self.cut(failure))?;
        self.report(output)
    }

    fn lines(&mut self, lines: &mut Lines, progress: &Progress, output: &Output) -> Result {
        let mut is_whole = false;
        while let Some(line) = lines.next()? {
            progress.add(u64::try_from(line.bytes.len()).unwrap_or_default() + 1);
            let number = line.number;
            let at = |failure: Failure| failure.at(format!("line {number}"));
            let text =
                std::str::from_utf8(&line.bytes).map_err(|_| at(Failure::new("is no text in UTF-8")))?;
            let read = DumpLine::read(text).map_err(at)?;
            match (read, number) {
                _ if is_whole => return Err(at(Failure::new("is behind the end of the dump"))),
                (DumpLine::Dump(FORMAT), 1) => {}
                (DumpLine::Dump(_), 1) => {
                    return Err(Failure::new("the dump has a format that this program does not know"));
                }
                (DumpLine::Dump(_), _) | (_, 1) => {
                    return Err(at(Failure::new("a dump begins with its format, once")));
                }
                (DumpLine::Define(stated), _) => self.define(&stated, output).map_err(at)?,
                (DumpLine::Document(document), _) => {
                    let bytes = document.line.get().as_bytes().to_vec();
                    self.document(document.collection, Line { number, bytes })?;
                }
                (DumpLine::Roles(set), _) => self.roles(&set).map_err(at)?,
                (DumpLine::End(counts), _) => {
                    self.flush()?;
                    is_whole = true;
                    if counts != self.counts && self.wrong == 0 {
                        return Err(at(Failure::new("the dump does not hold what its end says")));
                    }
                }
            }
            if self.wrong > 0 && !self.dry_run {
                return Ok(());
            }
        }
        if is_whole {
            return Ok(());
        }
        self.flush()?;
        Err(Failure::new("the dump ends too early").hint("take another copy of it, and go on with --resume"))
    }

    fn define(&mut self, stated: &Collection, output: &Output) -> Result {
        self.flush()?;
        self.counts.collections += 1;
        let found = self.session.read(|tx| tx.collection(stated.name()))?;
        if found.as_ref().is_some_and(|found| found != stated) && self.existing != Existing::Replace {
            return Err(Failure::already_exists(format!(
                "the collection {} is there with another definition",
                stated.name()
            ))
            .hint("--replace changes it to that of the dump"));
        }
        if self.dry_run {
            self.met.push(stated.clone());
            let mut tx = self.session.begin_write()?;
            return Ok(self.met.iter().try_for_each(|met| tx.define(met))?);
        }
        if found.as_ref() != Some(stated) {
            self.session.write(|tx| tx.define(stated))?;
            index::build(&self.session, stated.name(), output)?;
        }
        Ok(())
    }

    fn document(&mut self, collection: String, line: Line) -> Result {
        let is_full = self.waiting.len() >= BATCH_DOCUMENTS_MAX || self.waiting_bytes >= BATCH_BYTES_MAX;
        if is_full || collection != self.collection {
            self.flush()?;
            self.collection = collection;
        }
        self.counts.documents += 1;
        self.waiting_bytes += line.bytes.len();
        self.waiting.push(line);
        Ok(())
    }

    /// Stores the documents that wait.
    fn flush(&mut self) -> Result {
        let batch = Batch::of(std::mem::take(&mut self.waiting));
        self.waiting_bytes = 0;
        let Some(last) = batch.last_line() else { return Ok(()) };
        let (form, collection) = (&LineForm::Exported, &self.collection);
        let stored = if self.dry_run {
            let mut tx = self.session.begin_write()?;
            self.met.iter().try_for_each(|met| tx.define(met))?;
            batch.attempt(&mut tx, collection, form, self.existing)?
        } else {
            batch.store(&self.session, collection, form, self.existing, false)?
        };
        match stored {
            Ok(stored) => {
                self.stored.add(stored);
                self.last_line = last;
            }
            Err(problems) => {
                for (line, problem) in &problems {
                    if self.wrong < PROBLEMS_MAX {
                        tell(&format!("line {line}: {problem}"));
                    }
                    self.wrong += 1;
                }
            }
        }
        Ok(())
    }

    fn roles(&mut self, set: &RoleSet) -> Result {
        self.flush()?;
        if self.wrong > 0 && !self.dry_run {
            return Ok(());
        }
        let changes = self.session.read(|tx| tx.compare_roles(set, Extent::Named))?;
        let altered = changes.iter().find(|change| change.fate == Fate::Altered);
        if let Some(change) = altered.filter(|_| self.existing != Existing::Replace) {
            return Err(Failure::already_exists(format!(
                "the {} is there, and is another one",
                change.entry
            ))
            .hint("--replace changes it to that of the dump"));
        }
        if self.dry_run {
            let mut tx = self.session.begin_write()?;
            self.met.iter().try_for_each(|met| tx.define(met))?;
            tx.apply_roles(set, Extent::Named)?;
        } else if !changes.is_empty() {
            self.session.write(|tx| tx.apply_roles(set, Extent::Named))?;
        }
        Ok(())
    }

    /// A failure in the middle of a load, with how far it had come.
    fn cut(&self, failure: Failure) -> Failure {
        match (self.last_line, self.dry_run) {
            (0, _) | (_, true) => failure,
            (line, false) => failure.at(format!("documents up to line {line} are stored, then")),
        }
    }

    fn report(self, output: &mut Output) -> Result {
        let Stored { created, replaced, skipped } = self.stored;
        let (wrong, dry_run, collections) = (self.wrong, self.dry_run, self.counts.collections);
        self.session.close()?;
        if output.is_json() {
            output.json(&json!({
                "collections": collections, "created": created, "replaced": replaced, "skipped": skipped,
                "wrong": wrong, "last_line": self.last_line, "dry_run": dry_run,
            }))?;
        }
        let so_far = format!("{created} created, {replaced} replaced, {skipped} skipped");
        match (wrong, dry_run) {
            (0, _) if output.is_json() => Ok(()),
            (0, true) => {
                output.note(&format!("every line is right: {so_far}, if it were no trial"));
                Ok(())
            }
            (0, false) => {
                output.note(&so_far);
                Ok(())
            }
            (_, true) => Err(Failure::new(format!("lines that are wrong: {wrong}; nothing was stored"))),
            (_, false) => Err(Failure::new(format!(
                "lines that are wrong: {wrong}; documents up to line {} are stored ({so_far})",
                self.last_line
            ))
            .hint("put the lines right, and run it again with --resume, which skips what is there already")),
        }
    }
}
