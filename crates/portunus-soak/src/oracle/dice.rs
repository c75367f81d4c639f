//! Numbers that look random and come from a seed alone, or from bytes that somebody has chosen. It knows nothing of what they are for.

pub struct Dice {
    /// What is thrown first.
    chosen: Vec<u8>,
    state: u64,
}

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self { chosen: Vec::new(), state: seed ^ 0x6f72_6163_6c65 }
    }

    /// Dice that fall as these bytes say, two of them for each throw, and by chance behind their end.
    pub fn falling(bytes: &[u8]) -> Self {
        Self { chosen: bytes.iter().rev().copied().collect(), ..Self::new(0) }
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// Whether something happens that happens so many times of a hundred.
    pub fn percent(&mut self, chance: u64) -> bool {
        self.next() % 100 < chance
    }

    pub fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    /// Some of these, in their order.
    pub fn some<T: Clone>(&mut self, of: &[T]) -> Vec<T> {
        of.iter().filter(|_| self.percent(50)).cloned().collect()
    }

    /// What was chosen, and then the sequence that is known as SplitMix64.
    fn next(&mut self) -> u64 {
        if let Some(low) = self.chosen.pop() {
            return u64::from(u16::from_le_bytes([low, self.chosen.pop().unwrap_or(0)]));
        }
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
