//! Argon2id: the function that passwords are hashed with. It names the package that works it out, and knows nothing of
//! where a hash comes from or is kept.

use super::HashParameters;
use super::hash::unusable;
use super::phc_string::{OUTPUT_BYTES_MAX, PhcString};
use crate::{Error, Result};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use zeroize::Zeroizing;

/// The most memory that a hash may ask for, in KiB.
pub(super) const MEMORY_KIB_MAX: u32 = 256 * 1024;
/// The most passes over its memory that a hash may ask for.
pub(super) const PASSES_MAX: u32 = 16;
/// The most lanes that a hash may ask for.
pub(super) const LANES_MAX: u32 = 8;

/// The weakest hashes that are taken over: the least memory, and the least memory times passes, of the settings that
/// OWASP calls equally good (7 MiB and five passes).
const MEMORY_KIB_MIN: u32 = 7 * 1024;
const KIB_PASSES_MIN: u32 = 5 * MEMORY_KIB_MIN;

/// Bytes of a new salt.
pub(super) const SALT_BYTES: usize = 16;
/// Bytes of a new hash.
const OUTPUT_BYTES: usize = 32;

pub(super) const NAME: &str = "argon2id";
/// The version of the function since 2015, 1.3.
const VERSION: u32 = 19;

/// A hash of Argon2id, whose parameters are within the limits.
pub(super) struct Argon2id {
    phc: PhcString,
    params: Params,
}

impl Argon2id {
    /// Takes over a hash. Nothing is allocated for its parameters before they are known to be within the limits.
    ///
    /// # Errors
    /// `Invalid` if they are not, or if it is not of this function.
    pub(super) fn read(phc: PhcString) -> Result<Self> {
        if phc.algorithm() != (NAME, Some(VERSION)) {
            return Err(unusable("is not of version 19 of Argon2id"));
        }
        let [memory, passes, lanes] = phc
            .parameters(["m", "t", "p"])
            .ok_or_else(|| unusable("has other parameters than those of Argon2id"))?;
        if memory > MEMORY_KIB_MAX || passes > PASSES_MAX || lanes > LANES_MAX {
            return Err(unusable("asks for more than 256 MiB of memory, 16 passes or 8 lanes"));
        }
        if memory < MEMORY_KIB_MIN || memory.saturating_mul(passes) < KIB_PASSES_MIN {
            return Err(unusable("is weaker than 7 MiB of memory and five passes"));
        }
        let params = Params::new(memory, passes, lanes, Some(phc.output_bytes()))
            .map_err(|_| unusable("has parameters that Argon2id does not have"))?;
        Ok(Self { phc, params })
    }

    /// Hashes a password.
    ///
    /// # Errors
    /// `Internal` if there is no memory for it.
    pub(super) fn make(password: &[u8], parameters: HashParameters, salt: [u8; SALT_BYTES]) -> Result<Self> {
        let mut output = Zeroizing::new([0; OUTPUT_BYTES]);
        work_out(&params_of(parameters)?, password, &salt, &mut *output)?;
        Self::new(parameters, &salt, &output)
    }

    /// A hash that no password is known to have, and that takes as long to try as a real one.
    ///
    /// # Errors
    /// None that the limits of parameters leave room for.
    pub(super) fn of_nothing(parameters: HashParameters) -> Result<Self> {
        Self::new(parameters, &[0; SALT_BYTES], &[0; OUTPUT_BYTES])
    }

    fn new(parameters: HashParameters, salt: &[u8], output: &[u8; OUTPUT_BYTES]) -> Result<Self> {
        let costs = [("m", parameters.memory_kib()), ("t", parameters.passes()), ("p", parameters.lanes())];
        let phc = PhcString::make(NAME, Some(VERSION), &costs, salt, output)?;
        Ok(Self { phc, params: params_of(parameters)? })
    }

    /// Whether the password has this hash.
    ///
    /// # Errors
    /// `Internal` if there is no memory to work it out.
    pub(super) fn verify(&self, password: &[u8]) -> Result<bool> {
        let mut output = Zeroizing::new([0; OUTPUT_BYTES_MAX]);
        let output = self.phc.output_of(&mut output)?;
        work_out(&self.params, password, self.phc.salt(), output)?;
        Ok(self.phc.is_output(output))
    }

    /// Whether a new hash would be harder to guess: with more memory, or more work in all.
    pub(super) fn is_weaker_than(&self, parameters: HashParameters) -> bool {
        let work = |memory: u32, passes: u32| u64::from(memory) * u64::from(passes);
        let (memory, passes) = (self.params.m_cost(), self.params.t_cost());
        memory < parameters.memory_kib()
            || work(memory, passes) < work(parameters.memory_kib(), parameters.passes())
            || self.phc.salt().len() < SALT_BYTES
            || self.phc.output_bytes() < OUTPUT_BYTES
    }

    pub(super) fn memory_kib(&self) -> u32 {
        self.params.m_cost()
    }

    pub(super) fn text(&self) -> String {
        self.phc.text()
    }
}

fn params_of(parameters: HashParameters) -> Result<Params> {
    let (memory, passes, lanes) = (parameters.memory_kib(), parameters.passes(), parameters.lanes());
    Params::new(memory, passes, lanes, Some(OUTPUT_BYTES)).map_err(fault)
}

/// The memory is ours, so that it can be wiped and its lack be an error. What is in it at the end tells of the password.
fn work_out(params: &Params, password: &[u8], salt: &[u8], output: &mut [u8]) -> Result<()> {
    let count = params.block_count();
    let mut memory = Vec::new();
    memory
        .try_reserve_exact(count)
        .map_err(|_| Error::Internal("there is no memory to hash a password in".into()))?;
    memory.resize(count, Block::new());
    let mut memory = Zeroizing::new(memory.into_boxed_slice());
    let function = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    function.hash_password_into_with_memory(password, salt, output, &mut **memory).map_err(fault)
}

fn fault(error: argon2::Error) -> Error {
    Error::Internal(format!("a password cannot be hashed: {error}"))
}
