//! An issuer of JWTs as it might stand elsewhere: it signs with a key that was made just now. The only file that names
//! `aws_lc_rs` and `data_encoding`. It knows nothing of the store that takes its tokens.

use crate::failure::{Failure, Result};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use data_encoding::BASE64URL_NOPAD;
use portunus::{Algorithm, Secret, Timestamp};
use serde_json::{Value as Json, json};
use std::time::Duration;

/// The algorithm that the issuer signs with.
pub(super) const ALGORITHM: Algorithm = Algorithm::EdDsa;

/// How long a JWT opens something.
const LIFETIME: Duration = Duration::from_secs(3_600);

/// An issuer, and its one key.
pub(super) struct Issuer {
    pub name: &'static str,
    key: Ed25519KeyPair,
}

impl Issuer {
    /// An issuer of this name, with a new key.
    ///
    /// # Errors
    /// If no key can be made.
    pub(super) fn new(name: &'static str) -> Result<Self> {
        let key = Ed25519KeyPair::generate().map_err(|_| Failure::new("cannot make a key for the issuer"))?;
        Ok(Self { name, key })
    }

    /// What the issuer publishes: the key that its signatures are verified by.
    pub(super) fn key_set(&self) -> Json {
        let public = BASE64URL_NOPAD.encode(self.key.public_key().as_ref());
        json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "alg": ALGORITHM.name(), "use": "sig", "x": public}]})
    }

    /// A JWT about somebody, for somebody, issued at an instant.
    pub(super) fn jwt(&self, subject: &str, audience: &str, issued_at: Timestamp) -> Secret {
        let seconds = |instant: Timestamp| instant.0 / 1_000_000;
        let header = json!({"alg": ALGORITHM.name(), "typ": "JWT"});
        let claims = json!({
            "iss": self.name, "sub": subject, "aud": audience,
            "iat": seconds(issued_at), "exp": seconds(issued_at.saturating_add(LIFETIME)),
        });
        let encode = |part: &Json| BASE64URL_NOPAD.encode(part.to_string().as_bytes());
        let signed = format!("{}.{}", encode(&header), encode(&claims));
        let signature = BASE64URL_NOPAD.encode(self.key.sign(signed.as_bytes()).as_ref());
        Secret::new(format!("{signed}.{signature}"))
    }
}
