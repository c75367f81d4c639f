//! Whether a store can be read and written, as every handle, snapshot and transaction of it sees it. Knows no reasons.

use crate::sync::{AtomicU8, Ordering};
use crate::{Error, Result};

/// The state of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It can be read and written.
    Open,
    /// A commit, a read or a reopening failed. What was begun before reads on as far as its pages are at hand; whoever begins now has
    /// the store reopened.
    Faulted,
    /// It was reopened after a fault, but what had to be repaired could not be written yet. It can be read; whoever begins to write
    /// has the writing tried again.
    Unsettled,
    /// It was closed.
    Closed,
    /// The committer panicked. Nothing can be read or written any more.
    Poisoned,
}

/// The state of a store, shared by everything that belongs to it.
#[derive(Debug)]
pub(crate) struct Status(AtomicU8);

const STATES: [State; 5] = [State::Open, State::Faulted, State::Unsettled, State::Closed, State::Poisoned];

impl Status {
    pub(crate) fn new() -> Self {
        Self(AtomicU8::new(code(State::Open)))
    }

    pub(crate) fn load(&self) -> State {
        let code = usize::from(self.0.load(Ordering::Acquire));
        STATES.get(code).copied().unwrap_or(State::Poisoned)
    }

    pub(crate) fn store(&self, state: State) {
        self.0.store(code(state), Ordering::Release);
    }

    /// Notes that a read failed, unless something worse or more final has been noted already.
    pub(crate) fn note_failed_read(&self) {
        for from in [State::Open, State::Unsettled] {
            let _ = self.0.compare_exchange(
                code(from),
                code(State::Faulted),
                Ordering::AcqRel,
                Ordering::Acquire,
            );
        }
    }

    /// Notes that writes are taken again, unless something has failed since the store was reopened. Tells whether it is so.
    pub(crate) fn note_settled(&self) -> bool {
        let (from, to) = (code(State::Unsettled), code(State::Open));
        self.0.compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// Why a snapshot whose view is gone cannot be read.
    pub(crate) fn lost_view(&self) -> Error {
        match self.load() {
            State::Open | State::Faulted | State::Unsettled => Error::SnapshotExpired,
            State::Closed => Error::Closed,
            State::Poisoned => poisoned(),
        }
    }

    /// Fails for good if the store has been closed or poisoned.
    pub(crate) fn check_alive(&self) -> Result<State> {
        match self.load() {
            State::Closed => Err(Error::Closed),
            State::Poisoned => Err(poisoned()),
            state @ (State::Open | State::Faulted | State::Unsettled) => Ok(state),
        }
    }
}

/// What everyone learns after the committer panicked.
pub(crate) fn poisoned() -> Error {
    Error::Internal("the committer panicked; close the store and open it again".into())
}

fn code(state: State) -> u8 {
    match state {
        State::Open => 0,
        State::Faulted => 1,
        State::Unsettled => 2,
        State::Closed => 3,
        State::Poisoned => 4,
    }
}
