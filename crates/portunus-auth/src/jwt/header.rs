//! The header of a token: what it says of its algorithm, key and purpose. It knows nothing of claims, and of no key itself.

use super::json::{optional, read_object, short_text};
use super::{Algorithm, JwtFault};

/// The most bytes of a key's id.
pub(super) const KEY_ID_BYTES_MAX: usize = 256;

/// Members that change how the rest is to be read. Whoever does not know how must refuse the token; here that is all of
/// them, also where `crit` does not list them.
const EXTENSIONS: [&str; 3] = ["crit", "b64", "zip"];

/// A header. What it says of where a key might be found (`jku`, `jwk`, `x5u`, `x5c`) is not even kept.
pub(super) struct Header {
    pub(super) algorithm: Algorithm,
    pub(super) key_id: Option<String>,
    pub(super) token_type: Option<String>,
}

impl Header {
    pub(super) fn read(json: &[u8]) -> Result<Self, JwtFault> {
        let members = read_object(json).ok_or(JwtFault::Header)?;
        let algorithm = members.get("alg").and_then(|name| name.as_str()).and_then(Algorithm::of_name);
        let algorithm = algorithm.ok_or(JwtFault::Algorithm)?;
        if EXTENSIONS.iter().any(|name| members.contains(name)) {
            return Err(JwtFault::Critical);
        }
        let key_id = optional(&members, "kid", |id| short_text(id, KEY_ID_BYTES_MAX));
        let token_type = optional(&members, "typ", |name| name.as_str());
        Ok(Self {
            algorithm,
            key_id: key_id.ok_or(JwtFault::Header)?.map(str::to_owned),
            token_type: token_type.ok_or(JwtFault::Header)?.map(str::to_owned),
        })
    }
}
