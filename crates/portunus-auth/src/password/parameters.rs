//! What making one password hash costs. It knows nothing of passwords, nor of which hashes were made with what.

use crate::{Error, Result};
use std::ops::RangeInclusive;

/// Memory of a hash made here, in KiB: from 19 MiB to 256 MiB.
const MEMORY_KIB: RangeInclusive<u32> = 19 * 1024..=super::argon2id::MEMORY_KIB_MAX;
/// Passes over the memory.
const PASSES: RangeInclusive<u32> = 2..=super::argon2id::PASSES_MAX;
/// Parts of the memory that could be filled at the same time.
const LANES: RangeInclusive<u32> = 1..=super::argon2id::LANES_MAX;

/// What making one password hash costs: the parameters of Argon2id.
///
/// The default is the least that is allowed: 19 MiB of memory, two passes, one lane, which takes some 25
/// milliseconds. Raise it as far as the machine can bear at the rate of its logins; hashes made with less are made anew
/// when their owners log in.
///
/// ```
/// use portunus_auth::HashParameters;
/// let usual = HashParameters::default();
/// assert_eq!((usual.memory_kib(), usual.passes(), usual.lanes()), (19_456, 2, 1));
/// let dearer = HashParameters::new(64 * 1024, 3, 1)?;
/// assert_eq!(dearer.memory_kib(), 65_536);
/// assert!(HashParameters::new(1024, 1, 1).is_err());
/// # Ok::<(), portunus_auth::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashParameters {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl HashParameters {
    /// Parameters for new hashes.
    ///
    /// # Errors
    /// `Invalid` unless `memory_kib` is 19,456 to 262,144 (256 MiB), `passes` 2 to 16, and `lanes` 1 to 8.
    pub fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self> {
        for (what, value, allowed) in
            [("memory_kib", memory_kib, MEMORY_KIB), ("passes", passes, PASSES), ("lanes", lanes, LANES)]
        {
            if !allowed.contains(&value) {
                let problem = format!("is {value}, not {} to {}", allowed.start(), allowed.end());
                return Err(Error::invalid(what, problem));
            }
        }
        Ok(Self { memory_kib, passes, lanes })
    }

    /// Memory of one hash, in KiB.
    #[must_use]
    pub fn memory_kib(&self) -> u32 {
        self.memory_kib
    }

    /// Passes over the memory.
    #[must_use]
    pub fn passes(&self) -> u32 {
        self.passes
    }

    /// Parts of the memory that somebody with the hardware could fill at the same time.
    #[must_use]
    pub fn lanes(&self) -> u32 {
        self.lanes
    }
}

impl Default for HashParameters {
    fn default() -> Self {
        Self { memory_kib: *MEMORY_KIB.start(), passes: *PASSES.start(), lanes: *LANES.start() }
    }
}
