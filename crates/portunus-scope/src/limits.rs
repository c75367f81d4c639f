//! The limits of documents, names and transactions, each of which bounds what one caller can make the engine do.

/// The most nested levels of arrays and objects in a document.
pub const DEPTH_MAX: usize = 64;
/// The most bytes of one document in its stored form.
pub const DOCUMENT_BYTES_MAX: usize = 8 << 20;
/// The most bytes of a document's id.
pub const DOCUMENT_ID_BYTES_MAX: usize = 256;
/// The most bytes of one index entry's terms, so that a whole key stays below the engine's limit.
pub const INDEX_ENTRY_BYTES_MAX: usize = 700;
/// The most entries that one document has in one index.
pub const INDEX_ENTRIES_MAX: usize = 1_000;
/// The most indexes of a collection.
pub const INDEXES_MAX: usize = 64;
/// The most fields of one index.
pub const INDEX_FIELDS_MAX: usize = 8;
/// The most declared fields of a collection.
pub const FIELDS_MAX: usize = 512;
/// The most bytes of a collection's definition, as a document would take: readers keep many of them in memory.
pub const DEFINITION_BYTES_MAX: usize = 256 << 10;
/// The most collections of a database.
pub const COLLECTIONS_MAX: usize = 10_000;
/// The most databases that one operation on a subtree may touch.
pub const SUBTREE_MAX: usize = 10_000;
/// The most existing documents that a definition checks or indexes in its own transaction.
pub const DEFINE_DOCUMENTS_MAX: usize = 10_000;
/// The documents that one step of an index build takes.
pub const INDEX_BUILD_STEP: usize = 2_000;
