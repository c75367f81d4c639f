//! JSON Web Tokens of outside issuers: read strictly, verified with given keys under given rules. It knows nothing of stores,
//! of who gave the rules, or of the network.
//!
//! In reading order: a text is taken apart ([`compact`]), its header ([`header`]) and its claims ([`claims`]) are read,
//! and what came out ([`unverified`]) is verified ([`verify`]) with a key of a set ([`key_set`], [`verifying_key`]).
//! The token itself chooses among the keys of the set that it is verified with, by their ids; nothing else.

mod algorithm;
mod claims;
mod compact;
mod fault;
mod header;
mod json;
mod jwk;
mod key_set;
mod unverified;
mod verify;
mod verifying_key;
mod weak_keys;

pub use algorithm::Algorithm;
pub(crate) use claims::TOKEN_ID_BYTES_MAX;
pub use fault::JwtFault;
pub use key_set::{KEY_SET_BYTES_MAX, KeySet};
pub use unverified::UnverifiedJwt;
pub use verify::{JWT_LEEWAY_MAX, JwtClaims, JwtRules};
pub(crate) use verifying_key::SigningKey;

#[cfg(test)]
mod tests;
