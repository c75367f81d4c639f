//! JWTs of an outside issuer as secrets: taken as the content of a secret file, and refused before their end.

use crate::harness::{Said, World};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value as Json, json};
use std::time::{SystemTime, UNIX_EPOCH};

const ISSUER: &str = "https://issuer.example";

/// A store with a database `app`, whose user ann comes from an issuer that signs with `key`.
struct Outside {
    world: World,
    key: Ed25519KeyPair,
}

impl Outside {
    fn new() -> Self {
        let world = World::new();
        let key = Ed25519KeyPair::generate().unwrap();
        let public = BASE64URL_NOPAD.encode(key.public_key().as_ref());
        world.write("keys", &json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": public}]}).to_string());
        let outside = Self { world, key };
        outside.world.admin(&["db", "create", "app"]).ok();
        outside.app(&["collection", "define", "users", "--unique", "issuer,subject"]).ok();
        outside.app(&["put", "users", "ann", &json!({"issuer": ISSUER, "subject": "17"}).to_string()]).ok();
        outside.app(&["role", "define", "visitor", "--allow", "users:list_ids"]).ok();
        outside.app(&["role", "define", "reader", "--member", "users", "--allow", "users:read"]).ok();
        let define = ["provider", "define", "staff", "--issuer", ISSUER, "--jwks-file", "keys"];
        let rules = ["--algorithm", "EdDSA", "--audience", "app", "--role", "visitor"];
        outside.app(&[&define[..], &rules, &["--identity", "users:issuer,subject"]].concat()).ok();
        outside
    }

    /// As an admin in the database.
    fn app(&self, args: &[&str]) -> Said {
        self.world.admin(&[args, &["--in", "app"]].concat())
    }

    /// Writes a JWT with these claims, and others that it must have, into the file of this name.
    fn jwt(&self, file: &str, claims: &Json) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let mut payload = json!({"iss": ISSUER, "sub": "17", "aud": "app", "iat": now, "exp": now + 3_600});
        payload.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
        let encode = |part: &Json| BASE64URL_NOPAD.encode(part.to_string().as_bytes());
        let signed = format!("{}.{}", encode(&json!({"alg": "EdDSA"})), encode(&payload));
        let signature = BASE64URL_NOPAD.encode(self.key.sign(signed.as_bytes()).as_ref());
        self.world.write(file, &format!("{signed}.{signature}\n"));
    }

    fn whoami(&self, file: &str) -> Said {
        self.world.run(&["whoami", "--store", "s", "--secret-file", file, "--json"])
    }
}

#[test]
fn whoami_shows_the_holder_of_a_jwt_and_its_claims() {
    let outside = Outside::new();
    outside.jwt("known", &json!({"name": "Ann"}));
    outside.jwt("unknown", &json!({"sub": "18"}));
    let known = outside.whoami("known").ok().json();
    assert_eq!(known["kind"], "jwt");
    assert_eq!(known["roles"], json!(["reader", "visitor"]));
    assert_eq!(known["identity"], json!({"collection": "users", "document": "ann"}));
    assert_eq!((&known["claims"]["sub"], &known["claims"]["name"]), (&json!("17"), &json!("Ann")));
    assert!(known["expires_at"].is_string());
    let unknown = outside.whoami("unknown").ok().json();
    assert_eq!((&unknown["roles"], &unknown["identity"]), (&json!(["visitor"]), &Json::Null));
    let table = outside.world.run(&["whoami", "--store", "s", "--secret-file", "known"]).ok().out;
    assert!(table.contains("claim name  Ann") && table.contains("users/ann"), "{table}");
    outside
        .world
        .run(&["logout", "--store", "s", "--secret-file", "known"])
        .failed(3, "for the token of a document");
}

#[test]
fn every_jwt_that_opens_nothing_gets_the_same_answer() {
    let outside = Outside::new();
    outside.jwt("expired", &json!({"iat": 1_000_000_000, "exp": 1_000_003_600}));
    outside.jwt("elsewhere", &json!({"aud": "another"}));
    outside.jwt("unborn", &json!({"nbf": 9_000_000_000_u64}));
    outside.jwt("denied", &json!({"jti": "5e1f"}));
    outside.whoami("denied").ok();
    outside.app(&["provider", "deny", "staff", "5e1f", "--until", "1h"]).ok();
    outside.jwt("right", &json!({}));
    let right = outside.world.read("right");
    outside.world.write("scoped", &format!("{}#admin", right.trim()));
    outside.world.write("unsigned", &right[..=right.rfind('.').unwrap()]);
    let answers: Vec<_> = ["expired", "elsewhere", "unborn", "denied", "scoped", "unsigned"]
        .map(|file| outside.whoami(file))
        .map(|said| (said.code, said.out, said.err))
        .into();
    assert_eq!(answers[0].0, 3);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    outside.whoami("right").ok();
    assert_eq!(outside.app(&["provider", "not-before", "staff", "2099-01-01T00:00:00Z"]).ok().out, "");
    outside.whoami("right").failed(3, "unauthenticated");
    outside.app(&["provider", "not-before", "staff", "none"]).ok();
    outside.whoami("right").ok();
    outside.app(&["provider", "delete", "staff", "--yes"]).ok();
    outside.whoami("right").failed(3, "unauthenticated");
}
