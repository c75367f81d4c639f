//! Fuzzes `bodies/jwks.rs`, which says what must hold.
#![no_main]

#[path = "../bodies/jwks.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::run(data));
