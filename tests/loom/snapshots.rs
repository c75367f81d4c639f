//! Published snapshots as a model: a committer that replaces one by the next, expires what was replaced and answers, beside a reader
//! that holds one. The steps are those of `storage/committer.rs` and `storage/snapshot.rs`, in the same order.

use super::finds_panic;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::sync::{Arc, Mutex};
use loom::thread;

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    /// A commit is answered before its snapshot is published.
    AnswerFirst,
    /// A commit is answered before what it has replaced is expired.
    ExpireLate,
    /// The new snapshot is expired in the place of the old one.
    ExpireNew,
    /// The state of a snapshot is written over by the next commit.
    InPlace,
    /// The epoch rises after the snapshot is published.
    EpochLate,
}

/// A state of two records, which are always equal, and which tell the version that wrote them.
struct Snapshot {
    version: usize,
    view: Mutex<Option<Arc<[AtomicUsize; 2]>>>,
}

impl Snapshot {
    fn new(version: usize) -> Arc<Self> {
        let view = Arc::new([AtomicUsize::new(version), AtomicUsize::new(version)]);
        Arc::new(Self { version, view: Mutex::new(Some(view)) })
    }

    /// A record, unless the snapshot has expired. Who reads keeps the view until then.
    fn read(&self, record: usize) -> Option<usize> {
        let view = self.view.lock().unwrap().clone()?;
        Some(view[record].load(Ordering::Acquire))
    }

    fn expire(&self) {
        *self.view.lock().unwrap() = None;
    }
}

struct Store {
    fault: Fault,
    published: Mutex<Arc<Snapshot>>,
    /// Every commit of this model is watched.
    epoch: AtomicUsize,
    answered: AtomicUsize,
}

impl Store {
    fn newest(&self) -> Arc<Snapshot> {
        self.published.lock().unwrap().clone()
    }

    /// With a deadline of nothing: what is replaced expires before the answer.
    fn commit(&self, version: usize) {
        if self.fault == Fault::AnswerFirst {
            self.answered.store(version, Ordering::Release);
        }
        if self.fault != Fault::EpochLate {
            self.epoch.store(version, Ordering::Release);
        }
        let old = if self.fault == Fault::InPlace {
            let snapshot = self.newest();
            let view = snapshot.view.lock().unwrap().clone().unwrap();
            view.iter().for_each(|record| record.store(version, Ordering::Release));
            snapshot
        } else {
            std::mem::replace(&mut *self.published.lock().unwrap(), Snapshot::new(version))
        };
        self.epoch.store(version, Ordering::Release);
        if self.fault == Fault::ExpireLate {
            self.answered.store(version, Ordering::Release);
        }
        match self.fault {
            Fault::ExpireNew => self.newest().expire(),
            Fault::InPlace => {}
            _ => old.expire(),
        }
        self.answered.store(version, Ordering::Release);
    }

    fn read(&self) {
        let answered = self.answered.load(Ordering::Acquire);
        let snapshot = self.newest();
        let epoch = self.epoch.load(Ordering::Acquire);
        assert!(snapshot.version >= answered, "a state from before what was acknowledged");
        assert!(epoch >= snapshot.version, "a new state with the old epoch");
        for record in [0, 1] {
            let before = self.answered.load(Ordering::Acquire);
            let Some(found) = snapshot.read(record) else {
                let newest = self.newest();
                assert!(newest.version > snapshot.version, "the newest state has expired");
                return;
            };
            assert_eq!(found, snapshot.version, "a snapshot has changed");
            assert!(before <= snapshot.version, "it was read after its replacement was acknowledged");
        }
    }
}

fn explore(fault: Fault, commits: usize) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(move || {
        let store = Arc::new(Store {
            fault,
            published: Mutex::new(Snapshot::new(0)),
            epoch: AtomicUsize::new(0),
            answered: AtomicUsize::new(0),
        });
        let reading = store.clone();
        let reader = thread::spawn(move || reading.read());
        (1..=commits).for_each(|version| store.commit(version));
        reader.join().unwrap();
    });
}

#[test]
fn a_snapshot_is_one_state_until_it_expires() {
    explore(Fault::None, 2);
    for fault in [Fault::AnswerFirst, Fault::ExpireLate, Fault::ExpireNew, Fault::InPlace, Fault::EpochLate] {
        finds_panic(|| explore(fault, 1));
    }
}
