//! A disk in memory that records what is done to it, and fails when it is told to. It knows nothing of what is written.

use crate::Disk;
use parking_lot::Mutex;
use std::io;
use std::sync::Arc;

/// What was done to a disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// These bytes were written from this offset on.
    Write(u64, Vec<u8>),
    /// The disk was given this size.
    Resize(u64),
    /// What was done before survives power loss.
    Sync,
    /// A sync that reported an error. As some systems do, the disk then forgets what it had not written yet,
    /// but goes on showing it to readers.
    FailedSync,
}

impl Act {
    /// Does to `image` what was done to the disk.
    pub(crate) fn apply(&self, image: &mut Vec<u8>) {
        match self {
            Self::Write(offset, bytes) => write_to(image, at(*offset), bytes),
            Self::Resize(size) => image.resize(at(*size), 0),
            Self::Sync | Self::FailedSync => {}
        }
    }
}

/// Writes `bytes` to `image`, which grows if it has to.
pub(crate) fn write_to(image: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if image.len() < end {
        image.resize(end, 0);
    }
    image[offset..end].copy_from_slice(bytes);
}

/// An offset or a size, as memory counts.
pub(crate) fn at(offset: u64) -> usize {
    usize::try_from(offset).unwrap()
}

/// What happens to the next act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is done.
    Pass,
    /// It fails with an error of this kind, and is not done.
    Fail(io::ErrorKind),
    /// The disk panics.
    Panic,
}

/// Decides over an act by its number, which counts writes, resizes and syncs.
pub type Judge = Box<dyn FnMut(usize) -> Verdict + Send>;

#[derive(Default)]
struct State {
    bytes: Vec<u8>,
    acts: Vec<Act>,
    done: usize,
    judge: Option<Judge>,
    reads_fail: bool,
}

/// A disk in memory that records what is done to it, and fails when it is told to.
///
/// ```
/// use portunus_storage::conformance::{Act, RecordingDisk};
/// use portunus_storage::{EngineOptions, create_on, open_on};
///
/// let disk = RecordingDisk::empty();
/// create_on(disk.clone(), EngineOptions::default())?.close()?;
/// assert!(disk.recording().contains(&Act::Sync));
/// open_on(RecordingDisk::holding(disk.bytes()), EngineOptions::default())?;
/// # Ok::<(), portunus_storage::Error>(())
/// ```
#[derive(Default)]
pub struct RecordingDisk(Mutex<State>);

impl RecordingDisk {
    /// A disk without a byte.
    #[must_use]
    pub fn empty() -> Arc<Self> {
        Arc::new(Self::default())
    }

    /// A disk that holds these bytes.
    #[must_use]
    pub fn holding(bytes: Vec<u8>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State { bytes, ..State::default() })))
    }

    /// How many acts there have been.
    #[must_use]
    pub fn acts(&self) -> usize {
        self.0.lock().acts.len()
    }

    /// What was done, in its order.
    #[must_use]
    pub fn recording(&self) -> Vec<Act> {
        self.0.lock().acts.clone()
    }

    /// What readers find.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.0.lock().bytes.clone()
    }

    /// Flips bits of a byte behind the store's back.
    pub fn damage(&self, offset: usize, flip: u8) {
        self.0.lock().bytes[offset] ^= flip;
    }

    /// From now on, `judge` decides over every act, counted from 0.
    pub fn judge(&self, judge: impl FnMut(usize) -> Verdict + Send + 'static) {
        let mut state = self.0.lock();
        state.judge = Some(Box::new(judge));
        state.done = 0;
    }

    /// From now on nothing fails.
    pub fn heal(&self) {
        let mut state = self.0.lock();
        state.judge = None;
        state.reads_fail = false;
    }

    /// From now on every reading fails.
    pub fn fail_reads(&self) {
        self.0.lock().reads_fail = true;
    }
}

impl State {
    fn ask_judge(&mut self) -> io::Result<()> {
        let number = self.done;
        self.done += 1;
        match self.judge.as_mut().map_or(Verdict::Pass, |judge| judge(number)) {
            Verdict::Pass => Ok(()),
            Verdict::Fail(kind) => Err(kind.into()),
            Verdict::Panic => panic!("the disk panics, as it was told to"),
        }
    }

    fn perform(&mut self, act: Act) -> io::Result<()> {
        self.ask_judge()?;
        act.apply(&mut self.bytes);
        self.acts.push(act);
        Ok(())
    }
}

impl Disk for RecordingDisk {
    fn size(&self) -> io::Result<u64> {
        Ok(u64::try_from(self.0.lock().bytes.len()).unwrap())
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.0.lock();
        if state.reads_fail {
            return Err(io::Error::other("the disk cannot be read, as it was told"));
        }
        let from = state.bytes.get(at(offset)..at(offset) + out.len());
        out.copy_from_slice(from.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.0.lock().perform(Act::Write(offset, bytes.to_vec()))
    }

    fn resize(&self, size: u64) -> io::Result<()> {
        self.0.lock().perform(Act::Resize(size))
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.0.lock();
        let verdict = state.ask_judge();
        state.acts.push(if verdict.is_ok() { Act::Sync } else { Act::FailedSync });
        verdict
    }
}
