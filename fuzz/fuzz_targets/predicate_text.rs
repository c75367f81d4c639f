//! Fuzzes `bodies/predicate_text.rs`, which says what must hold.
#![no_main]

#[path = "../bodies/predicate_text.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::run(data));
