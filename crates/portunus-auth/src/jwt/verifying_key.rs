//! One public key of a key set, and the signatures that it verifies. The only file that names the library of JSON Web Keys
//! and signatures; it knows nothing of tokens.
//!
//! Of that library only its types and its verifiers over aws-lc are used. What it offers for whole tokens takes the
//! provider of cryptography from the process, and panics where another part of the program has enabled a second one.

use super::Algorithm;
use super::header::KEY_ID_BYTES_MAX;
use super::weak_keys::{fault_of_rsa, is_of_small_order};
use crate::base64url;
use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm as JwsAlgorithm, DecodingKey};
use portunus_scope::{Value, from_value};

/// Members of keys that must be kept secret. A key whose issuer has shown them proves nothing any more, and a symmetric one
/// (`k`) never did.
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
/// Members that decide what a key may be used for. The library takes null as missing, which would allow more.
const DECIDING_MEMBERS: [&str; 4] = ["use", "key_ops", "alg", "kid"];

const P256_BYTES: usize = 32;
const P384_BYTES: usize = 48;

/// A public key that can be used.
#[derive(Clone, Debug)]
pub(crate) struct VerifyingKey {
    id: Option<String>,
    /// The only algorithm that it is for, if it says so.
    algorithm: Option<Algorithm>,
    kind: KeyKind,
    /// How many bytes each of its signatures has.
    signature_bytes: usize,
    key: DecodingKey,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyKind {
    Rsa,
    P256,
    P384,
    Ed25519,
}

impl VerifyingKey {
    /// Reads an entry of a key set, or tells why it cannot be used.
    pub(super) fn read(entry: &Value) -> Result<Self, &'static str> {
        if Self::shows_private(entry) {
            return Err("is symmetric, or shows its private half");
        }
        if DECIDING_MEMBERS.iter().any(|name| entry.member(name).is_some_and(Value::is_null)) {
            return Err("has null where it must say what it is for");
        }
        let jwk: Jwk = from_value(entry).map_err(|_| "is not a JSON Web Key")?;
        if !matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature)) {
            return Err("is not for signatures");
        }
        let operations = jwk.common.key_operations.as_ref();
        if operations.is_some_and(|operations| !operations.contains(&KeyOperations::Verify)) {
            return Err("is not for verifying");
        }
        if jwk.common.key_id.as_ref().is_some_and(|id| !(1..=KEY_ID_BYTES_MAX).contains(&id.len())) {
            return Err("has an id that no token can name");
        }
        let named = jwk.common.key_algorithm.map(|named| Algorithm::of_name(&named.to_string()));
        let algorithm = named.map(|named| named.ok_or("is for another algorithm")).transpose()?;
        let (kind, signature_bytes) = shape(&jwk.algorithm)?;
        if algorithm.is_some_and(|algorithm| kind_for(algorithm) != kind) {
            return Err("is not of the kind that its algorithm needs");
        }
        let key = DecodingKey::from_jwk(&jwk).map_err(|_| "is not a JSON Web Key")?;
        Ok(Self { id: jwk.common.key_id, algorithm, kind, signature_bytes, key })
    }

    /// Whether an entry of a key set is symmetric, or shows its private half.
    pub(super) fn shows_private(entry: &Value) -> bool {
        PRIVATE_MEMBERS.iter().any(|name| entry.member(name).is_some())
    }

    pub(super) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Whether signatures of this algorithm may be this key's.
    pub(super) fn is_for(&self, algorithm: Algorithm) -> bool {
        kind_for(algorithm) == self.kind && self.algorithm.is_none_or(|own| own == algorithm)
    }

    /// Whether `signature` is this key's over `message`. It is a vector because the library's verifiers take nothing else.
    pub(super) fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &Vec<u8>) -> bool {
        if !self.is_for(algorithm) || signature.len() != self.signature_bytes {
            return false;
        }
        // Some verifiers accept a first half of small order, and some do not; an honest signer never makes one.
        let small = self.kind == KeyKind::Ed25519 && signature.first_chunk().is_none_or(is_of_small_order);
        let verifier = (DEFAULT_PROVIDER.verifier_factory)(&jws(algorithm), &self.key);
        !small && verifier.is_ok_and(|verifier| verifier.verify(message, signature).is_ok())
    }
}

/// What kind of key this is, and how long its signatures are, if its numbers will do.
fn shape(parameters: &AlgorithmParameters) -> Result<(KeyKind, usize), &'static str> {
    match parameters {
        AlgorithmParameters::RSA(rsa) => {
            let modulus = base64url::decode(&rsa.n).ok_or(MALFORMED)?;
            let exponent = base64url::decode(&rsa.e).ok_or(MALFORMED)?;
            fault_of_rsa(&modulus, &exponent).map_or(Ok((KeyKind::Rsa, modulus.len())), Err)
        }
        AlgorithmParameters::EllipticCurve(point) => {
            let (kind, bytes) = match point.curve {
                EllipticCurve::P256 => (KeyKind::P256, P256_BYTES),
                EllipticCurve::P384 => (KeyKind::P384, P384_BYTES),
                _ => return Err("is on another curve"),
            };
            for coordinate in [&point.x, &point.y] {
                base64url::decode(coordinate).filter(|number| number.len() == bytes).ok_or(MALFORMED)?;
            }
            Ok((kind, 2 * bytes))
        }
        AlgorithmParameters::OctetKeyPair(point) if point.curve == EllipticCurve::Ed25519 => {
            let bytes = base64url::decode(&point.x).ok_or(MALFORMED)?;
            let point: [u8; 32] = bytes.try_into().map_err(|_| MALFORMED)?;
            if is_of_small_order(&point) {
                Err("is a point of small order")
            } else {
                Ok((KeyKind::Ed25519, 64))
            }
        }
        _ => Err("is of another kind"),
    }
}

const MALFORMED: &str = "has a number that is malformed or of a wrong length";

fn kind_for(algorithm: Algorithm) -> KeyKind {
    match algorithm {
        Algorithm::Rs256
        | Algorithm::Rs384
        | Algorithm::Rs512
        | Algorithm::Ps256
        | Algorithm::Ps384
        | Algorithm::Ps512 => KeyKind::Rsa,
        Algorithm::Es256 => KeyKind::P256,
        Algorithm::Es384 => KeyKind::P384,
        Algorithm::EdDsa => KeyKind::Ed25519,
    }
}

/// The library's own name of an algorithm.
fn jws(algorithm: Algorithm) -> JwsAlgorithm {
    match algorithm {
        Algorithm::Rs256 => JwsAlgorithm::RS256,
        Algorithm::Rs384 => JwsAlgorithm::RS384,
        Algorithm::Rs512 => JwsAlgorithm::RS512,
        Algorithm::Ps256 => JwsAlgorithm::PS256,
        Algorithm::Ps384 => JwsAlgorithm::PS384,
        Algorithm::Ps512 => JwsAlgorithm::PS512,
        Algorithm::Es256 => JwsAlgorithm::ES256,
        Algorithm::Es384 => JwsAlgorithm::ES384,
        Algorithm::EdDsa => JwsAlgorithm::EdDSA,
    }
}
