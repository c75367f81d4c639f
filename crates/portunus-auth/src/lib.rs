//! From a secret to a principal to a filtered view. Knows nothing of keys in a store or of bytes of documents.

mod base62;
mod cursor;
mod error;
mod mac;
mod public_id;
mod random;
mod role;
mod secret;
mod secret_scope;

pub use cursor::Cursor;
pub use error::{Error, Result};
pub use public_id::PublicId;
pub use role::{Action, BuiltInRole, Decision, ROLE_NAME_BYTES_MAX, Resource, RoleName};
pub use secret::Secret;
pub use secret_scope::SecretScope;
