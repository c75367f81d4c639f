//! Every example is run as its user would run it, and says what its text promises. Knows programs by what they print.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// What a program prints that must succeed.
fn printed(program: &str) -> String {
    let output = Command::new(program).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn tenants_share_roles_and_nothing_else() {
    let shown = "\
ann of acme sees 2 bills
ann of globex sees 2 bills
the auditor sees 1200 cents of acme
the auditor sees 1200 cents of globex
acme is disabled: its token opens nothing
globex is deleted: its token opens nothing
";
    assert_eq!(printed(env!("CARGO_BIN_EXE_tenants")), shown);
}

#[test]
fn workers_take_every_job_once_and_stop_when_their_key_is_revoked() {
    let shown = "\
100 mails were sent, 100 of them once
1 payout waits: no mailer has seen it
to send one again is Denied
the key is revoked: Unauthenticated
";
    assert_eq!(printed(env!("CARGO_BIN_EXE_worker")), shown);
}

/// Runs `todo` in a folder: whether it succeeded, and what it printed.
fn todo(folder: &Path, key: &str, args: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_todo"))
        .args(args)
        .current_dir(folder)
        .env("TODO_KEY", key)
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

#[test]
fn the_tool_keeps_its_store_and_shares_what_only_reads() {
    let folder = tempfile::tempdir().unwrap();
    let todo = |key: &str, args: &[&str]| todo(folder.path(), key, args);
    let (_, key) = todo("", &["init"]);
    let key = key.trim();
    assert!(todo(key, &["add", "buy milk"]).0 && todo(key, &["add", "sleep"]).0);
    let (_, listed) = todo(key, &["list"]);
    assert!(listed.contains("  buy milk\n") && listed.contains("  sleep\n"));

    let (_, shared) = todo(key, &["share"]);
    let shared = shared.trim();
    assert_eq!(todo(shared, &["list"]).1, listed);
    let milk = listed.lines().find(|line| line.ends_with("milk")).unwrap().split(' ').next().unwrap();
    assert_eq!(todo(shared, &["done", milk]), (false, "denied: write on document\n".to_owned()));
    assert!(todo(key, &["done", milk]).0);
    assert!(!todo(shared, &["list"]).1.contains("milk"));
    assert_eq!(todo("no key at all", &["list"]), (false, "unauthenticated\n".to_owned()));
    assert!(todo(key, &["lost"]).1.starts_with("usage: todo init"));
}

/// A server that runs while this lives.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_notes"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("http://").unwrap().to_owned();
        Self { child, address }
    }

    /// One request on a connection of its own: the status and the answer.
    fn ask(&self, method: &str, path: &str, token: &str, body: &Value) -> (u16, Value) {
        let body = body.to_string();
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: notes\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap_or(Value::Null))
    }

    /// Signs somebody up, logs in, and returns the token.
    fn join(&self, name: &str) -> String {
        let who = json!([name, "correct horse battery"]);
        assert_eq!(self.ask("POST", "/sign-up", "", &who).0, 200);
        let (status, session) = self.ask("POST", "/login", "", &who);
        assert_eq!(status, 200);
        session["token"].as_str().unwrap().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The end of its input stops it; a server that hangs is told.
        drop(self.child.stdin.take());
        let ended = self.child.wait();
        assert!(ended.is_ok_and(|status| status.success()) || std::thread::panicking());
    }
}

#[test]
fn notes_are_seen_by_whom_they_are_for() {
    let server = Server::start();
    let (ann, bob) = (server.join("ann"), server.join("bob"));
    let (status, milk) = server.ask("POST", "/notes", &ann, &json!({"text": "milk"}));
    assert_eq!(status, 200);
    server.ask("POST", "/notes", &ann, &json!({"text": "news", "public": true}));
    let texts = |token: &str| {
        let (_, notes) = server.ask("GET", "/notes", token, &Value::Null);
        notes
            .as_array()
            .unwrap()
            .iter()
            .map(|note| note["text"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(texts(&ann), ["milk", "news"]);
    assert_eq!(texts(&bob), ["news"]);
    let path = format!("/notes/{}", milk["id"].as_str().unwrap());
    assert_eq!(server.ask("DELETE", &path, &bob, &Value::Null).0, 404);
    assert_eq!(server.ask("DELETE", &path, &ann, &Value::Null).0, 200);
    assert_eq!(server.ask("GET", "/notes", "", &Value::Null), (401, json!({"error": "unauthenticated"})));
    let wrong = json!(["ann", "not her password"]);
    assert_eq!(server.ask("POST", "/login", "", &wrong).0, 401);
}
