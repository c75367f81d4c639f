//! A disk one of whose operations fails, once or until it is healed. It knows nothing of what is written.

use portunus_storage::Disk;
use portunus_storage::conformance::{Act, RecordingDisk, Verdict};
use std::io;
use std::sync::{Arc, Mutex};

/// What is asked of a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Write,
    Resize,
    Sync,
    Read,
}

impl Operation {
    pub const ALL: [Self; 4] = [Self::Write, Self::Resize, Self::Sync, Self::Read];
}

/// What the disk does instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// EIO. A sync that fails forgets what was not written yet, but goes on showing it.
    Error,
    /// ENOSPC.
    Full,
    /// The first part of a write or a read is done, and then it fails. A sync shows no more what it has forgotten.
    Short,
    /// Nothing is done, and nothing is said: no disk does this, and a check that does not notice is worth nothing.
    Swallowed,
}

/// What goes wrong, and from when on.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    pub operation: Operation,
    pub failure: Failure,
    /// The number of the operation, counted among its own kind from 0.
    pub at: usize,
    /// Whether all that follow fail as well, until the disk is healed.
    pub lasts: bool,
}

#[derive(Default)]
struct State {
    fault: Option<Fault>,
    /// How many operations of each kind there were.
    done: [usize; Operation::ALL.len()],
    has_struck: bool,
    /// What the writes since the last sync have overwritten.
    overwritten: Vec<(u64, Vec<u8>)>,
}

/// A disk in memory that fails as it is told.
pub struct FaultyDisk {
    inner: Arc<RecordingDisk>,
    state: Mutex<State>,
}

impl FaultyDisk {
    pub fn new(bytes: Vec<u8>, fault: Option<Fault>) -> Arc<Self> {
        let state = State { fault, ..State::default() };
        Arc::new(Self { inner: RecordingDisk::holding(bytes), state: Mutex::new(state) })
    }

    /// From now on nothing fails.
    pub fn heal(&self) {
        self.state.lock().unwrap().fault = None;
    }

    /// How many operations of each kind there were, in the order of [`Operation::ALL`].
    pub fn done(&self) -> [usize; Operation::ALL.len()] {
        self.state.lock().unwrap().done
    }

    pub fn has_struck(&self) -> bool {
        self.state.lock().unwrap().has_struck
    }

    /// What was done to it so far.
    pub fn acts(&self) -> usize {
        self.inner.acts()
    }

    pub fn recording(&self) -> Vec<Act> {
        self.inner.recording()
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.inner.bytes()
    }

    /// Notes an operation, and tells what becomes of it.
    fn meet(&self, operation: Operation) -> Option<Failure> {
        let mut state = self.state.lock().unwrap();
        let number = state.done[operation as usize];
        state.done[operation as usize] += 1;
        let strikes = |fault: &Fault| {
            fault.operation == operation && (number == fault.at || fault.lasts && number > fault.at)
        };
        let fault = state.fault.filter(strikes)?;
        state.has_struck = true;
        Some(fault.failure)
    }

    /// Keeps what a write is going to overwrite, as far as it is there.
    fn remember(&self, offset: u64, length: usize) {
        let there = self.inner.size().unwrap_or(0).saturating_sub(offset);
        let mut old = vec![0; length.min(usize::try_from(there).unwrap())];
        if self.inner.read(offset, &mut old).is_ok() {
            self.state.lock().unwrap().overwritten.push((offset, old));
        }
    }

    /// Writes back what the writes since the last sync have overwritten: nobody sees any more what they wrote.
    fn forget(&self) {
        let overwritten = std::mem::take(&mut self.state.lock().unwrap().overwritten);
        for (offset, old) in overwritten.into_iter().rev() {
            let there = self.inner.size().unwrap_or(0).saturating_sub(offset);
            let kept = old.len().min(usize::try_from(there).unwrap());
            self.inner.write(offset, &old[..kept]).unwrap();
        }
    }
}

/// The error that a system reports.
fn reported(failure: Failure) -> io::Error {
    match failure {
        Failure::Full => io::Error::from_raw_os_error(28),
        Failure::Error | Failure::Short | Failure::Swallowed => io::Error::from_raw_os_error(5),
    }
}

impl Disk for FaultyDisk {
    fn size(&self) -> io::Result<u64> {
        self.inner.size()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let Some(failure) = self.meet(Operation::Read) else {
            return self.inner.read(offset, out);
        };
        if failure == Failure::Short {
            let half = out.len() / 2;
            self.inner.read(offset, &mut out[..half])?;
        }
        Err(reported(failure))
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let failure = self.meet(Operation::Write);
        self.remember(offset, bytes.len());
        match failure {
            None => self.inner.write(offset, bytes),
            Some(Failure::Swallowed) => Ok(()),
            Some(failure) => {
                if failure == Failure::Short {
                    self.inner.write(offset, &bytes[..bytes.len() / 2])?;
                }
                Err(reported(failure))
            }
        }
    }

    fn resize(&self, size: u64) -> io::Result<()> {
        match self.meet(Operation::Resize) {
            None => self.inner.resize(size),
            Some(Failure::Swallowed) => Ok(()),
            Some(failure) => Err(reported(failure)),
        }
    }

    fn sync(&self) -> io::Result<()> {
        let Some(failure) = self.meet(Operation::Sync) else {
            self.state.lock().unwrap().overwritten.clear();
            return self.inner.sync();
        };
        if failure == Failure::Swallowed {
            return Ok(());
        }
        self.inner.judge(|_| Verdict::Fail(io::ErrorKind::Other));
        let _ = self.inner.sync();
        self.inner.heal();
        if failure == Failure::Short {
            self.forget();
        }
        Err(reported(failure))
    }
}
