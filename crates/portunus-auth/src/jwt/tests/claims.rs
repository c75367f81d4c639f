//! Claims that are refused though the issuer has signed them, and the last ones that are accepted.

use super::issuer::{NOW, header, issuer};
use super::{JwtClaims, JwtFault, rules, seconds, verify, verify_at, verify_under};
use crate::jwt::{Algorithm, JwtRules};
use portunus_scope::Timestamp;
use std::time::Duration;

/// A right payload with changes, under the usual rules.
fn check(changes: &[(&str, &str)], expected: Result<(), JwtFault>) {
    assert_eq!(verify(&issuer().claiming(changes)).map(|_| ()), expected, "{changes:?}");
}

/// The claims of a token at an instant.
fn at(now: Timestamp, rules: &JwtRules<'_>, changes: &[(&str, &str)]) -> Result<JwtClaims, JwtFault> {
    verify_at(&issuer().claiming(changes), &issuer().keys, rules, now)
}

fn with_leeway(seconds: u64) -> JwtRules<'static> {
    JwtRules { leeway: Duration::from_secs(seconds), ..rules() }
}

#[test]
fn attack_017_a_token_ends_at_its_end() {
    for (expires_at, leeway, fine) in [
        ("2001", 0, true),
        ("2000", 0, false),
        ("1999", 0, false),
        ("0", 0, false),
        ("1951", 50, true),
        ("1950", 50, false),
        ("1949", 50, false),
        ("2000.5", 0, true),
        ("2000.000001", 0, true),
        // More leeway than there may be is as much as there may be.
        ("1941", 3_600, true),
        ("1940", 3_600, false),
        ("1940", 60, false),
    ] {
        let outcome = verify_under(&with_leeway(leeway), &issuer().claiming(&[("exp", expires_at)]));
        let expected = if fine { Ok(()) } else { Err(JwtFault::Expired) };
        assert_eq!(outcome.map(|_| ()), expected, "{expires_at} and {leeway} s");
    }
    let micro_before = Timestamp(NOW.0 - 1);
    assert!(at(micro_before, &rules(), &[("exp", "2000")]).is_ok());
    assert_eq!(at(NOW, &rules(), &[("exp", "2000")]).unwrap_err(), JwtFault::Expired);
}

#[test]
fn attack_018_an_end_that_is_no_instant_is_refused() {
    let wrong = [
        "\"3000\"",
        "null",
        "true",
        "[]",
        "[3000]",
        "{}",
        "-1",
        "-1e3",
        "-0.5",
        "1e400",
        "NaN",
        "Infinity",
        "18446744073709551615",
        "9223372036854775807",
        "9223372036854775808",
        "9223372036854",
        "1e18",
        "1e308",
        "253402300800",
        "253402300799.5",
        "03000",
        "0x10",
        "",
    ];
    for text in wrong {
        for claim in ["exp", "nbf", "iat"] {
            if (claim, text) == ("nbf", "") || (claim, text) == ("iat", "") {
                continue;
            }
            check(&[(claim, text)], Err(JwtFault::Claims));
        }
    }
    for text in ["3000", "3000.25", "3e3", "3000.0", "253402300799", "2.53402300799e11"] {
        check(&[("exp", text)], Ok(()));
    }
    for text in ["0", "-0", "-0.0", "0.1", "1e-300"] {
        check(&[("nbf", text)], Ok(()));
    }
}

/// No clock and no leeway makes an instant go round.
#[test]
fn attack_018_no_instant_overflows() {
    let rules = JwtRules { leeway: Duration::MAX, age_max: Some(Duration::MAX), ..rules() };
    for now in [Timestamp::MIN, Timestamp(-1), Timestamp(0), Timestamp::MAX] {
        for [expires_at, not_before, issued_at] in
            [["253402300799", "0", "0"], ["0", "0", "0"], ["0", "253402300799", "0"]]
        {
            let changes = [("exp", expires_at), ("nbf", not_before), ("iat", issued_at)];
            let allowed = match at(now, &rules, &changes) {
                Ok(claims) => claims.expires_at > now,
                Err(JwtFault::Expired) => now == Timestamp::MAX,
                Err(fault) => fault == JwtFault::NotYetValid && now < Timestamp::MAX,
            };
            assert!(allowed, "{changes:?} at {now}");
        }
    }
    let lasting = at(seconds(253_402_300_858), &with_leeway(60), &[("exp", "253402300799")]);
    assert_eq!(lasting.unwrap().expires_at, seconds(253_402_300_859));
}

#[test]
fn attack_020_a_token_without_an_end_is_refused() {
    check(&[("exp", "")], Err(JwtFault::Claims));
    check(&[("exp", ""), ("iat", "1000"), ("nbf", "1000")], Err(JwtFault::Claims));
}

#[test]
fn attack_021_a_token_of_the_future_is_refused() {
    for claim in ["nbf", "iat"] {
        for (text, leeway, fine) in [
            ("2000", 0, true),
            ("2001", 0, false),
            ("2000.5", 0, false),
            ("2050", 50, true),
            ("2051", 50, false),
            ("2061", 3_600, false),
            ("253402300799", 60, false),
        ] {
            let outcome = verify_under(&with_leeway(leeway), &issuer().claiming(&[(claim, text)]));
            let expected = if fine { Ok(()) } else { Err(JwtFault::NotYetValid) };
            assert_eq!(outcome.map(|_| ()), expected, "{claim} {text} and {leeway} s");
        }
    }
}

#[test]
fn a_token_may_be_too_old_before_its_end() {
    let limited = |issued_at: &str, leeway: u64| {
        let rules = JwtRules { age_max: Some(Duration::from_secs(100)), ..with_leeway(leeway) };
        at(NOW, &rules, &[("iat", issued_at)]).map(|claims| claims.expires_at)
    };
    assert_eq!(limited("1901", 0), Ok(seconds(2_001)), "it ends where its age does");
    assert_eq!(limited("1900", 0), Err(JwtFault::TooOld));
    assert_eq!(limited("1891", 10), Ok(seconds(2_001)));
    assert_eq!(limited("1890", 10), Err(JwtFault::TooOld));
    assert_eq!(limited("0", 0), Err(JwtFault::TooOld));
    assert_eq!(limited("", 60), Err(JwtFault::TooOld), "without a beginning there is no age");
    let ends_first =
        at(NOW, &JwtRules { age_max: Some(Duration::from_secs(5_000)), ..rules() }, &[("iat", "1000")]);
    assert_eq!(ends_first.unwrap().expires_at, seconds(3_000));
}

#[test]
fn the_end_that_is_handed_out_has_the_leeway_in_it() {
    let claims = at(NOW, &with_leeway(30), &[]).unwrap();
    assert_eq!(claims.expires_at, seconds(3_030));
    let last = Timestamp(claims.expires_at.0 - 1);
    assert!(at(last, &with_leeway(30), &[]).is_ok());
    let past = at(claims.expires_at, &with_leeway(30), &[]);
    assert_eq!(past.unwrap_err(), JwtFault::Expired);
}

#[test]
fn attack_023_and_acceptance_66_another_issuer_is_refused() {
    for text in [
        "",
        "\"\"",
        "null",
        "5",
        "[]",
        "[\"https://id.example\"]",
        "{}",
        "\"https://id.example/\"",
        "\"https://ID.example\"",
        "\"https://id.exampl\u{0435}\"",
        "\"https://id.example \"",
        "\"http://id.example\"",
        "\"https://id.example\\u0000\"",
        "\"https://id.example.attacker.example\"",
        "\"https://other.example\"",
    ] {
        check(&[("iss", text)], Err(JwtFault::Issuer));
    }
    let token = issuer().claiming(&[]);
    let with_slash = verify_under(&JwtRules { issuer: "https://id.example/", ..rules() }, &token);
    assert_eq!(with_slash.unwrap_err(), JwtFault::Issuer);
    let slashes = issuer().claiming(&[("iss", "\"https://id.example/\"")]);
    verify_under(&JwtRules { issuer: "https://id.example/", ..rules() }, &slashes).unwrap();
    check(&[("iss", "\"https:\\/\\/id.\\u0065xample\"")], Ok(()));
}

#[test]
fn attack_024_a_subject_that_cannot_be_a_name_is_refused() {
    let long = format!("\"{}\"", "s".repeat(256));
    for text in ["", "\"\"", "null", "5", "true", "[]", "[\"ann\"]", "{}", &long] {
        check(&[("sub", text)], Err(JwtFault::Subject));
    }
    for mark in ["\\u0000", "\\n", "\\t", "\\u001b[31m", "\\u007f", "\\u0085", "\\u009f"] {
        check(&[("sub", &format!("\"{mark}\""))], Err(JwtFault::Subject));
        check(&[("sub", &format!("\"ann{mark}\""))], Err(JwtFault::Subject));
    }
    check(&[("sub", &format!("\"{}\"", "s".repeat(1 << 20)))], Err(JwtFault::TooLarge));
    check(&[("sub", &format!("\"{}\"", "s".repeat(255)))], Ok(()));
    // 128 letters of two bytes each are 256 bytes.
    check(&[("sub", &format!("\"{}\"", "ä".repeat(128)))], Err(JwtFault::Subject));
}

/// A subject is a name that its issuer gives. That it is one of ours too says nothing.
#[test]
fn attack_024_a_subject_with_a_name_of_ours_is_only_that_text() {
    for name in ["admin", "root", "server", "portunus", "pk_1", "auth0|5f", "ann@example.com", "Ännchen", " "]
    {
        let claims = verify(&issuer().claiming(&[("sub", &format!("\"{name}\""))])).unwrap();
        assert_eq!((claims.issuer.as_str(), claims.subject.as_str()), ("https://id.example", name));
    }
}

#[test]
fn attack_039_and_acceptance_64_a_token_is_for_exactly_one_audience_of_ours() {
    for (text, fine) in [
        ("\"notes\"", true),
        ("[\"notes\"]", true),
        ("[\"notes\",\"https://api.example\"]", true),
        ("[\"https://api.example\",\"\",\"x\",\"x\",\"drafts\"]", true),
        ("", false),
        ("null", false),
        ("5", false),
        ("{}", false),
        ("{\"notes\":1}", false),
        ("\"\"", false),
        ("[]", false),
        ("[\"notes\",5]", false),
        ("[null,\"notes\"]", false),
        ("[[\"notes\"]]", false),
        ("\"Notes\"", false),
        ("\"notes \"", false),
        ("\"notes,drafts\"", false),
        ("\"notes/child\"", false),
        ("\"other\"", false),
        ("[\"other\",\"another\"]", false),
        ("[\"notes\",\"drafts\"]", false),
        ("[\"drafts\",\"x\",\"notes\"]", false),
        ("[\"notes\",\"notes\"]", false),
    ] {
        check(&[("aud", text)], if fine { Ok(()) } else { Err(JwtFault::Audience) });
    }
    let token = issuer().claiming(&[]);
    assert_eq!(
        verify_under(&JwtRules { audiences: &[], ..rules() }, &token).unwrap_err(),
        JwtFault::Audience
    );
}

#[test]
fn a_token_may_name_64_audiences() {
    let list = |count: usize| {
        let mut names = vec!["\"x\""; count - 1];
        names.push("\"notes\"");
        format!("[{}]", names.join(","))
    };
    check(&[("aud", &list(64))], Ok(()));
    check(&[("aud", &list(65))], Err(JwtFault::Audience));
}

#[test]
fn attack_041_the_id_of_a_token_is_a_short_text() {
    for text in ["\"\"", "null", "5", "[]", "{}", &format!("\"{}\"", "i".repeat(257))] {
        check(&[("jti", text)], Err(JwtFault::Claims));
    }
    let id = "i".repeat(256);
    let claims = verify(&issuer().claiming(&[("jti", &format!("\"{id}\""))])).unwrap();
    assert_eq!(claims.token_id.as_deref(), Some(id.as_str()));
    assert_eq!(verify(&issuer().claiming(&[])).unwrap().token_id, None);
}

#[test]
fn attack_027_a_payload_that_is_no_object_is_refused() {
    for payload in [
        "[]",
        "\"text\"",
        "5",
        "null",
        "true",
        "[{\"iss\":\"https://id.example\"}]",
        "{",
        "{}{}",
        "{} x",
        "",
        " ",
        "{\"a\":\"\\ud800\"}",
        "{\"n\":1e400}",
        "\u{feff}{}",
    ] {
        let token = issuer().token(Algorithm::EdDsa, &header(Algorithm::EdDsa, &[]), payload);
        let expected = if payload.is_empty() { JwtFault::Malformed } else { JwtFault::Claims };
        assert_eq!(verify(&token).unwrap_err(), expected, "{payload}");
    }
    let empty = issuer().token(Algorithm::EdDsa, &header(Algorithm::EdDsa, &[]), "{}");
    assert_eq!(verify(&empty).unwrap_err(), JwtFault::Issuer);
}

/// What a token claims beside its registered claims is handed out as it is, for predicates to look at.
#[test]
fn acceptance_77_the_whole_payload_is_handed_out() {
    let token =
        issuer().claiming(&[("org", "{\"roles\":[\"admin\",{\"deep\":[1,2.5,null,true]}]}"), ("role", "{}")]);
    let payload = verify(&token).unwrap().payload;
    let expected = r#"{"aud":"notes","exp":3000,"iss":"https://id.example","org":{"roles":["admin",{"deep":[1,2.5,null,true]}]},"role":{},"sub":"ann"}"#;
    assert_eq!(payload.to_json_text().unwrap(), expected);
}

/// Claims are looked at only when the signature has proven them, so that a record of refusals names a fault of the
/// issuer's token and not one that a stranger has made up.
#[test]
fn a_forged_token_is_refused_for_its_signature_first() {
    let claims = [("exp", "1"), ("iss", "\"https://other.example\""), ("aud", "\"other\""), ("nbf", "9999")];
    let token = issuer().claiming(&claims);
    let (signed, _) = token.rsplit_once('.').unwrap();
    let forged = format!("{signed}.{}", crate::base64url::encode(&[7; 64]));
    assert_eq!(verify(&forged).unwrap_err(), JwtFault::Signature);
    assert_eq!(verify(&token).unwrap_err(), JwtFault::Issuer);
}
