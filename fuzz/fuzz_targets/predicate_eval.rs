//! Fuzzes `bodies/predicate_eval.rs`, which says what must hold. The oracle and what makes predicates are those of the tests of laws.
#![no_main]
#![expect(dead_code, reason = "the tests of laws use more of what they share")]

#[path = "../bodies/predicate_eval.rs"]
mod body;
#[path = "../../crates/portunus-predicate/tests/laws/made.rs"]
mod made;
#[path = "../../crates/portunus-predicate/tests/laws/oracle.rs"]
mod oracle;
#[path = "../../crates/portunus-predicate/tests/laws/quirk.rs"]
mod quirk;
#[path = "../../crates/portunus-predicate/tests/laws/thing.rs"]
mod thing;
#[path = "../../crates/portunus-predicate/tests/laws/tree.rs"]
mod tree;
#[path = "../../crates/portunus-predicate/tests/laws/world.rs"]
mod world;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::run(data));
