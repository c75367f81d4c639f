//! An engine on which races are made to happen: somebody acts at the worst moment. It knows nothing of what they do.

use crate::{Engine, EngineStats, Result, Snapshot, Transaction, Version};
use std::sync::{Arc, Mutex};

/// An engine on which something happens right after the epoch was looked at, once.
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
/// assert!(HAPPENED.load(Ordering::Relaxed));
/// # Ok::<(), portunus_storage::Error>(())
/// ```
pub struct Interrupted {
    inner: Arc<dyn Engine>,
    then: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl Interrupted {
    /// The same engine, still undisturbed.
    #[must_use]
    pub fn new(inner: Arc<dyn Engine>) -> Arc<Self> {
        Arc::new(Self { inner, then: Mutex::new(None) })
    }

    /// Lets this happen when the epoch has been looked at next.
    pub fn after_the_epoch(&self, then: impl FnOnce() + Send + 'static) {
        *self.then.lock().unwrap() = Some(Box::new(then));
    }

    /// Whether nothing is to happen, or it has happened.
    #[must_use]
    pub fn is_undisturbed(&self) -> bool {
        self.then.lock().unwrap().is_none()
    }
}

impl Engine for Interrupted {
    fn begin_read(&self) -> Result<Arc<dyn Snapshot>> {
        self.inner.begin_read()
    }

    fn begin_write(&self) -> Result<Box<dyn Transaction>> {
        self.inner.begin_write()
    }

    fn epoch(&self) -> Version {
        let epoch = self.inner.epoch();
        let then = self.then.lock().unwrap().take();
        if let Some(then) = then {
            then();
        }
        epoch
    }

    fn stats(&self) -> EngineStats {
        self.inner.stats()
    }

    fn close(&self) -> Result<()> {
        self.inner.close()
    }
}
