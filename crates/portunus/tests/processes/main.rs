//! A store in the real world: processes that are killed, a system that refuses to write, a disk that is full, a file that is moved
//! or changed under the store. It knows nothing of how bytes are kept.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

mod killed;
mod locked;
mod other;
mod refused;
mod replaced;
mod room;
mod strace;
mod work;
