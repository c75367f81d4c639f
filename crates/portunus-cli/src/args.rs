//! What every command understands, and the list of commands. Each command declares its own arguments beside itself.

use crate::commands;
use crate::parse::Holder;
use clap::builder::styling::Styles;
use clap::{Args, Parser, Subcommand};
use portunus::DatabasePath;
use std::path::PathBuf;

/// A document database in one file, in which no data is touched without a secret.
///
/// Every command but init, demo, bench, policy, restore, serve, stats, sweep, compact, completions and man opens the store with a secret: from PORTUNUS_SECRET,
/// from the file that --secret-file names, or from a prompt on the terminal.
#[derive(Parser)]
#[command(name = "portunus", version, styles = Styles::plain(), propagate_version = true, after_help = EXIT_CODES)]
pub struct Cli {
    /// What all commands understand.
    #[command(flatten)]
    pub common: Common,
    /// What is to be done.
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "Data goes to standard output, everything else to standard error.\n\
Exit codes: 0 done, 1 failure, 2 usage, 3 not authenticated or denied, 4 not found, 5 conflict, 6 corrupt, 7 locked, 130 interrupted.";

/// What all commands understand.
#[derive(Args)]
pub struct Common {
    /// The file of the store [env: PORTUNUS_STORE]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Store and secret")]
    pub store: Option<PathBuf>,
    /// Read the secret from this file, or from standard input if it is '-' [otherwise: env PORTUNUS_SECRET, or a prompt]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Store and secret")]
    pub secret_file: Option<PathBuf>,
    /// Work in this database below the secret's own; only an admin key can
    #[arg(long = "in", global = true, value_name = "PATH", help_heading = "Store and secret")]
    pub within: Option<DatabasePath>,
    /// Work with this role instead of admin, or as the document @doc/COLLECTION/ID; only an admin key can
    #[arg(long = "as", global = true, value_name = "ROLE", help_heading = "Store and secret")]
    pub acting_as: Option<Holder>,
    /// Print JSON: one value, or one on each line where there can be many
    #[arg(long, global = true, help_heading = "Output")]
    pub json: bool,
    /// Say nothing on standard error but what went wrong
    #[arg(long, short, global = true, help_heading = "Output")]
    pub quiet: bool,
    /// Do not ask before something is deleted for good
    #[arg(long, short, global = true, help_heading = "Output")]
    pub yes: bool,
}

/// The commands.
#[derive(Subcommand)]
pub enum Command {
    Init(commands::init::Init),
    Demo(crate::demo::Demo),
    Create(commands::document::Create),
    Get(commands::document::Get),
    Put(commands::document::Put),
    Delete(commands::document::Delete),
    Scan(commands::scan::Scan),
    Import(commands::import::Import),
    Export(commands::export::Export),
    Dump(commands::dump::Dump),
    Load(commands::dump::Load),
    #[command(subcommand)]
    Db(commands::database::Db),
    #[command(subcommand)]
    Collection(commands::collection::Collection),
    #[command(subcommand)]
    Index(commands::index::Index),
    #[command(subcommand)]
    Key(commands::key::Key),
    #[command(subcommand)]
    Token(commands::token::Token),
    Login(Box<commands::login::Login>),
    Refresh(commands::login::Refresh),
    Logout(commands::logout::Logout),
    #[command(subcommand)]
    Credential(commands::credential::Credential),
    Whoami(commands::whoami::Whoami),
    #[command(subcommand)]
    Role(commands::role::Role),
    #[command(subcommand)]
    Predicate(commands::predicate::Predicate),
    #[command(subcommand)]
    Policy(commands::policy::Policy),
    Explain(commands::explain::Explain),
    WhatCan(commands::explain::WhatCan),
    WhoCan(commands::explain::WhoCan),
    #[command(subcommand)]
    Procedure(commands::procedure::Procedure),
    #[command(subcommand)]
    Provider(commands::provider::Provider),
    #[command(subcommand)]
    Audit(commands::audit::Audit),
    Check(commands::check::Check),
    Backup(commands::backup::Backup),
    Restore(commands::backup::Restore),
    Serve(commands::serve::Serve),
    Stats(commands::store::Stats),
    Sweep(commands::store::Sweep),
    Compact(commands::store::Compact),
    Bench(commands::bench::Bench),
    Completions(commands::completions::Completions),
    Man(commands::man::Man),
}
