//! Single sign-on with issuers that others wrote: one that runs beside the test and changes its keys, and two libraries
//! that make tokens.

#[cfg(feature = "jwks-http")]
use crate::issuer::Issuer;
#[cfg(feature = "jwks-http")]
use crate::outside::Outside;
use crate::outside::{ISSUER, check};
use crate::python::Python;
use portunus_auth::{Algorithm, Provider, Secret};
use serde_json::{Value, json};

/// A world that fetches keys over HTTP, where the issuer is trusted. Its time is that of the issuer and some minutes more, in
/// which the issuer may make all tokens of a test.
#[cfg(feature = "jwks-http")]
fn trusting(issuer: &Issuer, principals_max: usize) -> Outside {
    use portunus_auth::{Clock, GateOptions, HttpJwks, SystemClock};
    let source = std::sync::Arc::new(HttpJwks::new().allow_http_on_loopback(true));
    let it = Outside::with(GateOptions { principals_max, jwks: Some(source), ..GateOptions::default() });
    it.world.clock.set(SystemClock.now().saturating_add(std::time::Duration::from_secs(600)));
    let provider = Provider::new("live", &issuer.name).jwks_url(&issuer.keys_url).role("reader");
    let all = [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa];
    it.define(all.into_iter().fold(provider, Provider::algorithm));
    it
}

#[cfg(feature = "jwks-http")]
#[test]
fn an_issuer_that_runs_beside_is_believed_whatever_it_signs_with() {
    let Some(mut issuer) = Issuer::start("tokens of a real issuer are accepted") else { return };
    for (algorithm, key) in [(Algorithm::Rs256, "a"), (Algorithm::Es256, "b"), (Algorithm::EdDsa, "c")] {
        issuer.add(algorithm, key);
    }
    for principals_max in [0, 64] {
        let it = trusting(&issuer, principals_max);
        for key in ["a", "b", "c"] {
            let good = issuer.token(key, &json!({"aud": it.audience, "sub": "ann", "group": ["staff"]}));
            it.world.opens(&good);
            assert_eq!((it.world.place(&good), it.roles(&good)), ("acme".into(), vec!["reader".to_owned()]));
            let claims = it.world.read(&good, |tx| Ok(tx.principal()?.claims().cloned())).unwrap();
            assert_eq!(claims.member("iss").and_then(|name| name.as_str()), Some(issuer.name.as_str()));
            for wrong in [
                json!({"aud": "https://other.example", "sub": "ann"}),
                json!({"aud": it.audience}),
                json!({"aud": it.audience, "sub": "ann", "iss": ISSUER}),
                json!({"aud": it.audience, "sub": "ann", "exp": 1}),
                json!({"aud": it.audience, "sub": "ann", "exp": null}),
                json!({"aud": it.audience, "sub": "ann", "nbf": 4_000_000_000_u64}),
            ] {
                it.world.refuses(&issuer.token(key, &wrong));
            }
        }
        assert_eq!(it.world.gate.jwks_stats().fetches, 1);
    }
}

#[cfg(feature = "jwks-http")]
#[test]
fn an_issuer_that_runs_beside_changes_its_keys_while_it_is_believed() {
    let Some(mut issuer) = Issuer::start("live rotation of a real issuer's keys") else { return };
    issuer.add(Algorithm::Rs256, "first");
    for principals_max in [0, 64] {
        let (second, third) = (format!("second {principals_max}"), format!("third {principals_max}"));
        let it = trusting(&issuer, principals_max);
        let claims = json!({"aud": it.audience, "sub": "ann"});
        let old = issuer.token("first", &claims);
        it.world.opens(&old);
        // A new key: one fetch for it, as soon as one is allowed.
        issuer.add(Algorithm::EdDsa, &second);
        let new = issuer.token(&second, &claims);
        it.world.refuses(&new);
        it.world.advance(30);
        it.world.opens(&new);
        it.world.opens(&old);
        assert_eq!(it.world.gate.jwks_stats().fetches, 2);
        // An old one is withdrawn: it opens nothing once the set has been fetched again.
        issuer.withdraw(&second);
        issuer.add(Algorithm::Es256, &third);
        it.world.advance(30);
        it.world.opens(&new);
        it.world.opens(&issuer.token(&third, &claims));
        it.world.refuses(&new);
        it.world.opens(&old);
        assert_eq!(it.world.gate.jwks_stats().fetches, 3);
    }
}

#[cfg(feature = "jwks-http")]
#[test]
fn an_issuer_that_is_gone_is_believed_by_the_keys_that_it_left() {
    let Some(mut issuer) = Issuer::start("the outage of a real issuer") else { return };
    issuer.add(Algorithm::EdDsa, "first");
    let it = trusting(&issuer, 64);
    let claims = json!({"aud": it.audience, "sub": "ann", "exp": it.seconds() + 100_000});
    let (good, never_seen) = (issuer.token("first", &claims), issuer.token("first", &claims));
    it.world.opens(&good);
    drop(issuer);
    it.world.advance(3_600);
    it.world.opens(&good);
    it.world.opens(&never_seen);
    it.world.advance(24 * 3_600);
    it.world.refuses(&good);
    it.world.refuses(&never_seen);
}

/// What the libraries are asked for, and the answers: a token, and the key that it was signed with.
fn minted(python: &Python, asked: &[Value]) -> Vec<(Secret, Value)> {
    let lines: Vec<String> = asked.iter().map(Value::to_string).collect();
    let answers = python.run(include_str!("issuer/mint.py"), &lines);
    assert_eq!(answers.len(), asked.len());
    let read = |line: &String| {
        let answer: Value = serde_json::from_str(line).unwrap();
        (Secret::from(answer["token"].as_str().unwrap()), answer["key"].clone())
    };
    answers.iter().map(read).collect()
}

#[test]
fn tokens_that_libraries_of_others_make_are_accepted() {
    let test = "tokens of PyJWT and joserfc are accepted";
    let Some(python) = Python::with(&["jwt", "joserfc", "cryptography"], test) else { return };
    check(|it| {
        let mut asked = Vec::new();
        for library in ["PyJWT", "joserfc"] {
            for algorithm in Algorithm::ALL {
                let mut claims = it.claims();
                claims["more"] = json!({"name": "Ann Åström", "levels": [1, 2.5, null], "zero": "\u{0}"});
                let kid = format!("{library} {algorithm}");
                asked.push(json!({
                    "library": library, "algorithm": algorithm.name(), "kid": kid, "claims": claims,
                }));
            }
        }
        let made = minted(&python, &asked);
        let keys = json!({"keys": made.iter().map(|(_, key)| key).collect::<Vec<_>>()}).to_string();
        let provider = Provider::new("staff", ISSUER).role("reader").jwks(keys);
        it.define(Algorithm::ALL.into_iter().fold(provider, Provider::algorithm));
        for ((token, _), asked) in made.iter().zip(&asked) {
            it.world.opens(token);
            let claims = it.world.read(token, |tx| Ok(tx.principal()?.claims().cloned())).unwrap();
            assert_eq!(claims, portunus_auth::to_value(&asked["claims"]).unwrap(), "{asked}");
        }
    });
}

#[test]
fn tokens_that_libraries_of_others_make_are_refused_for_what_they_lack() {
    let test = "faulty tokens of PyJWT and joserfc are refused";
    let Some(python) = Python::with(&["jwt", "joserfc", "cryptography"], test) else { return };
    check(|it| {
        let now = it.seconds();
        let changes = [
            ("iss", json!("https://other.example")),
            ("aud", json!("https://other.example")),
            ("aud", json!([it.audience, it.audience])),
            ("exp", json!(now)),
            ("exp", json!(null)),
            ("nbf", json!(now + 10)),
            ("sub", json!("")),
        ];
        let mut asked = Vec::new();
        for library in ["PyJWT", "joserfc"] {
            for (name, value) in &changes {
                let mut claims = it.claims();
                claims[name] = value.clone();
                let kid = format!("{library} {}", asked.len());
                asked.push(json!({"library": library, "algorithm": "ES256", "kid": kid, "claims": claims}));
            }
            for header in [json!({"typ": "logout+jwt"}), json!({"kid": "nobody's"})] {
                let kid = format!("{library} {}", asked.len());
                asked.push(json!({
                    "library": library, "algorithm": "ES256", "kid": kid, "claims": it.claims(), "header": header,
                }));
            }
        }
        let made = minted(&python, &asked);
        let keys = json!({"keys": made.iter().map(|(_, key)| key).collect::<Vec<_>>()}).to_string();
        it.define(Provider::new("staff", ISSUER).role("reader").jwks(keys).algorithm(Algorithm::Es256));
        for (token, _) in &made {
            it.world.refuses(token);
        }
    });
}
