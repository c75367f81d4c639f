//! What waits to be written to a log because it has no transaction of its own: openings, refusals, denials, failed logins. Bounded, and
//! what anybody can cause is let in only so often. It knows nothing of stores.

use super::{AuditSettings, Event};
use crate::Result;
use crate::throttle::{Bucket, ThrottleLimits};
use parking_lot::Mutex;
use portunus_scope::{DatabaseId, Timestamp};
use std::collections::HashMap;
use std::time::Duration;

/// The most lines that wait for one database.
const LINES_OF_DATABASE_MAX: usize = 1_024;
/// The most lines that wait in all.
const LINES_MAX: usize = 65_536;
/// The refusals that a log takes at once, and as many denials; more are counted.
const BURST: u32 = 60;
/// How long it takes until there is room for one more.
const REFILL: Duration = Duration::from_secs(1);

/// What a line that waits tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Opening,
    Refusal,
    Denial,
    FailedLogin,
    Backup,
}

/// What waits, and how much more may.
pub(super) struct Waiting {
    limits: ThrottleLimits,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    databases: HashMap<DatabaseId, Queue>,
    lines: usize,
}

/// What waits for one database, and how often more may come.
struct Queue {
    batch: Batch,
    refusals: Bucket,
    denials: Bucket,
    failed_logins: Bucket,
}

/// Lines for one log, in the order in which what they tell of happened.
#[derive(Debug, Default)]
pub(super) struct Batch {
    lines: Vec<(Class, String)>,
    lost: Lost,
}

/// How many had to be left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Lost {
    openings: u64,
    refusals: u64,
    denials: u64,
    failed_logins: u64,
}

impl Waiting {
    /// # Errors
    /// None but a fault in this program.
    pub(super) fn new() -> Result<Self> {
        Ok(Self { limits: ThrottleLimits::new(BURST, REFILL)?, state: Mutex::default() })
    }

    /// Adds a line for the log of a database, or only counts that it should have been; tells which.
    pub(super) fn push(
        &self,
        database: DatabaseId,
        class: Class,
        now: Timestamp,
        line: impl FnOnce() -> String,
    ) -> bool {
        let mut state = self.state.lock();
        let State { databases, lines } = &mut *state;
        let queue = databases.entry(database).or_insert_with(|| Queue::new(self.limits, now));
        let is_often = match class {
            Class::Opening | Class::Backup => false,
            Class::Refusal => queue.refusals.take(self.limits, now).is_err(),
            Class::Denial => queue.denials.take(self.limits, now).is_err(),
            Class::FailedLogin => queue.failed_logins.take(self.limits, now).is_err(),
        };
        if is_often || *lines >= LINES_MAX || queue.batch.lines.len() >= LINES_OF_DATABASE_MAX {
            *queue.batch.lost.of(class) += 1;
            return false;
        }
        queue.batch.lines.push((class, line()));
        *lines += 1;
        true
    }

    /// Whether there is no room for another line for this database.
    pub(super) fn is_full(&self, database: DatabaseId) -> bool {
        let state = self.state.lock();
        let own = state.databases.get(&database).map_or(0, |queue| queue.batch.lines.len());
        own >= LINES_OF_DATABASE_MAX || state.lines >= LINES_MAX
    }

    pub(super) fn is_empty(&self) -> bool {
        self.state.lock().databases.values().all(|queue| queue.batch.is_empty())
    }

    /// Takes out all that waits. How often more may come is remembered as long as it matters.
    pub(super) fn take(&self, now: Timestamp) -> Vec<(DatabaseId, Batch)> {
        let mut state = self.state.lock();
        state.lines = 0;
        let taken = state.databases.iter_mut().map(|(id, queue)| (*id, std::mem::take(&mut queue.batch)));
        let taken = taken.filter(|(_, batch)| !batch.is_empty()).collect();
        state.databases.retain(|_, queue| queue.remembers(self.limits, now));
        taken
    }

    /// Puts back what could not be written, before what has come meanwhile.
    pub(super) fn put_back(&self, database: DatabaseId, batch: Batch) {
        let mut state = self.state.lock();
        let State { databases, lines } = &mut *state;
        let queue = databases.entry(database).or_insert_with(|| Queue::new(self.limits, Timestamp::MIN));
        let later = std::mem::replace(&mut queue.batch, batch);
        queue.batch.lost.add(later.lost);
        for line in later.lines {
            if queue.batch.lines.len() < LINES_OF_DATABASE_MAX {
                queue.batch.lines.push(line);
            } else {
                *queue.batch.lost.of(line.0) += 1;
            }
        }
        *lines = databases.values().map(|queue| queue.batch.lines.len()).sum();
    }
}

impl Queue {
    fn new(limits: ThrottleLimits, now: Timestamp) -> Self {
        let full = Bucket::full(limits, now);
        Self { batch: Batch::default(), refusals: full, denials: full, failed_logins: full }
    }

    /// Whether anything was let in lately.
    fn remembers(&self, limits: ThrottleLimits, now: Timestamp) -> bool {
        let Self { refusals, denials, failed_logins, .. } = self;
        [refusals, denials, failed_logins].into_iter().any(|bucket| now < bucket.full_at(limits))
    }
}

impl Batch {
    /// The lines that a log with these settings holds.
    pub(super) fn lines_for(&self, settings: AuditSettings) -> Vec<String> {
        let wanted = self.lines.iter().filter(|(class, _)| class.is_in(settings));
        wanted.map(|(_, line)| line.clone()).collect()
    }

    /// How many lines such a log misses.
    pub(super) fn lost_for(&self, settings: AuditSettings) -> Lost {
        let count = |class: Class, lost| if class.is_in(settings) { lost } else { 0 };
        Lost {
            openings: count(Class::Opening, self.lost.openings),
            refusals: count(Class::Refusal, self.lost.refusals),
            denials: count(Class::Denial, self.lost.denials),
            failed_logins: count(Class::FailedLogin, self.lost.failed_logins),
        }
    }

    fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.lost == Lost::default()
    }
}

impl Class {
    fn is_in(self, settings: AuditSettings) -> bool {
        match self {
            Self::Opening => settings.openings,
            Self::Refusal => settings.refusals,
            Self::Denial => settings.denials,
            Self::FailedLogin | Self::Backup => true,
        }
    }
}

impl Lost {
    /// The record of what is missing, if anything is.
    pub(super) fn event(self) -> Option<Event> {
        let Self { openings, refusals, denials, failed_logins } = self;
        (self.sum() > 0).then_some(Event::Dropped { openings, refusals, denials, failed_logins })
    }

    pub(super) fn sum(self) -> u64 {
        self.openings + self.refusals + self.denials + self.failed_logins
    }

    fn of(&mut self, class: Class) -> &mut u64 {
        match class {
            // A backup is an opening that is never left out as long as there is room.
            Class::Opening | Class::Backup => &mut self.openings,
            Class::Refusal => &mut self.refusals,
            Class::Denial => &mut self.denials,
            Class::FailedLogin => &mut self.failed_logins,
        }
    }

    fn add(&mut self, other: Self) {
        self.openings += other.openings;
        self.refusals += other.refusals;
        self.denials += other.denials;
        self.failed_logins += other.failed_logins;
    }
}

#[cfg(test)]
mod tests;
