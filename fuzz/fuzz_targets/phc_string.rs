//! Fuzzes `bodies/phc_string.rs`, which says what must hold.
#![no_main]

#[path = "../bodies/phc_string.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::run(data));
