//! What is committed together: in which order it is answered, and what one member's misfortune means to the others. Knows
//! nothing of what is read.

use super::brittle::{Levers, Trouble, backing, engine};
use super::{another, below, explore, finds, has, options, put, spawn};
use crate::committer::{Message, Reply, Request};
use crate::reads::ReadSet;
use crate::sequencer::Core;
use crate::snapshot::Published;
use crate::status::Status;
use crate::sync::{ArcSwap, AtomicU64, Builder, Fault, JoinHandle, Receiver, Sender, unbounded};
use crate::writes::Writes;
use crate::{Durability, Error, Result, Version, record};
use std::sync::{Arc, Mutex};

/// A committer without handles: the test is who sends.
struct Bare {
    core: Arc<Core>,
    thread: JoinHandle<()>,
}

fn bare(levers: &Arc<Levers>) -> Bare {
    let backing = backing(levers);
    let status = Arc::new(Status::new());
    let (queue, messages) = unbounded();
    let first = Published::new(Version(0), backing.view().unwrap(), Arc::clone(&status));
    let core = Arc::new(Core {
        options: options(),
        published: ArcSwap::from_pointee(first),
        status,
        epoch: AtomicU64::new(0),
        counters: super::super::Counters::default(),
        queue,
    });
    let committer = super::super::Committer::new(Arc::clone(&core), backing, messages, Version(0));
    let thread = Builder::new().spawn(move || committer.run()).unwrap();
    Bare { core, thread }
}

impl Bare {
    /// Queues a commit, and gives where it will be answered.
    fn send(&self, key: &[u8], depends_on: Option<&[u8]>) -> Receiver<Result<Version>> {
        let mut writes = Writes::default();
        writes.set(key, Some(record::seal(key, b"1")));
        let mut reads = ReadSet::default();
        if let Some(read) = depends_on {
            reads.add_key(read, 1 << 20).unwrap();
        }
        let request = Request { base: Version(0), reads, writes, durability: Durability::Immediate };
        let (sender, answer) = unbounded();
        let reply = Reply::new(sender, Arc::clone(&self.core.status));
        drop(self.core.queue.send(Message::Commit(request, reply)));
        answer
    }

    fn close(self) {
        let (sender, answer): (Sender<Result<()>>, _) = unbounded();
        drop(self.core.queue.send(Message::Close(sender)));
        drop(answer.recv());
        self.thread.join().unwrap();
    }
}

/// Three commits that depend on nothing: whoever is answered finds all before it answered, in the order in which they were sent.
fn answers_come_in_order() {
    let bare = bare(&Arc::default());
    let answers: Vec<_> = [b"a", b"b", b"c"].map(|key| bare.send(key, None)).into();
    let last = answers[2].recv().unwrap().unwrap();
    let before: Vec<Version> =
        answers[..2].iter().map(|answer| answer.try_recv().unwrap().unwrap()).collect();
    assert_eq!((before, last), (vec![Version(1), Version(2)], Version(3)));
    bare.close();
}

/// The middle one has read what the first one writes.
fn one_bad_member_is_alone() {
    let bare = bare(&Arc::default());
    let good = bare.send(b"a", None);
    let bad = bare.send(b"b", Some(b"a"));
    let other = bare.send(b"c", Some(b"d"));
    assert_eq!(other.recv().unwrap().unwrap(), Version(2), "a conflict takes no place in the order");
    assert_eq!(good.try_recv().unwrap().unwrap(), Version(1));
    assert!(matches!(bad.try_recv().unwrap(), Err(Error::Conflict)));
    bare.close();
}

/// A batch of three writers fails. Whoever was in it does not know; whoever came later is refused or finds the store reopened.
fn a_fault_is_everybodys(trouble: Trouble) {
    let (engine, levers) = engine(options());
    put(engine.as_ref(), b"before", b"1").unwrap();
    let epoch = engine.epoch();
    levers.trouble(below(2), trouble);
    let held = engine.begin_read().unwrap();
    let writers: Vec<_> = [b"a", b"b", b"c"]
        .map(|key| {
            let engine = another(&engine);
            spawn(move || (key, put(engine.as_ref(), key, b"1")))
        })
        .into();
    let outcomes: Vec<_> = writers.into_iter().map(|writer| writer.join().unwrap()).collect();
    // All of them may have been in one batch.
    levers.calm();
    let mut unknown = Vec::new();
    for (key, outcome) in &outcomes {
        match outcome {
            Ok(version) => assert!(has(engine.as_ref(), *key) && *version > Version(1)),
            Err(Error::OutcomeUnknown(_)) => unknown.push(*key),
            Err(Error::ReadOnly(_)) => assert!(!has(engine.as_ref(), *key), "it was refused"),
            Err(error) => panic!("{error}"),
        }
    }
    let after = put(engine.as_ref(), b"after", b"1").unwrap();
    assert!(
        outcomes.iter().all(|(_, outcome)| outcome.as_ref().is_ok_and(|v| *v < after) || outcome.is_err())
    );
    let kept: Vec<bool> = unknown.iter().map(|key| has(engine.as_ref(), *key)).collect();
    if !unknown.is_empty() {
        assert!(engine.epoch() > epoch, "what was derived before a fault does not hold after it");
        assert!(matches!(held.get(b"before", &mut |_| {}), Err(Error::SnapshotExpired)));
        assert!(
            kept.iter().all(|is_kept| *is_kept == kept[0]),
            "a group is kept whole or not at all: {kept:?}"
        );
        assert_eq!(kept[0], trouble == Trouble::Unsure);
    }
}

/// Reopening fails too: everybody is refused until it works, and nobody waits forever.
fn a_store_that_cannot_be_reopened_refuses() {
    let (engine, levers) = engine(options());
    levers.trouble(0, Trouble::Refused);
    levers.stick(true);
    let writers: Vec<_> = (0..2_u8)
        .map(|number| {
            let engine = another(&engine);
            spawn(move || put(engine.as_ref(), &[number], b"1"))
        })
        .collect();
    for writer in writers {
        let outcome = writer.join().unwrap();
        assert!(matches!(outcome, Err(Error::OutcomeUnknown(_) | Error::ReadOnly(_))), "{outcome:?}");
    }
    assert!(matches!(put(engine.as_ref(), b"c", b"1"), Err(Error::ReadOnly(_))));
    levers.stick(false);
    put(engine.as_ref(), b"d", b"1").unwrap();
    assert!(!has(engine.as_ref(), b"c"));
}

/// What was committed without waiting is lost with the fault of another commit. Whoever has read it cannot commit any more, and no
/// version is given twice.
fn what_leans_on_the_lost_is_lost() {
    let (engine, levers) = engine(options());
    let mut first = engine.begin_write().unwrap();
    first.put(b"a", b"1").unwrap();
    let mut versions = vec![first.commit(Durability::Relaxed).unwrap()];
    let mut leaning = engine.begin_write().unwrap();
    assert!(leaning.get(b"a", &mut |_| {}).unwrap());
    leaning.put(b"b", b"1").unwrap();
    levers.trouble(below(2), Trouble::Refused);
    let leaning = spawn(move || leaning.commit(Durability::Immediate).ok());
    let other = another(&engine);
    let other = spawn(move || [b"c", b"d"].map(|key| put(other.as_ref(), key, b"1").ok()));
    versions.extend(leaning.join().unwrap());
    versions.extend(other.join().unwrap().into_iter().flatten());
    levers.calm();
    versions.push(put(engine.as_ref(), b"e", b"1").unwrap());
    assert!(has(engine.as_ref(), b"a") || !has(engine.as_ref(), b"b"), "it leans on what is lost");
    let given = versions.len();
    versions.sort();
    versions.dedup();
    assert_eq!(versions.len(), given, "a version was given twice");
}

/// What is acknowledged can be read by whoever begins then, and the groups are never larger than what was waiting.
fn groups_form_and_publish() {
    let (engine, levers) = engine(options());
    let versions = Arc::new(Mutex::new(Vec::new()));
    let writers: Vec<_> = (0..3_u8)
        .map(|number| {
            let (engine, versions) = (another(&engine), Arc::clone(&versions));
            spawn(move || {
                let version = put(engine.as_ref(), &[number], b"1").unwrap();
                let snapshot = engine.begin_read().unwrap();
                assert!(snapshot.version() >= version && snapshot.get(&[number], &mut |_| {}).unwrap());
                versions.lock().unwrap().push(version);
            })
        })
        .collect();
    writers.into_iter().for_each(|writer| writer.join().unwrap());
    let mut versions = versions.lock().unwrap().clone();
    versions.sort();
    assert_eq!(versions, [Version(1), Version(2), Version(3)]);
    let batches = levers.batches.lock().unwrap().clone();
    assert!(batches.is_sorted() && batches.last() == Some(&Version(3)));
    let stats = engine.stats();
    assert_eq!((stats.commits, stats.commit_groups), (3, u64::try_from(batches.len()).unwrap()));
}

#[test]
fn members_are_answered_in_the_order_of_their_commits() {
    explore(answers_come_in_order);
    finds(Fault::Overtaking, answers_come_in_order);
}

#[test]
fn one_bad_member_fails_alone() {
    explore(one_bad_member_is_alone);
    finds(Fault::Overtaking, one_bad_member_is_alone);
}

#[test]
fn a_fault_leaves_every_member_of_its_group_in_doubt() {
    explore(|| a_fault_is_everybodys(Trouble::Refused));
    explore(|| a_fault_is_everybodys(Trouble::Unsure));
    finds(Fault::None, || a_fault_is_everybodys(Trouble::Half));
    finds(Fault::None, || a_fault_is_everybodys(Trouble::Lost));
}

#[test]
fn nothing_leans_on_what_a_fault_has_lost() {
    explore(what_leans_on_the_lost_is_lost);
}

#[test]
fn a_store_that_stays_broken_keeps_nobody_waiting() {
    explore(a_store_that_cannot_be_reopened_refuses);
}

#[test]
fn what_is_acknowledged_is_published() {
    explore(groups_form_and_publish);
    finds(Fault::PublishLate, groups_form_and_publish);
}
