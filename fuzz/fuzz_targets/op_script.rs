//! Fuzzes `bodies/op_script.rs`, which says what must hold.
#![no_main]

#[path = "../bodies/op_script.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::run(data));
