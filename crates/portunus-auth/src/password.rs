//! Passwords: what somebody types, what it has to be like, and what is kept of it. It knows nothing of stores, documents
//! or principals: whose a password is, and who may set or try it, is decided elsewhere.

mod parameters;
mod policy;

mod hash;

mod argon2id;
#[cfg(feature = "import-bcrypt")]
mod bcrypt;
mod phc_string;
#[cfg(feature = "import-scrypt")]
mod scrypt;

mod hasher;
mod queue;

pub use hash::{PASSWORD_HASH_BYTES_MAX, PasswordHash};
pub(crate) use hasher::{Hasher, Verified, hashes_at_once};
pub use parameters::HashParameters;
pub use policy::{PASSWORD_BYTES_MIN, PasswordPolicy, REFUSED_PASSWORDS_MAX};

use crate::{Error, Result};
use std::fmt;
use std::sync::Arc;
use zeroize::Zeroizing;

/// The longest password, in bytes of UTF-8.
pub const PASSWORD_BYTES_MAX: usize = 1024;

/// What somebody types to prove who they are.
///
/// It is taken byte for byte: nothing is cut off, trimmed, changed in case or brought into another form of Unicode, and a
/// NUL counts like any other character. The text is wiped from memory when the last clone is dropped; nothing shows it.
///
/// Any text that is not too long is a password, even an empty one: whether somebody may *set* it is for a
/// [`PasswordPolicy`] to say, while trying a bad one has to look like trying any wrong one.
///
/// ```
/// use portunus_auth::{ErrorKind, Password};
/// let password = Password::new("correct horse battery staple")?;
/// assert_eq!(format!("{password:?}"), "Password(…)");
/// let too_long = Password::new("x".repeat(1025)).unwrap_err();
/// assert_eq!(too_long.kind(), ErrorKind::Limit);
/// # Ok::<(), portunus_auth::Error>(())
/// ```
#[derive(Clone)]
pub struct Password {
    // Shared, so that moves and clones of a password leave no copies of it behind.
    text: Arc<Zeroizing<String>>,
}

impl Password {
    /// The password with this text.
    ///
    /// # Errors
    /// `Limit` past 1024 bytes: nobody is made to hash a book.
    pub fn new(text: impl Into<String>) -> Result<Self> {
        let text = Zeroizing::new(text.into());
        match text.len() {
            0..=PASSWORD_BYTES_MAX => Ok(Self { text: Arc::new(text) }),
            actual => Err(Error::Limit { what: "the password", actual, max: PASSWORD_BYTES_MAX }),
        }
    }

    fn text(&self) -> &str {
        &self.text
    }

    fn as_bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Password(…)")
    }
}

#[cfg(test)]
mod interop;
#[cfg(test)]
mod tests;
