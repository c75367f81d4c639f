//! Rules of replaced snapshots, against times that the test chooses.

use super::Superseded;
use crate::backing::View;
use crate::interval::Interval;
use crate::snapshot::Published;
use crate::status::Status;
use crate::sync::Instant;
use crate::{Order, Result, Snapshot, Version, Visit};
use std::sync::Arc;
use std::time::Duration;

struct Nothing;

impl View for Nothing {
    fn find(&self, _key: &[u8], _read: &mut dyn FnMut(&[u8])) -> Result<bool> {
        Ok(false)
    }

    fn walk(&self, _interval: &Interval, _order: Order, _visit: &mut Visit<'_>) -> Result<()> {
        Ok(())
    }
}

fn snapshot() -> Arc<Published> {
    Arc::new(Published::new(Version(1), Box::new(Nothing), Arc::new(Status::new())))
}

fn readable(snapshot: &Published) -> bool {
    snapshot.get(b"key", &mut |_| {}).is_ok()
}

#[test]
fn a_snapshot_expires_at_its_deadline_and_not_before() {
    let start = Instant::now();
    let second = Duration::from_secs(1);
    let mut superseded = Superseded::new(10 * second);
    let (one, other) = (snapshot(), snapshot());
    superseded.push(&one, start);
    superseded.push(&other, start + 5 * second);
    assert_eq!(superseded.next_deadline(), Some(start + 10 * second));
    assert_eq!(superseded.expire(start + 9 * second), 0);
    assert!(readable(&one));
    assert_eq!(superseded.expire(start + 10 * second), 1);
    assert!(!readable(&one) && readable(&other));
    assert_eq!(superseded.next_deadline(), Some(start + 15 * second));
    assert_eq!(superseded.expire(start + 60 * second), 1);
    assert!(!readable(&other));
    assert_eq!(superseded.next_deadline(), None);
}

#[test]
fn a_snapshot_that_nobody_holds_is_neither_kept_nor_counted() {
    let start = Instant::now();
    let mut superseded = Superseded::new(Duration::from_secs(10));
    for _ in 0..1000 {
        superseded.push(&snapshot(), start);
    }
    assert!(superseded.snapshots.len() <= 1, "handles of dropped snapshots pile up");
    assert_eq!(superseded.expire(start), 0);
    assert_eq!(superseded.next_deadline(), None);
}
