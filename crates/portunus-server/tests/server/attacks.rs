//! What an attacker sends, each with its number, and what must come of it.

use crate::client::{Answered, Running, answer};
use portunus_server::{Options, Server, StartError};
use serde_json::json;
use std::io::{Read as _, Write as _};
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(100);

/// Bytes in which `{admin}` stands for the header of the administrator.
fn send(running: &Running, bytes: &[u8]) -> Option<Answered> {
    let marked = b"{admin}";
    let secret = format!("Authorization: Bearer {}", running.admin.expose());
    let mut sent = Vec::new();
    let mut rest = bytes;
    while let Some(at) = rest.windows(marked.len()).position(|window| window == marked) {
        sent.extend_from_slice(&rest[..at]);
        sent.extend_from_slice(secret.as_bytes());
        rest = &rest[at + marked.len()..];
    }
    sent.extend_from_slice(rest);
    running.send(&sent)
}

#[test]
fn attack_74_a_path_and_a_body_that_disagree_are_refused() {
    let running = Running::new();
    for (method, path, body) in [
        ("PUT", "/v1/collections/notes", r#"{"name": "users"}"#),
        ("POST", "/v1/collections/notes/query", r#"{"collection": "users"}"#),
        ("PUT", "/v1/procedures/double", r#"{"name": "triple"}"#),
        ("PUT", "/v1/keys/1/role", r#"{"id": "2", "role": "admin"}"#),
    ] {
        assert_eq!(running.ask(method, path, body).status, 400, "{method} {path} {body}");
    }
}

#[test]
fn attack_140_who_sends_nothing_or_slowly_is_cut() {
    let running = Running::with(Options { head_time: SHORT, body_time: SHORT, ..Options::default() });
    let mut silent = running.connect();
    assert_eq!(silent.read(&mut [0; 16]).unwrap(), 0, "a connection without a byte ends");
    for head in ["GET /livez HTTP/1.1\r\nHost: local", "G"] {
        let mut slow = running.connect();
        slow.write_all(head.as_bytes()).unwrap();
        let status = answer(&mut slow).map(|answered| answered.status);
        assert!(status.is_none_or(|status| status == 408), "{head}: {status:?}");
    }
    let slow = send(&running, b"POST /v1/transaction HTTP/1.1\r\nHost: localhost\r\n{admin}\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{");
    assert_eq!(slow.unwrap().status, 408);
    assert_eq!(running.ask("GET", "/livez", "").status, 200);
}

#[test]
fn attack_141_idle_connections_are_in_nobodys_way() {
    let running = Running::new();
    let idle: Vec<_> = (0..400).map(|_| running.connect()).collect();
    assert_eq!(running.ask("GET", "/v1/whoami", "").status, 200);
    drop(idle);
    assert_eq!(running.ask("GET", "/v1/whoami", "").status, 200);
}

#[test]
fn attack_143_a_body_has_one_length_and_a_head_no_tricks() {
    let running = Running::new();
    let head = "POST /v1/collections/notes/count HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{admin}\r\nContent-Type: application/json\r\n";
    let smuggled = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for wrong in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: identity, chunked, x\r\n\r\n0\r\n\r\n",
        "Content-Length: 0\r\nContent-Length: 5\r\n\r\n",
        "Content-Length: +5\r\n\r\n{}   ",
        "Content-Length: -1\r\n\r\n",
        "Content-Length: 18446744073709551616\r\n\r\n",
        "Content-Length: 0x2\r\n\r\n{}",
        "Folded: a\r\n b\r\nContent-Length: 0\r\n\r\n",
        "Nul: a\0b\r\n\r\n",
        "Return: a\rb\r\n\r\n",
        "No Name: a\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    ] {
        let answered = send(&running, format!("{head}{wrong}{smuggled}").as_bytes());
        let body = answered.map(|answered| (answered.status, answered.body));
        let is_refused =
            body.as_ref().is_none_or(|(status, body)| (400..500).contains(status) && !body.contains("live"));
        assert!(is_refused, "{wrong:?}: {body:?}");
    }
}

#[test]
fn attack_144_text_that_is_none_is_refused() {
    let running = Running::new();
    running.ask("PUT", "/v1/collections/notes", r#"{"name": "notes"}"#);
    for path in ["%ff", "%c0%af", "%ed%a0%80", "%"] {
        let answered = running.ask("GET", &format!("/v1/collections/notes/documents/{path}"), "");
        assert!([400, 404].contains(&answered.status), "{path}: {answered:?}");
    }
    assert_eq!(running.ask("GET", "/v1/collections/%ff", "").status, 400);
    for body in [&b"{\"a\":\"\xff\"}"[..], b"\xef\xbb\xbf{}", b"{\"a\":\"\xc0\xaf\"}"] {
        let length = body.len();
        let mut bytes = format!("PUT /v1/collections/notes/documents/a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{{admin}}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n").into_bytes();
        bytes.extend_from_slice(body);
        assert_eq!(send(&running, &bytes).unwrap().status, 400, "{body:?}");
    }
}

#[test]
fn attack_146_there_is_no_other_version_of_http() {
    let running = Running::new();
    let answered = running.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
    assert!(answered.is_none_or(|answered| answered.status >= 400));
}

#[test]
fn attack_147_a_request_is_for_a_path_of_this_server() {
    let running = Running::new();
    let check = |bytes: &str, status: u16| {
        let answered = send(&running, bytes.as_bytes());
        assert_eq!(
            answered.as_ref().map(|answered| answered.status),
            Some(status),
            "{bytes:?}: {answered:?}"
        );
    };
    let rest = "Connection: close\r\n{admin}\r\n\r\n";
    check(&format!("FLY /v1/whoami HTTP/1.1\r\nHost: localhost\r\n{rest}"), 405);
    check(&format!("TRACE /v1/whoami HTTP/1.1\r\nHost: localhost\r\n{rest}"), 405);
    check(&format!("CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n{rest}"), 400);
    check(&format!("GET http://localhost/v1/whoami HTTP/1.1\r\nHost: localhost\r\n{rest}"), 400);
    check(&format!("GET /v1/whoami HTTP/1.1\r\n{rest}"), 400);
    check(&format!("GET /v1/whoami HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n{rest}"), 400);
    let upgrade = "Upgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
    check(&format!("GET /v1/whoami HTTP/1.1\r\nHost: localhost\r\n{upgrade}{rest}"), 200);
}

#[test]
fn attack_149_a_page_of_another_site_learns_nothing() {
    let running = Running::new();
    for host in [
        "evil.example",
        "evil.example:7447",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "",
        "[::1",
        "169.254.169.254",
    ] {
        let answered = send(
            &running,
            format!("GET /v1/whoami HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{{admin}}\r\n\r\n")
                .as_bytes(),
        );
        assert_eq!(answered.unwrap().status, 421, "{host:?}");
    }
    for host in ["localhost", "LOCALHOST:1", "127.0.0.1:7447", "[::1]:7447"] {
        let answered = send(
            &running,
            format!("GET /v1/whoami HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{{admin}}\r\n\r\n")
                .as_bytes(),
        );
        assert_eq!(answered.unwrap().status, 200, "{host:?}");
    }
    for origin in ["null", "https://evil.example"] {
        let headers = format!("Origin: {origin}\r\nAuthorization: Bearer {}\r\n", running.admin.expose());
        let answered = running.ask_with("GET", "/v1/whoami", &headers, "");
        assert!(answered.headers.iter().all(|(name, _)| !name.starts_with("access-control")), "{answered:?}");
        assert_eq!(running.ask_with("OPTIONS", "/v1/whoami", &headers, "").status, 405);
    }
    let simple = "POST /v1/transaction HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{admin}\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}";
    assert_eq!(send(&running, simple.as_bytes()).unwrap().status, 415, "what a form can send is no body");
}

#[test]
fn attack_150_no_line_of_a_caller_becomes_one_of_ours() {
    let running = Running::new();
    let headers = format!("X-Request-Id: mine\r\nAuthorization: Bearer {}\r\n", running.admin.expose());
    for path in ["/v1/keys/%0d%0aSet-Cookie:%20a", "/v1/collections/%1b%5b31m"] {
        let answered = running.ask_with("GET", path, &headers, "");
        assert!(answered.header("set-cookie").is_none() && answered.header("x-request-id") != Some("mine"));
        assert!(!answered.body.contains(['\r', '\n', '\u{1b}']), "{answered:?}");
    }
}

#[test]
fn attack_152_a_request_in_flight_is_answered_before_the_server_has_stopped() {
    let mut running = Running::new();
    let mut waiting = running.wait();
    let server = running.server();
    std::thread::scope(|scope| {
        let stopped = scope.spawn(|| server.stop());
        running.go_on.send(()).unwrap();
        assert_eq!(answer(&mut waiting).unwrap().status, 200);
        stopped.join().unwrap();
    });
}

#[test]
fn attack_152_who_is_not_done_in_time_is_told_that_the_outcome_is_unknown() {
    let mut running = Running::with(Options { stop_time: SHORT, ..Options::default() });
    let mut waiting = running.wait();
    running.server().stop();
    let answered = answer(&mut waiting).unwrap();
    assert_eq!((answered.status, answered.code().as_str()), (503, "outcome_unknown"));
    running.go_on.send(()).unwrap();
}

#[test]
fn a_transaction_that_takes_too_long_is_told_so() {
    let running = Running::with(Options { transaction_time: SHORT, ..Options::default() });
    let answered = answer(&mut running.wait()).unwrap();
    assert_eq!((answered.status, answered.code().as_str()), (504, "outcome_unknown"));
    running.go_on.send(()).unwrap();
}

#[test]
fn who_finds_no_room_is_told_so_at_once() {
    let options = Options { transactions_max: 1, waiting_max: 0, ..Options::default() };
    let running = Running::with(options);
    let mut waiting = running.wait();
    let busy = running.ask("GET", "/v1/whoami", "");
    assert_eq!((busy.status, busy.code().as_str(), busy.header("retry-after")), (503, "busy", Some("1")));
    assert_eq!(running.ask("GET", "/readyz", "").status, 503);
    assert_eq!(running.ask("GET", "/livez", "").status, 200);
    running.go_on.send(()).unwrap();
    assert_eq!(answer(&mut waiting).unwrap().status, 200);
    assert_eq!(running.ask("GET", "/readyz", "").status, 200);
}

#[test]
fn what_is_larger_than_the_limits_is_refused() {
    let running = Running::with(Options { body_bytes_max: 100_000, ..Options::default() });
    let large = json!({"operations": [], "more": "x".repeat(100_000)}).to_string();
    assert_eq!(running.ask("POST", "/v1/transaction", &large).status, 413);
    let chunk = "x".repeat(100_001);
    let chunked = format!(
        "POST /v1/transaction HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{{admin}}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n186a1\r\n{chunk}\r\n0\r\n\r\n"
    );
    assert!(send(&running, chunked.as_bytes()).is_none_or(|answered| answered.status == 413));
    let unknown =
        running.ask_with("POST", "/v1/transaction", "Authorization: Bearer nobody\r\n", &"x".repeat(99_000));
    assert_eq!(unknown.status, 401, "a large body is not read for a secret that opens nothing");
    let headers: String = (0..100).map(|n| format!("X-{n}: a\r\n")).collect();
    assert_eq!(running.ask_with("GET", "/livez", &headers, "").status, 431);
    assert_eq!(running.ask_with("GET", "/livez", &format!("X: {}\r\n", "a".repeat(20_000)), "").status, 431);
}

#[test]
fn attack_156_what_is_counted_is_told_only_where_somebody_wants_that() {
    assert_eq!(Running::new().ask("GET", "/metrics", "").status, 404);
    let running = Running::with(Options { metrics: true, ..Options::default() });
    assert!(running.ask_with("GET", "/metrics", "", "").body.contains("portunus_transactions_running 0"));
}

#[test]
fn secrets_go_over_no_network_unless_somebody_says_so() {
    let running = Running::new();
    let options = Options { address: "0.0.0.0:0".parse().unwrap(), ..Options::default() };
    assert!(matches!(Server::start(&running.db, options.clone()), Err(StartError::Plaintext(_))));
    Server::start(&running.db, Options { plaintext_off_loopback: true, ..options }).unwrap().stop();
}
