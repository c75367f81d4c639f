//! Signatures that are none: altered, of another form, of another algorithm, or made without a private key.

use super::issuer::{header, issuer, payload, unsigned};
use super::{JwtFault, verify};
use crate::base64url;
use crate::jwt::Algorithm;

/// The order of P-256.
const P256_ORDER: [u8; 32] = [
    0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xBC, 0xE6, 0xFA,
    0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
];
/// The order of Ed25519's large subgroup, with its lowest byte first.
const ED25519_ORDER: [u8; 32] = [
    0xED, 0xD3, 0xF5, 0x5C, 0x1A, 0x63, 0x12, 0x58, 0xD6, 0x9C, 0xF7, 0xA2, 0xDE, 0xF9, 0xDE, 0x14, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// The outcome of the right token of an algorithm with its signature changed.
fn check(
    algorithm: Algorithm,
    what: &str,
    change: impl FnOnce(Vec<u8>) -> Vec<u8>,
    expected: Result<(), JwtFault>,
) {
    let signed = unsigned(&header(algorithm, &[]), &payload(&[]));
    let signature = change(issuer().sign(algorithm, signed.as_bytes()));
    let outcome = verify(&format!("{signed}.{}", base64url::encode(&signature)));
    assert_eq!(outcome.map(|_| ()), expected, "{algorithm}: {what}");
}

fn refused(algorithm: Algorithm, what: &str, change: impl FnOnce(Vec<u8>) -> Vec<u8>) {
    check(algorithm, what, change, Err(JwtFault::Signature));
}

#[test]
fn a_signature_of_another_length_is_refused() {
    for algorithm in Algorithm::ALL {
        check(algorithm, "unchanged", |signature| signature, Ok(()));
        refused(algorithm, "one byte more behind", |signature| [&signature[..], &[0]].concat());
        refused(algorithm, "one byte more in front", |signature| [&[0], &signature[..]].concat());
        refused(algorithm, "one byte less", |signature| signature[1..].to_vec());
        refused(algorithm, "the last byte missing", |signature| signature[..signature.len() - 1].to_vec());
        refused(algorithm, "one byte", |_| vec![0]);
        refused(algorithm, "twice", |signature| signature.repeat(2));
        refused(algorithm, "8 KiB", |_| vec![1; 8 << 10]);
    }
}

#[test]
fn attack_035_a_signature_of_zeros_or_ones_is_refused() {
    for algorithm in Algorithm::ALL {
        refused(algorithm, "zeros", |signature| vec![0; signature.len()]);
        refused(algorithm, "ones", |signature| vec![0xFF; signature.len()]);
        refused(algorithm, "the number one", |mut signature| {
            signature.fill(0);
            *signature.last_mut().unwrap() = 1;
            signature
        });
        refused(algorithm, "backwards", |signature| signature.into_iter().rev().collect());
        refused(algorithm, "halves exchanged", |signature| {
            let (first, second) = signature.split_at(signature.len() / 2);
            [second, first].concat()
        });
    }
}

#[test]
fn acceptance_70_a_signature_for_another_algorithm_of_the_same_key_is_refused() {
    let of_rsa = |algorithm: &Algorithm| {
        algorithm.name().ends_with(['6', '4', '2']) && !algorithm.name().starts_with('E')
    };
    for named in Algorithm::ALL.into_iter().filter(of_rsa) {
        for used in Algorithm::ALL.into_iter().filter(of_rsa).filter(|used| *used != named) {
            let signed = unsigned(&header(named, &[]), &payload(&[]));
            let signature = issuer().sign(used, signed.as_bytes());
            let outcome = verify(&format!("{signed}.{}", base64url::encode(&signature)));
            assert_eq!(outcome.unwrap_err(), JwtFault::Signature, "{used} as {named}");
        }
    }
}

#[test]
fn acceptance_70_a_payload_that_was_tampered_with_is_refused() {
    for algorithm in Algorithm::ALL {
        let token = issuer().token(algorithm, &header(algorithm, &[]), &payload(&[]));
        let parts: Vec<&str> = token.split('.').collect();
        let other = payload(&[("sub", "\"bob\"")]);
        let tampered = format!("{}.{}.{}", parts[0], base64url::encode(other.as_bytes()), parts[2]);
        assert_eq!(verify(&tampered).unwrap_err(), JwtFault::Signature);
        // The same claims in another order and with white space are another text.
        let spaced = payload(&[]).replace(',', ", ");
        let tampered = format!("{}.{}.{}", parts[0], base64url::encode(spaced.as_bytes()), parts[2]);
        assert_eq!(verify(&tampered).unwrap_err(), JwtFault::Signature);
        let other = header(algorithm, &[("typ", "\"JWT\"")]);
        let tampered = format!("{}.{}.{}", base64url::encode(other.as_bytes()), parts[1], parts[2]);
        assert_eq!(verify(&tampered).unwrap_err(), JwtFault::Signature);
    }
}

#[test]
fn ecdsa_signatures_in_der_are_refused() {
    for algorithm in [Algorithm::Es256, Algorithm::Es384] {
        refused(algorithm, "DER", |signature| {
            let number = |bytes: &[u8]| [&[2, u8::try_from(bytes.len() + 1).unwrap(), 0], bytes].concat();
            let (r, s) = signature.split_at(signature.len() / 2);
            let body = [number(r), number(s)].concat();
            [&[0x30, u8::try_from(body.len()).unwrap()], &body[..]].concat()
        });
    }
}

#[test]
fn ecdsa_numbers_out_of_range_are_refused() {
    let with = |r: Option<[u8; 32]>, s: Option<[u8; 32]>| {
        move |signature: Vec<u8>| {
            let (old_r, old_s) = signature.split_at(32);
            [r.as_ref().map_or(old_r, |r| &r[..]), s.as_ref().map_or(old_s, |s| &s[..])].concat()
        }
    };
    let zero = Some([0; 32]);
    let order = Some(P256_ORDER);
    let mut one = [0; 32];
    one[31] = 1;
    for (what, r, s) in [
        ("r = 0", zero, None),
        ("s = 0", None, zero),
        ("r = n", order, None),
        ("s = n", None, order),
        ("both n", order, order),
        ("r = n, s = 1", order, Some(one)),
        ("both 1", Some(one), Some(one)),
    ] {
        refused(Algorithm::Es256, what, with(r, s));
    }
}

/// With (r, s), (r, n - s) is a signature too. Signers use both, so neither can be refused: whoever wants to know a token
/// again has to know it by what it says and not by its text.
#[test]
fn an_ecdsa_signature_has_a_twin() {
    let twin = |signature: Vec<u8>| {
        let mut twin = signature;
        let mut borrow = 0_i16;
        for (byte, order) in twin[32..].iter_mut().zip(P256_ORDER).rev() {
            let difference = i16::from(order) - i16::from(*byte) - borrow;
            borrow = i16::from(difference < 0);
            *byte = u8::try_from(difference.rem_euclid(256)).unwrap();
        }
        twin
    };
    check(Algorithm::Es256, "n - s", twin, Ok(()));
}

#[test]
fn attack_035_an_ed25519_signature_has_no_twin() {
    let plus_order = |signature: Vec<u8>| {
        let mut twin = signature;
        let mut carry = 0_u16;
        for (byte, order) in twin[32..].iter_mut().zip(ED25519_ORDER) {
            let sum = u16::from(*byte) + u16::from(order) + carry;
            carry = sum >> 8;
            *byte = u8::try_from(sum & 0xFF).unwrap();
        }
        twin
    };
    refused(Algorithm::EdDsa, "S + L", plus_order);
    refused(Algorithm::EdDsa, "S + 2 L", |signature| plus_order(plus_order(signature)));
    refused(Algorithm::EdDsa, "S = L", |signature| [&signature[..32], &ED25519_ORDER].concat());
    refused(Algorithm::EdDsa, "S = 0", |signature| [&signature[..32], &[0; 32]].concat());
    for bit in [5, 6, 7] {
        refused(Algorithm::EdDsa, "a high bit of S", |mut signature| {
            signature[63] ^= 1 << bit;
            signature
        });
    }
}

#[test]
fn attack_035_an_ed25519_signature_that_begins_with_a_point_of_small_order_is_refused() {
    for point in super::key_sets::small_order() {
        refused(Algorithm::EdDsa, "R of small order", |signature| [&point[..], &signature[32..]].concat());
        refused(Algorithm::EdDsa, "R of small order, S = 0", |_| [&point[..], &[0; 32]].concat());
    }
}
