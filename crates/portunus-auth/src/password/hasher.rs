//! Makes and tries password hashes, a few at a time, and exactly one each time. It knows nothing of whose password it is, nor
//! of why there is no hash to try it on.

use super::queue::Queue;
use super::{HashParameters, Password, PasswordHash};
use crate::Result;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::available_parallelism;

/// The most threads that may wait for their turn. The last of them waits for some minutes.
const WAITING_MAX: usize = 16_384;
/// More at a time are no faster than the memory, and take much of it.
const AT_ONCE_MAX: u32 = 4;

/// Makes and tries password hashes.
pub(crate) struct Hasher {
    parameters: HashParameters,
    /// A seat is the memory of one new hash. A hash that was made with more takes several.
    queue: Queue,
    hashes: AtomicU64,
    /// What a password is tried on where there is nothing to try it on.
    decoy: PasswordHash,
}

/// What trying a password has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verified {
    /// It is the right one.
    Right,
    /// It is the right one, and its hash should be made anew: it is weaker than new ones, or of another function.
    Outdated,
    /// It is not, or there is nothing that it could be right for.
    Wrong,
}

/// How many hashes are worked out at a time, unless somebody knows better: one for each processor, up to four.
pub(crate) fn hashes_at_once() -> u32 {
    available_parallelism().map_or(1, |count| u32::try_from(count.get()).unwrap_or(u32::MAX)).min(AT_ONCE_MAX)
}

impl Hasher {
    /// A hasher that works out so many hashes at a time, at least one. Its memory is what so many new hashes take, or what one
    /// hash takes that was made with more than that.
    ///
    /// # Errors
    /// None that the limits of parameters leave room for.
    pub(crate) fn new(parameters: HashParameters, at_once: u32) -> Result<Self> {
        Ok(Self {
            parameters,
            queue: Queue::new(at_once, WAITING_MAX),
            hashes: AtomicU64::new(0),
            decoy: PasswordHash::of_nothing(parameters)?,
        })
    }

    /// Hashes a password.
    ///
    /// # Errors
    /// `Limit` if too many are waiting already, `Internal` if there is no memory or no random bytes for it.
    pub(crate) fn hash(&self, password: &Password) -> Result<PasswordHash> {
        self.count_one(self.parameters.memory_kib(), || PasswordHash::make(password, self.parameters))
    }

    /// Tries a password on a hash. This is exactly one hash, also where there is none to try it on: for an unknown user, for
    /// one without a password, for a stored hash that cannot be read. There the password is wrong, at the cost of a new hash.
    ///
    /// # Errors
    /// `Limit` if too many are waiting already, `Internal` if there is no memory for it.
    pub(crate) fn verify(&self, password: &Password, hash: Option<&PasswordHash>) -> Result<Verified> {
        let tried_on = hash.unwrap_or(&self.decoy);
        let has_it = self.count_one(tried_on.memory_kib(), || tried_on.verify(password))?;
        Ok(match hash {
            Some(hash) if has_it && hash.is_outdated(self.parameters) => Verified::Outdated,
            Some(_) if has_it => Verified::Right,
            Some(_) | None => Verified::Wrong,
        })
    }

    /// How many hashes it has worked out. Tests count them: what looks the same must cost the same.
    pub(crate) fn hashes(&self) -> u64 {
        self.hashes.load(Ordering::Relaxed)
    }

    /// Works out one hash, when it is its turn.
    fn count_one<T>(&self, memory_kib: u32, hash: impl FnOnce() -> Result<T>) -> Result<T> {
        let _permit = self.queue.enter(memory_kib.div_ceil(self.parameters.memory_kib()))?;
        self.hashes.fetch_add(1, Ordering::Relaxed);
        hash()
    }
}

#[cfg(test)]
mod tests;
