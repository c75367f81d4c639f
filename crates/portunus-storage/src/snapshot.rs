//! A published snapshot: a view that is shared by everyone who began after its commit, and that can be taken away from them.
//! Every record is verified here, on its way to the reader. Knows nothing of writes.

use crate::backing::View;
use crate::interval::Interval;
use crate::status::Status;
use crate::sync::ArcSwapOption;
use crate::{Error, KeyRange, Order, Result, Snapshot, Version, Visit, record};
use std::ops::ControlFlow;
use std::sync::Arc;

/// One state of the store, shared by everyone who reads it.
pub(crate) struct Published {
    version: Version,
    /// Gone once the snapshot has expired, so that an idle handle keeps nothing of the file.
    view: ArcSwapOption<Box<dyn View>>,
    status: Arc<Status>,
}

impl Published {
    pub(crate) fn new(version: Version, view: Box<dyn View>, status: Arc<Status>) -> Self {
        Self { version, view: ArcSwapOption::from_pointee(view), status }
    }

    /// Drops the view. Readings that are under way keep it until they end.
    pub(crate) fn expire(&self) {
        self.view.store(None);
    }

    /// As [`Snapshot::scan`], over an interval.
    pub(crate) fn walk(&self, interval: &Interval, order: Order, visit: &mut Visit<'_>) -> Result<()> {
        let mut damage = Ok(());
        let walked = self.with_view(|view| {
            view.walk(interval, order, &mut |key, sealed| match record::open(key, sealed) {
                Ok(payload) => visit(key, payload),
                Err(error) => {
                    damage = Err(error);
                    ControlFlow::Break(())
                }
            })
        });
        walked.and(damage)
    }

    fn with_view<T>(&self, read: impl FnOnce(&dyn View) -> Result<T>) -> Result<T> {
        let view = self.view.load();
        let Some(view) = view.as_deref() else {
            return Err(self.status.lost_view());
        };
        read(view.as_ref()).map_err(|error| {
            let is_failed = matches!(error, Error::SnapshotExpired | Error::Io(_) | Error::Corrupt(_));
            // Nothing more is read from a file that failed, or is not what it was, before it has been verified again. What was
            // under a reader when it was taken away says nothing of the file that is open now.
            if is_failed && self.is_at_hand() {
                self.status.note_failed_read();
            }
            match error {
                Error::SnapshotExpired => self.status.lost_view(),
                other => other,
            }
        })
    }

    /// Whether nobody has taken the view away.
    fn is_at_hand(&self) -> bool {
        self.view.load().is_some()
    }
}

impl Snapshot for Published {
    fn version(&self) -> Version {
        self.version
    }

    fn get(&self, key: &[u8], read: &mut dyn FnMut(&[u8])) -> Result<bool> {
        let mut damage = Ok(());
        let found = self.with_view(|view| {
            view.find(key, &mut |sealed| match record::open(key, sealed) {
                Ok(payload) => read(payload),
                Err(error) => damage = Err(error),
            })
        })?;
        damage.map(|()| found)
    }

    fn scan(&self, range: &KeyRange, order: Order, visit: &mut Visit<'_>) -> Result<()> {
        match Interval::of(range) {
            Some(interval) => self.walk(&interval, order, visit),
            None => Ok(()),
        }
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use super::*;
    use crate::status::State;

    /// What is left of a file after a fault that only the file knows of.
    struct Fallen;

    impl View for Fallen {
        fn find(&self, _: &[u8], _: &mut dyn FnMut(&[u8])) -> Result<bool> {
            Err(Error::SnapshotExpired)
        }

        fn walk(&self, _: &Interval, _: Order, _: &mut Visit<'_>) -> Result<()> {
            Err(Error::SnapshotExpired)
        }
    }

    // Long runs have found a store in which everybody was told to begin again, for ever: the file would not be read any more, every
    // reader took that for its snapshot having been taken away, and so nobody had the file reopened.
    #[test]
    fn a_file_that_lets_nobody_read_any_more_is_reopened() {
        let status = Arc::new(Status::new());
        let published = Published::new(Version(1), Box::new(Fallen), Arc::clone(&status));
        assert!(matches!(published.get(b"key", &mut |_| {}), Err(Error::SnapshotExpired)));
        assert_eq!(status.load(), State::Faulted);
    }

    #[test]
    fn a_snapshot_that_was_taken_away_under_a_reader_says_nothing_of_the_file() {
        let status = Arc::new(Status::new());
        let published = Arc::new(Published::new(Version(1), Box::new(Fallen), Arc::clone(&status)));
        let taken = Arc::clone(&published);
        let read = published.with_view(|view| {
            taken.expire();
            view.find(b"key", &mut |_| {})
        });
        assert!(matches!(read, Err(Error::SnapshotExpired)));
        assert_eq!(status.load(), State::Open);
        assert!(matches!(published.get(b"key", &mut |_| {}), Err(Error::SnapshotExpired)));
        assert_eq!(status.load(), State::Open);
        // Nothing else is looked at once the store is closed.
        status.store(State::Closed);
        published.get(b"key", &mut |_| {}).unwrap_err();
        assert_eq!(status.load(), State::Closed);
    }
}
