//! The ledger: one line for each kind of run and time that it was run. It knows nothing of what they try.

use crate::kind::Kind;
use crate::runner::Outcome;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;
use std::process::Command;

/// The first line of a ledger.
pub const HEADER: &str = "date,commit,kind,seeds,count,failures";

/// Adds a line to the ledger at `path`, which is begun if it is not there.
pub fn add(path: &Path, date: &str, commit: &str, kind: &Kind, outcome: &Outcome) -> io::Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    if file.metadata()?.len() == 0 {
        writeln!(file, "{HEADER}")?;
    }
    let Outcome { first_seed, rounds, count, failure } = outcome;
    let failures = u8::from(failure.is_some());
    // One call, so that two ledgers' lines are not mixed.
    file.write_all(
        format!("{date},{commit},{},{first_seed}+{rounds},{count},{failures}\n", kind.name).as_bytes(),
    )
}

/// The commit of the tree that is run, with `+` behind it if the tree has been changed since.
pub fn commit() -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let Some(hash) = git(&["rev-parse", "--short=10", "HEAD"]) else { return "unknown".to_owned() };
    // What is appended to the ledger itself changes nothing that is run.
    let is_changed =
        git(&["status", "--porcelain", "--", ".", ":!soak.csv"]).is_none_or(|text| !text.is_empty());
    if is_changed { hash + "+" } else { hash }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::Failure;

    #[test]
    fn a_ledger_begins_with_its_header_and_grows_by_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("soak.csv");
        let kind = Kind { name: "crash", counted: "images", slice: 0, run: |_| Ok(0) };
        let good = Outcome { first_seed: 7, rounds: 2, count: 30, failure: None };
        let bad = Outcome { failure: Some(Failure { seed: 8, text: "a, b".to_owned() }), ..good.clone() };
        for outcome in [&good, &bad] {
            add(&path, "2026-11-23", "abc", &kind, outcome).unwrap();
        }
        let lines = "2026-11-23,abc,crash,7+2,30,0\n2026-11-23,abc,crash,7+2,30,1\n";
        assert_eq!(std::fs::read_to_string(path).unwrap(), format!("{HEADER}\n{lines}"));
    }
}
