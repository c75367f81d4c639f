//! What a holder of a secret can and cannot do, through the public interface alone: one binary, a file for each subject.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::needless_pass_by_value,
    reason = "a test that meets the unexpected ends, and shows what it was at"
)]

mod acceptance;
mod acceptance_jwt;
mod acceptance_roles;
mod acceptance_tokens;
mod attacks;
mod cursors;
mod hostile;
mod jwt;
mod leaks;
mod mint;
mod outside;
mod paired;
mod procedures;
mod revocation;
mod same_answers;
mod scopes;
mod tokens;
mod views;
mod world;
