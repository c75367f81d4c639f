//! A real issuer of tokens, in a process of its own: it makes keys, publishes them over HTTP on loopback and signs with them.
//! It knows nothing of who believes it.
//!
//! It runs on Node, with a library of npm. The folder of its modules is said in `PORTUNUS_ISSUER_MODULES`, which is a promise
//! that it can run; without that, the test says that it was skipped.

use portunus_auth::{Algorithm, Secret};
use serde_json::{Value, json};
use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

const MODULES: &str = "PORTUNUS_ISSUER_MODULES";

pub struct Issuer {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// As its tokens say it.
    pub name: String,
    pub keys_url: String,
}

impl Issuer {
    /// An issuer without keys, if one can run here. If none can, a line on the output says that `test` was skipped.
    pub fn start(test: &str) -> Option<Self> {
        if env::var_os(MODULES).is_none() {
            // Not with a macro, whose output is kept back while a test passes.
            let mut shown = io::stderr();
            writeln!(shown, "skipped: {test}: {MODULES} does not say where the modules for Node are")
                .unwrap();
            return None;
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/auth/issuer/issuer.mjs");
        let mut command = Command::new("node");
        command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let (input, output) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        let (name, keys_url) = (String::new(), String::new());
        let mut issuer = Self { process, input, output: BufReader::new(output), name, keys_url };
        let started = issuer.answer();
        issuer.name = started["issuer"].as_str().unwrap().into();
        issuer.keys_url = started["keys"].as_str().unwrap().into();
        Some(issuer)
    }

    /// Makes a key, and publishes it.
    pub fn add(&mut self, algorithm: Algorithm, key: &str) {
        self.ask(&json!({"do": "add", "algorithm": algorithm.name(), "key": key}));
    }

    /// Publishes a key no longer.
    pub fn withdraw(&mut self, key: &str) {
        self.ask(&json!({"do": "withdraw", "key": key}));
    }

    /// A token that is good for an hour, with these claims beside those that make it so.
    pub fn token(&mut self, key: &str, claims: &Value) -> Secret {
        let answer = self.ask(&json!({"do": "token", "key": key, "claims": claims}));
        Secret::from(answer["token"].as_str().unwrap())
    }

    fn ask(&mut self, asked: &Value) -> Value {
        writeln!(self.input, "{asked}").unwrap();
        self.answer()
    }

    fn answer(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
