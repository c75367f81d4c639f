//! The engine without a file: a persistent ordered map. The model that the other engines are measured by, and the only
//! file that names `rpds`. It knows nothing of transactions.

use crate::backing::{Backing, Batch, View};
use crate::interval::Interval;
use crate::{Engine, EngineOptions, Order, Result, Version, Visit, sequencer};
use rpds::RedBlackTreeMapSync;
use std::sync::Arc;

/// A store in memory, gone with its last handle.
///
/// # Errors
/// `Internal` if the committer's thread cannot be started.
///
/// ```
/// use portunus_storage::{Durability, EngineOptions, KeyRange, Order, memory};
/// use std::ops::ControlFlow;
///
/// let engine = memory(EngineOptions::default())?;
/// let mut transaction = engine.begin_write()?;
/// transaction.put(b"fruit/apple", b"red")?;
/// transaction.put(b"fruit/pear", b"green")?;
/// transaction.commit(Durability::Immediate)?;
///
/// let mut fruits = 0;
/// engine.begin_read()?.scan(&KeyRange::prefix(b"fruit/"), Order::Ascending, &mut |_, _| {
///     fruits += 1;
///     ControlFlow::Continue(())
/// })?;
/// assert_eq!(fruits, 2);
/// # Ok::<(), portunus_storage::Error>(())
/// ```
pub fn memory(options: EngineOptions) -> Result<Arc<dyn Engine>> {
    sequencer::start(Box::<Memory>::default(), Version(0), options)
}

/// Sealed records by key. Cloning one costs a reference count; changing a clone copies a path of the tree.
type Records = RedBlackTreeMapSync<Arc<[u8]>, Arc<[u8]>>;

#[derive(Clone, Default)]
pub(crate) struct Memory {
    records: Records,
    /// Of the last batch.
    version: Version,
}

struct MemoryView {
    records: Records,
}

impl Backing for Memory {
    fn view(&self) -> Result<Box<dyn View>> {
        Ok(Box::new(MemoryView { records: self.records.clone() }))
    }

    fn apply(&mut self, batch: &Batch<'_>, removed: &mut dyn FnMut(&[u8])) -> Result<()> {
        for interval in batch.writes.cleared.iter() {
            let covered: Vec<Arc<[u8]>> =
                self.records.range::<[u8], _>(interval.as_bounds()).map(|(key, _)| Arc::clone(key)).collect();
            for key in covered {
                self.records.remove_mut(key.as_ref());
                removed(&key);
            }
        }
        for (key, sealed) in &batch.writes.entries {
            match sealed {
                Some(sealed) => self.records.insert_mut(key.as_slice().into(), sealed.as_slice().into()),
                None => {
                    self.records.remove_mut(key.as_slice());
                }
            }
        }
        self.version = batch.version;
        Ok(())
    }

    fn reopen(&mut self) -> Result<Version> {
        Ok(self.version)
    }

    fn settle(&mut self) -> Result<()> {
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        self.records = Records::new_sync();
        Ok(())
    }

    fn file_bytes(&self) -> u64 {
        0
    }
}

impl View for MemoryView {
    fn find(&self, key: &[u8], read: &mut dyn FnMut(&[u8])) -> Result<bool> {
        Ok(self.records.get(key).map(|sealed| read(sealed)).is_some())
    }

    fn walk(&self, interval: &Interval, order: Order, visit: &mut Visit<'_>) -> Result<()> {
        let mut pairs = self.records.range::<[u8], _>(interval.as_bounds());
        let mut next = || match order {
            Order::Ascending => pairs.next(),
            Order::Descending => pairs.next_back(),
        };
        while let Some((key, sealed)) = next() {
            if visit(key, sealed).is_break() {
                break;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
