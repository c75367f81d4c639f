//! Databases, collections, documents and indexes. Knows nothing of secrets or rights.
