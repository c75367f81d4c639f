//! The other process: this program, started again to work on a store while it is disturbed. What it is acknowledged it says at once.

use crate::work::{self, Done, WRITERS};
use portunus::{Portunus, Secret};
use std::io::{BufRead, BufReader, Lines, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

/// Where the other process finds the store, its secret, and what it is to do.
const STORE: &str = "PORTUNUS_TEST_STORE";
const SECRET: &str = "PORTUNUS_TEST_SECRET";
/// The test in whose place the other process works.
const PLACE: &str = "other::the_other_process_does_all_its_work_if_nobody_disturbs_it";

/// Another process, which is gone when this is dropped.
pub struct Other {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Other {
    /// Starts the work on a store, behind the words of another command if there are any. It has the store open until it is killed,
    /// or has told the [rest](Self::rest).
    pub fn start(before: &[&str], store: &Path, secret: &Secret) -> Self {
        let this = std::env::current_exe().unwrap();
        let words: Vec<_> = before.iter().map(std::ffi::OsStr::new).chain([this.as_os_str()]).collect();
        let mut process = Command::new(words[0])
            .args(&words[1..])
            .args(["--exact", PLACE, "--nocapture", "--test-threads", "1"])
            .env(STORE, store)
            .env(SECRET, secret.expose())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { process, lines }
    }

    /// The next acknowledgement that was told, or none once the process has ended.
    pub fn next(&mut self) -> Option<(usize, u64)> {
        loop {
            let line = self.lines.next()?.ok()?;
            let mut words = line.split(' ');
            if words.next() == Some("acknowledged") {
                let (by, number) = (words.next().unwrap(), words.next().unwrap());
                return Some((by.parse().unwrap(), number.parse().unwrap()));
            }
        }
    }

    /// All that it goes on to tell, beside what was told before. It may close the store when it is done.
    pub fn rest(&mut self, mut done: Done) -> Done {
        drop(self.process.stdin.take());
        while let Some((by, number)) = self.next() {
            assert_eq!(number, done[by] + 1, "acknowledgements come in order");
            done[by] = number;
        }
        done
    }

    pub fn kill(&mut self) {
        self.process.kill().unwrap();
    }

    pub fn wait(&mut self) -> ExitStatus {
        self.process.wait().unwrap()
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// If this is the other process, it works until it is done or disturbed, and tells so.
fn work_if_told() -> bool {
    let Some(store) = std::env::var_os(STORE) else {
        return false;
    };
    let admin = Secret::from(std::env::var(SECRET).unwrap().as_str());
    let db = match Portunus::builder().sweep_every(None).open(store) {
        Ok(db) => db,
        Err(error) => {
            println!("\ncould not open: {error}");
            return true;
        }
    };
    std::thread::scope(|threads| {
        for by in 0..WRITERS {
            let (db, admin) = (&db, &admin);
            // On a line of its own, whatever the test harness has begun to say.
            threads.spawn(move || {
                work::write_all(db, admin, by, |number| println!("\nacknowledged {by} {number}"));
            });
        }
    });
    // Whoever has started it wants the store to be open for so long.
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
    // A disk that does not work for good may fail it, and nothing more was promised.
    drop(db.close());
    true
}

#[test]
fn the_other_process_does_all_its_work_if_nobody_disturbs_it() {
    if work_if_told() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let admin = work::prepare(&path);
    let mut other = Other::start(&[], &path, &admin);
    let done = other.rest([0; WRITERS]);
    assert!(other.wait().success());
    assert_eq!(done, [work::TRANSACTIONS; WRITERS]);
    work::check_file(&path, &admin, done);
}
