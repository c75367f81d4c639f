//! A store that damage is done to, with what it was in earlier states, and what may be found in it. It knows nothing of how damage is chosen.

use super::harm::Harm;
use crate::writers::{self, Cast, Counts, Question, Settings, WRITERS};
use portunus_auth::{Error, Gate};
use portunus_storage::Disk;
use portunus_storage::conformance::Random;
use std::io;
use std::sync::{Arc, Mutex};

/// How many transactions there are at the most of one writer.
const TRANSACTIONS: u64 = 8;

/// A state in which the store was once closed.
pub struct State {
    pub bytes: Vec<u8>,
    pub counts: Counts,
}

/// What is believed of the answers: a fault may be planted in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disbelief {
    Sound,
    /// A document whose reading fails is told as one that is not there.
    ErrorIsNothing,
    /// A secret whose proving fails opens as the administrator's.
    ErrorOpens,
    /// A write of which nobody can tell whether it is allowed is let pass.
    ErrorAllows,
}

/// A store, closed, and all that can be asked of it.
pub struct Patient {
    pub states: Vec<State>,
    pub cast: Cast,
    questions: Vec<Question>,
    disbelief: Disbelief,
}

/// The store, opened on a disk that can be changed behind its back.
pub struct Opened {
    disk: Arc<Bytes>,
    gate: Gate,
    settings: Settings,
}

impl Patient {
    /// Has the writers work on a new store, which is closed in between.
    pub fn new(random: &mut Random, disbelief: Disbelief) -> Result<Self, String> {
        let disk = Bytes::holding(Vec::new());
        let (mut gate, cast) = writers::create(disk.clone());
        let mut counts = [0; WRITERS];
        let mut states = Vec::new();
        for _ in 0..4 {
            for _ in 0..1 + random.below(5) {
                let by = random.below(WRITERS);
                if counts[by] < TRANSACTIONS {
                    counts[by] += 1;
                    writers::step(&gate, &cast, by, counts[by]).map_err(|error| error.to_string())?;
                }
            }
            gate.close().map_err(|error| error.to_string())?;
            states.push(State { bytes: disk.bytes(), counts });
            let settings = Settings { cache_bytes: 1 << 20, principals_max: 64 };
            gate = writers::open(disk.clone(), settings).map_err(|error| error.to_string())?;
            writers::check(&gate, &cast, counts, counts)?;
        }
        let questions = Question::all(counts.into_iter().max().unwrap_or(0));
        Ok(Self { states, cast, questions, disbelief })
    }

    fn last(&self) -> &State {
        &self.states[self.states.len() - 1]
    }

    /// Damages the closed file. It is refused and stays as it is, or it is opened and everything is right, later transactions too.
    pub fn try_closed(&self, harm: &Harm, settings: Settings, random: &mut Random) -> Result<(), String> {
        let mut bytes = self.last().bytes.clone();
        harm.apply(&self.states, &mut bytes);
        let disk = Bytes::holding(bytes.clone());
        let gate = match writers::open(disk.clone(), settings) {
            Ok(gate) => gate,
            Err(error) if is_of_damage(&error) => {
                return if disk.bytes() == bytes {
                    Ok(())
                } else {
                    Err("a refused file was changed".to_owned())
                };
            }
            Err(error) => return Err(format!("refused with {error:?}")),
        };
        let may_be: Vec<Counts> = if harm.is_of_an_earlier_state() {
            self.states.iter().map(|state| state.counts).collect()
        } else {
            vec![self.last().counts]
        };
        let counts = self.examine(&gate, may_be)?;
        self.refuses_trespass(&gate)?;
        if let [counts] = counts[..]
            && random.chance(10)
        {
            let by = random.below(WRITERS);
            let mut more = counts;
            match writers::step(&gate, &self.cast, by, counts[by] + 1) {
                Ok(()) => more[by] += 1,
                Err(error) if is_of_damage(&error) => {}
                Err(error) => return Err(format!("the next transaction ended with {error:?}")),
            }
            self.examine(&gate, vec![counts, more])?;
        }
        Ok(())
    }

    /// Opens the store as it is.
    pub fn open(&self, settings: Settings) -> Result<Opened, String> {
        let disk = Bytes::holding(self.last().bytes.clone());
        let gate = writers::open(disk.clone(), settings).map_err(|error| error.to_string())?;
        Ok(Opened { disk, gate, settings })
    }

    /// Damages the file under the open store, and puts it in order again: which changes it as well.
    pub fn try_open(&self, opened: &mut Opened, harm: &Harm, random: &mut Random) -> Result<(), String> {
        let before = opened.disk.bytes();
        opened.disk.change(|bytes| harm.apply(&self.states, bytes));
        let counts = self.last().counts;
        self.examine(&opened.gate, vec![counts])?;
        self.refuses_trespass(&opened.gate)?;
        let mut may_be = vec![counts];
        if random.chance(20) {
            let by = random.below(WRITERS);
            let mut more = counts;
            more[by] += 1;
            match writers::step(&opened.gate, &self.cast, by, more[by]) {
                Ok(()) => may_be = vec![more],
                Err(error) if is_of_damage(&error) => may_be.push(more),
                Err(error) => return Err(format!("the next transaction ended with {error:?}")),
            }
            self.examine(&opened.gate, may_be)?;
            *opened = self.open(opened.settings)?;
            return Ok(());
        }
        opened.disk.change(|bytes| *bytes = before);
        self.examine(&opened.gate, may_be).map(drop)
    }

    /// Whoever may write nothing is let write nothing by what is left.
    fn refuses_trespass(&self, gate: &Gate) -> Result<(), String> {
        for (who, outcome) in writers::trespasses(gate, &self.cast) {
            match outcome {
                Err(Error::Denied { .. } | Error::NotFound(_) | Error::Unauthenticated) => {}
                Err(error) if is_of_damage(&error) && self.disbelief != Disbelief::ErrorAllows => {}
                other => return Err(format!("{who:?} tries to write, which comes to {other:?}")),
            }
        }
        Ok(())
    }

    /// Asks everything. All that is answered must be so in one of these states; those that remain are told.
    fn examine(&self, gate: &Gate, mut may_be: Vec<Counts>) -> Result<Vec<Counts>, String> {
        for (question, answer) in
            self.questions.iter().zip(writers::answers(gate, &self.cast, &self.questions))
        {
            let answer = match answer {
                Ok(answer) => answer,
                Err(error) if is_of_damage(&error) => match (self.disbelief, question) {
                    (Disbelief::ErrorIsNothing, Question::Note(..)) => "no note".to_owned(),
                    (Disbelief::ErrorOpens, Question::Notes(who)) => format!("{who:?} is let in"),
                    _ => continue,
                },
                Err(error) => error.to_string(),
            };
            let expected = question.expected(may_be[may_be.len() - 1]);
            may_be.retain(|counts| question.expected(*counts) == answer);
            if may_be.is_empty() {
                return Err(format!("{question:?} is answered {answer:?} in place of {expected:?}"));
            }
        }
        Ok(may_be)
    }
}

/// What a store may say of bytes that are not what they were.
fn is_of_damage(error: &Error) -> bool {
    matches!(
        error,
        Error::Corrupt(_)
            | Error::Version(_)
            | Error::Io(_)
            | Error::SnapshotExpired
            | Error::ReadOnly(_)
            | Error::OutcomeUnknown(_)
    )
}

/// A disk in memory, without a memory of its own.
struct Bytes(Mutex<Vec<u8>>);

impl Bytes {
    fn holding(bytes: Vec<u8>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(bytes)))
    }

    fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }

    fn change(&self, change: impl FnOnce(&mut Vec<u8>)) {
        change(&mut self.0.lock().unwrap());
    }
}

impl Disk for Bytes {
    fn size(&self) -> io::Result<u64> {
        Ok(u64::try_from(self.0.lock().unwrap().len()).unwrap())
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let (bytes, offset) = (self.0.lock().unwrap(), usize::try_from(offset).unwrap());
        out.copy_from_slice(bytes.get(offset..offset + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn write(&self, offset: u64, written: &[u8]) -> io::Result<()> {
        let (mut bytes, offset) = (self.0.lock().unwrap(), usize::try_from(offset).unwrap());
        let end = (offset + written.len()).max(bytes.len());
        bytes.resize(end, 0);
        bytes[offset..offset + written.len()].copy_from_slice(written);
        Ok(())
    }

    fn resize(&self, size: u64) -> io::Result<()> {
        self.0.lock().unwrap().resize(usize::try_from(size).unwrap(), 0);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}
