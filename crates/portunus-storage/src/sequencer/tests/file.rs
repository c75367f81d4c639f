//! The same over redb, on a disk in memory whose sync can fail: redb itself runs undisturbed, everything above it in any order.
//! Knows nothing of what is below the disk.

use super::{another, below, explore, has, options, put, spawn};
use crate::{Disk, Error, create_on, open_on};
use std::io;
use std::sync::{Arc, Mutex};

#[derive(Default)]
struct Platter {
    bytes: Mutex<Vec<u8>>,
    /// How many syncs go well before one fails.
    good_syncs: Mutex<Option<usize>>,
}

fn span(offset: u64, len: usize) -> std::ops::Range<usize> {
    let start = usize::try_from(offset).unwrap();
    start..start + len
}

impl Disk for Platter {
    fn size(&self) -> io::Result<u64> {
        Ok(u64::try_from(self.bytes.lock().unwrap().len()).unwrap())
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let bytes = self.bytes.lock().unwrap();
        out.copy_from_slice(bytes.get(span(offset, out.len())).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn write(&self, offset: u64, new: &[u8]) -> io::Result<()> {
        self.bytes.lock().unwrap()[span(offset, new.len())].copy_from_slice(new);
        Ok(())
    }

    fn resize(&self, size: u64) -> io::Result<()> {
        self.bytes.lock().unwrap().resize(usize::try_from(size).unwrap(), 0);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut good = self.good_syncs.lock().unwrap();
        match good.take() {
            Some(0) => Err(io::Error::other("the disk fails, as it was told to")),
            left => {
                *good = left.map(|left| left - 1);
                Ok(())
            }
        }
    }
}

fn writers_and_a_failing_disk(fails: bool) {
    let disk = Arc::new(Platter::default());
    let engine = create_on(Arc::<Platter>::clone(&disk), options()).unwrap();
    put(engine.as_ref(), b"before", b"1").unwrap();
    *disk.good_syncs.lock().unwrap() = fails.then(|| below(3));
    let writers: Vec<_> = (0..3_u8)
        .map(|number| {
            let engine = another(&engine);
            spawn(move || (number, put(engine.as_ref(), &[number], b"1")))
        })
        .collect();
    let snapshot = engine.begin_read().unwrap();
    let seen = snapshot.get(b"before", &mut |_| {});
    assert!(matches!(seen, Ok(true) | Err(Error::SnapshotExpired)), "{seen:?}");
    drop(snapshot);
    let mut acknowledged = Vec::new();
    for writer in writers {
        match writer.join().unwrap() {
            (number, Ok(_)) => acknowledged.push(number),
            (_, Err(Error::OutcomeUnknown(_) | Error::ReadOnly(_))) if fails => {}
            (_, Err(error)) => panic!("{error}"),
        }
    }
    assert!(fails || acknowledged.len() == 3);
    *disk.good_syncs.lock().unwrap() = None;
    put(engine.as_ref(), b"after", b"1").unwrap();
    engine.close().unwrap();
    let reopened = open_on(disk, options()).unwrap();
    assert!(has(reopened.as_ref(), b"before") && has(reopened.as_ref(), b"after"));
    assert!(
        acknowledged.iter().all(|number| has(reopened.as_ref(), &[*number])),
        "an acknowledged commit is lost"
    );
}

#[test]
fn writers_over_a_file_are_acknowledged_and_kept() {
    explore(|| writers_and_a_failing_disk(false));
    explore(|| writers_and_a_failing_disk(true));
}
