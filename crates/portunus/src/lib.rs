//! An embedded transactional document database in which no data is touched without a secret.
//!
//! Every transaction is opened with a [`Secret`]. The engine proves it, finds the database of the tree that it opens and
//! the role that it has, shows its holder what that role allows, and commits strictly serializably.
//!
//! ```
//! use portunus::{Collection, NewKey, Portunus};
//!
//! let (db, admin) = Portunus::in_memory()?; // or Portunus::create("notes.portunus")?
//! db.write(&admin, |tx| {
//!     tx.define(Collection::new("notes").index(["owner"]))?;
//!     tx.create("notes", serde_json::json!({"owner": "ann", "text": "hello"}))
//! })?;
//! let reader = db.write(&admin, |tx| tx.create_key(NewKey::new("server-readonly")))?.secret;
//! let hers = db.read(&reader, |tx| tx.query("notes").index("owner").equal(["ann"]).documents())?;
//! assert_eq!(hers.len(), 1);
//! # Ok::<(), portunus::Error>(())
//! ```

mod builder;
mod retry;
mod store;
mod sweeper;

pub use builder::Builder;
pub use store::Portunus;

// The parts of the layers below that an application meets. None of them reads or writes a store without a secret.
pub use portunus_auth::{
    Action, Addition, ArrayRef, BuildProgress, BuiltInRole, Change, CheckReport, Clock, Collection,
    CreatedKey, Cursor, DEPTH_MAX, DOCUMENT_BYTES_MAX, DOCUMENT_ID_BYTES_MAX, DatabaseInfo, DatabasePath,
    Document, DocumentRef, Durability, EngineStats, Error, ErrorKind, Expiry, Field, FieldPath, Index,
    KEY_NAME_BYTES_MAX, Key, ManualClock, NAME_BYTES_MAX, NewKey, Object, ObjectRef, Order,
    PAGE_DOCUMENTS_MAX, PATH_SEGMENTS_MAX, Page, Principal, PublicId, Query, ReadView, Resource, Result,
    RoleName, Secret, SecretScope, Segment, SystemClock, Timestamp, Type, Value, ValueRef, Version,
    WriteView, compare, from_value, to_value,
};
