//! A disk under which nothing happens until it is settled: opening a file may want to repair it, and a file that turns out
//! not to be ours, or beyond repair, must stay as it is. It knows nothing of what is written.

use crate::disk::Disk;
use parking_lot::Mutex;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A disk whose changes wait in memory until [`TrialDisk::settle`].
pub(crate) struct TrialDisk {
    disk: Arc<dyn Disk>,
    settled: AtomicBool,
    changes: Mutex<Changes>,
}

#[derive(Default)]
struct Changes {
    /// In the order in which they came.
    list: Vec<Change>,
}

enum Change {
    Write(u64, Vec<u8>),
    Resize(u64),
    Sync,
}

impl TrialDisk {
    /// Keeps `disk` as it is until [`TrialDisk::settle`].
    pub(crate) fn new(disk: Arc<dyn Disk>) -> Self {
        Self { disk, settled: AtomicBool::new(false), changes: Mutex::new(Changes::default()) }
    }

    /// Makes the changes so far, in their order, and all later ones at once. If that fails, nothing has changed for whoever looks
    /// through this disk, and it can be tried again.
    pub(crate) fn settle(&self) -> io::Result<()> {
        let mut changes = self.changes.lock();
        for change in &changes.list {
            match change {
                Change::Write(offset, bytes) => self.disk.write(*offset, bytes)?,
                Change::Resize(size) => self.disk.resize(*size)?,
                Change::Sync => self.disk.sync()?,
            }
        }
        changes.list.clear();
        self.settled.store(true, Ordering::Release);
        Ok(())
    }

    /// The list of changes, unless they are settled.
    fn pending(&self) -> Option<parking_lot::MutexGuard<'_, Changes>> {
        if self.settled.load(Ordering::Acquire) {
            return None;
        }
        let changes = self.changes.lock();
        // It may have been settled while this waited.
        (!self.settled.load(Ordering::Acquire)).then_some(changes)
    }
}

impl Changes {
    fn size(&self, disk: &dyn Disk) -> io::Result<u64> {
        let resized = self.list.iter().rev().find_map(|change| match change {
            Change::Resize(size) => Some(*size),
            Change::Write(..) | Change::Sync => None,
        });
        resized.map_or_else(|| disk.size(), Ok)
    }

    fn read(&self, disk: &dyn Disk, offset: u64, out: &mut [u8]) -> io::Result<()> {
        if end_of(offset, out)? > self.size(disk)? {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let below = disk.size()?.saturating_sub(offset);
        let kept = out.len().min(usize::try_from(below).unwrap_or(usize::MAX));
        let (old, new) = out.split_at_mut(kept);
        if !old.is_empty() {
            disk.read(offset, old)?;
        }
        new.fill(0);
        for change in &self.list {
            match change {
                Change::Write(at, bytes) => lay_over(offset, out, *at, bytes),
                Change::Resize(size) => {
                    let kept = usize::try_from(size.saturating_sub(offset)).unwrap_or(usize::MAX);
                    out.iter_mut().skip(kept).for_each(|byte| *byte = 0);
                }
                Change::Sync => {}
            }
        }
        Ok(())
    }
}

/// Copies what `bytes`, written at `at`, has in common with `out`, read from `offset`.
fn lay_over(offset: u64, out: &mut [u8], at: u64, bytes: &[u8]) {
    let skipped_out = usize::try_from(at.saturating_sub(offset)).unwrap_or(usize::MAX);
    let skipped_bytes = usize::try_from(offset.saturating_sub(at)).unwrap_or(usize::MAX);
    for (to, from) in out.iter_mut().skip(skipped_out).zip(bytes.iter().skip(skipped_bytes)) {
        *to = *from;
    }
}

fn end_of(offset: u64, bytes: &[u8]) -> io::Result<u64> {
    let len = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    offset.checked_add(len).ok_or_else(|| io::ErrorKind::InvalidInput.into())
}

impl Disk for TrialDisk {
    fn size(&self) -> io::Result<u64> {
        match self.pending() {
            Some(changes) => changes.size(self.disk.as_ref()),
            None => self.disk.size(),
        }
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        match self.pending() {
            Some(changes) => changes.read(self.disk.as_ref(), offset, out),
            None => self.disk.read(offset, out),
        }
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        match self.pending() {
            Some(mut changes) => {
                changes.list.push(Change::Write(offset, bytes.to_vec()));
                Ok(())
            }
            None => self.disk.write(offset, bytes),
        }
    }

    fn resize(&self, size: u64) -> io::Result<()> {
        match self.pending() {
            Some(mut changes) => {
                changes.list.push(Change::Resize(size));
                Ok(())
            }
            None => self.disk.resize(size),
        }
    }

    fn sync(&self) -> io::Result<()> {
        match self.pending() {
            Some(mut changes) => {
                changes.list.push(Change::Sync);
                Ok(())
            }
            None => self.disk.sync(),
        }
    }
}

#[cfg(test)]
mod tests;
