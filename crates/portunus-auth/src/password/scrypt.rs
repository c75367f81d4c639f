//! Hashes of scrypt, taken over from elsewhere and never made here. It names the package that works them out, and knows nothing
//! of where a hash is kept.

use super::hash::unusable;
use super::phc_string::{OUTPUT_BYTES_MAX, PhcString};
use crate::{Error, Result};
use ::scrypt::Params;
use std::ops::RangeInclusive;
use zeroize::Zeroizing;

pub(super) const NAME: &str = "scrypt";
/// The most that each parameter may be: the logarithm of `n`, `r` and `p`.
const PARAMETERS_MAX: [u32; 3] = [20, 64, 64];
/// The most memory that a hash may ask for, in KiB.
const MEMORY_KIB_MAX: u64 = 256 * 1024;
/// The product of `n`, `r` and `p`: from what the thriftiest programs make hashes with to what takes some seconds.
const WORK: RangeInclusive<u64> = 1 << 17..=1 << 23;

/// A hash of scrypt, whose parameters are within the limits.
pub(super) struct Scrypt {
    phc: PhcString,
    params: Params,
    memory_kib: u32,
}

impl Scrypt {
    /// Takes over a hash. Nothing is allocated for its parameters before they are known to be within the limits.
    ///
    /// # Errors
    /// `Invalid` if they are not, or if it is not of this function.
    pub(super) fn read(phc: PhcString) -> Result<Self> {
        if phc.algorithm() != (NAME, None) {
            return Err(unusable("is not of scrypt"));
        }
        let parameters = phc
            .parameters(["ln", "r", "p"])
            .ok_or_else(|| unusable("has other parameters than those of scrypt"))?;
        let dear = || unusable("asks for more than 256 MiB of memory, or for too much work");
        if parameters.iter().zip(PARAMETERS_MAX).any(|(value, max)| *value > max) {
            return Err(dear());
        }
        let [log_n, r, p] = parameters;
        // `n` times `r` blocks of 128 bytes.
        let blocks = u64::from(r) << log_n;
        let memory_kib = blocks / 8;
        let work = blocks * u64::from(p);
        if memory_kib > MEMORY_KIB_MAX || work > *WORK.end() {
            return Err(dear());
        }
        if work < *WORK.start() {
            return Err(unusable("is weaker than scrypt with the parameters 14, 8 and 1"));
        }
        let impossible = || unusable("has parameters that scrypt does not have");
        let log_n = u8::try_from(log_n).map_err(|_| impossible())?;
        let memory_kib = u32::try_from(memory_kib).map_err(|_| impossible())?;
        let params = Params::new(log_n, r, p).map_err(|_| impossible())?;
        Ok(Self { phc, params, memory_kib })
    }

    /// Whether the password has this hash.
    ///
    /// # Errors
    /// `Internal` if it cannot be worked out.
    pub(super) fn verify(&self, password: &[u8]) -> Result<bool> {
        let mut output = Zeroizing::new([0; OUTPUT_BYTES_MAX]);
        let output = self.phc.output_of(&mut output)?;
        ::scrypt::scrypt(password, self.phc.salt(), &self.params, output)
            .map_err(|_| Error::Internal("a hash of scrypt cannot be worked out".into()))?;
        Ok(self.phc.is_output(output))
    }

    pub(super) fn memory_kib(&self) -> u32 {
        self.memory_kib
    }
}
