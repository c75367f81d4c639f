//! Check-then-commit as a model, beside those of the queue of commits and of published snapshots: every order in which the
//! steps of a revocation, a reader, a writer and the cache of principals can meet. The steps are those of `storage/committer.rs` (validate, apply, epoch, publish, answer), of
//! `auth/open.rs` (snapshot, look-up, epoch) and of `auth/lease.rs` (epoch, prove again), in the same order and with the same
//! memory orderings. Each rule of that order is also broken on purpose, and the model must notice.

#[path = "loom/queue.rs"]
mod queue;
#[path = "loom/snapshots.rs"]
mod snapshots;

use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use loom::sync::{Arc, Mutex};
use loom::thread;

/// The order of steps that is tried: the right one, but for one fault at most.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    /// The new state is published before the epoch has risen.
    PublishFirst,
    /// A commit is answered before the epoch has risen.
    AnswerFirst,
    /// The epoch is loaded before the cache is looked at.
    EpochBeforeLookUp,
    /// A commit is not validated against what was committed since its snapshot.
    NoValidation,
    /// A reader does not compare the epoch before it reads on.
    NoLease,
}

/// The store. A state is told by its version alone: from one version on, the secret stands for another principal, which is
/// nobody where it was revoked.
struct Store {
    fault: Fault,
    /// Versions in which a watched record was written, and versions in which any was. The lock is the committing thread.
    committed: Mutex<Vec<bool>>,
    epoch: AtomicUsize,
    published: AtomicUsize,
    /// The version in which the secret is revoked, once it is.
    changed_in: AtomicUsize,
    /// Set by the revoker after its call has returned.
    returned: AtomicBool,
    /// The version at which the principal in the cache was resolved, and whether it is the later one.
    cached: Mutex<Option<(usize, bool)>>,
}

/// How often a thread may be taken off its way in one run.
const TURNS_MAX: usize = 3;
const NEVER: usize = usize::MAX;

impl Store {
    fn new(fault: Fault) -> Arc<Self> {
        Arc::new(Self {
            fault,
            committed: Mutex::new(Vec::new()),
            epoch: AtomicUsize::new(0),
            published: AtomicUsize::new(0),
            changed_in: AtomicUsize::new(NEVER),
            returned: AtomicBool::new(false),
            cached: Mutex::new(None),
        })
    }

    /// Commits a transaction that began in `snapshot`, and gives its version. Every one of them has the security record in
    /// what it read.
    fn commit(&self, snapshot: usize, watched: bool) -> Option<usize> {
        let mut committed = self.committed.lock().unwrap();
        let conflict = committed.iter().skip(snapshot).any(|watched| *watched);
        if conflict && self.fault != Fault::NoValidation {
            return None;
        }
        committed.push(watched);
        let version = committed.len();
        if watched {
            self.changed_in.store(version, Ordering::Relaxed);
            if self.fault == Fault::AnswerFirst {
                self.returned.store(true, Ordering::SeqCst);
            }
            if self.fault == Fault::PublishFirst {
                self.published.store(version, Ordering::Release);
            }
            self.epoch.store(version, Ordering::Release);
        }
        self.published.store(version, Ordering::Release);
        Some(version)
    }

    fn revoke(&self) {
        let snapshot = self.published.load(Ordering::Acquire);
        assert!(self.commit(snapshot, true).is_some(), "nothing else writes watched records");
        self.returned.store(true, Ordering::SeqCst);
    }

    /// Whether the secret stands for the later principal in a state.
    fn has_changed_in(&self, snapshot: usize) -> bool {
        snapshot >= self.changed_in.load(Ordering::Relaxed)
    }

    /// A snapshot, and the principal there, by the cache or by resolving it.
    fn open(&self) -> (usize, bool) {
        let snapshot = self.published.load(Ordering::Acquire);
        let early =
            if self.fault == Fault::EpochBeforeLookUp { self.epoch.load(Ordering::Acquire) } else { 0 };
        let cached = *self.cached.lock().unwrap();
        if let Some((read_at, changed)) = cached {
            let epoch = match self.fault {
                Fault::EpochBeforeLookUp => early,
                _ => self.epoch.load(Ordering::Acquire),
            };
            if epoch <= snapshot && epoch <= read_at {
                return (snapshot, changed);
            }
        }
        let changed = self.has_changed_in(snapshot);
        *self.cached.lock().unwrap() = Some((snapshot, changed));
        (snapshot, changed)
    }

    /// Whether an open reader may read on.
    fn holds(&self, proven_at: usize) -> bool {
        if self.fault == Fault::NoLease || self.epoch.load(Ordering::Acquire) <= proven_at {
            return true;
        }
        !self.has_changed_in(self.published.load(Ordering::Acquire))
    }
}

/// A revoker beside some that use the secret, in every order that takes a thread off its way at most so often: faults of
/// this kind need one or two such turns.
fn explore(fault: Fault, users: usize, using: fn(&Store)) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(TURNS_MAX);
    model.check(move || {
        let store = Store::new(fault);
        let users: Vec<_> = (0..users)
            .map(|_| {
                let store = store.clone();
                thread::spawn(move || using(&store))
            })
            .collect();
        store.revoke();
        users.into_iter().for_each(|user| user.join().unwrap());
    });
}

fn read(store: &Store) {
    let (snapshot, revoked) = store.open();
    let has_returned = store.returned.load(Ordering::SeqCst);
    if !revoked && store.holds(snapshot) {
        assert!(!has_returned, "a read after the revoking call has returned");
    }
}

fn resolve(store: &Store) {
    let (snapshot, changed) = store.open();
    assert_eq!(changed, store.has_changed_in(snapshot), "the cache served the principal of another state");
}

fn write(store: &Store) {
    let (snapshot, revoked) = store.open();
    if !revoked
        && store.holds(snapshot)
        && let Some(version) = store.commit(snapshot, false)
    {
        assert!(!store.has_changed_in(version), "a commit behind the revocation");
    }
}

/// That the model has a run in which the fault shows.
fn finds(fault: Fault, users: usize, using: fn(&Store)) {
    finds_panic(|| explore(fault, users, using));
}

fn finds_panic(exploring: impl FnOnce() + std::panic::UnwindSafe) {
    assert!(std::panic::catch_unwind(exploring).is_err(), "the planted fault was not found");
}

#[test]
fn nothing_is_read_after_a_revocation_has_returned() {
    explore(Fault::None, 1, read);
    finds(Fault::NoLease, 1, read);
    finds(Fault::AnswerFirst, 1, read);
}

#[test]
fn a_cached_principal_is_that_of_the_state_it_serves() {
    explore(Fault::None, 2, resolve);
    finds(Fault::EpochBeforeLookUp, 2, resolve);
    finds(Fault::PublishFirst, 2, resolve);
}

#[test]
fn nothing_is_committed_behind_a_revocation() {
    explore(Fault::None, 1, write);
    finds(Fault::NoValidation, 1, write);
}
