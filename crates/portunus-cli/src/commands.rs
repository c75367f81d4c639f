//! The run of one command: what it was told, what it does, and how it ends. Each command is in a file of its noun.

pub mod audit;
pub mod backup;
pub mod bench;
pub mod check;
pub mod collection;
pub mod completions;
pub mod credential;
pub mod database;
pub mod document;
pub mod dump;
pub mod explain;
pub mod export;
pub mod import;
pub mod index;
pub mod init;
pub mod key;
pub mod login;
pub mod logout;
pub mod man;
pub mod policy;
pub mod predicate;
pub mod procedure;
pub mod provider;
pub mod role;
pub mod scan;
pub mod serve;
pub mod store;
pub mod token;
pub mod whoami;

use crate::args::{Cli, Command};
use crate::failure::{Exit, Failure, Result};
use crate::output::{Output, tell};
use clap::Parser as _;
use std::process::ExitCode;

/// Runs the command that this process was started with.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(stop) => return stopped(&stop),
    };
    let mut output = Output::new(cli.common.json, cli.common.quiet);
    let done = dispatch(cli, &mut output);
    // What was found before a failure belongs to the reader all the same.
    let finished = output.finish();
    match done.and(finished) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => fail(&failure, output.is_json()),
    }
}

/// Prints help that was asked for, or what is wrong with the words of a command.
fn stopped(stop: &clap::Error) -> ExitCode {
    match stop.print() {
        _ if stop.use_stderr() => ExitCode::from(Exit::Usage.code()),
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&Failure::output(&error), false),
    }
}

fn fail(failure: &Failure, json: bool) -> ExitCode {
    if failure.exit() != Exit::Gone {
        tell(&if json { failure.to_json().to_string() } else { failure.to_string() });
    }
    ExitCode::from(failure.exit().code())
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
        Command::Dump(command) => command.run(&common, output),
        Command::Load(command) => command.run(&common, output),
        Command::Db(command) => command.run(&common, output),
        Command::Collection(command) => command.run(&common, output),
        Command::Index(command) => command.run(&common, output),
        Command::Key(command) => command.run(&common, output),
        Command::Token(command) => command.run(&common, output),
        Command::Login(command) => command.run(&common, output),
        Command::Refresh(command) => command.run(&common, output),
        Command::Logout(command) => command.run(&common, output),
        Command::Credential(command) => command.run(&common, output),
        Command::Whoami(command) => command.run(&common, output),
        Command::Role(command) => command.run(&common, output),
        Command::Predicate(command) => command.run(&common, output),
        Command::Policy(command) => command.run(output),
        Command::Explain(command) => command.run(&common, output),
        Command::WhatCan(command) => command.run(&common, output),
        Command::WhoCan(command) => command.run(&common, output),
        Command::Procedure(command) => command.run(&common, output),
        Command::Provider(command) => command.run(&common, output),
        Command::Audit(command) => command.run(&common, output),
        Command::Check(command) => command.run(&common, output),
        Command::Backup(command) => command.run(&common, output),
        Command::Restore(command) => command.run(&common, output),
        Command::Serve(command) => command.run(&common, output),
        Command::Stats(command) => command.run(&common, output),
        Command::Sweep(command) => command.run(&common, output),
        Command::Compact(command) => command.run(&common, output),
        Command::Bench(command) => command.run(&common, output),
        Command::Completions(command) => command.run(output),
        Command::Man(command) => command.run(output),
    }
}
