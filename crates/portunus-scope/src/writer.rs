//! A writer: a reader that also buffers changes, and commits them whole. It knows nothing of rights.

use crate::reader::{Source, TreeReader};
use crate::{Error, Result};
use portunus_storage::{Durability, KeyRange, Transaction, Version};
use std::ops::Deref;

/// A transaction on the tree. It is committed whole, or dropped without effect.
///
/// An operation that fails changes nothing. Should one fail between two of its writes (the transaction has grown too
/// large, the file cannot be read), the writer can no longer commit.
#[derive(Debug)]
pub struct TreeWriter {
    reader: TreeReader,
    writes: u64,
    incomplete: bool,
}

impl Deref for TreeWriter {
    type Target = TreeReader;

    fn deref(&self) -> &TreeReader {
        &self.reader
    }
}

impl TreeWriter {
    pub(crate) fn new(reader: TreeReader) -> Self {
        Self { reader, writes: 0, incomplete: false }
    }

    /// Commits.
    ///
    /// # Errors
    /// `Incomplete` if an operation failed half-way; `Conflict`, `OutcomeUnknown`, `ReadOnly` from the engine.
    pub fn commit(self, durability: Durability) -> Result<Version> {
        if self.incomplete {
            return Err(Error::Incomplete);
        }
        match self.reader.into_source() {
            Source::Transaction(transaction) => Ok(transaction.commit(durability)?),
            Source::Snapshot(_) => Err(not_a_transaction()),
        }
    }

    /// Runs an operation of several writes. If it fails after one of them, the transaction cannot commit any more.
    pub(crate) fn whole<T>(&mut self, operation: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let before = self.writes;
        let result = operation(self);
        if result.is_err() && self.writes != before {
            self.incomplete = true;
        }
        result
    }

    pub(crate) fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        self.transaction()?.put(key, value)?;
        self.writes += 1;
        Ok(())
    }

    pub(crate) fn delete(&mut self, key: &[u8]) -> Result<()> {
        self.transaction()?.delete(key)?;
        self.writes += 1;
        Ok(())
    }

    pub(crate) fn delete_range(&mut self, range: &KeyRange) -> Result<()> {
        self.transaction()?.delete_range(range)?;
        self.writes += 1;
        Ok(())
    }

    fn transaction(&mut self) -> Result<&mut dyn Transaction> {
        match self.reader.source() {
            Source::Transaction(transaction) => Ok(transaction.as_mut()),
            Source::Snapshot(_) => Err(not_a_transaction()),
        }
    }
}

fn not_a_transaction() -> Error {
    Error::Internal("a writer was begun on a snapshot".into())
}
