//! A disk in memory, which does what it is told and nothing else. It knows nothing of what is written.

use portunus_storage::Disk;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

/// A disk in memory.
#[derive(Default)]
pub struct Ram(Mutex<Vec<u8>>);

impl Ram {
    /// One that holds these bytes.
    pub fn holding(bytes: Vec<u8>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(bytes)))
    }

    pub fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap()
    }
}

impl Disk for Ram {
    fn size(&self) -> io::Result<u64> {
        Ok(u64::try_from(self.bytes().len()).unwrap())
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let end = || io::Error::from(io::ErrorKind::UnexpectedEof);
        let from = usize::try_from(offset).map_err(|_| end())?;
        let bytes = self.bytes();
        let to = from.checked_add(out.len()).ok_or_else(end)?;
        out.copy_from_slice(bytes.get(from..to).ok_or_else(end)?);
        Ok(())
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let from = usize::try_from(offset).unwrap();
        self.bytes()[from..from + bytes.len()].copy_from_slice(bytes);
        Ok(())
    }

    fn resize(&self, size: u64) -> io::Result<()> {
        self.bytes().resize(usize::try_from(size).unwrap(), 0);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}
