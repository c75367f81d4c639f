//! An engine on which a test decides what happens at the moments that matter. It knows nothing of what is stored.

use portunus_storage::{Engine, EngineOptions, EngineStats, Result, Snapshot, Transaction, Version, memory};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// What happens once so many more transactions that write have begun.
type Then = (u32, Box<dyn FnOnce() + Send>);
/// What happens before each reader begins.
type Always = Arc<dyn Fn() + Send + Sync>;

/// An engine in memory that refuses writes when it is told to, lets somebody act once a transaction that writes has begun,
/// and lets somebody act each time before one begins that reads.
pub struct Disturbed {
    inner: Arc<dyn Engine>,
    pub refuses: AtomicBool,
    then: Mutex<Option<Then>>,
    always: Mutex<Option<Always>>,
}

impl Disturbed {
    pub fn new(options: EngineOptions) -> Result<Arc<Self>> {
        let (inner, refuses) = (memory(options)?, AtomicBool::new(false));
        Ok(Arc::new(Self { inner, refuses, then: Mutex::default(), always: Mutex::default() }))
    }

    pub fn after_writers(&self, count: u32, then: impl FnOnce() + Send + 'static) {
        *self.then.lock().unwrap() = Some((count, Box::new(then)));
    }

    /// What acts is not disturbed by itself. It goes on until [`Disturbed::calm`].
    pub fn before_readers(&self, always: impl Fn() + Send + Sync + 'static) {
        *self.always.lock().unwrap() = Some(Arc::new(always));
    }

    pub fn calm(&self) {
        *self.always.lock().unwrap() = None;
    }
}

impl Engine for Disturbed {
    fn begin_read(&self) -> Result<Arc<dyn Snapshot>> {
        let always = self.always.lock().unwrap().take();
        if let Some(always) = always {
            always();
            *self.always.lock().unwrap() = Some(always);
        }
        self.inner.begin_read()
    }

    fn begin_write(&self) -> Result<Box<dyn Transaction>> {
        if self.refuses.load(Ordering::Relaxed) {
            return Err(portunus_storage::Error::ReadOnly("the test says so"));
        }
        let begun = self.inner.begin_write()?;
        let mut then = self.then.lock().unwrap();
        let due = match then.as_mut() {
            Some((count, _)) => {
                *count -= 1;
                *count == 0
            }
            None => false,
        };
        let due = if due { then.take() } else { None };
        drop(then);
        if let Some((_, act)) = due {
            act();
        }
        Ok(begun)
    }

    fn epoch(&self) -> Version {
        self.inner.epoch()
    }

    fn stats(&self) -> EngineStats {
        self.inner.stats()
    }

    fn close(&self) -> Result<()> {
        self.inner.close()
    }
}
