//! An engine that counts what it is asked for: the work of an operation, in a measure that no machine changes. It knows nothing of
//! what the bytes mean.

use portunus_storage::{
    Durability, Engine, EngineOptions, EngineStats, KeyRange, Order, Result, Snapshot, Transaction, Version,
    Visit,
};
use std::sync::{Arc, Mutex};

/// How much work was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Snapshots and transactions begun.
    pub begun: u64,
    /// Keys looked up.
    pub gets: u64,
    /// Ranges gone through.
    pub scans: u64,
    /// Pairs met on the way.
    pub visited: u64,
    /// Keys set or removed.
    pub writes: u64,
}

/// Counters of one engine.
#[derive(Clone, Default)]
pub struct Counters(Arc<Mutex<Work>>);

impl Counters {
    /// What was asked for since this was asked last.
    pub fn take(&self) -> Work {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    /// An engine whose work is counted here.
    pub fn around(&self, engine: Arc<dyn Engine>) -> Arc<dyn Engine> {
        Arc::new(Counting { engine, counters: self.clone() })
    }

    /// A store in memory that holds these records and whose work is counted here.
    ///
    /// # Errors
    /// As every write of an engine.
    pub fn memory_with(
        &self,
        records: &[(Vec<u8>, Vec<u8>)],
        options: EngineOptions,
    ) -> Result<Arc<dyn Engine>> {
        let engine = portunus_storage::memory(options)?;
        let mut transaction = engine.begin_write()?;
        for (key, value) in records {
            transaction.put(key, value)?;
        }
        transaction.commit(Durability::Relaxed)?;
        Ok(self.around(engine))
    }

    fn add(&self, count: impl FnOnce(&mut Work)) {
        count(&mut self.0.lock().unwrap());
    }
}

impl Work {
    /// Without what was written: how much that is depends on index entries of hidden fields too.
    #[must_use]
    pub fn of_reading(self) -> Self {
        Self { writes: 0, ..self }
    }
}

struct Counting {
    engine: Arc<dyn Engine>,
    counters: Counters,
}

struct CountingSnapshot {
    snapshot: Arc<dyn Snapshot>,
    counters: Counters,
}

struct CountingTransaction {
    transaction: Box<dyn Transaction>,
    counters: Counters,
}

impl Engine for Counting {
    fn begin_read(&self) -> Result<Arc<dyn Snapshot>> {
        self.counters.add(|work| work.begun += 1);
        let snapshot = self.engine.begin_read()?;
        Ok(Arc::new(CountingSnapshot { snapshot, counters: self.counters.clone() }))
    }

    fn begin_write(&self) -> Result<Box<dyn Transaction>> {
        self.counters.add(|work| work.begun += 1);
        let transaction = self.engine.begin_write()?;
        Ok(Box::new(CountingTransaction { transaction, counters: self.counters.clone() }))
    }

    fn epoch(&self) -> Version {
        self.engine.epoch()
    }

    fn stats(&self) -> EngineStats {
        self.engine.stats()
    }

    fn close(&self) -> Result<()> {
        self.engine.close()
    }
}

fn get(
    snapshot: &dyn Snapshot,
    counters: &Counters,
    key: &[u8],
    read: &mut dyn FnMut(&[u8]),
) -> Result<bool> {
    counters.add(|work| work.gets += 1);
    snapshot.get(key, read)
}

fn scan(
    snapshot: &dyn Snapshot,
    counters: &Counters,
    (range, order): (&KeyRange, Order),
    visit: &mut Visit<'_>,
) -> Result<()> {
    counters.add(|work| work.scans += 1);
    snapshot.scan(range, order, &mut |key, value| {
        counters.add(|work| work.visited += 1);
        visit(key, value)
    })
}

impl Snapshot for CountingSnapshot {
    fn version(&self) -> Version {
        self.snapshot.version()
    }

    fn get(&self, key: &[u8], read: &mut dyn FnMut(&[u8])) -> Result<bool> {
        get(&*self.snapshot, &self.counters, key, read)
    }

    fn scan(&self, range: &KeyRange, order: Order, visit: &mut Visit<'_>) -> Result<()> {
        scan(&*self.snapshot, &self.counters, (range, order), visit)
    }
}

impl Snapshot for CountingTransaction {
    fn version(&self) -> Version {
        self.transaction.version()
    }

    fn get(&self, key: &[u8], read: &mut dyn FnMut(&[u8])) -> Result<bool> {
        get(&*self.transaction, &self.counters, key, read)
    }

    fn scan(&self, range: &KeyRange, order: Order, visit: &mut Visit<'_>) -> Result<()> {
        scan(&*self.transaction, &self.counters, (range, order), visit)
    }
}

impl Transaction for CountingTransaction {
    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        self.counters.add(|work| work.writes += 1);
        self.transaction.put(key, value)
    }

    fn delete(&mut self, key: &[u8]) -> Result<()> {
        self.counters.add(|work| work.writes += 1);
        self.transaction.delete(key)
    }

    fn delete_range(&mut self, range: &KeyRange) -> Result<()> {
        self.counters.add(|work| work.writes += 1);
        self.transaction.delete_range(range)
    }

    fn commit(self: Box<Self>, durability: Durability) -> Result<Version> {
        self.transaction.commit(durability)
    }
}
