//! The one thread that commits: it takes what is queued, validates each transaction in order, applies the survivors together,
//! publishes the new snapshot and answers in the order of the commits. It knows nothing of how bytes are kept.

use crate::backing::{Backing, Batch, View};
use crate::reads::ReadSet;
use crate::sequencer::Core;
use crate::snapshot::Published;
use crate::status::{State, Status, poisoned};
use crate::superseded::Superseded;
use crate::sync::{Instant, Ordering, Receiver, RecvTimeoutError, Sender};
use crate::window::Window;
use crate::writes::Writes;
use crate::{Durability, Error, Result, Version};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// The most transactions that are committed together.
const GROUP_MEMBERS_MAX: usize = 512;

/// The bytes of writes after which a group takes no further member.
const GROUP_BYTES_MAX: usize = 32 * 1024 * 1024;

/// What a transaction hands over to be committed.
pub(crate) struct Request {
    pub(crate) base: Version,
    pub(crate) reads: ReadSet,
    pub(crate) writes: Writes,
    pub(crate) durability: Durability,
}

/// What the committer is asked to do.
pub(crate) enum Message {
    Commit(Request, Reply),
    /// Reopens the store after a fault, and tells whether that went well.
    Recover(Sender<Result<()>>),
    Close(Sender<Result<()>>),
}

/// The answer that a transaction waits for. It is always given: if the committer falls, by being dropped.
pub(crate) struct Reply {
    sender: Option<Sender<Result<Version>>>,
    status: Arc<Status>,
    /// Whether the writes have been handed to the backing, so that they may survive whatever happens.
    applied: bool,
}

impl Reply {
    pub(crate) fn new(sender: Sender<Result<Version>>, status: Arc<Status>) -> Self {
        Self { sender: Some(sender), status, applied: false }
    }

    fn give(mut self, outcome: Result<Version>) {
        self.send(outcome);
    }

    fn send(&mut self, outcome: Result<Version>) {
        if let Some(sender) = self.sender.take() {
            // Nobody is left to hear it if the waiting thread is gone.
            let _ = sender.send(outcome);
        }
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // Before anyone hears of it: who has heard must find the store poisoned.
            self.status.store(State::Poisoned);
        }
        let outcome = match self.status.load() {
            _ if self.applied => Error::OutcomeUnknown("the thread that commits has fallen".into()),
            State::Closed => Error::Closed,
            State::Open | State::Faulted | State::Unsettled | State::Poisoned => poisoned(),
        };
        self.send(Err(outcome));
    }
}

/// The state of the committer's thread.
pub(crate) struct Committer {
    core: Arc<Core>,
    backing: Box<dyn Backing>,
    queue: Receiver<Message>,
    window: Window,
    superseded: Superseded,
    /// The last version that was given to a commit, whatever became of it.
    version: Version,
    /// The last version that was made durable, and acknowledged as such.
    durable: Version,
}

/// A member of a group that has passed validation, with its place in the order of commits.
struct Survivor {
    reply: Reply,
    version: Version,
}

impl Committer {
    pub(crate) fn new(
        core: Arc<Core>,
        backing: Box<dyn Backing>,
        queue: Receiver<Message>,
        version: Version,
    ) -> Self {
        let window = Window::new(version, core.options.window_bytes_max);
        let superseded = Superseded::new(core.options.reader_deadline);
        Self { core, backing, queue, window, superseded, version, durable: version }
    }

    /// Runs until the store is closed, or until a panic, which poisons the store.
    pub(crate) fn run(mut self) {
        // A panic must not unwind through the backing: it may panic again when it is dropped, which would end the process.
        let served = catch_unwind(AssertUnwindSafe(|| self.serve()));
        if served.is_err() {
            tracing::error!("the committer panicked; the store refuses everything from now on");
            self.core.status.store(State::Poisoned);
            self.drop_views();
        }
        let Self { backing, queue, .. } = self;
        // Whoever still waits is told so.
        drop(queue);
        if catch_unwind(AssertUnwindSafe(|| drop(backing))).is_err() {
            tracing::error!("the file was let go in disorder");
        }
    }

    fn serve(&mut self) {
        while let Some(message) = self.next_message() {
            if self.handle(message).is_break() {
                break;
            }
        }
    }

    /// The next message; meanwhile, snapshots whose deadline comes are expired.
    fn next_message(&mut self) -> Option<Message> {
        loop {
            self.expire_snapshots();
            let received = match self.superseded.next_deadline() {
                Some(deadline) => self.queue.recv_deadline(deadline),
                None => self.queue.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match received {
                Ok(message) => return Some(message),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    fn handle(&mut self, message: Message) -> ControlFlow<()> {
        let mut next = Some(message);
        while let Some(message) = next.take() {
            match message {
                Message::Commit(request, reply) => next = self.commit_group(request, reply),
                Message::Recover(sender) => {
                    let _ = sender.send(self.recover());
                }
                Message::Close(sender) => {
                    let _ = sender.send(self.close());
                    return ControlFlow::Break(());
                }
            }
        }
        ControlFlow::Continue(())
    }

    /// Commits `first` and what is queued behind it. Returns the message that ended the group, if one did.
    fn commit_group(&mut self, first: Request, reply: Reply) -> Option<Message> {
        let mut group = Group::default();
        self.admit(&mut group, first, reply);
        let mut members = 1;
        let mut ended_by = None;
        while members < GROUP_MEMBERS_MAX && group.writes.bytes() < GROUP_BYTES_MAX {
            match self.queue.try_recv() {
                Ok(Message::Commit(request, reply)) => self.admit(&mut group, request, reply),
                Ok(other @ (Message::Recover(_) | Message::Close(_))) => {
                    ended_by = Some(other);
                    break;
                }
                Err(_) => break,
            }
            members += 1;
        }
        if !group.survivors.is_empty() {
            self.apply(group);
        }
        ended_by
    }

    /// Validates a transaction against everything that commits before it, in this group too.
    fn admit(&mut self, group: &mut Group, request: Request, reply: Reply) {
        if self.core.status.load() != State::Open {
            reply.give(Err(refusal()));
            return;
        }
        if let Err(conflict) = self.window.validate(request.base, &request.reads) {
            self.core.counters.conflicts.fetch_add(1, Ordering::Relaxed);
            reply.give(Err(conflict));
            return;
        }
        self.version = Version(self.version.0.saturating_add(1));
        self.window.push(self.version, &request.writes);
        group.durable |= request.durability == Durability::Immediate;
        group.writes.absorb(request.writes);
        group.survivors.push(Survivor { reply, version: self.version });
    }

    /// Applies a group, publishes it, and answers its members in the order of their commits.
    fn apply(&mut self, mut group: Group) {
        let watch = self.core.options.watch;
        let watched = group.writes.entries.keys().any(|key| watch(key));
        for survivor in &mut group.survivors {
            survivor.reply.applied = true;
        }
        match self.apply_and_publish(&group, watched) {
            Ok(()) => {
                self.count(group.survivors.len());
                for Survivor { reply, version } in group.survivors {
                    reply.give(Ok(version));
                }
            }
            Err(error) => {
                tracing::error!(%error, members = group.survivors.len(), "a commit failed; writes are refused until the store has been reopened");
                self.core.status.store(State::Faulted);
                for Survivor { reply, .. } in group.survivors {
                    reply.give(Err(Error::OutcomeUnknown(error.to_string())));
                }
            }
        }
    }

    fn apply_and_publish(&mut self, group: &Group, mut watched: bool) -> Result<()> {
        let watch = self.core.options.watch;
        let batch = Batch { writes: &group.writes, version: self.version, durable: group.durable };
        self.backing.apply(&batch, &mut |removed| watched |= watch(removed))?;
        if group.durable {
            self.durable = self.version;
        }
        let view = self.backing.view()?;
        if watched {
            // Before the snapshot is published: nobody may see the new state with the old epoch.
            self.core.epoch.store(self.version.0, Ordering::Release);
        }
        self.publish(view);
        self.expire_snapshots();
        Ok(())
    }

    fn count(&self, members: usize) {
        let counters = &self.core.counters;
        counters.commits.fetch_add(u64::try_from(members).unwrap_or(u64::MAX), Ordering::Relaxed);
        counters.commit_groups.fetch_add(1, Ordering::Relaxed);
        counters.window_bytes.store(self.window.bytes(), Ordering::Relaxed);
        counters.file_bytes.store(self.backing.file_bytes(), Ordering::Relaxed);
    }

    fn publish(&mut self, view: Box<dyn View>) {
        let snapshot = Published::new(self.version, view, Arc::clone(&self.core.status));
        let old = self.core.published.swap(Arc::new(snapshot));
        self.superseded.push(&old, Instant::now());
    }

    fn expire_snapshots(&mut self) {
        let expired = self.superseded.expire(Instant::now());
        self.core.counters.snapshots_expired.fetch_add(expired, Ordering::Relaxed);
    }

    /// Starts over from what is durable. Everything begun before is refused from then on. If the disk can be read but not written,
    /// readers go on with what was read, and the next one who wants to write has the writing tried again.
    fn recover(&mut self) -> Result<()> {
        let state = self.core.status.check_alive()?;
        if state == State::Open {
            return Ok(());
        }
        if state != State::Unsettled {
            self.reopen()?;
        }
        self.backing.settle()?;
        if self.core.status.note_settled() {
            tracing::warn!("the store was reopened and verified after a fault");
        }
        Ok(())
    }

    fn reopen(&mut self) -> Result<()> {
        self.core.status.store(State::Faulted);
        self.drop_views();
        let stored = self.backing.reopen()?;
        if stored < self.durable {
            // Whole and sound, and yet not ours: somebody put a copy of it in its place, or the disk has lost what it synced.
            return Err(Error::Corrupt("the file is at an earlier state than was made durable".into()));
        }
        // A version that was given away is never given again, and nothing derived before still holds.
        self.version = Version(self.version.max(stored).0.saturating_add(1));
        self.window = Window::new(self.version, self.core.options.window_bytes_max);
        let view = self.backing.view()?;
        self.core.epoch.store(self.version.0, Ordering::Release);
        self.publish(view);
        self.core.status.store(State::Unsettled);
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        self.core.status.store(State::Closed);
        self.drop_views();
        self.backing.close()
    }

    fn drop_views(&mut self) {
        self.core.published.load().expire();
        self.superseded.expire_all();
    }
}

/// Transactions that commit together.
#[derive(Default)]
struct Group {
    writes: Writes,
    survivors: Vec<Survivor>,
    durable: bool,
}

/// What a writer learns between a fault and the next successful reopening.
pub(crate) fn refusal() -> Error {
    Error::ReadOnly("an earlier commit failed and the store has not been reopened since")
}
