//! Texts as tokens of an outside issuer, and headers and payloads that the issuer has signed: what is accepted is right in
//! everything, which is written down here a second time, for another reader of JSON. It knows nothing of stores.

use aws_lc_rs::signature::Ed25519KeyPair;
use data_encoding::BASE64URL_NOPAD;
use portunus_auth::{Algorithm, JwtFault, JwtRules, KeySet, Timestamp, UnverifiedJwt};
use serde_json::Value;
use std::time::Duration;

/// The example key of RFC 8037: everybody knows its private half.
const PUBLIC: &[u8] = br#"{"keys": [
    {"kid": "a", "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
]}"#;
const PRIVATE: &[u8] = b"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";

/// The instant at which all this happens: 2,000 seconds after 1970.
const NOW: Timestamp = Timestamp(2_000_000_000);

/// Takes `data` for a token, and if it has two lines, for a header and a payload that the issuer signs.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let keys = KeySet::from_json(PUBLIC).expect("the set has a key");
    read(text, &keys);
    if let Some((header, payload)) = text.split_once('\n') {
        let signed = format!("{}.{}", encoded(header), encoded(payload));
        let seed = BASE64URL_NOPAD.decode(PRIVATE).expect("the key is base64");
        let key = Ed25519KeyPair::from_seed_unchecked(&seed).expect("the key is one");
        let signature = BASE64URL_NOPAD.encode(key.sign(signed.as_bytes()).as_ref());
        verify(&format!("{signed}.{signature}"), header, payload, &keys);
    }
}

/// A text that nobody has signed, under the rules that suit it best.
fn read(text: &str, keys: &KeySet) {
    let Ok(jwt) = UnverifiedJwt::read(text) else { return };
    assert!(!jwt.issuer().is_empty() && (1..=64).contains(&jwt.audiences().len()));
    assert!(jwt.key_id().is_none_or(|id| (1..=256).contains(&id.len())));
    let (issuer, audience) = (jwt.issuer().to_owned(), jwt.audiences()[..1].to_vec());
    let outcome = jwt.verify(keys, &rules(&issuer, &audience), NOW);
    assert!(outcome.is_err() || text == SIGNED, "a forged token was accepted");
}

/// A token that the issuer has signed, from which others may be made.
const SIGNED: &str = "eyJhbGciOiJFZERTQSIsImtpZCI6ImEifQ.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiLCJhdWQiOiJub3RlcyIsInN1Yi\
    I6ImFubiIsImV4cCI6MTkwMDAwMDAwMH0.t6zdkxyf8A3mNR1FiaGx_o1SdDoQd4WRV6MVy-AH-bgVmdMiYTdGjTLuTl-13xA846Qj-uqqbB--lB4kVF\
    fyBQ";

fn verify(token: &str, header: &str, payload: &str, keys: &KeySet) {
    let audiences = ["notes".to_owned(), "drafts".to_owned()];
    let rules = rules("https://id.example", &audiences);
    let outcome = UnverifiedJwt::read(token).and_then(|jwt| jwt.verify(keys, &rules, NOW));
    let claims = match outcome {
        Ok(claims) => claims,
        Err(fault) => return assert_ne!(fault, JwtFault::Signature, "the issuer has signed it"),
    };
    let header: Value = serde_json::from_str(header).expect("the header is JSON");
    assert_eq!(header["alg"], "EdDSA");
    assert!(["crit", "b64", "zip"].iter().all(|name| header.get(name).is_none()), "an extension");
    assert!(header.get("kid").is_none_or(|id| id == "a"), "another key");
    let purposes = ["jwt", "at+jwt", "application/jwt", "application/at+jwt"];
    let is_common = |name: &Value| purposes.contains(&name.as_str().unwrap_or("").to_lowercase().as_str());
    assert!(header.get("typ").is_none_or(is_common), "another purpose");
    let payload: Value = serde_json::from_str(payload).expect("the payload is JSON");
    check_claims(&payload);
    assert!(audiences.contains(&claims.audience));
    assert_eq!(
        (payload["iss"].as_str(), payload["sub"].as_str()),
        (Some(&*claims.issuer), Some(&*claims.subject))
    );
    assert_eq!(payload.get("jti").and_then(Value::as_str), claims.token_id.as_deref());
    assert_eq!(claims.payload.to_json().expect("it came from JSON"), payload);
    let end = payload["exp"].as_f64().expect("the end is a number");
    let told = claims.expires_at.saturating_since(Timestamp(0)).as_secs_f64();
    assert!(told > 2_000.0 && told <= end + 1e-3, "it ends at {told} and not at {end}");
}

/// What holds of every payload that is accepted.
fn check_claims(payload: &Value) {
    assert_eq!(payload["iss"], "https://id.example");
    let subject = payload["sub"].as_str().expect("the subject is a text");
    assert!((1..=255).contains(&subject.len()) && !subject.contains(char::is_control));
    let audiences = payload["aud"].as_array().cloned().unwrap_or_else(|| vec![payload["aud"].clone()]);
    let own = audiences.iter().filter(|audience| **audience == "notes" || **audience == "drafts").count();
    assert!(own == 1 && audiences.len() <= 64 && audiences.iter().all(Value::is_string));
    for (claim, earliest, latest) in
        [("exp", 2_000.0, f64::MAX), ("nbf", 0.0, 2_000.0), ("iat", 0.0, 2_000.0)]
    {
        match payload.get(claim) {
            Some(date) => {
                let date = date.as_f64().expect("a date is a number");
                assert!((earliest..=latest).contains(&date), "{claim} is {date}");
            }
            None => assert_ne!(claim, "exp", "a token ends"),
        }
    }
}

fn rules<'r>(issuer: &'r str, audiences: &'r [String]) -> JwtRules<'r> {
    JwtRules {
        algorithms: &Algorithm::ALL,
        issuer,
        audiences,
        leeway: Duration::ZERO,
        age_max: None,
        token_type: None,
    }
}

fn encoded(text: &str) -> String {
    BASE64URL_NOPAD.encode(text.as_bytes())
}
