//! The one record that says whose file this is, in which form, and which commit is its last.
//!
//! ```text
//! offset  bytes  what
//! 0       8      "PORTUNUS"
//! 8       4      format of the store, little-endian, now 1
//! 12      8      version of the last commit, little-endian
//! 20      8      XXH3-64 of the 20 bytes before, little-endian
//! ```

use crate::{Error, Result, Version, record};

const MAGIC: [u8; 8] = *b"PORTUNUS";

/// The form of store that this program writes, and the newest it can read.
const FORMAT: u32 = 1;

/// Where the checksum begins.
const CHECKED_BYTES: usize = 20;

/// The record for a store whose last commit is `version`.
pub(crate) fn encode(version: Version) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(CHECKED_BYTES + 8);
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&FORMAT.to_le_bytes());
    bytes.extend_from_slice(&version.0.to_le_bytes());
    let checksum = record::checksum(&bytes);
    bytes.extend_from_slice(&checksum.to_le_bytes());
    bytes
}

/// The last commit of the store.
///
/// # Errors
/// `Version` if another program or a newer form of this one wrote it, `Corrupt` if it fails its checksum.
pub(crate) fn decode(bytes: &[u8]) -> Result<Version> {
    let (magic, rest) = bytes.split_first_chunk().ok_or_else(foreign)?;
    if *magic != MAGIC {
        return Err(foreign());
    }
    let (format, rest) = rest.split_first_chunk().ok_or_else(damaged)?;
    let format = u32::from_le_bytes(*format);
    if format != FORMAT {
        let message = format!("the store has format {format}, and this program knows format {FORMAT} only");
        return Err(Error::Version(message));
    }
    let (version, checksum) = rest.split_first_chunk().ok_or_else(damaged)?;
    let checked = bytes.get(..CHECKED_BYTES).ok_or_else(damaged)?;
    if *checksum != record::checksum(checked).to_le_bytes() {
        return Err(damaged());
    }
    Ok(Version(u64::from_le_bytes(*version)))
}

/// What to say of a file that is not ours.
pub(crate) fn foreign() -> Error {
    Error::Version("the file was not written by this program".into())
}

fn damaged() -> Error {
    Error::Corrupt("the header fails its checksum".into())
}

#[cfg(test)]
mod tests;
