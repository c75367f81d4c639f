//! An issuer: its keys, made for this run of the tests, the tokens that it signs, and the key set that it publishes.

use crate::base64url;
use crate::jwt::{Algorithm, KeySet};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512,
    RsaEncoding,
};
use portunus_scope::Timestamp;
use std::sync::OnceLock;

/// The instant of most tests: 2,000 seconds after 1970.
pub(super) const NOW: Timestamp = Timestamp(2_000_000_000);

pub(super) struct Issuer {
    rsa: RsaKeyPair,
    p256: EcdsaKeyPair,
    p384: EcdsaKeyPair,
    ed25519: Ed25519KeyPair,
    /// The four keys, under the ids `rsa`, `p256`, `p384` and `ed25519`.
    pub(super) keys: KeySet,
}

/// The issuer of this run.
pub(super) fn issuer() -> &'static Issuer {
    static ISSUER: OnceLock<Issuer> = OnceLock::new();
    ISSUER.get_or_init(|| {
        let mut issuer = Issuer {
            rsa: RsaKeyPair::generate(KeySize::Rsa2048).unwrap(),
            p256: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(),
            p384: EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap(),
            ed25519: Ed25519KeyPair::generate().unwrap(),
            keys: KeySet::from_json(set(&[ED25519_OF_RFC_8037.to_owned()]).as_bytes()).unwrap(),
        };
        let entries =
            ["rsa", "p256", "p384", "ed25519"].map(|id| issuer.jwk(id, &[("kid", &format!("\"{id}\""))]));
        issuer.keys = KeySet::from_json(set(&entries).as_bytes()).unwrap();
        issuer
    })
}

/// A public key whose private half everybody knows.
pub(super) const ED25519_OF_RFC_8037: &str =
    r#"{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

impl Issuer {
    /// A token with these texts, signed.
    pub(super) fn token(&self, algorithm: Algorithm, header: &str, payload: &str) -> String {
        let signed = unsigned(header, payload);
        let signature = self.sign(algorithm, signed.as_bytes());
        format!("{signed}.{}", base64url::encode(&signature))
    }

    /// A token that is right, but for these members of its payload.
    pub(super) fn claiming(&self, changes: &[(&str, &str)]) -> String {
        self.token(Algorithm::EdDsa, &header(Algorithm::EdDsa, &[]), &payload(changes))
    }

    pub(super) fn sign(&self, algorithm: Algorithm, message: &[u8]) -> Vec<u8> {
        let with_rsa = |padding: &'static dyn RsaEncoding| {
            let mut signature = vec![0; self.rsa.public_modulus_len()];
            self.rsa.sign(padding, &SystemRandom::new(), message, &mut signature).unwrap();
            signature
        };
        let with_ecdsa =
            |key: &EcdsaKeyPair| key.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec();
        match algorithm {
            Algorithm::Rs256 => with_rsa(&RSA_PKCS1_SHA256),
            Algorithm::Rs384 => with_rsa(&RSA_PKCS1_SHA384),
            Algorithm::Rs512 => with_rsa(&RSA_PKCS1_SHA512),
            Algorithm::Ps256 => with_rsa(&RSA_PSS_SHA256),
            Algorithm::Ps384 => with_rsa(&RSA_PSS_SHA384),
            Algorithm::Ps512 => with_rsa(&RSA_PSS_SHA512),
            Algorithm::Es256 => with_ecdsa(&self.p256),
            Algorithm::Es384 => with_ecdsa(&self.p384),
            Algorithm::EdDsa => self.ed25519.sign(message).as_ref().to_vec(),
        }
    }

    /// A public key as an entry of a key set, with these members beside its own.
    pub(super) fn jwk(&self, id: &str, members: &[(&str, &str)]) -> String {
        let point = |crv: &str, key: &[u8]| {
            let (x, y) = key[1..].split_at(key.len() / 2);
            vec![quoted("kty", "EC"), quoted("crv", crv), binary("x", x), binary("y", y)]
        };
        let own = match id {
            "rsa" => vec![quoted("kty", "RSA"), binary("n", &self.modulus()), binary("e", &[1, 0, 1])],
            "p256" => point("P-256", self.p256.public_key().as_ref()),
            "p384" => point("P-384", self.p384.public_key().as_ref()),
            "ed25519" => vec![
                quoted("kty", "OKP"),
                quoted("crv", "Ed25519"),
                binary("x", self.ed25519.public_key().as_ref()),
            ],
            other => panic!("there is no key {other}"),
        };
        let own: Vec<_> = own.iter().map(|(name, text)| (*name, text.as_str())).collect();
        object(&own, members)
    }

    /// The RSA modulus, which is followed by a short exponent at the end of the key's encoding.
    pub(super) fn modulus(&self) -> Vec<u8> {
        let der = self.rsa_der();
        der[der.len() - 261..der.len() - 5].to_vec()
    }

    /// The RSA public key as PKCS #1 encodes it.
    pub(super) fn rsa_der(&self) -> &[u8] {
        self.rsa.public_key().as_ref()
    }
}

/// Header and payload as they are signed.
pub(super) fn unsigned(header: &str, payload: &str) -> String {
    format!("{}.{}", base64url::encode(header.as_bytes()), base64url::encode(payload.as_bytes()))
}

/// The header of a token signed with this algorithm, with changes.
pub(super) fn header(algorithm: Algorithm, changes: &[(&str, &str)]) -> String {
    let id = match algorithm {
        Algorithm::Es256 => "\"p256\"",
        Algorithm::Es384 => "\"p384\"",
        Algorithm::EdDsa => "\"ed25519\"",
        _ => "\"rsa\"",
    };
    object(&[("alg", &format!("\"{algorithm}\"")), ("kid", id)], changes)
}

/// The payload of a token that ends 1,000 seconds after [`NOW`], with changes.
pub(super) fn payload(changes: &[(&str, &str)]) -> String {
    let right =
        [("iss", "\"https://id.example\""), ("aud", "\"notes\""), ("sub", "\"ann\""), ("exp", "3000")];
    object(&right, changes)
}

/// A key set of these entries.
pub(super) fn set(entries: &[String]) -> String {
    format!(r#"{{"keys": [{}]}}"#, entries.join(", "))
}

/// The text of an object of these members, each the text of its value. A change replaces the member of its name, and
/// nothing at all removes it.
pub(super) fn object(members: &[(&str, &str)], changes: &[(&str, &str)]) -> String {
    let kept = members.iter().filter(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
    let written = kept.chain(changes).filter(|(_, text)| !text.is_empty());
    let written: Vec<_> = written.map(|(name, text)| format!("\"{name}\":{text}")).collect();
    format!("{{{}}}", written.join(","))
}

fn quoted<'n>(name: &'n str, text: &str) -> (&'n str, String) {
    (name, format!("\"{text}\""))
}

fn binary<'n>(name: &'n str, bytes: &[u8]) -> (&'n str, String) {
    quoted(name, &base64url::encode(bytes))
}
