//! From a secret to a principal to a filtered view. Knows nothing of keys in a store or of bytes of documents.

mod base62;
mod base64url;
mod cursor;
mod error;
mod error_kind;
mod mac;
mod public_id;
mod random;
mod role;
mod secret;
mod secret_scope;

mod gate;
mod key_record;
mod lease;
mod open;
mod policy;
mod principal;
mod refusal;
mod view;

pub use cursor::Cursor;
pub use error::{Error, Result};
pub use error_kind::ErrorKind;
pub use gate::{Gate, GateOptions};
pub use principal::Principal;
pub use public_id::PublicId;
pub use role::{Action, BuiltInRole, Decision, ROLE_NAME_BYTES_MAX, Resource, RoleName};
pub use secret::Secret;
pub use secret_scope::SecretScope;
pub use view::{
    Addition, Change, CreatedKey, DatabaseInfo, KEY_NAME_BYTES_MAX, Key, NewKey, ONCE_REMEMBERED,
    ONCE_TOKEN_BYTES_MAX, PAGE_DOCUMENTS_MAX, Page, Query, ReadView, WriteView,
};

// What the views take and give. Nothing that reads or writes a store is among it.
pub use portunus_scope::{
    ArrayRef, BuildProgress, CheckReport, Clock, Collection, DEPTH_MAX, DOCUMENT_BYTES_MAX,
    DOCUMENT_ID_BYTES_MAX, DatabasePath, Document, DocumentRef, Durability, EngineStats, Expiry, Field,
    FieldPath, Index, ManualClock, NAME_BYTES_MAX, Object, ObjectRef, OpenEngine, Order, PATH_SEGMENTS_MAX,
    Segment, SystemClock, Timestamp, TreeOptions, Type, Value, ValueRef, Version, compare, from_value,
    to_value,
};
