//! `stats` and `sweep`: the store as a whole, of which nothing is shown that anybody has written. It knows no secrets.

use crate::args::Common;
use crate::failure::Result;
use crate::output::Output;
use crate::session::open_store;
use crate::table::Table;
use clap::Args;
use serde_json::json;

/// Show counters and sizes of a store. It needs no secret, and shows nothing of what is in it
#[derive(Args)]
pub struct Stats {}

/// Give back the room of documents that have expired. It needs no secret, and shows nothing of them
#[derive(Args)]
pub struct Sweep {}

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
