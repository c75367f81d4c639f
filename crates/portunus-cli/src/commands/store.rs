//! `stats`, `sweep` and `compact`: the store as a whole, of which nothing is shown that anybody has written. It knows no secrets.

use crate::args::Common;
use crate::failure::Result;
use crate::output::Output;
use crate::progress::Progress;
use crate::session::{compact_store, open_store};
use crate::table::Table;
use clap::Args;
use serde_json::json;

/// Show counters and sizes of a store. It needs no secret, and shows nothing of what is in it
#[derive(Args)]
pub struct Stats {}

/// Give back the room of documents that have expired. It needs no secret, and shows nothing of them
#[derive(Args)]
pub struct Sweep {}

/// Make the file of a store as small as what is in it. It needs no secret, and nobody may have the store open
///
/// If the power fails meanwhile, the store is what it was.
#[derive(Args)]
pub struct Compact {}

impl Stats {
    /// # Errors
    /// As the store's.
    pub fn run(self, common: &Common, output: &mut Output) -> Result {
        let db = open_store(common)?;
        let stats = db.stats();
        let rows = [
            ("file_bytes", stats.file_bytes),
            ("commits", stats.commits),
            ("commit_groups", stats.commit_groups),
            ("conflicts", stats.conflicts),
            ("snapshots_expired", stats.snapshots_expired),
            ("window_bytes", stats.window_bytes),
        ];
        output.value_or_table(
            || rows.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect(),
            || {
                let mut table = Table::new(["counter", "value"]).right([1]);
                rows.iter().for_each(|(name, value)| table.row([(*name).to_owned(), value.to_string()]));
                table
            },
        )
    }
}

impl Sweep {
    /// # Errors
    /// As the store's.
    pub fn run(self, common: &Common, output: &mut Output) -> Result {
        let db = open_store(common)?;
        let swept = db.sweep()?;
        db.close()?;
        output.done(|| json!({"swept": swept}), &format!("{swept} expired documents were due"))
    }
}

impl Compact {
    /// # Errors
    /// As the store's.
    pub fn run(self, common: &Common, output: &mut Output) -> Result {
        let progress = Progress::steps(output, None);
        progress.say("compacting");
        let done = compact_store(common)?;
        drop(progress);
        let (before, after) = (done.bytes_before, done.bytes_after);
        let value = || json!({"bytes_before": before, "bytes_after": after});
        output.done(value, &format!("{before} bytes became {after}"))
    }
}
