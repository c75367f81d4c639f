//! `explain`, `what-can` and `who-can`: why somebody may do something, and who may. It knows nothing of how that is decided.

use crate::args::Common;
use crate::failure::{Failure, Result};
use crate::output::Output;
use crate::parse_deed::{DeedArgs, WhoArgs};
use crate::session::Session;
use clap::Args;
use serde::Serialize;
use std::fmt::Display;

/// Show why somebody may do something, or may not: each role that was considered, and what its rules came to
///
/// It takes the right to explain roles, which an administrator has, also for oneself. Nothing that documents hold is shown, and
/// nothing is done.
#[derive(Args)]
pub struct Explain {
    #[command(flatten)]
    who: WhoArgs,
    #[command(flatten)]
    deed: DeedArgs,
}

/// List what somebody can do: on each collection, each procedure, and everything else
#[derive(Args)]
pub struct WhatCan {
    #[command(flatten)]
    who: WhoArgs,
}

/// List who can do something: roles, the identity documents that have them, and keys
#[derive(Args)]
pub struct WhoCan {
    #[command(flatten)]
    deed: DeedArgs,
}

impl Explain {
    /// # Errors
    /// As the store's.
    pub fn run(self, common: &Common, output: &mut Output) -> Result {
        let (who, deed) = (self.who.stated()?, self.deed.stated()?);
        show(&Session::open(common)?.read(|tx| tx.explain(&who, &deed))?, output)
    }
}

impl WhatCan {
    /// # Errors
    /// As the store's.
    pub fn run(self, common: &Common, output: &mut Output) -> Result {
        let who = self.who.stated()?;
        let can = Session::open(common)?.read(|tx| tx.what_can(&who))?;
        if output.is_json() {
            return output.json(&json(&can)?);
        }
        if can.is_empty() {
            output.note(&format!("{who} can do nothing here"));
        }
        can.iter().try_for_each(|can| output.line(&can.to_string()))
    }
}

impl WhoCan {
    /// # Errors
    /// As the store's.
    pub fn run(self, common: &Common, output: &mut Output) -> Result {
        let deed = self.deed.stated()?;
        show(&Session::open(common)?.read(|tx| tx.who_can(&deed))?, output)
    }
}

/// Something as one JSON value for a program, or as its own lines for people.
fn show(told: &(impl Display + Serialize), output: &mut Output) -> Result {
    if output.is_json() { output.json(&json(told)?) } else { output.raw(told.to_string().as_bytes()) }
}

fn json(told: &impl Serialize) -> Result<serde_json::Value> {
    serde_json::to_value(told).map_err(|error| Failure::new(error.to_string()))
}
