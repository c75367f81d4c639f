//! A disk in memory that records what is done to it, fails when it is told to, and tells what would be left of it after a
//! power cut at any moment.

use crate::storage::random::Random;
use parking_lot::Mutex;
use portunus_storage::Disk;
use std::io;
use std::sync::Arc;

/// What was done to the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    Write(u64, Vec<u8>),
    Resize(u64),
    Sync,
    /// A sync that reported an error. As some systems do, the disk then forgets what it had not written yet,
    /// but goes on showing it to readers.
    FailedSync,
}

/// What happens to the next act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Pass,
    Fail(io::ErrorKind),
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

#[derive(Default)]
pub struct RecordingDisk(Mutex<State>);

impl RecordingDisk {
    pub fn empty() -> Arc<Self> {
        Arc::new(Self::default())
    }

    pub fn holding(bytes: Vec<u8>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State { bytes, ..State::default() })))
    }

    /// How many acts there have been.
    pub fn acts(&self) -> usize {
        self.0.lock().acts.len()
    }

    pub fn recording(&self) -> Vec<Act> {
        self.0.lock().acts.clone()
    }

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

    pub fn heal(&self) {
        let mut state = self.0.lock();
        state.judge = None;
        state.reads_fail = false;
    }

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
}

fn at(offset: u64) -> usize {
    usize::try_from(offset).unwrap()
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
        let mut state = self.0.lock();
        state.ask_judge()?;
        apply(&mut state.bytes, &Act::Write(offset, bytes.to_vec()));
        state.acts.push(Act::Write(offset, bytes.to_vec()));
        Ok(())
    }

    fn resize(&self, size: u64) -> io::Result<()> {
        let mut state = self.0.lock();
        state.ask_judge()?;
        apply(&mut state.bytes, &Act::Resize(size));
        state.acts.push(Act::Resize(size));
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.0.lock();
        let verdict = state.ask_judge();
        state.acts.push(if verdict.is_ok() { Act::Sync } else { Act::FailedSync });
        verdict
    }
}

fn apply(image: &mut Vec<u8>, act: &Act) {
    match act {
        Act::Write(offset, bytes) => {
            let end = at(*offset) + bytes.len();
            if image.len() < end {
                image.resize(end, 0);
            }
            image[at(*offset)..end].copy_from_slice(bytes);
        }
        Act::Resize(size) => image.resize(at(*size), 0),
        Act::Sync | Act::FailedSync => {}
    }
}

/// What becomes of the writes that were not synced when the power goes.
#[derive(Clone, Copy, Debug)]
pub enum Unsynced {
    Lost,
    Kept,
    /// Some of them are kept, in any combination, and one may be torn in the middle.
    Some,
}

/// Walks through a recording, and builds what is on the platter after a power cut.
pub struct PowerCuts<'r> {
    acts: &'r [Act],
    synced: Vec<u8>,
    /// The acts before this one are in `synced`.
    synced_until: usize,
    position: usize,
    /// Acts that a failed sync has forgotten.
    forgotten: Vec<usize>,
}

impl<'r> PowerCuts<'r> {
    pub fn new(acts: &'r [Act]) -> Self {
        Self { acts, synced: Vec::new(), synced_until: 0, position: 0, forgotten: Vec::new() }
    }

    /// Goes on to the moment after `position` acts.
    pub fn advance(&mut self, position: usize) {
        for (number, act) in self.acts.iter().enumerate().take(position).skip(self.position) {
            match act {
                Act::Sync => {
                    for pending in
                        (self.synced_until..number).filter(|pending| !self.forgotten.contains(pending))
                    {
                        apply(&mut self.synced, &self.acts[pending]);
                    }
                    self.synced_until = number;
                    self.forgotten.clear();
                }
                // The size of a file is kept by other means than its pages.
                Act::FailedSync => self.forgotten.extend(
                    (self.synced_until..number)
                        .filter(|pending| matches!(self.acts[*pending], Act::Write(..))),
                ),
                Act::Write(..) | Act::Resize(_) => {}
            }
        }
        self.position = position;
    }

    /// What is left if the power goes now.
    pub fn image(&self, unsynced: Unsynced, random: &mut Random) -> Vec<u8> {
        let mut image = self.synced.clone();
        for act in &self.acts[self.synced_until..self.position] {
            match unsynced {
                Unsynced::Lost => {}
                Unsynced::Kept => apply(&mut image, act),
                Unsynced::Some if random.chance(10) => apply(&mut image, &torn(act, random)),
                Unsynced::Some if random.chance(50) => apply(&mut image, act),
                Unsynced::Some => {}
            }
        }
        image
    }
}

/// A write of which only some sectors at its beginning or end have arrived.
fn torn(act: &Act, random: &mut Random) -> Act {
    match act {
        Act::Write(offset, bytes) if bytes.len() > 512 => {
            let cut = 512 * (1 + random.below(bytes.len() / 512));
            let cut = cut.min(bytes.len());
            if random.chance(50) {
                Act::Write(*offset, bytes[..cut].to_vec())
            } else {
                Act::Write(offset + u64::try_from(cut).unwrap(), bytes[cut..].to_vec())
            }
        }
        Act::Write(..) | Act::Resize(_) | Act::Sync | Act::FailedSync => act.clone(),
    }
}
