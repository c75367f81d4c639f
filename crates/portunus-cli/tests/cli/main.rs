//! The command line as its users meet it: transcripts of every command, and what transcripts cannot hold.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "clippy allows these in `#[test]` functions, not in the helpers between them"
)]

mod audit;
mod backup;
mod demo;
mod files;
mod guide;
mod harness;
mod import;
mod jwts;
mod keys;
mod logins;
mod pipes;
mod secrets;
mod tokens;

/// Whole sessions, one file for each noun; `[..]` stands for what differs from run to run.
#[test]
fn transcripts() {
    trycmd::TestCases::new()
        .env("PORTUNUS_SECRET", "")
        .env("PORTUNUS_STORE", "")
        .env("PORTUNUS_PASSWORD", "")
        .env("PORTUNUS_NEW_PASSWORD", "")
        .env("COLUMNS", "200")
        .case("tests/cmd/*.trycmd");
}
