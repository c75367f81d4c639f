//! One trial: writers and a reader at work on a disk that fails, and what must be there when they are done. It knows nothing of how
//! faults are chosen.

use super::disk::{Fault, FaultyDisk, Operation};
use crate::writers::{self, Cast, Counts, Question, Settings, WRITERS};
use portunus_auth::{Error, Gate};
use portunus_storage::conformance::{PowerCuts, Random, RecordingDisk, Unsynced};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// How many transactions each writer makes.
const TRANSACTIONS: u64 = 4;
/// After so many refusals of one transaction somebody heals the disk.
const PATIENCE: u32 = 3;
/// And after so many more the writer believes that writes are not taken again.
const ATTEMPTS_MAX: u32 = PATIENCE + 8;

/// What the writers believe: a fault may be planted in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Belief {
    Sound,
    /// A commit of unknown outcome is taken for one that was acknowledged.
    UnknownIsDone,
}

/// A store on which faults are tried, closed.
pub struct Trial {
    pub bytes: Vec<u8>,
    pub cast: Cast,
    pub belief: Belief,
}

/// What came of one trial.
pub struct Outcome {
    pub struck: bool,
    /// How many operations of each kind there were.
    pub done: [usize; Operation::ALL.len()],
}

/// How many transactions had been acknowledged when there had been so many acts of the disk.
type Promises = Mutex<Vec<(usize, Counts)>>;

impl Trial {
    /// Works on the store while the fault strikes, then opens it again, and what is left of it after a power cut.
    pub fn run(&self, fault: Option<Fault>, random: &mut Random) -> Result<Outcome, String> {
        let cache_bytes = if random.chance(50) { 0 } else { 1 << 20 };
        let settings = Settings { cache_bytes, principals_max: 64 * random.below(2) };
        let disk = FaultyDisk::new(self.bytes.clone(), fault);
        let gate = match writers::open(disk.clone(), settings) {
            Ok(gate) => gate,
            Err(Error::Io(_)) if fault.is_some() => {
                disk.heal();
                writers::open(disk.clone(), settings)
                    .map_err(|error| format!("not opened when healed: {error}"))?
            }
            Err(error) => return Err(format!("not opened: {error}")),
        };
        let promises = Promises::new(vec![(0, [0; WRITERS])]);
        self.work(&gate, &disk, fault, &promises)?;
        let outcome = Outcome { struck: disk.has_struck(), done: disk.done() };
        disk.heal();
        let all = [TRANSACTIONS; WRITERS];
        self.check(&gate, all, all).map_err(|broken| format!("when all is done: {broken}"))?;
        gate.close().map_err(|error| format!("not closed: {error}"))?;
        drop(gate);
        self.check_bytes(disk.bytes(), all, all, settings)
            .map_err(|broken| format!("opened again: {broken}"))?;
        self.cut(&disk, &promises.into_inner().unwrap(), random, settings)?;
        Ok(outcome)
    }

    /// All writers make all their transactions, while somebody reads.
    fn work(
        &self,
        gate: &Gate,
        disk: &FaultyDisk,
        fault: Option<Fault>,
        promises: &Promises,
    ) -> Result<(), String> {
        let is_over = AtomicBool::new(false);
        std::thread::scope(|threads| {
            let reader = threads.spawn(|| self.read(gate, fault, &is_over));
            let writers: Vec<_> = (0..WRITERS)
                .map(|by| threads.spawn(move || self.write(gate, disk, fault, by, promises)))
                .collect();
            let written: Vec<_> = writers.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
            is_over.store(true, Ordering::Relaxed);
            let read = reader.join();
            for outcome in written.into_iter().chain([read]) {
                outcome.map_err(|_| "a thread panicked".to_owned())??;
            }
            Ok(())
        })
    }

    fn write(
        &self,
        gate: &Gate,
        disk: &FaultyDisk,
        fault: Option<Fault>,
        by: usize,
        promises: &Promises,
    ) -> Result<(), String> {
        for number in 1..=TRANSACTIONS {
            let mut attempts = 0;
            while let Err(error) = writers::step(gate, &self.cast, by, number) {
                match error {
                    Error::OutcomeUnknown(_) if self.belief == Belief::UnknownIsDone => break,
                    Error::OutcomeUnknown(_)
                    | Error::ReadOnly(_)
                    | Error::SnapshotExpired
                    | Error::Conflict => {}
                    Error::Io(_) if reads_fail(fault) => {}
                    other => return Err(format!("transaction {number} of writer {by} ended with: {other}")),
                }
                attempts += 1;
                if attempts == PATIENCE {
                    self.check_readable(gate, fault)?;
                    disk.heal();
                }
                if attempts > ATTEMPTS_MAX {
                    return Err(format!("writer {by} may not go on although the disk is healed: {error}"));
                }
            }
            let mut promises = promises.lock().unwrap();
            let mut counts = promises.last().map_or([0; WRITERS], |(_, counts)| *counts);
            counts[by] = number;
            promises.push((disk.acts(), counts));
        }
        Ok(())
    }

    /// Whoever reads finds a whole state each time, and never an earlier one than before.
    fn read(&self, gate: &Gate, fault: Option<Fault>, is_over: &AtomicBool) -> Result<(), String> {
        let mut least = [0; WRITERS];
        while !is_over.load(Ordering::Relaxed) {
            match self.look(gate) {
                Ok(counts) if counts[0] < least[0] => {
                    return Err(format!("a reader found {} transactions after {}", counts[0], least[0]));
                }
                Ok(counts) => least = counts,
                Err(Looked::Refused(Error::SnapshotExpired)) => {}
                Err(Looked::Refused(Error::Io(_) | Error::ReadOnly(_))) if reads_fail(fault) => {}
                Err(Looked::Refused(error)) => return Err(format!("a reader was refused: {error}")),
                Err(Looked::Wrong(what)) => return Err(format!("a reader found {what}")),
            }
            std::thread::yield_now();
        }
        Ok(())
    }

    /// While writes are refused, reading goes on.
    fn check_readable(&self, gate: &Gate, fault: Option<Fault>) -> Result<(), String> {
        if reads_fail(fault) {
            return Ok(());
        }
        for _ in 0..ATTEMPTS_MAX {
            match self.look(gate) {
                Ok(_) => return Ok(()),
                // Somebody else has had the file reopened meanwhile.
                Err(Looked::Refused(Error::SnapshotExpired)) => {}
                Err(Looked::Refused(error)) => {
                    return Err(format!("nobody can read while writes are refused: {error}"));
                }
                Err(Looked::Wrong(what)) => return Err(format!("while writes are refused there is {what}")),
            }
        }
        Ok(())
    }

    /// What one transaction of the administrator sees.
    fn look(&self, gate: &Gate) -> Result<Counts, Looked> {
        let view = gate.begin_read(&self.cast.admin).map_err(Looked::Refused)?;
        let asked = |question: Question| question.ask(&view).map_err(Looked::Refused);
        let counted = asked(Question::Counter(writers::Who::Admin, 0))?;
        let counts = [counted.parse().map_err(|_| Looked::Wrong(counted))?, 0, 0];
        for question in [Question::Notes(writers::Who::Admin), Question::Even(writers::Who::Admin)] {
            let (found, expected) = (asked(question)?, question.expected(counts));
            if found != expected {
                return Err(Looked::Wrong(format!("{found:?} in place of {expected:?}")));
            }
        }
        Ok(counts)
    }

    fn check(&self, gate: &Gate, least: Counts, most: Counts) -> Result<Counts, String> {
        writers::check(gate, &self.cast, least, most)
    }

    fn check_bytes(
        &self,
        bytes: Vec<u8>,
        least: Counts,
        most: Counts,
        settings: Settings,
    ) -> Result<Counts, String> {
        let gate =
            writers::open(RecordingDisk::holding(bytes), settings).map_err(|error| error.to_string())?;
        self.check(&gate, least, most)
    }

    /// Cuts the power when all is done, and at some moment before.
    fn cut(
        &self,
        disk: &Arc<FaultyDisk>,
        promises: &[(usize, Counts)],
        random: &mut Random,
        settings: Settings,
    ) -> Result<(), String> {
        let acts = disk.recording();
        for position in [random.below(acts.len() + 1), acts.len()] {
            let mut cuts = PowerCuts::on(self.bytes.clone(), &acts);
            cuts.advance(position);
            let unsynced = Unsynced::ALL[random.below(Unsynced::ALL.len())];
            let image = cuts.image(unsynced, random);
            let kept = promises.iter().rfind(|(at, _)| *at <= position);
            let least = kept.map_or([0; WRITERS], |(_, counts)| *counts);
            let most = least.map(|count| (count + 1).min(TRANSACTIONS));
            self.check_bytes(image, least, most, settings).map_err(|broken| {
                format!("after a power cut at act {position} of {}, {unsynced:?}: {broken}", acts.len())
            })?;
        }
        Ok(())
    }
}

/// Why somebody who looked saw nothing.
enum Looked {
    Refused(Error),
    Wrong(String),
}

fn reads_fail(fault: Option<Fault>) -> bool {
    fault.is_some_and(|fault| fault.operation == Operation::Read)
}
