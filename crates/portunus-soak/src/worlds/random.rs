//! Numbers that follow from a seed, in the shapes that pairs are made of. It knows nothing of what is made of them.

use portunus_storage::conformance;

/// A generator of numbers, the same ones for the same seed.
#[derive(Clone, Debug)]
pub struct Random(conformance::Random);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(conformance::Random::new(seed))
    }

    /// One of the numbers below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0.below(end)
    }

    pub fn small(&mut self, end: u8) -> u8 {
        u8::try_from(self.below(usize::from(end))).unwrap()
    }

    pub fn int(&mut self, end: u8) -> i64 {
        i64::from(self.small(end))
    }

    /// So many of something.
    pub fn some<T>(&mut self, counts: std::ops::Range<usize>, mut one: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let count = counts.start + self.below(counts.len());
        (0..count).map(|_| one(self)).collect()
    }
}
