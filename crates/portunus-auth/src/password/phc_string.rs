//! Hashes in the form `$name$v=1$a=1,b=2$salt$hash`, and the one place that names the package that reads it. It knows
//! nothing of how a hash is worked out.

use super::hash::unusable;
use crate::{Error, Result};
use phc::{Output, ParamsString, PasswordHash, Salt};

/// The longest hash that the form has room for, in bytes.
pub(super) const OUTPUT_BYTES_MAX: usize = Output::MAX_LENGTH;
/// The shortest hash that tells passwords apart, in bytes.
const OUTPUT_BYTES_MIN: usize = 16;

/// A hash with its salt and its parameters.
pub(super) struct PhcString {
    whole: PasswordHash,
    salt: Salt,
    output: Output,
}

impl PhcString {
    /// Reads a text in which nothing is missing, and which is the only one that says what it says.
    ///
    /// # Errors
    /// `Invalid` for every other text.
    pub(super) fn read(text: &str) -> Result<Self> {
        let whole = PasswordHash::new(text).map_err(|_| unusable("is not in the form of a PHC string"))?;
        if whole.to_string() != text {
            return Err(unusable("has a part that could be written in another way"));
        }
        let (Some(salt), Some(output)) = (whole.salt, whole.hash) else {
            return Err(unusable("has no salt or no hash in it"));
        };
        if output.len() < OUTPUT_BYTES_MIN {
            return Err(unusable("holds less than 16 bytes of hash"));
        }
        Ok(Self { whole, salt, output })
    }

    /// Puts one together.
    ///
    /// # Errors
    /// `Internal` if the parts do not fit the form.
    pub(super) fn make(
        algorithm: &str,
        version: Option<u32>,
        parameters: &[(&str, u32)],
        salt: &[u8],
        output: &[u8],
    ) -> Result<Self> {
        let misfit = |_| Error::Internal("a new password hash does not fit its form".into());
        let mut params = ParamsString::new();
        for (name, value) in parameters {
            params.add_decimal(*name, *value).map_err(misfit)?;
        }
        let (salt, output) = (Salt::new(salt).map_err(misfit)?, Output::new(output).map_err(misfit)?);
        let algorithm = algorithm.parse().map_err(misfit)?;
        let whole = PasswordHash { algorithm, version, params, salt: Some(salt), hash: Some(output) };
        Ok(Self { whole, salt, output })
    }

    /// Which function made it, and in which version.
    pub(super) fn algorithm(&self) -> (&str, Option<u32>) {
        (self.whole.algorithm.as_str(), self.whole.version)
    }

    /// The parameters, if they are numbers with just these names in just this order, as all who make such texts write them.
    pub(super) fn parameters<const COUNT: usize>(&self, names: [&str; COUNT]) -> Option<[u32; COUNT]> {
        let mut found = self.whole.params.iter();
        let mut values = [0; COUNT];
        for (name, value) in names.iter().zip(&mut values) {
            let (found_name, found_value) = found.next()?;
            if found_name.as_str() != *name {
                return None;
            }
            *value = found_value.decimal().ok()?;
        }
        found.next().is_none().then_some(values)
    }

    pub(super) fn salt(&self) -> &[u8] {
        &self.salt
    }

    pub(super) fn output_bytes(&self) -> usize {
        self.output.len()
    }

    /// The part of `room` that a hash as long as this one takes.
    ///
    /// # Errors
    /// None that the form leaves room for.
    pub(super) fn output_of<'r>(&self, room: &'r mut [u8; OUTPUT_BYTES_MAX]) -> Result<&'r mut [u8]> {
        let (output, _) = room
            .split_at_mut_checked(self.output.len())
            .ok_or_else(|| Error::Internal("a password hash is longer than its form allows".into()))?;
        Ok(output)
    }

    /// Whether this is the hash that was worked out. Compared in constant time.
    pub(super) fn is_output(&self, worked_out: &[u8]) -> bool {
        Output::new(worked_out).is_ok_and(|worked_out| worked_out == self.output)
    }

    pub(super) fn text(&self) -> String {
        self.whole.to_string()
    }
}
