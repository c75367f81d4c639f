//! `backup` and `restore`: a whole store as one file, and a store from it. It knows nothing of what is in the file.

use crate::args::Common;
use crate::failure::{Failure, Result};
use crate::files::SecretFile;
use crate::output::Output;
use crate::progress::Progress;
use crate::session::Session;
use clap::Args;
use portunus::{BackupSummary, ErrorKind, Portunus};
use serde_json::{Value as Json, json};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

const STANDARD: &str = "-";

/// Write the whole store, of one moment, into a file. It takes an admin key of the root, as it was made
///
/// The file holds everything: the documents of all databases, passwords and secrets as hashes, and the store's own key. Whoever has
/// it has what is in the store, so only its owner can read it. `restore` makes a store of it again.
#[derive(Args)]
pub struct Backup {
    /// The new file; standard output if it is '-'
    target: PathBuf,
}

/// Make a store from a backup, verified to the last byte
///
/// It comes to its place whole or not at all, and nothing is overwritten. It takes no secret: the secrets of the store that the
/// backup is of open this one too, as they did then.
#[derive(Args)]
pub struct Restore {
    /// The backup; standard input if it is '-'
    backup: PathBuf,
    /// The file of the new store. There must be nothing at its place
    #[arg(long, value_name = "FILE", required_unless_present = "dry_run")]
    to: Option<PathBuf>,
    /// Only verify the backup, and make nothing
    #[arg(long)]
    dry_run: bool,
}

impl Backup {
    /// # Errors
    /// As the store's; a conflict if there is anything at the place of the file.
    pub fn run(self, common: &Common, output: &mut Output) -> Result {
        if self.target.as_os_str() == STANDARD {
            return to_output(common, output);
        }
        let session = Session::open(common)?;
        let file = SecretFile::create(&self.target)?;
        let failed = |error: &io::Error| Failure::file("write", &self.target, error);
        let summary = write(&session, file.file(), &progress(output, None, "backing up"), failed)?;
        file.file().sync_all().map_err(|error| failed(&error))?;
        file.keep()?;
        session.close()?;
        let value = || told(&summary, [("file", json!(self.target.display().to_string()))]);
        let records = summary.records;
        let note =
            format!("wrote {records} records into {}; it is as secret as the store", self.target.display());
        output.done(value, &note)
    }
}

impl Restore {
    /// # Errors
    /// Corrupt, with exit code 6, if the backup is; a conflict if there is anything at the place of the store.
    pub fn run(self, common: &Common, output: &mut Output) -> Result {
        if common.store.is_some() {
            return Err(Failure::usage(
                "this command makes a store: its file is named by --to, not by --store",
            ));
        }
        let (mut input, total) = self.open()?;
        let progress = progress(output, total, if self.dry_run { "verifying" } else { "restoring" });
        let mut input = Counted { inner: &mut input, progress: &progress, error: None };
        let done = match (self.dry_run, &self.to) {
            (false, Some(to)) => Portunus::restore(&mut input, to),
            (true, Some(to)) if to.symlink_metadata().is_ok() => Err(portunus::Error::AlreadyExists("store")),
            (_, _) => Portunus::verify_backup(&mut input),
        };
        let summary = done.map_err(|error| self.failure(error))?;
        drop(progress);
        let records = summary.records;
        let Some(to) = self.to.as_ref().filter(|_| !self.dry_run) else {
            let value = || told(&summary, [("dry_run", json!(true))]);
            return output.done(value, &format!("the backup is whole: {records} records"));
        };
        let value =
            || told(&summary, [("dry_run", json!(false)), ("store", json!(to.display().to_string()))]);
        output.done(value, &format!("made {} of {records} records", to.display()))
    }

    /// The backup, and how many bytes it has if that can be known.
    fn open(&self) -> Result<(Box<dyn Read>, Option<u64>)> {
        if self.backup.as_os_str() == STANDARD {
            return Ok((Box::new(io::stdin().lock()), None));
        }
        let failed = |error: io::Error| Failure::file("read", &self.backup, &error);
        let file = File::open(&self.backup).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Err(failed(io::ErrorKind::IsADirectory.into()));
        }
        Ok((Box::new(file), metadata.is_file().then_some(metadata.len())))
    }

    fn failure(&self, error: portunus::Error) -> Failure {
        let kind = error.kind();
        let to = self.to.as_deref().unwrap_or(Path::new(STANDARD));
        match kind {
            ErrorKind::AlreadyExists => Failure::already_exists("there is something of that name already")
                .at(to.display())
                .hint("nothing is overwritten: name another file with --to"),
            ErrorKind::NotFound => Failure::not_found("folder").at(to.display()),
            ErrorKind::Version => Failure::from(error)
                .at(self.backup.display())
                .hint("`portunus backup FILE` writes what this reads"),
            ErrorKind::Corrupt => Failure::from(error)
                .at(self.backup.display())
                .hint("nothing was made; take another copy of it, or an older backup"),
            _ => error.into(),
        }
    }
}

fn to_output(common: &Common, output: &mut Output) -> Result {
    if output.is_terminal() {
        let hint = "name a file, or send the output to another program";
        return Err(Failure::usage("a backup is nothing to read on a terminal").hint(hint));
    }
    let session = Session::open(common)?;
    let progress = progress(output, None, "backing up");
    let summary = write(&session, output.sink(), &progress, Failure::output)?;
    output.finish()?;
    session.close()?;
    drop(progress);
    output.note(&format!("wrote {} records; they are as secret as the store", summary.records));
    Ok(())
}

/// Writes a backup, and says with `failed` what became of a sink that failed.
fn write(
    session: &Session,
    sink: impl Write,
    progress: &Progress,
    failed: impl FnOnce(&io::Error) -> Failure,
) -> Result<BackupSummary> {
    let mut sink = Counted { inner: sink, progress, error: None };
    let written = session.begin_read()?.backup(&mut sink);
    match sink.error {
        Some(kind) => Err(failed(&kind.into())),
        None => Ok(written?),
    }
}

fn progress(output: &Output, total: Option<u64>, what: &str) -> Progress {
    let progress = Progress::bytes(output, total);
    progress.say(what);
    progress
}

fn told<const N: usize>(summary: &BackupSummary, more: [(&str, Json); N]) -> Json {
    let BackupSummary { records, bytes, digest, .. } = summary;
    let told = [("records", json!(records)), ("bytes", json!(bytes)), ("digest", json!(digest))];
    more.into_iter().chain(told).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// What goes through is counted, and what fails is remembered.
struct Counted<'p, I> {
    inner: I,
    progress: &'p Progress,
    error: Option<io::ErrorKind>,
}

impl<I> Counted<'_, I> {
    fn count(&mut self, moved: io::Result<usize>) -> io::Result<usize> {
        match &moved {
            Ok(bytes) => self.progress.add(u64::try_from(*bytes).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => self.error = Some(error.kind()),
        }
        moved
    }
}

impl<W: Write> Write for Counted<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes);
        self.count(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush().inspect_err(|error| self.error = Some(error.kind()))
    }
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into);
        self.count(read)
    }
}
