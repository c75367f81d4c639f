//! Headers that are refused whatever the signature is, and those that change nothing.

use super::issuer::{NOW, header, issuer, object, payload, set, unsigned};
use super::{JwtFault, rules, verify, verify_at, verify_under};
use crate::base64url;
use crate::jwt::{Algorithm, JwtClaims, JwtRules, KeySet, UnverifiedJwt};
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};

/// A token with this header, signed by the issuer's key for EdDSA whatever the header says.
fn signed(header: &str) -> Result<JwtClaims, JwtFault> {
    verify(&issuer().token(Algorithm::EdDsa, header, &payload(&[])))
}

/// A right header with changes.
fn check(changes: &[(&str, &str)], expected: Result<(), JwtFault>) {
    let header = header(Algorithm::EdDsa, changes);
    assert_eq!(signed(&header).map(|_| ()), expected, "{header}");
}

#[test]
fn attack_002_no_algorithm_in_any_spelling_is_refused() {
    for name in ["none", "None", "NONE", "nOnE", "none ", "", "null", "\\u006eone"] {
        check(&[("alg", &format!("\"{name}\""))], Err(JwtFault::Algorithm));
        let unsigned = unsigned(&object(&[("alg", &format!("\"{name}\""))], &[]), &payload(&[]));
        assert_eq!(verify(&unsigned).unwrap_err(), JwtFault::Malformed, "two parts");
        assert_eq!(verify(&format!("{unsigned}.")).unwrap_err(), JwtFault::Malformed, "an empty signature");
        assert_eq!(verify(&format!("{unsigned}.AA")).unwrap_err(), JwtFault::Algorithm);
    }
}

#[test]
fn attack_003_an_algorithm_that_is_missing_or_no_name_is_refused() {
    for text in ["", "null", "5", "true", "[]", "[\"EdDSA\"]", "{}", "{\"EdDSA\":1}", "\"\""] {
        check(&[("alg", text)], Err(JwtFault::Algorithm));
    }
    for name in ["eddsa", "EdDSA ", "EdDSA\\u0000", "ES256K", "ES512", "RSA-OAEP", "HS256", "ed25519", "dir"]
    {
        check(&[("alg", &format!("\"{name}\""))], Err(JwtFault::Algorithm));
    }
}

/// Whatever form of the public key is taken for the secret of an HMAC: the key is not even looked for.
#[test]
fn attack_005_the_public_key_as_the_secret_of_an_hmac_is_refused() {
    let der = issuer().rsa_der();
    let lines: Vec<_> = base64url::encode(der).as_bytes().chunks(64).map(<[u8]>::to_vec).collect();
    let body = lines.join(&b'\n');
    let pem = [&b"-----BEGIN RSA PUBLIC KEY-----\n"[..], &body, b"\n-----END RSA PUBLIC KEY-----\n"].concat();
    let jwk = issuer().jwk("rsa", &[]).into_bytes();
    let modulus = issuer().modulus();
    let modulus_text = base64url::encode(&modulus).into_bytes();
    for secret in [der.to_vec(), pem, jwk, modulus, modulus_text, Vec::new()] {
        for (name, algorithm) in
            [("HS256", hmac::HMAC_SHA256), ("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)]
        {
            let header = object(&[("alg", &format!("\"{name}\"")), ("kid", "\"rsa\"")], &[]);
            let unsigned = unsigned(&header, &payload(&[]));
            let tag = hmac::sign(&hmac::Key::new(algorithm, &secret), unsigned.as_bytes());
            let token = format!("{unsigned}.{}", base64url::encode(tag.as_ref()));
            assert_eq!(verify(&token).unwrap_err(), JwtFault::Algorithm);
            // The same tag under a name that is accepted is no signature either.
            let header = object(&[("alg", "\"RS256\""), ("kid", "\"rsa\"")], &[]);
            let unsigned = super::issuer::unsigned(&header, &payload(&[]));
            let tag = hmac::sign(&hmac::Key::new(algorithm, &secret), unsigned.as_bytes());
            let token = format!("{unsigned}.{}", base64url::encode(tag.as_ref()));
            assert_eq!(verify(&token).unwrap_err(), JwtFault::Signature);
        }
    }
}

#[test]
fn acceptance_69_an_algorithm_that_the_rules_do_not_list_is_refused() {
    for signed_with in Algorithm::ALL {
        let token = issuer().token(signed_with, &header(signed_with, &[]), &payload(&[]));
        for listed in Algorithm::ALL {
            let rules = JwtRules { algorithms: &[listed], ..rules() };
            let outcome = verify_under(&rules, &token);
            let expected = if listed == signed_with { Ok(()) } else { Err(JwtFault::Algorithm) };
            assert_eq!(outcome.map(|_| ()), expected, "{signed_with} where {listed} is listed");
        }
        let rules = JwtRules { algorithms: &[], ..rules() };
        assert_eq!(verify_under(&rules, &token).unwrap_err(), JwtFault::Algorithm);
    }
}

#[test]
fn attack_006_a_header_for_another_kind_of_key_is_refused() {
    for algorithm in Algorithm::ALL {
        for id in ["rsa", "p256", "p384", "ed25519"] {
            let is_right = header(algorithm, &[]).contains(id);
            let header = header(algorithm, &[("kid", &format!("\"{id}\""))]);
            let outcome = verify(&issuer().token(algorithm, &header, &payload(&[]))).map(|_| ());
            let expected = if is_right { Ok(()) } else { Err(JwtFault::Key) };
            assert_eq!(outcome, expected, "{header}");
        }
    }
}

/// A key of one issuer is nothing to the tokens of another, though they name it.
#[test]
fn attack_008_an_id_of_another_issuers_key_is_unknown() {
    let (their_key, _) = stranger();
    let theirs = their_key.replacen('{', "{\"kid\":\"theirs\",", 1);
    let keys = KeySet::from_json(set(&[theirs]).as_bytes()).unwrap();
    let token = issuer().token(Algorithm::EdDsa, &header(Algorithm::EdDsa, &[]), &payload(&[]));
    let outcome = verify_at(&token, &keys, &rules(), NOW);
    assert_eq!(outcome.unwrap_err(), JwtFault::Key);
    check(&[("kid", "\"theirs\"")], Err(JwtFault::Key));
}

/// A key that the token brings along itself is never used, and where it says that one is to be found is never looked.
#[test]
fn attack_009_and_011_keys_that_a_token_brings_along_are_ignored() {
    let (their_key, them) = stranger();
    let brought = [
        ("jwk", their_key.as_str()),
        ("x5c", r#"["MIIBCgKCAQEA"]"#),
        ("x5u", "\"https://attacker.example/chain\""),
        ("jku", "\"https://attacker.example/keys\""),
        ("x5t", "\"AAAA\""),
        ("x5t#S256", "5"),
    ];
    for member in brought {
        for kid in ["\"ed25519\"", ""] {
            let header = header(Algorithm::EdDsa, &[member, ("kid", kid)]);
            let unsigned = unsigned(&header, &payload(&[]));
            let signature = base64url::encode(them.sign(unsigned.as_bytes()).as_ref());
            let expected = if kid.is_empty() { JwtFault::Key } else { JwtFault::Signature };
            assert_eq!(verify(&format!("{unsigned}.{signature}")).unwrap_err(), expected, "{header}");
        }
        // An honest token may have one all the same.
        check(&[member], Ok(()));
    }
}

#[test]
fn attack_012_extensions_that_must_be_understood_are_refused() {
    let lists = [
        "[\"exp\"]",
        "[]",
        "[\"b64\",\"b64\"]",
        "[\"absent\"]",
        "[\"alg\"]",
        "null",
        "\"b64\"",
        "5",
        "{}",
        "[5]",
        "[\"kid\"]",
        "false",
    ];
    for list in lists {
        check(&[("crit", list)], Err(JwtFault::Critical));
        check(&[("crit", list), ("exp", "1")], Err(JwtFault::Critical));
    }
    for text in ["false", "true", "null", "\"false\""] {
        check(&[("b64", text)], Err(JwtFault::Critical));
        check(&[("b64", text), ("crit", "[\"b64\"]")], Err(JwtFault::Critical));
    }
}

#[test]
fn attack_014_compressed_encrypted_and_nested_tokens_are_refused() {
    for text in ["\"DEF\"", "null", "\"\"", "[]"] {
        check(&[("zip", text)], Err(JwtFault::Critical));
    }
    let encrypted = "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..MTIzNDU2Nzg5MDEy.AAAA.AAAAAAAAAAAAAAAAAAAAAA";
    assert_eq!(verify(encrypted).unwrap_err(), JwtFault::Malformed);
    let encrypted = encrypted.replacen("..", ".AAAA.", 1);
    assert_eq!(verify(&encrypted).unwrap_err(), JwtFault::Malformed);
    let inner = issuer().claiming(&[]);
    for payload in [inner.clone(), format!("\"{inner}\""), encrypted.clone(), format!("\"{encrypted}\"")] {
        let header = header(Algorithm::EdDsa, &[("cty", "\"JWT\"")]);
        assert_eq!(
            verify(&issuer().token(Algorithm::EdDsa, &header, &payload)).unwrap_err(),
            JwtFault::Claims
        );
    }
}

#[test]
fn attack_026_members_that_occur_twice_are_refused() {
    check(&[("alg", "\"none\",\"alg\":\"EdDSA\"")], Err(JwtFault::Header));
    check(&[("alg", "\"EdDSA\",\"alg\":\"EdDSA\"")], Err(JwtFault::Header));
    check(&[("alg", "\"EdDSA\",\"\\u0061lg\":\"none\"")], Err(JwtFault::Header));
    check(&[("kid", "\"ed25519\",\"kid\":\"rsa\"")], Err(JwtFault::Header));
    check(&[("x", "1,\"x\":1")], Err(JwtFault::Header));
    check(&[("jwk", "{\"a\":1,\"a\":1}")], Err(JwtFault::Header));
    // Names are told apart by case, so this is no second one.
    check(&[("Alg", "\"none\""), ("ALG", "\"none\"")], Ok(()));
    for claim in ["iss", "aud", "sub", "exp"] {
        let right = payload(&[]);
        let twice = right.replacen('{', &format!("{{\"{claim}\":\"x\","), 1);
        let token = issuer().token(Algorithm::EdDsa, &header(Algorithm::EdDsa, &[]), &twice);
        assert_eq!(verify(&token).unwrap_err(), JwtFault::Claims, "{claim}");
    }
    let nested = issuer().claiming(&[("roles", "{\"a\":[{\"b\":1,\"b\":2}]}")]);
    assert_eq!(verify(&nested).unwrap_err(), JwtFault::Claims);
}

#[test]
fn a_header_that_is_no_strict_json_object_is_refused() {
    for text in
        ["[]", "\"\"", "5", "null", "{", "{}x", "{\"alg\":\"EdDSA\",}", "{'alg':'EdDSA'}", "\u{feff}{}", " "]
    {
        assert_eq!(signed(text).unwrap_err(), JwtFault::Header, "{text}");
    }
    let bytes = [b"{\"alg\":\"EdDSA\",\"a\":\"", &[0xFF, 0xFE][..], b"\"}"].concat();
    let token = format!("{}.{}.AAAA", base64url::encode(&bytes), base64url::encode(b"{}"));
    assert_eq!(verify(&token).unwrap_err(), JwtFault::Header);
    for number in ["1e400", "100000000000000000000", "NaN", "01"] {
        check(&[("n", number)], Err(JwtFault::Header));
    }
}

#[test]
fn the_id_of_a_key_is_a_short_text() {
    for id in ["null", "5", "\"\"", "[]", "{}", "true", "[\"ed25519\"]"] {
        check(&[("kid", id)], Err(JwtFault::Header));
    }
    check(&[("kid", &format!("\"{}\"", "k".repeat(257)))], Err(JwtFault::Header));
    for id in [&"k".repeat(256), "../../keys/ed25519", "' or 1=1 --", "ED25519", "ed25519 ", "ed25519\\u0000"]
    {
        check(&[("kid", &format!("\"{id}\""))], Err(JwtFault::Key));
    }
    check(&[("kid", "\"\\u0065d25519\"")], Ok(()));
}

#[test]
fn attack_038_a_token_for_another_purpose_is_refused() {
    for (found, fine) in [
        ("", true),
        ("JWT", true),
        ("jwt", true),
        ("at+jwt", true),
        ("AT+JWT", true),
        ("application/at+jwt", true),
        ("Application/jwt", true),
        ("application/x/jwt", false),
        ("text/jwt", false),
        ("logout+jwt", false),
        ("secevent+jwt", false),
        ("dpop+jwt", false),
        ("id+jwt", false),
        ("JOSE", false),
        (" ", false),
    ] {
        let text = if found.is_empty() { String::new() } else { format!("\"{found}\"") };
        check(&[("typ", &text)], if fine { Ok(()) } else { Err(JwtFault::Type) });
    }
    for text in ["null", "5", "[]", "[\"JWT\"]", "{}"] {
        check(&[("typ", text)], Err(JwtFault::Header));
    }
    check(&[("typ", "\"\"")], Err(JwtFault::Type));
}

#[test]
fn attack_038_a_type_that_the_rules_name_is_the_only_one() {
    for (wanted, found, fine) in [
        ("at+jwt", "\"at+jwt\"", true),
        ("at+jwt", "\"application/AT+jwt\"", true),
        ("application/at+jwt", "\"At+Jwt\"", true),
        ("at+jwt", "\"JWT\"", false),
        ("at+jwt", "", false),
        ("JWT", "\"at+jwt\"", false),
        ("JWT", "", false),
        ("entity+jwt", "\"entity+jwt\"", true),
    ] {
        let token =
            issuer().token(Algorithm::EdDsa, &header(Algorithm::EdDsa, &[("typ", found)]), &payload(&[]));
        let rules = JwtRules { token_type: Some(wanted), ..rules() };
        let outcome = verify_under(&rules, &token).map(|_| ());
        assert_eq!(outcome, if fine { Ok(()) } else { Err(JwtFault::Type) }, "{found} for {wanted}");
    }
}

/// What was read but not verified shows nothing of itself where it is printed.
#[test]
fn a_token_is_not_printed() {
    let token = issuer().claiming(&[]);
    assert_eq!(format!("{:?}", UnverifiedJwt::read(&token).unwrap()), "UnverifiedJwt(…)");
}

/// A key that the issuer does not know, as an entry of a key set.
fn stranger() -> (String, Ed25519KeyPair) {
    let key = Ed25519KeyPair::generate().unwrap();
    let x = base64url::encode(key.public_key().as_ref());
    (format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}"}}"#), key)
}
