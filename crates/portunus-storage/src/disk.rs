//! What a store is kept on: a file, or anything else that reads, writes and syncs bytes, so that tests can take its place.
//! It knows nothing of what is written.

use crate::{Error, Result};
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

/// A device for one store: bytes that can be read, written, and made to survive power loss.
///
/// The store uses it from several threads at once, and expects what a file system gives: a write is seen by later reads, and
/// survives power loss only once a later [`Disk::sync`] has returned.
pub trait Disk: Send + Sync + 'static {
    /// How many bytes there are.
    ///
    /// # Errors
    /// What the device reports.
    fn size(&self) -> io::Result<u64>;

    /// Fills `out` with the bytes from `offset` on.
    ///
    /// # Errors
    /// `UnexpectedEof` if there are fewer bytes; what the device reports.
    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()>;

    /// Writes `bytes` from `offset` on, within the size.
    ///
    /// # Errors
    /// What the device reports.
    fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// Cuts off, or adds zeroes, so that there are `size` bytes.
    ///
    /// # Errors
    /// What the device reports.
    fn resize(&self, size: u64) -> io::Result<()>;

    /// Returns once everything that was written survives power loss.
    ///
    /// # Errors
    /// What the device reports. It is then unknown what survives.
    fn sync(&self) -> io::Result<()>;

    /// Lets go of what kept others away, such as a lock. The store calls nothing after it.
    fn release(&self) {}
}

/// A file, locked for as long as this lives.
pub(crate) struct FileDisk(File);

impl FileDisk {
    /// A new file at `path`, which only its owner can read: nothing in it is encrypted.
    pub(crate) fn create(path: &Path) -> Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let disk = Self::lock(options.open(path).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Error::AlreadyExists,
            _ => opening_error(error),
        })?)?;
        sync_directory_of(path).map_err(Error::Io)?;
        Ok(disk)
    }

    /// The file at `path`.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        // Asked before it is opened: a pipe would block, and a device may do anything.
        let metadata = std::fs::metadata(path).map_err(opening_error)?;
        if !metadata.is_file() {
            return Err(Error::Io(io::Error::new(io::ErrorKind::InvalidInput, "this is not a regular file")));
        }
        Self::lock(OpenOptions::new().read(true).write(true).open(path).map_err(opening_error)?)
    }

    fn lock(file: File) -> Result<Self> {
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(Error::Locked),
            Err(TryLockError::Error(error)) => Err(Error::Io(error)),
        }
    }
}

fn opening_error(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::NotFound => Error::NotFound,
        io::ErrorKind::ReadOnlyFilesystem => Error::ReadOnly("its file system cannot be written"),
        _ => Error::Io(error),
    }
}

/// Makes the name of a new file survive power loss.
#[cfg(unix)]
pub(crate) fn sync_directory_of(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or_else(|| Path::new(".")))?.sync_all()
}

/// Elsewhere a directory cannot be synced, and need not be.
#[cfg(not(unix))]
pub(crate) fn sync_directory_of(_path: &Path) -> io::Result<()> {
    Ok(())
}

impl Disk for FileDisk {
    fn size(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        read_exact_at(&self.0, offset, out)
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        write_all_at(&self.0, offset, bytes)
    }

    fn resize(&self, size: u64) -> io::Result<()> {
        self.0.set_len(size)
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn release(&self) {
        // It ends with the file at the latest.
        let _ = self.0.unlock();
    }
}

#[cfg(unix)]
fn read_exact_at(file: &File, offset: u64, out: &mut [u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, out, offset)
}

#[cfg(unix)]
fn write_all_at(file: &File, offset: u64, bytes: &[u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut offset: u64, mut out: &mut [u8]) -> io::Result<()> {
    while !out.is_empty() {
        let read = std::os::windows::fs::FileExt::seek_read(file, out, offset)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        out = out.get_mut(read..).unwrap_or_default();
        offset = offset.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
    }
    Ok(())
}

#[cfg(windows)]
fn write_all_at(file: &File, mut offset: u64, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = std::os::windows::fs::FileExt::seek_write(file, bytes, offset)?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        bytes = bytes.get(written..).unwrap_or_default();
        offset = offset.saturating_add(u64::try_from(written).unwrap_or(u64::MAX));
    }
    Ok(())
}
