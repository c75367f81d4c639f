//! Texts that are no tokens, and those that are too long.

use super::issuer::{header, issuer, payload};
use super::{JwtFault, verify};
use crate::base64url;
use crate::jwt::{Algorithm, UnverifiedJwt};
use proptest::prelude::*;

fn check(text: &str, expected: JwtFault) {
    assert_eq!(UnverifiedJwt::read(text).unwrap_err(), expected, "{text:.80}");
}

#[test]
fn attack_015_tokens_in_json_are_refused() {
    let token = issuer().claiming(&[]);
    let [header, payload, signature] = token.split('.').collect::<Vec<_>>()[..] else {
        panic!("three parts")
    };
    let one = format!(r#"{{"protected":"{header}","signature":"{signature}"}}"#);
    for text in [
        format!(r#"{{"payload":"{payload}","protected":"{header}","signature":"{signature}"}}"#),
        format!(r#"{{"payload":"{payload}","signatures":[{one}]}}"#),
        format!(r#"{{"payload":"{payload}","signatures":[{one},{one}]}}"#),
        format!(r#"{{"payload":"{payload}","x":"..","signatures":[{one}]}}"#),
        format!("[\"{token}\"]"),
        format!("\"{token}\""),
    ] {
        check(&text, JwtFault::Malformed);
    }
}

#[test]
fn attack_029_other_forms_of_base64_are_refused() {
    let token =
        issuer().token(Algorithm::EdDsa, &header(Algorithm::EdDsa, &[]), &payload(&[("a", "\"?>?>\"")]));
    verify(&token).unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    for (place, part) in parts.iter().enumerate() {
        let with = |other: String| {
            let mut parts: Vec<String> = parts.iter().map(|part| (*part).to_owned()).collect();
            parts[place] = other;
            parts.join(".")
        };
        for mark in ["=", "==", " ", "\n", "\r\n", "\t", "\0", "+", "/", "é", "%3D", "."] {
            check(&with(format!("{part}{mark}")), JwtFault::Malformed);
            check(&with(format!("{mark}{part}")), JwtFault::Malformed);
            check(&with(format!("{}{mark}{}", &part[..4], &part[4..])), JwtFault::Malformed);
        }
        check(&with(String::new()), JwtFault::Malformed);
        check(&with("A".to_owned()), JwtFault::Malformed);
    }
    let other_alphabet = token.replace('-', "+").replace('_', "/");
    assert_ne!(token, other_alphabet);
    check(&other_alphabet, JwtFault::Malformed);
}

/// The last letter of a signature of 64 bytes has four bits that belong to no byte. Were they ignored, one token would
/// have sixteen texts.
#[test]
fn attack_029_bits_beyond_the_last_byte_are_refused() {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let token = issuer().claiming(&[]);
    let (body, last) = token.split_at(token.len() - 1);
    for letter in LETTERS.iter().map(|letter| char::from(*letter)).filter(|letter| !last.starts_with(*letter))
    {
        let text = format!("{body}{letter}");
        let outcome = verify(&text).unwrap_err();
        let whole = LETTERS.iter().position(|other| char::from(*other) == letter).unwrap() % 16 == 0;
        assert_eq!(outcome, if whole { JwtFault::Signature } else { JwtFault::Malformed }, "{letter}");
    }
}

#[test]
fn attack_030_any_number_of_parts_but_three_is_refused() {
    let token = issuer().claiming(&[]);
    let parts: Vec<&str> = token.split('.').collect();
    for text in [
        "",
        ".",
        "..",
        "...",
        "a",
        parts[0],
        &parts[..2].join("."),
        &format!("{token}.AAAA"),
        "a..b",
        ".a.",
        "\0..\0",
    ] {
        check(text, JwtFault::Malformed);
    }
    check(&".".repeat(16 << 10), JwtFault::Malformed);
    check(&".".repeat(1_000_000), JwtFault::TooLarge);
}

#[test]
fn the_length_of_a_token_and_of_its_header_is_limited() {
    let with_header = |bytes: usize| {
        let header = header(Algorithm::EdDsa, &[]);
        let filled = format!("{header}{}", " ".repeat(bytes / 4 * 3 - header.len()));
        issuer().token(Algorithm::EdDsa, &filled, &payload(&[]))
    };
    verify(&with_header(8 << 10)).unwrap();
    assert_eq!(verify(&with_header((8 << 10) + 4)).unwrap_err(), JwtFault::TooLarge);
    let with_payload = |bytes: usize| {
        let payload = payload(&[]);
        let filled = format!("{payload}{}", " ".repeat(bytes - payload.len()));
        issuer().token(Algorithm::EdDsa, &header(Algorithm::EdDsa, &[]), &filled)
    };
    let longest = (0..3).map(|more| with_payload(12_000 + more)).map(|token| token.len()).max().unwrap();
    let room = (16 << 10) - longest;
    let fits = with_payload(12_000 + room / 4 * 3);
    assert!(fits.len() <= 16 << 10 && fits.len() > (16 << 10) - 8);
    verify(&fits).unwrap();
    assert_eq!(verify(&with_payload(12_012 + room / 4 * 3)).unwrap_err(), JwtFault::TooLarge);
}

#[test]
fn attack_032_deep_nesting_is_refused_before_it_is_walked() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    // The payload itself is the first of 32 levels.
    verify(&issuer().claiming(&[("a", &nested(31))])).unwrap();
    for depth in [32, 64, 127, 128, 5_000] {
        assert_eq!(
            verify(&issuer().claiming(&[("a", &nested(depth))])).unwrap_err(),
            JwtFault::Claims,
            "{depth}"
        );
        let header = header(Algorithm::EdDsa, &[("a", &nested(depth.min(3_000)))]);
        assert_eq!(
            verify(&issuer().token(Algorithm::EdDsa, &header, &payload(&[]))).unwrap_err(),
            JwtFault::Header
        );
    }
    let open = issuer().token(Algorithm::EdDsa, &header(Algorithm::EdDsa, &[]), &"{\"a\":".repeat(2_000));
    assert_eq!(verify(&open).unwrap_err(), JwtFault::Claims);
    assert_eq!(verify(&issuer().claiming(&[("a", &nested(100_000))])).unwrap_err(), JwtFault::TooLarge);
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".*") {
        let _ = verify(&text);
    }

    #[test]
    fn any_three_parts_are_read_or_refused(parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 3)) {
        let text = parts.iter().map(|part| base64url::encode(part)).collect::<Vec<_>>().join(".");
        prop_assert!(verify(&text).is_err());
    }

    #[test]
    fn any_members_are_read_or_refused(
        header in "\\{(\"(alg|kid|typ|crit)\":(\"(EdDSA|ES256|JWT|a)\"|null|5|\\[\\]|\\{\\}),?){0,4}\\}",
        payload in "\\{(\"(iss|aud|sub|exp|nbf|iat|jti)\":(\"(a|notes)\"|null|-?[0-9]{1,20}(\\.5|e[0-9]{1,3})?|\\[\\]|\\{\\}),?){0,8}\\}",
    ) {
        let text = format!("{}.{}.AAAA", base64url::encode(header.as_bytes()), base64url::encode(payload.as_bytes()));
        prop_assert!(verify(&text).is_err());
    }
}
