//! Snapshots that a later commit has replaced, and when each has to go. Knows nothing of what they hold.

use crate::snapshot::Published;
use crate::sync::Instant;
use std::collections::VecDeque;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// Replaced snapshots, the oldest first. They are not kept alive by being here.
pub(crate) struct Superseded {
    snapshots: VecDeque<(Instant, Weak<Published>)>,
    deadline: Duration,
}

impl Superseded {
    /// Snapshots go `deadline` after they were replaced.
    pub(crate) fn new(deadline: Duration) -> Self {
        Self { snapshots: VecDeque::new(), deadline }
    }

    /// Notes that `snapshot` was replaced at `now`.
    pub(crate) fn push(&mut self, snapshot: &Arc<Published>, now: Instant) {
        self.snapshots.retain(|(_, snapshot)| snapshot.strong_count() > 0);
        self.snapshots.push_back((now, Arc::downgrade(snapshot)));
    }

    /// Expires those whose time has come by `now`, and tells how many of them were still held.
    pub(crate) fn expire(&mut self, now: Instant) -> u64 {
        let mut expired = 0;
        while let Some((since, snapshot)) = self.snapshots.front() {
            let snapshot = snapshot.upgrade();
            if snapshot.is_some() && now.saturating_duration_since(*since) < self.deadline {
                break;
            }
            if let Some(snapshot) = snapshot {
                snapshot.expire();
                expired += 1;
            }
            self.snapshots.pop_front();
        }
        expired
    }

    /// Expires all of them.
    pub(crate) fn expire_all(&mut self) {
        for (_, snapshot) in self.snapshots.drain(..) {
            if let Some(snapshot) = snapshot.upgrade() {
                snapshot.expire();
            }
        }
    }

    /// When the next one has to go.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.snapshots.front().and_then(|(since, _)| since.checked_add(self.deadline))
    }
}

#[cfg(test)]
mod tests;
