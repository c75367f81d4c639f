//! A process whose calls to the system fail, or kill it, when they are told to: strace does that, where there is one and it may.

use crate::other::Other;
use portunus::Secret;
use std::path::Path;
use std::process::{Command, Stdio};

/// Whether processes can be disturbed here. If not, it says so.
pub fn is_there() -> bool {
    let tried =
        Command::new("strace").args(["-D", "-qq", "-o", "/dev/null", "true"]).stderr(Stdio::null()).status();
    let there = tried.is_ok_and(|status| status.success());
    if !there {
        println!("no strace here, or it may not watch: skipped");
    }
    there
}

/// Starts the other process with what strace calls an injection. The process is a child of this one, so that killing it ends both.
pub fn start(injection: &str, store: &Path, secret: &Secret) -> Other {
    let calls = injection.split(':').next().unwrap();
    let (trace, inject) = (format!("trace={calls}"), format!("inject={injection}"));
    Other::start(
        &["strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", &trace, "-e", &inject],
        store,
        secret,
    )
}
