//! `man`: the manual, as pages for `man`. The only file that names `clap_mangen`. It knows no store.

use crate::args::Cli;
use crate::failure::{Failure, Result};
use crate::output::Output;
use clap::{Args, CommandFactory as _};
use std::path::PathBuf;

/// Print the manual page, or write one for each command
#[derive(Args)]
pub struct Man {
    /// Write a page for each command into this folder
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

impl Man {
    /// # Errors
    /// If the output or a file cannot be written.
    pub fn run(self, output: &mut Output) -> Result {
        let command = Cli::command();
        if let Some(dir) = &self.dir {
            clap_mangen::generate_to(command, dir).map_err(|error| Failure::file("write", dir, &error))?;
            let value = || serde_json::json!({"folder": dir.display().to_string()});
            return output.done(value, &format!("wrote the pages into {}", dir.display()));
        }
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page).map_err(|error| Failure::output(&error))?;
        if output.is_json() {
            return output.json(&serde_json::json!({"page": String::from_utf8_lossy(&page)}));
        }
        output.raw(&page)
    }
}
