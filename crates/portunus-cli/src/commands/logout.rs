//! `logout`: the end of tokens of one's own. It knows nothing of how they came to be.

use crate::args::Common;
use crate::failure::{Failure, Result};
use crate::output::Output;
use crate::session::change;
use clap::Args;
use portunus::Logout as Which;
use serde_json::json;

/// End the token that is the secret, with its login
#[derive(Args)]
pub struct Logout {
    /// End all other tokens of the same document too
    #[arg(long)]
    everywhere: bool,
    /// End all other tokens of the same document, but not those of this login
    #[arg(long, conflicts_with = "everywhere")]
    elsewhere: bool,
}

impl Logout {
    /// # Errors
    /// As the store's; denied if the secret is no token.
    pub fn run(self, common: &Common, output: &mut Output) -> Result {
        let which = match (self.everywhere, self.elsewhere) {
            (true, _) => Which::Everywhere,
            (false, true) => Which::Elsewhere,
            (false, false) => Which::Here,
        };
        let ended = change(common, |tx| tx.logout(which)).map_err(Failure::for_token_holders)?;
        let note = if ended == 1 { "ended 1 token".to_owned() } else { format!("ended {ended} tokens") };
        output.done(|| json!({"ended": ended}), &note)
    }
}
