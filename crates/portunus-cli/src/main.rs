//! The command line of Portunus. It only starts the run and hands its exit code on.

mod args;
mod commands;
mod confirm;
mod csv;
mod demo;
mod document_json;
mod failure;
mod files;
mod measure;
mod new_secret;
mod output;
mod parse;
mod parse_deed;
mod progress;
mod raw;
mod role_file;
mod scratch;
mod secret_source;
mod session;
mod table;

use std::process::ExitCode;

fn main() -> ExitCode {
    commands::run()
}
