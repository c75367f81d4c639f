//! The engine: transactions over one published snapshot, put in order by a committer. The same for every backing;
//! it knows nothing of files.

use crate::backing::Backing;
use crate::committer::{Committer, Message, Reply, Request, refusal};
use crate::snapshot::Published;
use crate::status::{State, Status, poisoned};
use crate::sync::{
    ArcSwap, AtomicU64, AtomicUsize, Builder, JoinHandle, Mutex, Ordering, Receiver, Sender, bounded,
    unbounded,
};
use crate::transaction::OpenTransaction;
use crate::{Engine, EngineOptions, EngineStats, Error, Result, Snapshot, Transaction, Version};
use std::sync::Arc;

/// What the engine's handles, its transactions and its committer share.
pub(crate) struct Core {
    pub(crate) options: EngineOptions,
    pub(crate) published: ArcSwap<Published>,
    pub(crate) status: Arc<Status>,
    pub(crate) epoch: AtomicU64,
    pub(crate) counters: Counters,
    queue: Sender<Message>,
}

/// See [`EngineStats`].
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) commits: AtomicU64,
    pub(crate) commit_groups: AtomicU64,
    pub(crate) conflicts: AtomicU64,
    pub(crate) snapshots_expired: AtomicU64,
    pub(crate) file_bytes: AtomicU64,
    pub(crate) window_bytes: AtomicUsize,
}

/// The handle that applications hold. Transactions hold the core, so the last handle's drop finds the committer free.
struct Sequencer {
    core: Arc<Core>,
    committer: Mutex<Option<JoinHandle<()>>>,
}

/// Starts the committer over a backing whose last commit is `version`.
pub(crate) fn start(
    backing: Box<dyn Backing>,
    version: Version,
    options: EngineOptions,
) -> Result<Arc<dyn Engine>> {
    let status = Arc::new(Status::new());
    // It holds at most one message a thread, since each waits for its answer. A bounded channel would keep what is left in
    // it when the committer goes; this kind drops it, and whoever waits hears of it.
    let (queue, messages): (Sender<Message>, Receiver<Message>) = unbounded();
    let first = Published::new(version, backing.view()?, Arc::clone(&status));
    let counters = Counters { file_bytes: AtomicU64::new(backing.file_bytes()), ..Counters::default() };
    let core = Arc::new(Core {
        options,
        published: ArcSwap::from_pointee(first),
        status,
        // What was committed before is unknown, so nothing older than the newest commit may be trusted.
        epoch: AtomicU64::new(version.0),
        counters,
        queue,
    });
    let committer = Committer::new(Arc::clone(&core), backing, messages, version);
    let thread = Builder::new()
        .name("portunus-committer".into())
        .spawn(move || committer.run())
        .map_err(|error| Error::Internal(format!("the committer's thread did not start: {error}")))?;
    Ok(Arc::new(Sequencer { core, committer: Mutex::new(Some(thread)) }))
}

impl Core {
    /// Has the committer commit `request`, and waits for its answer.
    pub(crate) fn commit(&self, request: Request) -> Result<Version> {
        if self.status.check_alive()? != State::Open {
            return Err(refusal());
        }
        let (sender, answer) = bounded(1);
        let reply = Reply::new(sender, Arc::clone(&self.status));
        // A message that cannot be sent is dropped, and answers itself.
        drop(self.queue.send(Message::Commit(request, reply)));
        answer.recv().unwrap_or_else(|_| Err(poisoned()))
    }

    /// The newest snapshot.
    fn newest(&self) -> Arc<Published> {
        self.published.load_full()
    }

    /// Has the committer reopen the store after a fault.
    fn recover(&self) -> Result<()> {
        let (sender, answer) = bounded(1);
        drop(self.queue.send(Message::Recover(sender)));
        match answer.recv() {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error @ (Error::Closed | Error::Internal(_) | Error::Corrupt(_) | Error::Version(_)))) => {
                Err(error)
            }
            Ok(Err(error)) => {
                tracing::error!(%error, "the store could not be reopened after a fault");
                Err(Error::ReadOnly("it could not be reopened and verified after a fault"))
            }
            Err(_) => Err(self.status.check_alive().err().unwrap_or_else(poisoned)),
        }
    }
}

impl Engine for Sequencer {
    fn begin_read(&self) -> Result<Arc<dyn Snapshot>> {
        match self.core.status.check_alive()? {
            State::Faulted => {
                let recovered = self.core.recover();
                // It may be readable again and still not take writes.
                if self.core.status.check_alive()? == State::Faulted {
                    recovered?;
                }
            }
            State::Open | State::Unsettled | State::Closed | State::Poisoned => {}
        }
        Ok(self.core.newest())
    }

    fn begin_write(&self) -> Result<Box<dyn Transaction>> {
        if self.core.status.check_alive()? != State::Open {
            self.core.recover()?;
        }
        Ok(Box::new(OpenTransaction::new(Arc::clone(&self.core), self.core.newest())))
    }

    fn epoch(&self) -> Version {
        Version(self.core.epoch.load(Ordering::Acquire))
    }

    fn stats(&self) -> EngineStats {
        let counters = &self.core.counters;
        EngineStats {
            commits: counters.commits.load(Ordering::Relaxed),
            commit_groups: counters.commit_groups.load(Ordering::Relaxed),
            conflicts: counters.conflicts.load(Ordering::Relaxed),
            snapshots_expired: counters.snapshots_expired.load(Ordering::Relaxed),
            file_bytes: counters.file_bytes.load(Ordering::Relaxed),
            window_bytes: u64::try_from(counters.window_bytes.load(Ordering::Relaxed)).unwrap_or(u64::MAX),
        }
    }

    fn close(&self) -> Result<()> {
        // Held to the end, so that whoever closes at the same time returns only when the store is closed.
        let mut committer = self.committer.lock();
        let Some(thread) = committer.take() else {
            return Ok(());
        };
        let (sender, answer) = bounded(1);
        drop(self.core.queue.send(Message::Close(sender)));
        let closed = answer.recv().unwrap_or_else(|_| Err(poisoned()));
        // The thread catches its own panics.
        let _ = thread.join();
        closed
    }
}

impl Drop for Sequencer {
    fn drop(&mut self) {
        if let Err(error) = self.close() {
            tracing::error!(%error, "the store did not close cleanly");
        }
    }
}

#[cfg(all(test, shuttle))]
mod tests;
