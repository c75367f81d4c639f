//! An issuer outside: it makes keys and signs JWTs with them, whatever it is told to put into them. It knows nothing of
//! stores, nor of who believes it.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256,
    RSA_PKCS1_SHA512,
};
use data_encoding::BASE64URL_NOPAD;
use portunus_auth::Algorithm;
use serde_json::{Value, json};
use std::sync::{Arc, OnceLock};

/// A key of an issuer, with its id.
#[derive(Clone)]
pub struct Signer {
    pub id: String,
    key: Key,
}

#[derive(Clone)]
enum Key {
    Rsa(Arc<RsaKeyPair>),
    P256(Arc<EcdsaKeyPair>),
    Ed25519(Arc<Ed25519KeyPair>),
}

impl Signer {
    /// A new key, of the kind that is made fastest.
    pub fn new(id: &str) -> Self {
        Self { id: id.into(), key: Key::Ed25519(Arc::new(Ed25519KeyPair::generate().unwrap())) }
    }

    /// A new key on P-256.
    pub fn p256(id: &str) -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        Self { id: id.into(), key: Key::P256(Arc::new(key)) }
    }

    /// The RSA key of this run: they take long to make.
    pub fn rsa(id: &str) -> Self {
        static KEY: OnceLock<Arc<RsaKeyPair>> = OnceLock::new();
        let key = KEY.get_or_init(|| Arc::new(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()));
        Self { id: id.into(), key: Key::Rsa(key.clone()) }
    }

    /// The algorithm that it signs with, unless it is told otherwise.
    pub fn algorithm(&self) -> Algorithm {
        match self.key {
            Key::Rsa(_) => Algorithm::Rs256,
            Key::P256(_) => Algorithm::Es256,
            Key::Ed25519(_) => Algorithm::EdDsa,
        }
    }

    /// A token with these claims.
    pub fn token(&self, claims: &Value) -> String {
        self.token_with(&self.header(), claims)
    }

    pub fn header(&self) -> Value {
        json!({"alg": self.algorithm().name(), "typ": "JWT", "kid": self.id})
    }

    /// A token with this header, whatever it says, signed with the algorithm of the key.
    pub fn token_with(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = self.sign(header["alg"] == "RS512", signed.as_bytes());
        format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature))
    }

    /// The public half, as an entry of a key set.
    pub fn jwk(&self) -> Value {
        let text = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
        let mut jwk = match &self.key {
            Key::Rsa(key) => {
                // The modulus is followed by a short exponent at the end of the encoding.
                let der = key.public_key().as_ref();
                let modulus = &der[der.len() - 261..der.len() - 5];
                json!({"kty": "RSA", "n": text(modulus), "e": "AQAB"})
            }
            Key::P256(key) => {
                let (x, y) = key.public_key().as_ref()[1..].split_at(32);
                json!({"kty": "EC", "crv": "P-256", "x": text(x), "y": text(y)})
            }
            Key::Ed25519(key) => {
                json!({"kty": "OKP", "crv": "Ed25519", "x": text(key.public_key().as_ref())})
            }
        };
        jwk["kid"] = json!(self.id);
        jwk
    }

    /// The public half as DER, for those who take it for something else.
    pub fn public_key(&self) -> Vec<u8> {
        match &self.key {
            Key::Rsa(key) => key.public_key().as_ref().to_vec(),
            Key::P256(key) => key.public_key().as_ref().to_vec(),
            Key::Ed25519(key) => key.public_key().as_ref().to_vec(),
        }
    }

    fn sign(&self, with_sha512: bool, message: &[u8]) -> Vec<u8> {
        match &self.key {
            Key::Rsa(key) => {
                let padding = if with_sha512 { &RSA_PKCS1_SHA512 } else { &RSA_PKCS1_SHA256 };
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(padding, &SystemRandom::new(), message, &mut signature).unwrap();
                signature
            }
            Key::P256(key) => key.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec(),
            Key::Ed25519(key) => key.sign(message).as_ref().to_vec(),
        }
    }
}

/// The key set of these keys.
pub fn key_set<'s>(signers: impl IntoIterator<Item = &'s Signer>) -> String {
    json!({"keys": signers.into_iter().map(Signer::jwk).collect::<Vec<_>>()}).to_string()
}
