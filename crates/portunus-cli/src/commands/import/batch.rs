//! One batch of an import: one transaction, stored whole or not at all. It knows nothing of the other batches.

use super::{Line, Lines};
use crate::document_json::{Incoming, LineForm};
use crate::failure::{Failure, Result};
use crate::session::Session;
use portunus::{ErrorKind, Expiry, WriteView};

/// The bytes of lines after which a batch is full, so that it stays far below the limit of a transaction.
pub const BATCH_BYTES_MAX: usize = 2 << 20;

/// Lines that are stored together.
pub struct Batch(Vec<Line>);

/// What happens to documents whose ids are there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// They stay, and the line is wrong.
    Refuse,
    /// They stay, and the line is passed over.
    Skip,
    /// They are replaced.
    Replace,
}

/// What became of the lines of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    pub created: u64,
    pub replaced: u64,
    pub skipped: u64,
}

/// The numbers of wrong lines, and what is wrong with them.
pub type Problems = Vec<(u64, String)>;

impl Stored {
    pub fn add(&mut self, other: Self) {
        self.created += other.created;
        self.replaced += other.replaced;
        self.skipped += other.skipped;
    }
}

impl Batch {
    /// Reads up to `documents_max` lines, and calls `progress` with the bytes of each.
    ///
    /// # Errors
    /// If the input cannot be read.
    pub fn read(lines: &mut Lines, documents_max: u32, progress: impl Fn(u64)) -> Result<Self> {
        let documents_max = usize::try_from(documents_max).unwrap_or(usize::MAX);
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while batch.len() < documents_max && bytes < BATCH_BYTES_MAX {
            let Some(line) = lines.next()? else { break };
            bytes += line.bytes.len();
            progress(u64::try_from(line.bytes.len()).unwrap_or_default() + 1);
            batch.push(line);
        }
        Ok(Self(batch))
    }

    /// A batch of these.
    pub fn of(lines: Vec<Line>) -> Self {
        Self(lines)
    }

    /// The number of the last line, if there is one.
    pub fn last_line(&self) -> Option<u64> {
        self.0.last().map(|line| line.number)
    }

    /// Stores the batch if every line is right, and else tells which are not.
    ///
    /// # Errors
    /// What is no line's fault.
    pub fn store(
        &self,
        session: &Session,
        collection: &str,
        form: &LineForm,
        existing: Existing,
        dry_run: bool,
    ) -> Result<Result<Stored, Problems>> {
        if dry_run {
            return self.attempt(&mut session.begin_write()?, collection, form, existing);
        }
        let (incoming, mut problems) = self.parse(form);
        if !problems.is_empty() {
            // What the store would say to the others is worth knowing at the same time.
            put_all(&mut session.begin_write()?, collection, &incoming, existing, &mut problems)?;
            return Ok(Err(in_order(problems)));
        }
        // A run that finds wrong lines is ended by an error of our own, so that nothing of it is committed.
        let stored = session.write(|tx| {
            problems.clear();
            let stored = put_all(tx, collection, &incoming, existing, &mut problems)?;
            if problems.is_empty() { Ok(stored) } else { Err(portunus::Error::application("wrong lines")) }
        });
        match stored {
            Err(_) if !problems.is_empty() => Ok(Err(in_order(problems))),
            stored => stored.map(Ok),
        }
    }

    /// Puts the batch into a transaction that will not be committed, and tells which lines are wrong.
    ///
    /// # Errors
    /// What is no line's fault.
    pub fn attempt(
        &self,
        tx: &mut WriteView,
        collection: &str,
        form: &LineForm,
        existing: Existing,
    ) -> Result<Result<Stored, Problems>> {
        let (incoming, mut problems) = self.parse(form);
        let stored = put_all(tx, collection, &incoming, existing, &mut problems)?;
        Ok(if problems.is_empty() { Ok(stored) } else { Err(in_order(problems)) })
    }

    fn parse(&self, form: &LineForm) -> (Vec<(u64, Incoming)>, Problems) {
        let (mut incoming, mut problems) = (Vec::new(), Vec::new());
        for line in &self.0 {
            let text = std::str::from_utf8(&line.bytes).map_err(|_| Failure::new("is no text in UTF-8"));
            match text.and_then(|text| form.read(text)) {
                Ok(document) => incoming.push((line.number, document)),
                Err(failure) => problems.push((line.number, failure.one_line())),
            }
        }
        (incoming, problems)
    }
}

fn in_order(mut problems: Problems) -> Problems {
    problems.sort_by_key(|(line, _)| *line);
    problems
}

fn put_all(
    tx: &mut WriteView,
    collection: &str,
    incoming: &[(u64, Incoming)],
    existing: Existing,
    problems: &mut Problems,
) -> portunus::Result<Stored> {
    let mut stored = Stored::default();
    for (line, document) in incoming {
        match put(tx, collection, document, existing) {
            Ok(one) => stored.add(one),
            Err(error) if is_of_the_line(error.kind()) => problems.push((*line, error.to_string())),
            Err(error) => return Err(error),
        }
    }
    Ok(stored)
}

fn put(
    tx: &mut WriteView,
    collection: &str,
    document: &Incoming,
    existing: Existing,
) -> portunus::Result<Stored> {
    // What has expired since it was exported is not there any more.
    if document.expires_at.is_some_and(|at| at <= tx.now()) {
        return Ok(Stored { skipped: 1, ..Stored::default() });
    }
    let expiry = document.expires_at.map_or(Expiry::Unchanged, Expiry::At);
    if let (Some(id), Existing::Skip | Existing::Replace) = (&document.id, existing)
        && tx.exists(collection, id)?
    {
        if existing == Existing::Skip {
            return Ok(Stored { skipped: 1, ..Stored::default() });
        }
        tx.change(collection, id).expires(expiry).replace(&document.value)?;
        return Ok(Stored { replaced: 1, ..Stored::default() });
    }
    let addition = tx.add(collection).expires(expiry);
    match &document.id {
        Some(id) => addition.id(id).create(&document.value)?,
        None => addition.create(&document.value)?,
    };
    Ok(Stored { created: 1, ..Stored::default() })
}

/// Whether such an error is the fault of the document, and the next one may well be right.
fn is_of_the_line(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Invalid | ErrorKind::AlreadyExists | ErrorKind::Constraint | ErrorKind::Limit)
}
