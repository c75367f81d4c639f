//! `import`: JSON Lines into a collection, batch by batch. Each batch is one transaction: it is there whole or not at all.
//! It knows nothing of where the lines come from but their numbers.

pub mod batch;
mod columns;
pub mod lines;

use crate::args::Common;
use crate::document_json::LineForm;
use crate::failure::{Failure, Result};
use crate::output::{Output, tell};
use crate::progress::Progress;
use crate::session::Session;
use batch::{Batch, Existing, Stored};
use clap::Args;
use lines::{Line, Lines};
use serde_json::json;
use std::path::PathBuf;

/// The most wrong lines that are told one by one.
const PROBLEMS_MAX: usize = 20;

/// Read JSON Lines, or a table, into a collection
///
/// Lines have the form that `export` writes, unless --id-field or --new-ids says that they are the documents themselves.
/// They are stored in batches, each one whole or not at all: nothing is stored from the batch of the first wrong line on,
/// and --resume goes on from there once the line is right.
#[derive(Args)]
pub struct Import {
    /// The collection
    collection: String,
    /// The file to read; standard input if it is '-'
    input: PathBuf,
    /// The lines are documents, with their id in this member, which is taken out
    #[arg(long, value_name = "MEMBER")]
    id_field: Option<String>,
    /// The lines are documents, for which the engine makes ids
    #[arg(long, conflicts_with_all = ["id_field", "resume", "replace"])]
    new_ids: bool,
    /// The input is a table of comma-separated values, whose first line names the fields. Cells have the types that the collection
    /// declares, and else are text; an empty one is nothing. The id is in the column 'id', unless --id-field names another
    #[arg(long)]
    csv: bool,
    /// Skip documents whose ids are there already, as after an import that was cut
    #[arg(long)]
    resume: bool,
    /// Replace documents whose ids are there already
    #[arg(long, conflicts_with = "resume")]
    replace: bool,
    /// The most documents of a batch
    #[arg(long, value_name = "NUMBER", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    batch: u32,
    /// Try every line, and store nothing
    #[arg(long)]
    dry_run: bool,
}

/// The column of a table that has the ids, unless another is named.
const ID_COLUMN: &str = "id";

/// What an import has done so far.
#[derive(Default)]
struct Tally {
    stored: Stored,
    /// The last line of which it is settled that it is stored, or need not be.
    last_line: u64,
    wrong: usize,
}

impl Import {
    /// # Errors
    /// As the store's; a failure with the numbers of the wrong lines.
    pub fn run(self, common: &Common, output: &mut Output) -> Result {
        let from_input = self.input.as_os_str() == "-";
        if from_input && common.secret_file.as_ref().is_some_and(|path| path.as_os_str() == "-") {
            return Err(Failure::usage("standard input cannot hold both the secret and the documents"));
        }
        let mut lines = if from_input { Lines::of_stdin() } else { Lines::open(&self.input)? };
        let session = Session::open(common)?;
        if self.csv {
            let stated = session.read(|tx| tx.collection(&self.collection))?;
            lines = lines.of_table(stated.as_ref())?;
        }
        let progress = Progress::bytes(output, lines.total_bytes());
        progress.say(if self.dry_run { "trying" } else { "importing" });
        let tally = self.batches(&session, &mut lines, &progress);
        drop(progress);
        let tally = tally?;
        session.close()?;
        self.report(&tally, output)
    }

    fn batches(&self, session: &Session, lines: &mut Lines, progress: &Progress) -> Result<Tally> {
        let form = self.form();
        let mut tally = Tally::default();
        loop {
            let batch = Batch::read(lines, self.batch, |bytes| progress.add(bytes))?;
            let Some(last) = batch.last_line() else { return Ok(tally) };
            let stored = batch.store(session, &self.collection, &form, self.existing(), self.dry_run);
            match stored.map_err(|failure| self.cut(failure, &tally))? {
                Ok(stored) => {
                    tally.stored.add(stored);
                    tally.last_line = last;
                }
                Err(problems) => {
                    for (line, problem) in &problems {
                        if tally.wrong < PROBLEMS_MAX {
                            tell(&format!("line {line}: {problem}"));
                        }
                        tally.wrong += 1;
                    }
                    // A trial goes on to the end, to name all that is wrong at once.
                    if !self.dry_run {
                        return Ok(tally);
                    }
                }
            }
        }
    }

    fn report(&self, tally: &Tally, output: &mut Output) -> Result {
        let Stored { created, replaced, skipped } = tally.stored;
        let value = json!({
            "created": created, "replaced": replaced, "skipped": skipped,
            "wrong": tally.wrong, "last_line": tally.last_line, "dry_run": self.dry_run,
        });
        if output.is_json() {
            output.json(&value)?;
        }
        let so_far = format!("{created} created, {replaced} replaced, {skipped} skipped");
        if tally.wrong == 0 {
            if !output.is_json() {
                output.note(&if self.dry_run {
                    format!("every line is right: {so_far}, if it were no trial")
                } else {
                    so_far
                });
            }
            return Ok(());
        }
        let wrong = if tally.wrong == 1 {
            "one line is wrong".to_owned()
        } else {
            format!("{} lines are wrong", tally.wrong)
        };
        if self.dry_run {
            return Err(Failure::new(format!("{wrong}; nothing was stored")));
        }
        let failure = Failure::new(match tally.last_line {
            0 => format!("{wrong}; nothing was stored"),
            line => format!("{wrong}; nothing behind line {line} was stored ({so_far})"),
        });
        let again = "put the lines right, and run it again with --resume, which skips what is there already";
        Err(if self.new_ids { failure } else { failure.hint(again) })
    }

    /// A failure of the store in the middle of an import, with how far it had come.
    fn cut(&self, failure: Failure, tally: &Tally) -> Failure {
        if tally.last_line == 0 || self.dry_run {
            return failure;
        }
        failure.at(format!("stored up to line {}, then", tally.last_line))
    }

    fn form(&self) -> LineForm {
        match (&self.id_field, self.new_ids) {
            (Some(field), _) => LineForm::IdField(field.clone()),
            (None, true) => LineForm::NewIds,
            (None, false) if self.csv => LineForm::IdField(ID_COLUMN.into()),
            (None, false) => LineForm::Exported,
        }
    }

    fn existing(&self) -> Existing {
        match (self.resume, self.replace) {
            (true, _) => Existing::Skip,
            (false, true) => Existing::Replace,
            (false, false) => Existing::Refuse,
        }
    }
}
