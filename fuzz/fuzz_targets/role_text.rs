//! Fuzzes `bodies/role_text.rs`, which says what must hold.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| portunus_fuzz::role_text::run(data));
