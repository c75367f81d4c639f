//! What the store has promised to each writer, and at which moment of the disk. It knows nothing of what a state means.

use super::state::{PLACES, State};
use portunus_auth::Secret;
use portunus_storage::conformance::RecordingDisk;
use std::sync::{Arc, Mutex};

/// What the store has promised.
pub struct Promises {
    disk: Arc<RecordingDisk>,
    /// An administrator of the root.
    pub admin: Secret,
    /// How many records the audit log of each place had before the first writer began, and how many keys it owned.
    pub base: [Base; PLACES.len()],
    lines: Mutex<Vec<Line>>,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Base {
    pub audited: u64,
    pub keys: usize,
}

/// One writer's transactions.
#[derive(Default)]
struct Line {
    /// After each number of them; there is one more state than there are marks.
    states: Vec<Arc<State>>,
    marks: Vec<Mark>,
}

/// What happened to one transaction. Moments are counted in acts of the disk.
#[derive(Clone, Debug)]
struct Mark {
    /// How many transactions of each writer had been acknowledged when it began.
    after: Vec<usize>,
    offered_at: usize,
    acknowledged_at: Option<usize>,
    is_immediate: bool,
}

/// How many transactions of each writer may be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds {
    pub least: Vec<usize>,
    pub most: Vec<usize>,
}

impl Promises {
    pub fn new(disk: Arc<RecordingDisk>, admin: Secret, base: [Base; PLACES.len()], writers: usize) -> Self {
        let line = || Line { states: vec![Arc::default()], marks: Vec::new() };
        Self { disk, admin, base, lines: Mutex::new((0..writers).map(|_| line()).collect()) }
    }

    pub fn writers(&self) -> usize {
        self.lines.lock().unwrap().len()
    }

    /// What the last transaction of a writer has left, or will have.
    pub fn latest(&self, writer: usize) -> Arc<State> {
        self.lines.lock().unwrap()[writer].states.last().unwrap().clone()
    }

    /// What so many transactions of each writer have left.
    pub fn states(&self, numbers: &[usize]) -> Vec<Arc<State>> {
        let lines = self.lines.lock().unwrap();
        numbers.iter().zip(lines.iter()).map(|(number, line)| line.states[*number].clone()).collect()
    }

    /// How many transactions of each writer have been acknowledged.
    pub fn acknowledged(&self) -> Vec<usize> {
        let count = |line: &Line| line.marks.iter().filter(|mark| mark.acknowledged_at.is_some()).count();
        self.lines.lock().unwrap().iter().map(count).collect()
    }

    /// From now on, a transaction may be there that leaves this.
    pub fn offer(&self, writer: usize, state: State, after: Vec<usize>, is_immediate: bool) {
        let offered_at = self.disk.acts();
        let line = &mut self.lines.lock().unwrap()[writer];
        line.states.push(Arc::new(state));
        line.marks.push(Mark { after, offered_at, acknowledged_at: None, is_immediate });
    }

    /// The last transaction of a writer is there.
    pub fn acknowledge(&self, writer: usize) {
        let now = self.disk.acts();
        self.lines.lock().unwrap()[writer].marks.last_mut().unwrap().acknowledged_at = Some(now);
    }

    /// The last transaction of a writer is there, and what is there has been read from the disk.
    pub fn acknowledge_read(&self, writer: usize) {
        self.acknowledge(writer);
        self.lines.lock().unwrap()[writer].marks.last_mut().unwrap().is_immediate = true;
    }

    /// The last transaction of a writer is not there and will never be.
    pub fn withdraw(&self, writer: usize) {
        let line = &mut self.lines.lock().unwrap()[writer];
        line.states.pop();
        line.marks.pop();
    }

    /// What may be there if the power goes after so many acts of the disk.
    pub fn at(&self, position: usize) -> Bounds {
        let is_promised =
            |mark: &Mark| mark.is_immediate && mark.acknowledged_at.is_some_and(|at| at <= position);
        let lines = self.lines.lock().unwrap();
        let least = |line: &Line| line.marks.iter().rposition(is_promised).map_or(0, |last| last + 1);
        let most = |line: &Line| line.marks.iter().filter(|mark| mark.offered_at <= position).count();
        Bounds { least: lines.iter().map(least).collect(), most: lines.iter().map(most).collect() }
    }

    /// What may be there as long as the store stays open, or after it was closed: all that was acknowledged.
    pub fn now(&self) -> Bounds {
        let most = self.lines.lock().unwrap().iter().map(|line| line.marks.len()).collect();
        Bounds { least: self.acknowledged(), most }
    }

    /// A transaction that is there although one is not that was acknowledged before it began.
    pub fn out_of_order(&self, numbers: &[usize]) -> Option<String> {
        let lines = self.lines.lock().unwrap();
        for (writer, (number, line)) in numbers.iter().zip(lines.iter()).enumerate() {
            let Some(mark) = number.checked_sub(1).map(|last| &line.marks[last]) else { continue };
            for (other, (found, before)) in numbers.iter().zip(&mark.after).enumerate() {
                if found < before {
                    return Some(format!(
                        "transaction {number} of writer {writer} is there, and began after transaction {before} of writer {other}, of which only {found} are there"
                    ));
                }
            }
        }
        None
    }
}
