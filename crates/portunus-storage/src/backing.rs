//! What the sequencer asks of the thing that keeps the bytes: unchanging views, and one ordered batch of writes at a time.
//! A backing knows nothing of transactions, conflicts or groups.

use crate::interval::Interval;
use crate::writes::Writes;
use crate::{Order, Result, Version, Visit};

/// One unchanging state of the sealed records.
pub(crate) trait View: Send + Sync {
    /// Hands the sealed record under `key` to `read`, and tells whether there was one.
    fn find(&self, key: &[u8], read: &mut dyn FnMut(&[u8])) -> Result<bool>;

    /// Visits the sealed records of `interval` in `order` until it or the visitor ends.
    fn walk(&self, interval: &Interval, order: Order, visit: &mut Visit<'_>) -> Result<()>;
}

/// Writes that are applied together, and what is to become of them.
pub(crate) struct Batch<'b> {
    pub(crate) writes: &'b Writes,
    /// The last commit in it.
    pub(crate) version: Version,
    /// Whether it has to survive power loss.
    pub(crate) durable: bool,
}

/// What keeps the bytes. Only the committer calls it.
pub(crate) trait Backing: Send {
    /// A view of everything that was applied.
    fn view(&self) -> Result<Box<dyn View>>;

    /// Applies all of `batch` or, after an error, all or nothing, without telling which.
    /// Each key that a cleared interval removed is handed to `removed`.
    fn apply(&mut self, batch: &Batch<'_>, removed: &mut dyn FnMut(&[u8])) -> Result<()>;

    /// Starts over from what is durable, verifies it, and tells its last commit. All views have been dropped. It can be viewed
    /// then; nothing is changed by it, and nothing may be applied, before it is settled.
    fn reopen(&mut self) -> Result<Version>;

    /// Makes last what had to be repaired when it was reopened. It can be tried again after an error.
    fn settle(&mut self) -> Result<()>;

    /// Makes everything durable and lets go of the file.
    fn close(&mut self) -> Result<()>;

    /// Bytes of the file, 0 without one.
    fn file_bytes(&self) -> u64;
}
