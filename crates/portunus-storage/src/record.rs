//! The envelope around every stored value: a format byte and a checksum over key and payload.
//! It knows nothing of what the payload means.
//!
//! ```text
//! offset  bytes  what
//! 0       1      format of the envelope, now 1
//! 1       8      checksum, little-endian: XXH3-64 of the payload, seeded with the XXH3-64 of the key
//! 9       rest   payload
//! ```

use crate::{Error, Result};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// The only form of the envelope so far.
const FORMAT: u8 = 1;

/// How many bytes the envelope puts before the payload.
pub(crate) const ENVELOPE_BYTES: usize = 9;

/// XXH3-64 of some bytes: for the few records that have their own form.
pub(crate) fn checksum(bytes: &[u8]) -> u64 {
    xxh3_64(bytes)
}

/// The checksum of a pair. The key's hash is the seed, so a pair cannot be cut at another place and still pass.
fn pair_checksum(key: &[u8], payload: &[u8]) -> u64 {
    xxh3_64_with_seed(payload, xxh3_64(key))
}

/// Wraps `payload`, to be stored under `key`.
pub(crate) fn seal(key: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut sealed = Vec::with_capacity(ENVELOPE_BYTES.saturating_add(payload.len()));
    sealed.push(FORMAT);
    sealed.extend_from_slice(&pair_checksum(key, payload).to_le_bytes());
    sealed.extend_from_slice(payload);
    sealed
}

/// The payload of a sealed record that was found under `key`.
///
/// # Errors
/// `Corrupt` if the record was not sealed for this key, or has changed since.
pub(crate) fn open<'r>(key: &[u8], sealed: &'r [u8]) -> Result<&'r [u8]> {
    let payload = payload(sealed).ok_or_else(|| Error::Corrupt("a record is too short".into()))?;
    let stored =
        sealed.get(1..ENVELOPE_BYTES).and_then(|bytes| bytes.try_into().ok()).map(u64::from_le_bytes);
    if sealed.first() != Some(&FORMAT) {
        return Err(Error::Corrupt("a record has an unknown form".into()));
    }
    if stored != Some(pair_checksum(key, payload)) {
        return Err(Error::Corrupt("a record fails its checksum".into()));
    }
    Ok(payload)
}

/// The payload of a record that this process has just sealed itself.
pub(crate) fn payload(sealed: &[u8]) -> Option<&[u8]> {
    sealed.get(ENVELOPE_BYTES..)
}

#[cfg(test)]
mod tests;
