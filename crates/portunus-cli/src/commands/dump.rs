//! `dump` and `load`: a database as lines of JSON, definitions and roles included, and into a database again. It knows nothing of
//! backups, which are of a whole store and know its secrets.

mod line;
mod loader;

use crate::args::Common;
use crate::failure::{Failure, Result};
use crate::files::create_private;
use crate::output::Output;
use crate::progress::Progress;
use crate::session::Session;
use clap::Args;
use line::{Counts, DumpLine, document_line};
use loader::Loader;
use portunus::ReadView;
use serde_json::json;
use std::io::{BufWriter, Write as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

const STANDARD: &str = "-";

/// Write a database as JSON Lines: its collections, documents, predicates and roles, from one state of the store
///
/// It is what the secret may see of one database, without those below. Secrets are not in it, nor passwords, tokens, providers,
/// procedures or audit logs: `backup` keeps everything. `load` reads it.
#[derive(Args)]
pub struct Dump {
    /// The new file; standard output if it is '-' or left out
    target: Option<PathBuf>,
    /// Only definitions and roles, without documents
    #[arg(long)]
    definitions: bool,
}

/// Read what `dump` wrote into a database
///
/// Collections and roles that are there already must be the same, and documents must not be there, unless --resume or --replace
/// says otherwise. Documents are stored in batches, each one whole or not at all.
#[derive(Args)]
pub struct Load {
    /// The file to read; standard input if it is '-'
    input: PathBuf,
    /// Skip documents whose ids are there already, as after a load that was cut
    #[arg(long)]
    resume: bool,
    /// Replace definitions, roles and documents that are there already and differ
    #[arg(long, conflicts_with = "resume")]
    replace: bool,
    /// Try every line, and store nothing
    #[arg(long)]
    dry_run: bool,
}

impl Dump {
    /// # Errors
    /// As the store's; a conflict if there is anything at the place of the file.
    pub fn run(self, common: &Common, output: &mut Output) -> Result {
        let session = Session::open(common)?;
        let view = session.begin_read()?;
        match self.target.as_deref().filter(|path| path.as_os_str() != STANDARD) {
            None => self.lines(&view, &mut |line| output.line(line)).map(drop),
            Some(path) => self.to_file(&view, path, output),
        }
    }

    fn to_file(&self, view: &ReadView, path: &Path, output: &mut Output) -> Result {
        let file = create_private(path)?;
        let progress = Progress::steps(output, None);
        progress.say("dumping");
        let mut sink = BufWriter::new(&file);
        let counts = self.lines(view, &mut |line| {
            progress.add(1);
            writeln!(sink, "{line}").map_err(|error| Failure::file("write", path, &error))
        })?;
        let flushed = sink.flush().and_then(|()| file.sync_all());
        flushed.map_err(|error| Failure::file("write", path, &error))?;
        drop(progress);
        let Counts { collections, documents } = counts;
        let value = || json!({"collections": collections, "documents": documents, "file": path.display().to_string()});
        let note =
            format!("wrote {collections} collections and {documents} documents into {}", path.display());
        output.done(value, &note)
    }

    /// Writes all lines, and tells what was in them.
    fn lines(&self, view: &ReadView, write: &mut dyn FnMut(&str) -> Result) -> Result<Counts> {
        let mut counts = Counts::default();
        write(&DumpLine::Dump(line::FORMAT).text()?)?;
        let collections = view.collections()?;
        for stated in &collections {
            write(&DumpLine::Define(Box::new(stated.clone())).text()?)?;
            counts.collections += 1;
        }
        for stated in collections.iter().filter(|_| !self.definitions) {
            view.query(stated.name()).for_each(|document| {
                counts.documents += 1;
                write(&document_line(stated.name(), &portunus_wire::document_line(document)?))?;
                Ok::<_, Failure>(ControlFlow::Continue(()))
            })?;
        }
        write(&DumpLine::Roles(Box::new(view.role_set()?)).text()?)?;
        write(&DumpLine::End(counts).text()?)?;
        Ok(counts)
    }
}

impl Load {
    /// # Errors
    /// As the store's; a failure with the numbers of the wrong lines.
    pub fn run(self, common: &Common, output: &mut Output) -> Result {
        let from_input = self.input.as_os_str() == STANDARD;
        if from_input && common.secret_file.as_ref().is_some_and(|path| path.as_os_str() == STANDARD) {
            return Err(Failure::usage("standard input cannot hold both the secret and the documents"));
        }
        let input = Some(&self.input).filter(|_| !from_input);
        Loader::new(Session::open(common)?, &self).run(input.map(PathBuf::as_path), output)
    }
}
