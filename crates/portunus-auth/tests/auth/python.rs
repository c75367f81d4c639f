//! A Python interpreter as a second opinion: libraries of others read what is made here, and make what is read here. It knows
//! nothing of what they are asked.
//!
//! Which interpreter it is can be said in `PORTUNUS_PYTHON`, which is a promise that it has the libraries. Without it the
//! usual one is tried, and without the libraries the test says that it was skipped.

use std::env;
use std::io::{self, Write};
use std::process::{Command, Stdio};
use std::thread;

/// An interpreter that has the libraries that a test needs.
pub struct Python {
    program: String,
}

impl Python {
    /// The interpreter, if there is one with these modules. If there is none, a line on the output says that `test` was skipped.
    pub fn with(modules: &[&str], test: &str) -> Option<Self> {
        let promised = env::var("PORTUNUS_PYTHON").ok();
        let program = promised.clone().unwrap_or_else(|| "python3".into());
        let import = format!("import {}", modules.join(", "));
        let probe = Command::new(&program).args(["-c", &import]).stderr(Stdio::null()).status();
        if probe.is_ok_and(|status| status.success()) {
            return Some(Self { program });
        }
        assert!(promised.is_none(), "PORTUNUS_PYTHON cannot `{import}`");
        // Not with a macro, whose output is kept back while a test passes.
        let mut shown = io::stderr();
        writeln!(shown, "skipped: {test}: there is no python3 that can `{import}`").unwrap();
        None
    }

    /// Runs a script, and returns its lines. It is given `lines` on its input.
    pub fn run(&self, script: &str, lines: &[String]) -> Vec<String> {
        let mut command = Command::new(&self.program);
        command.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        let text: String = lines.iter().flat_map(|line| [line, "\n"]).collect();
        // Written beside, so that neither side waits for the other to read.
        let writer = thread::spawn(move || input.write_all(text.as_bytes()));
        let output = child.wait_with_output().unwrap();
        let written = writer.join().unwrap();
        assert!(output.status.success(), "the script fails");
        written.unwrap();
        String::from_utf8(output.stdout).unwrap().lines().map(Into::into).collect()
    }
}
