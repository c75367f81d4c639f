//! Ordered bytes in strictly serializable transactions. Knows nothing of documents, databases or secrets.

#[cfg(feature = "conformance")]
pub mod conformance;
mod contract;
mod error;
mod options;
mod range;

mod backing;
mod backup;
mod checked;
mod committer;
mod disk;
mod header;
mod interval;
mod memory;
mod reads;
mod record;
mod redb;
mod restore;
mod sequencer;
mod snapshot;
mod status;
mod superseded;
mod sync;
mod transaction;
mod trial;
mod window;
mod writes;

pub use backup::{BackupSummary, read_backup, write_backup};
pub use contract::{Durability, Engine, EngineStats, Snapshot, Transaction, Version, Visit};
pub use disk::Disk;
pub use error::{Error, Result};
pub use memory::memory;
pub use options::{EngineOptions, KEY_BYTES_MAX, VALUE_BYTES_MAX};
pub use range::{KeyRange, Order};
pub use redb::{Compaction, compact, compact_on, create, create_on, open, open_on};
pub use restore::{Restoration, restore_on};
