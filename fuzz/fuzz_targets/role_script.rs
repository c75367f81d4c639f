//! Fuzzes `bodies/role_script.rs`, which says what must hold.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| portunus_fuzz::role_script::run(data));
