//! The caches of rules as a model, under many random schedules: principals, which are kept under the epoch, and compiled roles,
//! which are kept with the records that they were compiled from. Roles, named predicates, identity documents and documents that
//! rules read change meanwhile; whatever a reader gets must be what its own snapshot says. The steps are those of
//! `auth/open.rs` and `auth/role_book.rs`. Each rule is also broken on purpose, and the model must notice.

use shuttle::sync::atomic::{AtomicUsize, Ordering};
use shuttle::sync::{Arc, Mutex};
use shuttle::thread;

/// How many schedules are tried for each fault.
const SCHEDULES: usize = 2_000;

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    /// A principal is taken from the cache without a look at the epoch.
    NoEpoch,
    /// One whose rule has read a document that nobody watches is kept all the same.
    KeepsWhatReads,
    /// A compiled role is kept by the version of its record, which can be what it was where a clock was set back.
    ByVersion,
    /// A compiled role is kept by its record alone, and not by the predicates that it calls.
    WithoutLibrary,
    /// A change of an identity document does not raise the epoch.
    Untouched,
}

/// One state of a store: all that a decision is made of. The numbers stand for texts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct State {
    role: u32,
    /// The version of the role's record.
    role_version: u32,
    library: u32,
    identity: u32,
    /// A document that a rule about membership reads, and that nobody watches.
    group: u32,
}

/// What a reader decides by.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Principal {
    role: (u32, u32),
    identity: u32,
    group: Option<u32>,
}

/// A compiled role as it is kept, with what it was compiled from and its version.
#[derive(Clone, Copy)]
struct Kept {
    record: u32,
    version: u32,
    library: u32,
    compiled: (u32, u32),
}

struct Store {
    fault: Fault,
    /// Whether the rule about membership reads the group.
    reads: bool,
    states: Mutex<Vec<State>>,
    epoch: AtomicUsize,
    published: AtomicUsize,
    principals: Mutex<Option<(usize, Principal)>>,
    roles: Mutex<Option<Kept>>,
}

impl Store {
    fn commit(&self, watched: bool, change: impl Fn(&mut State)) {
        let mut states = self.states.lock().unwrap();
        let mut next = *states.last().unwrap();
        change(&mut next);
        states.push(next);
        let version = states.len() - 1;
        if watched {
            self.epoch.store(version, Ordering::SeqCst);
        }
        self.published.store(version, Ordering::SeqCst);
    }

    fn compiled(&self, state: State) -> (u32, u32) {
        let kept = *self.roles.lock().unwrap();
        if let Some(kept) = kept {
            let same_record = match self.fault {
                Fault::ByVersion => kept.version == state.role_version,
                _ => kept.record == state.role,
            };
            let same_library = self.fault == Fault::WithoutLibrary || kept.library == state.library;
            if same_record && same_library {
                return kept.compiled;
            }
        }
        let compiled = (state.role, state.library);
        let (record, version, library) = (state.role, state.role_version, state.library);
        *self.roles.lock().unwrap() = Some(Kept { record, version, library, compiled });
        compiled
    }

    /// A snapshot, and whoever reads there.
    fn open(&self) -> (State, Principal) {
        let snapshot = self.published.load(Ordering::SeqCst);
        let state = self.states.lock().unwrap()[snapshot];
        if let Some((read_at, principal)) = *self.principals.lock().unwrap() {
            let epoch = self.epoch.load(Ordering::SeqCst);
            if self.fault == Fault::NoEpoch || (epoch <= snapshot && epoch <= read_at) {
                return (state, principal);
            }
        }
        let group = self.reads.then_some(state.group);
        let principal = Principal { role: self.compiled(state), identity: state.identity, group };
        if !self.reads || self.fault == Fault::KeepsWhatReads {
            *self.principals.lock().unwrap() = Some((snapshot, principal));
        }
        (state, principal)
    }

    fn reads_right(&self) {
        let (state, principal) = self.open();
        let group = self.reads.then_some(state.group);
        let right = Principal { role: (state.role, state.library), identity: state.identity, group };
        assert_eq!(principal, right, "a cache served what another state says");
    }
}

fn run(fault: Fault, reads: bool) {
    let store = Arc::new(Store {
        fault,
        reads,
        states: Mutex::new(vec![State::default()]),
        epoch: AtomicUsize::new(0),
        published: AtomicUsize::new(0),
        principals: Mutex::new(None),
        roles: Mutex::new(None),
    });
    let at_once = |work: fn(&Store)| {
        let store = store.clone();
        thread::spawn(move || work(&store))
    };
    let threads = [
        at_once(|store| {
            // The second change gets the version of the first: its clock was set back.
            store.commit(true, |state| (state.role, state.role_version) = (1, 1));
            store.commit(true, |state| (state.role, state.role_version) = (2, 1));
        }),
        at_once(|store| store.commit(true, |state| state.library += 1)),
        at_once(|store| {
            let is_touched = store.fault != Fault::Untouched;
            store.commit(is_touched, |state| state.identity += 1);
            store.commit(false, |state| state.group += 1);
        }),
        at_once(|store| (0..3).for_each(|_| store.reads_right())),
        at_once(|store| (0..3).for_each(|_| store.reads_right())),
    ];
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

fn explore(fault: Fault, reads: bool) {
    shuttle::check_random(move || run(fault, reads), SCHEDULES);
}

/// That some schedule shows the fault.
fn finds(fault: Fault, reads: bool) {
    let found = std::panic::catch_unwind(|| explore(fault, reads)).is_err();
    assert!(found, "the planted fault was not found");
}

#[test]
fn a_commit_makes_caches_useless_and_never_wrong() {
    explore(Fault::None, false);
    explore(Fault::None, true);
}

#[test]
fn every_rule_of_the_caches_is_needed() {
    finds(Fault::NoEpoch, false);
    finds(Fault::Untouched, false);
    finds(Fault::ByVersion, false);
    finds(Fault::WithoutLibrary, false);
    finds(Fault::KeepsWhatReads, true);
}
