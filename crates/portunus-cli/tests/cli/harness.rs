//! A folder with a store in it, and the command line to run on it. Whatever is run must not say a secret aloud.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A folder that is gone at the end, with a store `s` and its first key in `k`.
pub struct World {
    folder: tempfile::TempDir,
}

/// What a command said, and how it ended.
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl World {
    pub fn new() -> Self {
        let world = Self::empty();
        world.run(&["init", "s", "--key-file", "k"]).ok();
        world
    }

    pub fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    pub fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The command, on no store and with no secret.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portunus"));
        command.current_dir(self.folder.path()).args(args).stdin(Stdio::null());
        for variable in ["PORTUNUS_SECRET", "PORTUNUS_STORE", "PORTUNUS_PASSWORD", "PORTUNUS_NEW_PASSWORD"] {
            command.env_remove(variable);
        }
        command
    }

    pub fn run(&self, args: &[&str]) -> Said {
        self.said(self.command(args).output().unwrap())
    }

    /// On the store `s`, with the key in `k`.
    pub fn admin(&self, args: &[&str]) -> Said {
        self.run(&[args, &["--store", "s", "--secret-file", "k"]].concat())
    }

    pub fn with_input(&self, args: &[&str], input: &str) -> Said {
        let mut command = self.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A command that fails before it reads has closed its end.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        self.said(child.wait_with_output().unwrap())
    }

    pub fn said(&self, output: Output) -> Said {
        let said = Said {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        };
        assert!(
            !said.out.contains('\u{1b}') && !said.err.contains('\u{1b}'),
            "no colours without a terminal"
        );
        if let Ok(key) = std::fs::read_to_string(self.path("k")) {
            assert!(
                !said.err.contains(key.trim()) && !said.out.contains(key.trim()),
                "the secret was said aloud"
            );
        }
        said
    }
}

impl Said {
    /// It went well.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.code, 0, "{}", self.err);
        self
    }

    /// It failed with this code, and said these words.
    #[track_caller]
    pub fn failed(self, code: i32, words: &str) -> Self {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        assert!(self.err.contains(words), "{words:?} is not in {:?}", self.err);
        self
    }

    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap()
    }
}

/// The flights of the demo.
pub fn flights() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/data/flights.jsonl"))
}
