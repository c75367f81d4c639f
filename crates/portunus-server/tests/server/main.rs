//! The server over real connections of the loopback interface. It knows nothing of how the server is made.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected ends"
)]

mod attacks;
mod client;
mod requests;
