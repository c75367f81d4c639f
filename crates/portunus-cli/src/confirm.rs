//! The question before something is deleted for good. It knows nothing of what that is.

use crate::args::Common;
use crate::failure::{Failure, Result};
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

/// Asks whether to go on, unless `--yes` was given.
///
/// # Errors
/// A usage failure if the answer is not yes, or there is nobody to ask.
pub fn confirm(common: &Common, what: &str) -> Result {
    if common.yes {
        return Ok(());
    }
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(Failure::usage(format!("will not {what} unasked")).hint("say --yes if you mean it"));
    }
    let _ = write!(io::stderr().lock(), "{what}? This cannot be undone. Type yes: ");
    let mut answer = String::new();
    io::stdin()
        .lock()
        .read_line(&mut answer)
        .map_err(|error| Failure::new(format!("cannot read the answer: {error}")))?;
    if answer.trim() == "yes" { Ok(()) } else { Err(Failure::new("nothing was changed")) }
}
