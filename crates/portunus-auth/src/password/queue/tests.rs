//! Seats are never taken twice, everybody is served in turn, and a queue has an end. No thread sleeps: they count.

use super::Queue;
use crate::{Error, ErrorKind};
use parking_lot::Mutex;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

/// Waits until so many threads wait.
fn until_waiting(queue: &Queue, count: usize) {
    while queue.waiting() != count {
        thread::yield_now();
    }
}

#[test]
fn never_more_seats_are_taken_than_there_are() {
    const SEATS: u32 = 4;
    let queue = Queue::new(SEATS, 1_000);
    let (taken, most) = (AtomicU32::new(0), AtomicU32::new(0));
    thread::scope(|scope| {
        for number in 0..32_u32 {
            let (queue, taken, most) = (&queue, &taken, &most);
            scope.spawn(move || {
                for round in 0..200 {
                    let seats = 1 + (number + round) % SEATS;
                    let permit = queue.enter(seats).unwrap();
                    let now = taken.fetch_add(seats, Ordering::SeqCst) + seats;
                    most.fetch_max(now, Ordering::SeqCst);
                    thread::yield_now();
                    taken.fetch_sub(seats, Ordering::SeqCst);
                    drop(permit);
                }
            });
        }
    });
    assert!(most.load(Ordering::SeqCst) <= SEATS);
    assert_eq!((queue.waiting(), queue.state.lock().free), (0, SEATS));
}

#[test]
fn who_comes_first_is_served_first_however_many_seats_it_takes() {
    let queue = Queue::new(4, 100);
    let served = Mutex::new(Vec::new());
    let mut permit = Some(queue.enter(4).unwrap());
    thread::scope(|scope| {
        for (number, seats) in [3, 4, 1, 2, 9, 1].into_iter().enumerate() {
            let (queue, served) = (&queue, &served);
            scope.spawn(move || {
                let _permit = queue.enter(seats).unwrap();
                served.lock().push(number);
            });
            until_waiting(queue, number + 1);
        }
        permit.take();
    });
    let served = served.into_inner();
    // There is room for the third and the fourth at the same time, and for no other two.
    assert!([[0, 1, 2, 3, 4, 5], [0, 1, 3, 2, 4, 5]].iter().any(|order| *order == served[..]), "{served:?}");
}

#[test]
fn a_free_seat_is_not_given_to_who_comes_after_one_that_waits_for_more() {
    let queue = Queue::new(2, 100);
    let first = queue.enter(1).unwrap();
    thread::scope(|scope| {
        let two = scope.spawn(|| drop(queue.enter(2).unwrap()));
        until_waiting(&queue, 1);
        let one = scope.spawn(|| drop(queue.enter(1).unwrap()));
        until_waiting(&queue, 2);
        assert_eq!(queue.state.lock().free, 1);
        drop(first);
        two.join().unwrap();
        one.join().unwrap();
    });
}

#[test]
fn a_full_queue_refuses_and_goes_on() {
    let queue = Queue::new(1, 3);
    let permit = queue.enter(1).unwrap();
    thread::scope(|scope| {
        let waiting = [(); 3].map(|()| scope.spawn(|| queue.enter(1).map(drop)));
        until_waiting(&queue, 3);
        let refused = queue.enter(1).err().unwrap();
        assert!(matches!(refused, Error::Limit { actual: 4, max: 3, .. }));
        assert_eq!(refused.kind(), ErrorKind::Limit);
        drop(permit);
        for thread in waiting {
            thread.join().unwrap().unwrap();
        }
    });
    assert!(queue.enter(1).is_ok());
}

#[test]
fn ten_thousand_turns_are_all_taken() {
    let queue = Queue::new(2, 10_000);
    let turns = AtomicU32::new(0);
    thread::scope(|scope| {
        for _ in 0..500 {
            let (queue, turns) = (&queue, &turns);
            scope.spawn(move || {
                for _ in 0..20 {
                    let _permit = queue.enter(1).unwrap();
                    turns.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(turns.into_inner(), 10_000);
}

#[test]
fn a_panic_gives_its_seats_back() {
    let queue = Queue::new(2, 10);
    let fall = || {
        let _permit = queue.enter(2).unwrap();
        panic!("half-way");
    };
    assert!(catch_unwind(AssertUnwindSafe(fall)).is_err());
    assert_eq!(queue.state.lock().free, 2);
    // No seats, and more than there are, are one and all.
    drop(queue.enter(0).unwrap());
    drop(queue.enter(u32::MAX).unwrap());
    assert_eq!(Queue::new(0, 10).enter(1).map(drop).ok(), Some(()));
}
