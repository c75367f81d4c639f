//! A transaction: a snapshot under a buffer of writes, with a memory of what was read. Knows nothing of how it is committed.

use crate::committer::Request;
use crate::interval::{Interval, successor};
use crate::options::{KEY_BYTES_MAX, VALUE_BYTES_MAX};
use crate::reads::ReadSet;
use crate::sequencer::Core;
use crate::snapshot::Published;
use crate::sync::Mutex;
use crate::writes::{Buffered, Writes};
use crate::{Durability, Error, KeyRange, Order, Result, Snapshot, Transaction, Version, Visit, record};
use std::iter::Peekable;
use std::ops::ControlFlow;
use std::sync::Arc;

/// A transaction that has not committed yet.
pub(crate) struct OpenTransaction {
    core: Arc<Core>,
    base: Arc<Published>,
    writes: Writes,
    /// Locked only to note a read, never while a visitor runs.
    reads: Mutex<ReadSet>,
}

impl OpenTransaction {
    pub(crate) fn new(core: Arc<Core>, base: Arc<Published>) -> Self {
        Self { core, base, writes: Writes::default(), reads: Mutex::new(ReadSet::default()) }
    }

    /// Visits the buffered records of an interval whose snapshot does not matter.
    fn visit_own_only(&self, interval: &Interval, order: Order, visit: &mut Visit<'_>) -> Result<()> {
        let mut entries = self.writes.entries.range::<[u8], _>(interval.as_bounds());
        let mut next = || match order {
            Order::Ascending => entries.next(),
            Order::Descending => entries.next_back(),
        };
        while let Some((key, sealed)) = next() {
            if let Some(payload) = sealed.as_deref().and_then(record::payload)
                && visit(key, payload).is_break()
            {
                break;
            }
        }
        Ok(())
    }

    /// Refuses what would make the transaction larger than it may be.
    fn check_room(&self, more: usize) -> Result<()> {
        let actual = self.writes.bytes().saturating_add(more);
        check_limit("the transaction", actual, self.core.options.transaction_bytes_max)
    }
}

fn check_limit(what: &'static str, actual: usize, max: usize) -> Result<()> {
    if actual > max { Err(Error::Limit { what, actual, max }) } else { Ok(()) }
}

impl Snapshot for OpenTransaction {
    fn version(&self) -> Version {
        self.base.version()
    }

    fn get(&self, key: &[u8], read: &mut dyn FnMut(&[u8])) -> Result<bool> {
        match self.writes.find(key) {
            Buffered::Put(sealed) => Ok(record::payload(sealed).map(read).is_some()),
            Buffered::Removed => Ok(false),
            Buffered::Untouched => {
                self.reads.lock().add_key(key, self.core.options.read_set_bytes_max)?;
                self.base.get(key, read)
            }
        }
    }

    fn scan(&self, range: &KeyRange, order: Order, visit: &mut Visit<'_>) -> Result<()> {
        let Some(interval) = Interval::of(range) else {
            return Ok(());
        };
        if self.writes.cleared.covers(&interval) {
            // Only own writes can be there, whatever others do.
            return self.visit_own_only(&interval, order, visit);
        }
        let mut walk = Walk { transaction: self, interval: &interval, order, last: None, stopped: false };
        let merged = walk.merge(visit);
        drop(walk);
        merged?;
        self.reads.lock().check(self.core.options.read_set_bytes_max)
    }
}

impl Transaction for OpenTransaction {
    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        check_limit("the key", key.len(), KEY_BYTES_MAX)?;
        check_limit("the value", value.len(), VALUE_BYTES_MAX)?;
        self.check_room(key.len().saturating_add(value.len()))?;
        self.writes.set(key, Some(record::seal(key, value)));
        Ok(())
    }

    fn delete(&mut self, key: &[u8]) -> Result<()> {
        check_limit("the key", key.len(), KEY_BYTES_MAX)?;
        self.check_room(key.len())?;
        self.writes.set(key, None);
        Ok(())
    }

    fn delete_range(&mut self, range: &KeyRange) -> Result<()> {
        let Some(interval) = Interval::of(range) else {
            return Ok(());
        };
        let longest = interval.start.len().max(interval.end.as_ref().map_or(0, Vec::len));
        check_limit("the key", longest, KEY_BYTES_MAX.saturating_add(1))?;
        self.check_room(interval.bytes())?;
        self.writes.clear(interval);
        Ok(())
    }

    fn commit(self: Box<Self>, durability: Durability) -> Result<Version> {
        let Self { core, base, writes, reads } = *self;
        if writes.is_empty() {
            return Ok(base.version());
        }
        let mut reads = reads.into_inner();
        reads.check(core.options.read_set_bytes_max)?;
        let version = base.version();
        drop(base);
        core.commit(Request { base: version, reads, writes, durability })
    }
}

/// A scan of a transaction on its way: how far it has come decides what the transaction depends on.
/// If the visitor panics, what it has seen is noted all the same.
struct Walk<'t> {
    transaction: &'t OpenTransaction,
    interval: &'t Interval,
    order: Order,
    last: Option<Vec<u8>>,
    stopped: bool,
}

impl Walk<'_> {
    /// Visits what the snapshot holds, as the buffered writes change it.
    fn merge(&mut self, visit: &mut Visit<'_>) -> Result<()> {
        let OpenTransaction { writes, base, .. } = self.transaction;
        let (interval, order) = (self.interval, self.order);
        let entries = writes.entries.range::<[u8], _>(interval.as_bounds());
        let own: Box<dyn Iterator<Item = _>> = match order {
            Order::Ascending => Box::new(entries),
            Order::Descending => Box::new(entries.rev()),
        };
        let mut own = own.peekable();
        base.walk(interval, order, &mut |key, payload| {
            self.visit_own(&mut own, Some(key), visit)?;
            match writes.find(key) {
                Buffered::Untouched => self.visit_one(key, payload, visit),
                Buffered::Put(_) | Buffered::Removed => ControlFlow::Continue(()),
            }
        })?;
        if !self.stopped {
            let _ = self.visit_own(&mut own, None, visit);
        }
        Ok(())
    }

    /// Visits the buffered records up to and with `until`.
    fn visit_own<'w, I>(
        &mut self,
        own: &mut Peekable<I>,
        until: Option<&[u8]>,
        visit: &mut Visit<'_>,
    ) -> ControlFlow<()>
    where
        I: Iterator<Item = (&'w Vec<u8>, &'w Option<Vec<u8>>)>,
    {
        let order = self.order;
        let comes_first = |key: &[u8]| {
            until.is_none_or(|until| match order {
                Order::Ascending => key <= until,
                Order::Descending => key >= until,
            })
        };
        while let Some((key, sealed)) = own.next_if(|(key, _)| comes_first(key)) {
            if let Some(payload) = sealed.as_deref().and_then(record::payload) {
                self.visit_one(key, payload, visit)?;
            }
        }
        ControlFlow::Continue(())
    }

    fn visit_one(&mut self, key: &[u8], payload: &[u8], visit: &mut Visit<'_>) -> ControlFlow<()> {
        let last = self.last.get_or_insert_default();
        last.clear();
        last.extend_from_slice(key);
        self.stopped = true;
        let flow = visit(key, payload);
        self.stopped = flow.is_break();
        flow
    }
}

impl Drop for Walk<'_> {
    /// Makes what was walked a dependency of the transaction. A failure to remember it stays in the read set.
    fn drop(&mut self) {
        let mut walked = self.interval.clone();
        match (&self.last, self.order) {
            (Some(last), Order::Ascending) if self.stopped => walked.end = Some(successor(last)),
            (Some(last), Order::Descending) if self.stopped => walked.start.clone_from(last),
            (_, Order::Ascending | Order::Descending) => {}
        }
        let bytes_max = self.transaction.core.options.read_set_bytes_max;
        let _ = self.transaction.reads.lock().add_interval(walked, bytes_max);
    }
}
