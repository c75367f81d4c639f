//! Fuzzes `bodies/phc_string.rs`, which says what must hold.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| portunus_fuzz::phc_string::run(data));
