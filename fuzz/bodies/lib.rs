//! The bodies of the fuzz targets, one module for each, which says what must hold, and what they share. The targets run them on what
//! a fuzzer makes, and the tests on what fuzzing has found worth keeping.

pub mod backup_bytes;
pub mod cursor;
pub mod document_bytes;
pub mod file_bytes;
pub mod json_text;
pub mod jwks;
pub mod jwt_text;
pub mod key_codec;
pub mod op_script;
pub mod phc_string;
pub mod policy_text;
pub mod predicate_eval;
pub mod predicate_text;
pub mod ram;
pub mod recipe;
pub mod role_script;
pub mod role_text;
pub mod scope_text;
pub mod secret_text;
pub mod shelf;
pub mod together;

// What the tests of the laws of predicates are made of.
#[path = "../../crates/portunus-predicate/tests/laws/made.rs"]
pub mod made;
#[path = "../../crates/portunus-predicate/tests/laws/oracle.rs"]
pub mod oracle;
#[path = "../../crates/portunus-predicate/tests/laws/quirk.rs"]
pub mod quirk;
#[path = "../../crates/portunus-predicate/tests/laws/thing.rs"]
pub mod thing;
#[path = "../../crates/portunus-predicate/tests/laws/tree.rs"]
pub mod tree;
#[path = "../../crates/portunus-predicate/tests/laws/world.rs"]
pub mod world;

// How files of roles are read on the command line.
#[path = "../../crates/portunus-cli/src/failure.rs"]
pub mod failure;
#[path = "../../crates/portunus-cli/src/role_file.rs"]
pub mod role_file;
