//! The outer form of a token: three parts, with dots between them. It knows nothing of what the parts say.

use super::JwtFault;
use crate::base64url;
use zeroize::Zeroizing;

/// The most bytes of a token's text.
const TOKEN_BYTES_MAX: usize = 16 << 10;
/// The most bytes of the text of a header.
const HEADER_BYTES_MAX: usize = 8 << 10;

/// A token, taken apart.
pub(super) struct Compact<'t> {
    pub(super) header: Vec<u8>,
    pub(super) payload: Vec<u8>,
    /// What the signature is over: the texts of header and payload, and the dot between them.
    pub(super) signed: &'t str,
    /// Wiped, because with it the rest is a secret.
    pub(super) signature: Zeroizing<Vec<u8>>,
}

impl<'t> Compact<'t> {
    /// Takes a text apart. Encrypted tokens have five parts, and those in JSON no dots where these have them.
    pub(super) fn read(text: &'t str) -> Result<Self, JwtFault> {
        if text.len() > TOKEN_BYTES_MAX {
            return Err(JwtFault::TooLarge);
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(JwtFault::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(JwtFault::Malformed)?;
        if header.len() > HEADER_BYTES_MAX {
            return Err(JwtFault::TooLarge);
        }
        let (header, payload, signature) = (part(header)?, part(payload)?, Zeroizing::new(part(signature)?));
        Ok(Self { header, payload, signed, signature })
    }
}

/// The bytes of one part. A fourth part would show here, as a dot within one of the three.
fn part(text: &str) -> Result<Vec<u8>, JwtFault> {
    base64url::decode(text).filter(|bytes| !bytes.is_empty()).ok_or(JwtFault::Malformed)
}
