//! Base64url without padding, strictly: every byte string has one text. It knows nothing of what the bytes are.

use data_encoding::BASE64URL_NOPAD;

/// The text of these bytes.
pub(crate) fn encode(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

/// The bytes of this text. There are none if it has padding, white space, a letter of another alphabet, or bits set
/// that belong to no byte.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    BASE64URL_NOPAD.decode(text.as_bytes()).ok()
}
