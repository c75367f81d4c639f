//! Databases, collections, documents and indexes. Knows nothing of secrets or rights.

mod error;
mod limits;
mod timestamp;

mod de;
mod document;
mod field;
mod json;
mod lent;
mod object;
mod place;
mod ser;
mod stored;
pub mod term;
mod value;
mod value_ref;

mod reader;
mod tree;
mod writer;

mod catalog;
mod check;
mod collection;
mod database;
mod documents;
mod entries;
pub mod identities;
mod ids;
mod index;
mod key;
mod merge;
mod order_key;
mod path;
mod query;
mod sweep;
mod system;

pub use check::{CheckReport, PROBLEMS_MAX};
pub use collection::{Collection, Field, Index, IndexState, StoredCollection, Type};
pub use database::Database;
pub use de::from_value;
pub use document::{Document, DocumentRef};
pub use documents::{Draft, Expiry};
pub use entries::EntryRange;
pub use error::{Error, Result};
pub use field::{FIELD_NAME_BYTES_MAX, FIELD_SEGMENTS_MAX, FieldPath};
pub use ids::DatabaseId;
pub use index::BuildProgress;
pub use json::JSON_BYTES_MAX;
pub use limits::{DEPTH_MAX, DOCUMENT_BYTES_MAX, DOCUMENT_ID_BYTES_MAX};
pub use merge::{IdRange, IdSource, Merge};
pub use object::{IntoIter as ObjectIntoIter, Object};
pub use order_key::append_order_key;
pub use path::{DatabasePath, NAME_BYTES_MAX, PATH_SEGMENTS_MAX, Segment};
pub use portunus_storage::Error as StorageError;
pub use portunus_storage::{Durability, Engine, EngineStats, Order, Version};
pub use query::{Access, Position, Scan, TermRange, Then, VisitDocument};
pub use reader::TreeReader;
pub use ser::to_value;
pub use system::SystemCollection;
pub use term::{Term, compare};
pub use timestamp::{Clock, ManualClock, SystemClock, Timestamp};
pub use tree::{OpenEngine, Tree, TreeOptions};
pub use value::Value;
pub use value_ref::{ArrayRef, ObjectRef, ValueRef};
pub use writer::TreeWriter;
