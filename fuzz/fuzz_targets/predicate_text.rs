//! Fuzzes `bodies/predicate_text.rs`, which says what must hold.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| portunus_fuzz::predicate_text::run(data));
