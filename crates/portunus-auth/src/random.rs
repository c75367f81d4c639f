//! Random bytes of the operating system. It knows nothing of what they are for.

use crate::{Error, Result};

/// Bytes that nobody can guess.
///
/// # Errors
/// `Internal` if the operating system has none to give.
pub(crate) fn random_bytes<const LENGTH: usize>() -> Result<[u8; LENGTH]> {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes)
        .map_err(|_| Error::Internal("the operating system gave no random bytes".into()))?;
    Ok(bytes)
}
