//! Raw redb, to measure beside: the same bytes, the same cache, no secrets. The only file that names `redb`.

use super::place::Scratch;
use crate::failure::{Failure, Result};
use redb::{Builder, Database, Durability, ReadableDatabase as _, TableDefinition};
use std::fs::OpenOptions;

const TABLE: TableDefinition<'static, &'static [u8], &'static [u8]> = TableDefinition::new("records");

/// How a commit is made durable.
#[derive(Clone, Copy, Debug)]
pub(super) enum Phases {
    /// As redb does it unless told otherwise: its checksums are to tell after a crash which commit is whole.
    One,
    /// As Portunus asks for: with a second flush, a commit that was acknowledged needs no such trust.
    Two,
}

/// A redb file of its own.
pub(super) struct Raw {
    // Before its file, which it holds open.
    database: Database,
    _scratch: Scratch,
}

impl Raw {
    /// A new file with these pairs in it.
    ///
    /// # Errors
    /// What redb reports.
    pub(super) fn with(scratch: Scratch, cache_bytes: usize, pairs: &[(Vec<u8>, Vec<u8>)]) -> Result<Self> {
        let path = scratch.path();
        // redb would open whatever is there.
        let new = OpenOptions::new().write(true).create_new(true).open(path);
        drop(new.map_err(|error| Failure::file("create", path, &error))?);
        let database = Builder::new().set_cache_size(cache_bytes).create(path).map_err(failed)?;
        scratch.forget_name();
        let raw = Self { database, _scratch: scratch };
        raw.put_all(pairs, Phases::Two).map_err(failed)?;
        Ok(raw)
    }

    /// What one get costs: begin, open, get. Returns the length of the value.
    ///
    /// # Errors
    /// What redb reports.
    pub(super) fn get(&self, key: &[u8]) -> Result<usize> {
        self.find(key).map_err(failed)
    }

    /// One durable commit of one pair.
    ///
    /// # Errors
    /// What redb reports.
    pub(super) fn put(&self, key: Vec<u8>, value: Vec<u8>, phases: Phases) -> Result {
        self.put_all(&[(key, value)], phases).map_err(failed)
    }

    fn find(&self, key: &[u8]) -> Result<usize, redb::Error> {
        let transaction = self.database.begin_read()?;
        let table = transaction.open_table(TABLE)?;
        Ok(table.get(key)?.map_or(0, |value| value.value().len()))
    }

    fn put_all(&self, pairs: &[(Vec<u8>, Vec<u8>)], phases: Phases) -> Result<(), redb::Error> {
        let mut transaction = self.database.begin_write()?;
        transaction.set_durability(Durability::Immediate)?;
        transaction.set_two_phase_commit(matches!(phases, Phases::Two));
        {
            let mut table = transaction.open_table(TABLE)?;
            for (key, value) in pairs {
                table.insert(key.as_slice(), value.as_slice())?;
            }
        }
        transaction.commit()?;
        Ok(())
    }
}

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::new(format!("raw redb: {error}"))
}
