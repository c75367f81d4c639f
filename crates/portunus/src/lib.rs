//! An embedded transactional document database in which no data is touched without a secret.
//!
//! A transaction begins with a [`Secret`]. It settles in which database of the tree the closure works and what its view
//! holds; that much is there for the closure, and a commit stands only if the secret still opened it then.
//!
//! ```rust,standalone_crate
//! # let folder = tempfile::tempdir()?;
//! # std::env::set_current_dir(&folder)?;
//! use portunus::{Collection, NewKey, Portunus};
//! use serde_json::json;
//!
//! let (db, admin) = Portunus::create("notes.portunus")?; // a new file, and its first key
//! let app = db.write(&admin, |tx| {
//!     tx.define(Collection::new("notes").index(["owner"]))?;
//!     tx.create("notes", json!({"owner": "ann", "text": "hello"}))?;
//!     tx.create_key(NewKey::new("server-readonly"))
//! })?;
//! let hers = db.read(&app.secret, |tx| tx.query("notes").index("owner").equal(["ann"]).documents())?;
//! assert_eq!(hers.len(), 1);
//! assert!(db.write(&app.secret, |tx| tx.create("notes", json!({}))).is_err()); // this key only reads
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod builder;
mod procedure;
mod retry;
mod store;
mod sweeper;

pub use builder::Builder;
pub use procedure::Call;
pub use store::Portunus;

// The parts of the layers below that an application meets. None of them reads or writes a store without a secret.
pub use portunus_auth::{
    Action, Addition, ArrayRef, BuildProgress, BuiltInRole, Change, CheckReport, Clock, Collection,
    CreatedKey, CreatedToken, Cursor, DEPTH_MAX, DOCUMENT_BYTES_MAX, DOCUMENT_ID_BYTES_MAX, DatabaseInfo,
    DatabasePath, Decision, Document, DocumentRef, Durability, EngineStats, Error, ErrorKind, Expiry, Field,
    FieldPath, Identity, Index, KEY_NAME_BYTES_MAX, Key, Logout, MEMBER_COLLECTIONS_MAX, ManualClock,
    NAME_BYTES_MAX, NewKey, NewToken, ONCE_REMEMBERED, ONCE_TOKEN_BYTES_MAX, Object, ObjectRef, On, Order,
    PAGE_DOCUMENTS_MAX, PATH_SEGMENTS_MAX, PRIVILEGES_MAX, Page, Principal, PrincipalKind, Privilege,
    ProcedureInfo, PublicId, Query, ROLES_MAX, ROLES_OF_COLLECTION_MAX, ReadView, Resource, Result, Role,
    RoleName, Secret, SecretScope, Segment, SystemClock, TOKEN_DATA_BYTES_MAX, TOKENS_OF_IDENTITY_MAX,
    Timestamp, Token, Type, Value, ValueRef, WriteView, compare, from_value, to_value,
};
