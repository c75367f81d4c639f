//! Ordered bytes in strictly serializable transactions. Knows nothing of documents, databases or secrets.

mod contract;
mod error;
mod range;

pub use contract::{Durability, Engine, EngineStats, Snapshot, Transaction, Version, Visit};
pub use error::{Error, Result};
pub use range::{KeyRange, Order};

/// placeholder until the sequencer lands
pub struct EngineOptions;
