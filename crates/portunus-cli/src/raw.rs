//! Raw redb, to measure beside: the same bytes, the same cache, no secrets. The only file that names `redb`.

use crate::failure::{Failure, Result};
use crate::scratch::Scratch;
use redb::{Builder, Database, Durability, ReadableDatabase as _, TableDefinition};
use std::fs::OpenOptions;
use std::hint::black_box;

const TABLE: TableDefinition<'static, &'static [u8], &'static [u8]> = TableDefinition::new("records");
/// A term, a zero byte and the key of a record.
const INDEX: TableDefinition<'static, &'static [u8], ()> = TableDefinition::new("index");

/// How a commit is made durable.
#[derive(Clone, Copy, Debug)]
pub enum Phases {
    /// As redb does it unless told otherwise: its checksums are to tell after a crash which commit is whole.
    One,
    /// As Portunus asks for: with a second flush, a commit that was acknowledged needs no such trust.
    Two,
}

/// A redb file of its own.
pub struct Raw {
    // Before its file, which it holds open.
    database: Database,
    _scratch: Scratch,
}

impl Raw {
    /// A new file with these pairs in it.
    ///
    /// # Errors
    /// What redb reports.
    pub fn with(scratch: Scratch, cache_bytes: usize, pairs: &[(Vec<u8>, Vec<u8>)]) -> Result<Self> {
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

    /// Adds an index: terms, and the keys of the records that have them.
    ///
    /// # Errors
    /// What redb reports.
    pub fn index(&self, entries: &[(String, Vec<u8>)]) -> Result {
        self.put_index(entries).map_err(failed)
    }

    /// What listing the records with these terms costs: begin, open, and a get for each entry. Returns how many they are, and
    /// how long their keys are together.
    ///
    /// # Errors
    /// What redb reports.
    pub fn list(&self, terms: &[&str]) -> Result<(usize, usize)> {
        self.walk(terms).map_err(failed)
    }

    /// What one get costs: begin, open, get. Returns the length of the value.
    ///
    /// # Errors
    /// What redb reports.
    pub fn get(&self, key: &[u8]) -> Result<usize> {
        self.find(key).map_err(failed)
    }

    /// One durable commit of one pair.
    ///
    /// # Errors
    /// What redb reports.
    pub fn put(&self, key: Vec<u8>, value: Vec<u8>, phases: Phases) -> Result {
        self.put_all(&[(key, value)], phases).map_err(failed)
    }

    /// One durable commit of many pairs.
    ///
    /// # Errors
    /// What redb reports.
    pub fn put_many(&self, pairs: &[(Vec<u8>, Vec<u8>)]) -> Result {
        self.put_all(pairs, Phases::Two).map_err(failed)
    }

    fn find(&self, key: &[u8]) -> Result<usize, redb::Error> {
        let transaction = self.database.begin_read()?;
        let table = transaction.open_table(TABLE)?;
        Ok(table.get(key)?.map_or(0, |value| value.value().len()))
    }

    fn walk(&self, terms: &[&str]) -> Result<(usize, usize), redb::Error> {
        let transaction = self.database.begin_read()?;
        let (table, index) = (transaction.open_table(TABLE)?, transaction.open_table(INDEX)?);
        let (mut count, mut bytes) = (0, 0);
        for term in terms {
            let (start, end) = (index_key(term, 0, &[]), index_key(term, 1, &[]));
            for entry in index.range(start.as_slice()..end.as_slice())? {
                let (key, _) = entry?;
                let id = key.value().get(start.len()..).unwrap_or_default();
                black_box(table.get(id)?.map_or(0, |value| value.value().len()));
                count += 1;
                bytes += id.len();
            }
        }
        Ok((count, bytes))
    }

    fn put_index(&self, entries: &[(String, Vec<u8>)]) -> Result<(), redb::Error> {
        let transaction = self.database.begin_write()?;
        {
            let mut index = transaction.open_table(INDEX)?;
            for (term, id) in entries {
                index.insert(index_key(term, 0, id).as_slice(), ())?;
            }
        }
        transaction.commit()?;
        Ok(())
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

fn index_key(term: &str, separator: u8, id: &[u8]) -> Vec<u8> {
    [term.as_bytes(), &[separator], id].concat()
}

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::new(format!("raw redb: {error}"))
}
