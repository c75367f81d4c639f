//! `audit`: the log of what happened to a database's secrets, and whether it is what was written. It knows nothing of how a
//! record comes to be.

use crate::args::Common;
use crate::failure::{Failure, Result};
use crate::output::Output;
use crate::parse::Past;
use crate::session::{Session, change};
use crate::table::Table;
use clap::{Args, Subcommand};
use portunus::{AUDIT_RECORDS_MAX, AuditQuery, AuditRecord, AuditSettings, PublicId, ReadView};
use serde_json::{Map, Value as Json, json};

/// The audit log of the secret's own database: who did what to secrets and rights, and what was refused
#[derive(Subcommand)]
pub enum Audit {
    /// Keep a log from now on, of all changes of what decides who may do what, and of logins
    On(On),
    /// Keep no log any more. What is in it stays
    Off,
    /// Show whether a log is kept, and of what
    Status,
    /// Show the last records
    Tail {
        /// How many
        #[arg(short = 'n', long, value_name = "NUMBER", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1_000))]
        lines: u16,
    },
    /// Show records, the first one first
    List(List),
    /// Walk along the whole log, and check that it is what was written; if not, the exit code is 6
    Verify {
        /// Check too that this hash is in it, which an earlier `verify` has shown as the head: then nothing that was there has
        /// been taken out since
        #[arg(long, value_name = "HASH")]
        head: Option<String>,
    },
}

/// What is to be in a log.
#[derive(Args)]
pub struct On {
    /// Record every transaction that a secret opens. This costs something where nothing goes wrong
    #[arg(long)]
    openings: bool,
    /// Record secrets that are refused, and why. Those of which nobody knows the database are in the log of the root
    #[arg(long)]
    refusals: bool,
    /// Record operations that are denied
    #[arg(long)]
    denials: bool,
}

/// Which records are to be shown.
#[derive(Args)]
pub struct List {
    /// Only what happened from then on: an instant, or a length of time ago, as in 90m
    #[arg(long, value_name = "WHEN")]
    since: Option<Past>,
    /// Only what happened until then
    #[arg(long, value_name = "WHEN")]
    until: Option<Past>,
    /// Only what is of this kind, as in refused, login_failed, key_created
    #[arg(long)]
    kind: Option<String>,
    /// Only what the holder of the secret with this public id did
    #[arg(long, value_name = "ID")]
    principal: Option<PublicId>,
    /// At most so many
    #[arg(long, value_name = "NUMBER")]
    limit: Option<usize>,
}

impl Audit {
    /// # Errors
    /// As the store's.
    pub fn run(self, common: &Common, output: &mut Output) -> Result {
        match self {
            Self::On(On { openings, refusals, denials }) => {
                let settings = AuditSettings { openings, refusals, denials };
                change(common, |tx| tx.set_audit(settings))?;
                output.done(|| settings_json(Some(settings)), "an audit log is kept from now on")
            }
            Self::Off => {
                change(common, |tx| tx.set_audit(None))?;
                output.done(|| settings_json(None), "no audit log is kept any more")
            }
            Self::Status => status(common, output),
            Self::Tail { lines } => tail(usize::from(lines), common, output),
            Self::List(list) => list.run(common, output),
            Self::Verify { head } => verify(head.as_deref(), common, output),
        }
    }
}

impl List {
    fn run(self, common: &Common, output: &mut Output) -> Result {
        let session = Session::open(common)?;
        let now = session.now();
        let mut query = AuditQuery::default();
        if let Some(since) = self.since {
            query = query.since(since.instant(now));
        }
        if let Some(until) = self.until {
            query = query.until(until.instant(now));
        }
        if let Some(kind) = self.kind {
            query = query.kind(kind);
        }
        if let Some(principal) = self.principal {
            query = query.principal(principal);
        }
        let view = session.begin_read()?;
        let mut left = self.limit.unwrap_or(usize::MAX);
        let mut after = None;
        loop {
            let mut page = query.clone().limit(left.min(AUDIT_RECORDS_MAX));
            if let Some(after) = after {
                page = page.after(after);
            }
            let records = view.audit(&page)?;
            if records.is_empty() {
                break;
            }
            show(&records, output)?;
            left -= records.len();
            after = records.last().map(|record| record.sequence);
        }
        if after.is_none() && !output.is_json() {
            output.note(NONE);
        }
        Ok(())
    }
}

const NONE: &str = "there are no such records, or none that this secret may see";

fn tail(count: usize, common: &Common, output: &mut Output) -> Result {
    let session = Session::open(common)?;
    let mut records = session.read(|tx| tx.audit(AuditQuery::default().newest_first().limit(count)))?;
    records.reverse();
    if records.is_empty() && !output.is_json() {
        output.note(NONE);
        return Ok(());
    }
    show(&records, output)
}

fn status(common: &Common, output: &mut Output) -> Result {
    let session = Session::open(common)?;
    let settings = session.read(ReadView::audit_settings)?;
    if settings.is_none() && !output.is_json() {
        output.note("no audit log is kept here, or none that this secret may see");
        return Ok(());
    }
    output.value_or_table(
        || settings_json(settings),
        || {
            let yes = |it: bool| if it { "yes" } else { "no" }.to_owned();
            let AuditSettings { openings, refusals, denials } = settings.unwrap_or_default();
            Table::of_properties([
                ("changes and logins", yes(true)),
                ("openings", yes(openings)),
                ("refusals", yes(refusals)),
                ("denials", yes(denials)),
            ])
        },
    )
}

fn settings_json(settings: Option<AuditSettings>) -> Json {
    match settings {
        None => json!({"on": false}),
        Some(AuditSettings { openings, refusals, denials }) => {
            json!({"on": true, "openings": openings, "refusals": refusals, "denials": denials})
        }
    }
}

fn verify(head: Option<&str>, common: &Common, output: &mut Output) -> Result {
    let session = Session::open(common)?;
    let view = session.begin_read()?;
    let chain = view.verify_audit()?;
    let has_head = head.map(|head| has_hash(&view, head)).transpose()?;
    output.value_or_table(
        || {
            let mut found = json!({
                "whole": chain.first_break.is_none(), "records": chain.records, "head": chain.head,
                "first_break": chain.first_break,
            });
            if let (Some(has_head), Some(object)) = (has_head, found.as_object_mut()) {
                object.insert("has_head".into(), has_head.into());
            }
            found
        },
        || {
            let mut table = Table::new(["records", "head"]).right([0]);
            table.row([chain.records.to_string(), chain.head.clone()]);
            table
        },
    )?;
    match (chain.first_break, has_head) {
        (Some(record), _) => {
            Err(Failure::corrupt(format!("the audit log is not what was written, from record {record} on")))
        }
        (None, Some(false)) => Err(Failure::corrupt("the audit log does not have the hash that it had")),
        (None, Some(true) | None) => Ok(()),
    }
}

/// Whether one of the records has this hash.
fn has_hash(view: &ReadView, hash: &str) -> Result<bool> {
    let mut query = AuditQuery::default();
    loop {
        let records = view.audit(&query)?;
        let Some(last) = records.last().map(|record| record.sequence) else { return Ok(false) };
        if records.iter().any(|record| record.hash.eq_ignore_ascii_case(hash)) {
            return Ok(true);
        }
        query = query.after(last);
    }
}

fn show(records: &[AuditRecord], output: &mut Output) -> Result {
    if output.is_json() {
        // The event as it is in the log: the hash is of its bytes.
        return records.iter().try_for_each(|AuditRecord { sequence, hash, json, .. }| {
            output.line(&format!(r#"{{"sequence":{sequence},"hash":"{hash}","event":{json}}}"#))
        });
    }
    let mut table = Table::new(["record", "at", "kind", "by", "about"]).right([0]);
    for record in records {
        let event = serde_json::from_str::<Map<String, Json>>(&record.json).unwrap_or_default();
        let by = event.get("principal").map_or_else(|| "-".into(), by);
        table.row([
            record.sequence.to_string(),
            record.at.to_string(),
            record.kind.clone(),
            by,
            about(&event),
        ]);
    }
    output.table(&table)
}

/// Who did it, in words.
fn by(principal: &Json) -> String {
    let text = |name: &str| principal.get(name).and_then(Json::as_str);
    let mut words = format!("{} {}", text("kind").unwrap_or_default(), text("id").unwrap_or_default());
    if let (Some(collection), Some(document)) = (text("collection"), text("document")) {
        words.push_str(&format!(" as {collection}/{document}"));
    }
    if let Some(procedure) = text("procedure") {
        words.push_str(&format!(" in {procedure}"));
    }
    words
}

/// What it is about, in words: all that the other columns do not have.
fn about(event: &Map<String, Json>) -> String {
    let others = event.iter().filter(|(name, _)| !["at", "kind", "principal"].contains(&name.as_str()));
    let words = others.filter(|(_, value)| !value.is_null());
    words.map(|(name, value)| format!("{name}={}", plain(value))).collect::<Vec<_>>().join(" ")
}

/// A value without the marks of JSON that people can do without.
fn plain(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}
