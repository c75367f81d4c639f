//! The queue of commits as a model: clients that wait, one thread that takes what waits, validates it, hands it to a disk that may
//! fail, publishes and answers; and a shutdown beside them. The steps are those of `storage/committer.rs`, in the same order.

use super::finds_panic;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    /// Answers are given before the new state is published.
    AnswerFirst,
    /// Answers are given from the last to the first.
    Backwards,
    /// One member that cannot be committed takes its group with it.
    BadTakesAll,
    /// When the disk fails, the first member alone is told.
    OneIsTold,
    /// When the disk fails, all but the first are told that they were committed.
    FalseSuccess,
    /// What still waits when the store is closed is forgotten.
    Forgotten,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Told {
    Committed(usize),
    Conflict,
    Unknown,
    ReadOnly,
    Closed,
}

#[derive(Default)]
struct Answer {
    told: Mutex<Option<Told>>,
    given: Condvar,
}

impl Answer {
    fn give(&self, told: Told) {
        *self.told.lock().unwrap() = Some(told);
        self.given.notify_one();
    }

    fn wait(&self) -> Told {
        let mut told = self.told.lock().unwrap();
        loop {
            match *told {
                Some(told) => return told,
                None => told = self.given.wait(told).unwrap(),
            }
        }
    }

    fn is_given(&self) -> bool {
        self.told.lock().unwrap().is_some()
    }
}

/// A transaction that began in the empty state, has perhaps read a key, and writes one.
struct Request {
    read: Option<usize>,
    written: usize,
    answer: Arc<Answer>,
}

#[derive(Default)]
struct Queue {
    waiting: Vec<Request>,
    is_closing: bool,
    is_closed: bool,
}

struct Store {
    fault: Fault,
    /// The group at which the disk begins to fail.
    disk_fails_at: usize,
    queue: Mutex<Queue>,
    arrived: Condvar,
    published: AtomicUsize,
    /// The keys on the disk, in the order of their commits.
    disk: Mutex<Vec<usize>>,
    /// The answers of all that were given a version, in that order.
    order: Mutex<Vec<Arc<Answer>>>,
}

impl Store {
    fn new(fault: Fault, disk_fails_at: usize) -> Arc<Self> {
        let (queue, disk, order) = Default::default();
        let (arrived, published) = (Condvar::new(), AtomicUsize::new(0));
        Arc::new(Self { fault, disk_fails_at, queue, arrived, published, disk, order })
    }

    fn commit(&self, read: Option<usize>, written: usize) -> Told {
        let answer = Arc::new(Answer::default());
        let mut queue = self.queue.lock().unwrap();
        if queue.is_closed {
            return Told::Closed;
        }
        queue.waiting.push(Request { read, written, answer: answer.clone() });
        drop(queue);
        self.arrived.notify_one();
        let told = answer.wait();
        if let Told::Committed(version) = told {
            assert!(self.published.load(Ordering::Acquire) >= version, "acknowledged, and not to be seen");
            let order = self.order.lock().unwrap();
            assert!(order.iter().take(version).all(|answer| answer.is_given()), "out of order");
        }
        told
    }

    fn close(&self) {
        self.queue.lock().unwrap().is_closing = true;
        self.arrived.notify_one();
    }

    /// What waits, and whether it is the last.
    fn take(&self) -> (Vec<Request>, bool) {
        let mut queue = self.queue.lock().unwrap();
        while queue.waiting.is_empty() && !queue.is_closing {
            queue = self.arrived.wait(queue).unwrap();
        }
        queue.is_closed = queue.is_closing;
        (std::mem::take(&mut queue.waiting), queue.is_closing)
    }

    fn serve(&self) {
        let (mut version, mut written, mut is_faulted) = (0, Vec::new(), false);
        for group in 0.. {
            let (waiting, is_last) = self.take();
            if is_last {
                if self.fault != Fault::Forgotten {
                    waiting.iter().for_each(|request| request.answer.give(Told::Closed));
                }
                return nobody_waits(waiting.iter().map(|request| &request.answer));
            }
            if is_faulted {
                waiting.iter().for_each(|request| request.answer.give(Told::ReadOnly));
                continue;
            }
            let answers: Vec<_> = waiting.iter().map(|request| request.answer.clone()).collect();
            let mut survivors = Vec::new();
            let mut is_spoiled = false;
            for request in waiting {
                if request.read.is_some_and(|read| written.contains(&read)) {
                    is_spoiled = true;
                    request.answer.give(Told::Conflict);
                } else if is_spoiled && self.fault == Fault::BadTakesAll {
                    request.answer.give(Told::Conflict);
                } else {
                    written.push(request.written);
                    survivors.push(request);
                }
            }
            is_faulted = group >= self.disk_fails_at && !survivors.is_empty();
            self.apply(&survivors, &mut version, is_faulted);
            nobody_waits(&answers);
        }
    }

    fn apply(&self, survivors: &[Request], version: &mut usize, fails: bool) {
        if fails {
            for (place, request) in survivors.iter().enumerate() {
                match self.fault {
                    Fault::OneIsTold if place > 0 => {}
                    Fault::FalseSuccess if place > 0 => request.answer.give(Told::Committed(*version)),
                    _ => request.answer.give(Told::Unknown),
                }
            }
            return;
        }
        self.disk.lock().unwrap().extend(survivors.iter().map(|request| request.written));
        self.order.lock().unwrap().extend(survivors.iter().map(|request| request.answer.clone()));
        let first = *version + 1;
        *version += survivors.len();
        if self.fault != Fault::AnswerFirst {
            self.published.store(*version, Ordering::Release);
        }
        let mut told: Vec<_> = survivors.iter().zip(first..).collect();
        if self.fault == Fault::Backwards {
            told.reverse();
        }
        told.into_iter().for_each(|(request, version)| request.answer.give(Told::Committed(version)));
        self.published.store(*version, Ordering::Release);
    }
}

/// Asked where the committer goes on: whoever has not been told by then waits forever.
fn nobody_waits<'a>(answers: impl IntoIterator<Item = &'a Arc<Answer>>) {
    assert!(answers.into_iter().all(|answer| answer.is_given()), "somebody waits forever");
}

/// Two clients that have read a key and write it, and one that writes another: on a disk that fails at a group, or on a store that
/// somebody closes meanwhile.
fn explore(fault: Fault, disk_fails_at: usize, closes_early: bool) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(2);
    model.check(move || {
        let store = Store::new(fault, disk_fails_at);
        let committer = store.clone();
        let committer = thread::spawn(move || committer.serve());
        let other = store.clone();
        let other = thread::spawn(move || other.commit(Some(1), 1));
        let told = if closes_early {
            store.close();
            [store.commit(Some(1), 1), Told::Closed]
        } else {
            [store.commit(Some(1), 1), store.commit(None, 2)]
        };
        let other = other.join().unwrap();
        store.close();
        committer.join().unwrap();
        let on_disk = store.disk.lock().unwrap().clone();
        let acknowledged =
            [other, told[0], told[1]].iter().filter(|told| matches!(told, Told::Committed(_))).count();
        assert_eq!(on_disk.len(), acknowledged, "what is on the disk and what was acknowledged");
        if disk_fails_at == usize::MAX && !closes_early {
            assert!(matches!(told[1], Told::Committed(_)), "who has read nothing has no conflict");
            assert_eq!(on_disk.iter().filter(|key| **key == 1).count(), 1, "one of two wins");
        }
    });
}

/// Three clients at once, of which the first in line spoils it for the second alone.
fn explore_group(fault: Fault, disk_fails_at: usize) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(1);
    model.check(move || {
        let store = Store::new(fault, disk_fails_at);
        let clients: Vec<_> = [(Some(1), 1), (Some(1), 1), (None, 2)]
            .into_iter()
            .map(|(read, written)| {
                let answer = Arc::new(Answer::default());
                store.queue.lock().unwrap().waiting.push(Request { read, written, answer: answer.clone() });
                answer
            })
            .collect();
        let committer = store.clone();
        let committer = thread::spawn(move || committer.serve());
        let last = clients[2].wait();
        if disk_fails_at == 0 {
            assert_eq!((clients[0].wait(), last), (Told::Unknown, Told::Unknown));
        } else {
            assert_eq!(last, Told::Committed(2));
            assert!(clients[0].is_given(), "it comes before");
        }
        assert_eq!(clients[1].wait(), Told::Conflict);
        store.close();
        committer.join().unwrap();
    });
}

#[test]
fn commits_are_answered_in_their_order_and_once_they_can_be_seen() {
    explore(Fault::None, usize::MAX, false);
    explore_group(Fault::None, usize::MAX);
    finds_panic(|| explore(Fault::AnswerFirst, usize::MAX, false));
    finds_panic(|| explore_group(Fault::Backwards, usize::MAX));
}

#[test]
fn one_bad_member_fails_alone() {
    finds_panic(|| explore_group(Fault::BadTakesAll, usize::MAX));
}

#[test]
fn a_disk_that_fails_leaves_its_whole_group_in_doubt_and_nobody_waiting() {
    explore(Fault::None, 0, false);
    explore(Fault::None, 1, false);
    explore_group(Fault::None, 0);
    finds_panic(|| explore_group(Fault::OneIsTold, 0));
    finds_panic(|| explore_group(Fault::FalseSuccess, 0));
}

#[test]
fn closing_leaves_nobody_waiting() {
    explore(Fault::None, usize::MAX, true);
    finds_panic(|| explore(Fault::Forgotten, usize::MAX, true));
}
