//! `completions`: what a shell needs to complete commands. The only file that names `clap_complete`. It knows no store.

use crate::args::Cli;
use crate::failure::Result;
use crate::output::Output;
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

/// Print the completions for a shell
#[derive(Args)]
pub struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    /// # Errors
    /// If the output cannot be written.
    pub fn run(self, output: &mut Output) -> Result {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "portunus", &mut script);
        if output.is_json() {
            let script = String::from_utf8_lossy(&script);
            return output.json(&serde_json::json!({"shell": self.shell.to_string(), "script": script}));
        }
        output.raw(&script)
    }
}
