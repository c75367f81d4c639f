//! The command: runs what it is told, kind after kind, and adds a line for each to the ledger. It knows nothing of what they try.

use clap::Parser;
use portunus_auth::{Clock, SystemClock};
use portunus_soak::kind::Kind;
use portunus_soak::ledger;
use portunus_soak::plan::Plan;
use portunus_soak::runner::{self, Outcome};
use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    let plan = Plan::parse();
    let now = SystemClock.now();
    let first_seed = plan.seed.unwrap_or_else(|| now.0.unsigned_abs());
    let (date, commit) = (now.to_string(), ledger::commit());
    let kinds = plan.kinds();
    let mut code = ExitCode::SUCCESS;
    let began = Instant::now();
    for (place, kind) in kinds.iter().enumerate() {
        let left = plan.time().map(|time| time.saturating_sub(began.elapsed()));
        let bounds = plan.bounds(kind, left, kinds.len() - place);
        let outcome = runner::run(kind, first_seed, bounds, plan.threads(), &|line| eprintln!("{line}"));
        report(kind, &outcome);
        if outcome.failure.is_some() {
            code = ExitCode::FAILURE;
        }
        if let Err(error) = ledger::add(&plan.ledger, &date, &commit, kind, &outcome) {
            eprintln!("the ledger {} cannot be written: {error}", plan.ledger.display());
            code = ExitCode::FAILURE;
        }
    }
    code
}

fn report(kind: &Kind, outcome: &Outcome) {
    let Outcome { first_seed, rounds, count, failure } = outcome;
    let Kind { name, counted, .. } = kind;
    println!("{name}: {count} {counted} in {rounds} rounds from seed {first_seed}");
    if let Some(failure) = failure {
        println!("{name} broke: {}", failure.text);
        println!(
            "again: cargo run --release -p portunus-soak -- --only {name} --rounds 1 --seed {}",
            failure.seed
        );
    }
}
