//! An entry of a key set (RFC 7517), read as far as it says what its key is and what it may be used for. The only file that
//! names the library of JSON Web Keys, of which only the types are used: what it offers for whole tokens takes the provider
//! of cryptography from the process, and panics where another part of the program has enabled a second one.

use super::Algorithm;
use super::header::KEY_ID_BYTES_MAX;
use super::weak_keys::{fault_of_rsa, is_of_small_order};
use crate::base64url;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk as Read, KeyOperations, PublicKeyUse};
use portunus_scope::{Value, from_value};

/// Members of keys that must be kept secret. A key whose issuer has shown them proves nothing any more, and a symmetric one
/// (`k`) never did.
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
/// Members that decide what a key may be used for. The library takes null as missing, which would allow more.
const DECIDING_MEMBERS: [&str; 4] = ["use", "key_ops", "alg", "kid"];

const P256_BYTES: usize = 32;
const P384_BYTES: usize = 48;
const MALFORMED: &str = "has a number that is malformed or of a wrong length";

/// A public key that may be used for signatures.
pub(super) struct Jwk {
    pub(super) id: Option<String>,
    /// The only algorithm that it is for, if it says so.
    pub(super) algorithm: Option<Algorithm>,
    pub(super) numbers: Numbers,
}

/// What a public key consists of.
pub(super) enum Numbers {
    Rsa { modulus: Vec<u8>, exponent: Vec<u8> },
    P256(Point),
    P384(Point),
    Ed25519([u8; 32]),
}

/// A point of a curve, not compressed (SEC 1, section 2.3.3). Whether it is on the curve is not looked at here.
pub(super) struct Point(pub(super) Vec<u8>);

impl Jwk {
    /// Reads an entry of a key set, or tells why it cannot be used.
    pub(super) fn read(entry: &Value) -> Result<Self, &'static str> {
        if shows_private(entry) {
            return Err("is symmetric, or shows its private half");
        }
        if DECIDING_MEMBERS.iter().any(|name| entry.member(name).is_some_and(Value::is_null)) {
            return Err("has null where it must say what it is for");
        }
        let read: Read = from_value(entry).map_err(|_| "is not a JSON Web Key")?;
        if !matches!(read.common.public_key_use, None | Some(PublicKeyUse::Signature)) {
            return Err("is not for signatures");
        }
        let operations = read.common.key_operations.as_ref();
        if operations.is_some_and(|operations| !operations.contains(&KeyOperations::Verify)) {
            return Err("is not for verifying");
        }
        if read.common.key_id.as_ref().is_some_and(|id| !(1..=KEY_ID_BYTES_MAX).contains(&id.len())) {
            return Err("has an id that no token can name");
        }
        let named = read.common.key_algorithm.map(|named| Algorithm::of_name(&named.to_string()));
        let algorithm = named.map(|named| named.ok_or("is for another algorithm")).transpose()?;
        Ok(Self { id: read.common.key_id, algorithm, numbers: numbers(&read.algorithm)? })
    }
}

/// Whether an entry of a key set is symmetric, or shows its private half.
pub(super) fn shows_private(entry: &Value) -> bool {
    PRIVATE_MEMBERS.iter().any(|name| entry.member(name).is_some())
}

fn numbers(parameters: &AlgorithmParameters) -> Result<Numbers, &'static str> {
    match parameters {
        AlgorithmParameters::RSA(rsa) => {
            let modulus = base64url::decode(&rsa.n).ok_or(MALFORMED)?;
            let exponent = base64url::decode(&rsa.e).ok_or(MALFORMED)?;
            fault_of_rsa(&modulus, &exponent).map_or(Ok(Numbers::Rsa { modulus, exponent }), Err)
        }
        AlgorithmParameters::EllipticCurve(curve) => match curve.curve {
            EllipticCurve::P256 => Ok(Numbers::P256(point(P256_BYTES, [&curve.x, &curve.y])?)),
            EllipticCurve::P384 => Ok(Numbers::P384(point(P384_BYTES, [&curve.x, &curve.y])?)),
            _ => Err("is on another curve"),
        },
        AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => {
            let bytes = base64url::decode(&pair.x).ok_or(MALFORMED)?;
            let point: [u8; 32] = bytes.try_into().map_err(|_| MALFORMED)?;
            if is_of_small_order(&point) {
                Err("is a point of small order")
            } else {
                Ok(Numbers::Ed25519(point))
            }
        }
        _ => Err("is of another kind"),
    }
}

fn point(bytes: usize, coordinates: [&String; 2]) -> Result<Point, &'static str> {
    let mut point = vec![4];
    for coordinate in coordinates {
        let number = base64url::decode(coordinate).filter(|number| number.len() == bytes);
        point.extend_from_slice(&number.ok_or(MALFORMED)?);
    }
    Ok(Point(point))
}
