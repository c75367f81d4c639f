//! An embedded transactional document database in which no data is touched without a secret.
//!
//! Every transaction is opened with a [`Secret`]. The engine proves it, finds the database of the tree that it opens and
//! the role that it has, shows its holder what that role allows, and commits strictly serializably.
//!
//! ```
//! use portunus::{Collection, Portunus, by};
//!
//! let (db, admin) = Portunus::in_memory()?; // or Portunus::create("notes.portunus")?
//! db.write(&admin, |tx| {
//!     tx.define(&Collection::new("notes").index(["owner"]))?;
//!     tx.create("notes", &serde_json::json!({"owner": "ann", "text": "hello"}))
//! })?;
//! let reader = db.write(&admin, |tx| tx.create_key(&portunus::NewKey::new("server-readonly")))?.secret;
//! let hers = db.read(&reader, |tx| tx.query("notes").index("owner").equal(["ann"]).documents())?;
//! assert_eq!(hers.len(), 1);
//! # Ok::<(), portunus::Error>(())
//! ```

mod builder;
mod retry;
mod store;
mod sweeper;

pub use builder::Builder;
pub use portunus_auth::*;
pub use store::Portunus;
