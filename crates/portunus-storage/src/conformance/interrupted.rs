//! An engine on which races are made to happen: somebody acts at the worst moment. It knows nothing of what they do.

use crate::{Engine, EngineStats, Result, Snapshot, Transaction, Version};
use std::sync::{Arc, Mutex};

/// An engine on which something happens once, right after the epoch was looked at or a snapshot was taken.
///
/// ```
/// use portunus_storage::{Engine, EngineOptions, conformance::Interrupted, memory};
/// use std::sync::atomic::{AtomicBool, Ordering};
///
/// static HAPPENED: AtomicBool = AtomicBool::new(false);
/// let engine = Interrupted::new(memory(EngineOptions::default())?);
/// engine.after_the_epoch(|| HAPPENED.store(true, Ordering::Relaxed));
/// engine.epoch();
/// assert!(engine.is_undisturbed());
/// assert!(HAPPENED.swap(false, Ordering::Relaxed));
///
/// engine.after_a_snapshot(|| HAPPENED.store(true, Ordering::Relaxed));
/// engine.begin_read()?;
/// assert!(HAPPENED.load(Ordering::Relaxed));
/// # Ok::<(), portunus_storage::Error>(())
/// ```
pub struct Interrupted {
    inner: Arc<dyn Engine>,
    then: Mutex<Option<(Moment, Act)>>,
}

/// After what something happens.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Moment {
    Epoch,
    Snapshot,
}

type Act = Box<dyn FnOnce() + Send>;

impl Interrupted {
    /// The same engine, still undisturbed.
    #[must_use]
    pub fn new(inner: Arc<dyn Engine>) -> Arc<Self> {
        Arc::new(Self { inner, then: Mutex::new(None) })
    }

    /// Lets this happen when the epoch has been looked at next.
    pub fn after_the_epoch(&self, then: impl FnOnce() + Send + 'static) {
        *self.then.lock().unwrap() = Some((Moment::Epoch, Box::new(then)));
    }

    /// Lets this happen when a snapshot has been taken next, which does not have it.
    pub fn after_a_snapshot(&self, then: impl FnOnce() + Send + 'static) {
        *self.then.lock().unwrap() = Some((Moment::Snapshot, Box::new(then)));
    }

    /// Whether nothing is to happen, or it has happened.
    #[must_use]
    pub fn is_undisturbed(&self) -> bool {
        self.then.lock().unwrap().is_none()
    }

    fn has_come_to(&self, moment: Moment) {
        let then = self.then.lock().unwrap().take_if(|(when, _)| *when == moment);
        if let Some((_, act)) = then {
            act();
        }
    }
}

impl Engine for Interrupted {
    fn begin_read(&self) -> Result<Arc<dyn Snapshot>> {
        let snapshot = self.inner.begin_read();
        self.has_come_to(Moment::Snapshot);
        snapshot
    }

    fn begin_write(&self) -> Result<Box<dyn Transaction>> {
        self.inner.begin_write()
    }

    fn epoch(&self) -> Version {
        let epoch = self.inner.epoch();
        self.has_come_to(Moment::Epoch);
        epoch
    }

    fn stats(&self) -> EngineStats {
        self.inner.stats()
    }

    fn close(&self) -> Result<()> {
        self.inner.close()
    }
}
