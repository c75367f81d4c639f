//! Stores from backups, and closed files: what is done without a transaction. It knows nothing of how.

use crate::{BackupSummary, Compaction, Portunus, Result};
use portunus_auth::{Gate, GateOptions};
use std::io::Read;
use std::path::Path;

impl Portunus {
    /// Makes a store from what [`ReadView::backup`](crate::ReadView::backup) has written.
    ///
    /// It is made beside `path`, under the same name with `.restoring` behind it; is verified there, to the last block, document,
    /// index and audit record; and comes to its place whole or not at all, in a file that only its owner can read. Nothing is ever
    /// overwritten. It takes no secret: whoever has a backup has what is in it. What opened the store at the time of the backup
    /// opens this one, also what was revoked since.
    ///
    /// ```
    /// use portunus::{Collection, Portunus};
    /// # let folder = tempfile::tempdir()?;
    /// # let folder = folder.path();
    /// let (db, admin) = Portunus::create(folder.join("notes.portunus"))?;
    /// db.write(&admin, |tx| tx.define(Collection::new("notes")))?;
    /// let mut file = std::fs::File::create_new(folder.join("monday.backup"))?;
    /// db.read(&admin, |tx| tx.backup(&mut file))?;
    ///
    /// let mut file = std::fs::File::open(folder.join("monday.backup"))?;
    /// Portunus::restore(&mut file, folder.join("again.portunus"))?;
    /// let again = Portunus::open(folder.join("again.portunus"))?;
    /// assert_eq!(again.read(&admin, |tx| tx.collections())?.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `AlreadyExists` if there is anything at `path`; `Version` if it is no backup, or one of another format; `Corrupt` if the
    /// backup, or the store in it, is damaged; `Io`. No file is left behind.
    pub fn restore(input: &mut impl Read, path: impl AsRef<Path>) -> Result<BackupSummary> {
        Gate::restore(input, path.as_ref(), &GateOptions::default())
    }

    /// Reads a backup to its end and verifies it, and makes nothing of it. What records are to each other, such as indexes, is
    /// checked where it is restored.
    ///
    /// ```
    /// use portunus::{ErrorKind, Portunus};
    /// let (db, admin) = Portunus::in_memory()?;
    /// let mut backup = Vec::new();
    /// let written = db.read(&admin, |tx| tx.backup(&mut backup))?;
    /// assert_eq!(Portunus::verify_backup(&mut backup.as_slice())?, written);
    ///
    /// let half = &backup[..backup.len() / 2];
    /// let refused = Portunus::verify_backup(&mut &*half).map_err(|error| error.kind());
    /// assert_eq!(refused, Err(ErrorKind::Corrupt));
    /// # Ok::<(), portunus::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Version` if it is no backup, or one of another format; `Corrupt` if it is damaged; `Io`.
    pub fn verify_backup(input: &mut impl Read) -> Result<BackupSummary> {
        Gate::verify_backup(input)
    }

    /// Gives back the room in the file of a closed store that nothing lies in any more. If the power fails meanwhile, the store is
    /// what it was.
    ///
    /// ```
    /// use portunus::Portunus;
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("notes.portunus");
    /// Portunus::create(&path)?.0.close()?;
    /// let done = Portunus::compact(&path)?;
    /// println!("{} bytes became {}", done.bytes_before, done.bytes_after);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`Portunus::open`].
    pub fn compact(path: impl AsRef<Path>) -> Result<Compaction> {
        Gate::compact(path.as_ref(), &GateOptions::default())
    }
}
