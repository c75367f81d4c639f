//! Fuzzes `bodies/key_codec.rs`, which says what must hold.
#![no_main]

#[path = "../bodies/key_codec.rs"]
mod body;
#[path = "../bodies/recipe.rs"]
mod recipe;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::run(data));
