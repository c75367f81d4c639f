//! Numbers that follow from a seed. It knows nothing of what is made of them.

/// A generator of numbers, the same ones for the same seed.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// SplitMix64.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One of the numbers below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
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
