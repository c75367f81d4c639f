//! An engine that tells at which version a thread's last transaction began and committed, and that breaks its promises when it
//! is told to. It knows nothing of what is stored.

use portunus_storage::{
    Durability, Engine, EngineStats, KeyRange, Order, Result, Snapshot, Transaction, Version, Visit,
};
use std::cell::Cell;
use std::sync::Arc;

/// Which promise of the engine is broken, in a test that has to notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    /// What a transaction has read is forgotten before it commits.
    Unvalidated,
    /// The epoch does not rise.
    StaleEpoch,
    /// Now and then a transaction begins in the state before the newest.
    StaleSnapshot,
}

thread_local! {
    static BEGUN: Cell<u64> = const { Cell::new(0) };
    static COMMITTED: Cell<u64> = const { Cell::new(0) };
}

/// The version of the state in which this thread's last transaction began.
pub fn begun() -> u64 {
    BEGUN.get()
}

/// The version that this thread's last commit was given.
pub fn committed() -> u64 {
    COMMITTED.get()
}

pub struct Observed {
    inner: Arc<dyn Engine>,
    fault: Fault,
    first_epoch: Version,
    older: std::sync::Mutex<Option<Arc<dyn Snapshot>>>,
}

impl Observed {
    pub fn over(inner: Arc<dyn Engine>, fault: Fault) -> Arc<dyn Engine> {
        let first_epoch = inner.epoch();
        Arc::new(Self { inner, fault, first_epoch, older: std::sync::Mutex::default() })
    }
}

impl Engine for Observed {
    fn begin_read(&self) -> Result<Arc<dyn Snapshot>> {
        let mut snapshot = self.inner.begin_read()?;
        if self.fault == Fault::StaleSnapshot && snapshot.version().0 > 20 {
            let newest = Arc::clone(&snapshot);
            let mut older = self.older.lock().unwrap();
            if newest.version().0 % 8 == 0 {
                snapshot = older.clone().unwrap_or(snapshot);
            }
            *older = Some(newest);
        }
        BEGUN.set(snapshot.version().0);
        Ok(snapshot)
    }

    fn begin_write(&self) -> Result<Box<dyn Transaction>> {
        let inner = self.inner.begin_write()?;
        BEGUN.set(inner.version().0);
        let again = (self.fault == Fault::Unvalidated).then(|| Arc::clone(&self.inner));
        Ok(Box::new(Watched { inner, again, writes: Vec::new() }))
    }

    fn epoch(&self) -> Version {
        if self.fault == Fault::StaleEpoch { self.first_epoch } else { self.inner.epoch() }
    }

    fn stats(&self) -> EngineStats {
        self.inner.stats()
    }

    fn close(&self) -> Result<()> {
        self.inner.close()
    }
}

enum Write {
    Put(Vec<u8>, Vec<u8>),
    Delete(Vec<u8>),
    Clear(KeyRange),
}

struct Watched {
    inner: Box<dyn Transaction>,
    /// Where the writes are made once more, without what was read.
    again: Option<Arc<dyn Engine>>,
    writes: Vec<Write>,
}

impl Snapshot for Watched {
    fn version(&self) -> Version {
        self.inner.version()
    }

    fn get(&self, key: &[u8], read: &mut dyn FnMut(&[u8])) -> Result<bool> {
        self.inner.get(key, read)
    }

    fn scan(&self, range: &KeyRange, order: Order, visit: &mut Visit<'_>) -> Result<()> {
        self.inner.scan(range, order, visit)
    }
}

impl Transaction for Watched {
    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        if self.again.is_some() {
            self.writes.push(Write::Put(key.to_vec(), value.to_vec()));
        }
        self.inner.put(key, value)
    }

    fn delete(&mut self, key: &[u8]) -> Result<()> {
        if self.again.is_some() {
            self.writes.push(Write::Delete(key.to_vec()));
        }
        self.inner.delete(key)
    }

    fn delete_range(&mut self, range: &KeyRange) -> Result<()> {
        if self.again.is_some() {
            self.writes.push(Write::Clear(range.clone()));
        }
        self.inner.delete_range(range)
    }

    fn commit(self: Box<Self>, durability: Durability) -> Result<Version> {
        let Self { mut inner, again, writes } = *self;
        if let Some(engine) = again {
            inner = engine.begin_write()?;
            for write in writes {
                match write {
                    Write::Put(key, value) => inner.put(&key, &value)?,
                    Write::Delete(key) => inner.delete(&key)?,
                    Write::Clear(range) => inner.delete_range(&range)?,
                }
            }
        }
        let version = inner.commit(durability)?;
        COMMITTED.set(version.0);
        Ok(version)
    }
}
