//! Key sets: which entries can be used, which key a token selects, and sets that are refused whole.

use super::issuer::{ED25519_OF_RFC_8037, NOW, header, issuer, object, payload, set};
use super::{rules, verify_at};
use crate::jwt::{Algorithm, KeySet};
use crate::{Error, base64url};

/// A modulus of 2048 bits as the faulty generator of CVE-2017-15361 makes them. For this test alone.
const ROCA_MODULUS: &str = "ve4N_m2riiz3Cnu0pyA9jQ4GShFNuPwBYURVW_51m1w1o6Z9WujFaFa9xx9bF6CN9349n0cxhgf27HhHQsFzKKpP0cyICTt-EDV-mcYb2mPFCum-2KhfL6VBSN0100TRj33niGEP6HueVDQyTA9IavSheEIyb1ASJF9XpLm2dSPNxMfR411kL3DhDITmMHR_3fLomjq06BczzccD6yOERA7m368gjuWF4FMmmFsYxWH55vC0Tia7AXctyLpOYv2ZKg8Wa5aKRRR31KfGxPYrpyLzzSisOkg_JFX7cwfCoucHNvORmhPQb_V0dBbcKtSEw-Rp4yj54kAqvaHCeea2Jw";

/// The points of small order, with either sign; as RFC 8032 writes them, and beyond its range of numbers.
pub(super) fn small_order() -> Vec<[u8; 32]> {
    let texts = [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ];
    let point = |text: &str, sign: u8| {
        let byte = |place: usize| u8::from_str_radix(&text[2 * place..2 * place + 2], 16).unwrap();
        let mut point: [u8; 32] = std::array::from_fn(byte);
        point[31] |= sign;
        point
    };
    texts.iter().flat_map(|text| [point(text, 0), point(text, 0x80)]).collect()
}

/// Reads a set of one entry.
fn read(entry: &str) -> Result<KeySet, Error> {
    KeySet::from_json(set(&[entry.to_owned()]).as_bytes())
}

/// An entry that cannot be used, and a word of the reason.
fn unusable(entry: &str, reason: &str) {
    let told = read(entry).expect_err(entry).to_string();
    assert!(
        told.starts_with("keys: has no usable key: the first ") && told.contains(reason),
        "{told}\n{entry}"
    );
}

fn rsa(modulus: &[u8], exponent: &[u8]) -> String {
    let (n, e) = (base64url::encode(modulus), base64url::encode(exponent));
    format!(r#"{{"kty":"RSA","n":"{n}","e":"{e}"}}"#)
}

/// A modulus of this many bits without a small factor that matters here.
fn modulus(bits: usize) -> Vec<u8> {
    let mut bytes = vec![0xA7; bits.div_ceil(8)];
    bytes[0] = 0xFF >> (bits.wrapping_neg() % 8);
    bytes
}

#[test]
fn attack_033_rsa_keys_that_are_too_weak_are_not_used() {
    for bits in [8, 512, 1_024, 2_040, 2_047, 8_193, 16_384] {
        unusable(&rsa(&modulus(bits), &[1, 0, 1]), "2048");
    }
    for bits in [2_048, 2_049, 3_072, 4_096, 8_192] {
        read(&rsa(&modulus(bits), &[1, 0, 1])).unwrap();
    }
    for exponent in [&[1][..], &[3], &[17], &[0xFF, 0xFF], &[1, 0, 0], &[1, 0, 2]] {
        unusable(&rsa(&modulus(2_048), exponent), "65537");
    }
    unusable(&rsa(&modulus(2_048), &[1, 0, 0, 0, 1]), "more than 4 bytes");
    read(&rsa(&modulus(2_048), &[1, 0, 0, 1])).unwrap();
    unusable(&rsa(&modulus(2_048), &[]), "more than 4 bytes");
    let even: Vec<u8> = modulus(2_048).into_iter().map(|byte| byte & 0xFE).collect();
    unusable(&rsa(&even, &[1, 0, 1]), "even");
    unusable(&rsa(&[], &[1, 0, 1]), "no bytes");
    unusable(&rsa(&[&[0], &modulus(2_048)[..]].concat(), &[1, 0, 1]), "leading zero");
    unusable(&rsa(&modulus(2_048), &[0, 1, 0, 1]), "leading zero");
    unusable(&rsa(&base64url::decode(ROCA_MODULUS).unwrap(), &[1, 0, 1]), "faulty generator");
}

#[test]
fn attack_035_ed25519_points_of_small_order_are_not_used() {
    let points = small_order();
    assert_eq!(points.len(), 14);
    for point in points {
        let entry = format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{}"}}"#, base64url::encode(&point));
        unusable(&entry, "small order");
    }
}

#[test]
fn attack_036_an_entry_that_is_not_for_verifying_is_not_used() {
    let check = |members: &[(&str, &str)], reason: Option<&str>| {
        let entry = issuer().jwk("ed25519", members);
        match reason {
            Some(reason) => unusable(&entry, reason),
            None => drop(read(&entry).unwrap()),
        }
    };
    check(&[("use", "\"sig\"")], None);
    check(&[("key_ops", "[\"verify\"]")], None);
    check(&[("key_ops", "[\"sign\",\"verify\",\"other\"]"), ("use", "\"sig\"")], None);
    check(&[("alg", "\"EdDSA\"")], None);
    check(&[("kid", "\"a\""), ("x5t", "\"AA\""), ("x5c", "[\"AA\"]"), ("other", "[null]")], None);
    for text in ["\"enc\"", "\"SIG\"", "\"\"", "\"sig \""] {
        check(&[("use", text)], Some("not for signatures"));
    }
    for text in ["[]", "[\"sign\"]", "[\"encrypt\",\"wrapKey\"]", "[\"Verify\"]"] {
        check(&[("key_ops", text)], Some("not for verifying"));
    }
    for name in ["use", "key_ops", "alg", "kid"] {
        check(&[(name, "null")], Some("null"));
        for text in ["5", "{}", "true"] {
            check(&[(name, text)], Some("not a JSON Web Key"));
        }
    }
    check(&[("key_ops", "\"verify\"")], Some("not a JSON Web Key"));
    check(&[("kid", "\"\"")], Some("id"));
    check(&[("kid", &format!("\"{}\"", "k".repeat(257)))], Some("id"));
}

#[test]
fn attack_036_a_key_that_its_algorithm_does_not_fit_is_not_used() {
    for id in ["rsa", "p256", "p384", "ed25519"] {
        for algorithm in Algorithm::ALL {
            let entry = issuer().jwk(id, &[("alg", &format!("\"{algorithm}\""))]);
            if header(algorithm, &[]).contains(id) {
                let keys = read(&entry).unwrap();
                for asked in Algorithm::ALL {
                    assert_eq!(
                        keys.select(None, asked).is_some(),
                        asked == algorithm,
                        "one key, one algorithm"
                    );
                }
            } else {
                unusable(&entry, "kind that its algorithm needs");
            }
        }
        for name in
            ["HS256", "none", "ES512", "ES256K", "RSA-OAEP", "ECDH-ES", "A128GCM", "Ed25519", "eddsa", ""]
        {
            unusable(&issuer().jwk(id, &[("alg", &format!("\"{name}\""))]), "another algorithm");
        }
    }
}

#[test]
fn attack_036_private_and_symmetric_keys_are_not_used() {
    unusable(r#"{"kty":"oct","k":"c3dvcmRmaXNo","alg":"HS256"}"#, "symmetric");
    unusable(r#"{"kty":"oct","alg":"EdDSA"}"#, "another kind");
    for id in ["rsa", "p256", "ed25519"] {
        for name in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
            for text in ["\"AA\"", "null", "[]"] {
                unusable(&issuer().jwk(id, &[(name, text)]), "private half");
            }
        }
    }
}

#[test]
fn entries_of_another_kind_or_form_are_not_used() {
    let x = base64url::encode(&[9; 32]);
    for entry in [
        "5".to_owned(),
        "null".to_owned(),
        "\"key\"".to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
        format!(r#"{{"kty":"OKP","x":"{x}"}}"#),
        format!(r#"{{"crv":"Ed25519","x":"{x}"}}"#),
        format!(r#"{{"kty":"okp","crv":"Ed25519","x":"{x}"}}"#),
        format!(r#"{{"kty":"OKP","crv":"X25519","x":"{x}"}}"#),
        format!(r#"{{"kty":"OKP","crv":"Ed448","x":"{x}"}}"#),
        format!(r#"{{"kty":"OKP","crv":"P-256","x":"{x}"}}"#),
        format!(r#"{{"kty":"EC","crv":"P-256","x":"{x}"}}"#),
        format!(r#"{{"kty":"EC","crv":"P-521","x":"{x}","y":"{x}"}}"#),
        format!(r#"{{"kty":"EC","crv":"secp256k1","x":"{x}","y":"{x}"}}"#),
        format!(r#"{{"kty":"EC","crv":"Ed25519","x":"{x}","y":"{x}"}}"#),
        format!(r#"{{"kty":"OKP","crv":"Ed25519","x":["{x}"]}}"#),
        r#"{"kty":"RSA","n":5,"e":"AQAB"}"#.to_owned(),
        r#"{"kty":"RSA","e":"AQAB"}"#.to_owned(),
    ] {
        unusable(&entry, "");
    }
}

#[test]
fn numbers_that_are_malformed_are_not_read() {
    let check = |entry: &str| unusable(entry, "malformed or of a wrong length");
    for bytes in [0, 16, 31, 33, 64] {
        let x = base64url::encode(&vec![9; bytes]);
        check(&format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}"}}"#));
        let y = base64url::encode(&vec![9; 64 - bytes]);
        check(&format!(r#"{{"kty":"EC","crv":"P-256","x":"{x}","y":"{y}"}}"#));
        check(&format!(r#"{{"kty":"EC","crv":"P-384","x":"{x}","y":"{y}"}}"#));
    }
    let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    for other in
        [format!("{x}="), format!("{x} "), x.replace('_', "/"), format!("{}p", &x[..42]), format!(" {x}")]
    {
        check(&ED25519_OF_RFC_8037.replace(x, &other));
    }
    let entry = issuer().jwk("rsa", &[]);
    check(&entry.replace("AQAB", "AQAB="));
    check(&entry.replace("\"n\":\"", "\"n\":\"\\n"));
}

#[test]
fn a_point_off_its_curve_is_no_key() {
    let coordinate = |bytes: usize| base64url::encode(&vec![9; bytes]);
    for (crv, bytes) in [("P-256", 32), ("P-384", 48)] {
        let x = coordinate(bytes);
        read(&format!(r#"{{"kty":"EC","crv":"{crv}","x":"{x}","y":"{x}"}}"#)).unwrap_err();
    }
}

#[test]
fn acceptance_74_entries_that_cannot_be_used_do_not_hinder_the_others() {
    let usable = issuer().jwk("ed25519", &[("kid", "\"ed25519\"")]);
    let entries = [
        r#"{"kty":"oct","k":"c3dvcmRmaXNo","kid":"ed25519"}"#.to_owned(),
        issuer().jwk("ed25519", &[("kid", "\"ed25519\""), ("use", "\"enc\"")]),
        issuer().jwk("rsa", &[("d", "\"AA\""), ("kid", "\"ed25519\"")]),
        rsa(&modulus(1_024), &[1, 0, 1]),
        "{\"kty\":\"future\"}".to_owned(),
        "null".to_owned(),
        usable,
    ];
    let keys = KeySet::from_json(set(&entries).as_bytes()).unwrap();
    assert_eq!(keys.ids().collect::<Vec<_>>(), [Some("ed25519")]);
    for kid in ["\"ed25519\"", ""] {
        let token =
            issuer().token(Algorithm::EdDsa, &header(Algorithm::EdDsa, &[("kid", kid)]), &payload(&[]));
        verify_at(&token, &keys, &rules(), NOW).unwrap();
    }
}

#[test]
fn attack_036_an_id_of_two_keys_selects_neither() {
    let twins = [
        issuer().jwk("ed25519", &[("kid", "\"a\"")]),
        issuer().jwk("rsa", &[("kid", "\"a\"")]),
        issuer().jwk("p256", &[("kid", "\"b\"")]),
    ];
    let keys = KeySet::from_json(set(&twins).as_bytes()).unwrap();
    for algorithm in Algorithm::ALL {
        assert!(keys.select(Some("a"), algorithm).is_none(), "{algorithm}");
        assert!(keys.select(None, algorithm).is_none(), "{algorithm}");
    }
    assert!(keys.select(Some("b"), Algorithm::Es256).is_some());
}

#[test]
fn a_key_is_selected_for_the_algorithms_of_its_kind_alone() {
    let two = [issuer().jwk("ed25519", &[("kid", "\"a\"")]), issuer().jwk("p256", &[("kid", "\"b\"")])];
    let keys = KeySet::from_json(set(&two).as_bytes()).unwrap();
    for algorithm in Algorithm::ALL {
        assert_eq!(keys.select(Some("a"), algorithm).is_some(), algorithm == Algorithm::EdDsa, "{algorithm}");
        assert_eq!(keys.select(Some("b"), algorithm).is_some(), algorithm == Algorithm::Es256, "{algorithm}");
    }
}

#[test]
fn a_token_without_an_id_selects_the_only_key() {
    let one = read(&issuer().jwk("ed25519", &[("kid", "\"a\"")])).unwrap();
    assert!(
        one.select(None, Algorithm::EdDsa).is_some() && one.select(Some("a"), Algorithm::EdDsa).is_some()
    );
    assert!(
        one.select(None, Algorithm::Es256).is_none() && one.select(Some("b"), Algorithm::EdDsa).is_none()
    );
    let nameless = read(&issuer().jwk("ed25519", &[])).unwrap();
    assert!(nameless.select(None, Algorithm::EdDsa).is_some());
    assert!(nameless.select(Some("a"), Algorithm::EdDsa).is_none(), "no key has that id");
    let two = [issuer().jwk("ed25519", &[]), issuer().jwk("rsa", &[("kid", "\"a\"")])];
    let two = KeySet::from_json(set(&two).as_bytes()).unwrap();
    assert!(two.select(None, Algorithm::EdDsa).is_none(), "there are two");
    assert!(two.select(Some("a"), Algorithm::Rs256).is_some());
}

#[test]
fn a_set_that_is_malformed_is_refused_whole() {
    let entry = issuer().jwk("ed25519", &[]);
    for text in [
        String::new(),
        "null".to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
        "{\"keys\":null}".to_owned(),
        "{\"keys\":{}}".to_owned(),
        "{\"keys\":\"\"}".to_owned(),
        "{\"keys\":[]}".to_owned(),
        entry.clone(),
        format!("[{entry}]"),
        format!("{}x", set(std::slice::from_ref(&entry))),
        format!("\u{feff}{}", set(std::slice::from_ref(&entry))),
        set(std::slice::from_ref(&entry)).replace("\"keys\"", "\"Keys\""),
        format!(r#"{{"keys": [{entry}], "keys": []}}"#),
        set(&[entry.clone(), "{\"kid\":\"a\",\"kid\":\"b\"}".to_owned()]),
        set(&[entry, format!("{}{}", "[".repeat(100_000), "]".repeat(100_000))]),
    ] {
        assert!(matches!(KeySet::from_json(text.as_bytes()), Err(Error::Invalid { .. })), "{text:.80}");
    }
    assert!(matches!(KeySet::from_json(b"{\"keys\": [\"\xFF\"]}"), Err(Error::Invalid { .. })));
}

#[test]
fn attack_036_the_size_of_a_set_is_limited() {
    let usable = issuer().jwk("ed25519", &[]);
    let many = |count: usize| {
        let mut entries = vec!["{}".to_owned(); count - 1];
        entries.push(usable.clone());
        KeySet::from_json(set(&entries).as_bytes())
    };
    many(1_000).unwrap();
    assert!(matches!(many(1_001), Err(Error::Limit { actual: 1_001, max: 1_000, .. })));
    assert!(matches!(many(100_000), Err(Error::Limit { .. })));
    let set = set(&[usable]);
    let filled = |bytes: usize| format!("{set}{}", " ".repeat(bytes - set.len()));
    KeySet::from_json(filled(256 << 10).as_bytes()).unwrap();
    assert!(matches!(KeySet::from_json(filled((256 << 10) + 1).as_bytes()), Err(Error::Limit { .. })));
    let ids: Vec<_> =
        (0..1_000).map(|id| issuer().jwk("ed25519", &[("kid", &format!("\"{id}\""))])).collect();
    let keys = KeySet::from_json(super::issuer::set(&ids).as_bytes()).unwrap();
    assert!(
        keys.select(Some("999"), Algorithm::EdDsa).is_some() && keys.select(None, Algorithm::EdDsa).is_none()
    );
}

/// Everything that is wrong with a set is told without its keys.
#[test]
fn a_fault_does_not_repeat_what_it_is_about() {
    let entry = object(&[("kty", "\"oct\""), ("k", "\"c3dvcmRmaXNo\""), ("kid", "\"hidden\"")], &[]);
    let told = read(&entry).unwrap_err().to_string();
    assert!(!told.contains("c3dvcmRmaXNo") && !told.contains("hidden"), "{told}");
    let told = read(r#"{"hidden": 1, "hidden": 2}"#).unwrap_err().to_string();
    assert!(!told.contains("hidden"), "{told}");
}
