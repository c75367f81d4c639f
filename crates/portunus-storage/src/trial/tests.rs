//! Rules of a disk on trial: it looks like the disk below with all changes made, and the disk below has none until it is settled.

#![expect(clippy::as_conversions, reason = "the numbers are small, and a test fails if they are not")]

use super::TrialDisk;
use crate::disk::Disk;
use parking_lot::Mutex;
use proptest::prelude::*;
use std::io;
use std::sync::Arc;

/// A disk that is a vector.
#[derive(Default)]
struct Plain(Mutex<Vec<u8>>);

/// A disk that takes only so many more writes.
struct Full(Plain, Mutex<usize>);

impl Disk for Full {
    fn size(&self) -> io::Result<u64> {
        self.0.size()
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read(offset, out)
    }
    fn write(&self, offset: u64, new: &[u8]) -> io::Result<()> {
        let mut room = self.1.lock();
        *room = room.checked_sub(1).ok_or(io::ErrorKind::StorageFull)?;
        self.0.write(offset, new)
    }
    fn resize(&self, size: u64) -> io::Result<()> {
        self.0.resize(size)
    }
    fn sync(&self) -> io::Result<()> {
        self.0.sync()
    }
}

impl Disk for Plain {
    fn size(&self) -> io::Result<u64> {
        Ok(self.0.lock().len() as u64)
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let bytes = self.0.lock();
        let from = bytes.get(offset as usize..offset as usize + out.len());
        out.copy_from_slice(from.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
    fn write(&self, offset: u64, new: &[u8]) -> io::Result<()> {
        let mut bytes = self.0.lock();
        bytes[offset as usize..offset as usize + new.len()].copy_from_slice(new);
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

#[derive(Clone, Debug)]
enum Step {
    Write(usize, Vec<u8>),
    Resize(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0usize..40, prop::collection::vec(1u8.., 0..12)).prop_map(|(at, bytes)| Step::Write(at, bytes)),
        (0usize..40).prop_map(Step::Resize),
    ]
}

fn whole(disk: &dyn Disk) -> Vec<u8> {
    let mut out = vec![0; disk.size().unwrap() as usize];
    disk.read(0, &mut out).unwrap();
    out
}

proptest! {
    #[test]
    fn a_disk_on_trial_reads_as_if_changed_and_settles_to_the_same(
        start in prop::collection::vec(1u8.., 0..40),
        steps in prop::collection::vec(step(), 0..10),
        from in 0usize..40,
        len in 0usize..20,
    ) {
        let below = Arc::new(Plain(Mutex::new(start.clone())));
        let trial = TrialDisk::new(below.clone());
        let model = Plain(Mutex::new(start.clone()));
        for step in steps {
            match step {
                Step::Write(at, bytes) if at + bytes.len() <= whole(&model).len() => {
                    trial.write(at as u64, &bytes).unwrap();
                    model.write(at as u64, &bytes).unwrap();
                }
                Step::Write(..) => {}
                Step::Resize(size) => {
                    trial.resize(size as u64).unwrap();
                    model.resize(size as u64).unwrap();
                }
            }
        }
        prop_assert_eq!(whole(&trial), whole(&model));
        let (mut one, mut other) = (vec![0; len], vec![0; len]);
        let outcomes = (trial.read(from as u64, &mut one), model.read(from as u64, &mut other));
        prop_assert_eq!(outcomes.0.is_ok(), outcomes.1.is_ok());
        if outcomes.0.is_ok() {
            prop_assert_eq!(one, other);
        }
        prop_assert_eq!(whole(below.as_ref()), start);
        trial.settle().unwrap();
        prop_assert_eq!(whole(below.as_ref()), whole(&model));
        prop_assert_eq!(whole(&trial), whole(&model));
    }
}

/// What could not be settled used to be forgotten: the disk then looked like neither what it was nor what it was to become.
#[test]
fn a_settlement_that_fails_changes_nothing_for_who_looks_and_can_be_tried_again() {
    for room in 0..3 {
        let full = Arc::new(Full(Plain::default(), Mutex::new(room)));
        let trial = TrialDisk::new(Arc::<Full>::clone(&full));
        trial.resize(6).unwrap();
        for (at, bytes) in [(0, b"ab"), (2, b"cd"), (1, b"ef")] {
            trial.write(at, bytes).unwrap();
        }
        assert_eq!(trial.settle().unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(whole(&trial), b"aefd\0\0");
        *full.1.lock() = 3;
        trial.settle().unwrap();
        assert_eq!(whole(full.as_ref()), b"aefd\0\0");
        assert_eq!(whole(&trial), b"aefd\0\0");
    }
}
