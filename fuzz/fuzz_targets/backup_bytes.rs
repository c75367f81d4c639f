//! Fuzzes `bodies/backup_bytes.rs`, which says what must hold.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| portunus_fuzz::backup_bytes::run(data));
