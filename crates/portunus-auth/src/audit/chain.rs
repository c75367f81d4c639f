//! The chain of an audit log: how a record is bound to those before it, how one is added, and how all are checked. It knows
//! nothing of what the records tell.
//!
//! ```text
//! (database, Audit, sequence as 16 hex digits)   {event: JSON as text, hash: 32 bytes}
//! (database, AuditHead, "self")                  {sequence, hash} of the last record
//! hash = BLAKE3(hash of the record before || sequence, u64 big-endian || UTF-8 of event)
//! ```
//! The first record has the sequence 1, and 32 zeros in the place of the hash before it.

use crate::mac::{TAG_BYTES, link};
use crate::{Error, Result};
use parking_lot::{Mutex, MutexGuard};
use portunus_scope::{
    DatabaseId, DocumentRef, Object, SystemCollection, Tree, TreeReader, TreeWriter, Value, ValueRef,
};

const OWN: &str = "self";
/// How many logs can be written to at the same time. Two databases that share a lock only wait for each other.
const LOCKS: usize = 64;

/// Where a log ends.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) sequence: u64,
    pub(crate) hash: [u8; TAG_BYTES],
}

/// The right to add to a log, from before its head is read until after the commit: so the records follow each other in the
/// order of the commits, and no transaction has to read what another one is about to write. One process has the store open,
/// so one lock keeps all of them.
pub(super) struct Chains([Mutex<()>; LOCKS]);

/// A log that nobody else adds to, until this is dropped.
pub(super) struct Held<'c> {
    _lock: MutexGuard<'c, ()>,
    records: usize,
}

/// A walk along a log that checks each record.
#[derive(Default)]
pub(crate) struct Walk {
    last: Head,
    records: u64,
    first_break: Option<u64>,
}

impl Default for Chains {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::new(())))
    }
}

impl Chains {
    /// Adds records to the log of a database. They are there once the writer has committed, which must be before what comes
    /// back is dropped.
    ///
    /// # Errors
    /// As every read and write; `Corrupt` if the head has not its form.
    pub(super) fn append(
        &self,
        tree: &Tree,
        writer: &mut TreeWriter,
        database: DatabaseId,
        lines: &[String],
    ) -> Result<Held<'_>> {
        let at = usize::try_from(database.to_int()).unwrap_or_default() % LOCKS;
        let lock =
            self.0.get(at).ok_or_else(|| Error::Internal("a lock of the audit log is missing".into()))?;
        let lock = lock.lock();
        // Not through the writer, whose snapshot is older than what others have added since.
        let mut head = Head::load(&tree.begin_read()?, database)?;
        for event in lines {
            head = head.next(event);
            let record = [("event", Value::from(event.as_str())), ("hash", Value::Bytes(head.hash.to_vec()))];
            let record = Value::Object(Object::from_iter(record));
            writer.unfiltered_system_put_blind(
                database,
                SystemCollection::Audit,
                &id(head.sequence),
                &record,
            )?;
        }
        writer.unfiltered_system_put_blind(database, SystemCollection::AuditHead, OWN, &head.to_value()?)?;
        Ok(Held { _lock: lock, records: lines.len() })
    }
}

impl Held<'_> {
    /// How many records were added.
    pub(super) fn records(&self) -> u64 {
        u64::try_from(self.records).unwrap_or(u64::MAX)
    }
}

impl Head {
    /// The head of a database's log; that of an empty one if there is none.
    ///
    /// # Errors
    /// `Corrupt` if the record has not its form; as every read.
    pub(crate) fn load(reader: &TreeReader, database: DatabaseId) -> Result<Self> {
        let damaged = || Error::Corrupt("the head of an audit log has not its form".into());
        let Some(found) = reader.unfiltered_system_get(database, SystemCollection::AuditHead, OWN)? else {
            return Ok(Self::default());
        };
        let sequence = found.field("sequence").and_then(ValueRef::as_int);
        let sequence = sequence.and_then(|sequence| u64::try_from(sequence).ok());
        let hash = found.field("hash").and_then(ValueRef::as_bytes).and_then(|hash| hash.try_into().ok());
        Ok(Self { sequence: sequence.ok_or_else(damaged)?, hash: hash.ok_or_else(damaged)? })
    }

    fn next(self, event: &str) -> Self {
        let sequence = self.sequence.saturating_add(1);
        Self { sequence, hash: link(&self.hash, sequence, event) }
    }

    fn to_value(self) -> Result<Value> {
        let sequence = i64::try_from(self.sequence);
        let sequence =
            sequence.map_err(|_| Error::Internal("an audit log has no room for another".into()))?;
        let record = [("sequence", Value::Int(sequence)), ("hash", Value::Bytes(self.hash.to_vec()))];
        Ok(Value::Object(Object::from_iter(record)))
    }
}

impl Walk {
    /// Looks at the next record. After the first break only the number of records is of interest.
    pub(crate) fn see(&mut self, record: DocumentRef<'_>) {
        self.records += 1;
        if self.first_break.is_some() {
            return;
        }
        let next = self.last.next(record.field("event").and_then(ValueRef::as_str).unwrap_or_default());
        let hash = record.field("hash").and_then(ValueRef::as_bytes);
        if record.id() == id(next.sequence) && hash == Some(&next.hash) {
            self.last = next;
        } else {
            self.first_break = Some(next.sequence);
        }
    }

    /// How many records there are, and the sequence of the first one that is missing or is not what was written.
    pub(crate) fn end(self, head: Head) -> (u64, Option<u64>) {
        let broken = self.first_break.or_else(|| {
            (self.last != head).then(|| match self.last.sequence.min(head.sequence) {
                // As many as there should be, so the last of both is not what the other says.
                both if self.last.sequence == head.sequence => both,
                fewer => fewer + 1,
            })
        });
        (self.records, broken)
    }
}

/// The id of a record: sorts as its sequence does.
pub(crate) fn id(sequence: u64) -> String {
    format!("{sequence:016x}")
}
