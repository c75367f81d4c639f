//! Hashes of bcrypt, taken over from elsewhere and never made here. It names the package that works them out, and knows nothing
//! of where a hash is kept.

use super::hash::unusable;
use crate::{Error, Result};
use ::bcrypt::{HashParts, Version};
use std::ops::RangeInclusive;

/// What comes before the cost, for each version that hashes all passwords alike. `$2x$` does not.
const PREFIXES: [(&str, Version); 3] =
    [("$2a$", Version::TwoA), ("$2b$", Version::TwoB), ("$2y$", Version::TwoY)];
/// The work is two to the power of this: 10 is what most programs have made hashes with, 15 takes some seconds.
const COST: RangeInclusive<u32> = 10..=15;
/// Memory that working one out takes, in KiB, well rounded up.
pub(super) const MEMORY_KIB: u32 = 8;
/// bcrypt sees no more of a password.
const PASSWORD_BYTES_SEEN: usize = 72;

/// A hash of bcrypt, whose cost is within the limits.
pub(super) struct Bcrypt {
    text: String,
}

impl Bcrypt {
    pub(super) fn is_one(text: &str) -> bool {
        PREFIXES.iter().any(|(prefix, _)| text.starts_with(prefix))
    }

    /// # Errors
    /// `Invalid` if it has not the form or is not within the limits.
    pub(super) fn read(text: &str) -> Result<Self> {
        let malformed = || unusable("is not in the form of a hash of bcrypt");
        let (_, version) =
            PREFIXES.into_iter().find(|(prefix, _)| text.starts_with(prefix)).ok_or_else(malformed)?;
        let parts: HashParts = text.parse().map_err(|_| malformed())?;
        if parts.format_for_version(version) != text {
            return Err(malformed());
        }
        if !COST.contains(&parts.get_cost()) {
            return Err(unusable("has a cost of bcrypt that is not 10 to 15"));
        }
        Ok(Self { text: text.into() })
    }

    /// Whether the password has this hash. One of more than 72 bytes, or with a NUL in it, has none: bcrypt would take it for
    /// any other that begins like it, or that it is a repetition of. The work is done all the same.
    ///
    /// # Errors
    /// `Internal` if the package refuses what it has read before.
    pub(super) fn verify(&self, password: &[u8]) -> Result<bool> {
        let is_all_seen = password.len() <= PASSWORD_BYTES_SEEN && !password.contains(&0);
        let is_right = ::bcrypt::verify(password, &self.text)
            .map_err(|_| Error::Internal("a hash of bcrypt cannot be worked out".into()))?;
        Ok(is_all_seen && is_right)
    }
}
