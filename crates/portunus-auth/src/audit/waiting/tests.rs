//! Bounds of what waits: by rate, for one database and for all.

use super::*;

const ALL: AuditSettings = AuditSettings { openings: true, refusals: true, denials: true };
const NOW: Timestamp = Timestamp(1_000_000_000);

fn push(waiting: &Waiting, database: DatabaseId, class: Class, count: usize, now: Timestamp) {
    for number in 0..count {
        waiting.push(database, class, now, || format!("{class:?} {number}"));
    }
}

fn later(seconds: u64) -> Timestamp {
    NOW.saturating_add(Duration::from_secs(seconds))
}

#[test]
fn what_anybody_can_cause_is_let_in_at_a_rate_and_counted_beyond_it() {
    let waiting = Waiting::new().unwrap();
    let root = DatabaseId::ROOT;
    push(&waiting, root, Class::Refusal, 100, NOW);
    push(&waiting, root, Class::Denial, 61, NOW);
    push(&waiting, root, Class::Refusal, 3, later(2));
    let (database, batch) = waiting.take(later(2)).pop().unwrap();
    assert_eq!((database, batch.lines.len()), (root, 60 + 60 + 2));
    assert_eq!(batch.lost, Lost { refusals: 41, denials: 1, ..Lost::default() });
    assert!(waiting.is_empty());
    // Whether it was written down makes no more room.
    push(&waiting, root, Class::Refusal, 2, later(3));
    let (_, batch) = waiting.take(later(3)).pop().unwrap();
    assert_eq!((batch.lines.len(), batch.lost.refusals), (1, 1));
    // A clock that is set back does not close it for good.
    push(&waiting, root, Class::Refusal, 1, NOW);
    push(&waiting, root, Class::Refusal, 1, later(1));
    let (_, batch) = waiting.take(later(1)).pop().unwrap();
    assert_eq!((batch.lines.len(), batch.lost.refusals), (1, 1));
    // And it is forgotten once it does not matter any more.
    assert!(!waiting.state.lock().databases.is_empty());
    waiting.take(later(1_000));
    assert!(waiting.state.lock().databases.is_empty());
}

#[test]
fn no_database_takes_the_room_of_all() {
    let waiting = Waiting::new().unwrap();
    let root = DatabaseId::ROOT;
    assert!(!waiting.is_full(root));
    push(&waiting, root, Class::Opening, LINES_OF_DATABASE_MAX + 5, NOW);
    assert!(waiting.is_full(root) && !waiting.is_full(DatabaseId::STORE));
    push(&waiting, DatabaseId::STORE, Class::Refusal, 1, NOW);
    let mut taken = waiting.take(NOW);
    taken.sort_by_key(|(database, _)| *database);
    let [(_, store), (_, root)] = &taken[..] else { panic!("{taken:?}") };
    assert_eq!((store.lines.len(), root.lines.len(), root.lost.openings), (1, LINES_OF_DATABASE_MAX, 5));
    waiting.state.lock().lines = LINES_MAX;
    push(&waiting, DatabaseId::STORE, Class::Opening, 1, NOW);
    assert_eq!(waiting.take(NOW)[0].1.lost.openings, 1);
}

#[test]
fn what_could_not_be_written_comes_before_what_came_meanwhile() {
    let waiting = Waiting::new().unwrap();
    let root = DatabaseId::ROOT;
    push(&waiting, root, Class::Opening, LINES_OF_DATABASE_MAX - 1, NOW);
    let (_, batch) = waiting.take(NOW).pop().unwrap();
    push(&waiting, root, Class::Denial, 2, NOW);
    waiting.put_back(root, batch);
    assert_eq!(waiting.state.lock().lines, LINES_OF_DATABASE_MAX);
    let (_, batch) = waiting.take(NOW).pop().unwrap();
    let lines = batch.lines_for(ALL);
    assert_eq!((lines[0].as_str(), lines[LINES_OF_DATABASE_MAX - 1].as_str()), ("Opening 0", "Denial 0"));
    assert_eq!(batch.lost_for(ALL), Lost { denials: 1, ..Lost::default() });
}

#[test]
fn a_log_holds_what_it_asks_for() {
    let waiting = Waiting::new().unwrap();
    for class in [Class::Opening, Class::Refusal, Class::Denial] {
        push(&waiting, DatabaseId::ROOT, class, LINES_OF_DATABASE_MAX, NOW);
    }
    let (_, batch) = waiting.take(NOW).pop().unwrap();
    let only = AuditSettings { refusals: true, ..AuditSettings::default() };
    assert!(batch.lines_for(AuditSettings::default()).is_empty());
    assert!(batch.lost_for(AuditSettings::default()).event().is_none());
    assert!(batch.lines_for(only).iter().all(|line| line.starts_with("Refusal")));
    let lost = batch.lost_for(only);
    assert_eq!((lost.refusals, lost.openings, lost.denials), (lost.sum(), 0, 0));
    assert!(lost.sum() > 0 && lost.event().is_some());
}
