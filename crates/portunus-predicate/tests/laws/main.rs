//! What must hold for every predicate, document and caller, tried on random ones: binding changes nothing, a reach leaves out
//! nothing, the order of rules does not matter, and an oracle that shares no code says the same.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "a test that meets the unexpected ends"
)]

mod binding;
mod library;
mod made;
mod oracle;
#[expect(dead_code, reason = "the fuzz target runs all of it at once")]
#[path = "../../../../fuzz/bodies/predicate_eval.rs"]
mod predicate_eval;
mod quirk;
mod reaching;
mod thing;
mod tree;
mod world;

use proptest::collection::vec;
use proptest::prelude::*;

/// Many more cases than usual: each of them is small.
fn config() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: usual.cases * 16, ..usual }
}

/// The bytes that one case is made of.
fn recipes() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..400)
}
