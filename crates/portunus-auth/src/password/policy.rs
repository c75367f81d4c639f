//! What a password has to be like for somebody to set it. It knows nothing of hashes, nor of whose password it is.

use super::{PASSWORD_BYTES_MAX, Password};
use crate::{Error, Result};
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

/// The least length that a policy can ask for, in bytes of UTF-8.
pub const PASSWORD_BYTES_MIN: usize = 8;
/// The most passwords that a policy can refuse by name.
pub const REFUSED_PASSWORDS_MAX: usize = 1_000_000;

/// What a password has to be like for somebody to set it: of a length, and not on a list.
///
/// Length and a list of the passwords that everybody tries first is what helps; rules about digits and signs are left out on
/// purpose. A policy is asked when a password is set, not when it is tried: those who have one from before keep it.
///
/// ```
/// use portunus_auth::{Password, PasswordPolicy};
/// let policy = PasswordPolicy::new().at_least(10)?.refuse(["correcthorse", "battery staple"])?;
/// assert!(policy.check(&Password::new("correct horse")?).is_ok());
/// let refused = policy.check(&Password::new("correcthorse")?).unwrap_err();
/// assert_eq!(refused.to_string(), "password: is on the list of refused passwords");
/// let short = policy.check(&Password::new("horse")?).unwrap_err();
/// assert_eq!(short.to_string(), "password: is shorter than 10 bytes");
/// # Ok::<(), portunus_auth::Error>(())
/// ```
#[derive(Clone)]
pub struct PasswordPolicy {
    bytes_min: usize,
    refused: Arc<HashSet<Box<str>>>,
}

impl PasswordPolicy {
    /// At least 8 bytes, and nothing else.
    #[must_use]
    pub fn new() -> Self {
        Self { bytes_min: PASSWORD_BYTES_MIN, refused: Arc::default() }
    }

    /// Asks for this many bytes of UTF-8.
    ///
    /// # Errors
    /// `Invalid` below 8, and past the 1024 that a password can have.
    pub fn at_least(mut self, bytes: usize) -> Result<Self> {
        if !(PASSWORD_BYTES_MIN..=PASSWORD_BYTES_MAX).contains(&bytes) {
            let problem = format!("is {bytes} bytes, not {PASSWORD_BYTES_MIN} to {PASSWORD_BYTES_MAX}");
            return Err(Error::invalid("the least length of passwords", problem));
        }
        self.bytes_min = bytes;
        Ok(self)
    }

    /// Refuses these passwords, beside those that it refuses already. They are compared byte for byte, as passwords are.
    ///
    /// # Errors
    /// `Limit` past a million of them, and if one is longer than a password can be.
    pub fn refuse(mut self, passwords: impl IntoIterator<Item = impl Into<String>>) -> Result<Self> {
        let limit = |what, actual, max| Err(Error::Limit { what, actual, max });
        let refused = Arc::make_mut(&mut self.refused);
        for password in passwords {
            let password: String = password.into();
            if password.len() > PASSWORD_BYTES_MAX {
                return limit("a refused password", password.len(), PASSWORD_BYTES_MAX);
            }
            refused.insert(password.into_boxed_str());
            if refused.len() > REFUSED_PASSWORDS_MAX {
                return limit("the list of refused passwords", refused.len(), REFUSED_PASSWORDS_MAX);
            }
        }
        Ok(self)
    }

    /// Whether the password may be set.
    ///
    /// # Errors
    /// `Invalid`, with the rule that it breaks; never with the password.
    pub fn check(&self, password: &Password) -> Result<()> {
        if password.as_bytes().len() < self.bytes_min {
            return Err(Error::invalid("password", format!("is shorter than {} bytes", self.bytes_min)));
        }
        if self.refused.contains(password.text()) {
            return Err(Error::invalid("password", "is on the list of refused passwords"));
        }
        Ok(())
    }
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for PasswordPolicy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PasswordPolicy(at least {} bytes, {} refused)", self.bytes_min, self.refused.len())
    }
}
