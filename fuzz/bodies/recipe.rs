//! Bytes that say how something is made, from front to back. Past the end there are zeroes. It knows nothing of what is made.

/// What is left to be made of some bytes.
pub struct Recipe<'d> {
    rest: &'d [u8],
}

impl<'d> Recipe<'d> {
    pub fn new(data: &'d [u8]) -> Self {
        Self { rest: data }
    }

    pub fn byte(&mut self) -> u8 {
        let (first, rest) = self.rest.split_first().unwrap_or((&0, &[]));
        self.rest = rest;
        *first
    }

    pub fn long(&mut self) -> i64 {
        i64::from_le_bytes([(); 8].map(|()| self.byte()))
    }

    /// What has not been used.
    pub fn rest(self) -> &'d [u8] {
        self.rest
    }
}
