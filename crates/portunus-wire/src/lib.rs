//! What can be asked of a store in one transaction, and what it answers, as JSON. It knows nothing of how that JSON comes and goes:
//! a server and a command line say the same thing by it.
//!
//! ```
//! use portunus::Portunus;
//! use portunus_wire::Request;
//! let (db, admin) = Portunus::in_memory()?;
//! let request = Request::read(
//!     r#"{"operations": [
//!         {"op": "define_collection", "definition": {"name": "notes"}},
//!         {"op": "create", "collection": "notes", "id": "n1", "value": {"text": "milk"}},
//!         {"op": "get", "collection": "notes", "id": "n1"}
//!     ]}"#,
//! )?;
//! assert!(request.writes());
//! let answers = db.write(&admin, |tx| request.write(tx, &mut Default::default()))?;
//! assert!(answers[2].json().contains("milk"));
//! # Ok::<(), portunus::Error>(())
//! ```

mod access;
mod answer;
mod audit;
mod collections;
mod databases;
mod documents;
mod instant;
mod keys;
mod operation;
mod procedures;
mod providers;
mod query;
mod questions;
mod request;
mod roles;
mod sign_in;
mod tagged;
mod tokens;

pub use answer::Answer;
pub use databases::database_json;
pub use documents::{document_head, document_json, document_line};
pub use keys::key_json;
pub use operation::Operation;
pub use procedures::procedure_json;
pub use providers::provider_json;
pub use request::{Progress, Request};
pub use sign_in::{LoginForm, PasswordForm, session_json};
pub use tagged::Tagged;
pub use tokens::token_json;

/// The most operations of one transaction.
pub const OPERATIONS_MAX: usize = 1_000;
/// The most bytes that the answers of one transaction may have together.
pub const ANSWER_BYTES_MAX: usize = 32 << 20;
/// How many documents a page has if nothing else is asked for.
pub const PAGE_DOCUMENTS: usize = 100;
