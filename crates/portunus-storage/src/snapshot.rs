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
        read(view.as_ref()).map_err(|error| match error {
            // The view was under a reader when it was taken away.
            Error::SnapshotExpired => self.status.lost_view(),
            // Nothing more is read from a file that failed, or is not what it was, before it has been verified again.
            Error::Io(_) | Error::Corrupt(_) => {
                self.status.note_failed_read();
                error
            }
            other => other,
        })
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
