//! Rules of a checked disk: what was written or read once is noticed when it has changed, and nothing else is.

#![expect(clippy::as_conversions, reason = "the numbers are small, and a test fails if they are not")]

use super::{BLOCK_BYTES, CheckedDisk};
use crate::disk::Disk;
use parking_lot::Mutex;
use proptest::prelude::*;
use std::io;
use std::sync::Arc;

/// A disk that is a vector.
struct Plain(Mutex<Vec<u8>>);

impl Disk for Plain {
    fn size(&self) -> io::Result<u64> {
        Ok(self.0.lock().len() as u64)
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        out.copy_from_slice(&self.0.lock()[offset as usize..offset as usize + out.len()]);
        Ok(())
    }
    fn write(&self, offset: u64, new: &[u8]) -> io::Result<()> {
        self.0.lock()[offset as usize..offset as usize + new.len()].copy_from_slice(new);
        Ok(())
    }
    fn resize(&self, size: u64) -> io::Result<()> {
        self.0.lock().resize(size as usize, 0);
        Ok(())
    }
    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

fn disks(blocks: usize) -> (Arc<Plain>, CheckedDisk) {
    let below = Arc::new(Plain(Mutex::new(vec![0; blocks * BLOCK_BYTES])));
    (Arc::clone(&below), CheckedDisk::new(below))
}

fn read(disk: &CheckedDisk, offset: usize, len: usize) -> io::Result<Vec<u8>> {
    let mut out = vec![0; len];
    disk.read(offset as u64, &mut out).map(|()| out)
}

#[test]
fn a_block_that_changed_since_it_was_written_or_read_is_noticed() {
    let (below, checked) = disks(4);
    checked.write(BLOCK_BYTES as u64, &[1; BLOCK_BYTES]).unwrap();
    read(&checked, 2 * BLOCK_BYTES, BLOCK_BYTES).unwrap();
    below.0.lock()[BLOCK_BYTES + 5] ^= 1;
    below.0.lock()[2 * BLOCK_BYTES + 5] ^= 1;
    for (offset, len) in [(BLOCK_BYTES, BLOCK_BYTES), (2 * BLOCK_BYTES, BLOCK_BYTES), (0, 4 * BLOCK_BYTES)] {
        assert!(read(&checked, offset, len).is_err(), "{len} from {offset}");
    }
    read(&checked, 3 * BLOCK_BYTES, BLOCK_BYTES).unwrap();
    checked.write(BLOCK_BYTES as u64, &[2; 2 * BLOCK_BYTES]).unwrap();
    assert_eq!(read(&checked, BLOCK_BYTES, 2 * BLOCK_BYTES).unwrap(), [2; 2 * BLOCK_BYTES]);
}

proptest! {
    #[test]
    fn whatever_is_written_through_it_can_be_read_through_it(
        steps in prop::collection::vec((any::<bool>(), 0usize..4 * BLOCK_BYTES, 0usize..3 * BLOCK_BYTES, any::<u8>()), 0..20),
    ) {
        let (below, checked) = disks(4);
        for (write, offset, len, byte) in steps {
            let size = below.0.lock().len();
            let offset = offset.min(size);
            let len = len.min(size - offset);
            if write {
                checked.write(offset as u64, &vec![byte; len]).unwrap();
            } else if byte < 20 {
                checked.resize((BLOCK_BYTES + offset) as u64).unwrap();
            }
            let size = below.0.lock().len();
            prop_assert_eq!(read(&checked, 0, size).unwrap(), below.0.lock().clone());
        }
    }
}
