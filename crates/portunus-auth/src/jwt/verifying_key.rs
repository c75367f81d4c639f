//! One public key of a key set, and the signatures that it verifies; and a key pair that makes some, for tests of policies. The
//! only file that names the library of signatures; it knows nothing of tokens.

use super::Algorithm;
use super::jwk::{self, Jwk, Numbers};
use super::weak_keys::is_of_small_order;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, Ed25519KeyPair, KeyPair, ParsedPublicKey,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters,
    RsaPublicKeyComponents, VerificationAlgorithm,
};
use portunus_scope::Value;
use std::fmt;

/// What an RSA key may be used with.
const RSA: [(Algorithm, &RsaParameters); 6] = [
    (Algorithm::Rs256, &RSA_PKCS1_2048_8192_SHA256),
    (Algorithm::Rs384, &RSA_PKCS1_2048_8192_SHA384),
    (Algorithm::Rs512, &RSA_PKCS1_2048_8192_SHA512),
    (Algorithm::Ps256, &RSA_PSS_2048_8192_SHA256),
    (Algorithm::Ps384, &RSA_PSS_2048_8192_SHA384),
    (Algorithm::Ps512, &RSA_PSS_2048_8192_SHA512),
];

/// A public key that can be used.
#[derive(Clone)]
pub(crate) struct VerifyingKey {
    id: Option<String>,
    /// How many bytes each of its signatures has.
    signature_bytes: usize,
    /// What it may be used with, made ready once: that takes a seventh of the time of a check.
    ready: Vec<(Algorithm, ParsedPublicKey)>,
}

impl VerifyingKey {
    /// Reads an entry of a key set, or tells why it cannot be used.
    pub(super) fn read(entry: &Value) -> Result<Self, &'static str> {
        let Jwk { id, algorithm, numbers } = Jwk::read(entry)?;
        let (signature_bytes, mut ready) = match numbers {
            Numbers::Rsa { modulus, exponent } => (modulus.len(), ready_rsa(&modulus, &exponent)?),
            Numbers::P256(point) => (64, vec![ready(Algorithm::Es256, &ECDSA_P256_SHA256_FIXED, &point.0)?]),
            Numbers::P384(point) => (96, vec![ready(Algorithm::Es384, &ECDSA_P384_SHA384_FIXED, &point.0)?]),
            Numbers::Ed25519(point) => (64, vec![ready(Algorithm::EdDsa, &ED25519, &point)?]),
        };
        if let Some(own) = algorithm {
            ready.retain(|(algorithm, _)| *algorithm == own);
        }
        if ready.is_empty() {
            return Err("is not of the kind that its algorithm needs");
        }
        Ok(Self { id, signature_bytes, ready })
    }

    /// Whether an entry of a key set is symmetric, or shows its private half.
    pub(super) fn shows_private(entry: &Value) -> bool {
        jwk::shows_private(entry)
    }

    pub(super) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Whether signatures of this algorithm may be this key's.
    pub(super) fn is_for(&self, algorithm: Algorithm) -> bool {
        self.ready.iter().any(|(ready, _)| *ready == algorithm)
    }

    /// Whether `signature` is this key's over `message`.
    pub(super) fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        let found = self.ready.iter().find(|(ready, _)| *ready == algorithm);
        let Some((_, key)) = found.filter(|_| signature.len() == self.signature_bytes) else { return false };
        // Some verifiers accept a first half of small order, and some do not; an honest signer never makes one.
        let small = algorithm == Algorithm::EdDsa && signature.first_chunk().is_none_or(is_of_small_order);
        !small && key.verify_sig(message, signature).is_ok()
    }
}

/// A key pair of an issuer that there is for a test alone.
pub(crate) struct SigningKey(Ed25519KeyPair);

impl SigningKey {
    /// A new one; none if there are no random numbers.
    pub(crate) fn generate() -> Option<Self> {
        Ed25519KeyPair::generate().ok().map(Self)
    }

    /// The bytes of the public half.
    pub(crate) fn public(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }

    /// A signature over a message.
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(message).as_ref().to_vec()
    }
}

fn ready_rsa(n: &[u8], e: &[u8]) -> Result<Vec<(Algorithm, ParsedPublicKey)>, &'static str> {
    let components = RsaPublicKeyComponents { n, e };
    let ready = RSA.iter().map(|(algorithm, parameters)| {
        components.to_parsed_public_key(parameters).map(|key| (*algorithm, key)).map_err(|_| UNREADABLE)
    });
    ready.collect()
}

fn ready(
    algorithm: Algorithm,
    verification: &'static dyn VerificationAlgorithm,
    bytes: &[u8],
) -> Result<(Algorithm, ParsedPublicKey), &'static str> {
    ParsedPublicKey::new(verification, bytes).map(|key| (algorithm, key)).map_err(|_| UNREADABLE)
}

const UNREADABLE: &str = "is no point of its curve, or no key at all";

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("VerifyingKey").field("id", &self.id).finish_non_exhaustive()
    }
}
