//! A store from a backup: filled beside its place, looked at there by whoever knows what it holds, and put into its place whole or
//! not at all. It knows nothing of the form of a backup.

use crate::backup::{BackupSummary, read_backup};
use crate::disk::{Disk, FileDisk, sync_directory_of};
use crate::redb::fill;
use crate::{Error, Result, record};
use std::ffi::OsString;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What the name of a store that is being restored ends with, until it is in its place.
const ENDING: &str = ".restoring";

/// A store beside its place, from a backup that was verified to its end. It is gone again unless it is put into place.
///
/// ```
/// use portunus_storage::{Durability, EngineOptions, Restoration, memory, open, write_backup};
/// let engine = memory(EngineOptions::default())?;
/// let mut transaction = engine.begin_write()?;
/// transaction.put(b"key", b"value")?;
/// transaction.commit(Durability::Immediate)?;
/// let mut backup = Vec::new();
/// write_backup(engine.begin_read()?.as_ref(), &mut backup, &mut || std::ops::ControlFlow::Continue(()))?;
///
/// let directory = tempfile::tempdir().unwrap();
/// let path = directory.path().join("store");
/// let restored = Restoration::begin(&mut backup.as_slice(), &path, 1 << 20)?;
/// assert!(!path.exists() && restored.beside().exists());
/// assert_eq!(restored.put_into_place()?.records, 1);
/// let engine = open(&path, EngineOptions::default())?;
/// assert!(engine.begin_read()?.get(b"key", &mut |value| assert_eq!(value, b"value"))?);
/// # Ok::<(), portunus_storage::Error>(())
/// ```
#[must_use = "it is gone again unless it is put into place"]
pub struct Restoration {
    beside: Beside,
    place: PathBuf,
    summary: BackupSummary,
}

impl Restoration {
    /// Reads a backup into a new file beside `place`, which only its owner can read, with so much memory for a cache of pages.
    ///
    /// # Errors
    /// `AlreadyExists` if there is anything at `place`; as [`read_backup`]; `Io`, also if there is something left of another
    /// restoration. No file is left behind.
    pub fn begin(input: &mut dyn Read, place: &Path, cache_bytes: usize) -> Result<Self> {
        if place.symlink_metadata().is_ok() {
            return Err(Error::AlreadyExists);
        }
        let mut beside = OsString::from(place);
        beside.push(ENDING);
        let beside = PathBuf::from(beside);
        let disk = FileDisk::create(&beside).map_err(|error| match error {
            Error::AlreadyExists => left_over(&beside),
            other => other,
        })?;
        let disk: Arc<dyn Disk> = Arc::new(disk);
        // From here on the file is this one's to remove.
        let beside = Beside(beside);
        let summary = restore_on(&disk, input, cache_bytes)?;
        Ok(Self { beside, place: place.into(), summary })
    }

    /// Where the store is now.
    #[must_use]
    pub fn beside(&self) -> &Path {
        &self.beside.0
    }

    /// Gives the store its place. It must be closed.
    ///
    /// # Errors
    /// `AlreadyExists` if there is something by now; `Io`. No file is left behind.
    pub fn put_into_place(self) -> Result<BackupSummary> {
        let Self { beside, place, summary } = self;
        match std::fs::hard_link(&beside.0, &place) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(Error::AlreadyExists),
            Err(_) => move_to(&beside.0, &place)?,
        }
        // The name that it had goes, before both are made to last.
        drop(beside);
        sync_directory_of(&place).map_err(Error::Io)?;
        Ok(summary)
    }
}

/// Fills an empty disk with the store that a backup holds. There is no store on it unless this succeeds.
///
/// # Errors
/// `AlreadyExists` if the disk is not empty; as [`read_backup`]; `Io`.
pub fn restore_on(disk: &Arc<dyn Disk>, input: &mut dyn Read, cache_bytes: usize) -> Result<BackupSummary> {
    if disk.size().map_err(Error::Io)? != 0 {
        return Err(Error::AlreadyExists);
    }
    let mut summary = None;
    fill(Arc::clone(disk), cache_bytes, |put| {
        let read = read_backup(input, &mut |key, value| put(key, &record::seal(key, value)))?;
        let version = read.version;
        summary = Some(read);
        Ok(version)
    })?;
    disk.release();
    summary.ok_or_else(|| Error::Internal("a backup was read without a summary".into()))
}

/// Where the file system knows no second names: the place is taken first, so that nothing is overwritten that came there meanwhile.
fn move_to(beside: &Path, place: &Path) -> Result<()> {
    drop(FileDisk::create(place)?);
    std::fs::rename(beside, place).map_err(|error| {
        let _ = std::fs::remove_file(place);
        Error::Io(error)
    })
}

fn left_over(beside: &Path) -> Error {
    let what =
        format!("{} is there already, from a restore that was cut off or is under way", beside.display());
    Error::Io(io::Error::new(io::ErrorKind::AlreadyExists, what))
}

/// The name of a file that is removed when this is dropped.
struct Beside(PathBuf);

impl Drop for Beside {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests;
