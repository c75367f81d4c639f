//! What verification accepts and refuses, in tables: one file for each part of a token, and for the keys.

mod claims;
mod header;
mod issuer;
mod key_sets;
mod mutants;
mod signatures;
mod text;
mod vectors;

use super::{Algorithm, JwtClaims, JwtFault, JwtRules, KeySet, UnverifiedJwt};
use issuer::{NOW, issuer};
use portunus_scope::Timestamp;
use std::sync::LazyLock;
use std::time::Duration;

/// The rules of most tests: everything that the issuer can sign, and two audiences.
fn rules() -> JwtRules<'static> {
    static AUDIENCES: LazyLock<[String; 2]> = LazyLock::new(|| ["notes".to_owned(), "drafts".to_owned()]);
    JwtRules {
        algorithms: &Algorithm::ALL,
        issuer: "https://id.example",
        audiences: &*AUDIENCES,
        leeway: Duration::ZERO,
        age_max: None,
        token_type: None,
    }
}

/// What a token comes to with the keys of the issuer, now.
fn verify(token: &str) -> Result<JwtClaims, JwtFault> {
    verify_under(&rules(), token)
}

fn verify_under(rules: &JwtRules<'_>, token: &str) -> Result<JwtClaims, JwtFault> {
    verify_at(token, &issuer().keys, rules, NOW)
}

fn verify_at(
    token: &str,
    keys: &KeySet,
    rules: &JwtRules<'_>,
    now: Timestamp,
) -> Result<JwtClaims, JwtFault> {
    UnverifiedJwt::read(token)?.verify(keys, rules, now)
}

/// A token that is right in everything is accepted, and everything in it is handed out.
#[test]
fn acceptance_63_a_token_that_is_right_in_everything_says_who_and_until_when() {
    for algorithm in Algorithm::ALL {
        let header = issuer::header(algorithm, &[("typ", "\"JWT\"")]);
        let more = [("iat", "1000"), ("nbf", "1000"), ("jti", "\"one\""), ("email", "\"ann@example.com\"")];
        let claims = verify(&issuer().token(algorithm, &header, &issuer::payload(&more))).unwrap();
        assert_eq!((claims.issuer.as_str(), claims.subject.as_str()), ("https://id.example", "ann"));
        assert_eq!((claims.audience.as_str(), claims.token_id.as_deref()), ("notes", Some("one")));
        assert_eq!(
            (claims.expires_at, claims.issued_at),
            (seconds(3_000), Some(seconds(1_000))),
            "{algorithm}"
        );
        assert_eq!(claims.payload.member("email").and_then(|email| email.as_str()), Some("ann@example.com"));
    }
}

fn seconds(seconds: i64) -> Timestamp {
    Timestamp(seconds * 1_000_000)
}
