//! A disk that notices when a block is read that is not as it was last written or read: redb verifies its pages when a file is
//! opened and trusts them from then on, and a page that changed since could hide a record. It knows nothing of what is written.

use crate::disk::Disk;
use crate::record;
use parking_lot::{Mutex, RwLock};
use std::io;
use std::sync::Arc;

/// The unit that is checked: redb's page, or a part of a larger one.
const BLOCK_BYTES: usize = 4096;

/// A disk whose blocks are remembered by their checksums: eight bytes of memory for each block.
pub(crate) struct CheckedDisk {
    disk: Arc<dyn Disk>,
    /// By block number; none for a block that has not been seen whole.
    sums: RwLock<Vec<Option<u64>>>,
    /// Held while a write is under way.
    writing: Mutex<()>,
}

/// What a read of a changed block fails with.
#[derive(Debug, thiserror::Error)]
#[error("a block is not as it was written")]
pub(crate) struct ChangedBlock;

impl CheckedDisk {
    /// Trusts each block of `disk` as it is read first: whoever opens a file verifies it then.
    pub(crate) fn new(disk: Arc<dyn Disk>) -> Self {
        Self { disk, sums: RwLock::new(Vec::new()), writing: Mutex::new(()) }
    }

    /// Whether every whole block of what was read is as it is remembered. What is not remembered yet is, from now on.
    fn matches(&self, offset: u64, read: &[u8]) -> bool {
        let mut unknown = Vec::new();
        {
            let sums = self.sums.read();
            for (block, bytes) in whole_blocks(offset, read) {
                match sums.get(block).copied().flatten() {
                    Some(sum) if sum != record::checksum(bytes) => return false,
                    Some(_) => {}
                    None => unknown.push((block, Some(record::checksum(bytes)))),
                }
            }
        }
        self.remember(unknown);
        true
    }

    fn remember(&self, blocks: Vec<(usize, Option<u64>)>) {
        if blocks.is_empty() {
            return;
        }
        let mut sums = self.sums.write();
        for (block, sum) in blocks {
            if sums.len() <= block {
                sums.resize(block.saturating_add(1), None);
            }
            if let Some(place) = sums.get_mut(block) {
                *place = sum;
            }
        }
    }
}

/// The blocks that lie in `bytes` from start to end, with their numbers.
fn whole_blocks(offset: u64, bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let offset = usize::try_from(offset).unwrap_or(usize::MAX);
    let first = offset.div_ceil(BLOCK_BYTES);
    let skipped = first.saturating_mul(BLOCK_BYTES).saturating_sub(offset);
    let blocks = bytes.get(skipped..).unwrap_or_default().chunks_exact(BLOCK_BYTES);
    blocks.enumerate().map(move |(number, bytes)| (first.saturating_add(number), bytes))
}

/// The numbers of all blocks that `bytes` touches.
fn touched_blocks(offset: u64, bytes: &[u8]) -> std::ops::Range<usize> {
    let offset = usize::try_from(offset).unwrap_or(usize::MAX);
    offset / BLOCK_BYTES..offset.saturating_add(bytes.len()).div_ceil(BLOCK_BYTES)
}

impl Disk for CheckedDisk {
    fn size(&self) -> io::Result<u64> {
        self.disk.size()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.disk.read(offset, out)?;
        if self.matches(offset, out) {
            return Ok(());
        }
        // A write may have passed between the reading and the comparing. While none can, it is certain.
        let _still = self.writing.lock();
        self.disk.read(offset, out)?;
        if self.matches(offset, out) { Ok(()) } else { Err(io::Error::other(ChangedBlock)) }
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let _writing = self.writing.lock();
        // Should the write fail, nothing is known of what it touched.
        self.remember(touched_blocks(offset, bytes).map(|block| (block, None)).collect());
        self.disk.write(offset, bytes)?;
        self.remember(
            whole_blocks(offset, bytes)
                .map(|(block, bytes)| (block, Some(record::checksum(bytes))))
                .collect(),
        );
        Ok(())
    }

    fn resize(&self, size: u64) -> io::Result<()> {
        let _writing = self.writing.lock();
        let kept = usize::try_from(size).unwrap_or(usize::MAX) / BLOCK_BYTES;
        self.sums.write().truncate(kept);
        self.disk.resize(size)
    }

    fn sync(&self) -> io::Result<()> {
        self.disk.sync()
    }

    fn release(&self) {
        self.disk.release();
    }
}

#[cfg(test)]
mod tests;
