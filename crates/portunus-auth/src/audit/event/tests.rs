//! The words of the log: one line each, whatever somebody is called.

use super::*;
use crate::{Collection, Durability, Gate, GateOptions, NewToken, Secret, Value};

fn at() -> Timestamp {
    Timestamp(1_800_000_000_000_000)
}

fn principal(gate: &Gate, secret: &Secret) -> Principal {
    gate.begin_read(secret).unwrap().principal().unwrap().clone()
}

#[test]
fn a_line_says_when_what_and_who() {
    let (gate, admin) = Gate::create_in_memory(&GateOptions::default()).unwrap();
    let admin = principal(&gate, &admin);
    let id = admin.id;
    let check = |event: Event, by: Option<&Principal>, expected: String| {
        let line = line(at(), &event, by.map(Author::from));
        assert_eq!(line, expected);
        assert!(Value::from_json(&line).is_ok(), "{line}");
    };
    let by = format!(r#","principal":{{"kind":"key","id":"{id}"}}}}"#);
    let now = r#"{"at":"2027-01-15T08:00:00Z","kind":"#;
    check(Event::Opened { mode: Mode::Write }, Some(&admin), format!(r#"{now}"opened","mode":"write"{by}"#));
    check(
        Event::Refused { reason: Refusal::Malformed, secret: None },
        None,
        format!(r#"{now}"refused","reason":"malformed","secret":null}}"#),
    );
    check(
        Event::Denied { action: Action::Create, resource: Resource::Key },
        Some(&admin),
        format!(r#"{now}"denied","action":"create","resource":"key"{by}"#),
    );
    let settings = AuditSettings { refusals: true, ..AuditSettings::default() };
    check(
        Event::AuditSet { settings },
        Some(&admin),
        format!(r#"{now}"audit_set","openings":false,"refusals":true,"denials":false{by}"#),
    );
    check(
        Event::KeyExpirySet { key: id, expires_at: Some(Timestamp(0)) },
        None,
        format!(r#"{now}"key_expiry_set","key":"{id}","expires_at":"1970-01-01T00:00:00Z"}}"#),
    );
    check(
        Event::TokensEnded { which: Logout::Elsewhere, tokens: vec![id] },
        None,
        format!(r#"{now}"tokens_ended","which":"elsewhere","tokens":["{id}"]}}"#),
    );
}

#[test]
fn a_name_cannot_break_out_of_its_line() {
    let (gate, admin) = Gate::create_in_memory(&GateOptions::default()).unwrap();
    let hostile = "a\r\n{\"at\":\"\u{1b}[2J\u{9b}31m\u{7f}\u{85}\u{2028}\u{2029}\u{202e}\u{2066}\u{200f}\u{61c}\0\u{8}é";
    let mut view = gate.begin_write(&admin).unwrap();
    view.define(Collection::new("users")).unwrap();
    view.create_with_id("users", hostile, Value::Null).unwrap_err();
    view.create_with_id("users", hostile, serde_json::json!({})).unwrap();
    let token = view.create_token(NewToken::new("users", hostile)).unwrap();
    view.commit(Durability::Immediate).unwrap();
    let holder = principal(&gate, &token.secret);
    let event = Event::IdentityDeleted { collection: "users".into(), document: hostile.into() };
    let line = line(at(), &event, Some(Author::from(&holder)));
    let escaped = "a\\r\\n{\\\"at\\\":\\\"\\u001b[2J\\u009b31m\\u007f\\u0085\\u2028\\u2029\\u202e\\u2066\\u200f\\u061c\\u0000\\bé";
    assert_eq!(line.matches(escaped).count(), 2, "{line}");
    assert!(!line.chars().any(char::is_control));
    let read = Value::from_json(&line).unwrap();
    let by = read.member("principal").unwrap();
    assert_eq!(by.member("document").and_then(Value::as_str), Some(hostile), "and it is read as it was");
    assert_eq!(by.member("kind").and_then(Value::as_str), Some("token"));
}

#[test]
fn a_transaction_that_does_too_much_is_stopped() {
    let mut events = Events::default();
    for _ in 0..EVENTS_MAX {
        events.push(Event::AuditStopped).unwrap();
    }
    assert!(matches!(events.push(Event::AuditStopped), Err(Error::Limit { max: EVENTS_MAX, .. })));
    assert_eq!(events.iter().count(), EVENTS_MAX);
}
