//! Bytes as key sets: whatever they are, they are read or refused, no key is used that must not be, and no key verifies what
//! another one has signed. It knows nothing of the numbers that a key is made of.

use portunus_auth::{Algorithm, Error, JwtRules, KeySet, Timestamp, UnverifiedJwt};
use serde_json::Value;
use std::time::Duration;

/// A token signed with the example key of RFC 8037, and that key.
const SIGNED: &str = "eyJhbGciOiJFZERTQSIsImtpZCI6ImEifQ.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiLCJhdWQiOiJub3RlcyIsInN1Yi\
    I6ImFubiIsImV4cCI6MTkwMDAwMDAwMH0.t6zdkxyf8A3mNR1FiaGx_o1SdDoQd4WRV6MVy-AH-bgVmdMiYTdGjTLuTl-13xA846Qj-uqqbB--lB4kVF\
    fyBQ";
const KEY: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

/// Reads `data` as a key set, and holds a token against it.
pub fn run(data: &[u8]) {
    let keys = match KeySet::from_json(data) {
        Ok(keys) => keys,
        Err(Error::Invalid { .. } | Error::Limit { .. }) => return,
        Err(other) => panic!("{other}"),
    };
    let set: Value = serde_json::from_slice(data).expect("a key set is JSON");
    let entries = set["keys"].as_array().expect("a key set has keys");
    assert!((1..=entries.len()).contains(&keys.ids().len()) && entries.len() <= 1_000);
    for id in keys.ids() {
        assert!(entries.iter().any(|entry| may_be_used(entry, id)), "{id:?} is no key that may be used");
    }
    let rules = JwtRules {
        algorithms: &Algorithm::ALL,
        issuer: "https://id.example",
        audiences: &["notes".to_owned()],
        leeway: Duration::ZERO,
        age_max: None,
        token_type: None,
    };
    let jwt = UnverifiedJwt::read(SIGNED).expect("the token is one");
    let accepted = jwt.verify(&keys, &rules, Timestamp(0)).is_ok();
    let own = |entry: &Value| entry["kty"] == "OKP" && entry["crv"] == "Ed25519" && entry["x"] == KEY;
    let right = |entry: &&Value| may_be_used(entry, Some("a")) && own(entry);
    let right: Vec<&Value> = entries.iter().filter(right).collect();
    assert!(!accepted || !right.is_empty(), "the token is verified with a key that is not its own");
    let twice = right.iter().enumerate().any(|(place, entry)| right[..place].contains(entry));
    assert!(!accepted || !twice, "the token selects one of two keys");
}

/// Whether nothing of an entry's plain members forbids to verify with it.
fn may_be_used(entry: &Value, id: Option<&str>) -> bool {
    let secret = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"].iter().any(|name| entry.get(name).is_some());
    let kind = ["RSA", "EC", "OKP"].iter().any(|kind| entry["kty"] == **kind);
    let use_fits = entry.get("use").is_none_or(|purpose| purpose == "sig");
    let listed =
        |list: &Value| list.as_array().is_some_and(|list| list.iter().any(|operation| operation == "verify"));
    let operations_fit = entry.get("key_ops").is_none_or(listed);
    entry.get("kid").and_then(Value::as_str) == id && kind && !secret && use_fits && operations_fit
}
