//! A whole store as one stream, and back: nobody is asked here what they may see of it. It knows nothing of the form of the stream.

use crate::key::{self, Owner};
use crate::reader::TreeReader;
use crate::tree::{Tree, TreeOptions};
use crate::{Error, Result, stored};
use portunus_storage::{BackupSummary, Compaction, Restoration, read_backup, write_backup};
use std::io::{Read, Write};
use std::ops::ControlFlow;
use std::path::Path;

impl TreeReader {
    /// Writes everything that this reader's state holds, of all databases, and calls `step` before each block; `None` if that broke
    /// off.
    ///
    /// # Errors
    /// `Invalid` in a transaction that writes; as every read; `Io` with what `out` reports.
    pub fn unfiltered_backup(
        &self,
        out: &mut dyn Write,
        step: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<Option<BackupSummary>> {
        let published = self.published();
        let snapshot =
            published.ok_or_else(|| Error::invalid("backup", "is made in a transaction that only reads"))?;
        Ok(write_backup(snapshot, out, step)?)
    }
}

impl Tree {
    /// Makes a store from a backup: beside `path`, where it is checked and `look` may look at it, and then in its place.
    ///
    /// # Errors
    /// `AlreadyExists` if there is anything at `path`; `Backup` or `Version` if the backup is damaged or none; `Corrupt` if the store
    /// in it is; `Io`; what `look` returns. No file is left behind.
    pub fn restore<E: From<Error>>(
        input: &mut dyn Read,
        path: &Path,
        options: &TreeOptions,
        look: impl FnOnce(&TreeReader) -> std::result::Result<(), E>,
    ) -> std::result::Result<BackupSummary, E> {
        let restoration = Restoration::begin(input, path, options.cache_bytes).map_err(Error::from)?;
        let tree = Self::open(restoration.beside(), options)?;
        let reader = tree.begin_read()?;
        if let Some(problem) = reader.check()?.problems.into_iter().next() {
            return Err(Error::Corrupt(problem).into());
        }
        look(&reader)?;
        drop(reader);
        tree.close()?;
        drop(tree);
        Ok(restoration.put_into_place().map_err(Error::from)?)
    }

    /// Reads a backup to its end, and verifies it and the form of each record; what records are to each other is checked where they
    /// are restored.
    ///
    /// # Errors
    /// `Backup` or `Version` if it is damaged or none; `Io`.
    pub fn verify_backup(input: &mut dyn Read) -> Result<BackupSummary> {
        let summary = read_backup(input, &mut |key, value| {
            let has_form = match key::owner(key) {
                Ok(Owner::Documents(..)) => stored::verify(value).is_ok(),
                Ok(Owner::Index(..) | Owner::Expiry) => value.is_empty(),
                Err(_) => false,
            };
            let formless = || portunus_storage::Error::Backup("a record has not the form of any".into());
            if has_form { Ok(()) } else { Err(formless()) }
        });
        Ok(summary?)
    }

    /// Gives back the room of a closed store's file that nothing lies in.
    ///
    /// # Errors
    /// As [`Tree::open`].
    pub fn compact(path: &Path, options: &TreeOptions) -> Result<Compaction> {
        Ok(portunus_storage::compact(path, options.cache_bytes)?)
    }
}
