//! A JWT is nowhere but in its own text: not in the file, not in what is traced, not in what is printed.

use crate::leaks::holds;
use crate::mint::{Signer, key_set};
use crate::outside::{ISSUER, KEYS_URL, Outside};
use crate::trace::heard;
use crate::world::path;
use portunus_auth::{
    Action, Collection, Durability, Gate, GateOptions, ManualClock, Role, Secret, TreeOptions,
};
use serde_json::json;

/// What a refusal must not be traced with: the parts of the token, and what it claims.
fn shows_nothing(text: &str, secret: &Secret) {
    for part in secret.expose().split('.').filter(|part| part.len() > 16) {
        assert!(!text.contains(part), "{text}");
    }
    for claimed in ["a private subject", "a private id", ISSUER] {
        assert!(!text.contains(claimed), "{text}");
    }
}

#[test]
fn the_trace_has_the_reason_and_never_the_token() {
    type Case = (&'static str, fn(&Outside) -> Secret);
    let cases: [Case; 15] = [
        ("jwt_malformed", |_| Secret::from("a.b.c")),
        ("jwt_algorithm", |it| {
            let header = json!({"alg": "HS256", "kid": "first"});
            Secret::new(it.signer.token_with(&header, &claims(it)))
        }),
        ("jwt_signature", |it| Secret::new(Signer::new("first").token(&claims(it)))),
        ("jwt_key", |it| Secret::new(Signer::new("other").token(&claims(it)))),
        ("jwt_expired", |it| {
            let secret = good(it);
            it.world.opens(&secret);
            it.at(3_600);
            secret
        }),
        ("jwt_claims", |it| it.without("exp")),
        ("jwt_provider", |it| it.jwt(|claims| claims["iss"] = json!("https://other.example"))),
        ("jwt_several_databases", |it| it.jwt(|claims| claims["aud"] = json!([it.audience, it.audience]))),
        ("jwt_key_set", |it| {
            it.key_sets.withdraw(KEYS_URL);
            it.define(it.fetching().role("reader"));
            good(it)
        }),
        ("jwt_issued_before", |it| {
            it.world.write(&it.admin(), |tx| tx.set_provider_not_before("staff", Some(it.world.later(9))));
            good(it)
        }),
        ("jwt_denied", |it| {
            let ends = it.world.later(3_600);
            it.world.write(&it.admin(), |tx| tx.deny_jwt("staff", "a private id", ends));
            good(it)
        }),
        ("jwt_mapping", |it| {
            it.define(it.provider().role("reader").identity("users", ["issuer", "subject"]));
            it.world.write(&it.admin(), |tx| tx.define(Collection::new("users")));
            good(it)
        }),
        ("jwt_no_role", |it| {
            it.define(it.provider());
            good(it)
        }),
        ("database_disabled", |it| {
            it.world.write(&it.world.admin, |tx| tx.disable_database(&path("acme")));
            good(it)
        }),
        ("jwt_too_old", |it| {
            it.define(it.provider().role("reader").age_max(std::time::Duration::from_secs(60)));
            let secret = good(it);
            it.at(60);
            secret
        }),
    ];
    for (reason, prepare) in cases {
        for principals_max in [0, 64] {
            let it = Outside::new(principals_max);
            let secret = prepare(&it);
            let ((), text) = heard(|| it.world.refuses(&secret));
            assert_eq!(text.matches(&format!("reason={reason} ")).count(), 2, "{reason}: {text}");
            shows_nothing(&text, &secret);
            assert_eq!(format!("{secret:?}"), "Secret(…)");
        }
    }
}

fn claims(it: &Outside) -> serde_json::Value {
    let mut claims = it.claims();
    claims["sub"] = json!("a private subject");
    claims["jti"] = json!("a private id");
    claims
}

fn good(it: &Outside) -> Secret {
    Secret::new(it.signer.token(&claims(it)))
}

#[test]
fn no_byte_of_a_token_is_in_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store");
    let it = Outside::new(0);
    let clock = std::sync::Arc::new(ManualClock::new(it.world.clock_now()));
    let tree = TreeOptions { clock, ..TreeOptions::default() };
    let (gate, root) = Gate::create(&file, &GateOptions { tree, ..GateOptions::default() }).unwrap();
    let mut view = gate.begin_write(&root).unwrap();
    let audience = format!("urn:portunus:db:{}", view.create_database(&path("acme")).unwrap().public_id);
    view.commit(Durability::Immediate).unwrap();
    let admin = root.scoped(&"@acme#admin".parse().unwrap());
    let mut view = gate.begin_write(&admin).unwrap();
    view.define(Collection::new("notes")).unwrap();
    view.define_role(Role::new("author").allow("notes", Action::Create)).unwrap();
    view.define_provider(it.provider().role("author")).unwrap();
    view.commit(Durability::Immediate).unwrap();
    let secret = Secret::new(it.signer.token(&{
        let mut claims = claims(&it);
        claims["aud"] = json!(audience);
        claims
    }));
    let mut view = gate.begin_write(&secret).unwrap();
    view.create("notes", json!({"text": "by the holder of a token"})).unwrap();
    view.commit(Durability::Immediate).unwrap();
    let mut view = gate.begin_write(&admin).unwrap();
    view.deny_jwt("staff", "a private id", it.world.later(3_600)).unwrap();
    view.commit(Durability::Immediate).unwrap();
    gate.close().unwrap();
    let bytes = std::fs::read(&file).unwrap();
    assert!(holds(&bytes, b"by the holder of a token"), "the search finds what is there");
    assert!(holds(&bytes, key_set([&it.signer]).as_bytes()), "public keys are no secret");
    for part in secret.expose().split('.').filter(|part| part.len() > 16) {
        assert!(part.as_bytes().windows(16).all(|part| !holds(&bytes, part)));
    }
    assert!(!holds(&bytes, b"a private id") && !holds(&bytes, b"a private subject"));
}
