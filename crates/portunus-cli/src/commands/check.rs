//! `check`: whether a store is sound, every checksum and every index. It knows nothing of repairs.

use crate::args::Common;
use crate::failure::{Exit, Failure, Result};
use crate::output::Output;
use crate::session::Session;
use crate::table::Table;
use clap::Args;
use portunus::{CheckReport, ReadView};
use serde_json::json;

/// Verify every checksum, document and index of a store. It takes an admin key of the root
#[derive(Args)]
pub struct Check {}

impl Check {
    /// # Errors
    /// Corrupt, with exit code 6, if anything is wrong.
    pub fn run(self, common: &Common, output: &mut Output) -> Result {
        // Opening a store verifies its pages and its header already.
        let checked = Session::open(common).and_then(|session| session.read(ReadView::check));
        match checked {
            Ok(report) => show(&report, output),
            Err(failure) if failure.exit() == Exit::Corrupt => {
                let report =
                    CheckReport { problems: vec![failure.message().to_owned()], ..CheckReport::default() };
                show(&report, output)
            }
            Err(failure) => Err(failure),
        }
    }
}

fn show(report: &CheckReport, output: &mut Output) -> Result {
    let sound = report.problems.is_empty();
    if output.is_json() {
        output.json(&json!({
            "sound": sound, "records": report.records, "databases": report.databases,
            "collections": report.collections, "documents": report.documents,
            "index_entries": report.index_entries, "problems": report.problems,
        }))?;
    } else {
        let mut table =
            Table::new(["records", "databases", "collections", "documents", "index entries", "problems"])
                .right(0..6);
        let problems = report.problems.len();
        table.row(
            [
                report.records,
                report.databases,
                report.collections,
                report.documents,
                report.index_entries,
                problems,
            ]
            .map(|count| count.to_string()),
        );
        output.table(&table)?;
        for problem in &report.problems {
            output.line(problem)?;
        }
    }
    match report.problems.len() {
        0 => Ok(()),
        1 => Err(Failure::corrupt("the store is damaged: there is a problem").hint(KEEP)),
        count => {
            Err(Failure::corrupt(format!("the store is damaged: there are {count} problems")).hint(KEEP))
        }
    }
}

const KEEP: &str = "keep a copy of the file before anything else; `portunus export` reads what can be read";
