//! The run of one command: what it was told, what it does, and how it ends. Each command is in a file of its noun.

pub mod check;
pub mod collection;
pub mod completions;
pub mod database;
pub mod document;
pub mod export;
pub mod import;
pub mod index;
pub mod init;
pub mod key;
pub mod man;
pub mod scan;
pub mod store;

use crate::args::{Cli, Command};
use crate::failure::{Exit, Result};
use crate::output::{Output, tell};
use clap::Parser as _;
use std::process::ExitCode;

/// Runs the command that this process was started with.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(stop) => {
            // Help is printed to a pipe that may be closed, and then nobody misses it.
            let _ = stop.print();
            return ExitCode::from(if stop.use_stderr() { Exit::Usage.code() } else { 0 });
        }
    };
    let mut output = Output::new(cli.common.json, cli.common.quiet);
    let done = dispatch(cli, &mut output);
    // What was found before a failure belongs to the reader all the same.
    let finished = output.finish();
    match done.and(finished) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if failure.exit() != Exit::Gone {
                let told = if output.is_json() { failure.to_json().to_string() } else { failure.to_string() };
                tell(&told);
            }
            ExitCode::from(failure.exit().code())
        }
    }
}

fn dispatch(Cli { common, command }: Cli, output: &mut Output) -> Result {
    match command {
        Command::Init(command) => command.run(&common, output),
        Command::Demo(command) => command.run(&common, output),
        Command::Create(command) => command.run(&common, output),
        Command::Get(command) => command.run(&common, output),
        Command::Put(command) => command.run(&common, output),
        Command::Delete(command) => command.run(&common, output),
        Command::Scan(command) => command.run(&common, output),
        Command::Import(command) => command.run(&common, output),
        Command::Export(command) => command.run(&common, output),
        Command::Db(command) => command.run(&common, output),
        Command::Collection(command) => command.run(&common, output),
        Command::Index(command) => command.run(&common, output),
        Command::Key(command) => command.run(&common, output),
        Command::Whoami(command) => command.run(&common, output),
        Command::Check(command) => command.run(&common, output),
        Command::Stats(command) => command.run(&common, output),
        Command::Sweep(command) => command.run(&common, output),
        Command::Completions(command) => command.run(output),
        Command::Man(command) => command.run(output),
    }
}
