//! Who may work now, when what they work with is scarce: first come, first served. It knows nothing of what the work is.

use crate::{Error, Result};
use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use std::sync::Arc;

/// A number of seats, and the threads that wait for them. A thread takes as many seats as its work needs memory, and nobody
/// is served before one who came earlier, so that those who need many are served at all.
pub(super) struct Queue {
    state: Mutex<State>,
    seats: u32,
    waiting_max: usize,
}

struct State {
    free: u32,
    /// Who waits, in the order in which they came.
    waiting: VecDeque<Waiter>,
    /// How many have ever begun to wait, and how many of them have been served: the first ones.
    came: u64,
    served: u64,
}

struct Waiter {
    seats: u32,
    is_served: Arc<Condvar>,
}

/// Seats that are taken. They are free again when this is dropped, also by a panic.
pub(super) struct Permit<'q> {
    queue: &'q Queue,
    seats: u32,
}

impl Queue {
    /// A queue for so many seats, at least one, in which so many threads may wait.
    pub(super) fn new(seats: u32, waiting_max: usize) -> Self {
        let seats = seats.max(1);
        let state = State { free: seats, waiting: VecDeque::new(), came: 0, served: 0 };
        Self { state: Mutex::new(state), seats, waiting_max }
    }

    /// Waits for so many seats, or for all of them if there are not so many.
    ///
    /// # Errors
    /// `Limit` if too many are waiting already.
    pub(super) fn enter(&self, seats: u32) -> Result<Permit<'_>> {
        let seats = seats.clamp(1, self.seats);
        let mut state = self.state.lock();
        if state.waiting.is_empty() && state.free >= seats {
            state.free -= seats;
            return Ok(Permit { queue: self, seats });
        }
        if state.waiting.len() >= self.waiting_max {
            let actual = state.waiting.len().saturating_add(1);
            return Err(Error::Limit {
                what: "the queue for hashing passwords",
                actual,
                max: self.waiting_max,
            });
        }
        let number = state.came;
        state.came += 1;
        let is_served = Arc::new(Condvar::new());
        state.waiting.push_back(Waiter { seats, is_served: Arc::clone(&is_served) });
        while state.served <= number {
            is_served.wait(&mut state);
        }
        Ok(Permit { queue: self, seats })
    }

    /// How many wait now.
    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.state.lock().waiting.len()
    }

    fn leave(&self, seats: u32) {
        let mut state = self.state.lock();
        state.free += seats;
        // One thread is woken for each that is served: waking all that wait would cost more than the work.
        while state.waiting.front().is_some_and(|first| first.seats <= state.free) {
            let Some(first) = state.waiting.pop_front() else { break };
            state.free -= first.seats;
            state.served += 1;
            first.is_served.notify_one();
        }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.queue.leave(self.seats);
    }
}

#[cfg(test)]
mod tests;
