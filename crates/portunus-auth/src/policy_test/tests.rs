//! Policy tests that hold, that do not, and that are none.

#![expect(clippy::needless_pass_by_value, reason = "what is made where it is passed reads best")]

use super::*;
use portunus_scope::{from_value, to_value};
use serde_json::{Value, json};

/// A test with two people, notes, and what is expected.
fn test(expect: Value) -> PolicyTest {
    read(json!({
        "collection": [{"name": "users", "indexes": [{"fields": ["issuer", "subject"], "unique": true}]}],
        "procedures": ["publish"],
        "provider": [{
            "name": "okta",
            "issuer": "urn:okta",
            "roles": ["reader", {"role": "caller", "when": "'call' in scopes(claims)"}],
            "identity": {"collection": "users", "fields": ["issuer", "subject"]},
        }],
        "documents": {
            "users": {
                "ann": {"employed": true, "issuer": "urn:okta", "subject": "ann"},
                "bob": {"employed": false},
            },
            "notes": {
                "1": {"owner": "ann", "title": "milk", "salary": 7, "open": true, "items": [{"cost": 3, "name": "a"}]},
                "2": {"owner": "bob", "title": "tea", "salary": 8, "until": "2026-06-01T00:00:00Z"},
            },
        },
        "roles": {
            "predicates": {"owns": {"parameters": ["what"], "rule": "what.owner == id(identity)"}},
            "role": [
                {
                    "name": "author",
                    "members": [{"collection": "users", "when": "identity.employed"}],
                    "allow": [
                        {"on": "notes", "actions": ["read"], "when": "owns(doc)", "except": ["salary", "items.cost"]},
                        {"on": "notes", "actions": ["delete"], "when": "owns(doc)"},
                        {"on": "notes", "actions": ["write"], "when": "owns(old) && new.owner == old.owner"},
                        {"on": "notes", "actions": ["create"], "when": "owns(new)"},
                    ],
                    "deny": [{"on": "notes", "actions": ["delete"], "when": "doc.open"}],
                },
                {"name": "reader", "allow": [{"on": "notes", "actions": ["read"], "when": "now < timestamp(doc.until)"}]},
                {"name": "caller", "allow": [{"procedure": "publish", "when": "args.pages < 3"}]},
            ],
        },
        "expect": expect,
    }))
}

fn read(form: Value) -> PolicyTest {
    from_value(&to_value(&form).unwrap()).unwrap()
}

/// What is wrong with one expectation, if anything is.
fn failure(expect: Value) -> Option<String> {
    let report = run(json!([expect])).unwrap();
    let outcome = report.outcomes[0].clone();
    assert_eq!(outcome.why.is_some(), outcome.failure.is_some(), "{outcome:?}");
    outcome.failure
}

fn run(expect: Value) -> Result<PolicyReport> {
    test(expect).run()
}

#[test]
fn what_is_as_expected_holds() {
    let all = json!([
        {"who": "users/ann", "can": "read", "on": "notes/1", "because": "owns(doc)"},
        {"who": "users/ann", "cannot": "read", "on": "notes/2", "because": "owns"},
        {"who": "users/bob", "cannot": "read", "on": "notes/2", "because": "identity.employed"},
        {"who": "users/ann", "sees": ["title", "items.name"], "does_not_see": ["salary", "items.cost"], "on": "notes/1"},
        {"who": "users/ann", "lists": ["1"], "on": "notes"},
        {"who": "users/bob", "lists": [], "on": "notes"},
        {"who": "users/ann", "can": "write", "on": "notes/1", "change": {"title": "x"}},
        {"who": "users/ann", "cannot": "write", "on": "notes/1", "change": {"owner": "bob"}, "because": "new.owner == old.owner"},
        {"who": "users/ann", "cannot": "write", "on": "notes/1", "replace": {"owner": "ann"}, "because": "does not see"},
        {"who": "users/ann", "can": "create", "on": "notes", "document": {"owner": "ann"}},
        {"who": "users/ann", "cannot": "create", "on": "notes/9", "document": {"owner": "ann"}},
        {"who": "users/ann", "cannot": "create", "on": "notes", "document": {"owner": "bob"}, "because": "owns(new)"},
        {"who": "users/ann", "cannot": "delete", "on": "notes/1", "because": "doc.open"},
        {"who": "users/ann", "cannot": "delete", "on": "notes/1", "because": "author denies"},
        {"who": "users/ann", "can": "list_ids", "on": "notes/1"},
        {"who": "role:reader", "can": "read", "on": "notes/2", "at": "2026-05-01T00:00:00Z"},
        {"who": "role:reader", "cannot": "read", "on": "notes/2", "at": "2026-07-01T00:00:00Z", "because": "now <"},
        {"who": "role:reader", "cannot": "delete", "on": "notes/2", "because": "no grant"},
        {"who": "role:caller", "can": "call", "on": "publish", "args": {"pages": 1}},
        {"who": "role:caller", "cannot": "call", "on": "publish", "args": {"pages": 3}, "because": "args.pages"},
        {"who": {"claims": {"scope": "call"}, "provider": "okta"}, "can": "call", "on": "publish", "args": {"pages": 1}},
        {"who": {"claims": {"scope": "recall"}, "provider": "okta"}, "cannot": "call", "on": "publish", "args": {"pages": 1}, "because": "scopes(claims)"},
        {"who": {"claims": {"sub": "ann"}, "provider": "okta"}, "can": "read", "on": "notes/1"},
        {"who": {"claims": {}, "roles": ["caller", "reader"]}, "can": "call", "on": "publish", "args": {"pages": 1}},
    ]);
    let report = run(all).unwrap();
    assert!(report.holds(), "{report}");
    assert!(report.to_string().ends_with("24 of 24 expectations hold\n"));
}

#[test]
fn what_is_otherwise_is_told_with_the_reason() {
    for (expect, problem) in [
        (
            json!({"who": "users/ann", "cannot": "read", "on": "notes/1"}),
            "it is allowed, without items.cost, salary",
        ),
        (json!({"who": "users/ann", "can": "read", "on": "notes/2"}), "it is as if it were not there"),
        (json!({"who": "users/ann", "can": "delete", "on": "notes/1"}), "it is denied"),
        (
            json!({"who": "users/ann", "can": "read", "on": "notes/1", "because": "title"}),
            "it is, but not because of \"title\"",
        ),
        // What stands in another part of the rule than the one by which it was decided.
        (
            json!({"who": "users/ann", "cannot": "write", "on": "notes/1", "change": {"owner": "bob"}, "because": "owns(old)"}),
            "it is, but not because of \"owns(old)\"",
        ),
        (json!({"who": "users/ann", "sees": ["salary"], "on": "notes/1"}), "it is not seen"),
        (json!({"who": "users/ann", "does_not_see": ["title"], "on": "notes/1"}), "it is seen"),
        (json!({"who": "users/ann", "sees": ["title"], "on": "notes/2"}), "the document is not seen at all"),
        (json!({"who": "users/ann", "lists": ["1", "2"], "on": "notes"}), "2 is not"),
        (json!({"who": "users/ann", "lists": [], "on": "notes"}), "1 is listed"),
    ] {
        let failed = failure(expect.clone());
        assert_eq!(failed.as_deref(), Some(problem), "{expect}");
    }
    let missing = run(json!([{"who": "users/ann", "lists": ["1", "9"], "on": "notes"}])).unwrap();
    assert_eq!(missing.outcomes[0].failure.as_deref(), Some("there is no notes/9"));
    let clash = run(
        json!([{"who": "users/ann", "can": "write", "on": "notes/1", "change": {"a": 1}, "replace": {}}]),
    );
    assert!(clash.is_err());
}

#[test]
fn what_cannot_be_tried_is_refused_with_its_place() {
    for (expect, problem) in [
        (json!({"who": "users/ann", "on": "notes/1"}), "expects nothing"),
        (json!({"who": "ann", "can": "read", "on": "notes/1"}), "COLLECTION/ID, role:NAME"),
        (json!({"who": "users/zoe", "can": "read", "on": "notes/1"}), "there is no such"),
        (json!({"who": "role:zoe", "can": "read", "on": "notes/1"}), "role"),
        (json!({"who": "users/ann", "can": "read", "on": "notes"}), "COLLECTION/ID"),
        (json!({"who": "users/ann", "can": "read", "on": "notes/9"}), "no such document"),
        (json!({"who": "users/ann", "can": "read", "on": "papers/1"}), "no such collection"),
        (json!({"who": "users/ann", "can": "read", "on": "notes/1", "document": {}}), "nothing but `on`"),
        (json!({"who": "users/ann", "can": "write", "on": "notes/1"}), "`change` or `replace`"),
        (json!({"who": "users/ann", "can": "create", "on": "notes"}), "`document`"),
        (json!({"who": "users/ann", "can": "explain", "on": "notes"}), "cannot be tried"),
        (json!({"who": "users/ann", "sees": ["nothing"], "on": "notes/1"}), "notes/1 has no nothing"),
        (json!({"who": "users/ann", "sees": [""], "on": "notes/1"}), "expect[0]"),
        (json!({"who": "users/ann", "sees": ["title"], "on": "notes/1", "change": {}}), "are for `can`"),
        (json!({"who": "users/ann", "lists": [], "on": "notes", "because": "x"}), "`because` is for"),
        (json!({"who": {"claims": {}}, "can": "read", "on": "notes/1"}), "need either"),
        (json!({"who": {"claims": [], "roles": ["reader"]}, "can": "read", "on": "notes/1"}), "an object"),
        (
            json!({"who": {"claims": {}, "provider": "zoe"}, "can": "read", "on": "notes/1"}),
            "access provider",
        ),
    ] {
        match run(json!([expect])) {
            Err(Error::Invalid { place, problem: told }) => {
                let told = format!("{place}: {told}");
                assert!(told.starts_with("expect[0]") && told.contains(problem), "{expect}: {told}");
            }
            other => panic!("{expect}: {other:?}"),
        }
    }
}

#[test]
fn a_form_that_is_none_is_refused() {
    for form in [
        json!({"expects": []}),
        json!({"roles": 3}),
        json!({"roles": {"role": [{"nam": "x"}]}}),
        json!({"expect": [{"who": "users/ann", "kan": "read", "on": "notes/1"}]}),
        json!({"expect": [{"who": "users/ann", "can": "reed", "on": "notes/1"}]}),
        json!({"expect": [{"who": 3, "can": "read", "on": "notes/1"}]}),
        json!({"documents": {"notes": [1]}}),
    ] {
        assert!(from_value::<PolicyTest>(&to_value(&form).unwrap()).is_err(), "{form}");
    }
    // What the store refuses is refused here.
    let role = json!([{"name": "a", "allow": [{"on": "notes", "actions": ["read"], "when": "doc.x =="}]}]);
    let rule = read(json!({"documents": {"notes": {}}, "roles": {"role": role}})).run();
    assert!(matches!(rule, Err(Error::Rule { .. })), "{rule:?}");
    let document = read(json!({"documents": {"notes": {"1": 3}}})).run();
    assert!(matches!(document, Err(Error::Invalid { place, .. }) if place == "documents.notes.1"));
}

#[test]
fn policy_tests_have_their_limits() {
    let expect = json!({"who": "role:reader", "can": "read", "on": "notes/2"});
    let many = test(Value::Array(vec![expect.clone(); POLICY_EXPECTATIONS_MAX + 1])).run();
    assert!(matches!(many, Err(Error::Limit { .. })));
    let documents: serde_json::Map<String, Value> =
        (0..=POLICY_DOCUMENTS_MAX).map(|number| (number.to_string(), json!({}))).collect();
    assert!(matches!(read(json!({"documents": {"notes": documents}})).run(), Err(Error::Limit { .. })));
    let at = |number: usize| format!("2026-01-01T00:{number:02}:00Z");
    let instants = |most: usize| {
        let expect = |number| json!({"who": "role:reader", "can": "read", "on": "notes/2", "at": at(number)});
        test(Value::Array((0..most).map(expect).collect())).run()
    };
    assert!(instants(POLICY_INSTANTS_MAX).unwrap().holds());
    assert!(matches!(instants(POLICY_INSTANTS_MAX + 1), Err(Error::Limit { .. })));
}

#[test]
fn coverage_tells_what_was_seen_of_each_rule_and_each_part() {
    let report = run(json!([
        {"who": "users/ann", "can": "read", "on": "notes/1"},
        {"who": "users/ann", "can": "write", "on": "notes/1", "change": {"title": "x"}},
        {"who": "users/bob", "cannot": "read", "on": "notes/1"},
    ]))
    .unwrap();
    let of = |of: &str| report.coverage.rules.iter().find(|rule| rule.of == of).unwrap();
    let seen = |seen: Seen| (seen.as_true, seen.as_false, seen.as_fault);
    assert_eq!(seen(of("members in users").seen), (true, true, false));
    // What those do not have who were asked about is not counted: bob is no author.
    assert_eq!(seen(of("grant to read notes").seen), (true, false, false));
    assert_eq!(seen(of("grant to create notes").seen), (false, false, false));
    let write = of("grant to write notes");
    let parts: Vec<_> = write.parts.iter().map(|part| (part.text.as_str(), seen(part.seen))).collect();
    assert_eq!(
        parts,
        [("owns(old)", (true, false, false)), ("new.owner == old.owner", (true, false, false))]
    );
    let reader = report.coverage.rules.iter().find(|rule| rule.role == "reader").unwrap();
    assert_eq!(seen(reader.seen), (false, false, false));
    assert!((1..50).contains(&report.coverage.percent()));
}
