//! `policy test`: what is expected of roles, tried in a store that there is for this alone. It knows nothing of what roles mean.

use crate::failure::{Failure, Result};
use crate::output::Output;
use crate::role_file::read_policy_test;
use crate::table::Table;
use clap::Subcommand;
use portunus::{PolicyCoverage, PolicyReport, Seen};
use serde_json::{Value as Json, json};
use std::path::PathBuf;

/// Tests of roles
#[derive(Subcommand)]
pub enum Policy {
    /// Try what a file expects of roles, in a store in memory. The exit code is 1 if anything comes out otherwise
    ///
    /// The file says which roles, documents and access providers there are, and who can do what: see the guide on rules.
    Test {
        /// The file
        file: PathBuf,
        /// Show what was seen of each rule, and of each part of it
        #[arg(long)]
        coverage: bool,
        /// Fail also if less than this much was seen: each rule and each part of one counts twice, as true and as false
        #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(..=100))]
        min_coverage: Option<u8>,
    },
}

impl Policy {
    /// # Errors
    /// If the file cannot be read or tried, or something comes out otherwise.
    pub fn run(self, output: &mut Output) -> Result {
        let Self::Test { file, coverage, min_coverage } = self;
        let report =
            read_policy_test(&file)?.run().map_err(|error| Failure::from(error).at(file.display()))?;
        let percent = report.coverage.percent();
        if output.is_json() {
            output.json(&report_json(&report, coverage)?)?;
        } else {
            output.raw(report.to_string().as_bytes())?;
            if coverage {
                output.line("")?;
                output.table(&table(&report.coverage))?;
            }
            if coverage || min_coverage.is_some() {
                output.line(&format!("{percent} % of the rules was seen"))?;
            }
        }
        if !report.holds() {
            return Err(Failure::new("not all that is expected holds"));
        }
        match min_coverage {
            Some(least) if percent < usize::from(least) => {
                Err(Failure::new(format!("{percent} % of the rules was seen, and {least} % is to be")))
            }
            Some(_) | None => Ok(()),
        }
    }
}

fn report_json(report: &PolicyReport, with_rules: bool) -> Result<Json> {
    let wrong = |error: serde_json::Error| Failure::new(error.to_string());
    let mut value = json!({
        "holds": report.holds(),
        "outcomes": serde_json::to_value(&report.outcomes).map_err(wrong)?,
        "coverage": {"percent": report.coverage.percent()},
    });
    if with_rules && let Some(coverage) = value.get_mut("coverage").and_then(Json::as_object_mut) {
        let rules = serde_json::to_value(&report.coverage.rules).map_err(wrong)?;
        coverage.insert("rules".into(), rules);
    }
    Ok(value)
}

/// A line for each rule, and one for each part of it, indented as deep as it lies.
fn table(coverage: &PolicyCoverage) -> Table {
    let mut table = Table::new(["role", "rule of", "text", "true", "false", "fault"]);
    let [yes, no] = ["seen", "-"].map(str::to_owned);
    let cells = |seen: Seen| {
        [seen.as_true, seen.as_false, seen.as_fault].map(|is| if is { yes.clone() } else { no.clone() })
    };
    for rule in &coverage.rules {
        let [as_true, as_false, as_fault] = cells(rule.seen);
        table.row([rule.role.clone(), rule.of.clone(), one_line(&rule.text), as_true, as_false, as_fault]);
        for part in &rule.parts {
            let [as_true, as_false, as_fault] = cells(part.seen);
            let text = format!("{}{}", "  ".repeat(part.depth), one_line(&part.text));
            table.row([String::new(), String::new(), text, as_true, as_false, as_fault]);
        }
    }
    table
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
