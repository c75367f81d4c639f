//! Fuzzes `bodies/document_bytes.rs`, which says what must hold.
#![no_main]

#[path = "../bodies/document_bytes.rs"]
mod body;
#[path = "../bodies/recipe.rs"]
mod recipe;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::run(data));
